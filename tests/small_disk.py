"""A small disk of the tests' own, to be filled up."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest


class SmallDisk:
    """A mounted disk. `fill` leaves so many bytes free on it; `free` gives the rest back."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._ballast = folder / "ballast"

    def fill(self, leave_bytes: int = 0) -> None:
        """No more than these bytes can be written from now on."""
        self.free()
        with self._ballast.open("wb") as file:
            n_bytes = shutil.disk_usage(self.folder).free - leave_bytes
            os.posix_fallocate(file.fileno(), 0, max(1, n_bytes))

    def free(self) -> None:
        """There is room again."""
        self._ballast.unlink(missing_ok=True)


@contextmanager
def small_disk(folder: Path, n_mib: int) -> Iterator[SmallDisk]:
    """A disk of this size, mounted while the block runs; the test is skipped, and counted, where none can be."""
    if sys.platform != "linux" or os.geteuid() != 0:
        pytest.skip("a small disk can be mounted by root on Linux only")
    folder.mkdir()
    made = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={n_mib}m", "none", str(folder)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    if made.returncode:
        pytest.skip(f"no disk can be mounted here: {made.stderr.strip()}")
    try:
        yield SmallDisk(folder)
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=False)
