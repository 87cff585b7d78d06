"""Find Chromium for the browser tests, or install it from Debian's packages where that is possible.

python scripts/browser.py       prints its path, or why there is none
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
START_S = 300  # how long a browser may take to tell its version
INSTALL_S = 1800  # how long apt-get may take; it gives up on a silent server by itself, sooner
APT = ["--quiet", "--option", "Acquire::http::Timeout=30", "--option", "Acquire::https::Timeout=30",
       "--option", "Acquire::Retries=2", "--option", "DPkg::Lock::Timeout=300"]  # fmt: skip
MISSING = "Chromium is not here, so tests that need a browser are skipped"


def find() -> str | None:
    """Path of a Chromium that starts: INLINK_CHROMIUM, or one on PATH (where a name may be a stub)."""
    named = os.environ.get("INLINK_CHROMIUM")
    names = (named,) if named else NAMES
    found = (path for name in names if (path := shutil.which(name)))
    return next((path for path in found if succeeds([path, "--version"], START_S, subprocess.DEVNULL)), None)


def succeeds(command: list[str], limit_s: float, stderr: int | None = None) -> bool:
    """Whether a command ends well within its time; its output is dropped."""
    env = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    nothing = subprocess.DEVNULL
    try:
        done = subprocess.run(command, env=env, timeout=limit_s, stdin=nothing, stdout=nothing, stderr=stderr)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0


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
    command = ["apt-get", "install", "--yes", "--no-install-recommends", *APT, "chromium"]
    if succeeds(command, INSTALL_S):
        return True
    return succeeds(["apt-get", "update", *APT], INSTALL_S) and succeeds(command, INSTALL_S)


if __name__ == "__main__":
    note = ensure()
    print(note or find())
    sys.exit(1 if note else 0)
