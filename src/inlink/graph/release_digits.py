"""Whole numbers read from text eight digits at a time.

A word of eight bytes is loaded; the first byte that is no digit says how many digits there are; the others are shifted
out and three multiplications make the number.
Source: the method of "fast numeric strings to int" (D. Lemire, "Quickly parsing eight digits", 2018).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

import numpy as np
from llvmlite import ir
from numba import types
from numba.extending import intrinsic
from numpy.typing import NDArray

from inlink.kernels.bytes import equal_mask, find_byte, trailing_zeros
from inlink.kernels.jit import compiled_bare

PADDING = 48  # bytes that must be readable behind every text handed to a kernel
TOO_LARGE = np.uint64(1) << np.uint64(40)  # what a number of more than eleven digits reads as

_ZEROS = np.uint64(0x3030303030303030)
_SIXES = np.uint64(0x0606060606060606)
_HIGH = np.uint64(0xF0F0F0F0F0F0F0F0)
_PAIRS = np.uint64(0x000000FF000000FF)
_TO_HUNDREDS = np.uint64(0x000F424000000064)
_TO_UNITS = np.uint64(0x0000271000000001)


@intrinsic
def _word(typing_context: Any, data: Any, at: Any) -> Any:
    """Eight bytes from `at` on as a number, the first one lowest; no bounds are checked."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        array = context.make_array(signature.args[0])(context, builder, args[0])
        place = builder.bitcast(builder.gep(array.data, [args[1]]), ir.IntType(64).as_pointer())
        loaded = builder.load(place)
        loaded.align = 1
        return loaded

    return types.uint64(data, types.intp), generate


@intrinsic
def _zeros_below(typing_context: Any, word: Any) -> Any:
    """Zeros below the lowest set bit; 64 for 0."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return builder.cttz(args[0], ir.Constant(ir.IntType(1), 0))

    return types.int64(types.uint64), generate


word: Callable[[NDArray[np.uint8], int], np.uint64] = cast(Any, _word)
zeros_below: Callable[[np.uint64], int] = cast(Any, _zeros_below)


@compiled_bare
def read_number(data: NDArray[np.uint8], at: int) -> tuple[np.uint64, int]:
    """The number that begins at `at` and where its digits end; an end of `at` says that there are none.

    A number of more than eleven digits reads as TOO_LARGE. `data` must be readable to PADDING bytes behind `at`.
    """
    digits = word(data, at) ^ _ZEROS
    others = (digits | (digits + _SIXES)) & _HIGH
    n_digits = zeros_below(others) >> 3
    if n_digits == 0:
        return np.uint64(0), at
    if n_digits < 8:
        digits <<= np.uint64(64 - 8 * n_digits)
    digits = digits * np.uint64(10) + (digits >> np.uint64(8))
    high = (digits & _PAIRS) * _TO_HUNDREDS
    low = ((digits >> np.uint64(16)) & _PAIRS) * _TO_UNITS
    number = (high + low) >> np.uint64(32)
    end = at + n_digits
    if n_digits == 8:
        n_more = 0
        while True:
            digit = np.uint64(data[end]) - np.uint64(48)
            if digit > np.uint64(9):
                break
            n_more += 1
            number = number * np.uint64(10) + digit if n_more <= 3 else TOO_LARGE
            end += 1
            if n_more == 24:
                break
    return number, end


__all__ = ["PADDING", "TOO_LARGE", "equal_mask", "find_byte", "read_number", "trailing_zeros", "word", "zeros_below"]
