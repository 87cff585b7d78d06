"""Compressed members, frames or plain bytes of a blob as pieces that know where in the blob they stand.

A member is what a compressor made in one go: a gzip member, a zstd or lz4 frame. Archives have one per record,
so that one record can be read alone; files compressed as a whole have a single one.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

import deflate

from inlink.sources.blobs import Blob, RawBytes
from inlink.sources.decoders import (
    ZSTD_MAGIC,
    DecodeError,
    Decoder,
    Lz4Decoder,
    ZlibDecoder,
    ZstdDecoder,
    zstd_dictionary,
)
from inlink.sources.limits import Limits

PIECE_BYTES = 1024 * 1024
FEED_BYTES = 32 * 1024
PROBE_BYTES = 512
_FIRST_FEED_BYTES = 2 * 1024  # so that a small broken member is left soon
_GZIP_TRAILER = 18  # a gzip member is longer than this: header 10, trailer 8
_WHOLE_BYTES = 4 * 1024 * 1024  # members up to this decoded size are decoded in one go
_REWOUND_BYTES, _REWOUND_SHARE = 64 * 1024 * 1024, 8  # broken members are gone back into no more than this in all
_LOOK_BYTES = 1024 * 1024  # how far the end of a gzip member is looked for


class Fault(NamedTuple):
    """What is wrong with a stretch of the input."""

    offset: int
    slug: str
    detail: str


class Piece(NamedTuple):
    """Decoded bytes that follow each other in one member.

    Units: `member` and `end` are offsets in the blob; `end` counts where `is_last`. In a plain file all pieces are
    parts of one endless member.
    """

    data: bytes | bytearray
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
        is_first = True
        for chunk in blob.read_from(offset):
            yield Piece(chunk, offset, is_first, False, offset)
            is_first = False


@dataclass(frozen=True)
class Members:
    """A compressed file: `magic` begins each member, `make` its decoder; `skippable` frames hold no data."""

    name: str
    magic: bytes
    make: Callable[[], Decoder]
    skippable: bool = False

    def pieces(self, blob: Blob, offset: int, limits: Limits) -> Iterator[Piece]:
        """Decoded members from `offset` on; a broken one ends in a fault, and the next sound one follows."""
        raw = RawBytes(blob, offset)
        n_rewound = 0
        while head := raw.peek(8):
            if self.magic == GZIP_MAGIC:
                yield from _whole_gzip_members(raw)
                head = raw.peek(8)
            start = raw.tell()
            if not head or self._skips(raw, head):
                continue
            if not head.startswith(self.magic):
                if self._resync(raw, start + 1) or not _is_padding(blob, start):
                    yield Piece(b"", start, True, True, raw.tell(), _no_member(start, raw.tell(), self.name))
                continue
            for piece in _member(raw, start, self.make(), limits):
                if piece.fault is not None:
                    reached = raw.tell()
                    n_rewound += reached - start
                    may_rewind = n_rewound < _REWOUND_BYTES + _REWOUND_SHARE * (reached - offset)
                    self._resync(raw, start + 1 if may_rewind else reached)
                yield piece

    def _skips(self, raw: RawBytes, head: bytes) -> bool:
        """Whether a skippable frame stood here, and was passed."""
        if not self.skippable or len(head) < 8 or head[0] & 0xF0 != 0x50 or head[1:4] != b"\x2a\x4d\x18":
            return False
        raw.seek(raw.tell() + 8 + int.from_bytes(head[4:8], "little"))
        return True

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


def _no_member(start: int, end: int, name: str) -> Fault:
    return Fault(start, "not-a-member", f"{end - start} bytes that are no {name} member")


def _is_padding(blob: Blob, start: int) -> bool:
    """Whether only zero bytes follow (tapes and some writers pad)."""
    return all(not chunk.strip(b"\0") for chunk in blob.read_from(start))


def _whole_gzip_members(raw: RawBytes) -> Iterator[Piece]:
    """Members whose end can be told from where the next begins, each decoded in one go.

    The four bytes before the next member's magic number are the decoded size, if that is indeed where the member
    ends; libdeflate then checks size and CRC. At the first member where this fails (a magic number by chance, a
    large, broken or last member) the careful way takes over.
    """
    while True:
        data = raw.peek_all(_LOOK_BYTES)
        view = memoryview(data)
        base, at = raw.tell(), 0
        while data.startswith(GZIP_MAGIC, at):
            following = _GZIP_START.search(data, at + _GZIP_TRAILER)
            if following is None and len(data) >= _LOOK_BYTES:
                break
            end = following.start() if following else len(data)
            size = int.from_bytes(view[end - 4 : end], "little")
            if not 0 < size <= _WHOLE_BYTES:
                break
            try:
                decoded = deflate.gzip_decompress(view[at:end], size)
            except (deflate.DeflateError, ValueError, MemoryError):
                break
            if len(decoded) != size:
                break
            yield Piece(decoded, base + at, True, True, base + end, None)
            at = end
        raw.take(at)
        if at == 0 or at == len(data):
            return


def _member(raw: RawBytes, start: int, decoder: Decoder, limits: Limits) -> Iterator[Piece]:
    """One member, in pieces of about PIECE_BYTES."""
    out: list[bytes] = []
    size = total = 0
    is_first, fault = True, None
    feed_bytes = _FIRST_FEED_BYTES
    while not decoder.eof:
        feed = raw.take(feed_bytes) if decoder.needs_input else b""
        feed_bytes = min(feed_bytes * 2, FEED_BYTES)
        if decoder.needs_input and not feed:
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
            fault = Fault(start, "member-bomb", f"{raw.tell() - start} bytes decode to more than {total}")
            break
        yield Piece(b"".join(out), start, is_first, False, start)
        out, size, is_first = [], 0, False
    if decoder.eof:
        raw.give_back(decoder.n_unused)
    yield Piece(b"".join(out), start, is_first, True, raw.tell(), fault)


GZIP_MAGIC = b"\x1f\x8b\x08"
_GZIP_START = re.compile(GZIP_MAGIC)  # searches at twice the speed of bytes.find
PLAIN = Plain()
GZIP = Members("gzip", GZIP_MAGIC, ZlibDecoder)
LZ4 = Members("lz4", b"\x04\x22\x4d\x18", Lz4Decoder, skippable=True)
Coding = Plain | Members


def coding_of(blob: Blob) -> Coding:
    """How a blob is compressed, by its first bytes; the dictionary of a zstd archive is read here."""
    raw = RawBytes(blob)
    head = raw.peek(8)
    if head.startswith(GZIP.magic):
        return GZIP
    if head.startswith(LZ4.magic):
        return LZ4
    if head.startswith(ZSTD_MAGIC) or (head[1:4] == b"\x2a\x4d\x18" and head[0] & 0xF0 == 0x50):
        dictionary = zstd_dictionary(raw)
        return Members("zstd", ZSTD_MAGIC, lambda: ZstdDecoder(dictionary), skippable=True)
    return PLAIN
