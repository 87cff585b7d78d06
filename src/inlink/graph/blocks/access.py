"""Blocks of an open release, read, checked against their digests, unpacked, and the last ones remembered."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from inlink.errors import CorruptIndex
from inlink.graph.blocks import layout as files
from inlink.graph.blocks.called import CalledBlock
from inlink.graph.blocks.coded import Called, unpack_called
from inlink.graph.blocks.curves import from_facts
from inlink.graph.blocks.directory import Page, Root
from inlink.graph.blocks.layout import MANIFEST, Manifest
from inlink.graph.blocks.leaf import Lists, unpack_numbers
from inlink.graph.blocks.names import Names, unpack_front
from inlink.graph.blocks.numbers import Table, span_of_number
from inlink.graph.blocks.source import SEAL, ByteSource, Span, checked

T = TypeVar("T")
REMEMBERED = 2048  # unpacked blocks
Place = tuple[int, int]  # page, leaf of the page


class Blocks:
    """The blocks of a release behind a byte source. Safe to share between threads."""

    def __init__(self, source: ByteSource) -> None:
        """Raises: NotFound where there is no release, CorruptIndex where it is damaged or another format."""
        self.source = source
        text = source.read_all(MANIFEST)
        self.manifest = manifest = Manifest.from_json(text, name=f"{source.name} ({MANIFEST})")
        source.expect({name: size for name, (size, _) in manifest.files.items()})
        self._ahead: dict[Span, bytes] = {}  # read ahead, not yet asked for
        self._known: OrderedDict[tuple[str, int], object] = OrderedDict()
        self._lock = threading.Lock()
        self.root = Root.from_bytes(self.read([Span(files.DIRECTORY, *manifest.root)])[0])
        columns = [name for name, _ in manifest.columns]
        self._curves = from_facts(self.root.curves, columns, manifest.order, manifest.n)

    def read(self, spans: Sequence[Span]) -> list[bytes]:
        """The bytes of blocks. Raises: CorruptIndex where they do not match their digests."""
        with self._lock:
            found = [self._ahead.pop(span, None) for span in spans]
        missing = [i for i, data in enumerate(found) if data is None]
        read = self.source.read_many([spans[i] for i in missing]) if missing else []
        for i, data in zip(missing, read, strict=True):
            found[i] = checked(self.source, spans[i], data)
        return [data for data in found if data is not None]

    def unpacked(self, spans: Sequence[Span], unpack: Callable[[int, bytes], T]) -> list[T]:
        """The blocks as `unpack(number of the span, bytes)` makes them; those remembered are not read again."""
        keys = [(span.file, span.offset) for span in spans]
        with self._lock:
            found: list[object] = [self._known.get(key) for key in keys]
            for key in keys:
                if key in self._known:
                    self._known.move_to_end(key)
        missing = [i for i, each in enumerate(found) if each is None]
        for i, data in zip(missing, self.read([spans[i] for i in missing]) if missing else [], strict=True):
            found[i] = unpack(i, data)
        with self._lock:
            for i in missing:
                self._known[keys[i]] = found[i]
            while len(self._known) > REMEMBERED:
                self._known.popitem(last=False)
        return found  # type: ignore[return-value]

    def forget(self) -> None:
        """Let go of the blocks that are remembered."""
        with self._lock:
            self._known.clear()

    def pages(self, which: Iterable[int]) -> list[Page]:
        """Pages of the directory."""
        wanted = list(which)
        entries = self.root.pages
        return self.unpacked([entries[i].span for i in wanted], lambda i, data: Page(data, entries[wanted[i]]))

    def place_of(self, place: int) -> tuple[Place, int]:
        """((page, leaf), position in the leaf) of a place in name order."""
        leaf, position = divmod(place, self.manifest.layout.per_leaf)
        page, leaf = divmod(leaf, self.manifest.layout.per_page)
        return (page, leaf), position

    def size_of(self, where: Place) -> int:
        """Domains of a leaf."""
        layout = self.manifest.layout
        before = (where[0] * layout.per_page + where[1]) * layout.per_leaf
        return min(layout.per_leaf, self.manifest.n - before)

    def spans(self, wanted: Sequence[Place], part: str) -> list[Span]:
        """Where a part of each leaf stands."""
        pages = self.pages([page for page, _ in wanted])
        return [page.span(leaf, part) for page, (_, leaf) in zip(pages, wanted, strict=True)]

    def names(self, wanted: Sequence[Place]) -> list[Names]:
        """The names of leaves."""
        return self.unpacked(self.spans(wanted, "names"), lambda i, data: unpack_front(data, self.size_of(wanted[i])))

    def numbers(self, wanted: Sequence[Place]) -> list[dict[str, NDArray[np.generic]]]:
        """The numbers of leaves."""
        return self.unpacked(
            self.spans(wanted, "numbers"),
            lambda i, data: unpack_numbers(data, self.manifest.columns, self._curves, self.size_of(wanted[i])),
        )

    def lists(self, where: Place, part: str, counts: NDArray[np.uint32]) -> Lists:
        """The lists of a leaf; counts: their lengths."""
        manifest = self.manifest
        return self.unpacked(
            self.spans([where], part), lambda _, data: Lists(data, counts, manifest.layout, manifest.n, part)
        )[0]

    def ahead(self, where: Place, parts: Sequence[str]) -> None:
        """Read parts of a leaf at once, where each reading would cost a request; they wait until they are asked for."""
        if self.source.is_local:
            return
        spans = [self.spans([where], part)[0] for part in parts]
        with self._lock:
            unknown = [span for span in spans if (span.file, span.offset) not in self._known and span.length]
        read = dict(zip(unknown, self.read(unknown), strict=True))
        with self._lock:
            self._ahead = read

    def head(self, wanted: Sequence[int]) -> list[Called]:
        """Blocks of the head."""
        layout, n_head = self.manifest.layout, len(self.root.head_nodes)
        return self.unpacked(
            [self.root.head[i] for i in wanted],
            lambda i, data: unpack_called(
                data, min(layout.per_head, n_head - wanted[i] * layout.per_head), self.root.beginnings
            ),
        )

    def called(self, nodes: Sequence[int]) -> list[tuple[bytes, int]]:
        """The name of each node and how many of the same rank stand behind it, from the table of all names."""
        layout, n, root = self.manifest.layout, self.manifest.n, self.root
        per = layout.per_called
        wanted = list(dict.fromkeys(node // per for node in nodes))
        spans = [root.span_of_called(which, self.manifest.root[2]) for which in wanted]

        def unpack(i: int, data: bytes) -> CalledBlock:
            return CalledBlock(data[:-SEAL], min(per, n - wanted[i] * per), layout.per_head, root.beginnings)

        blocks = dict(zip(wanted, self.unpacked(spans, unpack), strict=True))
        return [blocks[node // per].name(node % per) for node in nodes]

    def entries(self, file: str, which: Sequence[int]) -> list[int]:
        """Numbers of a table between orders. Raises: CorruptIndex where one cannot be."""
        manifest, per_block = self.manifest, self.manifest.layout.per_order
        spans = [span_of_number(file, each, manifest.n, per_block, manifest.root[2]) for each in which]
        blocks = list(dict.fromkeys(spans))
        read = self.unpacked(blocks, lambda _, data: Table(data, manifest.n))
        found = dict(zip(blocks, read, strict=True))
        numbers = [found[span][each % per_block] for span, each in zip(spans, which, strict=True)]
        if any(number >= manifest.n for number in numbers):
            raise CorruptIndex(f"{file} names a domain that is not there", hint="fetch or convert the release again")
        return numbers

    def tail(self, where: Place, part: str, offset: int, digest: int, n_chunks: int) -> list[Span]:
        """Where the chunks of the rest of a list stand."""
        page = self.pages([where[0]])[0]
        file = files.TAILS_OUT if part == "outward" else files.TAILS_IN
        begin = page.tails(where[1], part) + offset
        index = self.read([Span(file, begin, 12 * n_chunks, digest)])[0]
        lengths = np.frombuffer(index, np.uint32, n_chunks).tolist()
        digests = np.frombuffer(index, np.uint64, n_chunks, 4 * n_chunks).tolist()
        starts = np.cumsum([begin + 12 * n_chunks, *lengths]).tolist()
        return [Span(file, at, length, digest) for at, length, digest in zip(starts, lengths, digests, strict=False)]
