"""What the same-page key leaves out: default index names and tracking parameters, read from folds.txt."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib.resources import files

INDEX = 1
PARAMETER = 2
PREFIX = 4

_KINDS = {"index": INDEX, "param": PARAMETER}


@dataclass(frozen=True, slots=True)
class FoldTable:
    """The names for the key kernel, ordered by first byte.

    Shapes: name n is names[starts[n] : starts[n + 1]]; those with first byte b are buckets[b] <= n < buckets[b + 1];
    kinds[n] is INDEX or PARAMETER, plus PREFIX where a name need only begin so.
    """

    names: bytes
    starts: tuple[int, ...]
    kinds: tuple[int, ...]
    buckets: tuple[int, ...]

    @property
    def arrays(self) -> tuple[bytes, tuple[int, ...], tuple[int, ...], tuple[int, ...]]:
        """The four columns, as the key kernel takes them."""
        return self.names, self.starts, self.kinds, self.buckets


def fold_names() -> list[tuple[bytes, int]]:
    """(name, kind) of every line of folds.txt, in order."""
    text = (files("inlink.urls") / "folds.txt").read_text("ascii")
    found = []
    for line in text.splitlines():
        if line and not line.startswith("#"):
            word, name = line.split()
            kind = _KINDS[word] | (PREFIX if name.endswith("*") else 0)
            found.append((name.rstrip("*").encode(), kind))
    return found


@cache
def fold_table() -> FoldTable:
    """The names that fold, as tables."""
    names = sorted(fold_names())
    starts, buckets = [0], [0] * 257
    for name, _ in names:
        starts.append(starts[-1] + len(name))
        buckets[name[0] + 1] += 1
    for byte in range(256):
        buckets[byte + 1] += buckets[byte]
    return FoldTable(b"".join(n for n, _ in names), tuple(starts), tuple(k for _, k in names), tuple(buckets))
