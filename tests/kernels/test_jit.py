"""Machine code on disk is never older than the source and the constants that it was made from."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from inlink.kernels.jit import compiled, compiled_bare, source_digest

CALLEE = """
import numpy as np
from inlink.kernels.jit import compiled_bare

TABLE = np.arange(5000) * {factor}

@compiled_bare
def add(x):
    return x + {step}
"""
CALLER = """
from inlink.kernels.jit import compiled_bare

@compiled_bare
def middle(x):
    return add(add(x))

@compiled_bare
def outer(x):
    return middle(x) + TABLE[x]
"""


@compiled
def doubled(values: NDArray[np.int64]) -> NDArray[np.int64]:
    return 2 * values


@compiled_bare
def second(values: NDArray[np.int64]) -> int:
    return int(values[1])


def test_kernels_run() -> None:
    assert second(doubled(np.array([1, 2, 3]))) == 4


def loaded(path: Path, source: str, names: dict[str, Any]) -> ModuleType:
    """A module of this source, which is given names from others; freshly loaded."""
    path.write_text(source, "utf-8")
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    vars(module).update(names)
    sys.modules[path.stem] = module
    spec.loader.exec_module(module)
    return module


def outer(folder: Path, step: int, factor: int) -> Callable[[int], int]:
    """The outer of three functions in two files, freshly loaded."""
    folder.mkdir()
    names: dict[str, Any] = {}
    for stem, source in (("callee", CALLEE.format(step=step, factor=factor)), ("caller", CALLER)):
        module = loaded(folder / f"{stem}.py", source, names)
        names = {name: vars(module)[name] for name in ("TABLE", "add") if name in vars(module)}
    function: Callable[[int], int] = vars(module)["outer"]
    return function


def test_digest_is_of_all_that_a_kernel_is_made_from(tmp_path: Path) -> None:
    first = outer(tmp_path / "a", step=1, factor=1)
    kernels: list[Any] = [
        first,
        outer(tmp_path / "b", step=1, factor=1),
        outer(tmp_path / "c", step=2, factor=1),
        outer(tmp_path / "d", step=1, factor=2),
    ]
    digests = [source_digest(kernel.py_func) for kernel in kernels]
    assert digests[0] == digests[1]
    assert len(set(digests)) == 3
    assert digests[0] in kernels[0]._cache._cache_file._index_name
    assert first(1) == 4


HELPER = """
class Step:
    size = {size}

def constant(builder, kind):
    return kind({step})
"""
INTRINSIC = """
from llvmlite import ir
from numba import types
from numba.extending import intrinsic
from inlink.kernels.jit import compiled

@intrinsic
def step(typing_context):
    def generate(context, builder, signature, args):
        return constant(builder, ir.IntType(64)) if Step.size else None
    return types.int64(), generate

@compiled
def stepped(x):
    return x + step()
"""


def stepped(folder: Path, step: int, size: int) -> Callable[[int], int]:
    """A kernel with an intrinsic whose helpers stand in a file of their own."""
    folder.mkdir()
    names: dict[str, Any] = {}
    for stem, source in (("jit_helper", HELPER.format(step=step, size=size)), ("jit_stepped", INTRINSIC)):
        module = loaded(folder / f"{stem}.py", source, names)
        names = {name: vars(module)[name] for name in ("constant", "Step") if name in vars(module)}
    function: Callable[[int], int] = vars(module)["stepped"]
    return function


def test_digest_is_of_helpers_of_intrinsics_too(tmp_path: Path) -> None:
    found = []
    for number, (step, size) in enumerate([(1, 1), (1, 1), (2, 1), (1, 2)]):
        kernel: Any = stepped(tmp_path / str(number), step, size)
        found.append(source_digest(kernel.py_func))
        if number == 2:
            assert kernel(5) == 7
    assert found[0] == found[1]
    assert len(set(found)) == 3
