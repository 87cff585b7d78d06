"""Arrays and memory maps as one type: numba compiles a kernel anew for arrays that may and may not be written."""

from __future__ import annotations

import mmap
from collections.abc import Callable
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


def letting_go(read: NDArray[Any], turned: NDArray[Any]) -> Callable[[int], None]:
    """Lets go of the pages of maps while a graph is turned round: told how many edges were looked at since last time.

    read: neighbours, looked at from the first to the last in each pass; turned: those that are written.
    """
    at = 0

    def tick(more: int) -> None:
        nonlocal at
        if at == 0:  # a pass begins: what the one before has written is in the file
            let_go(turned, 0, len(turned), written=True)
        let_go(read, at, at + more, written=read.flags.writeable)
        at = (at + more) % len(read)

    return tick
