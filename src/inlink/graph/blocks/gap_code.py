"""Ascending node lists as bits: the first number by its length, then gaps in a Rice code that learns as it goes.

A gap g (0 for the next number) is written as q = g >> k zeros, a one, and the low k bits of g; k is the whole part of
log2 of a running mean of the gaps before. The mean starts from the number of nodes left, spread over the numbers left,
and is halved every 32 gaps, so that k follows lists that begin dense (strong nodes link much) and end sparse. A gap of
24 or more zeros is written as 24 zeros and 32 bits. Nothing beside the bits is stored for a list.

Source: Rice, Some practical universal noiseless coding techniques, JPL 79-22, 1979; the adaptation is that of JPEG-LS
(Weinberger, Seroussi, Sapiro, IEEE TIP 9(8), 2000).
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

Int = Any  # int here, int64 in compiled code
Words = NDArray[np.uint64]
Ids = NDArray[np.uint32]

LONGEST = 24  # zeros of the escape
RAW = 32  # bits of an escaped gap
WORST_BITS = LONGEST + RAW + 5  # no number takes more
_FORGET = 32
_LENGTH_BITS = 5


@intrinsic
def _zeros_below(typing_context: Any, word: Any) -> Any:
    """Zeros below the lowest set bit; 64 for 0."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return builder.cttz(args[0], ir.Constant(ir.IntType(1), 0))

    return types.int64(types.uint64), generate


zeros_below: Callable[[Int], Int] = cast(Any, _zeros_below)


@compiled_bare
def put_bits(words: Words, at: Int, value: Int, n_bits: Int) -> Int:
    """Write the low `n_bits` (at most 64) of value at bit `at` of zeroed words; gives where the next bit goes."""
    word, shift = at >> 6, at & 63
    words[word] |= np.uint64(value) << np.uint64(shift)
    if shift + n_bits > 64:
        words[word + 1] |= np.uint64(value) >> np.uint64(64 - shift)
    return at + n_bits


@compiled_bare
def get_bits(words: Words, at: Int) -> Int:
    """The 64 bits from bit `at` on; words beyond the last are 0."""
    word, shift = at >> 6, at & 63
    if word >= words.shape[0]:
        return np.uint64(0)
    value = words[word] >> np.uint64(shift)
    if shift and word + 1 < words.shape[0]:
        value |= words[word + 1] << np.uint64(64 - shift)
    return value


@compiled_bare
def encode_list(ids: Ids, start: Int, stop: Int, n_left: Int, n: Int, words: Words, at: Int) -> Int:
    """Write ids[start:stop] (ascending, unique, below n) at bit `at`; gives the bit after them.

    n_left: numbers of the whole list from `start` on, a hint for the first mean; `decode_list` must be told the same.
    """
    if start >= stop:
        return at
    previous = np.int64(ids[start])
    length = np.int64(0)
    while (previous + 1) >> (length + 1):
        length += 1
    at = put_bits(words, at, length, _LENGTH_BITS)
    at = put_bits(words, at, (previous + 1) - (np.int64(1) << length), length)
    total, count, k = _first_mean(previous, n_left, n), np.int64(2), np.int64(0)
    for i in range(start + 1, stop):
        gap = np.int64(ids[i]) - previous - 1
        previous = np.int64(ids[i])
        while (count << (k + 1)) <= total:
            k += 1
        while k > 0 and (count << k) > total:
            k -= 1
        q = gap >> k
        if q < LONGEST:
            low = gap & ((np.int64(1) << k) - 1)
            at = put_bits(words, at, (low << (q + 1)) | (np.int64(1) << q), q + 1 + k)
        else:
            at = put_bits(words, at + LONGEST, gap, RAW)
        total += gap
        count += 1
        if count == _FORGET:
            total >>= 1
            count >>= 1
    return at


@compiled_bare
def decode_list(words: Words, at: Int, count: Int, n_left: Int, n: Int, out: Ids, place: Int) -> Int:
    """Read `count` numbers from bit `at` into out[place:]; gives the bit after them, or -1 where the bits are wrong."""
    if count <= 0:
        return at
    end = words.shape[0] << 6
    length = np.int64(get_bits(words, at) & np.uint64(31))
    rest = np.int64(get_bits(words, at + _LENGTH_BITS) & ((np.uint64(1) << np.uint64(length)) - np.uint64(1)))
    previous = (np.int64(1) << length) + rest - 1
    at += _LENGTH_BITS + length
    if previous >= n or at > end:
        return -1
    out[place] = previous
    total, known, k = _first_mean(previous, n_left, n), np.int64(2), np.int64(0)
    for i in range(1, count):
        while (known << (k + 1)) <= total:
            k += 1
        while k > 0 and (known << k) > total:
            k -= 1
        bits = get_bits(words, at)
        q = zeros_below(bits)
        if q < LONGEST:
            low = np.int64((bits >> np.uint64(q + 1)) & ((np.uint64(1) << np.uint64(k)) - np.uint64(1)))
            gap = (q << k) | low
            at += q + 1 + k
        else:
            gap = np.int64((bits >> np.uint64(LONGEST)) & np.uint64(0xFFFFFFFF))
            at += LONGEST + RAW
        previous += gap + 1
        if previous >= n or at > end:
            return -1
        out[place + i] = previous
        total += gap
        known += 1
        if known == _FORGET:
            total >>= 1
            known >>= 1
    return at


@compiled_bare
def _first_mean(first: Int, n_left: Int, n: Int) -> Int:
    """Twice the mean gap to begin with: the nodes left over the numbers left, halved for what is dense in front."""
    return (n - first) // max(n_left, 1)


@compiled_bare
def pack_numbers(numbers: Ids, n_bits: Int, words: Words) -> None:
    """Numbers of a fixed width, one after the other."""
    for i in range(numbers.shape[0]):
        put_bits(words, i * n_bits, numbers[i], n_bits)
