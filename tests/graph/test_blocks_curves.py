"""Ranks kept as what is left of a curve come back to the last bit, whatever they are and wherever they stand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inlink.graph.blocks.curves import CELLS, along, curve_of, from_facts, shift_of, to_facts

ODD = np.array([0.0, -0.0, 1e-45, 3.4e38, -3.4e38, np.inf, -np.inf, np.nan, 1.0], np.float32)


@given(st.integers(1, 300_000), st.integers(0, 2**32 - 1))
@settings(max_examples=30, deadline=None)
def test_any_values_come_back(n: int, seed: int) -> None:
    random = np.random.default_rng(seed)
    values = random.choice(ODD, n) if seed % 2 else random.integers(0, 2**32, n, np.uint32).view(np.float32)
    positions = random.integers(0, 2**32, n).astype(np.float64)
    positions[random.random(n) < 0.2] = np.nan
    curve = curve_of(values, positions, "x_position", n)
    at = np.nan_to_num(positions, nan=0.0).astype(np.uint32)
    again = from_facts(to_facts({"x": curve}), ["x", "x_position"], "mass", n)["x"]
    assert (again.more(curve.less(values, at), at).view(np.uint32) == values.view(np.uint32)).all()


@pytest.mark.parametrize("n", [100, 200_000])
def test_little_is_left_of_ranks_that_fall(n: int) -> None:
    random = np.random.default_rng(1)
    values = -np.sort(-random.pareto(1.2, n) - 1e-3).astype(np.float32) * np.float32(1e-9)
    order = random.permutation(n)
    curve = curve_of(values[order], order.astype(np.uint32), "node", n)
    left = curve.less(values[order], order.astype(np.uint32))
    assert np.median(left) < 2**14 and len(curve.points) <= 2 * CELLS + 2
    assert np.median(left) * 1000 < np.median(values.view(np.uint32))


def test_what_a_rank_falls_with() -> None:
    names = ["node", "n_in", "cc_pagerank", "cc_pagerank_position", "mass", "other"]
    assert along(names, "mass") == {"cc_pagerank": "cc_pagerank_position", "mass": "node"}
    assert along(names, "n_in") == {"cc_pagerank": "cc_pagerank_position", "n_in": "node"}
    assert [shift_of(n) for n in (1, CELLS, CELLS + 1, 121_000_000)] == [0, 0, 1, 14]
