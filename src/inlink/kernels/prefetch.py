"""Asking the processor for memory ahead of its use, where its own guesses do not reach.

A prefetch changes no value and cannot fault; where the hardware has none it is nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

from llvmlite import ir
from numba import types
from numba.extending import intrinsic
from numpy.typing import NDArray

_READ, _KEEP, _DATA = 0, 3, 1  # llvm.prefetch: for reading, in all cache levels, data and not code


def emit_prefetch(builder: Any, pointer: Any) -> None:
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
    """Ask for the cache line of data[at], by the first axis of an array; no bounds are checked."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        array = context.make_array(signature.args[0])(context, builder, args[0])
        offset = builder.mul(args[1], builder.extract_value(array.strides, 0))
        base = builder.bitcast(array.data, ir.IntType(8).as_pointer())
        emit_prefetch(builder, builder.gep(base, [offset]))
        return context.get_dummy_value()

    return types.void(data, types.intp), generate


# Typed as it is called from compiled code: an array and an index of its first axis.
prefetch: Callable[[NDArray[Any], int], None] = cast(Any, _prefetch)
