"""Find PostgreSQL for the tests of the database, or install it from Debian's packages where that is possible.

python scripts/postgresql.py    prints the folder of its programs, or why there is none
"""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
import debian

DEBIAN = Path("/usr/lib/postgresql")  # its programs stand in <version>/bin, off PATH
NEEDED = ("initdb", "postgres")
START_S = 60
MISSING = "PostgreSQL is not here, so tests of the workspace database on it are skipped"


def find() -> str | None:
    """Folder of programs that run: INLINK_POSTGRESQL, the newest of Debian's packages, or one on PATH."""
    named = os.environ.get("INLINK_POSTGRESQL")
    versions = sorted(DEBIAN.glob("*/bin"), key=_version, reverse=True)
    on_path = [Path(path).resolve().parent for name in NEEDED if (path := shutil.which(name))]
    folders = [Path(named)] if named else [*versions, *on_path]
    works = (
        str(folder)
        for folder in folders
        if all(debian.succeeds([str(folder / name), "--version"], START_S) for name in NEEDED)
    )
    return next(works, None)


def _version(folder: Path) -> tuple[int, ...]:
    return tuple(int(part) for part in folder.parent.name.split(".") if part.isdigit())


def ensure() -> str | None:
    """Install PostgreSQL with apt-get where it is missing and we may; a note for the user where it stays missing."""
    if find():
        return None
    if os.environ.get("INLINK_POSTGRESQL"):
        return f"{MISSING} (INLINK_POSTGRESQL names no folder with programs that run)"
    if (reason := debian.why_not("postgresql")) is not None:
        return f"{MISSING} ({reason}, or set INLINK_POSTGRESQL to the folder of its programs)"
    print("set-up: installing Debian's postgresql for the tests of the workspace database", flush=True)
    if not debian.install("postgresql") or not find():
        return f"{MISSING} (apt-get install postgresql failed)"
    return None


if __name__ == "__main__":
    note = ensure()
    print(note or find())
    sys.exit(1 if note else 0)
