"""Content codings of HTTP bodies (gzip, deflate, br, zstd), undone within bounds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import brotli
import deflate

from inlink.sources.decoders import ZSTD_MAGIC, DecodeError, Decoder, ZlibDecoder, ZstdDecoder
from inlink.sources.limits import Limits
from inlink.sources.members import GZIP_MAGIC

_STEP_BYTES = 16 * 1024
_MAX_MEMBERS = 1000  # of one gzip body


@dataclass(frozen=True, slots=True)
class Decoded:
    """A decoded body; `slug` names what went wrong, with the bytes decoded until then."""

    body: bytes
    slug: str = ""
    detail: str = ""


def undo_codings(body: bytes, codings: str, limits: Limits) -> Decoded:
    """The body with its Content-Encodings removed, last applied first.

    A body that does not begin like the coding is taken as it stands: archivers often store it decoded, with the
    header left in place.
    """
    names = [name for part in codings.lower().split(",") if (name := part.strip()) not in ("", "identity", "none")]
    if len(names) > limits.max_encodings:
        return Decoded(body, "body-undecodable", f"{len(names)} stacked content codings")
    for name in reversed(names):
        decode = _CODINGS.get(name)
        if decode is None:
            looks_plain = not body or body.lstrip()[:1] == b"<"
            return Decoded(body) if looks_plain else Decoded(body, "body-undecodable", f"content coding {name[:40]!r}")
        decoded = decode(body, limits)
        if decoded.slug:
            return decoded
        body = decoded.body
    return Decoded(body)


def _gzip(body: bytes, limits: Limits) -> Decoded:
    if not body.startswith(b"\x1f\x8b"):
        return Decoded(body)
    size = int.from_bytes(body[-4:], "little")
    if size <= _budget(len(body), limits) and body.find(GZIP_MAGIC, 4) < 0:  # one member, of a size it states
        try:
            whole = deflate.gzip_decompress(body, size)
        except (deflate.DeflateError, ValueError, MemoryError):
            pass
        else:
            if len(whole) == size:
                return Decoded(bytes(whole))
    out: list[bytes] = []
    size = at = 0
    while body.startswith(b"\x1f\x8b", at) and len(out) < _MAX_MEMBERS:  # several members may follow each other
        more, at = _stream(ZlibDecoder(31), body, at, limits, before=size)
        out.append(more.body)
        size += len(more.body)
        if more.slug:
            return Decoded(b"".join(out), more.slug, more.detail)
    return Decoded(b"".join(out))


def _deflate(body: bytes, limits: Limits) -> Decoded:
    """zlib or, as some servers send it, bare deflate."""
    if body.startswith(b"\x1f\x8b"):
        return _gzip(body, limits)
    has_header = len(body) > 1 and body[0] & 15 == 8 and int.from_bytes(body[:2], "big") % 31 == 0
    best = Decoded(b"", "body-undecodable", "deflate")
    for window_bits in (15, -15) if has_header else (-15, 15):
        decoded, _ = _stream(ZlibDecoder(window_bits), body, 0, limits)
        if decoded.slug in ("", "body-bomb", "body-too-large"):
            return decoded
        if len(decoded.body) > len(best.body):
            best = decoded
    return Decoded(body) if body.lstrip()[:1] == b"<" else best


def _zstd(body: bytes, limits: Limits) -> Decoded:
    if not body.startswith(ZSTD_MAGIC):
        return Decoded(body)
    return _stream(ZstdDecoder(), body, 0, limits)[0]


def _stream(decoder: Decoder, body: bytes, at: int, limits: Limits, before: int = 0) -> tuple[Decoded, int]:
    """The stream that begins at `at` decoded, and where it ends. Units: `before`, bytes that earlier members gave."""
    out: list[bytes] = []
    budget = _budget(len(body), limits) - before
    while not decoder.eof and budget >= 0:
        feed = body[at : at + _STEP_BYTES] if decoder.needs_input else b""
        if decoder.needs_input and not feed:
            return Decoded(b"".join(out), "body-undecodable", "the encoded body ends early"), at
        at += len(feed)
        try:
            out.append(decoder.decode(feed, min(budget + 1, _STEP_BYTES * 16)))
        except DecodeError as error:
            return Decoded(b"".join([*out, error.decoded]), "body-undecodable", str(error)), at
        budget -= len(out[-1])
    if budget < 0:
        return _over(b"".join(out), len(body), limits), at
    return Decoded(b"".join(out)), at - decoder.n_unused


def _budget(n_encoded: int, limits: Limits) -> int:
    return max(
        min(limits.max_body_bytes, limits.max_ratio * n_encoded), min(limits.ratio_from_bytes, limits.max_body_bytes)
    )


def _over(body: bytes, n_encoded: int, limits: Limits) -> Decoded:
    if len(body) > limits.max_body_bytes:
        return Decoded(
            body[: limits.max_body_bytes], "body-too-large", f"more than {limits.max_body_bytes} bytes decoded"
        )
    return Decoded(body, "body-bomb", f"{n_encoded} bytes decode to more than {len(body) - 1}")


def _brotli(body: bytes, limits: Limits) -> Decoded:
    decoder = brotli.Decompressor()
    out: list[bytes] = []
    budget = _budget(len(body), limits)
    data = body
    try:
        while not decoder.is_finished() and budget >= 0:
            got = decoder.process(data, output_buffer_limit=min(budget + 1, 1024 * 1024))
            data = b""
            out.append(got)
            budget -= len(got)
            if not got and decoder.can_accept_more_data():
                break
    except brotli.error as error:
        if not out and body.lstrip()[:1] == b"<":
            return Decoded(body)
        return Decoded(b"".join(out), "body-undecodable", f"br: {error}")
    if budget < 0:
        return _over(b"".join(out), len(body), limits)
    if not decoder.is_finished():
        return Decoded(b"".join(out), "body-undecodable", "br: the compressed body ends early")
    return Decoded(b"".join(out))


_CODINGS: dict[str, Callable[[bytes, Limits], Decoded]] = {
    "gzip": _gzip,
    "x-gzip": _gzip,
    "deflate": _deflate,
    "br": _brotli,
    "zstd": _zstd,
}
