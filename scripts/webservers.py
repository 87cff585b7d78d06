"""Find nginx and Apache for the tests of redirects, or install them from Debian's packages where that is possible.

python scripts/webservers.py    prints their paths, or which is missing and why
"""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
import debian

PACKAGES = {"nginx": "nginx", "apache2": "apache2-bin"}  # by program; apache2-bin brings no service
SBIN = "/usr/local/sbin:/usr/sbin"  # off the PATH of ordinary users
MISSING = "tests that let it read redirects are skipped"


def find() -> str | None:
    """Paths of both; None where one is missing."""
    found = [path for program in PACKAGES if (path := which(program))]
    return " ".join(found) if len(found) == len(PACKAGES) else None


def which(program: str) -> str | None:
    """Path of a program, also where only root looks."""
    return shutil.which(program, path=f"{os.environ.get('PATH', '')}:{SBIN}")


def ensure() -> str | None:
    """Install what is missing with apt-get, where we may; a note for the user where something stays missing."""
    return "; ".join(note for program in PACKAGES if (note := _ensure(program))) or None


def _ensure(program: str) -> str | None:
    package = PACKAGES[program]
    if which(program):
        return None
    if (reason := debian.why_not(package)) is not None:
        return f"{program} is not here, so {MISSING} ({reason})"
    print(f"set-up: installing Debian's {package} for the tests of redirects", flush=True)
    if not debian.install(package) or not which(program):
        return f"{program} is not here, so {MISSING} (apt-get install {package} failed)"
    return None


if __name__ == "__main__":
    note = ensure()
    print(note or find())
    sys.exit(1 if note else 0)
