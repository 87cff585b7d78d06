"""One input becomes a part: the function that worker processes run."""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

from inlink.engine.protocol import Tell
from inlink.errors import BadInput, InlinkError, Unreachable
from inlink.extract.batch import PartBatch
from inlink.extract.items import extract_items
from inlink.extract.warming import warm
from inlink.index.jobs import CODE, Job
from inlink.sources import Limits, items
from inlink.sources.records import InputFile
from inlink.store.disk import full_error, is_full
from inlink.store.inputs import SHORT, Input
from inlink.store.parts import PartInfo, PartWriter
from inlink.urls.domains import SuffixRules


def make_part(job: Job, tell: Tell) -> PartInfo:
    """Extract one input into `job.folder`; what is there is thrown away.

    A record that cannot be read is counted; an input of which nothing can be read raises.
    """
    _check_unchanged(job.input)
    warm(job.input.format, int(os.environ.get("INLINK_WORKER", "0")), lambda note: tell(0, note))
    rules = _rules(job.suffixes)
    file = InputFile(job.input.name, job.input.format, job.input.size_bytes, job.input.digest, job.input.facts)
    shutil.rmtree(job.folder, ignore_errors=True)  # what a worker that died has left
    writer = PartWriter(job.folder)
    try:
        for batch in _batches(file, rules, job.limits, writer):
            writer.write(batch.captures, batch.pages, batch.links)
            for bad in batch.errors:
                writer.errors.add(bad.reason, file=file.name, offset=bad.offset, detail=bad.detail)
            tell(_position(batch))
        return writer.close(
            part=job.part,
            input=file.name,
            input_digest=file.digest,
            format=file.format,
            code=CODE,
            suffixes=rules.digest,
        )
    except OSError as error:
        writer.abandon()
        raise full_error(job.folder) if is_full(error) else _unreadable(file.name, error) from error
    except BaseException:
        writer.abandon()
        raise


@lru_cache(maxsize=1)
def _rules(suffixes: tuple[str, ...]) -> SuffixRules:
    """The suffix rules, made once in each worker: they take as long as ten pages."""
    return SuffixRules(suffixes)


def _check_unchanged(entry: Input) -> None:
    """A file that was written to since it was added is another input. Raises: BadInput, Unreachable."""
    path = Path(entry.facts.get("path", ""))
    if "modified_ns" not in entry.facts:
        return
    try:
        state = path.stat()
        is_same = str(state.st_mtime_ns) == entry.facts["modified_ns"] and state.st_size == entry.size_bytes
        if is_same or _sha256(path) == entry.digest:
            return
    except OSError as error:
        raise _unreadable(entry.name, error, kept_until=entry.facts.get("kept_until")) from error
    raise BadInput(
        f"{entry.name} has changed since it was added",
        hint=f"add it again: it is another input now; inlink remove {entry.digest[:SHORT]} takes this one out",
        file=entry.name,
        offset=0,
        reason="changed",
    )


def _sha256(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _batches(file: InputFile, rules: SuffixRules, limits: Limits, writer: PartWriter) -> Iterator[PartBatch]:
    """Batches up to the end of the input, or up to where it cannot be read on: that is one more counted error."""
    try:
        yield from extract_items(items(file, limits=limits), file, rules, limits)
    except BadInput as error:
        if not writer.count("captures"):
            raise
        _count_end(writer, file, error)


def _count_end(writer: PartWriter, file: InputFile, error: InlinkError) -> None:
    offset = error.facts.get("offset")
    writer.errors.add(
        str(error.facts.get("reason", "unreadable")),
        file=file.name,
        offset=offset if isinstance(offset, int) else 0,
        detail=error.message,
    )


def _unreadable(name: str, error: OSError, kept_until: str | None = None) -> InlinkError:
    gone = f", and its copy is no longer kept since {kept_until}" if kept_until else ""
    return Unreachable(
        f"{name} cannot be read: {error.strerror or error}{gone}",
        hint="check that the file is there and may be read, then run inlink build again",
        file=name,
        offset=0,
        reason="unreadable",
    )


def _position(batch: PartBatch) -> int:
    offsets = batch.captures.column("evidence_offset")
    for i in range(len(offsets) - 1, -1, -1):
        offset = offsets[i].as_py()
        if offset is not None:
            return int(offset)
    return 0
