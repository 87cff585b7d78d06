"""Find Chromium for the browser tests, or install it from Debian's packages where that is possible.

python scripts/browser.py       prints its path, or why there is none
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
MISSING = "Chromium is not here, so tests that need a browser are skipped"


def find() -> str | None:
    """Path of a Chromium: INLINK_CHROMIUM, or one on PATH."""
    if named := os.environ.get("INLINK_CHROMIUM"):
        return shutil.which(named)
    return next((path for name in NAMES if (path := shutil.which(name))), None)


def ensure() -> str | None:
    """Install Chromium with apt-get where it is missing and we may; a note for the user where it stays missing."""
    if find():
        return None
    if os.environ.get("INLINK_CHROMIUM"):
        return f"{MISSING} (INLINK_CHROMIUM names nothing that runs)"
    if not shutil.which("apt-get"):
        return f"{MISSING} (install it, or set INLINK_CHROMIUM)"
    if not hasattr(os, "geteuid") or os.geteuid() != 0:
        return f"{MISSING} (as root: apt-get install chromium; or set INLINK_CHROMIUM)"
    print("set-up: installing Debian's chromium for the browser tests", flush=True)
    if not install() or not find():
        return f"{MISSING} (apt-get install chromium failed)"
    return None


def install() -> bool:
    """Whether apt-get installed Chromium, with fresh package lists where the old ones fail."""
    env = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    command = ["apt-get", "install", "--yes", "--quiet", "--no-install-recommends", "chromium"]
    if subprocess.run(command, env=env, stdout=subprocess.DEVNULL).returncode == 0:
        return True
    update = subprocess.run(["apt-get", "update", "--quiet"], env=env, stdout=subprocess.DEVNULL)
    return update.returncode == 0 and subprocess.run(command, env=env, stdout=subprocess.DEVNULL).returncode == 0


if __name__ == "__main__":
    note = ensure()
    print(note or find())
    sys.exit(1 if note else 0)
