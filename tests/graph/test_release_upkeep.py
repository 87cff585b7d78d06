"""inlink verify and gc over converted releases: what is broken is said, what a killed import left goes."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from made_release import TINY, skewed, write

from inlink.cli.main import main
from inlink.graph.blocks import Release
from inlink.graph.blocks.check import release_faults
from inlink.store.lock import build_lock
from inlink.workbench import Workbench
from inlink.workbench.release_upkeep import mend

NAMES = ("cc-main-2026-a", "cc-main-2026-b")


@pytest.fixture
def home(tmp_path: Path) -> Path:
    path = tmp_path / "web"
    Workbench.create(path).close()
    for i, name in enumerate(NAMES):
        write(path / "releases" / name / "domain", skewed(300, 2000, seed=i), kind="domain", name=name, layout=TINY)
    return path


def test_sound_releases_are_counted(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["-w", str(home), "verify"]) == 0
    assert "2 graphs of releases checked: all sound" in capsys.readouterr().out


@pytest.mark.parametrize("file", ["cards.bin", "outward.bin", "tails_in.bin", "head.bin", "order.bin", "directory.bin"])
def test_a_changed_byte_is_found(file: str, home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = home / "releases" / NAMES[1] / "domain" / file
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    assert main(["-w", str(home), "verify"]) == 1
    said = capsys.readouterr().out
    assert f"{file} does not match its digest" in said
    assert f"inlink cc import {NAMES[1]} --kind domain --again" in said
    assert "1 fault" in said


def test_the_damaged_block_is_named(home: Path) -> None:
    folder = home / "releases" / NAMES[0] / "domain"
    release = Release.open(folder)
    span = release.blocks.pages([0])[0].span(3, "inward")
    data = bytearray((folder / span.file).read_bytes())
    data[span.offset] ^= 1
    (folder / span.file).write_bytes(data)
    (fault,) = release_faults(folder)
    assert "1 blocks are damaged (inward of domains 48 to 63 by name)" in fault


def test_a_cut_or_missing_file_is_found(home: Path) -> None:
    folder = home / "releases" / NAMES[0] / "domain"
    os.truncate(folder / "cards.bin", 100)
    (folder / "order.bin").unlink()
    faults = list(release_faults(folder))
    assert len(faults) == 2
    (folder / "manifest.json").write_text("{}")
    assert len(list(release_faults(folder))) == 1


def leftovers(home: Path) -> list[Path]:
    folder = home / "releases" / NAMES[0]
    made = [folder / name for name in ("host.importing", "domain.made", "domain.made.new", "domain.old")]
    for path in made:
        path.mkdir()
        (path / "file").write_bytes(bytes(1000))
    return made


def test_gc_removes_what_a_killed_import_left(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    made = leftovers(home)
    assert main(["-w", str(home), "gc"]) == 0
    assert "domain.made" in capsys.readouterr().out
    assert not any(path.exists() for path in made)
    assert main(["-w", str(home), "verify"]) == 0


def test_gc_leaves_a_running_import_alone(home: Path) -> None:
    made = leftovers(home)
    locks = home / "releases" / NAMES[0] / "locks"
    locks.mkdir(exist_ok=True)
    with build_lock(locks, "import"), Workbench.open(home) as bench:
        assert bench.gc().releases == ()
    assert all(path.exists() for path in made)


def test_gc_removes_older_releases_only_when_asked(home: Path) -> None:
    with Workbench.open(home) as bench:
        assert bench.gc().releases == ()
        assert [state.name for state in bench.release_status()] == [NAMES[1], NAMES[0]]
        assert bench.gc(keep_releases=1).releases == (f"{NAMES[0]}/domain.old",)
        assert [state.name for state in bench.release_status()] == [NAMES[1]]


def test_a_release_moved_aside_by_a_killed_import_comes_back(home: Path) -> None:
    folder = home / "releases" / NAMES[0] / "domain"
    folder.replace(folder.with_name("domain.old"))
    mend(folder)
    assert list(release_faults(folder)) == []
