"""The sum of a piece of a row as vector instructions, and its renumbering: eight neighbours are looked up at a time.

What is summed is in double, single or narrow precision. Narrow values are the upper 16 bits of singles (bfloat16), and
stand one further on: the four bytes from place k on end with value k, and a mask makes a single of them.

Eight sums in double precision run side by side, neighbour k in sum k mod 8; at the end of the piece they are added as a
tree. Where the processor has no gathers or shorter vectors, the compiler splits them, and the bits stay. The last,
partial eight are masked: no place beyond the end of the piece is read, and no branch depends on how many they are.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

import numpy as np
from llvmlite import ir
from numba import types
from numba.extending import intrinsic
from numpy.typing import NDArray

MOST_NODES = (1 << 31) - 1  # gathers take their indices as signed
_WIDTH = 8
_BIT, _NARROW, _WORD, _LONG = ir.IntType(1), ir.IntType(16), ir.IntType(32), ir.IntType(64)
_SINGLE, _DOUBLE = ir.FloatType(), ir.DoubleType()


def _wide(kind: Any) -> Any:
    return ir.VectorType(kind, _WIDTH)


_ALL = ir.Constant(_wide(_BIT), [1] * _WIDTH)


class _Addresses(ir.instructions.Instruction):  # type: ignore[misc]
    """base + index for each lane, in the form that the compiler makes one gather of."""

    def __init__(self, builder: Any, base: Any, index: Any) -> None:
        super().__init__(builder.block, _wide(base.type), "getelementptr", [base, index])
        self._item = base.type.pointee
        builder._insert(self)

    def descr(self, buf: list[str]) -> None:
        base, index = self.operands
        buf.append(f"getelementptr {self._item}, ptr {base.get_reference()}, {index.type} {index.get_reference()}\n")


def _function(builder: Any, name: str, returns: Any, takes: list[Any]) -> Any:
    """An intrinsic of LLVM, declared once a module."""
    kind = ir.FunctionType(returns, takes)
    return builder.module.globals.get(name) or ir.Function(builder.module, kind, name)


def _letters(kind: Any) -> str:
    """How LLVM calls eight of a kind."""
    return f"v{_WIDTH}" + {_WORD: "i32", _DOUBLE: "f64"}.get(kind, "f32")


def _load(builder: Any, data: Any, at: Any, mask: Any) -> Any:
    """Eight items from data[at] on; those that are masked are 0 and not read."""
    kind = _wide(data.type.pointee)
    place = builder.bitcast(builder.gep(data, [at]), kind.as_pointer())
    if mask is _ALL:
        loaded = builder.load(place)
        loaded.align = 4
        return loaded
    name = f"llvm.masked.load.{_letters(data.type.pointee)}.p0"
    load = _function(builder, name, kind, [kind.as_pointer(), _WORD, _wide(_BIT), kind])
    return builder.call(load, [place, ir.Constant(_WORD, 4), mask, ir.Constant(kind, None)])


def _doubles(builder: Any, vector: Any) -> Any:
    """The vector in double precision."""
    return vector if vector.type == _wide(_DOUBLE) else builder.fpext(vector, _wide(_DOUBLE))


def _gather(builder: Any, data: Any, neighbours: Any, at: Any, mask: Any) -> Any:
    """data of eight neighbours from `at` on; those that are masked are 0 and not read."""
    item = data.type.pointee
    index = builder.sext(_load(builder, neighbours, at, mask), _wide(_LONG))
    places = _Addresses(builder, data, index)
    kind = _WORD if item == _NARROW else item
    name = f"llvm.masked.gather.{_letters(kind)}.v{_WIDTH}p0"
    gather = _function(builder, name, _wide(kind), [places.type, _WORD, _wide(_BIT), _wide(kind)])
    size = ir.Constant(_WORD, {_NARROW: 2, _DOUBLE: 8}.get(item, 4))
    found = builder.call(gather, [places, size, mask, ir.Constant(_wide(kind), None)])
    if item != _NARROW:
        return found
    upper = builder.and_(found, ir.Constant(_wide(_WORD), [0xFFFF0000] * _WIDTH))
    return builder.bitcast(upper, _wide(_SINGLE))


def _terms(builder: Any, arrays: tuple[Any, Any, Any], at: Any, mask: Any) -> Any:
    """z of eight neighbours from `at` on, times their weights if there are any, as doubles."""
    neighbours, weights, z = arrays
    found = _doubles(builder, _gather(builder, z, neighbours, at, mask))
    if weights is None:
        return found
    return builder.fmul(found, _doubles(builder, _load(builder, weights, at, mask)))


def _splat(builder: Any, value: Any) -> Any:
    """A vector whose items are all the same."""
    undefined = ir.Constant(_wide(value.type), ir.Undefined)
    first = builder.insert_element(undefined, value, ir.Constant(_WORD, 0))
    return builder.shuffle_vector(first, undefined, ir.Constant(_wide(_WORD), [0] * _WIDTH))


def _tree(builder: Any, vector: Any) -> Any:
    """The sum of eight doubles: halves are added until one is left."""
    for half in (4, 2, 1):
        left, right = (
            builder.shuffle_vector(
                vector,
                ir.Constant(vector.type, ir.Undefined),
                ir.Constant(ir.VectorType(_WORD, half), list(range(low, low + half))),
            )
            for low in (0, half)
        )
        vector = builder.fadd(left, right)
    return builder.extract_element(vector, ir.Constant(_WORD, 0))


def _sum(builder: Any, arrays: tuple[Any, Any, Any], first: Any, stop: Any) -> Any:
    """The sum of the terms from first until stop: full eights in a loop, then what is left, masked."""
    eight = ir.Constant(_LONG, _WIDTH)
    full = builder.sub(stop, builder.and_(builder.sub(stop, first), ir.Constant(_LONG, _WIDTH - 1)))
    before = builder.block
    head, body, after = (builder.append_basic_block(name) for name in ("eights", "eight", "rest"))
    builder.branch(head)
    builder.position_at_end(head)
    at, total = builder.phi(_LONG), builder.phi(_wide(_DOUBLE))
    at.add_incoming(first, before)
    total.add_incoming(ir.Constant(_wide(_DOUBLE), None), before)
    builder.cbranch(builder.icmp_unsigned("<", at, full), body, after)
    builder.position_at_end(body)
    total.add_incoming(builder.fadd(total, _terms(builder, arrays, at, _ALL)), body)
    at.add_incoming(builder.add(at, eight), body)
    builder.branch(head)
    builder.position_at_end(after)
    mask = _rest_mask(builder, builder.sub(stop, full))
    return _tree(builder, builder.fadd(total, _terms(builder, arrays, full, mask)))


def _rest_mask(builder: Any, left: Any) -> Any:
    """The mask of the first `left` of eight."""
    wanted = _splat(builder, builder.trunc(left, _WORD))
    return builder.icmp_unsigned("<", ir.Constant(_wide(_WORD), list(range(_WIDTH))), wanted)


def _renumber_all(builder: Any, arrays: tuple[Any, Any, Any], first: Any, stop: Any, at: Any) -> None:
    """As `renumber`: full eights in a loop, then what is left, masked."""
    places, neighbours, into = arrays
    full = builder.sub(stop, builder.and_(builder.sub(stop, first), ir.Constant(_LONG, _WIDTH - 1)))
    before = builder.block
    head, body, after = (builder.append_basic_block(name) for name in ("eights", "eight", "rest"))
    builder.branch(head)
    builder.position_at_end(head)
    k = builder.phi(_LONG)
    k.add_incoming(first, before)
    target = builder.gep(into, [builder.add(at, builder.sub(k, first))])
    target = builder.bitcast(target, _wide(_WORD).as_pointer())
    builder.cbranch(builder.icmp_unsigned("<", k, full), body, after)
    builder.position_at_end(body)
    builder.store(_gather(builder, places, neighbours, k, _ALL), target).align = 4
    k.add_incoming(builder.add(k, ir.Constant(_LONG, _WIDTH)), body)
    builder.branch(head)
    builder.position_at_end(after)
    mask = _rest_mask(builder, builder.sub(stop, full))
    kinds = [_wide(_WORD), _wide(_WORD).as_pointer(), _WORD, _wide(_BIT)]
    store = _function(builder, f"llvm.masked.store.{_letters(_WORD)}.p0", ir.VoidType(), kinds)
    builder.call(store, [_gather(builder, places, neighbours, full, mask), target, ir.Constant(_WORD, 4), mask])


@intrinsic
def _renumber(typing_context: Any, places: Any, neighbours: Any, first: Any, stop: Any, into: Any, at: Any) -> Any:
    """into[at + k - first] = places[neighbours[k]] for k from first until stop."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        data = [context.make_array(signature.args[k])(context, builder, args[k]).data for k in (0, 1, 4)]
        _renumber_all(builder, (data[0], data[1], data[2]), args[2], args[3], args[5])
        return context.get_dummy_value()

    return types.void(places, neighbours, types.uint64, types.uint64, into, types.uint64), generate


@intrinsic
def _sum_of(typing_context: Any, neighbours: Any, z: Any, first: Any, stop: Any) -> Any:
    """The sum of z[neighbours[k]] for k from first until stop, 256 at most."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        data = [context.make_array(signature.args[k])(context, builder, args[k]).data for k in (0, 1)]
        return _sum(builder, (data[0], None, data[1]), args[2], args[3])

    return types.float64(neighbours, z, types.uint64, types.uint64), generate


@intrinsic
def _weighted_sum_of(typing_context: Any, neighbours: Any, weights: Any, z: Any, first: Any, stop: Any) -> Any:
    """The sum of weights[k] z[neighbours[k]] for k from first until stop, 256 at most."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        data = [context.make_array(signature.args[k])(context, builder, args[k]).data for k in (0, 1, 2)]
        return _sum(builder, (data[0], data[1], data[2]), args[3], args[4])

    return types.float64(neighbours, weights, z, types.uint64, types.uint64), generate


# Typed as they are called from compiled code. Neighbours are below 2**31; no bounds are checked.
sum_of: Callable[[NDArray[np.uint32], NDArray[Any], np.uint64, np.uint64], float] = cast(Any, _sum_of)
weighted_sum_of: Callable[[NDArray[np.uint32], NDArray[np.float32], NDArray[Any], np.uint64, np.uint64], float] = cast(
    Any, _weighted_sum_of
)
renumber: Callable[
    [NDArray[np.uint32], NDArray[np.uint32], np.uint64, np.uint64, NDArray[np.uint32], np.uint64], None
] = cast(Any, _renumber)
