"""The one door to the compiler: typed, cached on disk, no fast-math.

Machine code is kept under a digest of all that it was made from: the source files of a function and of the compiled
functions that it calls, and the constants that they name. (numba's own cache looks at the function's file alone, by
time and size: after an upgrade it would run old code inside new.)
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any, TypeVar, cast

import numba
import numpy as np
from numba.core.caching import IndexDataCacheFile

F = TypeVar("F", bound=Callable[..., object])


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
            source = getattr(value, "py_func", None) or getattr(value, "_defn", None)
            if source is None:
                parts.add(f"{name}={_constant(value)}")
            elif source not in seen:
                seen.add(source)
                waiting.append(source)
    return hashlib.sha256("\n".join(sorted(parts)).encode()).hexdigest()[:16]


def _named(function: Any) -> Iterator[tuple[str, object]]:
    """The globals that a function names, those of modules too."""
    names = function.__code__.co_names
    for name in names:
        value = function.__globals__.get(name)
        if isinstance(value, ModuleType):
            yield from ((f"{name}.{inner}", getattr(value, inner, None)) for inner in names)
        else:
            yield name, value


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
