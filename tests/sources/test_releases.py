"""Releases of web graphs: which there are, their files, and downloads that break, resume and change."""

from __future__ import annotations

import gzip
import importlib.util
import json
import socket
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import xxhash

from inlink.cli.main import main
from inlink.demo.release import make_release
from inlink.errors import BadInput, CorruptIndex, InlinkError, NotFound, Unreachable
from inlink.fetch import Client, Policy
from inlink.sources.releases import (
    Place,
    check_name,
    fetch_release,
    find_release,
    list_releases,
    open_place,
    read_record,
    release_files,
)
from inlink.sources.releases.place import RemotePlace

OLD, CROSS = "cc-main-2025-sep-oct-nov", "cc-main-2025-26-dec-jan-feb"


def _load(path: Path) -> ModuleType:
    """A helper of another test folder."""
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None and spec.loader is not None
    module = sys.modules.setdefault(path.stem, importlib.util.module_from_spec(spec))
    spec.loader.exec_module(module)
    return module


servers = _load(Path(__file__).parents[1] / "fetch" / "scripted_server.py")


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A mirror with two releases, the newer one spanning two years."""
    root = tmp_path_factory.mktemp("mirror")
    make_release(root, 60, 500, name=OLD)
    make_release(root, 60, 500, name=CROSS)
    make_release(root, 90, 500, name=CROSS, kind="host", www="kept", parts=3)
    return root


class Mirror:
    """Answers with the files of a folder; what happens to each request can be changed."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.etag = '"v1"'
        self.break_after: int | None = None
        self.n_breaks = 10**6
        self.is_gone = False
        self.refuses: str | None = None

    def __call__(self, asked: Any, connection: socket.socket) -> None:
        path = self.root / asked.path.lstrip("/")
        if self.refuses is not None:
            connection.sendall(servers.reply(self.refuses))
            return
        if self.is_gone or not path.is_file():
            connection.sendall(servers.reply("404 Not Found"))
            return
        answers = servers.FileAnswers(path.read_bytes(), etag=self.etag)
        if self.break_after is not None and self.n_breaks > 0 and len(answers.data) > self.break_after:
            answers.break_after, self.n_breaks = self.break_after, self.n_breaks - 1
        answers(asked, connection)


@contextmanager
def mirrored(root: Path, **settings: Any) -> Iterator[tuple[Mirror, Any, Callable[[], Place]]]:
    mirror = Mirror(root)
    clients: list[Client] = []

    def place() -> Place:
        policy = Policy(test_hosts=frozenset({server.place}), retry_wait_s=0.01, max_retries=2, **settings)
        clients.append(Client(policy))
        return RemotePlace(clients[-1], server.url(""))

    with servers.serving(mirror) as server:
        yield mirror, server, place
        for client in clients:
            client.close()


def test_releases_of_a_folder(root: Path) -> None:
    found = list_releases(open_place(str(root)))
    assert [release.name for release in found] == [CROSS, OLD]
    assert found[0].n_nodes == {"domain": 60, "host": 90}
    assert found[0].crawls == ("CC-MAIN-2025-51", "CC-MAIN-2026-04", "CC-MAIN-2026-08")
    assert find_release(open_place(str(root)), "latest").name == CROSS


def test_releases_of_a_mirror(root: Path) -> None:
    with mirrored(root) as (_, _, place):
        assert [release.name for release in list_releases(place())] == [CROSS, OLD]


@pytest.mark.parametrize(
    "words",
    [["cc", "list", "--from"], ["cc", "fetch", CROSS, "--from"], ["cc", "import", CROSS, "--from"],
     ["who", "example.com", "--release"]],
    ids=["list", "fetch", "import", "who"],
)  # fmt: skip
@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ("403 Forbidden", "the server refused access (403)"),
        ("401 Unauthorized", "the server refused access (401): it wants a sign-in"),
    ],
)
def test_a_server_that_lets_nobody_in(
    root: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], words: list[str], answer: str, said: str
) -> None:
    assert main(["-w", str(tmp_path / "web"), "init"]) == 0
    with mirrored(root) as (mirror, server, _):
        mirror.refuses = answer
        (tmp_path / "web" / "inlink.toml").write_text('[fetch]\ntest_hosts = ["127.0.0.1"]\n')
        assert main(["-w", str(tmp_path / "web"), *words, server.url("")]) == 1
    error, _, hint = capsys.readouterr().err.partition("hint: ")
    asked = "/manifest.json" if words[0] == "who" else "/graphinfo.json"
    assert f"{server.url(asked)}: {said}" in error
    assert "check the address" in hint and "name the file or folder" in hint


def test_a_release_that_there_is_not_names_those_there_are(root: Path) -> None:
    with pytest.raises(NotFound) as raised:
        find_release(open_place(str(root)), "cc-main-2025-dec-jan-feb")
    assert CROSS in raised.value.hint


@pytest.mark.parametrize(
    "text", [b"<html>", b"{}", b"[1]", b'[{"id": 3}]', b'[{"id": "../../etc"}]', b'[{"id": "a b"}]', b"\xff\xfe"]
)
def test_a_list_that_cannot_be_read(tmp_path: Path, text: bytes) -> None:
    (tmp_path / "graphinfo.json").write_bytes(text)
    with pytest.raises(BadInput):
        list_releases(open_place(str(tmp_path)))


def test_numbers_that_are_not_told_are_unknown(tmp_path: Path) -> None:
    rows = [{"id": "cc-main-2017-may"}, {"id": "cc-main-2018-jan", "stats": {"host": {"nodes": "many", "arcs": 3}}}]
    (tmp_path / "graphinfo.json").write_text(json.dumps(rows))
    first, second = list_releases(open_place(str(tmp_path)))
    assert (first.n_nodes, first.crawls) == ({}, ())
    assert (second.n_nodes, second.n_edges) == ({}, {"host": 3})


@pytest.mark.parametrize("name", ["..", "a/b", "", "A", "x" * 200, "-a", "a--b", "a\n"])
def test_names_that_could_name_another_folder(name: str) -> None:
    with pytest.raises(BadInput):
        check_name(name)


def test_files_of_a_domain_graph(root: Path) -> None:
    files = release_files(open_place(str(root)), CROSS, "domain")
    assert [each.path for each in files] == [f"{CROSS}-domain-{p}.txt.gz" for p in ("vertices", "edges", "ranks")]
    assert not release_files(open_place(str(root)), CROSS, "domain", ranks=False).ranks


def test_files_of_a_host_graph_come_in_parts(root: Path) -> None:
    with mirrored(root) as (_, _, place):
        files = release_files(place(), CROSS, "host")
    assert [each.path for each in files.edges] == [f"edges/part-0000{k}.txt.gz" for k in (2, 1, 0)]
    assert [each.path for each in files.lists] == [f"{CROSS}-host-{p}.paths.gz" for p in ("vertices", "edges")]


@pytest.mark.parametrize("below", ["", "projects/hyperlinkgraph/{}/domain", "{}/domain", "domain"])
def test_files_may_stand_in_any_of_these_folders(root: Path, tmp_path: Path, below: str) -> None:
    folder = tmp_path / below.format(CROSS)
    folder.mkdir(parents=True, exist_ok=True)
    for part in ("vertices", "edges", "ranks"):
        (folder / f"{CROSS}-domain-{part}.txt.gz").write_bytes(gzip.compress(part.encode()))
    assert len(list(release_files(open_place(str(tmp_path)), CROSS, "domain"))) == 3


@pytest.mark.parametrize(
    "line",
    [
        f"projects/hyperlinkgraph/{CROSS}/host/../../../../etc/passwd",
        f"projects/hyperlinkgraph/{CROSS}/host//etc/passwd",
        f"projects/hyperlinkgraph/{CROSS}/host/c:\\x",
        "elsewhere/part-0",
        "",
    ],
)
def test_a_list_of_parts_that_leads_elsewhere(tmp_path: Path, line: str) -> None:
    (tmp_path / f"{CROSS}-host-vertices.paths.gz").write_bytes(gzip.compress(f"{line}\n".encode()))
    with pytest.raises(BadInput):
        release_files(open_place(str(tmp_path)), CROSS, "host")


def test_a_missing_file_is_named(root: Path, tmp_path: Path) -> None:
    with pytest.raises(NotFound, match=f"{OLD}-host-vertices"):
        release_files(open_place(str(root)), OLD, "host")
    with pytest.raises(NotFound, match="no folder"):
        open_place(str(tmp_path / "nothing"))


# ---- downloads -------------------------------------------------------------------------------------------------------


@pytest.fixture
def big(tmp_path: Path) -> Path:
    """A mirror whose edges take several chunks."""
    root = tmp_path / "mirror"
    folder = root / "projects" / "hyperlinkgraph" / OLD / "domain"
    folder.mkdir(parents=True)
    for part, size in (("vertices", 1000), ("edges", 1_500_000), ("ranks", 2000)):
        data = bytes((k * 7 + k // 255) % 256 for k in range(1000)) * (size // 1000)
        (folder / f"{OLD}-domain-{part}.txt.gz").write_bytes(data)
    return root


EDGES = f"{OLD}-domain-edges.txt.gz"


def published(root: Path, path: str = EDGES) -> bytes:
    return (root / "projects" / "hyperlinkgraph" / OLD / "domain" / path).read_bytes()


def files_of(place: Place) -> Any:
    return release_files(place, OLD, "domain")


class StoppedError(Exception):
    """Stands for a killed process."""


def stop_at(size: int) -> Callable[[int, int | None, str], None]:
    def tick(done: int, total: int | None, path: str) -> None:
        if done >= size:
            raise StoppedError

    return tick


def test_fetched_files_are_whole_and_their_digests_recorded(big: Path, tmp_path: Path) -> None:
    folder = tmp_path / "text"
    told: list[tuple[int, int | None, str]] = []
    with mirrored(big) as (_, server, place):
        done = fetch_release(files_of(place()), folder, tick=lambda *said: told.append(said))
        assert (done.n_new, done.n_resumed, len(done.files)) == (3, 0, 3)
        for file in done.files:
            data = (folder / file.path).read_bytes()
            assert data == published(big, file.path)
            assert file.digest == xxhash.xxh3_128_hexdigest(data)
            assert (file.size_bytes, file.validator) == (len(data), '"v1"')
        assert told[-1][:2] == (1_503_000, 1_503_000)
        n_asked = len(server.asked)
        again = fetch_release(files_of(place()), folder)
        assert (again.n_new, again.n_bytes, again.files) == (0, 0, done.files)
        assert len(server.asked) == n_asked + 3  # each file is asked only whether it is still the same
    assert sorted(path.name for path in folder.iterdir()) == sorted([*(f.path for f in done.files), "files.json"])


def test_a_broken_connection_goes_on(big: Path, tmp_path: Path) -> None:
    with mirrored(big) as (mirror, server, place):
        files = files_of(place())
        mirror.break_after = 400_000
        done = fetch_release(files, tmp_path / "text")
    assert done.n_new == 3
    assert (tmp_path / "text" / EDGES).read_bytes() == published(big)
    assert any(asked.headers.get("range") == "bytes=400000-" for asked in server.asked)


def test_a_killed_fetch_goes_on_where_it_stopped(big: Path, tmp_path: Path) -> None:
    folder = tmp_path / "text"
    with mirrored(big) as (_, server, place):
        with pytest.raises(StoppedError):
            fetch_release(files_of(place()), folder, tick=stop_at(600_000))
        assert not (folder / EDGES).exists()
        have = (folder / f"{EDGES}.part").stat().st_size
        assert 0 < have < 1_500_000
        done = fetch_release(files_of(place()), folder)
        ranges = [asked.headers for asked in server.asked if "range" in asked.headers]
    assert (done.n_resumed, done.n_new) == (1, 2)
    assert (ranges[0]["range"], ranges[0]["if-range"]) == (f"bytes={have}-", '"v1"')
    assert done.n_bytes == 1_500_000 - have + 2000
    assert (folder / EDGES).read_bytes() == published(big)
    assert read_record(folder)[EDGES].digest == xxhash.xxh3_128_hexdigest(published(big))


def change(mirror: Mirror, big: Path, what: str) -> None:
    mirror.etag = '"v2"' if what == "etag" else mirror.etag
    path = big / "projects" / "hyperlinkgraph" / OLD / "domain" / EDGES
    if what == "size":
        path.write_bytes(path.read_bytes() + b"more")


@pytest.mark.parametrize("what", ["etag", "size"])
def test_a_release_that_changed_is_an_error_and_begun_anew_only_when_asked(
    big: Path, tmp_path: Path, what: str
) -> None:
    folder = tmp_path / "text"
    with mirrored(big) as (mirror, _, place):
        with pytest.raises(StoppedError):
            fetch_release(files_of(place()), folder, tick=stop_at(600_000))
        change(mirror, big, what)
        with pytest.raises(Unreachable) as raised:
            fetch_release(files_of(place()), folder)
        assert raised.value.facts["reason"] == "changed"
        assert "--restart" in raised.value.hint
        assert not (folder / EDGES).exists()
        done = fetch_release(files_of(place()), folder, restart=True)
    assert done.n_resumed == 0
    assert (folder / EDGES).read_bytes() == published(big)


def test_a_release_that_changed_after_it_was_fetched(big: Path, tmp_path: Path) -> None:
    folder = tmp_path / "text"
    with mirrored(big) as (mirror, _, place):
        fetch_release(files_of(place()), folder)
        change(mirror, big, "size")
        with pytest.raises(Unreachable, match="another version"):
            fetch_release(files_of(place()), folder)
        assert len((folder / EDGES).read_bytes()) == 1_500_000
        assert fetch_release(files_of(place()), folder, restart=True).n_new == 1
    assert (folder / EDGES).read_bytes() == published(big)


def test_a_release_that_changes_between_the_question_and_the_download(big: Path, tmp_path: Path) -> None:
    with mirrored(big) as (mirror, _, place):
        files = files_of(place())
        mirror.etag = '"v2"'
        with pytest.raises(Unreachable) as raised:
            fetch_release(files, tmp_path / "text")
    assert raised.value.facts["reason"] == "changed"


def test_a_release_that_changes_while_a_broken_connection_resumes(big: Path, tmp_path: Path) -> None:
    with mirrored(big) as (mirror, _, place):
        files = files_of(place())
        mirror.break_after, mirror.n_breaks = 400_000, 1

        def tick(done: int, total: int | None, path: str) -> None:
            if path == EDGES:
                mirror.etag = '"v2"'

        with pytest.raises(Unreachable) as raised:
            fetch_release(files, tmp_path / "text", tick=tick)
    assert raised.value.facts["reason"] == "changed"
    assert not (tmp_path / "text" / EDGES).exists()


def test_a_server_that_goes_away(big: Path, tmp_path: Path) -> None:
    with mirrored(big) as (mirror, _, place):
        files = files_of(place())
        mirror.is_gone = True
        with pytest.raises(InlinkError):
            fetch_release(files, tmp_path / "text")
        mirror.is_gone = False
        assert fetch_release(files_of(place()), tmp_path / "text").n_new == 3


def test_a_folder_is_copied_and_its_changes_are_seen(big: Path, tmp_path: Path) -> None:
    folder = tmp_path / "text"
    assert fetch_release(files_of(open_place(str(big))), folder).n_new == 3
    assert fetch_release(files_of(open_place(str(big))), folder).n_new == 0
    path = big / "projects" / "hyperlinkgraph" / OLD / "domain" / EDGES
    path.write_bytes(published(big) + b"x")
    with pytest.raises(Unreachable, match="another version"):
        fetch_release(files_of(open_place(str(big))), folder)


def test_a_record_that_cannot_be_read(big: Path, tmp_path: Path) -> None:
    (tmp_path / "files.json").write_text("[{")
    with pytest.raises(CorruptIndex):
        fetch_release(files_of(open_place(str(big))), tmp_path)


def test_a_lost_or_cut_file_is_fetched_again(big: Path, tmp_path: Path) -> None:
    place = open_place(str(big))
    fetch_release(files_of(place), tmp_path)
    (tmp_path / EDGES).write_bytes(b"cut")
    assert fetch_release(files_of(place), tmp_path).n_new == 1
    assert (tmp_path / EDGES).read_bytes() == published(big)


def test_a_damaged_file_is_fetched_anew_when_asked(big: Path, tmp_path: Path) -> None:
    place = open_place(str(big))
    fetch_release(files_of(place), tmp_path)
    (tmp_path / EDGES).write_bytes(bytes(1_500_000))
    assert fetch_release(files_of(place), tmp_path).n_new == 0
    assert fetch_release(files_of(place), tmp_path, restart=True).n_new == 1
    assert (tmp_path / EDGES).read_bytes() == published(big)
