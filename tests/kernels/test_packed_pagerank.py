"""PageRank from packed rows has the bits of PageRank from arrays."""

from __future__ import annotations

import numpy as np
import pytest

from inlink.kernels.csr import csr_of_edges
from inlink.kernels.packed_write import packed_of_csr
from inlink.kernels.pagerank import pagerank


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("precision", ["mixed", "double"])
def test_same_bits(weighted: bool, precision: str) -> None:
    rng = np.random.default_rng(11)
    n, m = 5_000, 60_000
    sources, targets = rng.integers(0, n // 2, m), (n * rng.random(m) ** 3).astype(np.int64)
    inward = csr_of_edges(targets, sources, n, rng.random(m) if weighted else None)
    spent = np.ones(inward.m) if inward.weights is None else inward.weights
    out_weight = np.bincount(inward.neighbours, spent, minlength=n)
    packed = packed_of_csr(inward, segment_edges=10_000)
    one = pagerank(inward, out_weight, precision=precision, threads=1)  # type: ignore[arg-type]
    for threads in (1, 2):
        other = pagerank(packed, out_weight, precision=precision, threads=threads)  # type: ignore[arg-type]
        assert (other.mass == one.mass).all()
        assert other.iterations == one.iterations
