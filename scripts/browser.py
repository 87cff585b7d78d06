"""Find Chromium for the browser tests, or install it from Debian's packages where that is possible.

python scripts/browser.py       prints its path, or why there is none
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
import debian

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
START_S = 300  # how long a browser may take to tell its version
MISSING = "Chromium is not here, so tests that need a browser are skipped"


def find() -> str | None:
    """Path of a Chromium that starts: INLINK_CHROMIUM, or one on PATH (where a name may be a stub)."""
    named = os.environ.get("INLINK_CHROMIUM")
    names = (named,) if named else NAMES
    found = (path for name in names if (path := shutil.which(name)))
    works = (path for path in found if debian.succeeds([path, "--version"], START_S, subprocess.DEVNULL))
    return next(works, None)


def ensure() -> str | None:
    """Install Chromium with apt-get where it is missing and we may; a note for the user where it stays missing."""
    if find():
        return None
    if os.environ.get("INLINK_CHROMIUM"):
        return f"{MISSING} (INLINK_CHROMIUM names nothing that runs)"
    if (reason := debian.why_not("chromium")) is not None:
        return f"{MISSING} ({reason}, or set INLINK_CHROMIUM)"
    print("set-up: installing Debian's chromium for the browser tests", flush=True)
    if not debian.install("chromium") or not find():
        return f"{MISSING} (apt-get install chromium failed)"
    return None


if __name__ == "__main__":
    note = ensure()
    print(note or find())
    sys.exit(1 if note else 0)
