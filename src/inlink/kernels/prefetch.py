"""Asking the processor for memory ahead of its use: the whole gain of a pull loop whose gathers miss the cache.

A prefetch changes no value and cannot fault; where the hardware has none it is nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

import numpy as np
from llvmlite import ir
from numba import types
from numba.extending import intrinsic
from numpy.typing import NDArray

_READ, _KEEP, _DATA = 0, 3, 1  # llvm.prefetch: for reading, in all cache levels, data and not code


def _emit(builder: Any, pointer: Any) -> None:
    """The call of llvm.prefetch for one address."""
    byte, word = ir.IntType(8).as_pointer(), ir.IntType(32)
    kind = ir.FunctionType(ir.VoidType(), [byte, word, word, word])
    function = builder.module.globals.get("llvm.prefetch.p0i8") or ir.Function(
        builder.module, kind, "llvm.prefetch.p0i8"
    )
    constants = [ir.Constant(word, value) for value in (_READ, _KEEP, _DATA)]
    builder.call(function, [builder.bitcast(pointer, byte), *constants])


@intrinsic
def _prefetch(typing_context: Any, data: Any, at: Any) -> Any:
    """Ask for the cache line of data[at], the first index of a C-ordered array; no bounds are checked."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        array = context.make_array(signature.args[0])(context, builder, args[0])
        index = args[1]
        strides = array.strides
        offset = builder.mul(index, builder.extract_value(strides, 0))
        base = builder.bitcast(array.data, ir.IntType(8).as_pointer())
        _emit(builder, builder.gep(base, [offset]))
        return context.get_dummy_value()

    return types.void(data, types.intp), generate


# Typed as it is called from compiled code: an array and an index of its first axis.
prefetch: Callable[[NDArray[np.generic], int], None] = cast(Any, _prefetch)
