"""In which characters a page is written: as a browser reads it (for URLs), and as the bytes show it (for text).

A browser believes byte-order mark, header and <meta>, in this order, even where the bytes say otherwise; the URLs that
it makes come from that reading. A reader wants the text as it was meant. Where the two differ, the page is decoded as
meant and its targets are read again as the browser does (`as_browser`).
"""

from __future__ import annotations

import codecs
import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import pyarrow as pa
from resiliparse.parse.encoding import detect_encoding

from inlink.urls.charsets import legacy_charset

UTF8: Final = "utf-8"
# Labels of the character sets that are not legacy ones (those are in inlink.urls.charsets).
_UNICODE: Final = {
    label: name
    for name, labels in {
        UTF8: "unicode-1-1-utf-8 unicode11utf8 unicode20utf8 utf-8 utf8 x-unicode20utf8",
        "utf-16be": "unicodefffe utf-16be",
        "utf-16le": "csunicode iso-10646-ucs-2 ucs-2 unicode unicodefeff utf-16 utf-16le",
        "replacement": "csiso2022kr hz-gb-2312 iso-2022-cn iso-2022-cn-ext iso-2022-kr replacement",
    }.items()
    for label in labels.split()
}
_CODECS: Final = {
    UTF8: "utf-8",
    "utf-16le": "utf-16-le",
    "utf-16be": "utf-16-be",
    "x-user-defined": "cp1252",
    "gbk": "gb18030",
    "gb18030": "gb18030",
    "big5": "big5hkscs",
    "euc-kr": "cp949",
    "shift_jis": "cp932",
    "euc-jp": "euc_jp",
    "iso-2022-jp": "iso2022_jp",
}
# What the detector calls otherwise than the standard.
_DETECTED: Final = {"mac-roman": "macintosh", "mac-cyrillic": "x-mac-cyrillic", "iso2022-jp": "iso-2022-jp"}
_MULTIBYTE: Final = frozenset(("gbk", "gb18030", "big5", "euc-jp", "iso-2022-jp", "shift_jis", "euc-kr"))

_HEADER: Final = re.compile(r"""charset\s*=\s*["']?\s*([^\s"';,]+)""", re.IGNORECASE)
_PRESCAN_BYTES: Final = 1024  # looked through whatever stands there
_HEAD_BYTES: Final = 1 << 20  # looked through as long as the head goes on
_NAME: Final = re.compile(rb"/?[a-z][^\s/>]*", re.IGNORECASE)
_ATTRIBUTES: Final = re.compile(rb"""[^>"']*(?:(?:"[^"]*"|'[^']*')[^>"']*)*>""")
_TEXT_END: Final = {
    name: re.compile(rb"</" + name + rb"[\s/>]", re.IGNORECASE) for name in (b"script", b"style", b"title", b"noscript")
}
_HEAD_ELEMENTS: Final = (b"script", b"style", b"title", b"noscript", b"link", b"meta", b"object", b"base")
_IN_HEAD: Final = frozenset((b"html", b"head", *_HEAD_ELEMENTS, *(b"/" + name for name in _HEAD_ELEMENTS)))
_ATTRIBUTE: Final = re.compile(rb"""([^\s=/>"']+)(?:\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+)))?""")
_CONTENT_CHARSET: Final = re.compile(rb"""charset\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s;"']+))""", re.IGNORECASE)
_HIGH: Final = re.compile(rb"[\x80-\xff]")
_LETTER: Final = re.compile(rb"[A-Za-z\x80-\xff]")
_SAMPLE_BYTES: Final = 64 * 1024
_FOREIGN_SHARE: Final = 0.4  # of letters beyond ASCII: no language in a Latin script has so many


@dataclass(frozen=True, slots=True)
class Decoded:
    """A page in UTF-8 without byte-order mark, the character set of its text, and the one a browser takes it for."""

    html: bytes
    charset: str
    browser: str

    @property
    def is_contradicted(self) -> bool:
        """Whether the bytes say otherwise than the declaration."""
        return self.charset != self.browser


def decode(body: bytes, content_type: str | None) -> Decoded:
    """The page's text. Names are those of the WHATWG Encoding standard."""
    marked = _mark(body)
    declared = marked or header_charset(content_type) or meta_charset(body)
    if marked is None and body.isascii() and declared not in ("iso-2022-jp", "utf-16le", "utf-16be", "replacement"):
        return Decoded(body, declared or UTF8, declared or UTF8)
    is_valid = _is_utf8(body)
    charset = marked or _shown(body, declared, is_valid)
    browser = declared or ("windows-1252" if charset == UTF8 else charset)
    if charset == UTF8:
        plain = body.removeprefix(codecs.BOM_UTF8)
        if not is_valid:
            plain = plain.decode(UTF8, "replace").encode()
        return Decoded(plain, charset, browser)
    text = to_text(body, charset).removeprefix("\ufeff")
    return Decoded(text.encode(UTF8, "replace"), charset, browser)


def to_text(data: bytes, charset: str) -> str:
    """The bytes read in a character set; what it cannot read becomes U+FFFD."""
    if charset == "replacement":
        return "\ufffd" if data else ""
    return data.decode(_codec(charset), "c1" if charset.startswith(("windows-", "iso-8859")) else "replace")


def as_browser(value: str, page: Decoded) -> str:
    """A target of a contradicted page as the browser reads it."""
    if value.isascii():
        return value
    return to_text(value.encode(_codec(page.charset), "replace"), page.browser)


def label(name: str) -> str | None:
    """The standard's name of a label, or None where it has none."""
    key = name.strip("\t\n\f\r ").lower()
    legacy = legacy_charset(key)
    return legacy.name if legacy is not None else _UNICODE.get(key)


def _codec(charset: str) -> str:
    """Python's codec for a character set."""
    legacy = legacy_charset(charset)
    return _CODECS.get(charset) or (legacy.codec if legacy is not None else UTF8)


def header_charset(content_type: str | None) -> str | None:
    """Character set that a Content-Type names."""
    if content_type is None or "=" not in content_type:
        return None
    match = _HEADER.search(content_type)
    return label(match[1]) if match else None


def meta_charset(body: bytes) -> str | None:
    """Character set that a <meta> declares in the first kibibyte, or as long as only elements of a head follow.

    Source: HTML standard, 13.2.3.2 (prescan a byte stream); Chromium's html_meta_charset_parser.cc looks through the
    head to its end.
    """
    head = body[:_HEAD_BYTES]
    if b"charset" not in head[: 4 * _PRESCAN_BYTES].lower() and b"charset" not in head.lower():
        return None
    for name, attributes, end in _tags(head):
        if name == b"meta" and b"charset" in attributes.lower() and (found := _declared_by(attributes)) is not None:
            return UTF8 if found.startswith("utf-16") else "windows-1252" if found == "x-user-defined" else found
        if name not in _IN_HEAD and end >= _PRESCAN_BYTES:
            return None
    return None


def _tags(head: bytes) -> Iterator[tuple[bytes, bytes, int]]:
    """(name in lower case, attributes, end) of each tag outside comments and texts; ends where one is not closed."""
    at = head.find(b"<")
    while at >= 0:
        end = at + 1
        name = _NAME.match(head, end)
        if head.startswith(b"<!--", at):
            end = head.find(b"-->", at + 4) + 3
            if end < 3:
                return
        elif name is not None:
            attributes = _ATTRIBUTES.match(head, name.end())
            if attributes is None:
                return
            end = attributes.end()
            kind = name[0].lower()
            yield kind, attributes[0], end
            if kind in _TEXT_END:
                text_end = _TEXT_END[kind].search(head, end)
                if text_end is None:
                    return
                end = text_end.start()
        at = head.find(b"<", end)


def _declared_by(attributes: bytes) -> str | None:
    values: dict[bytes, bytes] = {}
    for name, *quoted in _ATTRIBUTE.findall(attributes):
        values.setdefault(name.lower(), next((q for q in quoted if q), b""))
    if b"charset" in values:
        return label(values[b"charset"].decode("latin-1"))
    if values.get(b"http-equiv", b"").lower() != b"content-type":
        return None
    match = _CONTENT_CHARSET.search(values.get(b"content", b""))
    return label(next(q for q in match.groups() if q is not None).decode("latin-1")) if match else None


def _mark(body: bytes) -> str | None:
    if body.startswith(codecs.BOM_UTF8):
        return UTF8
    if body.startswith(codecs.BOM_UTF16_LE):
        return "utf-16le"
    return "utf-16be" if body.startswith(codecs.BOM_UTF16_BE) else None


def _shown(body: bytes, declared: str | None, is_utf8: bool) -> str:
    """The character set that the bytes show, the declared one unless they contradict it."""
    if declared in ("utf-16le", "utf-16be"):
        return declared if body[:_SAMPLE_BYTES].count(0) * 4 > min(len(body), _SAMPLE_BYTES) else _guessed(body, UTF8)
    if declared == "replacement":
        return declared
    if declared is None or declared == UTF8:
        if is_utf8 or (declared == UTF8 and not _is_mostly_broken(body)):
            return UTF8
        return _guessed(body, declared or "windows-1252")
    if is_utf8 and declared != "iso-2022-jp" and _is_beyond_chance(body, declared):
        return UTF8
    if declared in _MULTIBYTE:
        text = to_text(body[:_SAMPLE_BYTES], declared)
        n_wide = len(text) - text.count("\ufffd") - sum(map(str.isascii, text))
        return declared if text.count("\ufffd") <= max(1, n_wide // 10) else _guessed(body, declared)
    sample = body[:_SAMPLE_BYTES]
    if len(_HIGH.findall(sample)) > _FOREIGN_SHARE * len(_LETTER.findall(_without_tags(sample))):
        return _guessed(body, declared)
    return declared


def _is_utf8(body: bytes) -> bool:
    """Whether the bytes are valid UTF-8; Arrow tells twice as fast as decoding does."""
    if len(body) >= 1 << 31:
        return False
    column = pa.Array.from_buffers(
        pa.string(), 1, [None, pa.py_buffer(struct.pack("=ii", 0, len(body))), pa.py_buffer(body)]
    )
    try:
        column.validate(full=True)
    except pa.ArrowInvalid:
        return False
    return True


def _is_beyond_chance(body: bytes, declared: str) -> bool:
    """Whether valid UTF-8 cannot be legacy text: none is, but for a few characters of East Asia."""
    n_high = len(_HIGH.findall(body[:_SAMPLE_BYTES]))
    return declared not in _MULTIBYTE or n_high > 12 or "\ufffd" in to_text(body, declared)


def _is_mostly_broken(body: bytes) -> bool:
    """Whether more characters beyond ASCII are broken than whole, read as UTF-8."""
    text = body.decode(UTF8, "replace")
    n_broken = text.count("\ufffd")
    n_whole = sum(1 for c in text[: 4 * _SAMPLE_BYTES] if c > "\x7f" and c != "\ufffd")
    return n_broken > n_whole


def _guessed(body: bytes, otherwise: str) -> str:
    """What a detector makes of the text, `otherwise` where it knows nothing."""
    found = detect_encoding(_without_tags(body[: 4 * _SAMPLE_BYTES]), max_len=_SAMPLE_BYTES, html5_compatible=True)
    found = (found or "").lower().replace("_", "-")
    name = label(_DETECTED.get(found, found)) or label(found.replace("-", "_"))
    return otherwise if name is None or (name == UTF8 and not _is_utf8(body)) else name


def _without_tags(sample: bytes) -> bytes:
    return re.sub(rb"<[^>]*>", b" ", sample)


def _c1(error: UnicodeError) -> tuple[str, int]:
    """Bytes that a code page leaves open are C1 controls in a browser."""
    if not isinstance(error, UnicodeDecodeError):
        raise error
    return "".join(chr(b) if 0x80 <= b < 0xA0 else "\ufffd" for b in error.object[error.start : error.end]), error.end


codecs.register_error("c1", _c1)
