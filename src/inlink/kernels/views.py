"""Arrays and memory maps as one type: numba compiles a kernel anew for arrays that may and may not be written."""

from __future__ import annotations

import mmap
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

T = TypeVar("T", bound=np.generic)


def read_only(array: NDArray[T]) -> NDArray[T]:
    """The same memory as a plain array that cannot be written."""
    view = array.view(np.ndarray)
    view.flags.writeable = False
    return view


def let_go(array: NDArray[Any], low: int, high: int, *, written: bool = False) -> None:
    """Take the pages of array[low:high] out of this process where they are a read-only map: they are in the file.

    written: the map is one that is written to its file, which keeps what was written.
    """
    held: Any = array
    while isinstance(held, np.ndarray) and held.base is not None:
        held = held.base
    if array.flags.writeable != written or not isinstance(held, mmap.mmap) or not hasattr(mmap, "MADV_DONTNEED"):
        return
    base = np.frombuffer(held, np.uint8).ctypes.data
    start = array.ctypes.data + low * array.itemsize - base
    end = array.ctypes.data + high * array.itemsize - base
    start += -start % mmap.PAGESIZE
    end -= end % mmap.PAGESIZE
    if end > start:
        held.madvise(mmap.MADV_DONTNEED, start, end - start)
