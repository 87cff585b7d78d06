"""Machine code on disk is never older than the source of what it calls."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from inlink.kernels.jit import compiled, compiled_bare

CALLER = """
from callee import BONUS, add
from inlink.kernels.jit import compiled_bare

@compiled_bare
def twice(x):
    return add(add(x)) + BONUS

print(twice(1), len(twice.stats.cache_hits))
"""
CALLEE = """
from pathlib import Path
from inlink.kernels.jit import compiled_bare

BONUS = int(Path("bonus").read_text())

@compiled_bare
def add(x):
    return x + {step}
"""


@compiled
def doubled(values: NDArray[np.int64]) -> NDArray[np.int64]:
    return 2 * values


@compiled_bare
def second(values: NDArray[np.int64]) -> int:
    return int(values[1])


def test_kernels_run() -> None:
    assert second(doubled(np.array([1, 2, 3]))) == 4


def test_a_changed_callee_or_constant_compiles_its_callers_again(tmp_path: Path) -> None:
    (tmp_path / "caller.py").write_text(CALLER)

    def run(step: int, bonus: int = 0) -> str:
        (tmp_path / "bonus").write_text(str(bonus))
        callee = tmp_path / "callee.py"
        callee.write_text(CALLEE.format(step=step))
        os.utime(callee, (1_000_000_000, 1_000_000_000))
        environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1", "NUMBA_CACHE_DIR": str(tmp_path / "cache")}
        done = subprocess.run(
            [sys.executable, "caller.py"], cwd=tmp_path, env=environment, capture_output=True, text=True, check=True
        )
        return done.stdout.strip()

    assert [run(1), run(1), run(2), run(2, 10)] == ["3 0", "3 1", "5 0", "15 0"]
