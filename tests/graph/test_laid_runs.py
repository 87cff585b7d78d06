"""Runs over a release whose rows are read: the same as where all is made in memory, and what they refuse."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from made_release import TINY, Made, shown, skewed, write
from small_webs import Here, built, write_warc

from inlink.errors import CorruptIndex, NotFound, Refused
from inlink.graph import laid, laid_run, overlay_votes
from inlink.graph.blocks import Release
from inlink.graph.policy import Policy
from inlink.graph.runs import Run
from inlink.graph.scoring import rank
from inlink.graph.upkeep import run_faults
from inlink.store.workspace import Workspace
from inlink.workbench import Workbench

N = 12_000  # as many as authority needs
OWN = "mine.example"


@pytest.fixture(scope="module")
def made() -> Made:
    return skewed(N, 40_000, seed=4)


@pytest.fixture(scope="module")
def folder(made: Made, tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("laid") / "release"
    write(place, made, layout=replace(TINY, per_leaf=64))
    return place


def own_pages(made: Made) -> dict[str, list[str]]:
    """Pages with links between domains of the release and others; some that it has, some nofollow."""
    names = [shown(name) for name in made.names]
    known = sorted(zip(made.sources.tolist(), made.targets.tolist(), strict=True))[:6]
    random = np.random.default_rng(8)
    pairs = [(names[a], names[b]) for a, b in [*known, *random.integers(0, N, (60, 2)).tolist()] if a != b]
    strongest = names[made.order()[0]]
    pairs += [(OWN, names[3]), (names[5], OWN), (OWN, "new.example"), ("ann.github.io", OWN), (OWN, strongest)]
    pages: dict[str, list[str]] = {}
    for a, b in pairs:
        pages.setdefault(f"https://{a}/", []).append(f"https://{b}/")
    pages[f"https://{names[5]}/second"] = [f"https://{OWN}/"]
    pages[f"https://{names[7]}/"] = [f"https://{OWN}/ nofollow", f"https://{strongest}/"]
    return pages


@pytest.fixture(scope="module")
def workspace(made: Made, tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    place = tmp_path_factory.mktemp("laid")
    return built(place / "ws", write_warc(place / "1.warc.gz", own_pages(made)))


@pytest.fixture(scope="module")
def both(workspace: Workspace, folder: Path) -> tuple[Run, Run]:
    """The run made in memory, and the one whose rows are read."""
    small = rank(workspace, "domains", Here(), release=Release.open(folder)).run
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(overlay_votes, "MOST_EDGES", 0)
        large = rank(workspace, "domains", Here(), release=Release.open(folder)).run
        again = rank(workspace, "domains", Here(workers=2), release=Release.open(folder))
    assert again.outcome == "unchanged"
    return small, large


def test_it_says_the_same_as_the_run_made_in_memory(both: tuple[Run, Run]) -> None:
    small, large = both
    assert small.id != large.id
    assert (small.n, small.facts.m, small.facts.n_dangling) == (large.n, large.facts.m, large.facts.n_dangling)
    assert large.facts.is_laid
    assert not small.facts.is_laid
    names = [small.names.name(node) for node in range(small.n)]
    nodes = [large.names.node(name) for name in names]
    assert sorted(node for node in nodes if node is not None) == list(range(large.n))
    at = np.array(nodes, np.int64)
    assert np.abs(large.mass[at] - small.mass).sum() <= 2e-12
    assert np.array_equal(large.position[at], small.position)
    assert np.array_equal(large.in_votes[at], small.in_votes)
    assert [large.names.name(int(node)) for node in at[::97]] == names[::97]
    for node, other in zip(range(0, small.n, 500), at[::500].tolist(), strict=True):
        one, two = small.standing(node), large.standing(other)
        assert (one.position, one.authority) == (two.position, two.authority)


def test_the_same_bits_for_any_number_of_threads(workspace: Workspace, folder: Path, both: tuple[Run, Run]) -> None:
    mass = np.array(both[1].mass)
    shutil.rmtree(both[1].folder)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(overlay_votes, "MOST_EDGES", 0)
        made = rank(workspace, "domains", Here(workers=3), release=Release.open(folder))
    assert (made.outcome, made.run.id) == ("made", both[1].id)
    assert np.array_equal(made.run.mass, mass)


def test_questions_about_it(made: Made, workspace: Workspace, both: tuple[Run, Run]) -> None:
    small, large = both
    strongest = shown(made.names[made.order()[0]])
    with Workbench.open(workspace.path) as bench:
        for name in (OWN, strongest, "ann.github.io", "new.example"):
            one, two = (bench.authority(name, run=run.id, scope="domain") for run in both)
            assert (one.position, one.authority, one.in_votes) == (two.position, two.authority, two.in_votes)
            assert one.position is not None
        assert bench.authority("nowhere.example", run=large.id).position is None
        for name in (OWN, strongest):
            first, second = (bench.explain(name, run=run.id, scope="domain", limit=12) for run in both)
            assert (first.n_sources, first.n_others) == (second.n_sources, second.n_others)
            assert second.restart == pytest.approx(first.restart, rel=1e-12)
            assert second.returned == pytest.approx(first.returned, rel=1e-9)
            assert abs(second.open or 0) < 1e-12
            told = {row.name: (row.n_pages, row.n_follow_pages, row.n_links) for row in first.rows}
            assert {row.name: (row.n_pages, row.n_follow_pages, row.n_links) for row in second.rows} == told
            carried = {row.name: row.carried for row in first.rows}
            assert {row.name: row.carried for row in second.rows} == pytest.approx(carried, rel=1e-9)
        with pytest.raises(Refused, match="both directions"):
            bench.explain(OWN, run=large.id, origins=True)
        with pytest.raises(Refused, match="both directions"):
            bench.what_if(OWN, run=large.id, add=[strongest])
        with pytest.raises(Refused, match="both directions"):
            bench.fragility(OWN, run=large.id)
        with pytest.raises(Refused, match="not kept one by one"):
            bench.diff_runs(small.id, large.id, site=[OWN])


LIGHT = """
import sys
from pathlib import Path
from inlink.workbench import Workbench
with Workbench.open(Path(sys.argv[1])) as bench:
    found = [bench.explain(sys.argv[2], run=run, scope="domain").n_sources for run in sys.argv[3:]]
assert "numba" not in sys.modules
print(*found)
"""


def test_the_flow_is_told_without_the_compiler(workspace: Workspace, both: tuple[Run, Run]) -> None:
    words = [str(workspace.path), OWN, *(run.id for run in both)]
    done = subprocess.run([sys.executable, "-c", LIGHT, *words], capture_output=True, text=True)
    assert (done.returncode, done.stdout.split()) == (0, ["2", "2"]), done.stderr


def test_it_orders_links_as_the_other_does(workspace: Workspace, folder: Path, both: tuple[Run, Run]) -> None:
    with Workbench.open(workspace.path) as bench:
        assert bench.rank(("domains",), release=str(folder), serves=True)[0].is_served
        expected = [row["source_domain"] for row in bench.backlinks(OWN).to_dicts()]
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(overlay_votes, "MOST_EDGES", 0)
            assert bench.rank(("domains",), release=str(folder), serves=True)[0].is_served
        assert [row["source_domain"] for row in bench.backlinks(OWN).to_dicts()] == expected
        assert len(expected) > 2


def test_it_is_verified_and_kept_as_others(workspace: Workspace, both: tuple[Run, Run]) -> None:
    assert not [wrong for _, wrong in run_faults(workspace) if wrong]
    path = both[1].graph_folder / "out_votes.npy"
    data = path.read_bytes()
    path.write_bytes(data[:-1] + b"\7")
    try:
        assert [name for name, wrong in run_faults(workspace) if wrong] == [f"arrays/{both[1].facts.graph}"]
    finally:
        path.write_bytes(data)


@pytest.mark.parametrize("is_large", [False, True], ids=["made in memory", "rows are read"])
def test_a_release_alone(made: Made, folder: Path, is_large: bool, tmp_path: Path) -> None:
    workspace = Workspace.create(tmp_path / "ws")
    with pytest.MonkeyPatch.context() as patch, Workbench.open(workspace.path) as bench:
        patch.setattr(overlay_votes, "MOST_EDGES", 0 if is_large else 1 << 40)
        done = bench.rank(release=str(folder))[0]
        assert done.graph == "domains"
        assert (done.n, done.m) == (N, len(made.sources))
        found = bench.authority(shown(made.names[made.order()[0]]))
        assert (found.run, found.snapshot) == (done.run, Release.open(folder).manifest.name)
        assert found.position == 1 + int(np.count_nonzero(np.asarray(_masses(bench, done.run)) > (found.mass or 0)))
        assert len(bench.explain(found.target.text).rows) > 0
        assert not [wrong for _, wrong in run_faults(workspace) if wrong]


def _masses(bench: Workbench, run: str) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    found: np.ndarray[tuple[int], np.dtype[np.float64]] = np.load(bench.path / "graph" / run / "mass.npy")
    return found


def test_a_policy_that_weighs_is_refused(workspace: Workspace, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(overlay_votes, "MOST_EDGES", 0)
    for policy in (Policy("weight"), Policy("evaporate"), Policy("drop", "log-pages")):
        with pytest.raises(Refused, match="every vote counts 1"):
            rank(workspace, "domains", Here(), policy, release=Release.open(folder))


def test_a_release_that_went_or_changed(made: Made, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(overlay_votes, "MOST_EDGES", 0)
    workspace = built(tmp_path / "ws", write_warc(tmp_path / "1.warc.gz", own_pages(made)))
    place = workspace.path / "releases" / "made" / "domain"
    place.parent.mkdir(parents=True)
    write(place, made)
    run = rank(workspace, "domains", Here(), release=Release.open(place)).run
    write(workspace.path / "releases" / "newer" / "domain", skewed(50, 90))
    with Workbench.open(workspace.path) as bench:
        assert bench.gc(keep_releases=1).releases == ()  # the older one is needed
    moved = workspace.path.with_name("elsewhere")
    workspace.path.rename(moved)  # a release below the workspace goes with it
    workspace, place = Workspace.open(moved), moved / "releases" / "made" / "domain"
    with Workbench.open(moved) as bench:
        assert bench.authority(OWN).run == run.id
    place.rename(place.with_name("gone"))
    with Workbench.open(moved) as bench, pytest.raises(NotFound, match="any more"):
        bench.authority(OWN)
    write(place, skewed(N, 41_000, seed=5))
    with Workbench.open(moved) as bench, pytest.raises(CorruptIndex, match="not the one"):
        bench.explain(OWN)
    assert not [wrong for _, wrong in run_faults(workspace) if wrong]


def test_a_release_that_changes_while_it_is_read(made: Made, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(overlay_votes, "MOST_EDGES", 0)
    place, workspace = tmp_path / "release", Workspace.create(tmp_path / "ws")
    write(place, made)
    real = laid.check_same

    def swapped(release: Release) -> None:
        place.rename(tmp_path / "old")
        write(place, skewed(N, 41_000, seed=5))
        real(release)

    with monkeypatch.context() as patch, pytest.raises(Refused, match="changed while it was read"):
        patch.setattr(laid_run, "check_same", swapped)
        rank(workspace, "domains", Here(), release=Release.open(place))
    assert not list(workspace.graph.glob("domains-*"))
    cards = place / "cards.bin"
    cards.write_bytes(bytes(byte ^ 255 for byte in cards.read_bytes()))
    with pytest.raises(CorruptIndex, match="does not match its digest"):
        rank(workspace, "domains", Here(), release=Release.open(place))
    assert not list(workspace.graph.glob("domains-*"))


class KilledError(BaseException):
    """Stands for a killed process."""


@pytest.mark.parametrize("moment", ["place_own", "overlay", "save_laid", "check_same", "write_table", "replace_text"])
def test_killed_at_any_moment_nothing_is_there(
    moment: str, workspace: Workspace, folder: Path, both: tuple[Run, Run], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(overlay_votes, "MOST_EDGES", 0)
    name, before = both[1].id, np.array(both[1].mass)
    shutil.rmtree(both[1].folder)
    shutil.rmtree(both[1].graph_folder)

    def dies(*_: object, **__: object) -> None:
        raise KilledError

    with monkeypatch.context() as patch:
        patch.setattr(laid_run, moment, dies)
        with pytest.raises(KilledError):
            rank(workspace, "domains", Here(), release=Release.open(folder))
    assert not (workspace.graph / name).exists()
    done = rank(workspace, "domains", Here(), release=Release.open(folder))
    assert (done.outcome, done.run.id) == ("made", name)
    assert np.array_equal(done.run.mass, before)
    assert not [wrong for _, wrong in run_faults(workspace) if wrong]


DYING = """
import os, signal, sys
from inlink.graph import laid, laid_run, overlay_votes
from inlink.workbench import Workbench
overlay_votes.MOST_EDGES = 0
laid_run.check_same = lambda release: os.kill(os.getpid(), signal.SIGKILL)
with Workbench.open(sys.argv[1]) as bench:
    bench.rank(("domains",), release=sys.argv[2])
"""


@pytest.mark.skipif(os.name != "posix", reason="signals")
def test_kill_9_leaves_no_run(folder: Path, tmp_path: Path) -> None:
    workspace = Workspace.create(tmp_path / "ws")
    words = [sys.executable, "-c", DYING, str(workspace.path), str(folder)]
    assert subprocess.run(words, check=False).returncode == -signal.SIGKILL
    with Workbench.open(workspace.path) as bench:
        with pytest.raises(NotFound):
            bench.authority("example.com")
        assert bench.rank(("domains",), release=str(folder))[0].outcome == "made"
