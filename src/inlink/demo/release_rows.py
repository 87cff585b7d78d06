"""Edges and lines of a made-up release: compiled, so that hundreds of millions of edges take a minute."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from inlink.kernels.jit import compiled, compiled_bare

DANGLING_SHARE = 0.62
GLOBAL_SHARE = 0.65  # of the targets; the others are near their source
SELF_LOOP_EVERY = 64  # sources
DUPLICATE_EVERY = 1024  # edges

_ONE = np.uint64(0x9E3779B97F4A7C15)
_TWO = np.uint64(0xBF58476D1CE4E5B9)
_THREE = np.uint64(0x94D049BB133111EB)
_SCATTER = np.uint64(2654435761)
_TAB, _NEWLINE, _ZERO = 9, 10, 48


@compiled_bare
def mixed(value: np.uint64) -> np.uint64:
    """A pseudo-random number that depends on the value alone. Source: Steele et al., SplitMix (2014)."""
    value += _ONE
    value = (value ^ (value >> np.uint64(30))) * _TWO
    value = (value ^ (value >> np.uint64(27))) * _THREE
    return value ^ (value >> np.uint64(31))


@compiled_bare
def _unit(value: np.uint64) -> float:
    """A number above 0 and at most 1."""
    return (np.float64(value >> np.uint64(11)) + 1.0) / 9007199254740992.0


@compiled
def make_rows(first: int, n: int, seed: int, least: float, targets: NDArray[np.uint32], ends: NDArray[np.int64]) -> int:
    """Out-lists of the sources first, first + 1, … ascending and unique, until `targets` or `ends` is full or n is
    reached; gives how many sources.

    Out-degrees follow a power law from `least` on; a share of the sources has none. Targets are popular ones anywhere
    (Zipf, exponent 0.75) or neighbours. A source may be its own target.
    """
    most = max(1, min(n // 8, len(targets) // 2))
    fill = rows = 0
    while rows < len(ends) and first + rows < n:
        source = np.uint64(first + rows)
        draw = mixed(source * np.uint64(4) + mixed(np.uint64(seed)))
        degree = 0
        if _unit(draw) > DANGLING_SHARE:
            degree = int(min(np.float64(most), least * _unit(mixed(draw)) ** (-1.0 / 1.3)))
        if fill + degree + 1 > len(targets):
            break
        start = fill
        for _ in range(degree):
            draw = mixed(draw)
            kind, where = _unit(draw), _unit(mixed(draw ^ _TWO))
            if kind <= GLOBAL_SHARE:
                rank = np.uint64(min(np.float64(n - 1), n * where * where * where * where))
                target = np.int64((rank * _SCATTER + np.uint64(n // 3)) % np.uint64(n))
            else:
                step = np.int64(where * where * where * max(2, n // 500)) + 1
                target = (np.int64(source) + (step if kind <= (1.0 + GLOBAL_SHARE) / 2 else -step)) % n
            targets[fill] = target
            fill += 1
        if degree and first + rows and (first + rows) % SELF_LOOP_EVERY == 0:
            targets[fill] = source
            fill += 1
        targets[start:fill].sort()
        kept = start
        for k in range(start, fill):
            if kept == start or targets[k] != targets[kept - 1]:
                targets[kept] = targets[k]
                kept += 1
        fill = kept
        ends[rows] = fill
        rows += 1
    return rows


@compiled_bare
def _write_number(number: int, out: NDArray[np.uint8], at: int) -> int:
    digits = 1
    above = np.int64(10)
    while number >= above:
        above *= 10
        digits += 1
    for k in range(digits - 1, -1, -1):
        out[at + k] = _ZERO + number % 10
        number //= 10
    return at + digits


@compiled
def write_edges(
    first: int,
    targets: NDArray[np.uint32],
    ends: NDArray[np.int64],
    in_degrees: NDArray[np.uint32],
    out: NDArray[np.uint8],
    counts: NDArray[np.int64],
) -> int:
    """Lines of edges; gives their bytes. counts: edges that count, self-loops, repeated lines (added to).

    in_degrees: of edges that count, added to.    Shapes: out has 24 bytes for each target and 24 more for repetitions.
    """
    at = start = 0
    for row in range(len(ends)):
        source = first + row
        for k in range(start, ends[row]):
            begin = at
            at = _write_number(source, out, at)
            out[at] = _TAB
            at = _write_number(int(targets[k]), out, at + 1)
            out[at] = _NEWLINE
            at += 1
            if targets[k] == source:
                counts[1] += 1
                continue
            counts[0] += 1
            in_degrees[targets[k]] += 1
            if mixed(np.uint64(source) ^ (np.uint64(targets[k]) << np.uint64(20))) % np.uint64(DUPLICATE_EVERY) == 0:
                size = at - begin
                for b in range(size):
                    out[at + b] = out[begin + b]
                at += size
                counts[2] += 1
        start = ends[row]
    return at


@compiled
def write_vertices(
    first: int,
    tld: NDArray[np.uint8],
    labels: NDArray[np.uint8],
    tails: NDArray[np.uint8],
    tail_ends: NDArray[np.int64],
    tail_of: NDArray[np.uint8],
    n_hosts: NDArray[np.uint32],
    out: NDArray[np.uint8],
) -> int:
    """Lines `id TAB tld.label[.tail] [TAB n_hosts]`; gives their bytes.

    Shapes: labels (k, width); n_hosts (k,) or (0,).
    tails: texts end to end, tail_ends (t + 1,); tail_of (k,) says which one a name has.
    """
    at = 0
    for k in range(len(labels)):
        at = _write_number(first + k, out, at)
        out[at] = _TAB
        at += 1
        for byte in tld:
            out[at] = byte
            at += 1
        out[at] = 46
        at += 1
        for byte in labels[k]:
            out[at] = byte
            at += 1
        for b in range(tail_ends[tail_of[k]], tail_ends[tail_of[k] + 1]):
            out[at] = tails[b]
            at += 1
        if len(n_hosts):
            out[at] = _TAB
            at = _write_number(int(n_hosts[k]), out, at + 1)
        out[at] = _NEWLINE
        at += 1
    return at
