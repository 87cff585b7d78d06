"""Numbers with a bound of their error, so that what is computed from bounded parts says how sure it is."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Bounded:
    """A value and a bound of its absolute error (rounding left out)."""

    value: float
    error: float = 0.0

    def __add__(self, other: Bounded | float) -> Bounded:
        right = bounded(other)
        return Bounded(self.value + right.value, self.error + right.error)

    def __sub__(self, other: Bounded | float) -> Bounded:
        right = bounded(other)
        return Bounded(self.value - right.value, self.error + right.error)

    def __mul__(self, other: Bounded | float) -> Bounded:
        right = bounded(other)
        error = abs(self.value) * right.error + abs(right.value) * self.error + self.error * right.error
        return Bounded(self.value * right.value, error)

    def __truediv__(self, other: Bounded | float) -> Bounded:
        right = bounded(other)
        least = abs(right.value) - right.error
        if least <= 0:
            return Bounded(self.value / right.value if right.value else 0.0, float("inf"))
        quotient = self.value / right.value
        return Bounded(quotient, (self.error + abs(quotient) * right.error) / least)


def bounded(value: Bounded | float) -> Bounded:
    """The value; a plain number has no error."""
    return value if isinstance(value, Bounded) else Bounded(value)


def dot(left: Floats, left_error: Floats, right: Floats, right_error: Floats) -> Bounded:
    """Scalar product of two vectors with bounds for each element."""
    error = np.abs(left) @ right_error + left_error @ np.abs(right) + left_error @ right_error
    return Bounded(float(left @ right), float(error))
