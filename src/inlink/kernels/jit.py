"""The one door to the compiler: typed, cached on disk, no fast-math, no bounds surprises."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import numba

F = TypeVar("F", bound=Callable[..., object])


def compiled(function: F) -> F:
    """The function compiled on first call; machine code is kept beside the source or in the user's cache."""
    result: F = numba.njit(cache=True, nogil=True, boundscheck=False)(function)
    return result


def inlined(function: F) -> F:
    """As `compiled`, for small functions that kernels call; the compiler inlines them."""
    result: F = numba.njit(cache=True, nogil=True, boundscheck=False, inline="never")(function)
    return result
