"""Bodies without their content codings, up to a bound: what is beyond is never inflated."""

from __future__ import annotations

import io
import zlib
from typing import Protocol

import brotli
import zstandard

_MAX_CODINGS = 4
_STEP_BYTES = 4096
_ZSTD = zstandard.ZstdDecompressor(max_window_size=8 << 20)


class _Inflater(Protocol):
    def feed(self, data: bytes, room: int) -> bytes: ...


class _Zlib:
    def __init__(self, window_bits: int) -> None:
        self._inner = zlib.decompressobj(window_bits)

    def feed(self, data: bytes, room: int) -> bytes:
        return self._inner.decompress(data, room)


class _Brotli:
    def __init__(self) -> None:
        self._inner = brotli.Decompressor()

    def feed(self, data: bytes, room: int) -> bytes:
        return bytes(self._inner.process(data, output_buffer_limit=room))


def _inflater(name: str, body: bytes) -> _Inflater | None:
    if name in ("gzip", "x-gzip"):
        return _Zlib(31)
    if name == "deflate":
        has_header = len(body) > 1 and body[0] & 15 == 8 and int.from_bytes(body[:2], "big") % 31 == 0
        return _Zlib(15 if has_header else -15)
    return _Brotli() if name == "br" else None


def decoded(body: bytes, codings: str | None, max_bytes: int) -> bytes | None:
    """At most the first `max_bytes` of a body without its codings; None where they cannot be undone."""
    names = [n for part in (codings or "").lower().split(",") if (n := part.strip()) not in ("", "identity")]
    if len(names) > _MAX_CODINGS:
        return None
    for name in reversed(names):
        try:
            if name == "zstd":
                body = _ZSTD.stream_reader(io.BytesIO(body), read_across_frames=True).read(max_bytes)
                continue
            inflater = _inflater(name, body)
            if inflater is None:
                return None
            body = _inflated(inflater, body, max_bytes)
        except (zlib.error, brotli.error, zstandard.ZstdError):
            return None
    return body[:max_bytes]


def _inflated(inflater: _Inflater, body: bytes, max_bytes: int) -> bytes:
    out = bytearray()
    for at in range(0, len(body), _STEP_BYTES):
        out += inflater.feed(body[at : at + _STEP_BYTES], max_bytes - len(out))
        if len(out) >= max_bytes:
            break
    return bytes(out[:max_bytes])
