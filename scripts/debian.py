"""Debian's packages for tests that need a program: installed where we may, named where we may not."""

from __future__ import annotations

import os
import shutil
import subprocess

INSTALL_S = 1800  # how long apt-get may take; it gives up on a silent server by itself, sooner
APT = ["--quiet", "--option", "Acquire::http::Timeout=30", "--option", "Acquire::https::Timeout=30",
       "--option", "Acquire::Retries=2", "--option", "DPkg::Lock::Timeout=300"]  # fmt: skip


def succeeds(command: list[str], limit_s: float, stderr: int | None = None) -> bool:
    """Whether a command ends well within its time; its output is dropped."""
    env = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    nothing = subprocess.DEVNULL
    try:
        done = subprocess.run(command, env=env, timeout=limit_s, stdin=nothing, stdout=nothing, stderr=stderr)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0


def why_not(package: str) -> str | None:
    """What stands in the way of installing a package; None where we may."""
    if not shutil.which("apt-get"):
        return "install it"
    if not hasattr(os, "geteuid") or os.geteuid() != 0:
        return f"as root: apt-get install {package}"
    return None


def install(package: str) -> bool:
    """Whether apt-get installed a package, with fresh package lists where the old ones fail."""
    command = ["apt-get", "install", "--yes", "--no-install-recommends", *APT, package]
    if succeeds(command, INSTALL_S):
        return True
    return succeeds(["apt-get", "update", *APT], INSTALL_S) and succeeds(command, INSTALL_S)
