#!/bin/sh
# Print the command of a Python of at least 3.11: $INLINK_PYTHON, one on PATH, or one that uv manages.
# Prints nothing but a hint on standard error, and fails, where there is none.

is_good() {
    "$1" -c 'import sys, venv; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1
}

for name in ${INLINK_PYTHON:-python3.13 python3.12 python3.11 python3 python3.14 python}; do
    if is_good "$name"; then
        echo "$name"
        exit 0
    fi
done

if [ -z "$INLINK_PYTHON" ] && command -v uv >/dev/null 2>&1; then
    found=$(uv python find --no-project '>=3.11' 2>/dev/null)
    if [ -n "$found" ] && is_good "$found"; then
        echo "$found"
        exit 0
    fi
fi

echo "error: found no Python of at least 3.11 with its venv module (tried ${INLINK_PYTHON:-python3.13, 3.12, 3.11, python3, 3.14, python, uv})" >&2
echo "hint: install python3 and python3-venv from your system, or set INLINK_PYTHON=/path/to/python3.x" >&2
exit 1
