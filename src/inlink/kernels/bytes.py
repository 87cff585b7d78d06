"""Searching bytes thirty-two at a time."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

import numpy as np
from llvmlite import ir
from numba import types
from numba.extending import intrinsic
from numpy.typing import NDArray

from inlink.kernels.jit import compiled_bare

_WIDTH = 32


@intrinsic
def _equal_mask(typing_context: Any, data: Any, at: Any, byte: Any) -> Any:
    """Bit k says whether data[at + k] is the byte, for k < 32; no bounds are checked."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        array = context.make_array(signature.args[0])(context, builder, args[0])
        vector, mask = ir.VectorType(ir.IntType(8), _WIDTH), ir.IntType(_WIDTH)
        pointer = builder.bitcast(builder.gep(array.data, [args[1]]), vector.as_pointer())
        loaded = builder.load(pointer)
        loaded.align = 1
        lanes = ir.Constant(ir.VectorType(ir.IntType(32), _WIDTH), [0] * _WIDTH)
        one = builder.insert_element(ir.Constant(vector, ir.Undefined), args[2], ir.Constant(ir.IntType(32), 0))
        wanted = builder.shuffle_vector(one, ir.Constant(vector, ir.Undefined), lanes)
        return builder.bitcast(builder.icmp_unsigned("==", loaded, wanted), mask)

    return types.uint32(data, types.intp, types.uint8), generate


@intrinsic
def _trailing_zeros(typing_context: Any, mask: Any) -> Any:
    """Zeros below the lowest set bit of a mask that is not 0."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        zeros = builder.cttz(args[0], ir.Constant(ir.IntType(1), 1))
        return builder.zext(zeros, ir.IntType(64))

    return types.int64(types.uint32), generate


# Typed as they are called from compiled code.
equal_mask: Callable[[NDArray[np.uint8], int, np.uint8], int] = cast(Any, _equal_mask)
trailing_zeros: Callable[[int], int] = cast(Any, _trailing_zeros)


@compiled_bare
def find_byte(data: NDArray[np.uint8], start: int, end: int, byte: int) -> int:
    """Position of the first `byte` in data[start:end], or end."""
    i = start
    while i + _WIDTH <= end:
        mask: int = equal_mask(data, i, np.uint8(byte))
        if mask:
            return i + trailing_zeros(mask)
        i += _WIDTH
    while i < end and data[np.uint64(i)] != byte:
        i += 1
    return i
