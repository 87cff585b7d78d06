"""Which decoder reads bits: a plain one for little, a compiled one for much.

Loading the compiler takes 0.3 s and more, a number read plainly half a microsecond. So a process that reads little
never loads it, and one that goes on reading (a server) does so once; where it is loaded already, its code comes soon.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any, Protocol, cast

import numpy as np
from numpy.typing import NDArray

from inlink.graph.blocks import plain

PLAIN_NUMBERS = 600_000  # read plainly by a process before it loads the compiler: some 0.3 s
PLAIN_NUMBERS_LOADED = 20_000  # where something else has loaded the compiler: some 10 ms

Int = Any
Sizes = tuple[int, int, int, int, int]
Ids = NDArray[np.uint32]
Words = NDArray[np.uint64]
Bytes = NDArray[np.uint8]
Offsets = NDArray[np.int64]


class Decoder(Protocol):
    """What reads lists and names; the functions are described in leaf_kernel and name_kernel."""

    @property
    def read_list(self) -> Callable[[Words, Int, Ids, Int, Int, Int, Int], Ids]: ...  # noqa: D102
    @property
    def read_deep(self) -> Callable[[Words, Ids, Ids, Ids, Sizes, Int], tuple[Int, Ids]]: ...  # noqa: D102
    @property
    def read_chunk(self) -> Callable[[Words, Int, Int, Int], Ids]: ...  # noqa: D102
    @property
    def read_front(self) -> Callable[[Bytes, Bytes, Offsets], Int]: ...  # noqa: D102


class _Choice:
    """What was read plainly so far, and the compiled decoder once it is loaded."""

    n_read = 0
    compiled: Decoder | None = None


def decoder(n_numbers: int) -> Decoder:
    """What to read so many numbers (or names) with."""
    if _Choice.compiled is None:
        _Choice.n_read += n_numbers
        if _Choice.n_read <= (PLAIN_NUMBERS_LOADED if "numba" in sys.modules else PLAIN_NUMBERS):
            return cast(Decoder, plain)
        from inlink.graph.blocks import compiled  # the compiler takes more than a second to load

        _Choice.compiled = cast(Decoder, compiled)
    return _Choice.compiled
