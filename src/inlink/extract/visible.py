"""Visible text: copied with white space folded and entities resolved, its words counted."""

from __future__ import annotations

import numpy as np

from inlink.extract.spans import Bytes, entity, is_space
from inlink.kernels.jit import compiled_bare

_LT, _AMP = 60, 38


@compiled_bare
def skip_space(html: Bytes, i: int, n: int, gap: int, in_word: bool) -> tuple[int, int, bool]:
    """The position of the next byte of text or markup; whether white space was passed."""
    while i < n:
        c = html[np.uint64(i)]
        if is_space(c):
            i += 1
        elif c == _AMP and i + 2 < n and html[np.uint64(i + 1)] == 110 and html[np.uint64(i + 2)] == 98:
            i += 6
        else:
            return i, gap, in_word
        gap, in_word = max(gap, 1), False
    return n, gap, in_word


@compiled_bare
def copy_text(html: Bytes, i: int, n: int, text: Bytes, pos: int, in_word: bool) -> tuple[int, int, int, bool, int]:
    """Copies text up to the next tag: (position in html, in text, gap at its end, is a word unfinished, new words)."""
    gap = words = 0
    while i < n:
        c = html[np.uint64(i)]
        if c == _LT:
            break
        if is_space(c):
            gap, in_word = 1, False
            i += 1
            continue
        byte = c
        length = 1
        if c == _AMP:
            resolved, length = entity(html, i, n)
            byte = np.uint8(resolved)
            if resolved == 0:
                gap, in_word = 1, False
                i += length
                continue
        if gap:
            text[np.uint64(pos)] = 32
            pos += 1
            gap = 0
        if byte >= 0xC0:
            kind = _letter_kind(html, i, n)
            if kind == 2:
                words, in_word = words + 1, False
            elif kind == 1 and not in_word:
                words, in_word = words + 1, True
        elif not in_word and (97 <= byte <= 122 or 65 <= byte <= 90 or 48 <= byte <= 57):
            words, in_word = words + 1, True
        text[np.uint64(pos)] = byte
        pos += 1
        i += length
    return i, pos, gap, in_word, words


@compiled_bare
def _letter_kind(html: Bytes, i: int, n: int) -> int:
    """Of the character that begins at i: 0 punctuation or symbol, 1 letter of a word, 2 a word by itself (CJK)."""
    first = html[np.uint64(i)]
    second = html[np.uint64(i + 1)] if i + 1 < n else np.uint8(0)
    if first == 0xC2:
        return 0
    if first == 0xE2:
        return 0 if second < 0xB0 else 1
    if first == 0xE3:
        return 0 if second == 0x80 else 2
    if 0xE4 <= first <= 0xE9:
        return 2
    if first == 0xEF:
        return 1 if 0xA4 <= second <= 0xB7 else 0
    if first == 0xF0:
        return 2 if 0xA0 <= second <= 0xBF else 0 if second == 0x9F else 1
    return 1
