"""Decoders of one compressed member with one interface: bounded output, and a count of input left over."""

from __future__ import annotations

import zlib
from typing import Final, Protocol, cast

import lz4.frame
import zstandard
from isal import igzip_lib

from inlink.sources.blobs import RawBytes

ISAL_ERROR: Final = cast(type[Exception], igzip_lib.IsalError)
MAX_DICTIONARY_BYTES = 16 * 1024 * 1024
_DICTIONARY_FRAME = b"\x5d\x2a\x4d\x18"  # the skippable frame that holds a dictionary in *.warc.zst
_BLOCK_BYTES = 128 * 1024  # no zstd block decodes to more


class DecodeError(Exception):
    """Compressed data is corrupt; `decoded` is what came out of it before."""

    def __init__(self, message: str, decoded: bytes = b"") -> None:
        super().__init__(message)
        self.decoded = decoded


class Decoder(Protocol):
    """Decodes one member."""

    eof: bool
    needs_input: bool
    n_unused: int  # bytes of the last input that lie behind the member, once eof

    def decode(self, data: bytes | memoryview, max_bytes: int) -> bytes:
        """At most `max_bytes` decoded bytes. Raises: DecodeError."""
        ...


class GzipDecoder:
    """One gzip member, by ISA-L; where that fails, zlib tells how far the data is sound."""

    __slots__ = ("_igzip", "_last", "eof", "n_unused", "needs_input")

    def __init__(self) -> None:
        self._igzip = igzip_lib.IgzipDecompressor(flag=igzip_lib.DECOMP_GZIP)
        self.eof = False
        self.needs_input = True
        self.n_unused = 0

    def decode(self, data: bytes | memoryview, max_bytes: int) -> bytes:
        """At most `max_bytes` decoded bytes."""
        igzip = self._igzip
        try:
            decoded = igzip.decompress(data, max_bytes)
        except (ISAL_ERROR, ValueError) as error:
            raise DecodeError(f"gzip: {error}") from error
        self.needs_input = igzip.needs_input
        if igzip.eof:
            self.eof = True
            self.n_unused = len(igzip.unused_data)
        return decoded


class Lz4Decoder:
    """One lz4 frame."""

    def __init__(self) -> None:
        self._frame = lz4.frame.LZ4FrameDecompressor()
        self.eof = False
        self.needs_input = True
        self.n_unused = 0

    def decode(self, data: bytes | memoryview, max_bytes: int) -> bytes:
        """At most `max_bytes` decoded bytes."""
        try:
            decoded: bytes = self._frame.decompress(bytes(data), max_length=max_bytes)
        except (RuntimeError, EOFError, ValueError) as error:
            raise DecodeError(f"lz4: {error}") from error
        self.needs_input = self._frame.needs_input
        self.eof = self._frame.eof
        if self.eof:
            self.n_unused = len(self._frame.unused_data or b"")
        return decoded


class ZstdDecoder:
    """One zstd frame. Blocks are fed one by one: a block decodes to at most 128 KiB, so no input can swell memory."""

    def __init__(self, dictionary: zstandard.ZstdCompressionDict | None = None) -> None:
        self._frame = zstandard.ZstdDecompressor(dict_data=dictionary, max_window_size=2**27).decompressobj()
        self._held = bytearray()  # input not yet fed
        self._needed = 4 + 1  # bytes of the held input that make the next step
        self._step = self._frame_header
        self._has_checksum = False
        self.eof = False
        self.needs_input = True
        self.n_unused = 0

    def decode(self, data: bytes | memoryview, max_bytes: int) -> bytes:
        """At most `max_bytes` plus one block of decoded bytes."""
        self._held += data
        out: list[bytes] = []
        size = 0
        try:
            while not self.eof and size < max_bytes and len(self._held) >= self._needed:
                got = self._step()
                size += len(got)
                out.append(got)
        except zstandard.ZstdError as error:
            raise DecodeError(f"zstd: {error}", b"".join(out)) from error
        self.needs_input = len(self._held) < self._needed
        if self.eof:
            self.n_unused = len(self._held)
        return b"".join(out)

    def _feed(self, size: int) -> bytes:
        taken = bytes(self._held[:size])
        del self._held[:size]
        return self._frame.decompress(taken)

    def _frame_header(self) -> bytes:
        flags = self._held[4]
        single, dictionary_size = flags >> 5 & 1, (0, 1, 2, 4)[flags & 3]
        content_size = (single, 2, 4, 8)[flags >> 6]
        size = 5 + (1 - single) + dictionary_size + content_size
        if len(self._held) < size:
            self._needed = size
            return b""
        self._has_checksum = bool(flags & 4)
        self._needed, self._step = 3, self._block
        return self._feed(size)

    def _block(self) -> bytes:
        header = int.from_bytes(self._held[:3], "little")
        is_last, kind, length = header & 1, header >> 1 & 3, header >> 3
        size = 3 + (1 if kind == 1 else length)
        if length > _BLOCK_BYTES or kind == 3:
            raise zstandard.ZstdError("bad block header")
        if len(self._held) < size + (4 if is_last and self._has_checksum else 0):
            self._needed = size + (4 if is_last and self._has_checksum else 0)
            return b""
        self._needed = 3
        if not is_last:
            return self._feed(size)
        self.eof = True
        return self._feed(size + (4 if self._has_checksum else 0))


def zstd_dictionary(raw: RawBytes) -> zstandard.ZstdCompressionDict | None:
    """The dictionary that a zstd archive carries in its first frame, itself compressed or not; None without.

    Source: IIPC "Zstandard WARC compression", 1.0.
    """
    head = raw.peek(8)
    size = int.from_bytes(head[4:8], "little")
    if head[:4] != _DICTIONARY_FRAME or not 0 < size <= MAX_DICTIONARY_BYTES:
        return None
    data = raw.peek(8 + size)[8:]
    if data[:4] == b"\x28\xb5\x2f\xfd":
        try:
            with zstandard.ZstdDecompressor().stream_reader(data) as reader:
                data = reader.read(MAX_DICTIONARY_BYTES)
        except zstandard.ZstdError:
            return None
    return zstandard.ZstdCompressionDict(data)


def inflate_tail(data: bytes) -> bytes:
    """What a broken gzip member decodes to before its first error."""
    decoder = zlib.decompressobj(31)
    out: list[bytes] = []
    try:
        for at in range(len(data)):
            out.append(decoder.decompress(data[at : at + 1]))
    except zlib.error:
        pass
    return b"".join(out)
