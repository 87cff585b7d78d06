"""What-if against a full recomputation by a dense solve: 300 random edits of every named case."""

from __future__ import annotations

import zlib

import numpy as np
import pytest
from dense_votes import POLICIES, DenseVotes, random_votes

from inlink.errors import BadInput, NotFound
from inlink.graph.explain_walk import Walk
from inlink.graph.policy import Policy
from inlink.graph.what_if import WhatIf, what_if
from inlink.graph.what_if_columns import PushColumns
from inlink.graph.what_if_masses import mass_after
from inlink.graph.what_if_rows import Edit
from inlink.graph.what_if_wishes import CASES, Wish
from inlink.kernels.push import reverse_push

N_EDITS = 300
CLOSE = 1e-9


def recomputed(votes: DenseVotes, target: int, wishes: list[Wish]) -> float:
    """The target's mass after all wishes, lost ones first, by solving anew."""
    after = votes.copy()
    new: dict[str, int] = {}
    for wish in sorted(wishes, key=lambda one: one.is_added):
        dropped = wish.is_added and not wish.is_follow and votes.policy.follow == "drop"
        if wish.source == target or dropped or (wish.source is None and not wish.is_added):
            continue
        source = wish.source
        if source is None:
            if wish.name not in new:
                after = after.grown()
                new[wish.name] = after.n - 1
            source = new[wish.name]
        if wish.is_added:
            after.add(source, target, is_follow=wish.is_follow)
        else:
            after.lose(source, target)
    return float(after.solve()[0][target])


def asked(votes: DenseVotes, target: int, wishes: list[Wish]) -> WhatIf:
    return what_if(votes.walk(), target, wishes, policy=votes.policy, counts_of=votes.counts, by_pages=votes.by_pages)


def random_wish(rng: np.random.Generator, n: int) -> Wish:
    source = None if rng.random() < 0.1 else int(rng.integers(n))
    name = f"new{rng.integers(2)}" if source is None else str(source)
    return Wish(name, source, is_added=bool(rng.random() < 0.6), is_follow=bool(rng.random() < 0.7))


def wish_of(case: str, rng: np.random.Generator, votes: DenseVotes, target: int) -> Wish | None:
    """A wish that should be judged as the case; None where this graph has no place for it."""
    kind = votes.policy.follow
    if case == "new node":
        return Wish("unknown", None)
    if case == "itself":
        return Wish("itself", target, is_added=bool(rng.random() < 0.5))
    if case in ("dropped", "evaporates", "counts less") and case != {
        "drop": "dropped", "evaporate": "evaporates", "weight": "counts less"}[kind]:  # fmt: skip
        return None
    carried, spent = votes.weights()
    sources = [s for s in range(votes.n) if s != target]
    pages, follow = votes.pages[:, target], votes.follow_pages[:, target]
    has_edge, spends = carried[:, target] > 0, spent.sum(1) > 0
    alone = np.isclose(spent.sum(1), spent[:, target])
    fits = {
        "new": (pages == 0) & spends,
        "first": (pages == 0) & ~spends,
        "stronger": (follow > 0) & (votes.policy.weight == "log-pages"),
        "exists": (follow > 0) & (votes.policy.weight != "log-pages"),
        "now follow": (pages > 0) & (follow == 0) & spends,
        "dropped": pages >= 0,
        "evaporates": pages == 0,
        "counts less": pages == 0,
        "lost": has_edge & ~alone,
        "last": has_edge & alone,
        "absent": spent[:, target] == 0,
    }[case]  # fmt: skip
    found = [s for s in sources if fits[s]]
    if not found:
        return None
    source = int(rng.choice(found))
    return Wish(str(source), source, case not in ("lost", "last", "absent"),
                case not in ("dropped", "evaporates", "counts less"))  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_every_case_is_a_full_recomputation(case: str) -> None:
    rng = np.random.default_rng(zlib.crc32(case.encode()))
    done = 0
    for trial in range(20_000):
        if done == N_EDITS:
            break
        votes = random_votes(rng, POLICIES[trial % len(POLICIES)])
        target = int(rng.integers(votes.n))
        wish = wish_of(case, rng, votes, target)
        if wish is None:
            continue
        others = [random_wish(rng, votes.n) for _ in range(int(rng.integers(0, 4)) if trial % 2 else 0)]
        found = asked(votes, target, [wish])
        assert found.judged[0].case == case, (wish, found.judged)
        _check(votes, target, [wish], found)
        if others:
            _check(votes, target, [wish, *others], asked(votes, target, [wish, *others]))
        done += 1
    assert done == N_EDITS


def _check(votes: DenseVotes, target: int, wishes: list[Wish], found: WhatIf) -> None:
    want = recomputed(votes, target, wishes)
    assert found.together.after == pytest.approx(want, rel=CLOSE, abs=1e-15)
    assert abs(found.together.after - want) <= found.together.error + 1e-14
    assert found.together.before == votes.solve()[0][target]
    if len(wishes) == 1:
        assert found.alone[0].after == pytest.approx(found.together.after, rel=1e-12, abs=1e-15)


def test_edits_to_several_targets_at_once() -> None:
    """The algebra knows no single target: any edges may change, and the mass of any node is read."""
    rng = np.random.default_rng(5)
    for trial in range(N_EDITS):
        votes = random_votes(rng, Policy("evaporate", "log-pages"))
        after, edits = votes.copy(), []
        for _ in range(int(rng.integers(1, 6))):
            source, target = (int(each) for each in rng.integers(votes.n, size=2))
            if source == target:
                continue
            before = after.weights()[0][source, target], after.weights()[1][source, target]
            if trial % 2:
                after.add(source, target, is_follow=bool(rng.random() < 0.7))
            else:
                after.lose(source, target)
            now = after.weights()[0][source, target], after.weights()[1][source, target]
            change = now[0] - before[0]
            edits.append(Edit(source, target, change, now[1] - before[1] - change))
        node, walk = int(rng.integers(votes.n)), votes.walk()
        columns = PushColumns(walk, [node, *(e.source for e in edits), *(e.target for e in edits)])
        while columns.refine():
            pass
        found = mass_after(walk, edits, node, columns)
        assert found.after == pytest.approx(after.solve()[0][node], rel=CLOSE, abs=1e-15)


def test_bounds_hold_at_every_fineness() -> None:
    """Coarse columns give a wide bound, and the truth lies in it."""
    rng = np.random.default_rng(6)
    for _ in range(N_EDITS):
        votes = random_votes(rng, POLICIES[int(rng.integers(len(POLICIES)))], n=12)
        target = int(rng.integers(votes.n))
        wishes = [Wish(str(s), s, is_added=bool(a)) for s, a in rng.integers((12, 2), size=(3, 2))]
        found = asked(votes, target, wishes)
        edits = [one.edit for one in found.judged if one.edit]
        want = recomputed(votes, target, wishes)
        epsilon = float(rng.choice([0.3, 0.03, 1e-3]))
        work = int(rng.choice([1, 100_000]))
        columns = CoarseColumns(votes.walk(), [target, *(e.source for e in edits)], epsilon, work)
        rough = mass_after(votes.walk(), edits, target, columns)
        assert abs(rough.after - want) <= rough.error + 1e-14


class CoarseColumns(PushColumns):
    """Columns whose pushes stop early, and rows that stop early."""

    def __init__(self, walk: Walk, nodes: list[int], epsilon: float, work: int) -> None:
        super().__init__(walk, nodes, work=work)
        for node in self.nodes:
            self.know(reverse_push(walk.inward, walk.out_weight, int(node), damping=walk.damping, epsilon=epsilon))


def test_an_edit_takes_no_more_than_an_edge_weighs() -> None:
    votes = random_votes(np.random.default_rng(7), Policy(), n=6)
    walk = votes.walk()
    with pytest.raises(BadInput, match="more weight than the edge has"):
        mass_after(walk, [Edit(0, 1, -99.0)], 1, PushColumns(walk, [0, 1]))


def test_an_unknown_target_is_not_found() -> None:
    votes = random_votes(np.random.default_rng(8), Policy(), n=6)
    with pytest.raises(NotFound):
        asked(votes, 6, [])


def test_no_wish_no_change() -> None:
    votes = random_votes(np.random.default_rng(9), Policy(), n=6)
    found = asked(votes, 2, [])
    assert (found.together.after, found.together.error) == (found.together.before, 0.0)


def test_the_same_link_twice_is_one_edge_where_pages_do_not_count() -> None:
    votes = random_votes(np.random.default_rng(10), Policy(), n=8)
    votes.pages[:] = votes.follow_pages[:] = votes.hosts[:] = votes.follow_hosts[:] = 0
    found = asked(votes, 2, [Wish("a", 1), Wish("a", 1)])
    assert [one.case for one in found.judged] == ["first", "exists"]
    assert "named before" in found.judged[1].why
    assert found.alone[0].after == found.alone[1].after == pytest.approx(found.together.after, rel=1e-12)


def test_a_link_that_is_lost_and_added_stands_again() -> None:
    votes = random_votes(np.random.default_rng(11), Policy(), n=8)
    votes.pages[:] = votes.follow_pages[:] = votes.hosts[:] = votes.follow_hosts[:] = 0
    for counts in (votes.pages, votes.follow_pages, votes.hosts, votes.follow_hosts):
        counts[1, 2:4] = 1
    found = asked(votes, 2, [Wish("a", 1), Wish("a", 1, is_added=False)])
    assert [one.case for one in found.judged] == ["new", "lost"]
    assert "stands again" in found.judged[0].why
    assert found.together.after == pytest.approx(found.together.before, rel=1e-12)


@pytest.mark.parametrize(("follow", "said"), [("evaporate", "Nofollow evaporates"), ("weight", "Nofollow counts")])
def test_an_unknown_source_by_nofollow_says_both(follow: str, said: str) -> None:
    votes = random_votes(np.random.default_rng(12), Policy(follow), n=8)
    (one,) = asked(votes, 2, [Wish("x", None, is_follow=False)]).judged
    assert one.case == "new node"
    assert one.why.startswith(CASES["new node"]) and said in one.why
