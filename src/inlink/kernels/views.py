"""Arrays and memory maps as one type: numba compiles a kernel anew for arrays that may and may not be written."""

from __future__ import annotations

from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

T = TypeVar("T", bound=np.generic)


def read_only(array: NDArray[T]) -> NDArray[T]:
    """The same memory as a plain array that cannot be written."""
    view = array.view(np.ndarray)
    view.flags.writeable = False
    return view
