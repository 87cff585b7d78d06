"""The one door to the compiler: typed, cached on disk, no fast-math."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

import numba

F = TypeVar("F", bound=Callable[..., object])


def compiled(function: F) -> F:
    """The function compiled on first call; machine code is kept beside the source or in the user's cache."""
    return cast(F, numba.njit(cache=True, nogil=True)(function))


def compiled_bare(function: F) -> F:
    """As `compiled`, for functions that make no arrays: they do not count references to those they are given.

    Counting is atomic and costs more than the work itself where a kernel calls small functions once a row.
    """
    options: dict[str, Any] = {"cache": True, "nogil": True, "_nrt": False}
    return cast(F, numba.njit(**options)(function))
