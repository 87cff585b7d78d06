"""Names of nodes: which node a name is, and what a node is called. Nodes are numbered in the order of their keys."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.lib.format import open_memmap
from numpy.typing import NDArray

from inlink.errors import BadInput, CorruptIndex
from inlink.graph.arrays import open_array, save_arrays
from inlink.urls.identity import same_page_key
from inlink.urls.surt import host_key

KINDS = ("pages", "hosts", "domains")


class Texts:
    """Many texts in two arrays; one is decoded when it is asked for.

    Shapes: offsets int64 (n + 1), data uint8 (bytes of all texts, UTF-8).
    """

    def __init__(self, offsets: NDArray[np.int64], data: NDArray[np.uint8]) -> None:
        self.offsets = offsets
        self.data = data

    @classmethod
    def of(cls, texts: Sequence[str]) -> Texts:
        """The texts, packed."""
        parts = [text.encode() for text in texts]
        offsets = np.zeros(len(parts) + 1, np.int64)
        np.cumsum([len(part) for part in parts], out=offsets[1:])
        return cls(offsets, np.frombuffer(b"".join(parts), np.uint8))

    def __len__(self) -> int:
        return len(self.offsets) - 1

    def __getitem__(self, at: int) -> str:
        return self.raw(at).decode()

    def __iter__(self) -> Iterator[str]:
        return (self[at] for at in range(len(self)))

    def raw(self, at: int) -> bytes:
        """The bytes of one text."""
        return self.data[int(self.offsets[at]) : int(self.offsets[at + 1])].tobytes()

    def first_at_least(self, text: str) -> int:
        """The first of the sorted texts that is not before `text`. Cost: log2 n texts."""
        wanted = text.encode()
        low, high = 0, len(self)
        while low < high:
            middle = (low + high) // 2
            low, high = (middle + 1, high) if self.raw(middle) < wanted else (low, middle)
        return low


@dataclass(frozen=True, slots=True)
class Names:
    """Keys (sorted; they tell nodes apart) and names of the nodes of a graph.

    A page's key is its same-page key and its name a URL; a host's or domain's key is its labels reversed.
    """

    kind: str
    keys: Texts
    names: Texts

    def __len__(self) -> int:
        return len(self.keys)

    def name(self, node: int) -> str:
        """What the node is called."""
        return self.names[node]

    def key(self, node: int) -> str:
        """The node's key."""
        return self.keys[node]

    def node(self, name: str) -> int | None:
        """The node of a host, domain or URL; None where the graph has none."""
        key = self.key_of(name)
        return None if key is None else self.node_of_key(key, None if self.kind == "pages" else name)

    def node_of_key(self, key: str, name: str | None = None) -> int | None:
        """The node with this key; of hosts that share one (a trailing dot), the one with the name."""
        first = at = self.keys.first_at_least(key)
        while at < len(self) and self.keys[at] == key:
            if name is None or self.names[at] == name:
                return at
            at += 1
        return first if at > first else None

    def names_of(self, nodes: Sequence[int]) -> list[str]:
        """What nodes are called."""
        return [self.names[node] for node in nodes]

    def below(self, name: str) -> NDArray[np.int64]:
        """The nodes of a host or domain and of all names below it; of pages, all on any of these."""
        key = host_key(name)
        low = self.keys.first_at_least(f"{key})" if self.kind == "pages" else key)
        return np.arange(low, self.keys.first_at_least(f"{key}-"))

    def key_of(self, name: str) -> str | None:
        """The key that a name stands under; None for a URL that is none."""
        if self.kind != "pages":
            return host_key(name)
        try:
            return same_page_key(name)
        except BadInput:
            return None

    def save(self, folder: Path) -> None:
        """Write the four arrays."""
        folder.mkdir(parents=True, exist_ok=True)
        save_arrays(
            folder,
            {
                "key_offsets": self.keys.offsets,
                "key_bytes": self.keys.data,
                "name_offsets": self.names.offsets,
                "name_bytes": self.names.data,
            },
        )


def open_names(folder: Path, kind: str) -> Names:
    """Names as memory maps. Raises: CorruptIndex."""
    arrays = [open_array(folder, name) for name in ("key_offsets", "key_bytes", "name_offsets", "name_bytes")]
    return Names(kind, Texts(arrays[0], arrays[1]), Texts(arrays[2], arrays[3]))


class NamesWriter:
    """Writes names piece by piece, in the order of keys: memory holds one piece.

    n: how many there are; n_bytes: of all keys, and of all names, in UTF-8.
    """

    def __init__(self, folder: Path, n: int, n_bytes: tuple[int, int]) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._sides = [_Side(folder, side, n, size) for side, size in zip(("key", "name"), n_bytes, strict=True)]

    def add(self, keys: Texts, names: Texts) -> None:
        """Append a piece. Raises: CorruptIndex where there are more than were counted."""
        for side, texts in zip(self._sides, (keys, names), strict=True):
            side.add(texts)

    def close(self) -> None:
        """Everything is written. Raises: CorruptIndex where there are fewer than were counted."""
        for side in self._sides:
            side.close()


class _Side:
    def __init__(self, folder: Path, name: str, n: int, n_bytes: int) -> None:
        self._offsets = open_memmap(folder / f"{name}_offsets.npy", "w+", "<i8", (n + 1,))
        self._data = open_memmap(folder / f"{name}_bytes.npy", "w+", "u1", (n_bytes,))
        self._offsets[0] = 0
        self._at, self._end = 0, 0

    def add(self, texts: Texts) -> None:
        at, end = self._at + len(texts), self._end + len(texts.data)
        if at >= len(self._offsets) or end > len(self._data):
            raise CorruptIndex("more names than were counted", hint="run the command again")
        self._offsets[self._at + 1 : at + 1] = texts.offsets[1:] + self._end
        self._data[self._end : end] = texts.data
        self._at, self._end = at, end

    def close(self) -> None:
        if self._at != len(self._offsets) - 1 or self._end != len(self._data):
            raise CorruptIndex("fewer names than were counted", hint="run the command again")
        self._offsets.flush()
        self._data.flush()
