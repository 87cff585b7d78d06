"""Decoders of one compressed member with one interface: bounded output, and a count of input left over."""

from __future__ import annotations

import zlib
from typing import Protocol

import lz4.frame
import zstandard

from inlink.sources.blobs import RawBytes

MAX_DICTIONARY_BYTES = 16 * 1024 * 1024
ZSTD_MAGIC = b"\x28\xb5\x2f\xfd"
_DICTIONARY_FRAME = b"\x5d\x2a\x4d\x18"  # the skippable frame that holds a dictionary in *.warc.zst
_BLOCK_BYTES = 128 * 1024  # no zstd block decodes to more
_MAX_WINDOW_BYTES = 128 * 1024 * 1024


class DecodeError(Exception):
    """Compressed data is corrupt; `decoded` is what the last step gave before."""

    def __init__(self, message: str, decoded: bytes = b"") -> None:
        super().__init__(message)
        self.decoded = decoded


class Decoder(Protocol):
    """Decodes one member."""

    eof: bool
    needs_input: bool
    n_unused: int  # bytes of the last input that lie behind the member, once eof

    def decode(self, data: bytes | memoryview, max_bytes: int) -> bytes:
        """About `max_bytes` decoded bytes at most (zstd: one block more). Raises: DecodeError."""
        ...


class ZlibDecoder:
    """One zlib stream: gzip (31), zlib (15) or bare deflate (-15), giving all that is sound before an error."""

    def __init__(self, window_bits: int = 31) -> None:
        self._stream = zlib.decompressobj(window_bits)
        self.eof = False
        self.needs_input = True
        self.n_unused = 0

    def decode(self, data: bytes | memoryview, max_bytes: int) -> bytes:
        """At most `max_bytes` decoded bytes."""
        data = self._stream.unconsumed_tail + bytes(data)
        before = self._stream.copy()
        try:
            decoded = self._stream.decompress(data, max_bytes)
        except zlib.error as error:
            raise DecodeError(str(error), _sound_part(before, data, max_bytes)) from error
        self.eof = self._stream.eof
        self.n_unused = len(self._stream.unused_data)
        self.needs_input = not self._stream.unconsumed_tail and len(decoded) < max_bytes
        return decoded


def _sound_part(stream: zlib._Decompress, data: bytes, max_bytes: int) -> bytes:
    """What the stream gives before its first error, fed byte by byte."""
    out: list[bytes] = []
    size = 0
    try:
        for at in range(len(data)):
            out.append(stream.decompress(data[at : at + 1], max_bytes))
            size += len(out[-1])
            if size >= max_bytes:
                break
    except zlib.error:
        pass
    return b"".join(out)


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
        context = zstandard.ZstdDecompressor(dict_data=dictionary, max_window_size=_MAX_WINDOW_BYTES)
        self._frame = context.decompressobj()
        self._held = bytearray()  # input not yet fed
        self._needed = 5  # bytes of the held input that make the next step
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
        if not self._held.startswith(ZSTD_MAGIC):
            raise zstandard.ZstdError("not a frame")
        flags = self._held[4]
        is_single, dictionary_size = flags >> 5 & 1, (0, 1, 2, 4)[flags & 3]
        content_size = (is_single, 2, 4, 8)[flags >> 6]
        size = 5 + (1 - is_single) + dictionary_size + content_size
        if len(self._held) < size:
            self._needed = size
            return b""
        self._has_checksum = bool(flags & 4)
        self._needed, self._step = 3, self._block
        return self._feed(size)

    def _block(self) -> bytes:
        header = int.from_bytes(self._held[:3], "little")
        is_last, kind, length = header & 1, header >> 1 & 3, header >> 3
        if length > _BLOCK_BYTES or kind == 3:
            raise zstandard.ZstdError("bad block header")
        size = 3 + (1 if kind == 1 else length) + (4 if is_last and self._has_checksum else 0)
        if len(self._held) < size:
            self._needed = size
            return b""
        self._needed = 3
        self.eof = bool(is_last)
        return self._feed(size)


def zstd_dictionary(raw: RawBytes) -> zstandard.ZstdCompressionDict | None:
    """The dictionary that a zstd archive carries in its first frame, itself compressed or not; None without.

    Source: IIPC "Zstandard WARC compression", 1.0.
    """
    head = raw.peek(8)
    size = int.from_bytes(head[4:8], "little")
    if head[:4] != _DICTIONARY_FRAME or not 0 < size <= MAX_DICTIONARY_BYTES:
        return None
    data = raw.peek(8 + size)[8:]
    try:
        if data.startswith(ZSTD_MAGIC):
            with zstandard.ZstdDecompressor(max_window_size=_MAX_WINDOW_BYTES).stream_reader(data) as reader:
                data = reader.read(MAX_DICTIONARY_BYTES)
        dictionary = zstandard.ZstdCompressionDict(data)
        zstandard.ZstdDecompressor(dict_data=dictionary).decompressobj()
    except zstandard.ZstdError:
        return None  # the frames that need it will be told as broken
    return dictionary
