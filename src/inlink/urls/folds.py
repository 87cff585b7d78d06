"""What the same-page key leaves out: default index names and tracking parameters, read from folds.txt."""

from __future__ import annotations

from functools import cache
from importlib.resources import files

INDEX = 1
PARAMETER = 2
PREFIX = 4

_KINDS = {"index": INDEX, "param": PARAMETER}


def fold_names() -> list[tuple[bytes, int]]:
    """(name, kind) of every line of folds.txt, in order."""
    text = (files("inlink.urls") / "folds.txt").read_text("ascii")
    found = []
    for line in text.splitlines():
        if line and not line.startswith("#"):
            word, name = line.split()
            kind = _KINDS[word] | (PREFIX if name.endswith("*") else 0)
            found.append((name.rstrip("*").encode(), kind))
    return found


@cache
def fold_table() -> tuple[int, ...]:
    """The names as the key kernel reads them, in one row of numbers.

    Shapes: number b < 257 says where the names that begin with byte b stand, and where those of byte b - 1 end; each
    name is its kind (INDEX or PARAMETER, plus PREFIX where a word need only begin so), its length and its bytes.
    """
    names = sorted(fold_names())
    starts: list[int] = []
    entries: list[int] = []
    for byte in range(257):
        starts.append(257 + len(entries))
        for name, kind in names:
            if name[0] == byte:
                entries += [kind, len(name), *name]
    return (*starts, *entries)
