"""Which texts hold what has to be rewritten before they are sent: one pass over the bytes of a column.

A text is `data[ends[row] - ends[0] : ends[row + 1] - ends[0]]`, UTF-8. What is flagged may need rewriting; what is not
needs none.
Shapes: data uint8 (n_bytes,), ends int64 (n + 1,), flags bool (n,).    Cost: O(bytes).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from inlink.kernels.jit import compiled

Array = np.ndarray[Any, np.dtype[Any]]

_PLAIN, _SEPARATOR, _BETWEEN, _DANGER, _BOTH, _WIDE = range(6)


def _formula_classes() -> Array:
    found = np.zeros(256, np.uint8)
    found[list(b",;|")] = _SEPARATOR
    found[list(b" \"'")] = _BETWEEN
    found[list(b"=+-@")] = _DANGER
    found[list(b"\t\r\n")] = _BOTH
    found[0xEF] = _WIDE  # ＝＋－＠ and others of their width
    return found


def _escape_bytes() -> Array:
    found = np.zeros(256, np.bool_)
    found[:0x20] = True
    found[[0x22, 0x5C, 0x7F]] = True
    found[[0xC2, 0xD8, 0xE2, 0xEF, 0xF3]] = True  # what soft hyphens, marks of direction and the like begin with
    return found


FORMULA_CLASSES, ESCAPE_BYTES = _formula_classes(), _escape_bytes()


@compiled
def formula_flags(data: Array, ends: Array, classes: Array) -> Array:
    """Texts in which a formula may begin: at their start or behind , ; | tab or line end, spaces and quotes aside."""
    n = len(ends) - 1
    flags = np.zeros(n, np.bool_)
    for row in range(n):
        could_begin = True
        for at in range(ends[row] - ends[0], ends[row + 1] - ends[0]):
            kind = classes[data[at]]
            if could_begin and kind >= _DANGER:
                flags[row] = True
                break
            if kind != _BETWEEN:
                could_begin = kind in (_SEPARATOR, _BOTH)
    return flags


@compiled
def escape_flags(data: Array, ends: Array, wanted: Array) -> Array:
    """Texts with a quote, a backslash, a control character, or a byte that an unsafe character begins with.

    The two bytes behind tell most letters from unsafe characters: E2 80 A6 (an ellipsis) is no mark of direction.
    """
    n = len(ends) - 1
    flags = np.zeros(n, np.bool_)
    for row in range(n):
        end = ends[row + 1] - ends[0]
        for at in range(ends[row] - ends[0], end):
            byte = data[at]
            if wanted[byte] and (byte < 0x80 or _is_unsafe(data, at, end)):
                flags[row] = True
                break
    return flags


@compiled
def _is_unsafe(data: Array, at: int, end: int) -> bool:
    """Whether a character of several bytes is unsafe, or may be. Source: UTF-8 (RFC 3629)."""
    byte, second = data[at], data[at + 1] if at + 1 < end else 0
    third = data[at + 2] if at + 2 < end else 0
    if byte == 0xC2:
        return bool(second < 0xA0 or second == 0xAD)
    if byte == 0xD8:
        return bool(second == 0x9C)
    if byte == 0xE2:
        if second == 0x80:
            return bool(third in (0x8B, 0x8E, 0x8F) or 0xA8 <= third <= 0xAE)
        return bool(second == 0x81 and third >= 0xA0)
    if byte == 0xEF:
        return bool((second == 0xBB and third == 0xBF) or (second == 0xBF and third >= 0xB9))
    return bool(byte == 0xF3 and second == 0xA0)
