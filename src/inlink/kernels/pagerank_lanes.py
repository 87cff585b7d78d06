"""Sixteen numbers a node as one vector: 32 bytes of narrow, 64 of single or 128 of double precision.

Narrow numbers are the upper 16 bits of singles (bfloat16).

What is done to a row is written as vector instructions of 16 lanes; where the processor has shorter ones, the compiler
splits them. No bounds are checked. Arrays are C-ordered with rows of 16.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

import numpy as np
from llvmlite import ir
from numba import types
from numba.extending import intrinsic
from numpy.typing import NDArray

from inlink.kernels.prefetch import emit_prefetch

Doubles = NDArray[np.float64]

LANES = 16
AHEAD = 128  # edges between the prefetch of a row and its use
_LINE = 64
_NARROW, _WORD, _LONG = ir.IntType(16), ir.IntType(32), ir.IntType(64)
_SINGLE = ir.FloatType()


def _row(context: Any, builder: Any, kind: Any, array: Any, at: Any) -> Any:
    """The pointer to a row of LANES items, as a vector, and its LLVM type; rows are whole cache lines."""
    held = context.make_array(kind)(context, builder, array)
    vector = ir.VectorType(context.get_data_type(kind.dtype), LANES)
    offset = builder.mul(at, ir.Constant(ir.IntType(64), LANES))
    return builder.bitcast(builder.gep(held.data, [offset]), vector.as_pointer())


def _load(builder: Any, pointer: Any) -> Any:
    """The vector at a pointer that is aligned to its items only; narrow ones as singles."""
    loaded = builder.load(pointer)
    if loaded.type.element != _NARROW:
        loaded.align = 4
        return loaded
    loaded.align = 2
    wide = builder.shl(builder.zext(loaded, _vector(_WORD)), _constant(_WORD, 16))
    return builder.bitcast(wide, _vector(_SINGLE))


def _vector(kind: Any) -> Any:
    return ir.VectorType(kind, LANES)


def _constant(kind: Any, value: int) -> Any:
    """A vector whose items are all the same."""
    return ir.Constant(_vector(kind), [value] * LANES)


def _doubles(builder: Any, vector: Any) -> Any:
    """The vector in double precision."""
    wide = _vector(ir.DoubleType())
    return vector if vector.type == wide else builder.fpext(vector, wide)


def _upper(builder: Any, vector: Any) -> Any:
    """The upper 16 bits of doubles as singles, rounded to even, in words."""
    bits = builder.bitcast(builder.fptrunc(vector, _vector(_SINGLE)), _vector(_WORD))
    shift = _constant(_WORD, 16)
    odd = builder.and_(builder.lshr(bits, shift), _constant(_WORD, 1))
    return builder.lshr(builder.add(builder.add(bits, _constant(_WORD, 0x7FFF)), odd), shift)


def _splat(builder: Any, value: Any) -> Any:
    """A vector of doubles that are all the same."""
    undefined = ir.Constant(ir.VectorType(ir.DoubleType(), LANES), ir.Undefined)
    first = builder.insert_element(undefined, value, ir.Constant(ir.IntType(32), 0))
    return builder.shuffle_vector(first, undefined, ir.Constant(ir.VectorType(ir.IntType(32), LANES), [0] * LANES))


def _size(builder: Any, vector: Any) -> Any:
    """The absolute values of doubles: their sign bits cleared."""
    bits = ir.VectorType(ir.IntType(64), LANES)
    mask = ir.Constant(bits, [(1 << 63) - 1] * LANES)
    return builder.bitcast(builder.and_(builder.bitcast(vector, bits), mask), vector.type)


def _add_to(builder: Any, pointer: Any, vector: Any) -> None:
    """Add a vector to the row of doubles at the pointer."""
    builder.store(builder.fadd(_load(builder, pointer), vector), pointer).align = 8


@intrinsic
def _add_row(typing_context: Any, sums: Any, row: Any, z: Any, node: Any) -> Any:
    """sums[row] += z[node], 16 lanes."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        into = _row(context, builder, signature.args[0], args[0], args[1])
        one = _load(builder, _row(context, builder, signature.args[2], args[2], args[3]))
        _add_to(builder, into, _doubles(builder, one))
        return context.get_dummy_value()

    return types.void(sums, types.intp, z, types.intp), generate


def _lane_row(builder: Any, z: Any, neighbours: Any, at: Any) -> Any:
    """The pointer to z[neighbours[at]], sixteen lanes."""
    node = builder.zext(builder.load(builder.gep(neighbours, [at])), _LONG)
    return builder.gep(z, [builder.mul(node, ir.Constant(_LONG, LANES))])


def _ask_ahead(builder: Any, z: Any, neighbours: Any, at: Any, last: Any) -> None:
    """Ask for the row of the neighbour that stands AHEAD further on, or for the last one's."""
    ahead = builder.add(at, ir.Constant(_LONG, AHEAD))
    ahead = builder.select(builder.icmp_unsigned("<", ahead, last), ahead, last)
    row = _lane_row(builder, z, neighbours, ahead)
    emit_prefetch(builder, row)
    if row.type.pointee == ir.DoubleType():  # two cache lines
        emit_prefetch(builder, builder.gep(row, [ir.Constant(_LONG, LANES // 2)]))


def _lanes_at(builder: Any, z: Any, neighbours: Any, at: Any) -> Any:
    """z[neighbours[at]] as a vector."""
    row = _lane_row(builder, z, neighbours, at)
    return _load(builder, builder.bitcast(row, ir.VectorType(row.type.pointee, LANES).as_pointer()))


def _add_lanes(builder: Any, arrays: tuple[Any, Any, Any], first: Any, stop: Any, step: int, before: Any) -> Any:
    """`before` and the rows of z of the neighbours from first until stop, `step` (4 or 1) at a time; where it ended."""
    z, neighbours, last = arrays
    entry, wide = builder.block, ir.VectorType(ir.DoubleType(), LANES)
    head, body, after = (builder.append_basic_block(name) for name in ("groups", "group", "left"))
    builder.branch(head)
    builder.position_at_end(head)
    at, total = builder.phi(_LONG), builder.phi(wide)
    at.add_incoming(first, entry)
    total.add_incoming(before, entry)
    following = builder.add(at, ir.Constant(_LONG, step))
    builder.cbranch(builder.icmp_unsigned("<=", following, stop), body, after)
    builder.position_at_end(body)
    places = [builder.add(at, ir.Constant(_LONG, k)) for k in range(step)]
    for place in places:
        _ask_ahead(builder, z, neighbours, place, last)
    rows = [_lanes_at(builder, z, neighbours, place) for place in places]
    pairs = [builder.fadd(rows[0], rows[1]), builder.fadd(rows[2], rows[3])] if step == 4 else rows
    terms = [_doubles(builder, pair) for pair in pairs]
    total.add_incoming(builder.fadd(total, builder.fadd(*terms) if step == 4 else terms[0]), body)
    at.add_incoming(following, body)
    builder.branch(head)
    builder.position_at_end(after)
    return at, total


@intrinsic
def _sum_lanes(typing_context: Any, sums: Any, row: Any, z: Any, neighbours: Any, first: Any, stop: Any) -> Any:
    """sums[row] = the sum of z[neighbours[k]] for k from first until stop: (a + b) + (c + d), pairs as z is."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        held = [context.make_array(signature.args[k])(context, builder, args[k]) for k in (2, 3)]
        last = builder.sub(builder.extract_value(held[1].shape, 0), ir.Constant(_LONG, 1))
        arrays, zero = (held[0].data, held[1].data, last), ir.Constant(ir.VectorType(ir.DoubleType(), LANES), None)
        at, total = _add_lanes(builder, arrays, args[4], args[5], 4, zero)
        _, total = _add_lanes(builder, arrays, at, args[5], 1, total)
        builder.store(total, _row(context, builder, signature.args[0], args[0], args[1])).align = 8
        return context.get_dummy_value()

    return types.void(sums, types.intp, z, neighbours, types.intp, types.intp), generate


@intrinsic
def _add_weighted(typing_context: Any, sums: Any, row: Any, z: Any, node: Any, weight: Any) -> Any:
    """sums[row] += weight z[node], 16 lanes."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        into = _row(context, builder, signature.args[0], args[0], args[1])
        one = _doubles(builder, _load(builder, _row(context, builder, signature.args[2], args[2], args[3])))
        _add_to(builder, into, builder.fmul(one, _splat(builder, args[4])))
        return context.get_dummy_value()

    return types.void(sums, types.intp, z, types.intp, types.float64), generate


@intrinsic
def _finish_row(
    typing_context: Any,
    sums: Any,
    row: Any,
    base: Any,
    spread: Any,
    spread_at: Any,
    x: Any,
    carried: Any,
    z_next: Any,
    node: Any,
    place: Any,
    inverse: Any,
    leak: Any,
    totals: Any,
) -> Any:
    """step = sums[row] + base spread; x[node] += step; totals: |step|, leak step; z_next[place] = step inverse, narrow.

    What was carried over comes on top of that, and what does not fit is carried over.
    """

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        def pointer(array: int, at: Any) -> Any:
            return _row(context, builder, signature.args[array], args[array], at)

        zero, one = ir.Constant(ir.IntType(64), 0), ir.Constant(ir.IntType(64), 1)
        given = _doubles(builder, _load(builder, pointer(3, args[4])))
        spread_mass = builder.fmul(_load(builder, pointer(2, zero)), given)
        step = builder.fadd(_load(builder, pointer(0, args[1])), spread_mass)
        _add_to(builder, pointer(5, args[8]), step)
        due = builder.fmul(step, _splat(builder, args[10]))
        rest = pointer(6, args[8])
        due = builder.fadd(due, _doubles(builder, _load(builder, rest)))
        upper = _upper(builder, due)
        shown = builder.bitcast(builder.shl(upper, _constant(_WORD, 16)), _vector(_SINGLE))
        left = builder.fptrunc(builder.fsub(due, _doubles(builder, shown)), _vector(_SINGLE))
        builder.store(left, rest).align = 4
        builder.store(builder.trunc(upper, _vector(_NARROW)), pointer(7, args[9])).align = 2
        _add_to(builder, pointer(12, zero), _size(builder, step))
        _add_to(builder, pointer(12, one), builder.fmul(step, _splat(builder, args[11])))
        return context.get_dummy_value()

    signature = types.void(
        sums,
        types.intp,
        base,
        spread,
        types.intp,
        x,
        carried,
        z_next,
        types.intp,
        types.intp,
        types.float64,
        types.float64,
        totals,
    )
    return signature, generate


# Typed as they are called from compiled code.
add_row: Callable[[Doubles, int, NDArray[Any], int], None] = cast(Any, _add_row)
sum_lanes: Callable[[Doubles, int, NDArray[Any], NDArray[np.uint32], int, int], None] = cast(Any, _sum_lanes)
add_weighted: Callable[[Doubles, int, NDArray[Any], int, float], None] = cast(Any, _add_weighted)
finish_row: Callable[..., None] = cast(Any, _finish_row)


def aligned(n: int, kind: type[np.number[Any]]) -> NDArray[Any]:
    """An array (n, 16), unset, whose rows begin at cache lines."""
    size = np.dtype(kind).itemsize
    place = np.empty(n * LANES + _LINE // size, kind)
    skip = (-place.ctypes.data % _LINE) // size
    return place[skip : skip + n * LANES].reshape(n, LANES)
