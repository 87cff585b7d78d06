"""Which domains of a release are infrastructure, hosting platforms, social networks, …: by index/flags.toml."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from inlink.graph.blocks.directory import Flagged
from inlink.graph.blocks.name_pack import NameTable
from inlink.graph.blocks.names import reversed_name
from inlink.index.flags import read_flags

MOST = 20_000  # flagged names of a host release that are listed: the strongest


def flagged_domains(
    names: NameTable,
    line_of_place: NDArray[np.uint32] | None,
    node_of_line: NDArray[np.uint32],
    place_of_node: NDArray[np.uint32],
    behind: NDArray[np.uint32],
    kind: str,
) -> tuple[Flagged, ...]:
    """The domains that have flags, by node. In a release of hosts: all hosts of these domains, the strongest MOST."""
    nodes: list[NDArray[np.uint32]] = []
    owners: list[str] = []
    known = read_flags()
    for owner in known:
        raw = reversed_name(owner)
        spans = [(raw, raw + b"\0")]
        if kind.startswith("host"):
            spans.append((raw + b".", raw + b"/"))
        for low, high in spans:
            places = slice(_place(names, line_of_place, low), _place(names, line_of_place, high))
            lines = np.arange(places.start, places.stop) if line_of_place is None else line_of_place[places]
            strongest = np.sort(node_of_line[lines])[:MOST]
            nodes.append(strongest)
            owners.extend([owner] * len(strongest))
    every = np.concatenate(nodes)
    owner_of_node = dict(zip(every.tolist(), owners, strict=True))
    return tuple(
        Flagged(node, _name(names, node, place_of_node, line_of_place), known[owner_of_node[node]], int(behind[node]))
        for node in sorted(owner_of_node)[:MOST]
    )


def _name(
    names: NameTable, node: int, place_of_node: NDArray[np.uint32], line_of_place: NDArray[np.uint32] | None
) -> str:
    place = int(place_of_node[node])
    return names.name(place if line_of_place is None else int(line_of_place[place])).decode("latin-1")


def _place(names: NameTable, line_of_place: NDArray[np.uint32] | None, name: bytes) -> int:
    """The first place whose name is not before `name`."""
    low, high = 0, len(names)
    while low < high:
        middle = (low + high) // 2
        if names.name(middle if line_of_place is None else int(line_of_place[middle])) < name:
            low = middle + 1
        else:
            high = middle
    return low


def bits_of(nodes: NDArray[np.uint32] | list[int], n: int) -> NDArray[np.uint8]:
    """A bit for each of n nodes, set for those given, lowest bit first."""
    bits = np.zeros(n, np.uint8)
    bits[np.asarray(nodes, np.int64)] = 1
    return np.packbits(bits, bitorder="little")
