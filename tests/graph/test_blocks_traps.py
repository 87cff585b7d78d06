"""Releases with traps: names out of order, odd graphs, damaged files, writers that fail."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from made_release import TINY, Made, batches, lists_of, shown, skewed, write

from inlink.errors import BadInput, CorruptIndex, InlinkError, NotFound
from inlink.graph.blocks import Card, Release
from inlink.graph.blocks.layout import FILES
from inlink.graph.blocks.writer import write_release


def made_of(names: list[str], edges: list[tuple[int, int]], mass: list[float] | None = None) -> Made:
    sources, targets = (np.array([edge[side] for edge in edges], np.int64) for side in (0, 1))
    return Made(names, sources, targets, np.array(mass or [1.0] * len(names)))


def found(release: Release, name: str) -> Card:
    card = release.find(name)
    assert card is not None, name
    return card


def check(folder: Path, made: Made) -> Release:
    """All lists of a release against the plain edges."""
    release = Release.open(folder)
    order = made.order()
    for line, name in enumerate(made.names):
        card = release.card(order.index(line))
        assert card.name == shown(name)
        assert release.referring(card, None, keep_flagged=True).names == made.referring(line)
        assert release.outgoing(card, None, keep_flagged=True).names == made.outgoing(line)
    return release


MIS_SORTED = [
    "no.hedmark-trafikk",
    "no.hedmark",
    "no.hedmark.www",
    "com.b",
    "com.a",
    "com.a-b",
    "com.a.b",
    "zz.x",
    "ab.x",
]


def test_names_out_of_order_are_found(tmp_path: Path) -> None:
    edges = [(i, j) for i in range(9) for j in range(9) if i != j and (i + j) % 3]
    made = made_of(MIS_SORTED, edges, [5, 3, 4, 1, 2, 9, 8, 7, 6])
    manifest = write(tmp_path / "r", made)
    assert not manifest.is_sorted
    release = check(tmp_path / "r", made)
    for name in MIS_SORTED:
        assert found(release, shown(name)).name == shown(name)
    assert release.find("hedmark-x.no") is None


def test_shuffled_names_of_a_larger_release(tmp_path: Path) -> None:
    made = skewed(300, 2000, seed=9)
    order = np.random.default_rng(2).permutation(300)
    shuffled = Made([made.names[i] for i in order], made.sources, made.targets, made.mass)
    assert not write(tmp_path / "r", shuffled).is_sorted
    check(tmp_path / "r", shuffled)


def test_a_name_that_stands_twice(tmp_path: Path) -> None:
    made = made_of(["com.a", "com.b", "com.b", "com.c"], [(0, 1), (3, 2), (0, 2)], [1, 2, 3, 4])
    assert write(tmp_path / "r", made).n_duplicate_names == 1
    assert found(check(tmp_path / "r", made), "b.com").place == 1


@pytest.mark.parametrize(
    ("n", "edges"),
    [(1, []), (2, [(0, 1)]), (17, []), (40, [(0, i) for i in range(1, 40)]), (40, [(i, 0) for i in range(1, 40)]),
     (33, [(i, j) for i in range(33) for j in range(33) if i != j])],
    ids=["alone", "one edge", "no edges", "star out", "star in", "clique"],
)  # fmt: skip
def test_odd_graphs(n: int, edges: list[tuple[int, int]], tmp_path: Path) -> None:
    made = made_of([f"com.x{i:03}" for i in range(n)], edges)
    write(tmp_path / "r", made)
    check(tmp_path / "r", made)


def test_names_in_any_script(tmp_path: Path) -> None:
    made = made_of(["com.bücher", "com.\x01a", "日本.例"], [(0, 1), (2, 1)])
    write(tmp_path / "r", made)
    check(tmp_path / "r", made)


def test_authority_is_by_position_and_nothing_without_references(tmp_path: Path) -> None:
    n = 10_000
    made = made_of(
        [f"com.x{i:05}" for i in range(n)], [(i, 0) for i in range(1, 20)] + [(0, 1)], [2.0] + [1.0] * (n - 1)
    )
    write(tmp_path / "r", made, layout=TINY)
    release = Release.open(tmp_path / "r")
    strongest, second, none = (found(release, f"x{i:05}.com") for i in (0, 1, 2))
    assert (strongest.authority, second.position, none.authority) == (100.0, 2, 0.0)
    assert second.authority == pytest.approx(100 * (1 - np.log(2) / np.log(n)))


def test_equal_masses_share_the_worst_of_their_positions(tmp_path: Path) -> None:
    """By count: how many have at least as much, of those that are referenced; who is not is last."""
    random = np.random.default_rng(4)
    n = 500
    mass = random.choice([9.0, 7.0, 7.0 + 1e-12, 3.0, 1.0, 0.5], n).tolist()
    made = made_of([f"com.x{i:05}" for i in range(n)], [(i, (7 * i) % 300) for i in range(1, n)], mass)
    write(tmp_path / "r", made)
    release = Release.open(tmp_path / "r")
    linked = [round(mass[t], 9) for t in {int(t) for t in made.targets}]
    assert release.manifest.n_linked == len(linked) < n
    for line in range(n):
        card = found(release, f"x{line:05}.com")
        is_linked = card.n_in > 0
        assert card.position == (sum(each >= round(mass[line], 9) for each in linked) if is_linked else n)
        assert release.positions([card.node]) == [card.position]
        shown_by = release.referring(card)
        assert shown_by.positions == release.positions(shown_by.nodes)


def test_unknown_ranks_stay_unknown(tmp_path: Path) -> None:
    made = made_of(["com.a", "com.b"], [(0, 1)])
    ranks = {"cc_harmonic": np.array([np.nan, 2.5]), "cc_harmonic_position": np.array([np.nan, 1.0])}
    write(tmp_path / "r", made, ranks=ranks)
    release = Release.open(tmp_path / "r")
    assert found(release, "a.com").ranks == {"cc_harmonic": None, "cc_harmonic_position": None}
    assert found(release, "b.com").ranks == {"cc_harmonic": 2.5, "cc_harmonic_position": 1.0}
    assert found(release, "a.com").n_hosts is None
    assert release.ranks([0, 1]) == [found(release, "b.com").ranks, found(release, "a.com").ranks]


def test_flagged_domains_are_left_out_and_counted(tmp_path: Path) -> None:
    made = made_of(["com.a", "com.b", "com.blogspot", "com.googleapis", "com.target", "com.facebook"],
                   [(i, 4) for i in (0, 1, 2, 3, 5)] + [(4, 3), (4, 0)], [1, 2, 9, 8, 7, 6])  # fmt: skip
    write(tmp_path / "r", made)
    release = check(tmp_path / "r", made)
    card = found(release, "target.com")
    assert (card.n_in, card.n_in_flagged, card.n_out, card.n_out_flagged) == (5, 2, 2, 1)
    kept = release.referring(card)
    assert (kept.names, kept.n_total, kept.n_left_out) == (
        ["a.com", "facebook.com", "b.com"],
        3,
        2,
    )  # a.com alone is linked to
    assert release.outgoing(card).names == ["a.com"]
    assert [each.flags for each in release.flagged.values() if each.name == "com.facebook"] == [("social",)]


def test_hosts_below_a_flagged_domain(tmp_path: Path) -> None:
    names = ["com.a", "com.googleapis", "com.googleapis-x", "com.googleapis.fonts", "com.t"]
    made = made_of(names, [(i, 4) for i in range(4)])
    write(tmp_path / "r", made, kind="host")
    release = Release.open(tmp_path / "r")
    assert sorted(release.referring(found(release, "t.com")).names) == ["a.com", "googleapis-x.com"]


# ---- writing ---------------------------------------------------------------------------------------------------------


def test_a_folder_that_is_there_is_kept(tmp_path: Path) -> None:
    (tmp_path / "r").mkdir()
    with pytest.raises(BadInput, match="there already"):
        write(tmp_path / "r", made_of(["com.a"], []))


def test_nothing_is_left_of_a_writer_that_fails(tmp_path: Path) -> None:
    made = skewed(200, 500)

    def failing(done: int, total: int) -> None:
        raise RuntimeError("stopped")

    with pytest.raises(RuntimeError, match="stopped"):
        write(tmp_path / "r", made, report=failing)
    assert list(tmp_path.iterdir()) == []


def test_arrays_of_different_releases(tmp_path: Path) -> None:
    made = skewed(50, 200)
    inward, outward = lists_of(made.targets, made.sources, 50), lists_of(made.sources, made.targets, 50)
    given: dict[str, object] = {
        "name": "x",
        "kind": "domain",
        "n_hosts": None,
        "inward": inward,
        "outward": outward,
        "meta": {},
    }
    for names, ranks in ((made.names[:-1], {}), ([*made.names, "zz"], {}), (made.names, {"mass": np.ones(49)})):
        with pytest.raises(BadInput):
            write_release(tmp_path / "r", names=batches(names), ranks=ranks, **given)  # type: ignore[arg-type]
    with pytest.raises(BadInput, match="empty"):
        write_release(tmp_path / "r", names=batches([*made.names[:-1], ""]), ranks={}, **given)  # type: ignore[arg-type]
    assert list(tmp_path.iterdir()) == []


def test_the_same_arrays_give_the_same_bytes(tmp_path: Path) -> None:
    made = skewed(300, 3000)
    manifests = [write(tmp_path / name, made, workers=workers) for name, workers in (("a", 1), ("b", 3))]
    assert manifests[0] == manifests[1] and manifests[0].digest == manifests[1].digest


# ---- damage ----------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("whole") / "r"
    made = skewed(300, 6000, seed=3)
    order = np.random.default_rng(2).permutation(300)
    write(folder, Made([made.names[i] for i in order], made.sources, made.targets, made.mass))
    return folder


def read_everything(folder: Path) -> None:
    release = Release.open(folder)
    release.blocks.head(range(len(release.blocks.root.head)))  # as over a server
    for node in range(release.n):
        card = release.card(node)
        release.find(card.name)
        release.referring(card, None)
        release.outgoing(card, None)


@pytest.mark.parametrize("file", FILES)
def test_a_changed_byte_is_found_out(file: str, written: Path, tmp_path: Path) -> None:
    read_everything(written)
    shutil.copytree(written, tmp_path / "r")
    path = tmp_path / "r" / file
    data = bytearray(path.read_bytes())
    for at in np.random.default_rng(1).integers(0, len(data), 3).tolist():
        data[at] ^= 0x10
        path.write_bytes(data)
        with pytest.raises(CorruptIndex):
            read_everything(tmp_path / "r")
        data[at] ^= 0x10


@pytest.mark.parametrize("file", FILES)
def test_a_cut_or_missing_file_is_found_out(file: str, written: Path, tmp_path: Path) -> None:
    shutil.copytree(written, tmp_path / "r")
    path = tmp_path / "r" / file
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(CorruptIndex, match="instead of"):
        Release.open(tmp_path / "r")
    path.unlink()
    with pytest.raises(CorruptIndex, match="missing"):
        Release.open(tmp_path / "r")


@pytest.mark.parametrize(
    ("change", "message"),
    [({"n": 299}, "digest"), ({"version": 99}, "version 99"), ({"format": "other"}, "not the manifest"),
     ({"layout": {}}, "digest|not the manifest"), ({"root": [0, 1]}, "digest|not the manifest")],
    ids=lambda value: str(value)[:20],
)  # fmt: skip
def test_a_changed_manifest(change: dict[str, object], message: str, written: Path, tmp_path: Path) -> None:
    shutil.copytree(written, tmp_path / "r")
    path = tmp_path / "r" / "manifest.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **change}))
    with pytest.raises(CorruptIndex, match=message):
        Release.open(tmp_path / "r")


def test_no_release(tmp_path: Path) -> None:
    with pytest.raises(NotFound):
        Release.open(tmp_path)
    (tmp_path / "manifest.json").write_bytes(b"\xff\xfe[]")
    with pytest.raises(InlinkError):
        Release.open(tmp_path)
