"""Graphs of the user's own pages, hosts and domains: which votes are there, by which policy, with which masses."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import igraph
import numpy as np
import pytest
from small_webs import Here, built, write_list, write_warc

from inlink.demo import DemoWeb
from inlink.graph.graph import Graph, open_graph
from inlink.graph.names import Names, Texts
from inlink.graph.own import graph_of
from inlink.graph.policy import Policy
from inlink.graph.runs import Recipe, Run, open_run
from inlink.graph.scoring import masses, rank
from inlink.graph.votes import Votes, VotesFacts, open_votes, votes_folder
from inlink.schema.words import VOTE_KINDS
from inlink.store.workspace import Workspace
from inlink.urls.surt import host_key
from inlink.workbench import Workbench

ENGINE = Here()


def graph_of_run(run: Run) -> Graph:
    return open_graph(run.graph_folder, run.kept_names)


def edges_of(graph: Graph) -> dict[tuple[str, str], float]:
    """(source, target) → weight, by name."""
    outward, found = graph.outward, {}
    for source in range(graph.n):
        row = outward.row(source)
        low = int(outward.offsets[source])
        for at, target in enumerate(row.tolist()):
            weight = 1.0 if outward.weights is None else float(outward.weights[low + at])
            found[graph.names.name(source), graph.names.name(target)] = weight
    return found


def in_igraph(graph: Graph) -> igraph.Graph:
    """The graph as another library has it, edges in the order of outward."""
    source = np.repeat(np.arange(graph.n), graph.outward.degrees())
    pairs = list(zip(source.tolist(), graph.outward.neighbours.tolist(), strict=True))
    return igraph.Graph(graph.n, pairs, directed=True)


@pytest.fixture(scope="module")
def demo_runs(ranked_bench: Workbench) -> dict[str, Run]:
    """A run of each kind over the demo web."""
    workspace = Workspace.open(ranked_bench.path)
    return {kind: open_run(workspace, kind=kind) for kind in ("pages", "hosts", "domains")}


def true_votes(web: DemoWeb, level: str, *, is_follow: bool) -> set[tuple[str, str]]:
    return {
        (row[f"source_{level}"], row[f"target_{level}"])
        for row in web.truth.to_dict()["links"]
        if row["is_live"]
        and row["kind"] in VOTE_KINDS
        and not (is_follow and (row["nofollow"] or row["ugc"] or row["sponsored"]))
    }


def test_domains_vote_as_the_truth_of_the_demo_web_says(demo_runs: dict[str, Run], demo_web: DemoWeb) -> None:
    graph = graph_of_run(demo_runs["domains"])
    assert set(edges_of(graph)) == true_votes(demo_web, "domain", is_follow=True)
    assert set(graph.names.names) >= {row["domain"] for row in demo_web.truth.hosts if row["n_pages"]}


def test_hosts_and_pages_vote_as_the_truth_says(demo_runs: dict[str, Run], demo_web: DemoWeb) -> None:
    def domain(host: str) -> str:
        return ".".join(host.split(".")[-2:])

    hosts = {pair for pair in edges_of(graph_of_run(demo_runs["hosts"])) if domain(pair[0]) != domain(pair[1])}
    assert hosts == true_votes(demo_web, "host", is_follow=True)
    names = graph_of_run(demo_runs["pages"]).names
    keyed = {(names.key_of(a), names.key_of(b)) for a, b in edges_of(graph_of_run(demo_runs["pages"]))}
    truth = {(names.key_of(a), names.key_of(b)) for a, b in true_votes(demo_web, "url", is_follow=True)}
    sites = {key: key.partition(")")[0].split(",")[1] for pair in keyed for key in pair if key}
    assert {(a, b) for a, b in keyed if a and b and sites[a] != sites[b]} == truth
    assert len(keyed) > len(truth), "internal votes are there too"


@pytest.mark.parametrize("kind", ["pages", "hosts", "domains"])
def test_masses_are_those_of_igraph(demo_runs: dict[str, Run], kind: str) -> None:
    run = demo_runs[kind]
    graph = graph_of_run(run)
    source = np.repeat(np.arange(graph.n), graph.outward.degrees())
    other = igraph.Graph(
        graph.n, list(zip(source.tolist(), graph.outward.neighbours.tolist(), strict=True)), directed=True
    )
    assert np.abs(np.array(other.pagerank(damping=0.85)) - run.mass).sum() < 1e-9
    assert run.mass.sum() == pytest.approx(1, abs=1e-12)


def test_weighted_masses_are_those_of_igraph(demo_runs: dict[str, Run]) -> None:
    votes = open_votes(
        votes_folder(Workspace(demo_runs["domains"].folder.parents[1]), demo_runs["domains"].facts.votes)
    )
    for policy in (Policy("drop", "log-pages"), Policy("drop", "hosts"), Policy("weight", "log-pages", 0.25)):
        graph = graph_of(votes, policy)
        weights = graph.outward.weights
        assert weights is not None
        expected = np.array(in_igraph(graph).pagerank(damping=0.85, weights=weights.tolist()))
        assert np.abs(expected - masses(graph, Recipe("domains", "s", "k", policy)).mass).sum() < 1e-9


# ---- policies on tiny graphs ----------------------------------------------------------------------------------------

NAMES = ("a.example", "b.example", "c.example")


def votes_of(pairs: dict[tuple[int, int], tuple[int, int, int, int]], n: int = 3, kind: str = "domains") -> Votes:
    """(source, target) → pages, follow pages, hosts, follow hosts."""
    ordered = sorted(pairs)
    names = [f"{chr(97 + i)}.example" for i in range(n)]
    columns = ("pages", "follow_pages", "hosts", "follow_hosts")
    counts = {name: np.array([pairs[p][i] for p in ordered], np.uint32) for i, name in enumerate(columns)}
    return Votes(
        VotesFacts(kind, "s", "k", "1", n, len(ordered), 0, 0),
        Names(kind, Texts.of([host_key(name) for name in names]), Texts.of(names)),
        np.array([p[0] for p in ordered], np.uint32),
        np.array([p[1] for p in ordered], np.uint32),
        counts,
    )


FOLLOW, NOFOLLOW = (1, 1, 1, 1), (1, 0, 1, 0)
ALPHA = 0.85


def mass_of(votes: Votes, policy: Policy) -> np.ndarray:
    return masses(graph_of(votes, policy), Recipe("domains", "s", "k", policy)).mass


def scaled(b: float, c: float) -> list[float]:
    """Masses where a, of mass 1 before scaling, gives b and c so much of a vote."""
    before = [1.0, 1 + ALPHA * b, 1 + ALPHA * c]
    return [x / sum(before) for x in before]


@pytest.mark.parametrize(
    ("policy", "b", "c"),
    [
        (Policy("drop"), 1.0, 0.0),
        (Policy("evaporate"), 0.5, 0.0),  # the other half goes to nobody: it starts anew like all that dangles
        (Policy("weight", nofollow_share=0.25), 0.8, 0.2),
        (Policy("weight", nofollow_share=1.0), 0.5, 0.5),
    ],
    ids=["drop", "evaporate", "weight", "all alike"],
)
def test_a_votes_for_b_and_nofollow_for_c(policy: Policy, b: float, c: float) -> None:
    found = mass_of(votes_of({(0, 1): FOLLOW, (0, 2): NOFOLLOW}), policy)
    assert found == pytest.approx(scaled(b, c), abs=1e-11)


def test_a_source_whose_votes_all_evaporate_gives_nothing() -> None:
    votes = votes_of({(0, 1): NOFOLLOW, (0, 2): NOFOLLOW})
    assert mass_of(votes, Policy("evaporate")) == pytest.approx([1 / 3] * 3, abs=1e-12)
    graph = graph_of(votes, Policy("evaporate"))
    assert graph.out_weight.tolist() == [2, 0, 0]
    assert graph.n_dangling == 2
    assert graph_of(votes, Policy("drop")).n_dangling == 3


@pytest.mark.parametrize(
    ("policy", "weights", "spent"),
    [
        (Policy("drop", "one"), None, [1, 1]),
        (Policy("drop", "log-pages"), [math.log(4), math.log(2)], [math.log(4), math.log(2)]),
        (Policy("drop", "hosts"), [2, 1], [2, 1]),
        (Policy("evaporate", "log-pages"), [math.log(4), math.log(2)], [math.log(10), math.log(2)]),
        (Policy("evaporate", "hosts"), [2, 1], [5, 1]),
        (Policy("weight", "hosts", 0.5), [3.5, 1], [3.5, 1]),
        (Policy("weight", "one", 0.5), [1, 1], [1, 1]),
    ],
)
def test_weights_of_pairs_with_both_kinds_of_links(
    policy: Policy, weights: list[float] | None, spent: list[float]
) -> None:
    """a links to c from 9 pages of 5 hosts, 3 pages of 2 hosts with follow links; b to c from one page."""
    graph = graph_of(votes_of({(0, 2): (9, 3, 5, 2), (1, 2): (1, 1, 1, 1)}), policy)
    found = graph.inward.weights
    assert (None if found is None else found.tolist()) == (
        None if weights is None else pytest.approx(weights, rel=1e-7)
    )
    assert graph.out_weight.tolist() == pytest.approx([*spent, 0], rel=1e-7)


@pytest.mark.parametrize("n_votes", [0, 1])
def test_graphs_of_nobody_and_of_one(n_votes: int) -> None:
    assert mass_of(votes_of({}, n=1), Policy()).tolist() == [1.0]
    assert len(mass_of(votes_of({}, n=0), Policy())) == 0


# ---- what votes, on built workspaces --------------------------------------------------------------------------------

HOME = "https://a.example/"
Ranked = Callable[..., Run]


@pytest.fixture
def ranked(tmp_path: Path) -> Ranked:
    def make(kind: str, *inputs: Path, settings: str = "", **given: Any) -> Run:
        return rank(built(tmp_path / "ws", *inputs, settings=settings), kind, ENGINE, **given).run

    return make


def test_lost_votes_selfishness_and_frames_do_not_count(tmp_path: Path, ranked: Ranked) -> None:
    old = write_warc(tmp_path / "1.warc.gz", {HOME: ["https://b.example/", "https://c.example/"]}, day=1)
    new = write_warc(tmp_path / "2.warc.gz", {HOME: ["https://c.example/", HOME, "/other"]}, day=2)
    run = ranked("pages", old, new)
    graph = graph_of_run(run)
    assert edges_of(graph) == {(HOME, "https://c.example/"): 1.0, (HOME, "https://a.example/other"): 1.0}
    assert graph.meta["n_self"] == 1
    assert run.names.node("https://b.example/") is None, "nobody votes for it now, and it was not captured"
    assert run.names.node("http://www.a.example/index.html") == run.names.node(HOME), "one page, one node"


def test_the_users_suffixes_part_domains(tmp_path: Path, ranked: Ranked) -> None:
    one = write_warc(tmp_path / "1.warc.gz", {"https://ann.uni.example/": ["https://bob.uni.example/"]})
    run = ranked("domains", one, settings='[suffixes]\nown = ["uni.example"]\n')
    assert edges_of(graph_of_run(run)) == {("ann.uni.example", "bob.uni.example"): 1.0}


def test_without_the_suffix_it_is_one_domain(tmp_path: Path, ranked: Ranked) -> None:
    one = write_warc(tmp_path / "1.warc.gz", {"https://ann.uni.example/": ["https://bob.uni.example/"]})
    run = ranked("domains", one)
    assert (run.n, run.facts.m) == (1, 0)
    assert run.mass.tolist() == [1.0]


def test_counts_of_pages_and_hosts_behind_a_vote(tmp_path: Path, ranked: Ranked) -> None:
    target = "https://b.example/x"
    pages = {
        "https://a.example/1": [target, target],
        "https://a.example/2": [f"{target} nofollow", "https://b.example/y"],
        "https://blog.a.example/3": [f"{target} ugc"],
        "https://blog.a.example/4": [f"{target} sponsored"],
    }
    run = ranked("domains", write_warc(tmp_path / "1.warc.gz", pages))
    votes = open_votes(votes_folder(Workspace(tmp_path / "ws"), run.facts.votes))
    assert {name: column.tolist() for name, column in votes.counts.items()} == {
        "pages": [4], "follow_pages": [2], "hosts": [2], "follow_hosts": [1]
    }  # fmt: skip


@pytest.mark.data
def test_a_real_graph_through_a_link_list(tmp_path: Path, data_dir: Path, ranked: Ranked) -> None:
    """polblogs: each blog a domain. Against the reference ranks, after leaving out votes for oneself as we do."""
    import re

    text = (data_dir / "graphs" / "polblogs" / "polblogs.gml").read_text(encoding="utf-8", errors="replace")
    pairs = sorted({(int(a), int(b)) for a, b in re.findall(r"source (\d+)\s+target (\d+)", text)})
    others = [(a, b) for a, b in pairs if a != b]
    run = ranked(
        "domains",
        write_list(tmp_path / "list.csv", ((f"https://n{a}.example/p", f"https://n{b}.example/q") for a, b in pairs)),
    )
    nodes = sorted({node for pair in pairs for node in pair})
    number = {node: i for i, node in enumerate(nodes)}
    other = igraph.Graph(len(nodes), [(number[a], number[b]) for a, b in others], directed=True)
    expected = np.array(other.pagerank(damping=0.85))
    found = np.array([run.mass[run.names.node(f"n{node}.example")] for node in nodes])
    assert run.facts.m == len(others)
    assert np.abs(found - expected).sum() < 1e-9
