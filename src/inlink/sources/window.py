"""A sliding view of decoded bytes: readers of records look ahead, take and skip, and know file offsets."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from inlink.sources.members import Fault, Piece


class Window:
    """The decoded stream of one blob: `buf` from `pos` on is what comes next.

    Offsets as evidence keeps them: in a plain file the byte offset; in a compressed file the offset of the member
    that begins with the record; a record further inside a member gets -1 - (its position in the decoded stream).
    """

    __slots__ = (
        "_ahead",
        "_base",
        "_closed_at",
        "_member",
        "_origin",
        "_pieces",
        "_plain",
        "_starts",
        "buf",
        "faults",
        "is_whole",
        "member_start",
        "pos",
    )

    def __init__(
        self, pieces: Iterator[Piece], *, is_plain: bool, starts: Callable[[bytes], bool], origin: int
    ) -> None:
        self._pieces = pieces
        self._plain = is_plain
        self._starts = starts  # do these bytes begin a record?
        self._origin = origin  # file offset at which a plain stream begins
        self._ahead: Piece | None = None
        self._base = 0  # stream position of buf[0]
        self._member = 0  # file offset of the member that the end of the buffer belongs to
        self._closed_at = -1  # file offset behind that member, once it has ended
        self.member_start = 0  # stream position at which that member begins
        self.is_whole = False  # the buffer is exactly one sound member
        self.buf: bytes | bytearray = b""
        self.pos = 0
        self.faults: list[Fault] = []

    def tell(self) -> int:
        """Position in the decoded stream."""
        return self._base + self.pos

    def place(self) -> int:
        """Offset of the next byte, as evidence keeps it. The buffer must hold at least that byte."""
        here = self._base + self.pos
        if self._plain:
            return self._origin + here
        return self._member if here == self.member_start else -1 - here

    def member_place(self) -> tuple[int, int]:
        """Offset and length in the file of the whole member that the buffer is."""
        return self._member, self._closed_at - self._member

    def length_from(self, offset: int, start: int) -> int | None:
        """Length in the file of what began at `offset` (stream position `start`) and ends here; None if not apart."""
        if self._plain:
            return self._base + self.pos - start
        if self.pos == len(self.buf) and self._closed_at < 0:
            self.more(inside=True)  # a member may end with an empty piece
        if offset < 0 or self.pos < len(self.buf) or self._closed_at < 0 or offset != self._member:
            return None
        return self._closed_at - offset

    def more(self, *, inside: bool) -> bool:
        """Load the next piece behind the buffer; False at the end of the stream.

        inside: a record is being read: False also where its member has ended and the next begins with a record.
        """
        piece = self._ahead or next(self._pieces, None)
        self._ahead = None
        if piece is None:
            return False
        data, member, is_first, is_last, end, fault = piece
        if inside and is_first and self._closed_at >= 0 and self._starts(bytes(data[:65536])):
            self._ahead = piece
            return False
        if fault is not None:
            self.faults.append(fault)
        left = len(self.buf) - self.pos
        self._base += self.pos
        if is_first:
            self._member = member
            self.member_start = self._base + left
        self._closed_at = end if is_last else -1
        self.is_whole = is_first and is_last and fault is None and not left
        self.buf = self.buf[self.pos :] + data if left else data
        self.pos = 0
        return True

    @property
    def has_record_ahead(self) -> bool:
        """Whether the member has ended and the next, already seen, begins with a record."""
        return self._ahead is not None

    @property
    def is_at_member_end(self) -> bool:
        """Whether the buffer is used up and its member has ended soundly."""
        return self.pos == len(self.buf) and self._closed_at >= 0 and not self.faults

    def require(self, size: int) -> bool:
        """Whether `size` bytes of the record can be seen from here."""
        while len(self.buf) - self.pos < size:
            if not self.more(inside=True):
                return False
        return True

    def take(self, size: int) -> bytes:
        """The next `size` bytes; fewer where the stream, or the record's member, ends."""
        have = len(self.buf) - self.pos
        if size <= have:
            self.pos += size
            return bytes(memoryview(self.buf)[self.pos - size : self.pos])
        parts = []
        while size > 0:
            part = self.buf[self.pos : self.pos + size]
            self.pos += len(part)
            size -= len(part)
            parts.append(part)
            if size and not self.more(inside=True):
                break
        return b"".join(parts)

    def skip(self, size: int) -> int:
        """Pass `size` bytes and say how many there were."""
        skipped = 0
        while True:
            step = min(size - skipped, len(self.buf) - self.pos)
            self.pos += step
            skipped += step
            if skipped == size or not self.more(inside=True):
                return skipped

    def skip_stream(self, size: int) -> None:
        """Pass `size` bytes of the stream, whatever records and members they belong to."""
        while size > 0 and (self.pos < len(self.buf) or self.more(inside=False)):
            step = min(size, len(self.buf) - self.pos)
            self.pos += step
            size -= step

    def unread(self, data: bytes) -> None:
        """Hand back bytes that were just taken."""
        self._base += self.pos - len(data)
        self.buf = data + self.buf[self.pos :]
        self.pos = 0
        self.is_whole = False
