"""A workspace: inputs once, one builder, readers that keep what they opened, nothing half there."""

from __future__ import annotations

import errno
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from filelock import FileLock

from inlink.errors import BadInput, Busy, CorruptIndex, NotConfigured, NotFound, Unreachable
from inlink.store import Current, Input, Workspace, disk
from inlink.store.files import publish, replace_text, size_bytes
from inlink.store.inputs import named
from inlink.store.lock import holder, leased


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace.create(tmp_path / "w")


def entry(digest: str, name: str = "") -> Input:
    return Input(name or f"{digest}.warc", "warc", 1, digest, {"path": f"/x/{digest}"})


def snapshot(workspace: Workspace, name: str) -> None:
    workspace.snapshot(name).mkdir()
    (workspace.snapshot(name) / "manifest.json").write_text("{}")
    workspace.serving(name).write_text("served")


def test_creating_twice_leaves_the_settings_alone(workspace: Workspace) -> None:
    workspace.settings_path.write_text("[build]\nworkers = 5\n")
    assert Workspace.create(workspace.path).settings.build.workers == 5


def test_no_workspace(tmp_path: Path) -> None:
    with pytest.raises(NotConfigured, match="no workspace"):
        Workspace.open(tmp_path)


@pytest.mark.parametrize("text", ['{"format": 99}', "{}", "nonsense", '["x"]'])
def test_a_workspace_of_another_format_is_refused(workspace: Workspace, text: str) -> None:
    (workspace.path / "workspace.json").write_text(text)
    with pytest.raises(CorruptIndex) as caught:
        Workspace.open(workspace.path)
    assert caught.value.hint


def test_inputs_are_counted_once(workspace: Workspace) -> None:
    first = workspace.register([entry("a"), entry("b"), entry("a")])
    assert [one.outcome for one in first] == ["added", "added", "known"]
    again = workspace.register([entry("a", "other-name.warc"), entry("b")])
    assert [one.outcome for one in again] == ["copy", "known"]
    assert list(workspace.inputs) == ["a", "b"]
    assert workspace.inputs["a"].copies == ("other-name.warc",)
    assert [one.outcome for one in workspace.register([entry("a", "other-name.warc")])] == ["known"]
    workspace.unregister(["a"])
    assert list(workspace.inputs) == ["b"]


def test_an_input_that_is_kept_later_is_read_from_the_copy(workspace: Workspace) -> None:
    workspace.register([entry("a")])
    copied = Input("a.warc", "warc", 1, "a", {"path": "/w/archive/a", "kept_from": "/x/a"})
    assert [one.outcome for one in workspace.register([copied])] == ["known"]
    assert workspace.inputs["a"].facts["path"] == "/w/archive/a"
    workspace.register([entry("a")])
    assert workspace.inputs["a"].facts["path"] == "/w/archive/a"


FIRST, SECOND, THIRD = "abcd" + "0" * 60, "abce" + "0" * 60, "12" + "f" * 62
NAMED = {
    FIRST: Input("crawl/one.warc", "warc", 1, FIRST, {"path": "/x/crawl/one.warc"}, ("again.warc",)),
    SECOND: Input("crawl/two.warc", "warc", 1, SECOND, {"path": "/w/archive/two", "kept_from": "/x/crawl/two.warc"}),
    THIRD: Input("https://a.example/x.warc.gz", "warc", None, THIRD, {"url": "https://a.example/x.warc.gz"}),
}


@pytest.mark.parametrize(
    ("spec", "wanted"),
    [
        pytest.param("crawl/one.warc", [FIRST], id="name as added"),
        pytest.param("again.warc", [FIRST], id="name of the same bytes"),
        pytest.param("/x/crawl/one.warc", [FIRST], id="path"),
        pytest.param("/x/crawl/two.warc", [SECOND], id="path that the copy was made from"),
        pytest.param("https://a.example/x.warc.gz", [THIRD], id="address"),
        pytest.param("/x/crawl", [FIRST, SECOND], id="folder"),
        pytest.param("/x", [FIRST, SECOND], id="folder above"),
        pytest.param("12ff", [THIRD], id="beginning of a digest"),
        pytest.param("ABCE", [SECOND], id="in capitals"),
        pytest.param(FIRST, [FIRST], id="whole digest"),
    ],
)
def test_what_a_name_of_an_input_stands_for(spec: str, wanted: list[str]) -> None:
    assert [entry.digest for entry in named(NAMED, spec)] == wanted


@pytest.mark.parametrize("spec", ["one.warc", "12f", "", "/x/craw", "/y", "ffff", "a\0b"])
def test_an_unknown_input_is_not_found(spec: str) -> None:
    with pytest.raises(NotFound) as caught:
        named(NAMED, spec)
    assert "inlink inputs" in caught.value.hint


def test_a_name_of_several_inputs_is_refused_with_their_digests() -> None:
    changed = Input("crawl/one.warc", "warc", 2, THIRD, {"path": "/x/crawl/one.warc"})
    with pytest.raises(BadInput, match=r"2 inputs: abcd0{8}, 12f{10}$"):
        named({**NAMED, THIRD: changed}, "crawl/one.warc")
    with pytest.raises(BadInput):
        named({**NAMED, "abcd1": entry("abcd1")}, "abcd")


def test_a_broken_register_is_named(workspace: Workspace) -> None:
    (workspace.path / "inputs.jsonl").write_text('{"name": 1}\n')
    with pytest.raises(CorruptIndex, match="line 1"):
        _ = workspace.inputs


def test_current(workspace: Workspace) -> None:
    assert workspace.current() is None
    with pytest.raises(NotFound):
        workspace.lease()
    workspace.serve(Current("0001-a"))
    assert workspace.current() == Current("0001-a")
    with pytest.raises(CorruptIndex, match="0001-a"):
        workspace.lease()
    (workspace.path / "CURRENT").write_text("junk")
    with pytest.raises(CorruptIndex):
        workspace.current()


def test_the_second_build_is_refused_and_names_the_first(workspace: Workspace) -> None:
    with workspace.building():
        with pytest.raises(Busy) as caught, workspace.building():
            pass
        assert caught.value.facts["pid"] == os.getpid()
        assert str(os.getpid()) in caught.value.message
        found = holder(workspace.locks)
        assert found is not None
        assert found["pid"] == os.getpid()
    assert holder(workspace.locks) is None
    with workspace.building():
        pass


def test_the_lock_ends_with_its_process(workspace: Workspace) -> None:
    script = (
        "import sys, time; from inlink.store import Workspace\n"
        "with Workspace.open(sys.argv[1]).building() as tmp:\n"
        "    (tmp / 'half').mkdir(); (tmp / 'half' / 'done').write_text('x'); print('in', flush=True); time.sleep(600)"
    )
    child = subprocess.Popen([sys.executable, "-c", script, str(workspace.path)], stdout=subprocess.PIPE)
    assert child.stdout is not None
    assert child.stdout.readline() == b"in\n"
    with pytest.raises(Busy) as caught, workspace.building():
        pass
    assert caught.value.facts["pid"] == child.pid
    child.kill()
    child.wait()
    child.stdout.close()
    with workspace.building() as tmp:
        assert list(tmp.iterdir()) == []


def test_leased_snapshots_stay(workspace: Workspace) -> None:
    for name in ("0001-a", "0002-b", "0003-c"):
        snapshot(workspace, name)
    workspace.serve(Current("0001-a"))
    current, lease = workspace.lease()
    assert current.snapshot == "0001-a"
    workspace.serve(Current("0003-c"))
    with workspace.building("gc"):
        assert workspace.remove(workspace.snapshots()) == ["0002-b"]
    assert workspace.snapshots() == ["0001-a", "0003-c"]
    assert not workspace.serving("0002-b").exists()
    lease.release()
    lease.release()
    with workspace.building("gc"):
        assert workspace.remove(workspace.snapshots()) == ["0001-a"]
    assert list(workspace.locks.glob("*.lease")) == []


def test_a_workspace_that_cannot_be_written_can_be_read(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    snapshot(workspace, "0001-a")
    workspace.serve(Current("0001-a"))

    def refuse(self: object, *args: object, **kwargs: object) -> None:
        raise OSError(errno.EROFS, "Read-only file system")

    monkeypatch.setattr(FileLock, "acquire", refuse)
    current, lease = workspace.lease()
    assert current.snapshot == "0001-a"
    lease.release()
    with pytest.raises(Unreachable, match="Read-only"):
        workspace.register([entry("a")])


def test_a_lease_ends_with_its_process(workspace: Workspace) -> None:
    snapshot(workspace, "0001-a")
    workspace.serve(Current("0001-a"))
    script = (
        "import sys, time; from inlink.store import Workspace\n"
        "kept = Workspace.open(sys.argv[1]).lease(); print('in', flush=True); time.sleep(600)"
    )
    child = subprocess.Popen([sys.executable, "-c", script, str(workspace.path)], stdout=subprocess.PIPE)
    assert child.stdout is not None
    child.stdout.readline()
    assert leased(workspace.locks) == {"0001-a"}
    child.kill()
    child.wait()
    child.stdout.close()
    assert leased(workspace.locks) == set()


def test_no_room_on_the_disk_is_said_before(workspace: Workspace) -> None:
    with pytest.raises(Unreachable, match="GiB") as caught:
        disk.check_room(workspace.path, 2**62, what="this build")
    assert caught.value.hint
    disk.check_room(workspace.path, 1, what="this build")


class Windows:
    """`Path.replace` and `Path.read_text` as they are on Windows while somebody has the file open for a while."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *, times: int, winerror: int | None = 32) -> None:
        self.left, self.waited_s = times, 0.0
        for name in ("replace", "read_text"):
            monkeypatch.setattr(Path, name, self.refusing(getattr(Path, name), winerror))
        monkeypatch.setattr(time, "sleep", self.wait)

    def refusing(self, real: Callable[..., object], winerror: int | None) -> Callable[..., object]:
        def act(path: Path, *args: object, **kwargs: object) -> object:
            if self.left:
                self.left -= 1
                error = PermissionError(errno.EACCES, "The process cannot access the file", str(path))
                error.winerror = winerror  # type: ignore[attr-defined]
                raise error
            return real(path, *args, **kwargs)

        return act

    def wait(self, seconds: float) -> None:
        self.waited_s += seconds


@pytest.mark.parametrize("winerror", [5, 32, 33])
def test_a_file_that_somebody_has_open_is_waited_for(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch, winerror: int
) -> None:
    fake = Windows(monkeypatch, times=4, winerror=winerror)
    workspace.serve(Current("0001-a"))
    assert fake.left == 0
    fake.left = 4
    assert workspace.current() == Current("0001-a")
    (workspace.tmp / "x.duckdb").write_text("served")
    fake.left = 4
    publish(workspace.tmp / "x.duckdb", workspace.serving("0001-a"))
    assert workspace.serving("0001-a").exists()
    assert 0 < fake.waited_s < 15


def test_a_file_that_stays_open_ends_in_a_clear_error(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    workspace.serve(Current("0001-a"))
    fake = Windows(monkeypatch, times=10**6)
    with pytest.raises(Unreachable, match=r"CURRENT is in use by another program") as caught:
        workspace.serve(Current("0002-b"))
    assert caught.value.hint
    assert fake.waited_s < 10
    fake.left = 0
    assert workspace.current() == Current("0001-a")
    assert sorted(path.name for path in workspace.path.glob("CURRENT*")) == ["CURRENT"]


def test_a_file_that_may_not_be_changed_is_not_waited_for(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake = Windows(monkeypatch, times=1, winerror=None)
    with pytest.raises(PermissionError):
        workspace.serve(Current("0001-a"))
    assert fake.waited_s == 0


def test_replacing_leaves_nothing_beside(tmp_path: Path) -> None:
    path = tmp_path / "file"
    replace_text(path, "one")
    replace_text(path, "two")
    assert path.read_text() == "two"
    assert [p.name for p in tmp_path.iterdir()] == ["file"]


def test_publishing_a_folder(tmp_path: Path) -> None:
    (tmp_path / "aside" / "in").mkdir(parents=True)
    (tmp_path / "aside" / "in" / "file").write_text("x" * 10)
    publish(tmp_path / "aside", tmp_path / "final")
    assert size_bytes(tmp_path / "final") == 10
    assert not (tmp_path / "aside").exists()


def test_current_is_json_for_other_programs(workspace: Workspace) -> None:
    workspace.serve(Current("0001-a", run="r1"))
    assert json.loads((workspace.path / "CURRENT").read_text()) == {"snapshot": "0001-a", "run": "r1"}
