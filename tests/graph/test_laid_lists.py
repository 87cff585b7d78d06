"""Lists of both directions of a run over a release of any size: its questions say what those of a run in memory say."""

from __future__ import annotations

import io
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from made_release import TINY, Made, shown, skewed, write
from small_webs import Here, built, write_warc

from inlink.errors import BadInput, CorruptIndex, Refused, Unreachable
from inlink.graph import laid_lists, origins, overlay_votes
from inlink.graph.blocks import Release
from inlink.graph.laid import LaidNames
from inlink.graph.names import Names, Texts
from inlink.graph.release_rows import ReleaseRows
from inlink.graph.runs import Run
from inlink.graph.scoring import rank
from inlink.graph.upkeep import remove_old, run_faults
from inlink.kernels import csr_plan
from inlink.store import disk
from inlink.store.workspace import Workspace
from inlink.urls.surt import host_key
from inlink.workbench import Workbench
from inlink.workbench.explanations import WhatIfAnswer
from inlink.workbench.jobs_child import Telling
from inlink.workbench.jobs_work import work

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
        patch.setattr(laid_lists, "MEMORY_BYTES", 10_000 * 16)
        patch.setattr(csr_plan, "_BUCKET", 1 << 10)
        patch.setattr(laid_lists, "_CHUNK", 1 << 10)
        passes: list[str] = []
        first = rank(workspace, "domains", Here(), release=Release.open(folder))
        assert not first.run.has_lists
        again = rank(
            workspace, "domains", Here(workers=2, memory_bytes=0), release=Release.open(folder), keeps_lists=True,
            report=lambda progress: passes.append(progress.note),
        )  # fmt: skip
    assert sum(note.startswith("read links: ") for note in passes) > 3  # in several parts
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
    with Workbench.open(copy.path) as bench, pytest.raises(CorruptIndex, match="damaged"):
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
    with pytest.raises(Unreachable, match="a graph in both directions needs about"):
        rank(copy, "domains", Here(), release=Release.open(folder), keeps_lists=True)


def test_a_disk_without_room_is_told_before_the_ranking(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace = Workspace.create(tmp_path / "ws")
    monkeypatch.setattr(overlay_votes, "MOST_EDGES", 0)
    real = disk.check_room

    def full(where: Path, need_bytes: int, *, what: str) -> None:
        if what == "a graph in both directions":
            raise Unreachable("no room", hint="free some")
        real(where, need_bytes, what=what)

    monkeypatch.setattr(laid_lists, "check_room", full)
    with pytest.raises(Unreachable, match="no room"):
        rank(workspace, "domains", Here(), release=Release.open(folder), keeps_lists=True)
    assert not list(workspace.graph.glob("domains-*"))


def test_lists_that_were_half_lost_are_made_again(
    workspace: Workspace, folder: Path, both: tuple[Run, Run], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy = Workspace.open(shutil.copytree(workspace.path, tmp_path / "ws"))
    run = Run(copy.graph / both[1].id, both[1].facts)
    monkeypatch.setattr(overlay_votes, "MOST_EDGES", 0)
    for place in (run.folder, run.graph_folder):
        (place / "lists" / "lists.json").unlink()
        assert not run.has_lists
        assert rank(copy, "domains", Here(), release=Release.open(folder), keeps_lists=True).run.has_lists
        assert not [wrong for _, wrong in run_faults(copy) if wrong]


def test_the_flow_is_told_though_lists_are_damaged(workspace: Workspace, both: tuple[Run, Run], tmp_path: Path) -> None:
    copy = Workspace.open(shutil.copytree(workspace.path, tmp_path / "ws"))
    large = both[1]
    for place, said in ((copy.graph / large.id, large.id), (copy.graph / "arrays" / large.facts.graph, "arrays")):
        path = next((place / "lists").glob("*.npy"))
        data = path.read_bytes()
        path.write_bytes(data[: len(data) // 2])
        with Workbench.open(copy.path) as bench:
            assert bench.explain(OWN, run=large.id).n_sources == 2
            with pytest.raises(CorruptIndex, match=f"{said}.*damaged") as wrong:
                bench.explain(OWN, run=large.id, origins=True)
            assert str(place / "lists") in (wrong.value.hint or "")
        path.write_bytes(data)


def test_a_release_alone_and_another_damping(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(overlay_votes, "MOST_EDGES", 0)
    workspace = Workspace.create(tmp_path / "ws")
    first = rank(workspace, "domains", Here(), release=Release.open(folder), keeps_lists=True).run
    stamp = (first.graph_folder / "lists" / "lists.json").stat().st_mtime_ns
    second = rank(workspace, "domains", Here(), damping=0.5, release=Release.open(folder), keeps_lists=True).run
    assert first.id != second.id
    assert (second.graph_folder / "lists" / "lists.json").stat().st_mtime_ns == stamp
    name = first.names.name(int(np.argmax(first.mass)))
    with Workbench.open(workspace.path) as bench:
        found = [bench.explain(name, run=run.id, origins=True, limit=None) for run in (first, second)]
    for run, one in zip((first, second), found, strict=True):
        assert sum(row.carried for row in one.rows) + (one.unresolved or 0) + one.open == pytest.approx(run.mass.max())
    assert found[0].about.now.mass != found[1].about.now.mass


def test_a_release_that_changed_before_its_lists_are_made(
    made: Made, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(overlay_votes, "MOST_EDGES", 0)
    place, workspace = tmp_path / "release", Workspace.create(tmp_path / "ws")
    write(place, made)
    run = rank(workspace, "domains", Here(), release=Release.open(place)).run
    real = ReleaseRows.rows_into

    def other(self: ReleaseRows, first: int, last: int, rows: np.ndarray) -> int:
        found = real(self, first, last, rows)
        rows[:found] = rows[:found][::-1] if first else 0  # links of others
        return found

    with monkeypatch.context() as patch, pytest.raises(CorruptIndex, match="not those of the run"):
        patch.setattr(ReleaseRows, "rows_into", other)
        rank(workspace, "domains", Here(), release=Release.open(place), keeps_lists=True)
    assert not run.has_lists


BELOW = [
    "a.net", "cloudfront-x.net", "cloudfront.net", "d1.cloudfront.net", "d2.cloudfront.net", "x.d2.cloudfront.net",
    "cloudfronts.net", "zz.example",
]  # fmt: skip


@pytest.mark.parametrize("per_leaf", [1, 2, 3, 64])
def test_names_below_a_name_are_those_of_names_in_memory(per_leaf: int, tmp_path: Path) -> None:
    names = sorted(".".join(reversed(name.split("."))) for name in BELOW)
    made = replace(skewed(len(names), 30, seed=1), names=names)
    write(tmp_path / "release", made, layout=replace(TINY, per_leaf=per_leaf))
    release = Release.open(tmp_path / "release")
    added = Names("domains", *(Texts.of([]) for _ in range(2)))
    known = sorted(BELOW, key=host_key)
    expected = Names("domains", Texts.of([host_key(name) for name in known]), Texts.of(known))
    for asked in (*BELOW, "net", "cloud.net", "aa.aa", "zzz.zzzz", "front.net"):
        found = LaidNames("domains", release, added).below(asked).tolist()
        assert {release.names([node])[0] for node in found} == {known[node] for node in expected.below(asked)}
        assert len(set(found)) == len(found)
    assert len(expected.below("cloudfront.net")) == 4


def test_own_names_below_a_name_are_found_too(both: tuple[Run, Run]) -> None:
    names = both[1].names
    assert [names.name(int(node)) for node in names.below(NEW)] == [NEW]
    assert names.names_of([int(names.below(OWN)[0]), 0]) == [OWN, names.name(0)]


def test_a_job_lays_links_over_a_release(made: Made, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(overlay_votes, "MOST_EDGES", 0)
    workspace = Workspace.create(tmp_path / "ws")
    write(workspace.path / "releases" / "made" / "domain", made)
    order = {"kind": "rank", "folder": str(workspace.path), "job_id": 1, "is_again": False, "began_us": 0}
    given = {"release": "made", "keeps_lists": True}
    said, result = work({**order, "arguments": given}, Telling(io.StringIO(), is_polite=False))
    (run,) = result["runs"]
    assert (run["graph"], run["n"], run["outcome"]) == ("domains", N, "made")
    assert said.startswith("12,000 domains in ")
    with Workbench.open(workspace.path) as bench:
        (row,) = bench.runs()
        assert (row.run, row.has_lists) == (run["run"], True)
        with pytest.raises(BadInput, match="cannot be laid over"):
            bench.rank(("hosts",), release=str(workspace.path / "releases" / "made" / "domain"))
