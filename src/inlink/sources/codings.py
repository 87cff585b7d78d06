"""Content codings of HTTP bodies (gzip, deflate, br, zstd), undone within bounds."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from dataclasses import dataclass

import brotli
import zstandard
from isal import isal_zlib

from inlink.sources.decoders import ISAL_ERROR, DecodeError, ZstdDecoder
from inlink.sources.limits import Limits

_STEP_BYTES = 16 * 1024


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
    out: list[bytes] = []
    size, rest = 0, body
    while rest.startswith(b"\x1f\x8b"):  # several members may follow each other
        decoded, rest = _inflate(rest, 31, limits, size)
        out.append(decoded.body)
        size += len(decoded.body)
        if decoded.slug:
            return Decoded(b"".join(out), decoded.slug, decoded.detail)
    return Decoded(b"".join(out))


def _deflate(body: bytes, limits: Limits) -> Decoded:
    if body[:2] == b"\x1f\x8b":
        return _gzip(body, limits)
    attempts = (
        (15, -15) if len(body) > 1 and body[0] & 15 == 8 and int.from_bytes(body[:2], "big") % 31 == 0 else (-15, 15)
    )
    best = Decoded(b"", "body-undecodable", "deflate")
    for bits in attempts:
        decoded, _ = _inflate(body, bits, limits, 0)
        if not decoded.slug:
            return decoded
        if len(decoded.body) > len(best.body):
            best = decoded
    return best if len(best.body) > len(body) // 2 or body.lstrip()[:1] != b"<" else Decoded(body)


def _inflate(body: bytes, bits: int, limits: Limits, before: int) -> tuple[Decoded, bytes]:
    """One zlib stream decoded, and what follows it."""
    decoder = isal_zlib.decompressobj(bits)
    out: list[bytes] = []
    budget = _budget(len(body), limits) - before
    view = memoryview(body)
    for at in range(0, len(body), _STEP_BYTES):
        try:
            got = decoder.decompress(view[at : at + _STEP_BYTES], max(budget, 0) + 1)
        except (ISAL_ERROR, ValueError) as error:
            return Decoded(
                b"".join([*out, _salvage(body, bits, sum(map(len, out)))]), "body-undecodable", str(error)
            ), b""
        out.append(got)
        budget -= len(got)
        if budget < 0:
            return _over(b"".join(out), len(body), limits), b""
        if decoder.eof:
            return Decoded(b"".join(out)), body[at + _STEP_BYTES - len(decoder.unused_data) :] if (
                at + _STEP_BYTES <= len(body)
            ) else body[len(body) - len(decoder.unused_data) :]
    return Decoded(b"".join(out), "body-undecodable", "the compressed body ends early"), b""


def _salvage(body: bytes, bits: int, known: int) -> bytes:
    """What comes out between the last whole step and the first error."""
    decoder = zlib.decompressobj(bits)
    out: list[bytes] = []
    size = 0
    try:
        for at in range(0, len(body), 64):
            got = decoder.decompress(body[at : at + 64], 1024 * 1024)
            size += len(got)
            out.append(got if size - len(got) >= known else got[max(known - (size - len(got)), 0) :])
    except zlib.error:
        pass
    return b"".join(out)


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


def _zstd(body: bytes, limits: Limits) -> Decoded:
    if not body.startswith(b"\x28\xb5\x2f\xfd"):
        return Decoded(body)
    decoder = ZstdDecoder()
    out: list[bytes] = []
    budget = _budget(len(body), limits)
    data = body
    try:
        while not decoder.eof and budget >= 0:
            got = decoder.decode(data, 1024 * 1024)
            data = b""
            out.append(got)
            budget -= len(got)
            if not got and decoder.needs_input:
                break
    except (DecodeError, zstandard.ZstdError) as error:
        return Decoded(b"".join([*out, getattr(error, "decoded", b"")]), "body-undecodable", str(error))
    if budget < 0:
        return _over(b"".join(out), len(body), limits)
    if not decoder.eof:
        return Decoded(b"".join(out), "body-undecodable", "zstd: the compressed body ends early")
    return Decoded(b"".join(out))


_CODINGS: dict[str, Callable[[bytes, Limits], Decoded]] = {
    "gzip": _gzip,
    "x-gzip": _gzip,
    "deflate": _deflate,
    "br": _brotli,
    "zstd": _zstd,
}
