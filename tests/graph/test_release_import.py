"""A made-up release, from text to what can be asked: by the real code, against plain sets and a dense matrix."""

from __future__ import annotations

import gzip
import json
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from inlink.cli.main import main
from inlink.demo.release import make_release
from inlink.engine.protocol import Progress as Step
from inlink.errors import BadInput, Busy, InlinkError, NotFound, Unreachable
from inlink.graph import release_import
from inlink.graph.blocks import Release
from inlink.sources.releases import FetchReport, ReleaseFile, fetch_release
from inlink.store.lock import build_lock
from inlink.workbench import Workbench, releases
from inlink.workbench.release_results import ImportOptions

CROSS, OTHER = "cc-main-2025-26-dec-jan-feb", "cc-main-2026-apr-may-jun"


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("published")
    make_release(root, 700, 9000, name=CROSS, seed=3)
    make_release(root, 500, 6000, name=CROSS, kind="host", www="kept", parts=4, seed=4)
    make_release(root, 400, 3000, name=OTHER, kind="host", www="stripped", seed=5)
    return root


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workbench]:
    with Workbench.create(tmp_path_factory.mktemp("imports")) as made:
        yield made


def unpacked(root: Path, name: str, kind: str, part: str) -> list[list[str]]:
    """Lines of a part as published, by Python alone."""
    folder = root / "projects" / "hyperlinkgraph" / name / kind
    found = sorted((folder / part).glob("*.gz")) or [folder / f"{name}-{kind}-{part}.txt.gz"]
    text = "".join(gzip.decompress(path.read_bytes()).decode() for path in found)
    return [line.split("\t") for line in text.splitlines() if not line.startswith("#")]


def forward(name: str) -> str:
    return ".".join(reversed(name.split(".")))


def dense_pagerank(out: list[set[int]], damping: float = 0.85) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """(I - aP) x = (1 - a) v solved as it stands; a vertex without out-links leads anywhere."""
    n = len(out)
    matrix = np.zeros((n, n))
    for source, targets in enumerate(out):
        matrix[list(targets) or range(n), source] = 1 / (len(targets) or n)
    return np.linalg.solve(np.eye(n) - damping * matrix, np.full(n, (1 - damping) / n))


@pytest.mark.parametrize(("name", "kind", "www"), [(CROSS, "domain", "folded"), (CROSS, "host", "kept"),
                                                   (OTHER, "host", "stripped")])  # fmt: skip
def test_a_release_converts_and_reads_back(root: Path, bench: Workbench, name: str, kind: str, www: str) -> None:
    truth = json.loads((root / f"truth-{name}-{kind}.json").read_text())
    done = bench.import_release(name, kind, ImportOptions(str(root)))
    names = [row[1] for row in unpacked(root, name, kind, "vertices")]
    out: list[set[int]] = [set() for _ in names]
    for a, b in unpacked(root, name, kind, "edges"):
        if a != b:
            out[int(a)].add(int(b))
    assert done.outcome == "imported"
    assert (done.n_nodes, done.n_edges) == (len(names), sum(map(len, out))) == (truth["n"], truth["n_edges"])
    assert done.counts["self_loops"] == truth["n_self_loops"] > 0
    assert done.counts["duplicate_edges"] == truth["n_duplicates"] > 0
    assert done.counts["names_out_of_order"] == truth["n_names_out_of_order"] == 1
    assert done.counts["rank_lines"] == len(names) and "unranked" not in done.counts

    release = Release.open(done.path)
    assert (release.manifest.name, release.manifest.kind) == (name, kind)
    assert release.manifest.meta["www"] == www
    assert release.manifest.meta["mass"]["error_bound"] <= 1e-9
    into: list[set[int]] = [set() for _ in names]
    for source, targets in enumerate(out):
        for target in targets:
            into[target].add(source)
    mass = dense_pagerank(out)
    ranks = {row[4]: row for row in unpacked(root, name, kind, "ranks")}
    hosts = {row[1]: int(row[2]) for row in unpacked(root, name, kind, "vertices") if len(row) > 2}
    for node in [*range(0, len(names), 9), int(np.argmax([len(each) for each in into]))]:
        card = release.find(forward(names[node]))
        assert card is not None and card.name == forward(names[node])
        assert card.n_hosts == hosts.get(names[node])
        referring = release.referring(card, None, keep_flagged=True).names
        outgoing = release.outgoing(card, None, keep_flagged=True).names
        assert sorted(referring) == sorted(forward(names[k]) for k in into[node])
        assert sorted(outgoing) == sorted(forward(names[k]) for k in out[node])
        row = ranks[names[node]]
        assert card.ranks["cc_harmonic_position"] == int(row[0])
        assert card.ranks["cc_pagerank_position"] == int(row[2])
        assert card.ranks["cc_harmonic"] == np.float32(row[1])
        assert card.ranks["cc_pagerank"] == np.float32(row[3])
        found = card.ranks["mass"]
        assert found is not None and abs(found - mass[node]) < 1e-6 * mass[node]


def test_the_names_that_are_out_of_order_are_found(root: Path, bench: Workbench) -> None:
    done = bench.import_release(CROSS, "domain", ImportOptions(str(root)))
    assert done.outcome == "unchanged"
    release = Release.open(done.path)
    for name in ("hedmark.no", "hedmark-trafikk.no"):
        card = release.find(name)
        assert card is not None and card.name == name


def test_what_is_here(root: Path, bench: Workbench) -> None:
    bench.import_release(CROSS, "domain", ImportOptions(str(root)))
    here = {(state.name, state.kind): state for state in bench.release_status()}
    assert here[CROSS, "domain"].state == "imported" and here[CROSS, "domain"].n_nodes == 700
    published = {(state.name, state.kind): state for state in bench.published_releases(str(root))}
    assert set(published) == {(CROSS, "domain"), (CROSS, "host"), (OTHER, "host")}
    assert published[CROSS, "domain"].state == "imported"
    assert Workbench.releases_of(str(root))[0].state == "published"


def test_what_is_here_needs_no_list_of_releases(root: Path, own: Workbench, tmp_path: Path) -> None:
    own.import_release(CROSS, "domain", ImportOptions(str(root)))
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "graphinfo.json").write_text("<html>")
    assert own.import_release(CROSS, "domain", ImportOptions(str(tmp_path / "elsewhere"))).outcome == "unchanged"


@pytest.mark.parametrize("text", ["{}", '{"format": "inlink-release", "version": 1}'])
def test_a_release_that_cannot_be_read_hides_no_other_and_is_converted_again(
    root: Path, own: Workbench, text: str
) -> None:
    for name, kind in ((CROSS, "domain"), (CROSS, "host")):
        own.import_release(name, kind, ImportOptions(str(root)))
    (own.path / "releases" / CROSS / "domain" / "manifest.json").write_text(text)
    assert {state.kind: state.state for state in own.release_status()} == {"domain": "unreadable", "host": "imported"}
    assert "unreadable" in {state.state for state in own.published_releases(str(root))}
    assert own.import_release(CROSS, "domain", ImportOptions(str(root))).outcome == "imported"
    assert {state.state for state in own.release_status()} == {"imported"}


# ---- interrupted, refused, replaced ----------------------------------------------------------------------------------


@pytest.fixture
def own(tmp_path: Path) -> Iterator[Workbench]:
    with Workbench.create(tmp_path / "own") as made:
        yield made


class KilledError(Exception):
    """Stands for a killed process."""


STEPS = {"convert_names": 0, "convert_edges": 1, "convert_ranks": 2, "transpose": 3, "pagerank": 4, "write_release": 5}


@pytest.mark.parametrize("step", STEPS)
def test_a_killed_import_goes_on_with_its_step(
    root: Path, own: Workbench, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    called: list[str] = []

    def watched(name: str, *, dies: bool) -> None:
        real = getattr(release_import, name)

        def replacement(*args: object, **given: object) -> object:
            called.append(name)
            if dies and name == "convert_edges":  # in the middle: something is written already
                real(*args, **given)
            if dies:
                raise KilledError
            return real(*args, **given)

        monkeypatch.setattr(release_import, name, replacement)

    options = ImportOptions(str(root))
    with monkeypatch.context():
        for name in STEPS:
            watched(name, dies=name == step)
        with pytest.raises(KilledError):
            own.import_release(CROSS, "host", options)
    assert called == list(STEPS)[: STEPS[step] + 1]
    folder = own.path / "releases" / CROSS
    assert not (folder / "host").exists()
    (state,) = own.release_status()
    assert (state.state, state.why) == ("import stopped", "the import stopped: KilledError")
    assert state.hint == f"inlink cc import {CROSS} --kind host --from {root} goes on where it stopped"
    monkeypatch.undo()
    called.clear()
    for name in STEPS:
        watched(name, dies=False)
    done = own.import_release(CROSS, "host", options)
    assert called == list(STEPS)[STEPS[step] :]
    assert done.outcome == "imported" and done.counts["self_loops"] > 0
    assert sorted(path.name for path in folder.iterdir()) == ["host", "locks"]


DYING = """
import os, signal, sys
from inlink.graph.blocks import writer
from inlink.workbench import Workbench
from inlink.workbench.release_results import ImportOptions

def die(*given, **more):
    os.kill(os.getpid(), signal.SIGKILL)

if sys.argv[4] == "in the blocks":
    writer.pack_page = die
elif sys.argv[4] == "before the name":
    writer.publish = die
else:
    from inlink.workbench import releases
    releases.rename = die
with Workbench.open(sys.argv[1]) as bench:
    bench.import_release(sys.argv[2], "host", ImportOptions(sys.argv[3], again=True))
"""


@pytest.mark.parametrize("moment", ["in the blocks", "before the name", "before the exchange"])
@pytest.mark.parametrize("is_there", [False, True], ids=["first", "again"])
def test_kill_9_leaves_nothing_half_converted(root: Path, own: Workbench, moment: str, is_there: bool) -> None:
    if is_there:
        own.import_release(CROSS, "host", ImportOptions(str(root)))
    words = [sys.executable, "-c", DYING, str(own.path), CROSS, str(root), moment]
    assert subprocess.run(words, check=False).returncode == -signal.SIGKILL
    folder = own.path / "releases" / CROSS
    assert (folder / "host").exists() == is_there
    (state,) = own.release_status()
    assert state.state == ("imported" if is_there else "import stopped")
    assert is_there or "its process was killed" in (state.why or "")
    assert own.verify().faults == ()
    done = own.import_release(CROSS, "host", ImportOptions(str(root), again=True))
    assert done.outcome == "imported"
    assert list(done.seconds) == ["outward", "blocks"]  # plain out-lists go when they stand in blocks
    assert sorted(path.name for path in folder.iterdir()) == ["host", "locks"]


def copied(root: Path, folder: Path) -> Path:
    shutil.copytree(root, folder)
    return folder


def edit(root: Path, part: str, change: object, *, name: str = CROSS, kind: str = "domain") -> None:
    path = root / "projects" / "hyperlinkgraph" / name / kind / f"{name}-{kind}-{part}.txt.gz"
    assert callable(change)
    path.write_bytes(gzip.compress(change(gzip.decompress(path.read_bytes()))))


def test_other_inputs_begin_anew(root: Path, own: Workbench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mirror = copied(root, tmp_path / "copy")

    def dies(*_: object, **__: object) -> None:
        raise KilledError

    with monkeypatch.context() as patch:
        patch.setattr(release_import, "transpose", dies)
        with pytest.raises(KilledError):
            own.import_release(CROSS, "domain", ImportOptions(str(mirror)))
    edit(mirror, "edges", lambda text: text + b"699\t1\n")
    done = own.import_release(CROSS, "domain", ImportOptions(str(mirror)))
    edges = {(a, b) for a, b in unpacked(mirror, CROSS, "domain", "edges") if a != b}
    assert done.n_edges == len(edges)


@pytest.mark.parametrize(
    ("part", "change", "said"),
    [
        ("edges", lambda text: text[: len(text) // 2] + b"rubbish\n" * 400, "not numbers"),
        ("edges", lambda text: text.replace(b"\n", b"00\n"), "out of range"),
        ("edges", lambda _: b"", "not one edge"),
        ("vertices", lambda text: text.replace(b"\n", b"\n\n", 1), "line 2"),
        ("vertices", lambda _: b"", "not one vertex"),
        ("ranks", lambda text: text.replace(b"com.", b"org."), "unknown names"),
    ],
)
def test_text_that_cannot_be_used_leaves_nothing_to_ask(
    root: Path, own: Workbench, tmp_path: Path, part: str, change: object, said: str
) -> None:
    mirror = copied(root, tmp_path / "copy")
    edit(mirror, part, change)
    with pytest.raises(BadInput, match=said):
        own.import_release(CROSS, "domain", ImportOptions(str(mirror)))
    assert not (own.path / "releases" / CROSS / "domain").exists()
    done = own.import_release(CROSS, "domain", ImportOptions(str(root)))  # the right text, afterwards
    assert done.outcome == "imported"


@pytest.mark.parametrize("part", ["vertices", "edges", "ranks"])
def test_a_truncated_file_is_an_error(root: Path, own: Workbench, tmp_path: Path, part: str) -> None:
    mirror = copied(root, tmp_path / "copy")
    path = mirror / "projects" / "hyperlinkgraph" / CROSS / "domain" / f"{CROSS}-domain-{part}.txt.gz"
    path.write_bytes(path.read_bytes()[:-9])
    with pytest.raises(BadInput, match="ends in the middle"):
        own.import_release(CROSS, "domain", ImportOptions(str(mirror)))
    assert not (own.path / "releases" / CROSS / "domain").exists()


def cut_between_members(text: bytes, n_missing: int) -> bytes:
    """The text as two gzip members of which the second, with so many lines, did not come."""
    lines = text.splitlines(keepends=True)
    return gzip.compress(b"".join(lines[: len(lines) - n_missing]))


@pytest.mark.parametrize(("part", "n_missing"), [("vertices", 1), ("edges", 4000)])
@pytest.mark.parametrize("way", ["folder", "fetched", "fetched before"])
def test_text_that_ends_between_two_members_of_gzip_is_an_error(
    root: Path, own: Workbench, tmp_path: Path, part: str, n_missing: int, way: str
) -> None:
    mirror = copied(root, tmp_path / "copy")
    path = mirror / "projects" / "hyperlinkgraph" / CROSS / "domain" / f"{CROSS}-domain-{part}.txt.gz"
    path.write_bytes(cut_between_members(gzip.decompress(path.read_bytes()), n_missing))
    if way != "folder":
        own.fetch_release(CROSS, "domain", where=str(mirror))
    where = None if way == "fetched before" else str(mirror)
    with pytest.raises(BadInput, match=rf"{part}, and the list of releases tells of .* a part is missing") as caught:
        own.import_release(CROSS, "domain", ImportOptions(where))
    assert "--restart" in caught.value.hint
    assert not (own.path / "releases" / CROSS / "domain").exists()


def test_the_last_part_of_the_edges_of_hosts_is_missing(root: Path, own: Workbench, tmp_path: Path) -> None:
    mirror = copied(root, tmp_path / "copy")
    listed = mirror / "projects" / "hyperlinkgraph" / CROSS / "host" / f"{CROSS}-host-edges.paths.gz"
    paths = gzip.decompress(listed.read_bytes()).decode().splitlines(keepends=True)
    listed.write_bytes(gzip.compress("".join(sorted(paths)[:-1]).encode()))
    with pytest.raises(BadInput, match="a part is missing"):
        own.import_release(CROSS, "host", ImportOptions(str(mirror)))
    (mirror / "graphinfo.json").unlink()  # nobody tells how many there should be
    done = own.import_release(CROSS, "host", ImportOptions(str(mirror)))
    assert (done.outcome, done.n_nodes, "edges_missing" in done.counts) == ("imported", 500, False)


@pytest.mark.parametrize(("more", "name"), [(2, "edges_missing"), (-3000, "edges_beyond")])
def test_a_list_that_tells_a_little_else_is_reported(
    root: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], more: int, name: str
) -> None:
    """Edges that stand twice may be counted once or twice: nothing differs in between."""
    mirror = copied(root, tmp_path / "copy")
    n_lines = len(unpacked(mirror, CROSS, "domain", "edges"))
    kept = len({(a, b) for a, b in unpacked(mirror, CROSS, "domain", "edges") if a != b})
    listing = json.loads((mirror / "graphinfo.json").read_text())
    (row,) = [row for row in listing if row["id"] == CROSS]
    row["stats"]["domain"]["arcs"] = n_lines + more if more > 0 else kept + more
    (mirror / "graphinfo.json").write_text(json.dumps(listing))
    assert main(["-w", str(tmp_path / "web"), "init"]) == 0
    capsys.readouterr()
    assert main(["-w", str(tmp_path / "web"), "cc", "import", CROSS, "--from", str(mirror)]) == 0
    said = capsys.readouterr()
    words = "tells of: not in the files" if name == "edges_missing" else "more than the list of releases tells of"
    assert f"{abs(more):,}  edges" in said.err and words in said.err


def test_a_bad_import_does_not_harm_the_release_that_is_here(root: Path, own: Workbench, tmp_path: Path) -> None:
    own.import_release(CROSS, "domain", ImportOptions(str(root)))
    mirror = copied(root, tmp_path / "copy")
    edit(mirror, "edges", lambda text: text.replace(b"\n", b"00\n"))
    with pytest.raises(BadInput):
        own.import_release(CROSS, "domain", ImportOptions(str(mirror), again=True))
    assert Release.open(own.path / "releases" / CROSS / "domain").n == 700
    edit(mirror, "edges", lambda _: b"0\t1\n")
    (mirror / "graphinfo.json").unlink()  # which tells of more
    assert own.import_release(CROSS, "domain", ImportOptions(str(mirror), again=True)).n_edges == 1


def test_fetched_text_is_imported_from_the_workspace(root: Path, own: Workbench, tmp_path: Path) -> None:
    mirror = copied(root, tmp_path / "copy")
    fetched = own.fetch_release("latest", "host", where=str(mirror))
    assert fetched.name == OTHER and fetched.n_new == fetched.n_files == 3
    shutil.rmtree(mirror)
    assert [(s.name, s.state) for s in own.release_status()] == [(OTHER, "fetched")]
    done = own.import_release(OTHER, "host", ImportOptions(keeps_text=False))
    assert done.n_nodes == 400
    assert not (own.path / "releases" / OTHER / "text" / "host").exists()


def test_ranks_that_were_not_fetched_are_fetched(root: Path, own: Workbench) -> None:
    assert own.fetch_release(OTHER, "host", where=str(root), ranks=False).n_new == 2
    with pytest.raises(NotFound, match="ranks"):  # the text in the workspace has none
        own.import_release(OTHER, "host", ImportOptions(str(own.path / "releases" / OTHER / "text")))
    assert own.fetch_release(OTHER, "host", where=str(root)).n_new == 1
    assert own.import_release(OTHER, "host").counts["rank_lines"] == 400


def test_without_ranks(root: Path, own: Workbench, tmp_path: Path) -> None:
    mirror = copied(root, tmp_path / "copy")
    (mirror / "projects" / "hyperlinkgraph" / CROSS / "domain" / f"{CROSS}-domain-ranks.txt.gz").unlink()
    with pytest.raises(NotFound, match="ranks"):
        own.import_release(CROSS, "domain", ImportOptions(str(mirror)))
    done = own.import_release(CROSS, "domain", ImportOptions(str(mirror), ranks=False))
    card = Release.open(done.path).card(0)
    assert set(card.ranks) == {"mass"}


def test_the_state_of_a_graph_is_that_of_its_own_import(root: Path, own: Workbench) -> None:
    """The lock is one for both graphs of a release; who holds it says which of them is worked on."""
    folder = own.path / "releases" / CROSS
    for kind in ("domain", "host"):
        (folder / f"{kind}.importing").mkdir(parents=True)
    (folder / "locks").mkdir()
    with build_lock(folder / "locks", "import", "host"):
        states = {state.kind: state.state for state in own.release_status()}
    assert states == {"domain": "import stopped", "host": "importing"}
    with build_lock(folder / "locks", "gc"):
        assert {state.state for state in own.release_status()} == {"import stopped"}
    own.import_release(CROSS, "host", ImportOptions(str(root)))  # to be asked took no lock that is held still


def test_a_fetch_that_ended_in_an_error_says_so(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    home = ["-w", str(tmp_path / "web")]
    assert main([*home, "init"]) == 0

    def cut(files: Iterable[ReleaseFile], *given: Any, **more: Any) -> FetchReport:
        fetch_release(list(files)[:1], *given, **more)
        raise Unreachable("the server went away", hint="try again later")

    monkeypatch.setattr(releases, "fetch_release", cut)
    assert main([*home, "cc", "fetch", CROSS, "--from", str(root)]) == 1
    capsys.readouterr()
    assert main([*home, "cc", "status"]) == 0
    said = capsys.readouterr().out
    assert "fetch stopped" in said
    assert f"{CROSS} domain: the fetch stopped: the server went away (try again later)" in said
    assert f"inlink cc fetch {CROSS} --kind domain --from {root} goes on where it stopped" in said
    monkeypatch.undo()
    assert main([*home, "cc", "fetch", CROSS, "--from", str(root)]) == 0
    assert main([*home, "cc", "status"]) == 0
    assert "stopped" not in capsys.readouterr().out


def test_one_import_at_a_time(root: Path, own: Workbench) -> None:
    locks = own.path / "releases" / CROSS / "locks"
    locks.mkdir(parents=True)
    with build_lock(locks, "import"), pytest.raises(Busy):
        own.import_release(CROSS, "domain", ImportOptions(str(root)))


def test_little_memory_gives_the_same_release(root: Path, own: Workbench, bench: Workbench) -> None:
    here = bench.import_release(CROSS, "domain", ImportOptions(str(root)))
    small = own.import_release(CROSS, "domain", ImportOptions(str(root), memory_bytes=1000, threads=1))
    for path in Path(here.path).glob("*.bin"):
        assert path.read_bytes() == (Path(small.path) / path.name).read_bytes()


def test_the_command_line(root: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    own = ["-w", str(tmp_path / "web")]
    assert main([*own, "init"]) == 0
    place = ["--from", str(root)]
    for words in (
        ["list", *place],
        ["status"],
        ["fetch", CROSS, *place],
        ["import", CROSS],
        ["import", CROSS],
        ["status"],
    ):
        assert main([*own, "cc", *words]) == 0, words
    said = capsys.readouterr().out
    for word in (CROSS, "no release is here yet", "3 of 3 files fetched",
                 "can be asked: 700 domains", "is here already"):  # fmt: skip
        assert word in said
    assert main([*own, "cc", "status", "--format", "json"]) == 0
    assert json.loads(capsys.readouterr().out)[0]["state"] == "imported"
    assert main([*own, "cc", "import", "cc-main-2025-jan", *place]) == 1
    assert "has no release" in capsys.readouterr().err


def test_the_list_needs_no_workspace(root: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["-w", str(tmp_path / "none"), "cc", "list", "--from", str(root), "--format", "json"]) == 0
    assert len(json.loads(capsys.readouterr().out)) == 3


def test_a_name_that_leads_elsewhere(own: Workbench, root: Path) -> None:
    for name in ("../x", "a/b", ""):
        with pytest.raises(InlinkError):
            own.import_release(name, "domain", ImportOptions(str(root)))
        with pytest.raises(InlinkError):
            own.import_release(name, "domain")


def test_every_step_tells_how_far_it_is(root: Path, own: Workbench) -> None:
    told: dict[str, list[tuple[int, int]]] = {}

    def report(step: Step) -> None:
        told.setdefault(step.stage, []).append((step.done, step.total or 0))

    own.import_release(CROSS, "host", ImportOptions(str(root)), report=report)
    assert list(told) == ["names", "edges", "ranks", "transpose", "pagerank", "blocks"]
    for steps in told.values():
        done = [step[0] for step in steps]
        assert done[0] == 0
        assert done == sorted(done)
        assert done[-1] == steps[-1][1] > 0
