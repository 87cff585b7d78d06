"""The one door to the compiler: typed, cached on disk, no fast-math.

Machine code is kept under a digest of all that it was made from: the source files of a function, of the compiled
functions that it calls and of what writes their intrinsics, and the constants that they name. (numba's own cache looks
at the function's file alone, by time and size: after an upgrade it would run old code inside new.)
"""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from types import CodeType, FunctionType, ModuleType
from typing import Any, TypeVar, cast

import numba
import numpy as np
from numba.core.caching import IndexDataCacheFile

F = TypeVar("F", bound=Callable[..., object])
_LIBRARIES = ("numba", "llvmlite", "numpy")


def compiled(function: F) -> F:
    """The function compiled on first call; machine code is kept beside the source or in the user's cache."""
    return _compiled(function, {})


def compiled_bare(function: F) -> F:
    """As `compiled`, for functions that make no arrays: they do not count references to those they are given.

    Counting is atomic and costs more than the work itself where a kernel calls small functions once a row.
    """
    return _compiled(function, {"_nrt": False})


def _compiled(function: F, options: dict[str, Any]) -> F:
    dispatcher: Any = numba.njit(cache=True, nogil=True, **options)(function)
    if not hasattr(dispatcher, "py_func"):  # NUMBA_DISABLE_JIT is set
        return function
    digest = source_digest(function)
    kept = dispatcher._cache
    name = f"{kept._impl.filename_base}-{digest}"
    cache_file: Any = IndexDataCacheFile
    kept._cache_file = cache_file(cache_path=kept.cache_path, filename_base=name, source_stamp=digest)
    return cast(F, dispatcher)


def is_kept(function: object) -> bool:
    """Whether machine code of a compiled function is on disk, or none is needed (compiling is switched off)."""
    kept = getattr(function, "_cache", None)
    return kept is None or Path(kept._cache_file._index_path).exists()


def source_digest(function: Callable[..., object]) -> str:
    """A digest of the files that hold the function and what it calls, and of the constants that they name."""
    parts: set[str] = set()
    waiting, seen = [function], {function}
    while waiting:
        each: Any = waiting.pop()
        parts.add(_file_digest(each.__code__.co_filename))
        for name, value in _named(each):
            source = _source(value)
            if source is None:
                parts.add(f"{name}={_constant(value)}")
            elif isinstance(source, type):
                parts.add(_file_digest(str(sys.modules[source.__module__].__file__)))
            elif source not in seen:
                seen.add(source)
                waiting.append(source)
    return hashlib.sha256("\n".join(sorted(parts)).encode()).hexdigest()[:16]


def _source(value: object) -> Any:
    """The function behind a compiled one or an intrinsic; a plain function or class, which helps to write intrinsics.

    None for anything else, and for what belongs to a library: numba looks at its own version.
    """
    behind = getattr(value, "py_func", None) or getattr(value, "_defn", None)
    if behind is not None or not isinstance(value, (FunctionType, type)):
        return behind
    root = value.__module__.partition(".")[0]
    return None if root in sys.stdlib_module_names or root in _LIBRARIES else value


def _named(function: Any) -> Iterator[tuple[str, object]]:
    """The globals that a function and those inside it name, those of modules too."""
    names = list(dict.fromkeys(name for code in _codes(function.__code__) for name in code.co_names))
    for name in names:
        value = function.__globals__.get(name)
        if isinstance(value, ModuleType):
            yield from ((f"{name}.{inner}", getattr(value, inner, None)) for inner in names)
        else:
            yield name, value


def _codes(code: CodeType) -> Iterator[CodeType]:
    """A function's code and that of the functions inside it."""
    yield code
    for inner in code.co_consts:
        if isinstance(inner, CodeType):
            yield from _codes(inner)


def _constant(value: object) -> str:
    """A text that differs where a constant differs; the kind alone for what is none."""
    if isinstance(value, np.ndarray):
        return f"{value.dtype}{value.shape}{hashlib.sha256(value.tobytes()).hexdigest()}"
    if isinstance(value, tuple):
        return f"({', '.join(map(_constant, value))})"
    return repr(value) if isinstance(value, (int, float, str, bytes)) else type(value).__name__


@cache
def _file_digest(path: str) -> str:
    return hashlib.sha256(Path(path).read_bytes()).hexdigest()
