"""The two orders of a release: by name, in which its blocks stand, and by rank, which numbers its domains."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from inlink.errors import BadInput
from inlink.graph.blocks import name_kernel as kernel
from inlink.graph.blocks.name_pack import NameTable

# The rank that numbers the domains: the first of these that is there; without any, the number of in-links.
BY = ("mass", "cc_pagerank", "cc_harmonic")
Kind = TypeVar("Kind", bound=np.generic)
_NAMES = 1 << 20
_OTHER = "names and edges are of different releases"
_DIGITS = 33  # bits of a mantissa that are compared: ten digits


def collect_names(batches: Iterable[list[bytes]], folder: Path, n: int) -> NameTable:
    """All names in one file beside the release, so that memory does not hold them.

    Raises: BadInput where there are more or fewer than n.
    """
    path = folder / "names.tmp"
    offsets = np.lib.format.open_memmap(folder / "offsets.tmp", mode="w+", dtype=np.int64, shape=(n + 1,))
    place, total = 0, 0
    offsets[0] = 0
    with path.open("wb") as stream:
        for batch in batches:
            lengths = np.fromiter(map(len, batch), np.int64, len(batch))
            if place + len(batch) > n:
                raise BadInput(f"there are more than {n} names", hint=_OTHER)
            ends = np.cumsum(lengths) + total
            offsets[place + 1 : place + 1 + len(batch)] = ends
            place += len(batch)
            total = int(ends[-1]) if len(batch) else total
            stream.write(b"".join(batch))
        stream.write(b"\0")
    if place != n:
        raise BadInput(f"there are {place} names for {n} domains", hint=_OTHER)
    offsets.flush()
    blob = np.memmap(path, np.uint8, "r")
    return NameTable(frozen(blob), frozen(offsets))


def check_names(names: NameTable, n: int) -> None:
    """Raises: BadInput where there are more or fewer than n names, or one is empty."""
    if len(names) != n:
        raise BadInput(f"there are {len(names)} names for {n} domains", hint=_OTHER)
    for start in range(0, n, _NAMES):
        lengths = np.diff(names.offsets[start : start + _NAMES + 1])
        if not lengths.all():
            line = start + int(np.argmin(lengths))
            raise BadInput(f"the name of line {line} is empty", hint="fetch the vertices again")


def frozen(values: NDArray[Kind]) -> NDArray[Kind]:
    """A read-only plain view, so that kernels are compiled once."""
    view = np.asarray(values).view(np.ndarray)
    view.flags.writeable = False
    return view


def by_name(names: NameTable) -> tuple[NDArray[np.uint32] | None, int]:
    """(line of each place, None where lines are in order already; names that occur again)."""
    n_breaks, n_equal = kernel.count_breaks(names.blob, names.offsets)
    if not n_breaks:
        return None, n_equal
    order = kernel.order_of_names(names.blob, names.offsets, n_breaks)
    return order, kernel.count_equal(names.blob, names.offsets, order)


def by_rank(
    ranks: Mapping[str, NDArray[np.float64]], in_degrees: NDArray[np.int64], lines: NDArray[np.uint32] | None
) -> tuple[str, NDArray[np.uint32], NDArray[np.uint32]]:
    """(name of the rank, place of each node, how many of the same rank stand behind each node).

    Strongest first, domains without in-links last (0 behind each of these), ties by name. Values are compared to ten
    digits. Memory: some 35 bytes a domain while it sorts.
    """
    chosen = next((name for name in BY if name in ranks), "n_in")
    values = np.asarray(ranks[chosen], np.float64) if chosen in ranks else in_degrees.astype(np.float64)
    if lines is not None:
        values, in_degrees = values[lines], in_degrees[lines]
    mantissa, exponent = np.frexp(values)
    np.round(np.ldexp(mantissa, _DIGITS, out=mantissa), out=mantissa)
    key = np.ldexp(mantissa, exponent - _DIGITS, out=mantissa)
    np.negative(key, out=key)
    key[np.isnan(key)] = np.inf
    order = np.argsort(key, kind="stable").astype(np.uint32)
    is_linked = in_degrees[order] > 0
    linked = order[is_linked]
    behind = np.zeros(len(order), np.uint32)
    behind[: len(linked)] = _behind(key[linked])
    return chosen, np.concatenate([linked, order[~is_linked]]), behind


def _behind(key: NDArray[np.float64]) -> NDArray[np.uint32]:
    """How many equal keys stand behind each. Shapes: key ascending."""
    is_last = np.ones(len(key), np.bool_)
    np.not_equal(key[1:], key[:-1], out=is_last[:-1])
    last = np.flatnonzero(is_last)
    behind = np.repeat(last.astype(np.uint32), np.diff(last, prepend=-1))
    behind -= np.arange(len(key), dtype=np.uint32)
    return behind


def head_nodes(
    n_in: NDArray[np.generic], n_out: NDArray[np.generic], node_of_line: NDArray[np.uint32], count: int
) -> NDArray[np.uint32]:
    """The nodes that most lists hold, in-lists and out-lists together, ascending: equal ones by node."""
    n = len(node_of_line)
    uses = np.empty(n, np.uint64)
    uses[node_of_line] = n_in
    uses[node_of_line] += n_out.astype(np.uint64)
    if n <= count:
        return np.arange(n, dtype=np.uint32)
    least = np.partition(uses, n - count)[n - count]
    surely = np.flatnonzero(uses > least)
    ties = np.flatnonzero(uses == least)[: count - len(surely)]
    return np.sort(np.concatenate([surely, ties])).astype(np.uint32)
