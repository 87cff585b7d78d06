"""Connected components: weakly by union-find, strongly by Pearce's form of Tarjan's search.

The label of a component is its smallest node, so the result does not depend on the order of the work.

Source: Pearce, A Space-Efficient Algorithm for Finding Strongly Connected Components (2016); Rem's union by index with
path halving, as in Patwary, Blair, Manne, Experiments on Union-Find Algorithms (2010).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from inlink.errors import BadInput
from inlink.kernels.csr import Csr
from inlink.kernels.jit import compiled, compiled_bare
from inlink.kernels.views import read_only

Words = NDArray[np.uint32]
Longs = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Components:
    """Which component each node is in.

    Shapes: labels uint32 (n,), the smallest node of the component; n_components; the label and the size of the
    largest one (the one with the smallest label where two are equal; -1 and 0 without nodes).
    """

    labels: Words
    n_components: int
    largest: int
    largest_size: int

    def sizes(self) -> tuple[Words, Longs]:
        """The labels, ascending, and how many nodes each has."""
        labels, sizes = np.unique(self.labels, return_counts=True)
        return labels, sizes.astype(np.int64)


def weakly_connected(links: Csr, other: Csr | None = None) -> Components:
    """Components of nodes that links join, whatever their direction.

    Shapes: links (n, n), inward or outward; `other`, the same turned round, is not needed.
    Raises: BadInput: a neighbour is not below n.    Cost: one pass over the edges, nearly linear; 4 n bytes.
    """
    labels = np.arange(links.n, dtype=np.uint32)
    if not _join(read_only(links.offsets), read_only(links.neighbours), labels):
        raise _out_of_range(links.n)
    return _components(labels)


def strongly_connected(outward: Csr) -> Components:
    """Components of nodes that reach each other along links.

    Shapes: outward (n, n); inward gives the same components.
    Raises: BadInput: a neighbour is not below n.    Cost: one depth-first pass over the edges; 21 n bytes.
    """
    labels = np.zeros(outward.n, np.uint32)
    if not _search(read_only(outward.offsets), read_only(outward.neighbours), labels):
        raise _out_of_range(outward.n)
    return _components(labels)


def _components(labels: Words) -> Components:
    """The labels with their sums."""
    if not len(labels):
        return Components(labels, 0, -1, 0)
    sizes = np.bincount(labels, minlength=len(labels))
    largest = int(sizes.argmax())
    return Components(labels, int(np.count_nonzero(sizes)), largest, int(sizes[largest]))


def _out_of_range(n: int) -> BadInput:
    return BadInput(f"a neighbour is not below {n}", hint="Both ends of an edge are nodes of one graph.")


@compiled_bare
def _root(parent: Words, node: np.int64) -> np.int64:
    """The smallest node known to be joined with this one; paths are halved on the way."""
    at = node
    above = np.int64(parent[np.uint64(at)])
    while above != at:
        higher = np.int64(parent[np.uint64(above)])
        parent[np.uint64(at)] = higher
        at, above = higher, np.int64(parent[np.uint64(higher)])
    return at


@compiled
def _join(offsets: Longs, neighbours: Words, parent: Words) -> bool:
    """Make the parent of each node the smallest of its component; whether all neighbours are nodes."""
    n = len(parent)
    for row in range(n):
        mine = _root(parent, np.int64(row))
        for k in range(offsets[row], offsets[row + 1]):
            node = np.int64(neighbours[k])
            if node >= n:
                return False
            if np.int64(parent[np.uint64(node)]) == mine:
                continue
            theirs = _root(parent, node)
            if theirs < mine:
                parent[mine] = theirs
                mine = theirs
            else:
                parent[theirs] = mine
    for row in range(n):  # a parent is never above its child: it is final before the child is
        parent[row] = parent[parent[row]]
    return True


@compiled
def _search(offsets: Longs, neighbours: Words, labels: Words) -> bool:
    """Label each node by the smallest of its strong component; whether all neighbours are nodes.

    seen[v] is 0 for a node not reached yet, else the least visiting number that it is known to reach (from 1), and
    n + 1 once its component is done. `path` holds the nodes of the search from its start, `open_nodes` those whose
    component is not known.
    """
    n = len(labels)
    done = n + 1
    seen = np.zeros(n, np.int64)
    at_edge = np.empty(n, np.int64)
    path = np.empty(n, np.uint32)
    open_nodes = np.empty(n, np.uint32)
    is_root = np.zeros(n, np.bool_)
    visited = 0
    for start in range(n):
        if seen[start]:
            continue
        depth, n_open = 0, 0
        path[0] = start
        visited += 1
        seen[start], at_edge[start], is_root[start] = visited, offsets[start], True
        while depth >= 0:
            node = np.int64(path[depth])
            k, end = at_edge[node], offsets[node + 1]
            child = np.int64(-1)
            least = seen[node]
            while k < end:
                other = np.int64(neighbours[k])
                if other >= n:
                    return False
                reached = seen[other]
                if reached == 0:
                    child = other
                    break
                if reached < least:
                    least = reached
                    is_root[node] = False
                k += 1
            seen[node] = least
            at_edge[node] = k
            if child >= 0:  # its edge is looked at again when it is done, and then tells what it reaches
                depth += 1
                path[depth] = child
                visited += 1
                seen[child], at_edge[child], is_root[child] = visited, offsets[child], True
                continue
            depth -= 1
            if is_root[node]:
                n_open = _close(seen, open_nodes, n_open, node, done, labels)
            else:
                open_nodes[n_open] = node
                n_open += 1
    return True


@compiled_bare
def _close(seen: Longs, open_nodes: Words, n_open: int, root: np.int64, done: int, labels: Words) -> int:
    """Take the component of `root` off the open nodes and label it; how many stay open."""
    end, number, smallest = n_open, seen[root], np.uint32(root)
    while n_open and seen[open_nodes[n_open - 1]] >= number:
        n_open -= 1
        smallest = min(smallest, open_nodes[n_open])
    for k in range(n_open, end):
        seen[open_nodes[k]] = done
        labels[open_nodes[k]] = smallest
    seen[root] = done
    labels[root] = smallest
    return n_open
