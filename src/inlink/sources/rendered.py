"""Pages after their scripts ran, as the crawler archives them: the tree that a browser had, and what it cannot say.

A `conversion` record (WARC 1.1, 6.9) holds the page as HTML; its last line is a comment of ours with the headers that
the page was answered with, and with the links that were not there before scripts ran.
"""

from __future__ import annotations

import base64
import binascii
import json
import struct
from collections.abc import Iterable
from dataclasses import dataclass

import xxhash

_MARK, _END = b"\n<!-- inlink-rendered ", b" -->\n"
KEPT_HEADERS = frozenset(("content-language", "link", "refresh", "x-robots-tag"))
CONTENT_TYPE = "text/html; charset=utf-8"


@dataclass(frozen=True, slots=True)
class Rendered:
    """A page after its scripts ran. `script_links` has the `link_key` of each link that was not there before."""

    html: bytes
    headers: tuple[tuple[str, str], ...]
    script_links: frozenset[int]


def link_key(kind: str, target_url: str) -> int:
    """What a link of a page is known by: 64 bits of its kind and normalised target."""
    return xxhash.xxh3_64_intdigest(f"{kind} {target_url}".encode())


def sealed(page: Rendered) -> bytes:
    """The block of the page's record."""
    keys = sorted(page.script_links)
    packed = base64.b64encode(struct.pack(f"<{len(keys)}Q", *keys)).decode()
    headers = [[name, value] for name, value in page.headers if name.lower() in KEPT_HEADERS]
    text = json.dumps({"headers": headers, "script_links": packed}, separators=(",", ":"))
    return page.html + _MARK + base64.b64encode(text.encode()) + _END


def unsealed(block: bytes) -> Rendered | None:
    """The page of a block that `sealed` made; None for any other."""
    at = block.rfind(_MARK)
    if at < 0 or not block.endswith(_END):
        return None
    try:
        found = json.loads(base64.b64decode(block[at + len(_MARK) : -len(_END)], validate=True))
        packed = base64.b64decode(found["script_links"], validate=True)
        keys = struct.unpack(f"<{len(packed) // 8}Q", packed)
        return Rendered(block[:at], tuple(_headers(found["headers"])), frozenset(keys))
    except (binascii.Error, ValueError, TypeError, KeyError, struct.error, RecursionError):
        return None


def _headers(found: Iterable[Iterable[object]]) -> Iterable[tuple[str, str]]:
    """Raises: ValueError where a header is not a name and a value."""
    yield "Content-Type", CONTENT_TYPE
    for header in found:
        name, value = header
        if not isinstance(name, str) or not isinstance(value, str) or name.lower() not in KEPT_HEADERS:
            raise ValueError("no header of ours")
        yield name, value
