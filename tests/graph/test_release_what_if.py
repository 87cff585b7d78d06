"""What-if over a release, by pushes over its lists: within its bound of the same question to the graph in memory."""

from __future__ import annotations

import numpy as np
import pytest
from made_release import Made, shown, write
from test_release_flow import META, ranked

from inlink.graph.blocks import Release
from inlink.graph.explain_walk import Walk
from inlink.graph.release_what_if import release_what_if, release_without
from inlink.graph.what_if import what_if
from inlink.graph.what_if_wishes import Wish

SEVEN_DIGITS = 3e-7


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> tuple[Made, Walk, Release]:
    made, walk = ranked(500, 3000, 7)
    folder = tmp_path_factory.mktemp("what-if") / "release"
    write(folder, made, meta=META)
    return made, walk, Release.open(folder)


def node_of(release: Release, made: Made, line: int) -> int:
    card = release.find(shown(made.names[line]))
    assert card is not None
    return card.node


@pytest.mark.parametrize("work", [60, 2_000, 100_000])
def test_the_truth_lies_within_the_bound(both: tuple[Made, Walk, Release], work: int) -> None:
    made, walk, release = both
    rng = np.random.default_rng(work)
    n_fine = 0
    for _ in range(25):
        target, new, other = (int(x) for x in rng.choice(made.n, 3, replace=False))
        sources = walk.in_links(target)[0]
        lost = int(rng.choice(sources)) if len(sources) else other
        here = [Wish("new", new), Wish("lost", lost, is_added=False), Wish("unknown", None)]
        there = [
            Wish(w.name, None if w.source is None else node_of(release, made, w.source), is_added=w.is_added)
            for w in here
        ]
        truth = what_if(walk, target, here)
        found = release_what_if(release, node_of(release, made, target), there, work=work)
        assert [one.case for one in found.judged] == [one.case for one in truth.judged]
        for a, b in zip((found.together, *found.alone), (truth.together, *truth.alone), strict=True):
            assert a.before == pytest.approx(b.before, rel=SEVEN_DIGITS)
            assert abs(a.after - b.after) <= a.error + SEVEN_DIGITS * b.after
        n_fine += found.together.error <= 1e-3 * found.together.after
    assert n_fine >= {60: 0, 2_000: 1, 100_000: 20}[work]


def test_losing_the_strongest(both: tuple[Made, Walk, Release]) -> None:
    made, walk, release = both
    target = int(np.argmax(walk.mass))
    sources = walk.in_links(target)[0][:10].tolist()
    nodes = [node_of(release, made, s) for s in sources]
    found = release_without(release, node_of(release, made, target), nodes, (1, 3, 10), work=200_000)
    for n, one in zip((1, 3, 10), found, strict=True):
        truth = what_if(walk, target, [Wish(str(s), s, is_added=False) for s in sources[:n]]).together
        assert abs(one.after - truth.after) <= one.error + SEVEN_DIGITS * truth.after
        assert one.error <= 1e-3 * one.after
