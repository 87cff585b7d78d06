"""What users name becomes inputs: files, folders, patterns, lists, addresses; what cannot be used says why."""

from __future__ import annotations

import gzip
import hashlib
import importlib.util
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from types import ModuleType

import made_archives as made
import pytest

from inlink.errors import BadInput, InlinkError, NotFound, Unreachable
from inlink.sources import items, open_inputs, read_item, read_record
from inlink.sources.records import BadRecord, InputFile, Record
from inlink.store import Workspace


def _load(path: Path) -> ModuleType:
    """A helper of another test folder."""
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = sys.modules.setdefault(path.stem, importlib.util.module_from_spec(spec))
    spec.loader.exec_module(module)
    return module


servers = _load(Path(__file__).parents[1] / "fetch" / "scripted_server.py")
WARC = made.gzip_members([made.page_record(n) for n in range(3)])
OTHER = made.gzip_members([made.page_record(n) for n in range(7, 9)])


def opened(
    *specs: str | Path, base_url: str | None = None, test_hosts: Sequence[str] = ()
) -> list[InputFile | BadInput]:
    return list(open_inputs([str(spec) for spec in specs], base_url=base_url, test_hosts=test_hosts))


def names(found: Sequence[InputFile | BadInput]) -> list[str]:
    """File names of inputs, reasons of errors."""
    return [Path(f.name).name if isinstance(f, InputFile) else str(f.facts["reason"]) for f in found]


def n_records(found: InputFile | BadInput) -> int:
    assert isinstance(found, InputFile)
    return sum(isinstance(item, Record) for item in items(found))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, data in {
        "b.warc.gz": WARC,
        "a/c.warc.gz": OTHER,
        "a/deep/d.txt": b"just text\n",
        ".hidden": WARC,
    }.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(data)
    return tmp_path


def test_a_file(folder: Path) -> None:
    (found,) = opened(folder / "b.warc.gz")
    assert isinstance(found, InputFile)
    assert (found.name, found.format, found.size_bytes) == (str(folder / "b.warc.gz"), "warc", len(WARC))
    assert found.digest == hashlib.sha256(WARC).hexdigest()
    assert n_records(found) == 3


def test_a_workspace_beside_the_crawls_is_no_input(folder: Path) -> None:
    Workspace.create(folder)
    (folder / "parts" / "one").mkdir()
    (folder / "parts" / "one" / "links.parquet").write_bytes(b"PAR1")
    (folder / "archive" / "kept.warc.gz").write_bytes(WARC)
    (folder / "a" / "parts").mkdir()
    (folder / "a" / "parts" / "e.warc.gz").write_bytes(made.page_record(9))
    assert names(opened(folder)) == ["b.warc.gz", "c.warc.gz", "unknown-format", "e.warc.gz"]
    assert names(opened(folder / "archive")) == ["kept.warc.gz"]


def test_folders_patterns_and_repetitions(folder: Path) -> None:
    assert names(opened(folder)) == ["b.warc.gz", "c.warc.gz", "unknown-format"]
    assert names(opened(folder / "*.gz")) == ["b.warc.gz"]
    assert names(opened(folder / "**" / "*.warc.gz")) == ["c.warc.gz", "b.warc.gz"]
    assert names(opened(folder / "b.warc.gz", folder / "a" / ".." / "b.warc.gz", folder)) == [
        "b.warc.gz",
        "b.warc.gz",
        "c.warc.gz",
        "unknown-format",
    ]
    assert names(opened(folder / "*.zip", folder / "b.warc.gz")) == ["empty", "b.warc.gz"]
    (folder / "odd[1].warc").write_bytes(made.page_record(1))
    assert names(opened(folder / "odd[1].warc")) == ["odd[1].warc"]


def test_paths_relative_to_where_one_stands(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    (found,) = opened("b.warc.gz")
    assert isinstance(found, InputFile)
    assert found.name == "b.warc.gz"
    monkeypatch.chdir("/")
    assert n_records(found) == 3


FORMATS: dict[str, tuple[bytes, str]] = {
    "warc": (made.page_record(0), "warc"),
    "warc-after-line-ends": (b"\r\n\r\n" + made.page_record(0), "warc"),
    "warc-zstd": (made.zstd_members([made.page_record(0)]), "warc"),
    "warc-zstd-dictionary": (made.zstd_with_dictionary([made.page_record(0)], is_compressed=True), "warc"),
    "warc-lz4": (made.lz4_members([made.page_record(0)]), "warc"),
    "arc": (made.arc([("http://a.example/", made.http())]), "arc"),
    "arc-without-head": (b"http://a.example/ 192.0.2.1 20200102030405 text/html 3\nabc\n", "arc"),
    "wat": (made.record(b"x", kind="warcinfo") + made.record(b'{"Envelope": 1}', kind="metadata"), "wat"),
    "gsc": (b"Linking page,Last crawled\nhttps://a.example/,2020-01-02\n", "gsc"),
    "gsc-gzip": (gzip.compress(b"Linking page,Last crawled\nhttps://a.example/,2020-01-02\n"), "gsc"),
    "urls": (b"https://a.example/\nhttps://b.example/\n", "links"),
    "one-url": (b"https://a.example/", "links"),
}


@pytest.mark.parametrize("name", FORMATS)
def test_formats_by_first_bytes(tmp_path: Path, name: str) -> None:
    data, expected = FORMATS[name]
    (tmp_path / "noname").write_bytes(data)
    (found,) = opened(tmp_path / "noname")
    assert isinstance(found, InputFile), found
    assert found.format == expected
    assert not isinstance(next(items(found)), BadRecord)


REFUSED: dict[str, tuple[bytes, str]] = {
    "empty": (b"", "empty"),
    "white-space": (b"\r\n \n", "empty"),
    "zeros": (bytes(5000), "empty"),
    "empty-gzip": (gzip.compress(b""), "empty"),
    "text": (b"hello world\nhow are you\n", "unknown-format"),
    "binary": (os.urandom(3000).replace(b"\n", b""), "unknown-format"),
    "zip": (b"PK\x03\x04" + bytes(100), "unknown-format"),
    "bzip2": (b"BZh91AY&SY", "unknown-format"),
    "xz": (b"\xfd7zXZ\x00\x00", "unknown-format"),
    "parquet": (b"PAR1" + bytes(100), "unknown-format"),
    "sqlite": (b"SQLite format 3\x00", "unknown-format"),
    "pdf": (b"%PDF-1.7\n", "unknown-format"),
    "json": (b'{"a": 1}', "unknown-format"),
    "page": (b"<!doctype html><p>x", "unknown-format"),
    "csv-of-else": (b"name,age\nanna,7\nbert,8\n", "unknown-format"),
    "own-pages": (b"Target page,Incoming links,Linking sites\nhttps://a.example/,12,3\n", "no-links-inside"),
    "moz-own-pages": (
        b"URL,Title,PA,Total Links,Linking Domains to Page\nhttps://a.example/,x,1,2,3\n",
        "no-links-inside",
    ),
    "disavow": (b"# bad\ndomain:a.example\ndomain:b.example\n", "unknown-format"),
    "gzip-of-text": (gzip.compress(b"hello\n"), "unknown-format"),
    "broken-gzip": (b"\x1f\x8b\x08\x00" + b"\xff" * 50, "unknown-format"),
    "broken-zstd": (b"\x28\xb5\x2f\xfd" + b"\xff" * 50, "unknown-format"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_used_says_why_and_the_others_go_on(tmp_path: Path, name: str) -> None:
    data, reason = REFUSED[name]
    (tmp_path / "bad").write_bytes(data)
    (tmp_path / "good").write_bytes(WARC)
    error, good = opened(tmp_path / "bad", tmp_path / "good")
    assert isinstance(error, BadInput)
    assert error.facts["reason"] == reason or (name.startswith("broken") and error.facts["reason"] == "empty")
    assert error.facts["file"] == str(tmp_path / "bad")
    assert str(tmp_path / "bad") in error.message
    assert n_records(good) == 3


def test_what_is_not_there(tmp_path: Path) -> None:
    assert names(opened(tmp_path / "no.warc", tmp_path / "none*")) == ["unreadable", "empty"]
    (tmp_path / "hollow").mkdir()
    assert names(opened(tmp_path / "hollow")) == ["empty"]


@pytest.mark.parametrize(
    "name", ["", " ", "a\0b", "a\0*", "x" * 5000, "no/" * 3000, "no*" * 50, "no[", "http://", "\udce9"]
)
def test_odd_names(name: str) -> None:
    (found,) = opened(name)
    assert isinstance(found, BadInput)


@pytest.mark.skipif(sys.platform == "win32", reason="no such files there")
def test_what_is_no_regular_file(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    assert names(opened(tmp_path / "pipe")) == ["unreadable"]
    assert names(opened(tmp_path)) == ["empty"]


def test_a_file_that_vanishes_is_unreachable(folder: Path) -> None:
    (found,) = opened(folder / "b.warc.gz")
    (folder / "b.warc.gz").unlink()
    with pytest.raises(Unreachable):
        n_records(found)


def test_a_list_of_archives_beside_them(folder: Path) -> None:
    for name, pack in (("warc.paths", bytes), ("warc.paths.gz", gzip.compress)):
        lines = b"b.warc.gz\na/c.warc.gz\n\nmissing.warc.gz\n/etc/x.warc.gz\n../x.warc.gz\n"
        (folder / name).write_bytes(pack(lines))
        found = opened(folder / name)
        assert names(found) == ["b.warc.gz", "c.warc.gz", *["unreadable"] * 3]
        assert n_records(found[1]) == 2


def test_a_list_names_itself(folder: Path) -> None:
    (folder / "x.warc").write_bytes(b"x.warc\nb.warc.gz\nlist.warc\n")
    (folder / "list.warc").write_bytes(b"b.warc.gz\n")
    assert names(opened(folder / "x.warc")) == ["b.warc.gz", "unknown-format"]


@pytest.fixture
def files() -> Iterator[tuple[object, dict[str, bytes], str]]:
    """A server with files; what it has, and where it is."""
    has: dict[str, bytes] = {"/b.warc.gz": WARC}

    def answer(asked: object, connection: object) -> None:
        path = asked.path  # type: ignore[attr-defined]
        if path not in has:
            connection.sendall(servers.reply("404 Not Found"))  # type: ignore[attr-defined]
        else:
            servers.FileAnswers(has[path])(asked, connection)

    with servers.serving(answer) as server:
        yield server, has, server.place


Files = tuple[object, dict[str, bytes], str]


def test_an_address(files: Files) -> None:
    _, has, place = files
    (found,) = opened(f"http://{place}/b.warc.gz", test_hosts=[place])
    assert isinstance(found, InputFile)
    assert (found.name, found.format, found.size_bytes) == (f"http://{place}/b.warc.gz", "warc", len(WARC))
    assert n_records(found) == 3
    (again,) = opened(f"http://{place}/b.warc.gz", test_hosts=[place])
    assert isinstance(again, InputFile)
    assert again.digest == found.digest
    has["/b.warc.gz"] = OTHER
    with pytest.raises(Unreachable, match="changed"):
        n_records(found)


def test_addresses_that_cannot_be_used(files: Files) -> None:
    server, _, place = files
    asked = len(server.asked)  # type: ignore[attr-defined]
    found = opened(
        f"http://{place}/b.warc.gz", "http://127.1/x.warc", "http://[::1]/", "https://", "file:///etc/passwd"
    )
    assert names(found) == ["unreadable"] * 5
    assert all(isinstance(each, BadInput) and each.hint for each in found)
    assert isinstance(found[-1], BadInput) and "only http and https" in found[-1].message
    assert len(server.asked) == asked  # type: ignore[attr-defined]
    assert names(opened(f"http://{place}/none", test_hosts=[place])) == ["unreadable"]


LISTS: dict[str, tuple[str, str | None]] = {
    "/lists/cc.paths.gz": ("crawl-data/x.warc.gz", None),
    "/crawl-data/CC/cc.paths.gz": ("crawl-data/x.warc.gz", None),
    "/crawl-data/cc.paths.gz": ("x.warc.gz", None),
    "/elsewhere.paths.gz": ("x.warc.gz", "http://{place}/crawl-data"),
    "/absolute.paths.gz": ("http://{place}/crawl-data/x.warc.gz", None),
}


@pytest.mark.parametrize("path", LISTS)
def test_lists_on_a_server(files: Files, path: str) -> None:
    _, has, place = files
    entry, base = LISTS[path]
    has[path] = gzip.compress(entry.format(place=place).encode() + b"\n")
    has["/lists/crawl-data/x.warc.gz"] = has["/crawl-data/x.warc.gz"] = OTHER
    base_url = base.format(place=place) if base else None
    (found,) = opened(f"http://{place}{path}", base_url=base_url, test_hosts=[place])
    assert n_records(found) == 2


@pytest.mark.parametrize("base", [None, "http://{}/"])
def test_a_list_on_a_server_leads_to_no_local_file(
    files: Files, folder: Path, base: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, has, place = files
    monkeypatch.chdir(folder)
    if os.name != "nt":  # where it would be a drive
        (folder / "c:b.warc.gz").write_bytes(WARC)
    has["/x.paths"] = f"{folder}/b.warc.gz\nfile://{folder}/b.warc.gz\nc:b.warc.gz\n".encode()
    found = opened(f"http://{place}/x.paths", test_hosts=[place], base_url=base and base.format(place))
    assert len(found) == 3
    assert all(isinstance(each, BadInput) for each in found)


@pytest.mark.parametrize("entry", ["{}/b.warc.gz", "../b.warc.gz", "sub/../../b.warc.gz", "//b.warc.gz"])
def test_a_list_does_not_lead_out_of_the_folder_that_is_its_base(folder: Path, tmp_path: Path, entry: str) -> None:
    base = folder / "base"
    base.mkdir()
    (base / "a.warc").write_bytes(WARC)
    listed = tmp_path / "x.paths"
    listed.write_text(f"a.warc\n{entry.format(folder)}\n")
    first, second = opened(listed, base_url=str(base))
    assert isinstance(first, InputFile)
    assert isinstance(second, BadInput)
    assert "points outside of" in second.message


PACKINGS: dict[str, Callable[[Sequence[bytes]], bytes]] = {
    "plain": b"".join,
    "gzip": made.gzip_members,
    "zstd": made.zstd_members,
    "zstd-dictionary": lambda parts: made.zstd_with_dictionary(parts, is_compressed=False),
    "lz4": made.lz4_members,
    "gzip-whole": made.gzip_whole,
}


@pytest.mark.parametrize("packing", PACKINGS)
def test_evidence_over_http(files: Files, packing: str) -> None:
    server, has, place = files
    has["/x"] = PACKINGS[packing]([made.page_record(n, os.urandom(9000)) for n in range(60)])
    (found,) = opened(f"http://{place}/x", test_hosts=[place])
    assert isinstance(found, InputFile)
    records = [item for item in items(found) if isinstance(item, Record)]
    assert len(records) == 60
    for record in (records[0], records[40], records[59]):
        del server.asked[:]  # type: ignore[attr-defined]
        again = read_record(found.name, record.offset, length=record.length, test_hosts=[place])
        assert again == record
        if packing in ("plain", "gzip", "lz4"):  # zstd needs the beginning too: a dictionary may stand there
            ranges = {asked.headers["range"] for asked in server.asked}  # type: ignore[attr-defined]
            assert record.length is not None
            end = record.offset + record.length - 1
            assert all(int(r.split("-")[1]) <= end for r in ranges), ranges


def test_evidence_that_is_gone(files: Files) -> None:
    _, _, place = files
    for url, error in ((f"http://{place}/none", NotFound), (f"http://{place}/b.warc.gz", NotFound)):
        with pytest.raises(error):
            read_record(url, 10**6, length=500, test_hosts=[place])
    with pytest.raises(InlinkError):
        read_item(f"http://{place}/b.warc.gz", 0)
