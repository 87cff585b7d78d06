"""Scoring runs: positions and authority, the same bits for the same inputs, nothing half-written, upkeep."""

from __future__ import annotations

import json
import math
import shutil
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st
from small_webs import Here, built, write_warc

from inlink.errors import BadInput, Busy, CorruptIndex, NotFound
from inlink.graph import authority, scoring
from inlink.graph.authority import authority_at, positions, rounded, standing_if
from inlink.graph.graph import open_graph
from inlink.graph.policy import Policy
from inlink.graph.runs import Recipe, Run, open_run, read_run, recipe_of, run_names, runs_of
from inlink.graph.scoring import rank
from inlink.graph.upkeep import remove_old, run_faults
from inlink.schema.runs import RUN_SCORES
from inlink.store.lock import Lease
from inlink.store.workspace import Workspace
from inlink.workbench import Workbench
from inlink.workbench.ranking import held_run

WEB = {
    "https://a.example/": ["https://b.example/", "https://c.example/ nofollow", "/2"],
    "https://b.example/": ["https://c.example/"],
    "https://c.example/": ["https://a.example/", "https://d.example/x"],
    "https://e.example/": ["https://a.example/"],
}
MORE = {"https://d.example/x": ["https://a.example/"], "https://f.example/": ["https://d.example/x"]}


@pytest.fixture(scope="module")
def ws(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """A small workspace; tests that change it copy it first."""
    folder = tmp_path_factory.mktemp("runs")
    return built(folder / "ws", write_warc(folder / "1.warc.gz", WEB), write_warc(folder / "2.warc.gz", MORE))


@pytest.fixture
def own(ws: Workspace, tmp_path: Path) -> Workspace:
    """A copy of the workspace that the test may change."""
    shutil.copytree(ws.path, tmp_path / "ws", ignore=shutil.ignore_patterns("*.lock", "*.lease"))
    return Workspace.open(tmp_path / "ws")


# ---- positions and authority ----------------------------------------------------------------------------------------


def test_equal_masses_share_the_worst_position() -> None:
    mass = np.array([0.4, 0.1, 0.1 * (1 + 1e-12), 0.3, 0.1, 0.0])
    keys = rounded(mass)
    assert positions(keys, np.sort(keys)).tolist() == [1, 5, 5, 2, 5, 6]


@given(st.lists(st.floats(min_value=1e-280, max_value=1.0), min_size=2, max_size=40))
def test_rounding_keeps_ten_digits_and_the_order(values: list[float]) -> None:
    mass = np.sort(np.array(values))
    keys = rounded(mass)
    assert (np.diff(keys) >= 0).all()
    for a, b, same in zip(mass[:-1], mass[1:], np.diff(keys) == 0, strict=True):
        assert same or b / a > 1 + 1e-10 - 1e-15
        assert not same or b / a < 1 + 1.0001e-9
    for value, key in zip(mass.tolist(), keys.tolist(), strict=True):
        digits, _, exponent = f"{value:.9e}".partition("e")
        told = (int(exponent) + 291) * 10**10 + int(digits.replace(".", ""))
        assert abs(key - told) <= 1 or {key % 10**10, told % 10**10} == {10**9, 10**10 - 1}


@pytest.mark.parametrize("exponent", range(-20, 1))
def test_powers_of_ten_round_to_themselves(exponent: int) -> None:
    value = float(f"1e{exponent}")
    around = [np.nextafter(value, 0), value, np.nextafter(value, 2)]
    assert len(set(rounded(np.array(around)).tolist())) == 1


def test_authority_is_shown_from_ten_thousand_on() -> None:
    assert authority_at(1, 9_999) is None
    assert authority_at(1, 10_000) == 100
    assert authority_at(100, 10_000) == pytest.approx(50)
    assert authority_at(10_000, 10_000) == 0
    assert authority_at(3, 10_000, has_votes=False) == 0
    assert authority_at(7, 123_456) == pytest.approx(100 * (1 - math.log(7) / math.log(123_456)))


def test_authorities_of_all_nodes_are_those_of_each() -> None:
    n = 10_000
    mass = np.random.default_rng(1).random(n)
    keys = rounded(mass)
    position = positions(keys, np.sort(keys))
    votes = np.arange(n) % 3
    scores = authority.authorities(position, votes)
    assert scores is not None
    for node in range(0, n, 613):
        at = int(np.count_nonzero(mass >= mass[node]))
        assert position[node] == at
        assert scores[node] == pytest.approx(authority_at(at, n, has_votes=bool(votes[node])))
    assert authority.authorities(position[:9], votes[:9]) is None


@given(st.lists(st.sampled_from([0.1, 0.2, 0.3, 0.4, 0.5]), min_size=1, max_size=12), st.floats(0.05, 0.6))
def test_a_new_mass_with_all_others_held_still(masses: list[float], new: float) -> None:
    ordered = np.sort(rounded(np.array(masses)))
    changed = np.array([new, *masses[1:]])
    keys = rounded(changed)
    assert standing_if(new, ordered, instead_of=masses[0]).position == positions(keys, np.sort(keys))[0]


# ---- the same inputs, the same run ----------------------------------------------------------------------------------


def test_ranking_twice_is_once(own: Workspace) -> None:
    first = rank(own, "domains", Here())
    assert first.outcome == "made"
    before = {path: path.stat().st_mtime_ns for path in first.run.folder.rglob("*")}
    again = rank(own, "domains", Here())
    assert again.outcome == "unchanged"
    assert again.run.id == first.run.id
    assert {path: path.stat().st_mtime_ns for path in first.run.folder.rglob("*")} == before


def test_the_same_bits_for_any_order_of_inputs_and_threads(own: Workspace, tmp_path: Path) -> None:
    other = built(tmp_path / "other", write_warc(tmp_path / "2.warc.gz", MORE), write_warc(tmp_path / "1.warc.gz", WEB))
    runs = [rank(own, "pages", Here(1)).run, rank(other, "pages", Here(2)).run]
    assert runs[0].id == runs[1].id
    assert runs[0].facts.scores["digest"] == runs[1].facts.scores["digest"]
    assert runs[0].facts.digests == runs[1].facts.digests


def test_what_goes_in_decides_the_name() -> None:
    plain = Recipe("domains", "0001-x", "key")
    assert plain.run == Recipe("domains", "0007-x", "key").run, "the number of a snapshot is no input"
    others = [
        Recipe("hosts", "0001-x", "key"),
        Recipe("domains", "0001-x", "other"),
        Recipe("domains", "0001-x", "key", Policy("evaporate")),
        Recipe("domains", "0001-x", "key", Policy("drop", "hosts")),
        Recipe("domains", "0001-x", "key", Policy("weight", nofollow_share=0.2)),
        Recipe("domains", "0001-x", "key", Policy("weight", nofollow_share=0.3)),
        Recipe("domains", "0001-x", "key", damping=0.5),
        Recipe("domains", "0001-x", "key", tolerance=1e-6),
    ]
    assert len({one.run for one in (plain, *others)}) == 9
    assert all(recipe_of(dict(one.words)) == one for one in (plain, *others))
    assert Recipe("domains", "0001-x", "key", Policy("drop", nofollow_share=0.5)).run == plain.run


def test_a_run_says_what_it_is_made_of(own: Workspace) -> None:
    run = rank(own, "domains", Here(), Policy("evaporate"), damping=0.7).run
    written = json.loads((run.folder / "run.json").read_text(encoding="utf-8"))
    assert written["inputs"] | {"snapshot": "", "snapshot_key": ""} == {
        "graph": "domains", "snapshot": "", "snapshot_key": "", "follow": "evaporate", "weight": "one",
        "damping": 0.7, "dangling": "restart", "restart": "uniform", "tolerance": 1e-12, "code": "1", "schema": 1,
    }  # fmt: skip
    assert written["error_bound"] <= 1e-12
    assert written["iterations"] > 3
    table = pq.read_table(run.folder / "scores")
    assert table.schema.names == list(RUN_SCORES.names)
    graph = open_graph(run.graph_folder, run.kept_names)
    for row in table.to_pylist():
        node = run.names.node(row["name"])
        assert node is not None
        assert (row["mass"], row["position"], row["authority"]) == (run.mass[node], run.position[node], None)
        assert (row["in_votes"], row["out_votes"]) == (len(graph.inward.row(node)), len(graph.outward.row(node)))


def test_the_latest_run_is_the_one_asked_for_last(own: Workspace) -> None:
    first = rank(own, "domains", Here()).run
    second = rank(own, "domains", Here(), damping=0.5).run
    pages = rank(own, "pages", Here()).run
    assert open_run(own, kind="domains").id == second.id
    rank(own, "domains", Here())
    assert open_run(own, kind="domains").id == first.id
    assert open_run(own, kind="pages").id == pages.id
    assert open_run(own, second.id[:-3]).id == second.id
    assert open_run(own).id == first.id, "domains were asked for last, though pages were made last"
    assert open_run(own, "previous").id == second.id
    with pytest.raises(NotFound, match="no other scoring run of pages"):
        open_run(own, "previous", kind="pages")
    assert [run.id for run in runs_of(own)] == [first.id, second.id, pages.id]
    with pytest.raises(NotFound, match="2 runs have"):
        open_run(own, "domains-"[:8])
    with pytest.raises(NotFound, match="no scoring run of hosts"):
        open_run(own, kind="hosts")


# ---- nothing half-written, nothing lost -----------------------------------------------------------------------------


@pytest.mark.parametrize("step", ["own_votes", "own_graph", "masses", "write_run", "publish_run"])
def test_stopped_anywhere_it_harms_nothing(own: Workspace, monkeypatch: pytest.MonkeyPatch, step: str) -> None:
    kept = rank(own, "domains", Here()).run
    real = getattr(scoring, step)

    def stopped(*given: object, **more: object) -> None:
        if step != "publish_run":
            real(*given, **more)
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(scoring, step, stopped)
        with pytest.raises(KeyboardInterrupt):
            rank(own, "domains", Here(), Policy("evaporate"))
    assert [run.id for run in runs_of(own)] == [kept.id]
    assert open_run(own).id == kept.id
    assert not [wrong for _, wrong in run_faults(own) if wrong]
    done = rank(own, "domains", Here(), Policy("evaporate"))
    assert done.outcome == "made"
    assert not list(own.tmp.iterdir())


def test_a_run_that_cannot_be_read_is_made_anew(own: Workspace) -> None:
    run = rank(own, "domains", Here()).run
    digests = run.facts.digests
    (run.folder / "run.json").write_text('{"run": 1}', encoding="utf-8")
    with pytest.raises(CorruptIndex):
        read_run(run.folder)
    assert [wrong for _, wrong in run_faults(own) if wrong]
    again = rank(own, "domains", Here())
    assert (again.outcome, again.run.facts.digests) == ("made", digests)
    assert not [wrong for _, wrong in run_faults(own) if wrong]


@pytest.mark.parametrize("name", ["mass.npy", "scores/00000.parquet"])
def test_verify_finds_what_is_damaged(own: Workspace, name: str) -> None:
    run = rank(own, "domains", Here()).run
    path = run.folder / name
    path.write_bytes(path.read_bytes()[:-9] + b"damaged!!")
    (found,) = [wrong for who, wrong in run_faults(own) if who == run.id]
    assert len(found) == 1
    assert "scores" in found[0] or "arrays" in found[0]


def test_verify_finds_damaged_graphs(own: Workspace) -> None:
    rank(own, "domains", Here())
    for path in (*own.graph.glob("votes/*/target.npy"), *own.graph.glob("arrays/*/in_neighbours.npy")):
        path.write_bytes(path.read_bytes()[:-1] + b"\7")
    assert len([who for who, wrong in run_faults(own) if wrong]) == 2


def test_gc_keeps_what_is_used(own: Workspace) -> None:
    made = [rank(own, "domains", Here(), damping=d / 10).run for d in (1, 2, 3, 4, 5)]
    pages = rank(own, "pages", Here()).run
    rank(own, "domains", Here(), damping=0.1)  # asked for last
    lease = Lease(own.locks, made[1].id)
    gone = remove_old(own, keep=1)
    assert set(gone) == {made[2].id, made[3].id}
    assert set(run_names(own)) == {made[0].id, made[1].id, made[4].id, pages.id}
    lease.release()
    assert remove_old(own, keep=1) == (made[1].id,)
    assert [one.facts.votes for one in runs_of(own)]
    assert not [wrong for _, wrong in run_faults(own) if wrong]


def test_gc_removes_graphs_of_no_run(own: Workspace) -> None:
    rank(own, "domains", Here(), Policy("evaporate"))
    rank(own, "domains", Here())
    remove_old(own, keep=1)
    assert len(list(own.graph.glob("arrays/*"))) == len(list(own.graph.glob("votes/*"))) == 1


def test_a_run_that_somebody_reads_is_kept(own: Workspace) -> None:
    run: Run | None = held_run(own, rank(own, "domains", Here(), damping=0.3).run.id)
    rank(own, "domains", Here())
    assert remove_old(own, keep=1) == ()
    run = None
    assert len(remove_old(own, keep=1)) == 1
    assert run is None


# ---- refusals -------------------------------------------------------------------------------------------------------


def test_what_cannot_be_ranked_is_refused(own: Workspace, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="always the same in a graph of pages"):
        rank(own, "pages", Here(), Policy("drop", "log-pages"))
    with pytest.raises(BadInput, match="no follow policy"):
        rank(own, "pages", Here(), Policy("ignore"))
    with pytest.raises(BadInput, match="cannot count 0"):
        rank(own, "pages", Here(), Policy("weight", nofollow_share=0.0))
    with pytest.raises(NotFound, match="nothing has been built"):
        rank(Workspace.create(tmp_path / "empty"), "pages", Here())
    with own.building(), pytest.raises(Busy):
        rank(own, "pages", Here())


def test_authority_of_targets(own: Workspace) -> None:
    with Workbench.open(own.path) as bench:
        with pytest.raises(NotFound, match="no scoring run"):
            bench.authority("a.example")
        rank(own, "domains", Here())
        rank(own, "pages", Here())
        found = bench.authority("a.example")
        assert (found.position, found.n, found.in_votes, found.authority) == (1, 6, 3, None)
        assert any("10,000" in note for note in found.notes)
        page = bench.authority("http://www.d.example/x/?utm_source=n", scope="url")
        assert page.graph == "pages"
        assert page.in_votes == 2
        nobody = bench.authority("nobody.example")
        assert (nobody.mass, nobody.position) == (None, None)
        assert "not in the graph" in nobody.notes[-1]
        with pytest.raises(BadInput, match="stands for many pages"):
            bench.authority("a.example/guides/*")
        with pytest.raises(BadInput, match="is of pages"):
            bench.authority("a.example", run=page.run)


def test_an_old_run_says_that_it_is_old(own: Workspace, tmp_path: Path) -> None:
    rank(own, "domains", Here())
    built(own.path, write_warc(tmp_path / "3.warc.gz", {"https://g.example/": ["https://a.example/"]}))
    with Workbench.open(own.path) as bench:
        assert any("inlink rank makes a newer run" in note for note in bench.authority("a.example").notes)
        rank(own, "domains", Here())
        found = bench.authority("a.example")
        assert not any("newer" in note for note in found.notes)
        assert found.n == 7
