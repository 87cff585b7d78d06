"""What every source yields: records that were read, and records that could not be, with the reason."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Record:
    """One archived answer. `body` has transfer and content encodings removed and is bounded in size.

    Units: fetched_at_us microseconds since 1970 UTC; offset and length bytes in the input file. A negative offset is
    -1 - (position in the decoded stream): the record stands inside a compressed member, not at its beginning.
    """

    url: str
    fetched_at_us: int
    http_status: int | None
    headers: tuple[tuple[str, str], ...]
    body: bytes
    offset: int
    length: int | None
    payload_digest: str | None = None
    ip: str | None = None
    is_revisit: bool = False
    refers_to: str | None = None  # payload digest (or URL and date) that a revisit repeats
    error: str | None = None  # the source's own word that there is no answer (dns failure, time-out …)
    script_links: frozenset[int] | None = None  # of a page after its scripts ran: see sources/rendered.py

    def header(self, name: str) -> list[str]:
        """All values of a header, in order; names compare without case."""
        wanted = name.lower()
        return [value for key, value in self.headers if key.lower() == wanted]


@dataclass(frozen=True, slots=True)
class WatRecord:
    """One WAT record: the JSON text that describes one archived page."""

    json: bytes
    offset: int
    length: int | None


@dataclass(frozen=True, slots=True)
class ListedLink:
    """One row of an imported link list; what the list does not say is None."""

    source_url: str
    target_url: str | None
    seen_at_us: int
    row: int
    anchor: str | None = None
    nofollow: bool | None = None
    ugc: bool | None = None
    sponsored: bool | None = None


@dataclass(frozen=True, slots=True)
class BadRecord:
    """One record that could not be read: a counted row of the build report, never an exception."""

    offset: int
    reason: str  # a slug from the closed list in docs/errors.md
    detail: str = ""


Item = Record | WatRecord | ListedLink | BadRecord


@dataclass(frozen=True, slots=True)
class InputFile:
    """One input: a local file or an http(s) URL, with the format that its first bytes show.

    `name` is what users see and what evidence names; `size_bytes` is None where a server does not say.
    """

    name: str
    format: str  # warc, arc, wat, gsc, links
    size_bytes: int | None
    digest: str  # sha256 of the bytes, or of URL, ETag and length for a remote file
    facts: dict[str, str] = field(default_factory=dict)


class Source(Protocol):
    """A reader of one input format."""

    def items(self, file: InputFile) -> Iterator[Item]:
        """Records in file order, bad ones as BadRecord.

        Raises: BadInput when the file as a whole is not of this format; Unreachable when it cannot be read.
        """
        ...
