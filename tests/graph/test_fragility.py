"""What rests on the strongest sources, against solving anew without their links."""

from __future__ import annotations

import numpy as np
import pytest
from dense_votes import DAMPING, POLICIES, random_votes

from inlink.errors import NotFound
from inlink.graph.fragility import fragility


@pytest.mark.parametrize("policy", POLICIES, ids=lambda p: f"{p.follow}-{p.weight}")
def test_losing_the_strongest_is_a_full_recomputation(policy) -> None:  # type: ignore[no-untyped-def]
    rng = np.random.default_rng(11)
    for _ in range(20):
        votes = random_votes(rng, policy, n=int(rng.integers(4, 24)))
        mass, step, _, _ = votes.solve()
        node = int(np.argmax((step > 0).sum(0)))
        found = fragility(votes.walk(), node, policy=policy, counts_of=votes.counts)
        carried = DAMPING * mass * step[:, node]
        strongest = np.lexsort((np.arange(votes.n), -carried))[: len(found.sources)]
        np.testing.assert_allclose(carried[found.sources], carried[strongest], rtol=1e-12)
        for rest in found.rests:
            after = votes.copy()
            for source in found.sources[: rest.n_lost]:
                after.lose(int(source), node)
            want = float(after.solve()[0][node])
            assert rest.after.after == pytest.approx(want, rel=1e-9, abs=1e-15)
            assert rest.share == pytest.approx(1 - want / mass[node], abs=1e-9)


def test_sets_are_cut_to_the_sources_that_there_are() -> None:
    rng = np.random.default_rng(12)
    votes = random_votes(rng, POLICIES[0], n=12)
    votes.pages[:, 3] = votes.follow_pages[:, 3] = votes.hosts[:, 3] = votes.follow_hosts[:, 3] = 0
    assert fragility(votes.walk(), 3).rests == ()
    votes.add(0, 3, is_follow=True)
    votes.add(1, 3, is_follow=True)
    assert [rest.n_lost for rest in fragility(votes.walk(), 3).rests] == [1, 2]
    with pytest.raises(NotFound):
        fragility(votes.walk(), 12)
