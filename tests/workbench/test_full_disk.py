"""A disk that is full, for real: what is under way says so, what is served stays, and all goes on when there is room.

A build that meets it half-way is also in tests/index, by limits of the process; here are all the others.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from inlink.demo import DemoWeb
from inlink.demo.hosting import hosted
from inlink.errors import InlinkError, Unreachable
from inlink.graph import scoring
from inlink.index import build as building
from inlink.index.upkeep import verify
from inlink.store import Workspace
from inlink.store.lock import build_lock
from inlink.workbench import Workbench
from inlink.workbench.crawling import CrawlOptions
from inlink.workbench.people import Who
from inlink.workbench.uploads import save_upload
from small_disk import SmallDisk, small_disk
from walked import Walked

SITE = "crumbandcrust.example"
SEED = f"https://{SITE}/"
CRAWL = CrawlOptions(max_pages=20)
LONGEST_S = 300.0  # against hanging only
FULL = r"disk of .* is full|No space left on device"


@dataclass
class Scene:
    """A workspace of the demo on a small disk, and what it answers."""

    disk: SmallDisk
    bench: Workbench
    answer: object

    @property
    def path(self) -> Path:
        return self.disk.folder / "w"

    def answers(self) -> object:
        rows = self.bench.backlinks(SITE)
        return self.bench.status().snapshot, rows.n_total, rows.to_dicts()

    def is_whole(self) -> bool:
        return self.answers() == self.answer and not verify(Workspace.open(self.path)).faults


@pytest.fixture(scope="module")
def route() -> Iterator[str]:
    with hosted() as found:
        yield found


@pytest.fixture
def scene(tmp_path: Path, demo_walk: Walked, route: str) -> Iterator[Scene]:
    with small_disk(tmp_path / "disk", 160) as disk:
        folder = disk.folder / "w"
        demo_walk.copy(folder)
        settings = f'[fetch]\nroutes = ["{route}"]\ndelay_s = 0.0\ncontact = "{SEED}"\n'
        (folder / "inlink.toml").write_text(settings, encoding="utf-8")
        with Workbench.open(folder) as bench:
            made = Scene(disk, bench, None)
            made.answer = made.answers()
            yield made


def written(scene: Scene) -> dict[str, tuple[Callable[[], object], Callable[[], object]]]:
    """What writes to the disk, and what it has written when it has."""
    bench, path = scene.bench, scene.path
    target, who = path.parent / "x.csv", Who.local()
    return {
        "database": (lambda: bench.projects.add(who, "p", SITE), lambda: len(bench.projects.all())),
        "job": (lambda: bench.jobs.start("build"), lambda: [job.kind for job in bench.jobs.list()]),
        "crawl": (lambda: bench.crawl([SEED], CRAWL), lambda: len(bench.inputs())),
        "scores": (lambda: bench.rank(("pages",), damping=0.8), lambda: len(bench.runs())),
        "export": (lambda: bench.export("backlinks", SITE, to=target), target.exists),
        "copy": (lambda: bench.backup(path.parent / "copy"), (path.parent / "copy").exists),
        "upload": (lambda: save_upload(path, "a", [b"x" * 9000], most=9000), lambda: len([*path.glob("uploads/*")])),
        "inputs": (lambda: bench.add([str(page(path.parent))]), lambda: len(bench.inputs())),
    }  # fmt: skip


def page(folder: Path) -> Path:
    """A file to be added, which is there before the disk is full."""
    return folder / "page.html"


def test_all_that_writes_says_that_the_disk_is_full_and_goes_on_when_there_is_room(scene: Scene) -> None:
    page(scene.path.parent).write_text('<a href="https://crumbandcrust.example/">bread</a>', encoding="utf-8")
    acts = written(scene)
    before = {name: state() for name, (_, state) in acts.items()}
    scene.disk.fill()
    told = {name: failure(act) for name, (act, _) in acts.items()}
    assert {name: repr(error) for name, error in told.items() if not isinstance(error, Unreachable)} == {}
    assert [str(error) for error in told.values() if not matches(error)] == []
    assert all(error.hint for error in told.values() if isinstance(error, InlinkError))
    assert {name: state() for name, (_, state) in acts.items()} == before
    assert scene.is_whole()
    scene.disk.free()
    assert [name for name, (act, _) in acts.items() if failure(act) is not None] == []
    assert [name for name, (_, state) in acts.items() if state() == before[name]] == []
    assert list(scene.path.rglob("*.new")) == []
    assert scene.is_whole()


def until(is_so: Callable[[], bool]) -> None:
    end = time.monotonic() + LONGEST_S
    while not is_so():
        assert time.monotonic() < end
        time.sleep(0.05)


def failure(act: Callable[[], object]) -> BaseException | None:
    try:
        act()
    except Exception as error:  # noqa: BLE001  what no user could read is told apart by the test
        return error
    return None


def matches(error: BaseException | None) -> bool:
    return re.search(FULL, str(error)) is not None


def test_a_job_says_that_the_disk_is_full_and_is_done_when_taken_up_again(scene: Scene, tmp_path: Path) -> None:
    """Its workspace's database lies on another disk, as PostgreSQL does."""
    url = f"sqlite:///{tmp_path}/elsewhere.db"
    with (scene.path / "inlink.toml").open("a", encoding="utf-8") as file:
        file.write(f'[database]\nurl = "{url}"\n')
    with Workbench.open(scene.path) as bench:
        number = bench.jobs.start("crawl", {"seeds": [SEED], "max_pages": 20}).job_id
        scene.disk.fill()
        bench.jobs.runner().run(until_empty=True)
        job = bench.jobs.get(number)
        assert (job.state, "full" in job.error, bool(job.hint)) == ("failed", True, True)
        assert scene.is_whole()
        scene.disk.free()
        bench.jobs.retry(number)
        bench.jobs.runner().run(until_empty=True)
        assert bench.jobs.get(number).state == "done"


def test_a_worker_waits_while_its_database_finds_no_room(scene: Scene, capsys: pytest.CaptureFixture[str]) -> None:
    number = scene.bench.jobs.start("build").job_id
    scene.disk.fill()
    with scene.bench.jobs.working():
        until(lambda: "full" in capsys.readouterr().err)
        scene.disk.free()
        until(lambda: scene.bench.jobs.get(number).state not in ("queued", "running"))
    assert scene.bench.jobs.get(number).state == "done"
    assert scene.is_whole()


@pytest.mark.gate
@pytest.mark.parametrize("leave_kib", [4, 40, 200, 600, 1500, 3000, 5000])
def test_builds_and_crawls_that_meet_it_half_way(
    scene: Scene, demo_web: DemoWeb, monkeypatch: pytest.MonkeyPatch, leave_kib: int
) -> None:
    for module in (building, scoring):  # else they would see beforehand that there is too little
        monkeypatch.setattr(module, "check_room", lambda *_words, **_more: None)
    scene.bench.remove([str(scene.bench.inputs()[1].name)])
    for act in (lambda: scene.bench.crawl([SEED], CRAWL), scene.bench.build, lambda: scene.bench.rank(damping=0.8)):
        scene.disk.fill(leave_kib * 1024)
        error = failure(act)
        assert error is None or (isinstance(error, Unreachable) and matches(error)), repr(error)
        scene.disk.free()
        assert not verify(Workspace.open(scene.path)).faults
        with build_lock(scene.path / "locks", "the test"):
            pass
    scene.bench.build()
    scene.bench.rank()
    assert scene.bench.backlinks(SITE).n_total
