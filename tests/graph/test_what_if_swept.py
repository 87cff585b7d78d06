"""What-if from a column that came from sweeps, with coarse leaks and little work: within its bound of a dense solve."""

from __future__ import annotations

import numpy as np
import pytest
from dense_votes import POLICIES, random_votes

from inlink.graph.origins import swept
from inlink.graph.what_if import nodes_of, solved
from inlink.graph.what_if_columns import PushColumns
from inlink.graph.what_if_forward import Forward
from inlink.graph.what_if_wishes import Wish, judge

N_GRAPHS = 200


@pytest.mark.parametrize("policy", POLICIES, ids=lambda p: f"{p.follow}-{p.weight}")
@pytest.mark.parametrize("work", [40, 100_000])
def test_the_truth_lies_within_the_bound(policy, work) -> None:  # type: ignore[no-untyped-def]
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
        columns = PushColumns(walk, nodes_of(node, edits), work=work, forward=forward)
        columns.know(swept(walk, node, 0.01 * float(walk.mass[node]), threads=1))
        found = solved(walk, edits, node, columns)
        assert abs(found.after - truth) <= found.error + 1e-12 * truth
