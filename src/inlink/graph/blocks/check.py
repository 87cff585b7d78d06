"""What is wrong with a release in a folder: its manifest, its files, and which blocks of a damaged file."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import xxhash

from inlink.errors import CorruptIndex
from inlink.graph.blocks import layout as files
from inlink.graph.blocks.access import Blocks
from inlink.graph.blocks.directory import PARTS
from inlink.graph.blocks.layout import MANIFEST, Manifest
from inlink.graph.blocks.source import FolderSource, Span, digest_of_block

_PIECE = 8 * 2**20
_NAMED = 3  # broken leaves that are named


def release_faults(folder: Path) -> Iterator[str]:
    """Each fault of a release in words; none where all its bytes are those that were written. Cost: reads all of it."""
    try:
        manifest = Manifest.from_json((folder / MANIFEST).read_bytes(), name=str(folder / MANIFEST))
    except (OSError, CorruptIndex) as error:
        yield error.message if isinstance(error, CorruptIndex) else f"{folder / MANIFEST} cannot be read"
        return
    broken = [name for name, (size, digest) in manifest.files.items() if not _is_sound(folder / name, size, digest)]
    for name in broken:
        yield f"{folder / name} does not match its digest{_where(folder, name)}"


def _is_sound(path: Path, size: int, digest: str) -> bool:
    found, n_read = xxhash.xxh3_128(), 0
    try:
        with path.open("rb") as stream:
            while piece := stream.read(_PIECE):
                found.update(piece)
                n_read += len(piece)
    except OSError:
        return False
    return n_read == size and found.hexdigest() == digest


def _where(folder: Path, name: str) -> str:
    """Which leaves a damaged file spoils, by the block directory; nothing where that cannot be told."""
    if name not in (files.CARDS, files.OUTWARD):
        return ""
    try:
        blocks = Blocks(FolderSource(folder))
        leaves = list(_broken_leaves(blocks, name))
    except CorruptIndex as error:
        return f": {error.message}"
    shown = ", ".join(leaves[:_NAMED]) + (", …" if len(leaves) > _NAMED else "")
    return f": {len(leaves):,} blocks are damaged ({shown})" if leaves else ""


def _broken_leaves(blocks: Blocks, name: str) -> Iterator[str]:
    layout = blocks.manifest.layout
    n_leaves = -(-blocks.manifest.n // layout.per_leaf)
    parts = ("outward",) if name == files.OUTWARD else PARTS[:3]
    for leaf in range(n_leaves):
        page = blocks.pages([leaf // layout.per_page])[0]
        for part in parts:
            span = page.span(leaf % layout.per_page, part)
            if digest_of_block(blocks.source.read_many([_plain(span)])[0]) != span.digest:
                yield f"{part} of domains {leaf * layout.per_leaf:,} to {(leaf + 1) * layout.per_leaf - 1:,} by name"


def _plain(span: Span) -> Span:
    return Span(span.file, span.offset, span.length)
