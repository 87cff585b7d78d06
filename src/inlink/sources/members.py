"""Compressed members, frames or plain bytes of a blob as pieces that know where in the blob they stand.

A member is what a compressor made in one go: a gzip member, a zstd or lz4 frame. Archives have one per record,
so that one record can be read alone; files compressed as a whole have a single one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from inlink.sources.blobs import Blob, RawBytes
from inlink.sources.decoders import DecodeError, Decoder, GzipDecoder, Lz4Decoder, ZstdDecoder, zstd_dictionary
from inlink.sources.limits import Limits

PIECE_BYTES = 1024 * 1024
FEED_BYTES = 32 * 1024
PROBE_BYTES = 512


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with a stretch of the input."""

    offset: int
    slug: str
    detail: str


@dataclass(frozen=True, slots=True)
class Piece:
    """Decoded bytes that follow each other in one member.

    Units: `member` and `end` are offsets in the blob; `end` counts where `is_last`. In a plain file every piece is
    a part of one endless member, and `member` is the offset of its first byte.
    """

    data: bytes
    member: int
    is_first: bool
    is_last: bool
    end: int
    fault: Fault | None = None


class Plain:
    """Not compressed."""

    name = "plain"

    def pieces(self, blob: Blob, offset: int, limits: Limits) -> Iterator[Piece]:
        """The blob's own chunks."""
        first = True
        for chunk in blob.read_from(offset):
            yield Piece(chunk, offset, first, False, offset)
            offset += len(chunk)
            first = False


@dataclass(frozen=True)
class Members:
    """A compressed file: `magic` begins each member, `skippable` frames hold no data."""

    name: str
    magic: bytes
    make: Callable[[], Decoder]
    skippable: bool = False

    def pieces(self, blob: Blob, offset: int, limits: Limits) -> Iterator[Piece]:
        """Decoded members from `offset` on; a broken one ends in a fault, and the next sound one follows."""
        raw = RawBytes(blob, offset)
        scanned = offset  # no rewinding before this: each byte is searched for a member once
        while head := raw.peek(8):
            start = raw.tell()
            if self._skips(raw, head):
                continue
            if not head.startswith(self.magic):
                fault = Fault(start, "not-a-member", f"no {self.name} member here")
                if self._resync(raw, start + 1) or not self._is_padding(blob, start):
                    yield Piece(b"", start, True, True, raw.tell(), fault)
                continue
            broken = False
            for piece in _member(raw, start, self.make(), limits):
                broken = piece.fault is not None
                reached = raw.tell()
                if broken:
                    self._resync(raw, max(start + 1, scanned))
                    scanned = reached
                yield piece

    def _skips(self, raw: RawBytes, head: bytes) -> bool:
        """Whether a skippable frame stood here, and was passed."""
        if not self.skippable or len(head) < 8 or head[0] & 0xF0 != 0x50 or head[1:4] != b"\x2a\x4d\x18":
            return False
        raw.seek(raw.tell() + 8 + int.from_bytes(head[4:8], "little"))
        return True

    def _is_padding(self, blob: Blob, start: int) -> bool:
        """Whether only zero bytes follow (tapes and some writers pad)."""
        return all(not chunk.strip(b"\0") for chunk in blob.read_from(start))

    def _resync(self, raw: RawBytes, offset: int) -> bool:
        """Go on at the next place where a member begins and decodes; at the end where there is none."""
        raw.seek(offset)
        while window := raw.peek(FEED_BYTES):
            at = window.find(self.magic)
            while at >= 0:
                if self._decodes(window[at : at + PROBE_BYTES]):
                    raw.take(at)
                    return True
                at = window.find(self.magic, at + 1)
            if len(window) < FEED_BYTES:
                raw.take(len(window))
                break
            raw.take(FEED_BYTES - PROBE_BYTES)
        return False

    def _decodes(self, sample: bytes) -> bool:
        try:
            return bool(self.make().decode(sample, 64))
        except DecodeError:
            return False


def _member(raw: RawBytes, start: int, decoder: Decoder, limits: Limits) -> Iterator[Piece]:
    """One member, in pieces of at most PIECE_BYTES."""
    out: list[bytes] = []
    size = total = 0
    first, fault = True, None
    while not decoder.eof:
        feed = raw.take(FEED_BYTES) if decoder.needs_input else b""
        if decoder.needs_input and not len(feed):
            fault = Fault(start, "member-broken", "the input ends inside a compressed member")
            break
        try:
            got = decoder.decode(feed, PIECE_BYTES - size)
        except DecodeError as error:
            out.append(error.decoded)
            fault = Fault(start, "member-broken", str(error))
            break
        out.append(got)
        size += len(got)
        if size < PIECE_BYTES:
            continue
        total += size
        if total > limits.ratio_from_bytes and total > limits.max_ratio * (raw.tell() - start):
            fault = Fault(start, "member-bomb", f"{total} bytes from {raw.tell() - start}")
            break
        yield Piece(b"".join(out), start, first, False, start)
        out, size, first = [], 0, False
    raw.give_back(decoder.n_unused)
    yield Piece(out[0] if len(out) == 1 else b"".join(out), start, first, True, raw.tell(), fault)


PLAIN = Plain()
GZIP = Members("gzip", b"\x1f\x8b\x08", GzipDecoder)
LZ4 = Members("lz4", b"\x04\x22\x4d\x18", Lz4Decoder, skippable=True)
ZSTD_MAGIC = b"\x28\xb5\x2f\xfd"
AnyCoding = Plain | Members


def coding_of(blob: Blob) -> AnyCoding:
    """How a blob is compressed, by its first bytes; the dictionary of a zstd archive is read here."""
    head = RawBytes(blob).peek(18)
    if head.startswith(GZIP.magic):
        return GZIP
    if head.startswith(LZ4.magic):
        return LZ4
    if head.startswith(ZSTD_MAGIC) or (head[1:4] == b"\x2a\x4d\x18" and head[0] & 0xF0 == 0x50):
        dictionary = zstd_dictionary(RawBytes(blob))
        return Members("zstd", ZSTD_MAGIC, lambda: ZstdDecoder(dictionary), skippable=True)
    return PLAIN
