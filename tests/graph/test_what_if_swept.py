"""What-if from a column that came from sweeps, with coarse leaks and little work: within its bound of a dense solve."""

from __future__ import annotations

import numpy as np
import pytest
from dense_votes import POLICIES, random_votes

from inlink.graph.origins import swept
from inlink.graph.what_if import nodes_of, solved, target_row
from inlink.graph.what_if_columns import PushColumns
from inlink.graph.what_if_forward import Forward
from inlink.graph.what_if_wishes import Wish, judge

N_GRAPHS = 200


@pytest.mark.parametrize("policy", POLICIES, ids=lambda p: f"{p.follow}-{p.weight}")
@pytest.mark.parametrize(("work", "row_work"), [(40, None), (40, 10), (40, 1000), (100_000, None)])
def test_the_truth_lies_within_the_bound(policy, work, row_work) -> None:  # type: ignore[no-untyped-def]
    rng = np.random.default_rng(11)
    for _ in range(N_GRAPHS // len(POLICIES)):
        votes = random_votes(rng, policy, n=int(rng.integers(6, 50)))
        walk, node = votes.walk(), int(rng.integers(votes.n))
        new, lost = (int(s) for s in rng.choice(np.delete(np.arange(votes.n), node), 2, replace=False))
        wishes = [Wish("new", new), Wish("lost", lost, is_added=False)]
        judged = judge(walk, node, wishes, policy, votes.counts, by_pages=votes.by_pages)
        edits = [one.edit for one in judged if one.edit]
        after = votes.copy()
        after.lose(lost, node)
        after.add(new, node, is_follow=True)
        truth = float(after.solve()[0][node])
        forward = Forward(walk)
        forward.know_leaks(threads=1)
        known = swept(walk, node, 0.01 * float(walk.mass[node]), threads=1)
        row = None if row_work is None else target_row(walk, forward, known, work=row_work)
        columns = PushColumns(walk, nodes_of(node, edits), work=work, forward=forward, target=row)
        columns.know(known)
        found = solved(walk, edits, node, columns)
        assert abs(found.after - truth) <= found.error + 1e-12 * truth


@pytest.mark.parametrize("policy", POLICIES, ids=lambda p: f"{p.follow}-{p.weight}")
def test_visits_by_a_row_lie_within_their_bounds(policy) -> None:  # type: ignore[no-untyped-def]
    rng = np.random.default_rng(5)
    for _ in range(40):
        votes = random_votes(rng, policy, n=int(rng.integers(6, 50)))
        walk, node = votes.walk(), int(rng.integers(votes.n))
        forward = Forward(walk)
        if rng.random() < 0.7:
            forward.know_leaks(threads=1)
        known = swept(walk, node, 0.01 * float(walk.mass[node]), threads=1)
        row = target_row(walk, forward, known, work=int(rng.integers(1, 200)))
        shares = np.zeros((walk.n, walk.n))
        for target in range(walk.n):
            sources, weights = walk.in_links(target)
            shares[sources, target] = weights / walk.out_weight[sources]
        truth = np.linalg.inv(np.eye(walk.n) - walk.damping * shares)[node]
        for other in range(walk.n):
            value, error = row.seen.visits_of(walk, other)
            assert value - 1e-12 <= truth[other] <= value + error + 1e-12
            assert error < 4.0
