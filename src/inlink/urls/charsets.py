"""How the query of a link is encoded on a page in a legacy character set, as browsers do it.

Source: https://url.spec.whatwg.org/#query-state, https://encoding.spec.whatwg.org/
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from inlink.urls import japanese

# The bytes of one character, None where the set has none.
Encoder = Callable[[str], bytes | None]

_KEPT = frozenset(range(0x21, 0x7F)) - frozenset(b"\"#'<>")
_CONTROLS = "".join(map(chr, range(33)))
_TABS = re.compile("[\t\n\r]")
_FIVE_BIG5 = {"\u2550": b"\xf9\xf9", "\u255e": b"\xf9\xe9", "\u2561": b"\xf9\xeb", "\u256a": b"\xf9\xea"}


@dataclass(frozen=True, slots=True)
class Charset:
    """A legacy character set: the standard's name and Python's codec for it ("-": none fits)."""

    name: str
    codec: str


def legacy_charset(label: str | None) -> Charset | None:
    """The legacy character set of a label; None for UTF-8, UTF-16 and what is no label."""
    return _labels().get(label.strip("\t\n\f\r ").lower()) if label else None


def is_legacy(label: str | None) -> bool:
    """Whether pages under this label encode queries otherwise than in UTF-8."""
    return legacy_charset(label) is not None


def with_encoded_query(raw: str, label: str) -> str:
    """The reference with its query percent-encoded from the legacy character set; itself where there is none."""
    charset = legacy_charset(label)
    if charset is None:
        return raw
    body, hash_, fragment = _TABS.sub("", raw.strip(_CONTROLS)).partition("#")
    head, mark, query = body.partition("?")
    return f"{head}{mark}{percent_encode(query, charset)}{hash_}{fragment}"


def percent_encode(query: str, charset: Charset) -> str:
    """The query in the character set, percent-encoded; characters outside it become `&#N;`, encoded too."""
    written = []
    for part in _encoded(query, charset):
        if isinstance(part, bytes):
            written.append("".join(chr(byte) if byte in _KEPT else f"%{byte:02X}" for byte in part))
        else:
            written.append(f"%26%23{part}%3B")
    return "".join(written)


def _encoded(query: str, charset: Charset) -> Iterator[bytes | int]:
    """Bytes, and the code point where a character has none."""
    if charset.name == "iso-2022-jp":
        yield from japanese.iso_2022_jp(query)
        return
    encoder = _encoder(charset)
    for character in query:
        encoded = character.encode() if character < "\x80" else encoder(character)
        yield ord(character) if encoded is None else encoded


@cache
def _encoder(charset: Charset) -> Encoder:
    return _SPECIAL.get(charset.name) or _single_byte(charset).get


def _single_byte(charset: Charset) -> dict[str, bytes]:
    """The upper half of a single-byte set; bytes below 0xA0 without a character stand for the C1 controls."""
    table: dict[str, bytes] = {}
    for byte in range(128, 256):
        try:
            character = bytes([byte]).decode(charset.codec)
        except UnicodeDecodeError:
            if byte >= 0xA0:
                continue
            character = chr(byte)
        table[character] = bytes([byte])
    for character, byte in _PATCHES.get(charset.name, {}).items():
        table = {known: value for known, value in table.items() if value != bytes([byte])}
        table[character] = bytes([byte])
    return table


# Where the standard's index differs from Python's table.
_PATCHES = {"koi8-u": {"ў": 0xAE, "Ў": 0xBE}, "windows-1255": {"\u05ba": 0xCA}}


def _gb18030(character: str) -> bytes | None:
    return None if character == "\ue5e5" else character.encode("gb18030", "replace")


def _gbk(character: str) -> bytes | None:
    if character == "€":
        return b"\x80"
    encoded = _gb18030(character)
    return encoded if encoded is not None and len(encoded) <= 2 else None


def _big5(character: str) -> bytes | None:
    encoded = _FIVE_BIG5.get(character) or _codec(character, "big5hkscs")
    return encoded if encoded is not None and encoded[0] >= 0xA1 else None


def _euc_kr(character: str) -> bytes | None:
    return None if "\ue000" <= character <= "\uf8ff" else _codec(character, "cp949")


def _user_defined(character: str) -> bytes | None:
    return bytes([ord(character) - 0xF700]) if "\uf780" <= character <= "\uf7ff" else None


def _codec(character: str, codec: str) -> bytes | None:
    try:
        return character.encode(codec)
    except UnicodeEncodeError:
        return None


_SPECIAL: dict[str, Encoder] = {
    "gb18030": _gb18030,
    "gbk": _gbk,
    "big5": _big5,
    "euc-kr": _euc_kr,
    "euc-jp": japanese.euc_jp,
    "shift_jis": japanese.shift_jis,
    "x-user-defined": _user_defined,
}


@cache
def _labels() -> dict[str, Charset]:
    text = (files("inlink.urls") / "charsets.txt").read_text("ascii")
    rows = [line.split() for line in text.splitlines() if not line.startswith("#")]
    return {label: Charset(name, codec) for name, codec, *labels in rows for label in labels}
