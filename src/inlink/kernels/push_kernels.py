"""The kernels of reverse push: find what to push, push it; and the pull that tells how much of each walk leaks."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from inlink.kernels.jit import compiled, compiled_bare
from inlink.kernels.prefetch import prefetch

Words = NDArray[np.uint32]
Longs = NDArray[np.int64]
Floats = NDArray[np.float64]
Singles = NDArray[np.float32]

PUSHED = 1e-300  # received by a node that was touched, and pushed since: as good as nothing, but not 0
_BUFFER = 4096


@compiled
def find_large(
    received: Floats,
    out_weight: Floats,
    mass: Floats,
    among: Words,
    damping: float,
    threshold: float,
    frontier: Words,
) -> tuple[int, float, float]:
    """List the nodes whose residual is above the threshold; how many, the largest residual, the unresolved mass.

    `among`: the nodes to look at; all where it is empty. Without mass nothing is unresolved.
    """
    largest = unresolved = 0.0
    n_frontier, has_mass, all_nodes = 0, len(mass) > 0, len(among) == 0
    for k in range(len(received) if all_nodes else len(among)):
        node = np.int64(k) if all_nodes else np.int64(among[k])
        if received[node] <= PUSHED or not out_weight[node] > 0.0:
            continue
        residual = damping * received[node] / out_weight[node]
        largest = max(largest, residual)
        if has_mass:
            unresolved += residual * mass[node]
        if residual > threshold:
            frontier[n_frontier] = node
            n_frontier += 1
    return n_frontier, largest, unresolved


@compiled
def push_nodes(
    offsets: Longs,
    neighbours: Words,
    weights: Singles,
    out_weight: Floats,
    damping: float,
    frontier: Words,
    touched: Words,
    n_touched: int,
    target: int,
    limit: int,
    received: Floats,
    settled: Floats,
) -> tuple[int, int, int]:
    """Push the frontier's residuals; how many nodes were pushed and touched, and how many edges looked at.

    Edges are gathered in a buffer, and the lines they lead to asked for, before anything is added: so most of the
    waiting is done at once. `target`: the node whose residual is 1 and was not received; -1: none.
    """
    buffer_nodes, buffer_values = np.empty(_BUFFER, np.uint32), np.empty(_BUFFER, np.float64)
    weighted, edges, filled, pushed = len(weights) > 0, 0, 0, 0
    for node in frontier:
        low, high = offsets[node], offsets[node + 1]
        if edges + (high - low) > limit:
            break
        value = 1.0
        if np.int64(node) != target:
            value = damping * received[node] / out_weight[node]
            received[node] = PUSHED
        settled[node] += value
        edges += high - low
        pushed += 1
        for k in range(low, high):
            source = neighbours[k]
            prefetch(received, source)
            buffer_nodes[filled] = source
            buffer_values[filled] = value * max(np.float64(weights[k]), PUSHED) if weighted else value
            filled += 1
            if filled == _BUFFER:
                n_touched = _add(buffer_nodes, buffer_values, filled, received, touched, n_touched)
                filled = 0
    n_touched = _add(buffer_nodes, buffer_values, filled, received, touched, n_touched)
    return pushed, n_touched, edges


@compiled_bare
def _add(nodes: Words, values: Floats, filled: int, received: Floats, touched: Words, n_touched: int) -> int:
    """Add the buffered values to what the nodes received; how many nodes are touched now."""
    for k in range(filled):
        node = nodes[k]
        before = received[node]
        if before == 0.0:
            touched[n_touched] = node
            n_touched += 1
        received[node] = before + values[k]
    return n_touched


@compiled
def leaks_of(offsets: Longs, weights: Singles, out_weight: Floats, leak: Floats) -> None:
    """The share of each node's out-weight that follows no link."""
    for node in range(len(leak)):
        total = np.float64(offsets[node + 1] - offsets[node])
        if len(weights):
            total = np.float64(0.0)
            for k in range(offsets[node], offsets[node + 1]):
                total += np.float64(weights[k])
        leak[node] = max(0.0, 1.0 - total / out_weight[node]) if out_weight[node] > 0.0 else 1.0


@compiled
def pull_visits(
    offsets: Longs,
    neighbours: Words,
    weights: Singles,
    out_weight: Floats,
    damping: float,
    constant: Floats,
    before: Floats,
    after: Floats,
) -> float:
    """after = constant + a Q before; the largest change."""
    change = 0.0
    for node in range(len(after)):
        total = 0.0
        for k in range(offsets[node], offsets[node + 1]):
            weight = np.float64(weights[k]) if len(weights) else 1.0
            total += weight * before[neighbours[k]]
        value = constant[node]
        if out_weight[node] > 0.0:
            value += damping * total / out_weight[node]
        change = max(change, abs(value - before[node]))
        after[node] = value
    return change
