"""Explanations opened from stored runs, under every follow policy: the run's own masses balance."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from dense_votes import DenseVotes

from inlink.errors import CorruptIndex
from inlink.graph.explain import open_explained
from inlink.graph.flow import flow
from inlink.graph.names import Names, Texts
from inlink.graph.policy import Policy
from inlink.graph.runs import open_run
from inlink.graph.what_if import what_if
from inlink.graph.what_if_wishes import Counts, Wish
from inlink.store.workspace import Workspace
from inlink.urls.surt import host_key
from inlink.workbench import Workbench
from inlink.workbench.explaining import editorial
from inlink.workbench.ranking import PolicyOptions

POLICIES = [Policy("drop", "log-pages"), Policy("evaporate", "log-pages"), Policy("weight", "hosts", 0.3)]


@pytest.fixture(scope="module")
def ranked(demo_bench: Workbench, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    """The demo web with a run of its domains under each policy."""
    folder = tmp_path_factory.mktemp("policies") / "workspace"
    shutil.copytree(demo_bench.path, folder, ignore=shutil.ignore_patterns("*.lock", "*.lease"))
    with Workbench.open(folder) as bench:
        for policy in POLICIES:
            options = PolicyOptions(follow=policy.follow, weight=policy.weight)
            if policy.follow == "weight":
                options["nofollow_share"] = policy.nofollow_share
            bench.rank(("domains",), **options)
    yield Workspace.open(folder)


def runs_by_policy(ranked: Workspace) -> dict[tuple[str, str], str]:
    found = {}
    for folder in ranked.graph.glob("domains-*/run.json"):
        run = open_run(ranked, folder.parent.name)
        found[run.recipe.policy.follow, run.recipe.policy.weight] = run.id
    return found


@pytest.mark.parametrize("policy", POLICIES, ids=lambda p: p.follow)
def test_a_run_is_explained_by_its_own_policy(ranked: Workspace, policy: Policy) -> None:
    explained = open_explained(ranked, open_run(ranked, runs_by_policy(ranked)[policy.follow, policy.weight]))
    assert explained.policy == policy
    votes = explained.votes
    dense = {name: np.zeros((votes.n, votes.n)) for name in votes.counts}
    for name, counts in votes.counts.items():
        dense[name][votes.source, votes.target] = counts
    truth = DenseVotes(dense["pages"], dense["follow_pages"], dense["hosts"], dense["follow_hosts"], policy)
    np.testing.assert_allclose(explained.walk.mass, truth.solve()[0], rtol=1e-9)
    for node in range(votes.n):
        found = flow(explained.walk, node)
        assert found.total == pytest.approx(found.mass, rel=1e-15)
        assert abs(found.open) <= 1e-9 * found.mass
        assert explained.counts(node, 3) == truth.counts(node, 3)
    for is_follow in (True, False):
        after = truth.copy()
        after.add(5, 3, is_follow=is_follow)
        after.lose(4, 3)
        wishes = [Wish("5", 5, is_follow=is_follow), Wish("4", 4, is_added=False)]
        if policy.follow == "drop" and not is_follow:
            after = truth.copy()
            after.lose(4, 3)
        found_if = what_if(explained.walk, 3, wishes, policy=policy, counts_of=explained.counts)
        assert found_if.together.after == pytest.approx(float(after.solve()[0][3]), rel=1e-9)


def test_no_edge_no_counts(ranked: Workspace) -> None:
    explained = open_explained(ranked, open_run(ranked, "latest", kind="domains"))
    assert explained.counts(0, 0) == Counts()
    assert not explained.by_pages


def test_a_run_without_its_graph_is_said_to_be_broken(ranked: Workspace, tmp_path: Path) -> None:
    folder = tmp_path / "workspace"
    shutil.copytree(ranked.path, folder, ignore=shutil.ignore_patterns("*.lock", "*.lease"))
    broken = Workspace.open(folder)
    run = open_run(broken, "latest", kind="domains")
    shutil.rmtree(run.graph_folder)
    with pytest.raises(CorruptIndex, match="holds no graph"):
        open_explained(broken, run)


def test_infrastructure_and_platforms_are_no_candidates(ranked: Workspace) -> None:
    """All of a CDN is left out; of a platform below which everybody has a place of their own, the platform alone."""
    names = ["blogspot.com", "cloudfront.net", "d1.cloudfront.net", "example.org", "me.blogspot.com"]
    pairs = sorted((host_key(name), name) for name in names)
    known = Names("domains", Texts.of([key for key, _ in pairs]), Texts.of([name for _, name in pairs]))
    kept = editorial(known, ranked)
    assert {name for (_, name), is_kept in zip(pairs, kept, strict=True) if is_kept} == {
        "example.org",
        "me.blogspot.com",
    }
