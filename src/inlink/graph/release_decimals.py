"""Decimal fractions read from text to the nearest double, as fast as whole numbers.

digits × 10^e is made as a sum of two doubles, exact to some 2^-98; the nearest double is known unless that sum lies
within its own error of the middle between two doubles. Those numbers, and those of more than 19 digits or at the ends
of the range, are left to the caller (some in a thousand million).
Source: Dekker, A floating-point technique for extending the available precision (1971).
"""

from __future__ import annotations

from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from inlink.graph.release_digits import read_number
from inlink.kernels.jit import compiled_bare

GOOD, UNSURE, NO_NUMBER = 0, 1, 2

_LEAST, _MOST = -280, 280  # exponents of ten in the table
_POWERS = [Fraction(10) ** e for e in range(_LEAST, _MOST + 1)]
_HIGH = np.array([float(power) for power in _POWERS])
_LOW = np.array([float(power - Fraction(float(power))) for power in _POWERS])
_SPLIT = 134217729.0  # 2**27 + 1
_SLACK = 2.0**-40
_TEN = np.uint64(10)
_NINE = np.uint64(9)
_HALF_WORD = np.uint64(0xFFFFFFFF)
_MINUS, _PLUS, _DOT, _UPPER_E, _LOWER_E, _ZERO = 45, 43, 46, 69, 101, 48


@compiled_bare
def _product(a: float, b: float) -> tuple[float, float]:
    """a × b as the nearest double and what is missing, exactly."""
    product = a * b
    t = _SPLIT * a
    a_high = t - (t - a)
    a_low = a - a_high
    t = _SPLIT * b
    b_high = t - (t - b)
    b_low = b - b_high
    return product, ((a_high * b_high - product) + a_high * b_low + a_low * b_high) + a_low * b_low


@compiled_bare
def _scaled(digits: np.uint64, exponent: int) -> tuple[float, int]:
    """digits × 10^exponent, and whether that is surely the nearest double."""
    if digits == 0:
        return 0.0, GOOD
    if exponent < _LEAST or exponent > _MOST - 20:
        return 0.0, UNSURE
    upper = np.float64(digits >> np.uint64(32)) * 4294967296.0
    lower = np.float64(digits & _HALF_WORD)
    high = upper + lower
    low = lower - (high - upper)
    power, power_low = _HIGH[exponent - _LEAST], _LOW[exponent - _LEAST]
    product, error = _product(high, power)
    error += high * power_low + low * power
    nearest = product + error
    rest = error - (nearest - product)
    is_sure = nearest + rest * (1.0 + _SLACK) == nearest and nearest + rest * (1.0 - _SLACK) == nearest
    return nearest, GOOD if is_sure else UNSURE


@compiled_bare
def read_decimal(data: NDArray[np.uint8], at: int) -> tuple[float, int, int]:
    """The number that begins at `at`, where it ends, and GOOD, UNSURE (read it another way) or NO_NUMBER.

    Written as in 12, -0.5, 3.3E7, 1.2e-08. `data` must be readable behind it to one byte that belongs to no number.
    """
    begin = at
    is_negative = data[at] == _MINUS
    if is_negative or data[at] == _PLUS:
        at += 1
    digits, n_digits, n_seen, exponent = np.uint64(0), 0, 0, 0
    is_fraction = False
    while True:
        digit = np.uint64(data[at]) - np.uint64(_ZERO)
        if digit <= _NINE:
            n_seen += 1
            digits = digits * _TEN + digit
            n_digits += int(n_digits > 0 or digit > np.uint64(0))
            exponent -= int(is_fraction)
        elif data[at] == _DOT and not is_fraction:
            is_fraction = True
        else:
            break
        at += 1
    if n_seen == 0:
        return 0.0, begin, NO_NUMBER
    if data[at] == _UPPER_E or data[at] == _LOWER_E:
        at += 1
        is_below = data[at] == _MINUS
        if is_below or data[at] == _PLUS:
            at += 1
        if np.uint64(data[at]) - np.uint64(_ZERO) > _NINE:
            return 0.0, begin, NO_NUMBER
        power, at = read_number(data, at)
        if power > np.uint64(9999):
            return 0.0, at, UNSURE
        exponent += -int(power) if is_below else int(power)
    if n_digits > 19:
        return 0.0, at, UNSURE
    value, state = _scaled(digits, exponent)
    return (-value if is_negative else value), at, state
