"""The same reader over a web server: few requests, and every way in which a server can be wrong is told."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from made_release import TINY, Made, shown, skewed, write
from range_server import Served, serving_folder

from inlink.errors import BadInput, CorruptIndex, InlinkError, NotFound, Unreachable
from inlink.fetch import Client, Policy
from inlink.graph.blocks import CachedSource, Card, Release
from inlink.sources.releases_http import HttpSource

N = 3000


@pytest.fixture(scope="module")
def made() -> Made:
    return skewed(N, 30_000, seed=4)


@pytest.fixture(scope="module")
def folder(made: Made, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("served") / "release"
    write(path, made)
    return path


@pytest.fixture
def served(folder: Path, tmp_path: Path) -> Iterator[Served]:
    copy = tmp_path / "release"
    shutil.copytree(folder, copy)
    with serving_folder(copy) as server:
        yield server


@pytest.fixture(scope="module")
def client() -> Iterator[Client]:
    client = Client(Policy(test_hosts=frozenset({"127.0.0.1"}), max_retries=1, retry_wait_s=0.01))
    yield client
    client.close()


def found(release: Release, name: str) -> Card:
    card = release.find(name, "inward")
    assert card is not None
    return card


def test_a_server_answers_as_the_folder_does(made: Made, folder: Path, served: Served, client: Client) -> None:
    local, remote = Release.open(folder), Release.open(HttpSource(served.url, client=client))
    for line in range(0, N, 401):
        name = shown(made.names[line])
        here, there = local.find(name), remote.find(name)
        assert here == there and here is not None
        for side in (Release.referring, Release.outgoing):
            a, b = side(local, here, 50), side(remote, here, 50)
            assert a.names == b.names and a.n_total == b.n_total
    assert remote.find("not.there.example") is None


def test_what_was_fetched_once_is_not_fetched_again(made: Made, served: Served, client: Client, tmp_path: Path) -> None:
    name = shown(made.names[1000])

    def ask() -> tuple[list[str], int]:
        served.reset()
        release = Release.open(CachedSource(HttpSource(served.url, client=client), tmp_path / "cache"))
        return release.referring(found(release, name), 4).names, len(served.asked)

    first, n_first = ask()
    again, n_again = ask()
    assert first == again == made.referring(1000)[:4]
    assert n_again == 1 < n_first  # the manifest alone: it says which version the server has
    for path in (tmp_path / "cache").iterdir():
        path.write_bytes(b"x" * path.stat().st_size)
    assert ask()[0] == first


def test_the_cache_is_bounded(made: Made, served: Served, client: Client, tmp_path: Path) -> None:
    limit = 12_000
    source = CachedSource(HttpSource(served.url, client=client), tmp_path / "cache", limit_bytes=limit)
    release = Release.open(source)
    for line in range(0, N, 97):
        found(release, shown(made.names[line]))
    assert 0 < sum(path.stat().st_size for path in (tmp_path / "cache").iterdir()) <= limit


def test_an_address_without_a_release(served: Served, client: Client) -> None:
    with pytest.raises(NotFound):
        Release.open(HttpSource(served.url + "elsewhere/", client=client))


@pytest.mark.parametrize("url", ["https://", "http:///", "https:///manifest.json?a=b"])
def test_an_address_without_a_server(url: str, client: Client) -> None:
    with pytest.raises(BadInput, match="no address of a release"):
        HttpSource(url, client=client)


def test_a_page_that_is_no_manifest(served: Served, client: Client) -> None:
    (served.folder / "manifest.json").write_text("<html>hello</html>")
    with pytest.raises(CorruptIndex, match="not the manifest"):
        Release.open(HttpSource(served.url, client=client))


def test_a_server_that_ignores_ranges(served: Served, client: Client) -> None:
    served.has_ranges = False
    with pytest.raises(Unreachable, match="ignores Range"):
        Release.open(HttpSource(served.url, client=client))


@pytest.mark.parametrize("file", ["directory.bin", "cards.bin", "head.bin"])
def test_a_file_that_is_cut(file: str, made: Made, served: Served, client: Client) -> None:
    served.cut[file] = 100
    with pytest.raises(InlinkError, match=r"instead of|ends before"):
        every_answer(made, Release.open(HttpSource(served.url, client=client)))


def every_answer(made: Made, release: Release) -> None:
    for line in range(0, N, 101):
        release.referring(found(release, shown(made.names[line])), 50)


def test_a_file_that_changes_between_requests(made: Made, served: Served, client: Client) -> None:
    release = Release.open(HttpSource(served.url, client=client))
    found(release, shown(made.names[0]))
    served.etags["cards.bin"] = '"another"'
    with pytest.raises(CorruptIndex, match="changed on the server"):
        every_answer(made, release)


def test_another_release_put_in_its_place(made: Made, served: Served, client: Client, tmp_path: Path) -> None:
    """Without ETags, the sizes and digests tell."""
    release = Release.open(HttpSource(served.url, client=client))
    other = tmp_path / "other"
    write(other, Made(made.names, made.targets, made.sources, made.mass))
    served.etags.update({path.name: "" for path in other.iterdir()})
    served.folder = other
    with pytest.raises(CorruptIndex):
        every_answer(made, release)


def test_a_server_that_sends_another_range(made: Made, served: Served, client: Client) -> None:
    release = Release.open(HttpSource(served.url, client=client))
    cards = served.folder / "cards.bin"
    data = cards.read_bytes()
    cards.write_bytes(data[1:] + data[:1])  # as long, and shifted by a byte
    with pytest.raises(CorruptIndex, match="does not match its digest"):
        every_answer(made, release)


def test_ranges_are_joined_where_they_are_near() -> None:
    from inlink.graph.blocks import Span
    from inlink.sources.releases_http import groups_of

    near = [Span("a", 0, 10), Span("a", 100, 10), Span("b", 0, 1), Span("a", 50, 10)]
    assert groups_of(near) == [[0, 3, 1], [2]]
    apart = [Span("a", i * 200_000, 10) for i in range(8)]
    assert len(groups_of(apart)) == 3
    wide = [Span("a", i * 3_000_000, 10) for i in range(8)]
    assert len(groups_of(wide)) == 8
    assert TINY.prefix < TINY.chunk
    many = [Span("a", k * 300_000, 10) for k in range(10)]
    assert len(groups_of(many)) == 7  # three gaps are a megabyte; the others cost a request each
