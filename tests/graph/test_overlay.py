"""A release with own votes over it: the same as the union of both, and the release as it was."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import igraph
import numpy as np
import pytest
from made_release import TINY, Made, shown, skewed, write
from small_webs import Here, built, write_warc

from inlink.errors import BadInput
from inlink.graph.blocks import Release
from inlink.graph.blocks.reader import Side
from inlink.graph.explain import open_explained
from inlink.graph.graph import Graph
from inlink.graph.names import Names, Texts
from inlink.graph.overlay import Overlay, overlay, place_own
from inlink.graph.release_lists import degrees_of, lists_of, names_of
from inlink.graph.scoring import rank
from inlink.graph.upkeep import run_faults
from inlink.graph.what_if_wishes import Counts
from inlink.kernels.csr import csr_of_edges, transpose
from inlink.store.files import bytes_digest
from inlink.urls.domains import SuffixRules
from inlink.urls.surt import host_key
from inlink.workbench import Workbench

N = 300
RULES = SuffixRules(["uni.example"])


@pytest.fixture(scope="module")
def made() -> Made:
    return skewed(N, 2500)


@pytest.fixture(scope="module")
def folder(made: Made, tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("overlay") / "release"
    write(place, made)
    return place


def own_graph(pairs: list[tuple[str, str]]) -> Graph:
    """An own graph of domains with these votes."""
    names = sorted({name for pair in pairs for name in pair}, key=host_key)
    number = {name: node for node, name in enumerate(names)}
    source = np.array([number[a] for a, _ in pairs], np.int64)
    target = np.array([number[b] for _, b in pairs], np.int64)
    outward = csr_of_edges(source, target, len(names))
    texts = Names("domains", Texts.of([host_key(name) for name in names]), Texts.of(names))
    degrees = outward.degrees().astype(np.float64)
    return Graph(texts, transpose(outward, len(names)), outward, degrees, "domains", {})


@pytest.fixture(scope="module")
def laid(made: Made, folder: Path) -> tuple[Overlay, set[tuple[str, str]], list[str]]:
    """An overlay, the edges that it should have by name, and the names of its nodes."""
    release = Release.open(folder)
    names = [shown(name) for name in made.names]
    known = {(names[s], names[t]) for s, t in zip(made.sources.tolist(), made.targets.tolist(), strict=True)}
    random = np.random.default_rng(5)
    pairs = [(names[a], names[b]) for a, b in random.integers(0, N, (80, 2)).tolist() if a != b]
    pairs += sorted(known)[:7]
    pairs += [("mine.example", names[3]), (names[5], "mine.example"), ("mine.example", "new.example")]
    pairs += [("ann.uni.example", "mine.example"), (names[9], "ann.uni.example")]
    own = own_graph(sorted(set(pairs)))
    placed = place_own(own.names, release, RULES)
    source = placed.nodes[np.repeat(np.arange(own.n), own.outward.degrees())]
    target = placed.nodes[np.asarray(own.outward.neighbours)]
    found = overlay(release, source, target, release.n + len(placed.added))
    assert placed.added == ("mine.example", "new.example", "ann.uni.example")
    assert placed.n_shared_suffix == 1
    return found, known | set(pairs), by_place(found, [*release.names(range(release.n)), *placed.added])


def by_place(found: Overlay, names: list[str]) -> list[str]:
    """The names of places, from those of nodes."""
    return [names[node] for node in np.argsort(found.place_of_node).tolist()]


def rows_of(found: Overlay, first: int, last: int) -> list[list[int]]:
    """Rows of places."""
    place = np.empty(found.m, np.uint32)
    found.rows_into(first, last, place)
    ends = (found.offsets[first : last + 1] - found.offsets[first]).tolist()
    return [place[low:high].tolist() for low, high in pairwise(ends)]


def test_its_rows_are_those_of_both(laid: tuple[Overlay, set[tuple[str, str]], list[str]]) -> None:
    found, edges, names = laid
    rows = rows_of(found, 0, found.n)
    assert {(names[source], names[target]) for target, row in enumerate(rows) for source in row} == edges
    assert found.m == len(edges)
    assert found.n_known >= 7
    leaving, coming = dict.fromkeys(names, 0), dict.fromkeys(names, 0)
    for source, target in edges:
        leaving[source] += 1
        coming[target] += 1
    assert found.out_weight.tolist() == [leaving[name] for name in names]
    assert found.out_degrees().tolist() == found.out_weight[found.place_of_node].tolist()
    assert found.in_degrees()[np.argsort(found.place_of_node)].sum() == found.m
    assert [len(row) for row in rows] == [coming[name] for name in names]


@pytest.mark.parametrize("first", range(0, 303, 7))
def test_any_run_of_rows(laid: tuple[Overlay, set[tuple[str, str]], list[str]], first: int) -> None:
    found = laid[0]
    rows = rows_of(found, 0, found.n)
    for last in {first, first + 1, first + 2, first + 15, first + 16, first + 40, 300, 302, 303}:
        if first <= last <= found.n:
            place = np.full(found.m + 3, 7, np.uint32)
            found.rows_into(first, last, place)
            expected = [node for row in rows[first:last] for node in row]
            assert place[: len(expected)].tolist() == expected
            assert (place[len(expected) :] == 7).all()


def test_masses_are_those_of_igraph(laid: tuple[Overlay, set[tuple[str, str]], list[str]]) -> None:
    found, edges, names = laid
    number = {name: node for node, name in enumerate(names)}
    other = igraph.Graph(found.n, [(number[a], number[b]) for a, b in edges], directed=True)
    mass = found.mass(threads=1).mass
    assert np.abs(np.array(other.pagerank(damping=0.85)) - mass).sum() < 1e-9
    assert np.array_equal(mass, found.mass(threads=2).mass)


def test_the_release_stays_as_it_is(folder: Path, laid: tuple[Overlay, set[tuple[str, str]], list[str]]) -> None:
    before = {path.name: bytes_digest(path) for path in folder.iterdir()}
    laid[0].mass(threads=1)
    assert {path.name: bytes_digest(path) for path in folder.iterdir()} == before


@pytest.mark.parametrize("keeps_out", [True, False])
def test_without_own_votes_it_is_the_release(made: Made, keeps_out: bool, tmp_path: Path) -> None:
    write(tmp_path / "release", made, layout=replace(TINY, keeps_out=keeps_out))
    release = Release.open(tmp_path / "release")
    nobody = np.zeros(0, np.int64)
    found = overlay(release, nobody, nobody, N)
    n_in, n_out = degrees_of(release)
    base = lists_of(release, "inward", n_in)
    rows = rows_of(found, 0, N)
    node_of_place = np.argsort(found.place_of_node)
    assert [node_of_place[row].tolist() for row in rows] == [base.row(int(node)).tolist() for node in node_of_place]
    assert (found.m, found.n_known) == (base.m, 0)
    leaving = np.bincount(base.neighbours, minlength=N)
    assert found.out_degrees().tolist() == leaving.tolist()
    assert not keeps_out or n_out.tolist() == leaving.tolist()


def test_a_run_over_a_release(made: Made, folder: Path, tmp_path: Path) -> None:
    names = [shown(name) for name in made.names]
    known = {(names[s], names[t]) for s, t in zip(made.sources.tolist(), made.targets.tolist(), strict=True)}
    stands = sorted(known)[0]
    own = {
        (names[4], names[8]), (names[4], "mine.example"), ("mine.example", names[2]), ("mine.example", "new.example"),
    }  # fmt: skip
    pages = {f"https://{a}/": [f"https://{b}/" for s, b in sorted(own) if s == a] for a, _ in sorted(own)}
    pages[f"https://{stands[0]}/"] = [*pages.get(f"https://{stands[0]}/", []), f"https://{stands[1]}/ nofollow"]
    workspace = built(tmp_path / "ws", write_warc(tmp_path / "1.warc.gz", pages))
    release = Release.open(folder)
    done = rank(workspace, "domains", Here(), release=release)
    run = done.run
    assert (done.outcome, run.n, run.facts.m) == ("made", N + 2, len(known | own))
    assert rank(workspace, "domains", Here(), release=Release.open(folder)).outcome == "unchanged"
    nodes = sorted({*names, "mine.example", "new.example"}, key=host_key)
    assert list(run.kept_names.names) == nodes
    edges = [(nodes.index(a), nodes.index(b)) for a, b in known | own]
    expected = np.array(igraph.Graph(len(nodes), edges, directed=True).pagerank(damping=0.85))
    assert np.abs(expected - run.mass).sum() < 1e-9
    plain = rank(workspace, "domains", Here()).run
    assert plain.id != run.id
    assert "release" not in plain.facts.inputs
    assert run.recipe.release == run.facts.inputs["release"] == release.manifest.name
    assert not [wrong for _, wrong in run_faults(workspace) if wrong]
    with Workbench.open(workspace.path) as bench:
        found = bench.authority("mine.example", run=run.id)
        assert (found.n, found.in_votes) == (N + 2, 1)
        rows = bench.diff_runs(plain.id, run.id, site=["mine.example"], limit=None)
        assert len(rows) == N + 2
        assert bench.rank(("domains",), release=str(folder))[0].outcome == "unchanged"
        with pytest.raises(BadInput, match="reads all of a release"):
            bench.rank(("domains",), release="https://example.org/release")
    with pytest.raises(BadInput, match="votes of pages"):
        rank(workspace, "pages", Here(), release=release)


@pytest.mark.parametrize("www", ["kept", "stripped"])
def test_a_run_over_a_release_of_hosts(www: str, tmp_path: Path) -> None:
    hosts = skewed(N, 2500, seed=3)
    write(tmp_path / "release", hosts, kind="host", meta={"www": www})
    names = [shown(name) for name in hosts.names]
    known = {(names[s], names[t]) for s, t in zip(hosts.sources.tolist(), hosts.targets.tolist(), strict=True)}
    away = {("www.mine.example", names[2]), (f"www.{names[5]}", names[7]), (names[5], "www.mine.example")}
    away |= {("www.mine.example", "mine.example"), (f"www.{names[5]}", names[5])}  # to itself, where www. is none
    pages = {f"https://{a}/": [f"https://{b}/" for s, b in sorted(away) if s == a] for a, _ in sorted(away)}
    workspace = built(tmp_path / "ws", write_warc(tmp_path / "1.warc.gz", pages))
    run = rank(workspace, "hosts", Here(), release=Release.open(tmp_path / "release")).run
    own = {(_plain(a), _plain(b)) for a, b in away if _plain(a) != _plain(b)} if www == "stripped" else away
    nodes = sorted({*names, *(name for pair in own for name in pair)}, key=host_key)
    assert list(run.kept_names.names) == nodes
    edges = [(nodes.index(a), nodes.index(b)) for a, b in known | own]
    assert run.facts.m == len(edges)
    expected = np.array(igraph.Graph(len(nodes), edges, directed=True).pagerank(damping=0.85))
    assert np.abs(expected - run.mass).sum() < 1e-9


def test_pages_of_hosts_that_are_folded_into_one(tmp_path: Path) -> None:
    """Two pages of a and three of www.a vote for b, two of the latter for www.b as well: five pages of one host."""
    hosts = skewed(N, 2500, seed=3)
    write(tmp_path / "release", hosts, kind="host", meta={"www": "stripped"})
    pages = {f"https://a.mine.example/{k}": ["https://b.mine.example/"] for k in range(2)}
    pages |= {f"https://www.a.mine.example/w{k}": ["https://b.mine.example/"] for k in range(3)}
    for k in range(2):
        pages[f"https://www.a.mine.example/w{k}"].append("https://www.b.mine.example/ nofollow")
    workspace = built(tmp_path / "ws", write_warc(tmp_path / "1.warc.gz", pages))
    run = rank(workspace, "hosts", Here(), release=Release.open(tmp_path / "release")).run
    explained = open_explained(workspace, run)
    source, target = (run.names.node(name) for name in ("a.mine.example", "b.mine.example"))
    assert source is not None
    assert target is not None
    assert explained.counts(source, target) == Counts(pages=5, follow_pages=5, hosts=1, follow_hosts=1)


def _plain(host: str) -> str:
    return host.removeprefix("www.")


@pytest.mark.parametrize("side", ["inward", "outward"])
def test_all_lists_at_once_are_the_lists_one_by_one(side: Side, folder: Path) -> None:
    release = Release.open(folder)
    degrees = degrees_of(release)[side == "outward"]
    place = np.zeros(int(degrees.sum()), np.uint32)
    rows = lists_of(release, side, degrees, into=place)
    assert rows.neighbours is place
    for node in range(release.n):
        card = release.card(node)
        assert rows.row(node).tolist() == release.neighbours(card, side).tolist()
    assert names_of(release) == release.names(range(release.n))
