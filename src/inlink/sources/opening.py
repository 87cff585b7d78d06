"""From what a user names (files, folders, patterns, lists, addresses) to inputs, and from an input to its items."""

from __future__ import annotations

import glob
import hashlib
from collections.abc import Iterator, Sequence
from pathlib import Path

from inlink.errors import BadInput, InlinkError
from inlink.sources.archives import archive_items
from inlink.sources.blobs import Blob, LocalBlob
from inlink.sources.formats import format_of
from inlink.sources.limits import DEFAULT_LIMITS, Limits
from inlink.sources.records import InputFile, Item


def open_inputs(specs: Sequence[str], *, limits: Limits = DEFAULT_LIMITS) -> Iterator[InputFile | BadInput]:
    """Every input that the specs name, in order; one that cannot be used as the error that says why.

    The error's facts have `file`, `offset` and `reason` (a slug of docs/errors.md).
    """
    for spec in specs:
        for path in _paths(spec):
            try:
                yield _open(path, limits)
            except BadInput as error:
                yield error
            except InlinkError as error:
                yield BadInput(error.message, hint=error.hint, file=str(path), offset=0, reason="unreadable")


def items(file: InputFile, *, limits: Limits = DEFAULT_LIMITS) -> Iterator[Item]:
    """Records of an input in file order, bad ones as BadRecord."""
    return archive_items(LocalBlob(file.facts.get("path", file.name)), file.format, limits)


def _paths(spec: str) -> Iterator[Path]:
    path = Path(spec)
    if path.is_dir():
        yield from sorted(p for p in path.rglob("*") if p.is_file())
    elif path.exists() or not glob.has_magic(spec):
        yield path
    else:
        yield from sorted(Path(p) for p in glob.iglob(spec, recursive=True) if Path(p).is_file())


def _open(path: Path, limits: Limits) -> InputFile:
    blob = LocalBlob(path)
    found = format_of(blob, limits)
    if found is None:
        raise BadInput(
            f"{path}: not a format that can be read", hint="WARC, ARC, WAT or link lists", file=str(path), offset=0,
            reason="unknown-format",
        )  # fmt: skip
    digest, size = _digest(blob)
    return InputFile(str(path), found, size, digest, {"path": str(path.absolute())})


def _digest(blob: Blob) -> tuple[str, int]:
    hasher, size = hashlib.sha256(), 0
    for chunk in blob.read_from(0):
        hasher.update(chunk)
        size += len(chunk)
    return hasher.hexdigest(), size
