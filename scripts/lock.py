"""Lock the dependencies of pyproject.toml by hash: requirements.txt, -dev and -build.

make lock          newest versions that pyproject.toml allows; needs uv on PATH
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
HEADER = "# {what}, locked by hash for every platform. Made by `make lock`; do not edit.\n\n"
COMPILE = (
    "pip", "compile", "--quiet", "--universal", "--upgrade", "--generate-hashes", "--python-version", "3.11",
    "--no-header", "--no-emit-index-url", "--no-annotate",
)  # fmt: skip


def compile_lock(uv: str, what: str, output: str, arguments: list[str], stdin: str = "") -> None:
    """Resolve and write one lock file."""
    command = [uv, *COMPILE, *arguments]
    done = subprocess.run(command, cwd=ROOT, input=stdin, text=True, stdout=subprocess.PIPE, check=True)
    (ROOT / output).write_text(HEADER.format(what=what) + done.stdout)
    print(f"{output}: {done.stdout.count('==')} packages")


def main() -> int:
    """Write the three lock files."""
    uv = shutil.which("uv")
    if uv is None:
        print("error: uv is not on PATH\nhint: pip install uv, or see uv's own documentation", file=sys.stderr)
        return 1
    build = tomllib.loads((ROOT / "pyproject.toml").read_text())["build-system"]["requires"]
    compile_lock(uv, "What inlink needs to run", "requirements.txt", ["pyproject.toml"])
    compile_lock(
        uv, "What inlink needs to run and to be tested", "requirements-dev.txt",
        ["pyproject.toml", "--group", "pyproject.toml:dev", "--constraints", "requirements.txt"],
    )  # fmt: skip
    compile_lock(
        uv, "What builds the package", "requirements-build.txt",
        ["-", "--constraints", "requirements-dev.txt"], "\n".join([*build, "editables"]),
    )  # fmt: skip
    return 0


if __name__ == "__main__":
    sys.exit(main())
