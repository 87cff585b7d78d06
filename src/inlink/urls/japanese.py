"""The Japanese encoders of the Encoding Standard, from the index that Python's cp932 decoder holds."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from functools import cache

_ASCII, _ROMAN, _KANJI = b"\x1b(B", b"\x1b(J", b"\x1b$B"
_N_EUC_POINTERS = 94 * 94
_NEC_SELECTED = range(8272, 8836)  # IBM's characters a first time; Shift_JIS uses their later places
_PRIVATE_USE = range(8836, 10716)
_N_POINTERS = 11280


def shift_jis(character: str) -> bytes | None:
    """A character beyond ASCII in Shift_JIS."""
    known = _narrow(character)
    if known is not None:
        return known
    if "\uff61" <= character <= "\uff9f":
        return bytes([ord(character) - 0xFF61 + 0xA1])
    if character == "\x80":
        return b"\x80"
    pointer = _shift_jis_pointers().get(_unified(character))
    return None if pointer is None else _shift_jis_bytes(pointer)


def euc_jp(character: str) -> bytes | None:
    """A character beyond ASCII in EUC-JP."""
    known = _narrow(character)
    if known is not None:
        return known
    if "\uff61" <= character <= "\uff9f":
        return bytes([0x8E, ord(character) - 0xFF61 + 0xA1])
    pointer = _pointers().get(_unified(character))
    return None if pointer is None else bytes([pointer // 94 + 0xA1, pointer % 94 + 0xA1])


def iso_2022_jp(text: str) -> Iterator[bytes | int]:
    """Text in ISO-2022-JP with its shifts; the code point where a character has no place."""
    state = _ASCII
    for character in text:
        wanted, encoded = _iso_2022_jp_character(character, state)
        if wanted != state and (encoded is not None or state == _KANJI):
            state = wanted
            yield state
        if encoded is None:
            yield 0xFFFD if character in "\x0e\x0f\x1b" else ord(character)
        else:
            yield encoded
    if state != _ASCII:
        yield _ASCII


def _iso_2022_jp_character(character: str, state: bytes) -> tuple[bytes, bytes | None]:
    """(the state that writes the character, its bytes there)."""
    if character in "\x0e\x0f\x1b":
        return _ASCII, None
    if character < "\x80":
        return (_ROMAN if state == _ROMAN and character not in "\\~" else _ASCII), character.encode()
    narrow = _narrow(character)
    if narrow is not None:
        return _ROMAN, narrow
    pointer = _pointers().get(_full_width(_unified(character)))
    if pointer is None:
        return _ASCII, None
    return _KANJI, bytes([pointer // 94 + 0x21, pointer % 94 + 0x21])


def _narrow(character: str) -> bytes | None:
    """The two characters that take the places of ASCII's backslash and tilde."""
    return {"¥": b"\\", "‾": b"~"}.get(character)


def _unified(character: str) -> str:
    return "－" if character == "−" else character


def _full_width(character: str) -> str:
    """Half-width katakana as the full-width form."""
    if not "\uff61" <= character <= "\uff9f":
        return character
    return {"\uff9e": "\u309b", "\uff9f": "\u309c"}.get(character) or unicodedata.normalize("NFKC", character)


@cache
def _index() -> dict[int, str]:
    """Index jis0208: pointer → character."""
    index = {}
    for pointer in range(_N_POINTERS):
        if pointer not in _PRIVATE_USE:
            try:
                index[pointer] = _shift_jis_bytes(pointer).decode("cp932")
            except UnicodeDecodeError:
                continue
    return index


@cache
def _pointers() -> dict[str, int]:
    """The first pointer of each character that two bytes of 94 values reach."""
    return {character: p for p, character in reversed(_index().items()) if p < _N_EUC_POINTERS}


@cache
def _shift_jis_pointers() -> dict[str, int]:
    """The first pointer of each character that Shift_JIS writes."""
    return {character: p for p, character in reversed(_index().items()) if p not in _NEC_SELECTED}


def _shift_jis_bytes(pointer: int) -> bytes:
    lead, trail = divmod(pointer, 188)
    return bytes([lead + (0x81 if lead < 0x1F else 0xC1), trail + (0x40 if trail < 0x3F else 0x41)])
