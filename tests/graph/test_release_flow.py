"""The flow into domains of a release, from its blocks, against the flow of the same graph in memory."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from made_release import Made, shown, skewed, write

from inlink.cli.main import main
from inlink.errors import NotFound, Refused
from inlink.graph.blocks import Layout, Release
from inlink.graph.explain_walk import Walk, walk_of
from inlink.graph.flow import flow
from inlink.graph.release_flow import release_flow
from inlink.graph.what_if import what_if
from inlink.graph.what_if_wishes import Wish
from inlink.kernels.csr import csr_of_edges
from inlink.kernels.pagerank import pagerank
from inlink.workbench import Workbench
from inlink.workbench.explaining_releases import explain_in, fragility_in, what_if_in
from inlink.workbench.results import Rows
from inlink.workbench.who import Asked, OpenRelease

SEVEN_DIGITS = 3e-7
META = {"mass": {"damping": 0.85}}


def ranked(n: int, n_edges: int, seed: int) -> tuple[Made, Walk]:
    """A release and the walk of the same graph; nodes of the walk are lines of the release."""
    made = skewed(n, n_edges, seed)
    inward = csr_of_edges(made.targets, made.sources, made.n)
    out = np.bincount(made.sources, minlength=made.n).astype(np.float64)
    mass = pagerank(inward, out, tolerance=1e-13).mass
    return dataclasses.replace(made, mass=mass), walk_of(inward, out, mass)


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> tuple[Made, Walk, Path]:
    made, walk = ranked(700, 5000, 3)
    folder = tmp_path_factory.mktemp("flow") / "web" / "releases" / "cc-main-made" / "domain"
    Workbench.create(folder.parents[2]).close()
    write(folder, made, kind="domain", meta=META)
    return made, walk, folder


def test_the_flow_is_that_of_the_graph_in_memory(both: tuple[Made, Walk, Path]) -> None:
    made, walk, folder = both
    release = Release.open(folder)
    for line in np.random.default_rng(1).choice(made.n, 120, replace=False).tolist():
        card = release.find(shown(made.names[line]))
        assert card is not None
        truth, found = flow(walk, line), release_flow(release, card)
        carried = {shown(made.names[s]): c for s, c in zip(truth.sources.tolist(), truth.carried, strict=True)}
        assert found.n_sources == len(carried)
        assert found.others == 0
        for name, part, share in zip(release.names(found.sources), found.carried, found.share_of_source, strict=True):
            assert part == pytest.approx(carried[name], rel=SEVEN_DIGITS)
            assert share == pytest.approx(1 / walk.out_weight[made.names.index(shown(name))], rel=1e-12)
        assert found.carried.tolist() == sorted(found.carried.tolist(), reverse=True)
        assert found.restart == pytest.approx(truth.restart, rel=1e-12)
        assert found.returned == pytest.approx(truth.returned, rel=2e-6)
        assert abs(found.open) <= 1e-6 * found.mass
        parts = [*found.carried.tolist(), found.restart, found.returned, found.open]
        assert sum(parts) == pytest.approx(found.mass, rel=1e-12)


def test_what_is_not_read_is_known_together(both: tuple[Made, Walk, Path]) -> None:
    made, walk, folder = both
    release = Release.open(folder)
    line = int(np.argmax(walk.inward.degrees()))
    card = release.find(shown(made.names[line]))
    assert card is not None
    whole, part = release_flow(release, card), release_flow(release, card, most=20)
    assert len(part.sources) == 20
    assert part.n_sources == whole.n_sources > 20
    unread = ~np.isin(whole.sources, part.sources)
    assert part.others == pytest.approx(float(whole.carried[unread].sum()) + whole.open, rel=1e-9)
    assert float(whole.carried[unread].max()) <= part.most_of_others
    with Workbench.open(folder.parents[2]):
        found = explain_in(OpenRelease(release, Asked(), None), card.name, limit=5, most=20)
    assert found.n_others == whole.n_sources - 5
    assert sum(row.carried for row in found.rows) + found.others + (found.restart or 0) + (
        found.returned or 0
    ) + found.open == pytest.approx(found.about.now.mass, rel=1e-12)
    assert "none of them carries more" in found.notes[-1]


def test_where_a_domain_stands_after_a_change(tmp_path: Path) -> None:
    made, walk = ranked(10_000, 4_000, 5)
    write(tmp_path / "release", made, layout=Layout(), meta=META)
    opened = OpenRelease(Release.open(tmp_path / "release"), Asked(), None)
    degrees = walk.inward.degrees()
    once, nobody = int(np.flatnonzero(degrees == 1)[0]), shown(made.names[int(np.flatnonzero(degrees == 0)[9])])
    source = shown(made.names[int(walk.in_links(once)[0][0])])
    for name in (shown(made.names[once]), nobody):  # with the mass that it has it stands where it does
        same = what_if_in(opened, name, add=[name])
        assert same.after == same.changes[0].alone == same.about.now
    without = what_if_in(opened, shown(made.names[once]), lose=[source])
    assert without.after.authority == without.changes[0].alone.authority == 0.0
    assert fragility_in(opened, shown(made.names[once])).rows[0].after.authority == 0.0
    assert what_if_in(opened, nobody, add=[source]).after.authority != 0.0


def test_fragility_says_that_not_all_sources_were_looked_at(both: tuple[Made, Walk, Path]) -> None:
    made, walk, folder = both
    name = shown(made.names[int(np.argmax(walk.inward.degrees()))])
    opened = OpenRelease(Release.open(folder), Asked(), None)
    assert "others may carry more" in fragility_in(opened, name, most=5).notes[-3]
    assert not [note for note in fragility_in(opened, name).notes if "others may carry" in note]


def test_a_name_with_a_quote_is_asked_for_as_it_is(tmp_path: Path) -> None:
    made, _ = ranked(60, 300, 1)
    asked: list[str] = []
    quoted = dataclasses.replace(made, names=[f"{name}o'x" for name in made.names])
    write(tmp_path / "release", quoted, meta=META)
    release = Release.open(tmp_path / "release")

    def ask(where: str, limit: int, columns: Sequence[str]) -> Rows:
        asked.append(where)
        return Rows(pa.table({"source_url": []}), ("source_url",), 0, None, None, "", ())

    card = release.card(0)
    explain_in(OpenRelease(release, Asked(), None), card.name, limit=1, links_of=ask)
    source = release.names(release_flow(release, card).sources[:1])[0]
    assert asked == ["source_domain in ('" + source.replace("'", "''") + "')"]


def test_what_a_release_does_not_know_is_said(tmp_path: Path) -> None:
    made, _ = ranked(60, 300, 1)
    write(tmp_path / "plain", made, meta={})
    release = Release.open(tmp_path / "plain")
    card = release.card(0)
    with pytest.raises(NotFound, match="no masses that could be explained"):
        release_flow(release, card)
    ring = Made(made.names, np.arange(60), (np.arange(60) + 1) % 60, np.full(60, 1 / 60))
    write(tmp_path / "ring", ring, meta=META)
    whole = Release.open(tmp_path / "ring")
    with pytest.raises(NotFound, match="every domain"):
        release_flow(whole, whole.card(0))


def test_a_release_on_a_server_is_refused(both: tuple[Made, Walk, Path]) -> None:
    release = Release.open(both[2])
    release.blocks.source.is_local = False  # type: ignore[misc]
    with pytest.raises(Refused, match="on a server"):
        explain_in(OpenRelease(release, Asked(), None), "example.com")


ASKING = {
    "rank": ["rank", "--graph", "domains"],
    "explain": ["explain", "example.com"],
    "what-if": ["what-if", "--to", "example.com", "--add", "example.org"],
    "fragility": ["fragility", "example.com"],
    "who": ["who", "example.com"],
}


@pytest.mark.parametrize("verb", ASKING)
@pytest.mark.parametrize("release", ["nope", "no/such/folder"])
def test_a_hint_offers_what_the_verb_takes(
    verb: str, release: str, both: tuple[Made, Walk, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    """Only `who` takes the address of a release: the others read more of it than a server is asked for."""
    words = ["-w", str(both[2].parents[2]), *ASKING[verb]]
    assert main([*words, "--release", release]) == 1
    hint = capsys.readouterr().err.partition("hint: ")[2]
    assert ("address" in hint) == (verb == "who"), hint
    assert "inlink cc import" in hint or "name" in hint
    if verb != "who":
        assert main([*words, "--release", "http://127.0.0.1:9/domain"]) != 0  # nothing listens: it is not even asked
        assert "import it: inlink cc import" in capsys.readouterr().err


def test_explain_release_on_the_command_line(both: tuple[Made, Walk, Path], capsys: pytest.CaptureFixture[str]) -> None:
    made, walk, folder = both
    line = int(np.argmax(walk.mass))
    name, home = shown(made.names[line]), str(folder.parents[2])
    assert main(["-w", home, "explain", name, "--release", "cc-main-made", "--format", "json", "--limit", "3"]) == 0
    found = json.loads(capsys.readouterr().out)
    truth = flow(walk, line)
    assert found["now"]["mass"] == pytest.approx(truth.mass, rel=SEVEN_DIGITS)
    assert [row["name"] for row in found["rows"]] == [shown(made.names[s]) for s in truth.sources[:3].tolist()]
    assert main(["-w", home, "explain", name, "--kind", "domain"]) == 0
    said = capsys.readouterr().out
    assert "release cc-main-made" in said
    assert "by the run's" not in said
    assert main(["-w", home, "explain", name, "--release", "cc-main-made", "--origins"]) != 0
    assert "inlink rank" in capsys.readouterr().err


def test_what_if_and_fragility_in_a_release(both: tuple[Made, Walk, Path], capsys: pytest.CaptureFixture[str]) -> None:
    made, walk, folder = both
    line = int(np.argmax(walk.mass))
    name, home = shown(made.names[line]), str(folder.parents[2])
    terms = flow(walk, line)
    strongest = shown(made.names[int(terms.sources[0])])
    asked = ["-w", home, "what-if", "--to", name, "--release", "cc-main-made"]
    assert main([*asked, "--lose", strongest, "--format", "json"]) == 0
    found = json.loads(capsys.readouterr().out)
    truth = what_if(walk, line, [Wish("", int(terms.sources[0]), is_added=False)]).together
    assert abs(found["after"]["mass"] - truth.after) <= found["error"] + SEVEN_DIGITS * truth.after
    others = np.delete(walk.mass, line)
    assert found["after"]["position"] == 1 + int(np.count_nonzero(others > found["after"]["mass"]))
    assert found["changes"][0]["case"] == "lost"
    assert main([*asked, "--add", "no-such-name.example"]) == 0
    assert "does not know the source" in capsys.readouterr().out
    for refused in (
        ["--best", "3"],
        ["--add", "a.example", "--nofollow"],
        ["--add", "a.example", "--infrastructure"],
        ["--lose", strongest, "--scope", "host"],
        [],
    ):
        assert main([*asked, *refused]) != 0
        assert "hint" in capsys.readouterr().err
    assert main(["-w", home, "fragility", name, "--release", "cc-main-made", "--format", "json"]) == 0
    rests = json.loads(capsys.readouterr().out)
    assert [row["n_lost"] for row in rests["rows"]] == [1, 3, 10]
    for row in rests["rows"]:
        wishes = [Wish("", int(s), is_added=False) for s in terms.sources[: row["n_lost"]]]
        truth = what_if(walk, line, wishes).together
        assert abs(row["after"]["mass"] - truth.after) <= row["error"] + SEVEN_DIGITS * truth.after
    assert [each["name"] for each in rests["strongest"]] == [shown(made.names[s]) for s in terms.sources[:10].tolist()]
