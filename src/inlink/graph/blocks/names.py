"""Blocks of names read back as text."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from inlink.errors import CorruptIndex
from inlink.graph.blocks.coded import MARK, inflated
from inlink.graph.blocks.decoders import decoder

_HINT = "the release is damaged: fetch or convert it again"
_A_NAME = 1  # work of a name, in numbers of a list


class Names(Sequence[str]):
    """Names of one block, each made text when asked for."""

    def __init__(self, blob: bytes, ends: NDArray[np.int64]) -> None:
        self._blob = blob
        self._ends = ends

    def __len__(self) -> int:
        return len(self._ends)

    def raw(self, i: int) -> bytes:
        """The bytes of name i."""
        return self._blob[int(self._ends[i - 1]) if i else 0 : int(self._ends[i])]

    def __getitem__(self, i: int) -> str:  # type: ignore[override]
        return self.raw(i).decode("utf-8", "replace")

    def find(self, name: bytes) -> int | None:
        """The first place of a name in a block in name order."""
        at = self.at_least(name)
        return at if at < len(self) and self.raw(at) == name else None

    def at_least(self, name: bytes) -> int:
        """The first place whose name is not before this one, in a block in name order."""
        low, high = 0, len(self)
        while low < high:
            middle = (low + high) // 2
            if self.raw(middle) < name:
                low = middle + 1
            else:
                high = middle
        return low


def reversed_name(name: str) -> bytes:
    """com.example of example.com, as bytes; and example.com of com.example."""
    return ".".join(reversed(name.split("."))).encode("utf-8", "surrogateescape")


def unpack_front(data: bytes, n: int) -> Names:
    """Undo `pack_front`. Raises: CorruptIndex."""
    raw = inflated(data)
    marks = raw[raw >= MARK]
    out = np.empty(len(raw) + int((marks.astype(np.int64) - MARK).sum()), np.uint8)
    ends = np.zeros(n, np.int64)
    return _names(decoder(n * _A_NAME).read_front(raw, out, ends), n, out, ends)


def _names(found: int, n: int, out: NDArray[np.uint8], ends: NDArray[np.int64]) -> Names:
    if found != n:
        raise CorruptIndex(f"a block of names has {found} names instead of {n}", hint=_HINT)
    return Names(out[: int(ends[-1]) if n else 0].tobytes(), ends)
