"""Lists of both directions of a run over a release of any size: its questions say what those of a run in memory say."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from made_release import TINY, Made, shown, skewed, write
from small_webs import Here, built, write_warc

from inlink.errors import CorruptIndex, Refused, Unreachable
from inlink.graph import laid_lists, origins, overlay_votes
from inlink.graph.blocks import Release
from inlink.graph.runs import Run
from inlink.graph.scoring import rank
from inlink.graph.upkeep import remove_old, run_faults
from inlink.store.workspace import Workspace
from inlink.workbench import Workbench
from inlink.workbench.explanations import WhatIfAnswer

N = 12_000
OWN, NEW = "mine.example", "new.example"


@pytest.fixture(scope="module")
def made() -> Made:
    return skewed(N, 40_000, seed=4)


@pytest.fixture(scope="module")
def folder(made: Made, tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("lists") / "release"
    write(place, made, layout=replace(TINY, per_leaf=64))
    return place


@pytest.fixture(scope="module")
def workspace(made: Made, tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    names = [shown(name) for name in made.names]
    pages = {
        f"https://{names[5]}/": [f"https://{OWN}/"],
        f"https://{OWN}/": [
            f"https://{names[3]}/",
            f"https://{NEW}/",
            f"https://{shown(made.names[made.order()[0]])}/",
        ],
        f"https://{names[7]}/": [f"https://{OWN}/ nofollow"],
        "https://ann.github.io/": [f"https://{OWN}/"],
    }
    place = tmp_path_factory.mktemp("lists")
    return built(place / "ws", write_warc(place / "1.warc.gz", pages))


@pytest.fixture(scope="module")
def both(workspace: Workspace, folder: Path) -> tuple[Run, Run]:
    """The run made in memory, and the one whose lists are kept, made after the run itself."""
    small = rank(workspace, "domains", Here(), release=Release.open(folder)).run
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(overlay_votes, "MOST_EDGES", 0)
        patch.setattr(laid_lists, "MEMORY_BYTES", 1 << 16)  # several parts
        patch.setattr(laid_lists, "_CHUNK", 1 << 10)
        first = rank(workspace, "domains", Here(), release=Release.open(folder))
        assert not first.run.has_lists
        again = rank(workspace, "domains", Here(workers=2), release=Release.open(folder), keeps_lists=True)
    assert (first.outcome, again.outcome) == ("made", "unchanged")
    assert again.run.has_lists
    return small, again.run


def targets(made: Made) -> list[str]:
    """The strongest, one in the middle, one that nobody links to, and own ones."""
    order = made.order()
    return [shown(made.names[order[at]]) for at in (0, 40, N - 1)] + [OWN, NEW]


def test_its_lists_are_those_of_the_graph(both: tuple[Run, Run]) -> None:
    large = both[1]
    lists = laid_lists.open_lists(large)
    assert (lists.inward.n, lists.outward.n, lists.inward.m) == (large.n, large.n, large.facts.m)
    for node in [*range(0, large.n, 211), large.n - 1]:
        assert lists.inward.row(node).tolist() == large.laid.sources(node).tolist()
    pairs = {(int(s), t) for t in range(large.n) for s in lists.inward.row(t)}
    assert pairs == {(s, int(t)) for s in range(large.n) for t in lists.outward.row(s)}
    assert all(np.all(np.diff(lists.outward.row(s).astype(np.int64)) > 0) for s in range(0, large.n, 97))


def test_lists_that_are_made_while_a_workbench_is_open(
    workspace: Workspace, folder: Path, both: tuple[Run, Run], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy = Workspace.open(shutil.copytree(workspace.path, tmp_path / "ws"))
    shutil.rmtree(copy.graph / both[1].id / "lists")
    monkeypatch.setattr(overlay_votes, "MOST_EDGES", 0)
    with Workbench.open(copy.path) as bench:
        assert bench.explain(OWN, scope="domain").about.run == both[1].id
        with pytest.raises(Refused, match="both directions"):
            bench.explain(OWN, origins=True)
        assert bench.rank(("domains",), release=str(folder), keeps_lists=True)[0].outcome == "unchanged"
        assert bench.explain(OWN, origins=True).n_sources > 1


@pytest.mark.parametrize("swept", [False, True], ids=["pushes", "sweeps"])
def test_origins_as_in_memory(
    made: Made, workspace: Workspace, both: tuple[Run, Run], swept: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(origins, "MANY_EDGES", 0 if swept else 1 << 40)
    with Workbench.open(workspace.path) as bench:
        for name in targets(made):
            for exact in (False, True):
                one, two = (
                    bench.explain(name, scope="domain", run=run.id, origins=True, exact=exact, limit=None)
                    for run in both
                )
                mass = two.about.now.mass
                assert two.about.now.mass == pytest.approx(one.about.now.mass, rel=1e-9)
                assert sum(row.carried for row in two.rows) + (two.unresolved or 0) + (two.open or 0) == pytest.approx(
                    mass, rel=1e-9
                )
                assert (two.unresolved or 0) <= 0.0101 * mass
                if exact:
                    begun = {row.name: row.carried for row in one.rows}
                    assert {row.name: row.carried for row in two.rows} == pytest.approx(begun, rel=1e-6, abs=1e-15)


def told(found: WhatIfAnswer) -> list[object]:
    """What an answer says of the cases of its links."""
    return [(one.source, one.action, one.case, one.why) for one in found.changes]


def test_what_ifs_as_in_memory(made: Made, workspace: Workspace, both: tuple[Run, Run]) -> None:
    random = np.random.default_rng(3)
    names = [shown(name) for name in made.names]
    with Workbench.open(workspace.path) as bench:
        for name in targets(made):
            sources = [names[at] for at in random.integers(0, N, 6)]
            flow = bench.explain(name, scope="domain", run=both[1].id)
            lost = [row.name for row in flow.rows[:2]]
            for asked in (
                {"add": sources[:1]}, {"add": sources, "lose": lost}, {"lose": lost[:1]}, {"add": ["nowhere.example"]},
                {"add": sources[:2], "nofollow": True}, {"add": lost or sources, "exact": True},
            ):  # fmt: skip
                if not any(value for key, value in asked.items() if key in ("add", "lose")):
                    continue
                one, two = (bench.what_if(name, scope="domain", run=run.id, **asked) for run in both)
                assert told(one) == told(two)
                assert two.after.mass == pytest.approx(one.after.mass, rel=1e-9)
                assert (two.after.position, two.after.authority) == (one.after.position, one.after.authority)


def test_best_and_fragility_as_in_memory(made: Made, workspace: Workspace, both: tuple[Run, Run]) -> None:
    with Workbench.open(workspace.path) as bench:
        for name in (targets(made)[1], OWN):
            for infrastructure in (False, True):
                one, two = (
                    bench.what_if(name, scope="domain", run=run.id, best=5, infrastructure=infrastructure)
                    for run in both
                )
                assert two.n_candidates == one.n_candidates
                gains = [each.gain for each in one.best]
                assert [each.gain for each in two.best] == pytest.approx(gains, rel=1e-6)
            first, second = (bench.fragility(name, scope="domain", run=run.id) for run in both)
            lost = [rest.share_lost for rest in first.rows]
            assert [rest.share_lost for rest in second.rows] == pytest.approx(lost, rel=1e-6)


def test_lists_are_verified_and_go_with_their_run(
    workspace: Workspace, folder: Path, both: tuple[Run, Run], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert not [wrong for _, wrong in run_faults(workspace) if wrong]
    copy = Workspace.open(shutil.copytree(workspace.path, tmp_path / "ws"))
    large = Run(copy.graph / both[1].id, both[1].facts)
    for place in (large.folder, large.graph_folder):
        path = next((place / "lists").glob("*s.npy"))
        data = path.read_bytes()
        path.write_bytes(data[:-1] + bytes([data[-1] ^ 1]))
        assert len([wrong for _, wrong in run_faults(copy) if wrong]) == 1
        path.write_bytes(data)
    (large.graph_folder / "lists" / "core_nodes.npy").unlink()
    with Workbench.open(copy.path) as bench, pytest.raises(CorruptIndex, match="do not fit the run"):
        bench.explain(OWN, run=large.id, origins=True)
    shutil.rmtree(large.graph_folder / "lists")
    with Workbench.open(copy.path) as bench, pytest.raises(Refused, match="both directions") as refused:
        bench.explain(OWN, run=large.id, origins=True)
    assert "--keep-lists" in (refused.value.hint or "")
    monkeypatch.setattr(overlay_votes, "MOST_EDGES", 0)
    again = rank(copy, "domains", Here(), release=Release.open(folder), keeps_lists=True).run
    assert again.has_lists
    shutil.rmtree(again.folder)
    remove_old(copy)
    assert not again.graph_folder.exists()


class KilledError(BaseException):
    """Stands for a killed process."""


@pytest.mark.parametrize("moment", ["csr_of_chunks", "transpose", "save_core", "coarse_leaks", "replace_text"])
def test_killed_while_they_are_made(
    moment: str,
    workspace: Workspace,
    folder: Path,
    both: tuple[Run, Run],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    copy = Workspace.open(shutil.copytree(workspace.path, tmp_path / "ws"))
    run = Run(copy.graph / both[1].id, both[1].facts)
    for place in (run.folder, run.graph_folder):
        shutil.rmtree(place / "lists")
    monkeypatch.setattr(overlay_votes, "MOST_EDGES", 0)

    def dies(*_: object, **__: object) -> None:
        raise KilledError

    with monkeypatch.context() as patch:
        patch.setattr(laid_lists, moment, dies)
        with pytest.raises(KilledError):
            rank(copy, "domains", Here(), release=Release.open(folder), keeps_lists=True)
    assert not run.has_lists
    assert not [wrong for _, wrong in run_faults(copy) if wrong]
    assert rank(copy, "domains", Here(), release=Release.open(folder), keeps_lists=True).run.has_lists


def test_a_disk_without_room(
    workspace: Workspace, folder: Path, both: tuple[Run, Run], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy = Workspace.open(shutil.copytree(workspace.path, tmp_path / "ws"))
    shutil.rmtree(copy.graph / "arrays" / both[1].facts.graph / "lists")
    monkeypatch.setattr(overlay_votes, "MOST_EDGES", 0)
    monkeypatch.setattr("inlink.store.disk.shutil.disk_usage", lambda _: shutil._ntuple_diskusage(1, 1, 1))
    with pytest.raises(Unreachable, match="the lists needs about"):
        rank(copy, "domains", Here(), release=Release.open(folder), keeps_lists=True)
