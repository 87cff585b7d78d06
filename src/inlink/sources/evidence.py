"""One record back from its place in an archive, local or on a server: the evidence of a link."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from inlink.errors import NotFound
from inlink.sources import arc, warc
from inlink.sources.answers import WANTED, answers
from inlink.sources.archives import METADATA, open_window
from inlink.sources.blobs import Blob, HeldBytes, LocalBlob, RawBytes
from inlink.sources.limits import DEFAULT_LIMITS, Limits
from inlink.sources.members import Coding, coding_of
from inlink.sources.naming import is_address
from inlink.sources.raw import RawRecord
from inlink.sources.records import Record, WatRecord

if TYPE_CHECKING:
    from inlink.sources.remote import RemoteFile


class _Part:
    """A stretch of a remote file, so that no more is asked for than the record needs."""

    def __init__(self, file: RemoteFile, offset: int, length: int) -> None:
        self.name = file.name
        self._file = file
        self._end = offset + length

    def read_from(self, offset: int) -> Iterator[bytes]:
        """Chunks from `offset` to the end of the stretch."""
        return self._file.read_from(offset, max(self._end - offset, 0))


def read_record(
    place: str,
    offset: int,
    *,
    length: int | None = None,
    test_hosts: Iterable[str] = (),
    limits: Limits = DEFAULT_LIMITS,
) -> Record:
    """The answer whose evidence is at `offset` of a WARC or ARC (path or address), as `items` gave it.

    Raises: NotFound where no answer stands there, Unreachable where the archive cannot be read.
    """
    found = read_item(place, offset, length=length, test_hosts=test_hosts, limits=limits)
    if not isinstance(found, Record):
        raise NotFound(f"{place}, offset {offset}: no archived answer stands there", hint=_HINT)
    return found


_HINT = "the archive may have been changed or moved since it was added"


def read_item(
    place: str,
    offset: int,
    *,
    length: int | None = None,
    test_hosts: Iterable[str] = (),
    limits: Limits = DEFAULT_LIMITS,
) -> Record | WatRecord:
    """The answer or WAT record at `offset`. `length`, where known, spares asking a server for more.

    Raises: NotFound where neither stands there, Unreachable where the archive cannot be read.
    """
    whole, blob = _blobs(place, offset, length, test_hosts)
    coding = _coding_at(whole, blob, offset)
    window = open_window(blob, limits, max(offset, 0), coding)
    if offset < 0:
        window.skip_stream(-1 - offset)
    window.require(16)
    is_warc = warc.starts_record(bytes(window.buf[window.pos : window.pos + 64]))
    read = warc.warc_records if is_warc else arc.arc_records
    for raw in read(window, limits, WANTED | METADATA):
        if not isinstance(raw, RawRecord):
            continue
        if raw.offset != offset:
            break
        if raw.kind == b"metadata":
            return WatRecord(raw.block(), raw.offset, raw.length)
        for item in answers(raw, limits):
            if isinstance(item, Record):
                return item
        break
    raise NotFound(f"{place}, offset {offset}: no record stands there", hint=_HINT)


def _blobs(place: str, offset: int, length: int | None, test_hosts: Iterable[str]) -> tuple[Blob, Blob]:
    """The whole archive, and what of it is to be read."""
    if not is_address(place):
        local = LocalBlob(place)
        return local, local
    from inlink.sources.remote import remote_file

    remote = remote_file(place, test_hosts)
    return remote, _Part(remote, offset, length) if length and offset >= 0 else remote


def _coding_at(whole: Blob, blob: Blob, offset: int) -> Coding:
    """The coding of the file; only a zstd dictionary makes reading its beginning necessary."""
    if offset < 0:
        return coding_of(whole)
    head = RawBytes(blob, offset).peek(8)
    if not head:
        raise NotFound(f"{whole.name} ends before offset {offset}", hint=_HINT)
    coding = coding_of(HeldBytes(whole.name, head))
    return coding_of(whole) if coding.name == "zstd" else coding
