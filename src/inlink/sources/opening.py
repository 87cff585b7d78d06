"""Inputs are opened here: what they are, how large, their digest; and their items are read."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from inlink.errors import BadInput, InlinkError
from inlink.sources.archives import archive_items
from inlink.sources.blobs import Blob, HeldBytes, LocalBlob
from inlink.sources.formats import HEAD_BYTES, Found, format_of
from inlink.sources.limits import DEFAULT_LIMITS, Limits
from inlink.sources.listings import list_facts, listed_items
from inlink.sources.naming import entries_of, is_address, places_of, problem
from inlink.sources.records import InputFile, Item

if TYPE_CHECKING:
    from inlink.sources.remote import RemoteFile

ARCHIVES = ("warc", "wat", "arc")


def open_inputs(
    specs: Sequence[str],
    *,
    base_url: str | None = None,
    test_hosts: Iterable[str] = (),
    limits: Limits = DEFAULT_LIMITS,
) -> Iterator[InputFile | BadInput]:
    """Every input that the specs name, once each and in order; one that cannot be used as the error that says why.

    A spec is a file, a folder, a pattern, a list of archives (`*.paths.gz`; `base_url` is where its entries are), or
    an http(s) address. The error's facts have `file`, `offset` and `reason` (a slug of docs/errors.md).
    test_hosts: hosts ("name" or "name:port") that may be fetched from although they are inside a private network.
    """
    seen: set[str] = set()
    hosts = frozenset(test_hosts)
    for spec in specs:
        for place in places_of(spec):
            yield from _opened(place, base_url, hosts, limits, seen, is_entry=False)


def _opened(
    place: str | BadInput,
    base_url: str | None,
    test_hosts: frozenset[str],
    limits: Limits,
    seen: set[str],
    *,
    is_entry: bool,
) -> Iterator[InputFile | BadInput]:
    if isinstance(place, BadInput):
        yield place
        return
    key = place if is_address(place) else str(Path(place).absolute())
    if key in seen:
        return
    seen.add(key)
    try:
        blob = _blob(place, test_hosts)
        found, head = _found(blob, limits)
        if found.format != "paths":
            yield _input(place, blob, found, head, test_hosts)
        elif is_entry:
            yield problem(f"{place}: a list named by a list is not followed", place, "unknown-format")
        else:
            for entry in entries_of(blob, place, base_url, limits):
                yield from _opened(entry, base_url, test_hosts, limits, seen, is_entry=True)
    except (OSError, ValueError) as error:  # names that no file can have, disks that fail
        yield problem(f"{place[:300]}: cannot be opened ({error})", place, "unreadable", "check the name")
    except InlinkError as error:
        if isinstance(error, BadInput) and "reason" in error.facts:
            yield error
        else:
            yield problem(error.message, place, "unreadable", error.hint)


def _blob(place: str, test_hosts: frozenset[str]) -> LocalBlob | RemoteFile:
    if is_address(place):
        from inlink.sources.remote import remote_file

        return remote_file(place, test_hosts)
    path = Path(place)
    if path.exists() and not path.is_file():
        raise problem(f"{place}: not a regular file", place, "unreadable", "give a file, a folder or an address")
    return LocalBlob(path)


def _found(blob: LocalBlob | RemoteFile, limits: Limits) -> tuple[Found, bytes]:
    """The format, and the first bytes it was told by."""
    if not isinstance(blob, LocalBlob):
        head = blob.first_bytes(HEAD_BYTES)
    else:
        head = b""
        for chunk in blob.read_from(0):
            head += chunk
            if len(head) >= HEAD_BYTES:
                break
    return format_of(HeldBytes(blob.name, head), limits), head


def _input(
    place: str, blob: LocalBlob | RemoteFile, found: Found, head: bytes, test_hosts: frozenset[str]
) -> InputFile:
    modified_at_s: float | None = None
    if not isinstance(blob, LocalBlob):
        facts = {"url": blob.name, "validator": blob.validator or ""}
        if test_hosts:
            facts["test_hosts"] = " ".join(sorted(test_hosts))
        size = blob.size_bytes
        digest = hashlib.sha256(f"{blob.name}\0{blob.validator or head[:4096].hex()}\0{size}".encode()).hexdigest()
    else:
        facts = {"path": str(blob.path.absolute())}
        modified_at_s = blob.path.stat().st_mtime
        digest, size = _digest(blob)
    if found.layout is not None:
        facts.update(list_facts(place, found.layout, modified_at_s))
    return InputFile(place, found.format, size, digest, facts)


def _digest(blob: Blob) -> tuple[str, int]:
    hasher, size = hashlib.sha256(), 0
    for chunk in blob.read_from(0):
        hasher.update(chunk)
        size += len(chunk)
    return hasher.hexdigest(), size


def blob_of(file: InputFile) -> LocalBlob | RemoteFile:
    """The bytes of an input, a remote one pinned to the version that was added."""
    facts = file.facts
    if "url" not in facts:
        return LocalBlob(facts.get("path", file.name))
    from inlink.sources.remote import remote_file

    return remote_file(
        facts["url"],
        facts.get("test_hosts", "").split(),
        validator=facts.get("validator") or None,
        size_bytes=file.size_bytes,
    )


def items(file: InputFile, *, limits: Limits = DEFAULT_LIMITS) -> Iterator[Item]:
    """Records or rows of an input in file order, bad ones as BadRecord.

    Raises: Unreachable when it cannot be read (any more), BadInput when it is of no format known here.
    """
    blob = blob_of(file)
    if file.format in ARCHIVES:
        return archive_items(blob, file.format, limits)
    if file.format in ("gsc", "links"):
        return listed_items(blob, file, limits)
    raise problem(f"{file.name}: {file.format} is no input format", file.name, "unknown-format")
