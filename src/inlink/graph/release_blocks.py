"""A gzipped text as blocks of whole lines, inflated on a thread of its own."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Generator, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import Any

import numpy as np
from isal import igzip_lib
from numpy.typing import NDArray

from inlink.errors import BadInput
from inlink.graph.release_digits import PADDING, read_number
from inlink.sources.blobs import Blob

PIECE_BYTES = 4 * 2**20
MAX_LINE_BYTES = 64 * 1024
_FEED_BYTES = 1 * 2**20
_AHEAD = 4  # pieces inflated before they are asked for
_DAMAGED: Any = igzip_lib.IsalError
_MAGIC = b"\x1f\x8b"
_REFETCH = "fetch it again: inlink cc fetch RELEASE --restart"

Tick = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class Block:
    """Whole lines: data[start:end]; PADDING more bytes are readable. `n_read`: bytes of the file taken so far."""

    data: NDArray[np.uint8]
    start: int
    end: int
    n_read: int


def blocks(blob: Blob) -> Generator[Block, None, None]:
    """The lines of a text, gzipped or plain. A block is valid until the next one is asked for.

    Raises: BadInput for a truncated or damaged file, or one without lines; Unreachable.
    """
    buffer = np.empty(MAX_LINE_BYTES + PIECE_BYTES + PADDING, np.uint8)
    n_held = n_read = 0
    for piece, n_read in _ahead(blob):
        n_whole = piece.rfind(b"\n") + 1
        buffer[n_held : n_held + len(piece)] = np.frombuffer(piece, np.uint8)
        size = n_held + len(piece)
        end = n_held + n_whole if n_whole else 0
        if size - end > MAX_LINE_BYTES:
            raise BadInput(f"{blob.name}: a line of more than {MAX_LINE_BYTES} bytes", hint="is it the right file?")
        if end:
            yield Block(buffer, 0, end, n_read)
        n_held = size - end
        buffer[:n_held] = buffer[end:size]
    if n_held:
        buffer[n_held] = 10
        yield Block(buffer, 0, n_held + 1, n_read)


def in_order(blobs: Sequence[Blob]) -> tuple[list[Blob], bool]:
    """The files by the number that each begins with, and whether that is another order than the given one.

    Parts that are sorted in themselves need not be listed in order.    Raises: as `blocks`.
    """
    if len(blobs) == 1:
        return list(blobs), False
    firsts = [_first_number(blob) for blob in blobs]
    order = sorted(range(len(blobs)), key=firsts.__getitem__)
    return [blobs[k] for k in order], order != list(range(len(blobs)))


def shifted(tick: Tick, before: int) -> Tick:
    """A listener that counts from `before` on."""
    return lambda done: tick(before + done)


def _first_number(blob: Blob) -> int:
    with closing(blocks(blob)) as found:
        block = next(found, None)
        return -1 if block is None else int(read_number(block.data, block.start)[0])


def _ahead(blob: Blob) -> Generator[tuple[bytes, int], None, None]:
    """Pieces of the text with the bytes of the file that they took, made ahead by a thread."""
    pieces: queue.Queue[tuple[bytes, int] | BaseException | None] = queue.Queue(_AHEAD)
    stopped = threading.Event()

    def offer(item: tuple[bytes, int] | BaseException | None) -> bool:
        while not stopped.is_set():
            try:
                pieces.put(item, timeout=0.1)
            except queue.Full:
                continue
            return True
        return False

    def work() -> None:
        try:
            for item in _inflated(blob):
                if not offer(item):
                    return
        except BaseException as error:  # noqa: BLE001  handed to the reader, who raises it
            offer(error)
        else:
            offer(None)

    thread = threading.Thread(target=work, name="inlink-inflate", daemon=True)
    thread.start()
    try:
        while (item := pieces.get()) is not None:
            if isinstance(item, BaseException):
                raise item
            yield item
    finally:
        stopped.set()
        thread.join()


def _inflated(blob: Blob) -> Generator[tuple[bytes, int], None, None]:
    """Pieces of at most PIECE_BYTES, with the bytes of the file taken so far."""
    feed = _Feed(blob)
    head = feed.take()
    if not head:
        raise BadInput(f"{blob.name} is empty", hint=_REFETCH)
    if not head.startswith(_MAGIC):
        while head:
            yield head, feed.n_read
            head = feed.take()
        return
    while head:
        if head.startswith(_MAGIC) or (len(head) == 1 and head == _MAGIC[:1]):
            head = yield from _member(feed, head)
        elif head.strip(b"\0"):
            raise BadInput(f"{blob.name}: something else follows the gzip data", hint=_REFETCH)
        else:
            head = b""
        head = head or feed.take()


def _member(feed: _Feed, head: bytes) -> Generator[tuple[bytes, int], None, bytes]:
    """One gzip member; what follows it in the bytes already read is returned."""
    decoder = igzip_lib.IgzipDecompressor(flag=igzip_lib.DECOMP_GZIP)
    try:
        while not decoder.eof:
            if decoder.needs_input and not head:
                head = feed.take()
                if not head:
                    raise BadInput(f"{feed.name} ends in the middle of its gzip data", hint=_REFETCH)
            piece = decoder.decompress(head, PIECE_BYTES)
            head = b""
            if piece:
                yield piece, feed.n_read
    except (_DAMAGED, EOFError) as error:
        raise BadInput(f"{feed.name}: damaged gzip data ({error})", hint=_REFETCH) from error
    unused: bytes = decoder.unused_data
    return unused


class _Feed:
    """Bytes of a file in larger pieces."""

    def __init__(self, blob: Blob) -> None:
        self.name = blob.name
        self.n_read = 0
        self._chunks = blob.read_from(0)

    def take(self) -> bytes:
        """About _FEED_BYTES; nothing at the end."""
        parts: list[bytes] = []
        size = 0
        while size < _FEED_BYTES and (chunk := next(self._chunks, b"")):
            parts.append(chunk)
            size += len(chunk)
        self.n_read += size
        return b"".join(parts)
