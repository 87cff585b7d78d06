"""From mass to position and authority.

Positions are taken after rounding to 10 significant digits, so that they do not hang on the last bits of a machine;
equal masses share the worst of their positions. authority = 100 (1 - ln k / ln n) for position k of n; 0 for what
nobody votes for; unknown in graphs of fewer than 10,000 nodes, where a scale would promise more than it holds.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

LEAST_NODES = 10_000
DIGITS = 10
_CHUNK = 1 << 20
_LEAST = -290  # masses below 1e-290 count as equal
_POWERS = np.array([float(f"1e{e}") for e in range(_LEAST - DIGITS - 1, 2)])


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a mass stands in a run: position of n, authority or why there is none."""

    mass: float
    position: int
    n: int
    authority: float | None
    why_not: str = ""


def rounded(mass: NDArray[np.float64]) -> NDArray[np.int64]:
    """Whole numbers in the order of masses, equal where masses are equal to 10 significant digits; 0 for no mass."""
    keys = np.zeros(len(mass), np.int64)
    for start in range(0, len(mass), _CHUNK):
        keys[start : start + _CHUNK] = _rounded(np.asarray(mass[start : start + _CHUNK], np.float64))
    return keys


def _rounded(mass: NDArray[np.float64]) -> NDArray[np.int64]:
    is_mass = mass > 10.0**_LEAST
    x = np.where(is_mass, mass, 1.0)
    exponent = np.floor(np.log10(x)).astype(np.int64)
    exponent -= x < _power(exponent)  # log10 may err by its last bit at powers of ten
    exponent += x >= _power(exponent + 1)
    digits = np.rint(x / _power(exponent - DIGITS + 1)).astype(np.int64)
    carried = digits == 10**DIGITS  # 9.99999999995 rounds to 10
    digits[carried] = 10 ** (DIGITS - 1)
    exponent += carried
    return np.where(is_mass, (exponent - _LEAST + 1) * 10**DIGITS + digits, 0)


def _power(exponent: NDArray[np.int64]) -> NDArray[np.float64]:
    found: NDArray[np.float64] = _POWERS[exponent - (_LEAST - DIGITS - 1)]
    return found


def positions(keys: NDArray[np.int64], ordered: NDArray[np.int64]) -> NDArray[np.int64]:
    """Position of each node: how many have at least its mass. `ordered` are all keys, ascending."""
    return len(ordered) - np.searchsorted(ordered, keys, "left")


def all_positions(keys: NDArray[np.int64]) -> NDArray[np.uint32]:
    """As `positions` of all keys at once, without looking each up. Shape: uint32 (n,). Memory: 28 bytes a node."""
    order = np.argsort(keys)
    ordered = keys[order]
    is_first = np.ones(len(keys), np.bool_)
    np.not_equal(ordered[1:], ordered[:-1], out=is_first[1:])
    del ordered
    first = np.flatnonzero(is_first)
    found = np.empty(len(keys), np.uint32)
    found[order] = np.repeat((len(keys) - first).astype(np.uint32), np.diff(first, append=len(keys)))
    return found


def authorities(position: NDArray[np.int64], in_votes: NDArray[np.int64]) -> NDArray[np.float64] | None:
    """0..100 for each node; None for a graph too small for it."""
    n = len(position)
    if n < LEAST_NODES:
        return None
    scores = 100 * (1 - np.log(position) / math.log(n))
    return np.where(in_votes > 0, np.maximum(scores, 0.0), 0.0)


def authority_at(position: int, n: int, *, has_votes: bool = True) -> float | None:
    """0..100 at a position; None for a graph too small for it."""
    if n < LEAST_NODES:
        return None
    return max(0.0, 100 * (1 - math.log(position) / math.log(n))) if has_votes else 0.0


def standing_if(
    mass: float, ordered: NDArray[np.int64], *, instead_of: float | None = None, has_votes: bool = True
) -> Standing:
    """Where a mass would stand with all others as they are; `instead_of` is the mass that the node has now."""
    key = int(rounded(np.array([mass]))[0])
    n = len(ordered)
    better = n - int(np.searchsorted(ordered, key, "left"))
    if instead_of is not None and int(rounded(np.array([instead_of]))[0]) >= key:
        better -= 1
    return standing(mass, min(better + 1, n), n, has_votes=has_votes)


def standing(mass: float, position: int, n: int, *, has_votes: bool) -> Standing:
    """A position with its authority, or why there is none."""
    why = "" if n >= LEAST_NODES else f"authority is shown for graphs of {LEAST_NODES:,} or more; this one has {n:,}"
    return Standing(mass, position, n, authority_at(position, n, has_votes=has_votes), why)
