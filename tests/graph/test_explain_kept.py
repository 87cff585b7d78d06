"""What is kept between questions, and beside large graphs, changes no answer: it is only sooner there."""

from __future__ import annotations

import dataclasses
import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from dense_votes import DenseVotes
from small_webs import write_list

from inlink.graph import authority, explain_prepared, origins
from inlink.graph.explain import open_explained
from inlink.graph.runs import open_run
from inlink.store.workspace import Workspace
from inlink.workbench import Workbench
from inlink.workbench.explanations import WhatIfOptions

POLICIES = ("drop", "evaporate", "weight")


@pytest.fixture
def large(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every graph counts as one of many edges, whose targets are all swept."""
    monkeypatch.setattr(origins, "MANY_EDGES", 0)
    monkeypatch.setattr(origins, "PUSHED_PART", 1e-9)


@pytest.fixture
def bench(demo_bench: Workbench, tmp_path: Path, large: None) -> Iterator[Workbench]:
    """The demo web in a place of its own."""
    folder = tmp_path / "workspace"
    shutil.copytree(demo_bench.path, folder, ignore=shutil.ignore_patterns("*.lock", "*.lease", "graph"))
    with Workbench.open(folder) as opened:
        yield opened


def strongest(bench: Workbench) -> tuple[str, list[str]]:
    """The most linked domain of the run, and the names of all."""
    run = open_run(Workspace.open(bench.path), kind="domains")
    names = list(run.kept_names.names)
    return names[int(np.argmax(run.in_votes))], names


@pytest.mark.parametrize("follow", POLICIES)
def test_leaks_and_core_of_a_large_graph_are_kept_with_the_run(bench: Workbench, follow: str) -> None:
    bench.rank(("domains",), follow=follow)
    workspace = Workspace.open(bench.path)
    run = open_run(workspace, kind="domains")
    assert run.facts.leaks_error is not None
    assert {"leaks.npy"} <= set(run.facts.digests)
    explained = open_explained(workspace, run)
    walk, prepared = explained.walk, explained.walk.prepared
    assert prepared.core is not None
    assert prepared.leaked is not None
    votes = explained.votes
    dense = {name: np.zeros((votes.n, votes.n)) for name in votes.counts}
    for name, counts in votes.counts.items():
        dense[name][votes.source, votes.target] = counts
    truth = DenseVotes(dense["pages"], dense["follow_pages"], dense["hosts"], dense["follow_hosts"], explained.policy)
    _, step, leak, _ = truth.solve()
    exact = np.linalg.solve(np.eye(votes.n) - walk.damping * step, leak)
    assert np.abs(prepared.leaked.values - exact).max() <= prepared.leaked.error_bound
    assert not [fault for name, faults in _faults(workspace) for fault in faults], name_of(workspace)


def _faults(workspace: Workspace) -> list[tuple[str, list[str]]]:
    from inlink.graph.upkeep import run_faults

    return list(run_faults(workspace))


def name_of(workspace: Workspace) -> str:
    return ", ".join(path.name for path in workspace.graph.iterdir())


def test_a_run_without_them_gives_the_same_answers(bench: Workbench, monkeypatch: pytest.MonkeyPatch) -> None:
    bench.rank(("domains",))
    target, names = strongest(bench)
    asked = WhatIfOptions(add=[names[0], names[5]], lose=[names[9]])
    kept = bench.what_if(target, **asked)
    monkeypatch.setattr(explain_prepared, "open_core", lambda *_: None)
    monkeypatch.setattr(explain_prepared, "open_array", None)
    run = next(Path(bench.path).glob("graph/domains-*/run.json"))
    facts = run.read_text("utf-8")
    at = facts.index('"leaks_error"')
    end = facts.index("\n", at)
    run.write_text(facts[:at] + '"leaks_error": null' + facts[end:], "utf-8")
    with Workbench.open(bench.path) as other:
        found = other.what_if(target, **asked)
    assert dataclasses.replace(found, about=kept.about) == kept


def test_origins_leave_their_column_to_what_if(bench: Workbench, monkeypatch: pytest.MonkeyPatch) -> None:
    bench.rank(("domains",))
    target, names = strongest(bench)
    with Workbench.open(bench.path) as other:
        fresh = other.what_if(target, add=[names[0]])
    made: list[int] = []
    swept = origins.swept

    def counted(*args: object, **given: object) -> object:
        made.append(1)
        return swept(*args, **given)  # type: ignore[arg-type]

    monkeypatch.setattr(origins, "swept", counted)
    first = bench.explain(target, origins=True)
    assert bench.what_if(target, add=[names[0]]) == fresh
    assert bench.explain(target, origins=True) == first
    assert len(made) == 1
    bench.fragility(target)
    assert len(made) == 1
    for name in names[:6]:
        bench.explain(name, origins=True)
    assert bench.what_if(target, add=[names[0]]) == fresh
    assert bench.what_if(target, add=[names[0]]) == fresh


def test_another_run_is_opened_anew(bench: Workbench) -> None:
    bench.rank(("domains",))
    target, names = strongest(bench)
    first = bench.what_if(target, add=[names[0]])
    bench.rank(("domains",), damping=0.5)
    second = bench.what_if(target, add=[names[0]])
    assert first.about.run != second.about.run
    assert bench.what_if(target, run=first.about.run, add=[names[0]]) == first
    bench.close()
    assert bench.what_if(target, run=second.about.run, add=[names[0]]) == second


def test_a_node_that_loses_its_last_vote_reads_0(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its source dangles then, so that all masses rise: with the others held still it stands above those at the end."""
    monkeypatch.setattr(authority, "LEAST_NODES", 2)
    edges = [("a", "b"), ("c", "d"), ("e", "d"), ("f", "d"), ("d", "f")]
    urls = [(f"https://{source}.example/", f"https://{target}.example/") for source, target in edges]
    with Workbench.create(tmp_path / "workspace") as bench:
        bench.add([str(write_list(tmp_path / "list.csv", urls))])
        bench.build(workers=1)
        bench.rank(("domains",))
        lost = bench.what_if("b.example", lose=["a.example"])
        assert lost.changes[0].case == "last"
        assert (lost.after.position, lost.after.authority) == (3, 0)
        assert lost.changes[0].alone.authority == 0
        assert bench.fragility("b.example").rows[-1].after.authority == 0
        both = bench.what_if("b.example", lose=["a.example"], add=["e.example"])
        assert both.after.authority is not None
        assert both.after.authority > 0
