"""Pages made to choke a parser: how much of the source can be parsed at a bearable price.

An HTML5 parser is quadratic in the depth of unclosed elements, in the number of formatting elements that each new
block opens again, and in the attributes of one tag; forty kilobytes can cost it minutes and gigabytes. One rough pass
over the source adds up these prices and says where the budget ends. Ordinary pages, however long, come nowhere near it.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from inlink.extract.spans import Bytes, find_comment_end, find_end_tag, is_space, lower
from inlink.kernels.bytes import find_byte
from inlink.kernels.jit import compiled, compiled_bare

BUDGET: Final = 30_000_000  # steps of some 30 ns
_FREE_DEPTH = 64  # what ordinary pages reach
_REOPENED = 300  # steps that one element opened again costs
_FREE_FORMATS = 24
_MAX_DEPTH = 1 << 12
_LOOK_BACK = 256
_SLOTS = 1 << 12
_PRIME = np.uint64(0x100000001B3)


_FORMAT, _IS_RAW, _IS_VOID, _REPLACES, _HOLDS = 1, 2, 4, 8, 16
_MULTIPLIER = np.uint64(0x9E3779B97F4A7C15)
_SHIFT = np.uint64(54)


def _names() -> NDArray[np.uint64]:
    """Open-addressed table of names (their first eight bytes as a number) and what they are."""
    table = np.zeros((1024, 2), np.uint64)
    for flag, names in (
        (_IS_VOID, "area base br col embed hr img input link meta source track wbr param frame"),
        (_FORMAT, "a b big code em font i nobr s small strike strong tt u"),
        (_IS_RAW, "script style textarea title xmp iframe noembed noframes"),
        (_REPLACES, "p li dt dd option tr td th tbody"),
        (_HOLDS, "ul ol dl table div section article blockquote select button object"),
    ):
        for name in names.split():
            key = int.from_bytes(name.encode()[:8], "little")
            slot = (key * int(_MULTIPLIER) & 0xFFFFFFFFFFFFFFFF) >> int(_SHIFT)
            while table[slot, 0]:
                slot = (slot + 1) % len(table)
            table[slot] = key, flag
    return table


_NAMES = _names()


def affordable(html: Bytes, budget: int = BUDGET) -> int:
    """How many bytes of the page can be parsed within the budget: all of them, or up to the tag that passes it."""
    return int(_affordable(html, budget, _NAMES))


@compiled
def _affordable(html: Bytes, budget: int, names: NDArray[np.uint64]) -> int:
    n = html.shape[0]
    stack = np.zeros(_MAX_DEPTH, np.uint64)
    seen = np.zeros(_SLOTS, np.int64)
    depth = n_formats = cost = 0
    i = find_byte(html, 0, n, 60)
    while i + 2 < n:
        at = i
        is_end = html[np.uint64(i + 1)] == 47
        i += 2 if is_end else 1
        if not 97 <= lower(html[np.uint64(i)]) <= 122:
            i = (
                find_comment_end(html, at + 4, n)
                if html[np.uint64(i)] == 33 and i + 2 < n and html[np.uint64(i + 1)] == 45
                else i
            )
            i = find_byte(html, i, n, 60)
            continue
        name, name_end = _name(html, i, n)
        end = find_byte(html, name_end, n, 62)
        cost += max(depth - _FREE_DEPTH, 0)
        kind = _kind(names, name)
        is_format = kind == _FORMAT
        if not is_format:
            cost += _REOPENED * max(n_formats - _FREE_FORMATS, 0)
        if is_end:
            depth = _closed(stack, depth, name)
            n_formats -= is_format and n_formats > 0
        else:
            if end - at > 2048:
                n_attributes = _count_attributes(html, name_end, end)
                cost += n_attributes * n_attributes
            if is_format:
                n_formats += _is_new(html, at, end, seen)
            if kind == _IS_RAW:
                i = find_end_tag(html, end, n, at + 1, name_end)
                if i == n and depth > 0:
                    break
            elif kind != _IS_VOID:
                if kind == _REPLACES:
                    depth = _replaced(stack, depth, name, names)
                depth = min(depth + 1, _MAX_DEPTH - 1)
                stack[depth] = name
        if cost > budget:
            return int(at)
        i = find_byte(html, max(i, name_end), n, 60)
    return int(n)


@compiled_bare
def _name(html: Bytes, i: int, n: int) -> tuple[np.uint64, int]:
    """(first eight bytes of the tag's name in lower case, its end)."""
    name = np.uint64(0)
    shift = np.uint64(0)
    while i < n and html[np.uint64(i)] != 62 and html[np.uint64(i)] != 47 and not is_space(html[np.uint64(i)]):
        if shift < np.uint64(64):
            name |= np.uint64(lower(html[np.uint64(i)])) << shift
            shift += np.uint64(8)
        i += 1
    return name, i


@compiled_bare
def _kind(names: NDArray[np.uint64], name: np.uint64) -> int:
    """What the element is, 0 for most."""
    slot = (name * _MULTIPLIER) >> _SHIFT
    while names[slot, 0] != 0:
        if names[slot, 0] == name:
            return np.int64(names[slot, 1])  # type: ignore[return-value]
        slot = (slot + np.uint64(1)) & np.uint64(1023)
    return 0


@compiled_bare
def _closed(stack: NDArray[np.uint64], depth: int, name: np.uint64) -> int:
    """Depth after an end tag."""
    for level in range(depth, max(depth - _LOOK_BACK, 0), -1):
        if stack[level] == name:
            return level - 1
    return depth


@compiled_bare
def _replaced(stack: NDArray[np.uint64], depth: int, name: np.uint64, names: NDArray[np.uint64]) -> int:
    """Depth once the open element of the same name, if it is in the same list or block, has been closed by the next."""
    for level in range(depth, max(depth - 8, 0), -1):
        if stack[level] == name:
            return level - 1
        if _kind(names, stack[level]) == _HOLDS:
            break
    return depth


@compiled_bare
def _count_attributes(html: Bytes, start: int, end: int) -> int:
    count = 0
    quote = 0
    was_space = False
    for i in range(start, end):
        c = html[np.uint64(i)]
        if quote:
            quote = 0 if c == quote else quote
        elif c == 34 or c == 39:
            quote = int(c)
        elif is_space(c) or c == 47:
            was_space = True
        elif was_space:
            count += 1
            was_space = False
    return count


@compiled_bare
def _is_new(html: Bytes, start: int, end: int, seen: NDArray[np.int64]) -> bool:
    """Whether the tag is not yet open three times as it stands here; the parser keeps no more than three."""
    h = np.uint64(1469598103934665603)
    for i in range(start, min(end, start + 256)):
        h = (h ^ np.uint64(html[np.uint64(i)])) * _PRIME
    slot = np.int64((h >> np.uint64(20)) & np.uint64(_SLOTS - 1))
    seen[slot] += 1
    return bool(seen[slot] <= 3)
