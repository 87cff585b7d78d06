"""Bits of the packed rows: unaligned 64-bit reads, and the split of a number into a class and the rest.

A number g >= 0 is coded as x = g + 2: a symbol, which is the place of its highest bit and the bit below (two symbols an
octave, 64 for g < 2**32), and the bits under those two as they are.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

import numpy as np
from llvmlite import ir
from numba import types
from numba.extending import intrinsic
from numpy.typing import NDArray

from inlink.kernels.jit import compiled_bare

N_SYMBOLS = 64
N_CLASSES = 24  # of the length of a row, by its highest bit
N_CONTEXTS = 1 + 2 * N_CLASSES  # degrees; first gaps by class; later gaps by class
LOOKUP_BITS = 10  # the longest code
BLOCK_EDGES = 1024
BLOCK_ROWS = 1024
ALIKE = 128  # in the class of a block: its rows have one degree, which is written once

_LOW = np.uint64((1 << LOOKUP_BITS) - 1)
_ONE = np.uint64(1)
_TWO = np.uint64(2)


@intrinsic
def _load64(typing_context: Any, data: Any, at: Any) -> Any:
    """The eight bytes from data[at], lowest first; no bounds are checked."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        array = context.make_array(signature.args[0])(context, builder, args[0])
        pointer = builder.bitcast(builder.gep(array.data, [args[1]]), ir.IntType(64).as_pointer())
        loaded = builder.load(pointer)
        loaded.align = 1
        return loaded

    return types.uint64(data, types.intp), generate


@intrinsic
def _leading_zeros(typing_context: Any, word: Any) -> Any:
    """Zeros above the highest set bit of a word that is not 0."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return builder.ctlz(args[0], ir.Constant(ir.IntType(1), 1))

    return types.uint64(types.uint64), generate


@intrinsic
def _fill16(typing_context: Any, data: Any, at: Any, value: Any) -> Any:
    """Write the value to data[at] and the fifteen places after it; no bounds are checked."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        array = context.make_array(signature.args[0])(context, builder, args[0])
        vector = ir.VectorType(ir.IntType(16), 16)
        lanes = ir.Constant(ir.VectorType(ir.IntType(32), 16), [0] * 16)
        one = builder.insert_element(ir.Constant(vector, ir.Undefined), args[2], ir.Constant(ir.IntType(32), 0))
        stored = builder.shuffle_vector(one, ir.Constant(vector, ir.Undefined), lanes)
        builder.store(stored, builder.bitcast(builder.gep(array.data, [args[1]]), vector.as_pointer()), align=2)
        return context.get_dummy_value()

    return types.void(data, types.intp, types.uint16), generate


# Typed as they are called from compiled code.
load64: Callable[[NDArray[np.uint8], np.int64], np.uint64] = cast(Any, _load64)
fill16: Callable[[NDArray[np.uint16], np.int64, np.uint16], None] = cast(Any, _fill16)
leading_zeros: Callable[[np.uint64], np.uint64] = cast(Any, _leading_zeros)


@compiled_bare
def symbol_of(number: np.int64) -> tuple[np.int64, np.int64]:
    """Symbol and number of extra bits of a number from 0 to 2**32 - 1."""
    x = np.uint64(number) + _TWO
    extra = np.uint64(62) - leading_zeros(x)
    return np.int64(_TWO * extra + (x >> extra) - _TWO), np.int64(extra)


@compiled_bare
def class_of(degree: np.int64) -> np.int64:
    """Class of a row with so many neighbours, at least one."""
    return min(np.int64(np.uint64(63) - leading_zeros(np.uint64(degree))), np.int64(N_CLASSES - 1))


@compiled_bare
def read(
    data: NDArray[np.uint8], bit: np.int64, last: np.int64, tables: NDArray[np.uint32], table: np.uint64
) -> tuple[np.int64, np.uint64]:
    """The bit after the next number and the number + 2; no byte after data[last + 7] is read.

    `table` is the place of the context's first entry in `tables` (see packed_codes).
    """
    bits = load64(data, min(bit >> 3, last)) >> np.uint64(bit & 7)
    entry = np.uint64(tables[table | (bits & _LOW)])
    extra = (entry >> np.uint64(10)) & np.uint64(31)
    rest = (bits >> ((entry >> np.uint64(6)) & np.uint64(15))) & ((_ONE << extra) - _ONE)
    return bit + np.int64(entry & np.uint64(63)), ((entry >> np.uint64(16)) << extra) | rest
