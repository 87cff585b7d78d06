"""Builds of made-up inputs: no-op, resume, restore, readers, order, suffixes, disk and broken inputs."""

from __future__ import annotations

import multiprocessing
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import duckdb
import pytest
from crash_builds import InProcess, run_build, small_input

from inlink.engine.local import LocalEngine
from inlink.engine.protocol import Outcome, Progress, Report, silent
from inlink.errors import BadInput, Busy, CorruptIndex, NotConfigured, NotFound, Unreachable
from inlink.index import build as build_module
from inlink.index.build import build
from inlink.index.inputs import remove, states
from inlink.index.jobs import MAKE_PART
from inlink.index.kept import copy_of, keep
from inlink.index.manifest import read_manifest
from inlink.index.upkeep import gc, verify
from inlink.store import Input, Workspace, disk
from inlink.store.workspace import Current

MEMORY = 700 * 2**20


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    made = Workspace.create(tmp_path / "w")
    made.register([small_input(0), small_input(1)])
    return made


def digests(workspace: Workspace) -> dict[str, str]:
    current = workspace.current()
    assert current is not None
    tables = read_manifest(workspace.snapshot(current.snapshot)).tables
    return {name: table["digest"] for name, table in tables.items()}


def test_nothing_to_build(tmp_path: Path) -> None:
    with pytest.raises(NotConfigured, match="no inputs"):
        run_build(Workspace.create(tmp_path / "w").path)


def test_the_life_of_a_workspace(workspace: Workspace) -> None:
    first = run_build(workspace.path)
    assert (first.outcome, first.n_extracted, first.n_reused, first.n_captures) == ("built", 2, 0, 24)
    assert first.errors == {"record-cut": 2}
    assert first.examples["record-cut"][0]["file"] in ("0.warc.gz", "1.warc.gz")

    again = run_build(workspace.path)
    assert (again.outcome, again.snapshot, again.n_extracted) == ("unchanged", first.snapshot, 0)

    workspace.register([small_input(2)])
    more = run_build(workspace.path)
    assert (more.outcome, more.n_extracted, more.n_reused) == ("built", 1, 2)
    assert more.snapshot > first.snapshot

    remove(workspace, [small_input(2).name])
    back = run_build(workspace.path)
    assert (back.outcome, back.snapshot) == ("restored", first.snapshot)

    workspace.settings_path.write_text('[suffixes]\nown = ["s1.example"]\n')
    other = run_build(workspace.path)
    assert (other.outcome, other.n_extracted) == ("built", 0)
    assert read_manifest(workspace.snapshot(other.snapshot)).suffixes["own"] == ["s1.example"]
    assert verify(workspace).faults == ()

    done = gc(workspace, keep=1)
    assert workspace.snapshots() == [other.snapshot]
    assert (len(done.snapshots), done.n_parts, done.freed_bytes > 0) == (2, 1, True)
    assert run_build(workspace.path).outcome == "unchanged"


def test_an_input_is_removed(workspace: Workspace) -> None:
    run_build(workspace.path)
    workspace.register([small_input(2)])
    waiting = small_input(2).digest
    assert [(one.state, one.n_captures) for one in states(workspace)] == [
        ("served", 12),
        ("served", 12),
        ("waiting", None),
    ]
    done = remove(workspace, [waiting])
    assert (done.removed, done.n_left, done.n_served) == ((small_input(2),), 2, 0)
    first = small_input(0)
    assert remove(workspace, [first.name, first.digest]).n_served == 1
    assert [(one.name, one.state) for one in states(workspace)] == [("1.warc.gz", "served"), ("0.warc.gz", "removed")]
    report = run_build(workspace.path)
    assert (report.outcome, report.n_inputs, report.n_captures) == ("built", 1, 12)
    alone = Workspace.create(workspace.path.parent / "alone")
    alone.register([small_input(1)])
    run_build(alone.path)
    assert digests(workspace) == digests(alone)
    assert gc(workspace, keep=1).n_parts == 1
    assert [path.name for path in workspace.parts.iterdir()] == [path.name for path in alone.parts.iterdir()]


def test_inputs_are_removed_all_or_none(workspace: Workspace) -> None:
    with pytest.raises(NotFound, match=r"no input 7\.warc\.gz"):
        remove(workspace, ["0.warc.gz", "7.warc.gz"])
    with workspace.building(), pytest.raises(Busy):
        remove(workspace, ["0.warc.gz"])
    assert len(workspace.inputs) == 2
    assert remove(workspace, ["0.warc.gz", "1.warc.gz"]).n_left == 0
    with pytest.raises(NotConfigured):
        run_build(workspace.path)


def kept_inputs(workspace: Workspace, files: Path) -> list[Input]:
    """The made-up inputs as `add --keep` registers them, with a few bytes as their files."""
    files.mkdir()
    made = []
    for number in (0, 1):
        entry = small_input(number)
        (files / entry.name).write_bytes(b"bytes")
        made.append(keep(workspace, replace(entry, facts={**entry.facts, "path": str(files / entry.name)})))
    return made


def test_kept_copies_go_with_the_last_snapshot_that_has_them(tmp_path: Path) -> None:
    workspace = Workspace.create(tmp_path / "w")
    workspace.register(kept_inputs(workspace, tmp_path / "files"))
    (workspace.archive / "mine.warc").write_bytes(b"a user's own")
    run_build(workspace.path)
    workspace.register([small_input(2)])
    assert remove(workspace, ["0.warc.gz"]).n_copies == 0
    assert copy_of(workspace, small_input(0).digest) is not None
    run_build(workspace.path)
    assert gc(workspace, keep=2).n_copies == 0
    assert gc(workspace, keep=1).n_copies == 1
    copy = copy_of(workspace, small_input(1).digest)
    assert sorted(path.name for path in workspace.archive.iterdir()) == sorted((str(copy and copy.name), "mine.warc"))
    assert len(list((tmp_path / "files").iterdir())) == 2


def test_a_copy_that_no_build_has_read_goes_at_once(tmp_path: Path) -> None:
    workspace = Workspace.create(tmp_path / "w")
    workspace.register(kept_inputs(workspace, tmp_path / "files"))
    assert remove(workspace, ["0.warc.gz"]).n_copies == 1
    assert len(list(workspace.archive.iterdir())) == 1


def test_copies_are_kept_for_so_many_days(tmp_path: Path) -> None:
    workspace = Workspace.create(tmp_path / "w")
    old, new = kept_inputs(workspace, tmp_path / "files")
    workspace.register([old, new])
    month_ago = time.time() - 31 * 86_400
    os.utime(old.facts["path"], (month_ago, month_ago))
    workspace.settings_path.write_text("[retention]\narchive_days = 30\n")
    assert gc(workspace).n_copies == 0  # not read yet: nothing else holds its pages
    before = run_build(workspace.path)
    assert gc(workspace).n_copies == 1
    assert not Path(old.facts["path"]).exists()
    assert Path(new.facts["path"]).exists()
    assert (tmp_path / "files" / old.name).exists()
    state, other = states(workspace)
    assert (state.place, other.place) == (str(tmp_path / "files" / old.name), new.facts["path"])
    assert re.fullmatch(r"\d{4}-\d\d-\d\d", str(state.kept_until))
    assert other.kept_until is None
    assert (run_build(workspace.path).outcome, gc(workspace).n_copies) == ("unchanged", 0)
    assert workspace.current() == Current(before.snapshot)


def test_progress_names_the_stages(workspace: Workspace) -> None:
    seen: list[Progress] = []
    build(workspace, InProcess(1, MEMORY), seen.append)
    assert list(dict.fromkeys(progress.stage for progress in seen)) == ["extract", "arrange", "serve"]


@pytest.mark.parametrize("workers", [1, 2])
def test_order_of_inputs_and_workers_do_not_matter(tmp_path: Path, workers: int) -> None:
    seen = []
    for name, numbers in (("a", (0, 1, 2, 3)), ("b", (3, 1, 0, 2))):
        one = Workspace.create(tmp_path / name)
        one.register([small_input(number) for number in numbers])
        run_build(one.path, workers=workers if name == "a" else 3 - workers)
        seen.append((digests(one), one.current()))
    assert seen[0] == seen[1]


def test_inputs_added_one_by_one_give_the_same(tmp_path: Path) -> None:
    whole, slow = Workspace.create(tmp_path / "whole"), Workspace.create(tmp_path / "slow")
    whole.register([small_input(number) for number in (0, 1, 2)])
    run_build(whole.path)
    for number in (2, 0, 1):  # the older crawl after the newer one
        slow.register([small_input(number)])
        run_build(slow.path)
    assert digests(slow) == digests(whole)


def test_a_second_build_is_refused(workspace: Workspace) -> None:
    with workspace.building(), pytest.raises(Busy) as caught:
        run_build(workspace.path)
    assert caught.value.facts["pid"] == os.getpid()
    with workspace.building(), pytest.raises(Busy):
        gc(workspace)


def test_a_reader_keeps_what_it_opened(workspace: Workspace) -> None:
    first = run_build(workspace.path)
    with workspace.reading() as current:
        db = duckdb.connect(str(workspace.serving(current.snapshot)), read_only=True)
        workspace.register([small_input(2)])
        second = run_build(workspace.path)
        assert workspace.current() != current
        kept = gc(workspace, keep=1)
        assert (kept.snapshots, kept.in_use) == ((), (first.snapshot,))
        assert db.execute("SELECT count(*) FROM links").fetchone() is not None
        db.close()
    assert gc(workspace, keep=1).snapshots == (first.snapshot,)
    assert workspace.snapshots() == [second.snapshot]


def test_a_missing_serving_file_is_made_again(workspace: Workspace) -> None:
    first = run_build(workspace.path)
    workspace.serving(first.snapshot).unlink()
    assert any("missing" in fault for fault in verify(workspace).faults)
    again = run_build(workspace.path)
    assert (again.outcome, again.snapshot) == ("built", first.snapshot)
    assert verify(workspace).faults == ()


@pytest.mark.parametrize("damage", ["no database", "cut", "another format"])
def test_a_serving_file_that_cannot_be_read_is_made_again(workspace: Workspace, damage: str) -> None:
    first = run_build(workspace.path)
    file = workspace.serving(first.snapshot)
    if damage == "another format":
        with duckdb.connect(str(file)) as db:
            db.execute("UPDATE meta SET value = '0' WHERE name = 'format'")
    else:
        file.write_bytes(b"nothing" if damage == "no database" else file.read_bytes()[:20_000])
    again = run_build(workspace.path)
    assert (again.outcome, again.snapshot) == ("built", first.snapshot)
    assert verify(workspace).faults == ()
    assert run_build(workspace.path).outcome == "unchanged"


def test_current_that_cannot_be_read_is_a_fault_and_is_written_again(workspace: Workspace) -> None:
    first = run_build(workspace.path)
    (workspace.path / "CURRENT").write_text("{")
    assert any("CURRENT" in fault for fault in verify(workspace).faults)
    again = run_build(workspace.path)
    assert (again.outcome, again.snapshot) == ("restored", first.snapshot)
    assert workspace.current() == Current(first.snapshot)


def test_a_lost_file_of_a_run_leaves_the_snapshot_served(workspace: Workspace) -> None:
    first = run_build(workspace.path)
    workspace.serve(Current(first.snapshot, "domains-1"))
    again = run_build(workspace.path)
    assert (again.outcome, again.snapshot) == ("restored", first.snapshot)
    assert workspace.current() == Current(first.snapshot)


def test_a_snapshot_whose_manifest_is_damaged_is_made_again(workspace: Workspace) -> None:
    first = run_build(workspace.path)
    (workspace.snapshot(first.snapshot) / "manifest.json").write_text("{")
    again = run_build(workspace.path)
    assert again.outcome == "built"
    assert (again.snapshot[:4], again.snapshot[4:]) == ("0002", first.snapshot[4:])
    assert run_build(workspace.path).outcome == "unchanged"


@pytest.mark.parametrize("what", ["part", "table", "serving", "manifest"])
def test_verify_finds_damage(workspace: Workspace, what: str) -> None:
    first = run_build(workspace.path)
    folder = workspace.snapshot(first.snapshot)
    path = {
        "part": next(workspace.parts.glob("*/links.parquet")),
        "table": next((folder / "domains").glob("*.parquet")),
        "serving": workspace.serving(first.snapshot),
        "manifest": folder / "manifest.json",
    }[what]
    data = bytearray(path.read_bytes())
    for i in range(len(data) // 3, min(len(data), len(data) // 3 + 40)):
        data[i] ^= 0xFF
    path.write_bytes(bytes(data))
    faults = verify(workspace).faults
    assert len(faults) == 1
    assert first.snapshot in faults[0] or path.parent.name in faults[0]


def test_a_snapshot_of_other_tables_is_refused(workspace: Workspace) -> None:
    first = run_build(workspace.path)
    path = workspace.snapshot(first.snapshot) / "manifest.json"
    path.write_text(path.read_text().replace('"snapshot_links": 2', '"snapshot_links": 1'))
    with pytest.raises(CorruptIndex) as caught:
        read_manifest(path.parent)
    assert "inlink build" in caught.value.hint


def test_a_suffix_of_ones_own_changes_domains_only(workspace: Workspace, tmp_path: Path) -> None:
    run_build(workspace.path)
    workspace.settings_path.write_text('[suffixes]\nown = ["s1.example"]\n')
    workspace.register([small_input(2)])  # its part is made under the new rules, those of the others are not
    run_build(workspace.path)
    fresh = Workspace.create(tmp_path / "fresh")
    fresh.settings_path.write_text('[suffixes]\nown = ["s1.example"]\n')
    fresh.register([small_input(0), small_input(1), small_input(2)])
    run_build(fresh.path)
    assert digests(workspace) == digests(fresh)


def test_a_limit_of_no_name(workspace: Workspace) -> None:
    workspace.settings_path.write_text("[limits]\nmax_kittens = 3\n")
    with pytest.raises(BadInput, match="max_kittens"):
        run_build(workspace.path)


class Failing(InProcess):
    """Fails on one input, as an unreadable file does."""

    def map(self, function: str, tasks: Any, report: Report = silent, stage: str = "") -> Iterator[Outcome]:
        for outcome in super().map(function, tasks, report, stage):
            error = Unreachable("1.warc.gz cannot be read", reason="unreadable")
            yield Outcome(outcome.task, error=error) if outcome.task.key == "1.warc.gz" else outcome


def test_an_unreadable_input_does_not_end_a_build(workspace: Workspace) -> None:
    report = build(workspace, Failing(1, MEMORY))
    assert [(bad.name, bad.reason) for bad in report.failed] == [("1.warc.gz", "unreadable")]
    assert (report.outcome, report.n_extracted, report.n_captures) == ("built", 1, 12)
    again = build(workspace, Failing(1, MEMORY))
    assert (again.outcome, len(again.failed)) == ("unchanged", 1)
    mended = run_build(workspace.path)
    assert (mended.outcome, mended.n_captures) == ("built", 24)


def test_no_input_can_be_read(tmp_path: Path) -> None:
    workspace = Workspace.create(tmp_path / "w")
    workspace.register([small_input(1)])
    with pytest.raises(Unreachable, match="cannot be read"):
        build(workspace, Failing(1, MEMORY))


def test_no_room_is_said_before_anything_is_written(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = shutil.disk_usage(workspace.path)
    monkeypatch.setattr(disk.shutil, "disk_usage", lambda path: usage._replace(free=1000))  # type: ignore[attr-defined]
    with pytest.raises(Unreachable, match="free") as caught:
        run_build(workspace.path)
    assert "gc" in caught.value.hint
    assert list(workspace.parts.iterdir()) == []


FILLING = """
import resource, signal, sys
sys.path.insert(0, sys.argv[3])
from crash_builds import run_build
from inlink.errors import Unreachable
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[2]), resource.RLIM_INFINITY))
try:
    run_build(sys.argv[1])
except Unreachable as error:
    print(error.message)
    sys.exit(7)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="needs resource limits")
@pytest.mark.parametrize("limit_bytes", [4_000, 20_000, 300_000])
def test_a_disk_that_fills_up(workspace: Workspace, limit_bytes: int) -> None:
    run_build(workspace.path)
    served = workspace.current(), digests(workspace)
    workspace.register([small_input(2)])
    arguments = [str(workspace.path), str(limit_bytes), str(Path(__file__).parent)]
    ran = subprocess.run([sys.executable, "-c", FILLING, *arguments], capture_output=True, text=True, check=False)
    assert ran.returncode == 7, ran.stderr
    assert "full" in ran.stdout
    assert (workspace.current(), digests(workspace)) == served
    assert verify(workspace).faults == ()
    assert run_build(workspace.path).outcome == "built"


@pytest.mark.parametrize("links_here", [0, 10**6])
def test_workers_of_a_real_engine_give_the_same(
    workspace: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, links_here: int
) -> None:
    """The same made-up parts through worker processes; the stages in processes of their own, or here."""
    monkeypatch.setattr(build_module, "LINKS_HERE", links_here)
    here = str(Path(__file__).parent)
    old = os.environ.get("PYTHONPATH", "")
    os.environ["PYTHONPATH"] = os.pathsep.join([here, old])
    try:
        report = build(workspace, SmallParts(2, MEMORY))
    finally:
        os.environ["PYTHONPATH"] = old
    assert report.failed == ()
    plain = Workspace.create(tmp_path / "plain")
    plain.register([small_input(1), small_input(0)])
    run_build(plain.path)
    assert digests(plain) == digests(workspace)


class SmallParts(LocalEngine):
    """The local engine with its worker processes, which make made-up parts."""

    def map(self, function: str, tasks: Any, report: Report = silent, stage: str = "") -> Iterator[Outcome]:
        function = "crash_builds:make_small_part" if function == MAKE_PART else function
        yield from LocalEngine.map(self, function, tasks, report, stage)


def test_nothing_is_forked() -> None:
    """Fork with threads can hang: workers are started anew."""
    assert multiprocessing.active_children() == []
