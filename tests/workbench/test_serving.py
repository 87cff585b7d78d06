"""How a serving file is laid out, and what it refuses to be made of."""

from __future__ import annotations

import random
from collections import Counter
from pathlib import Path
from typing import Any

import duckdb
import pytest
from made_snapshot import Made, make

from inlink.errors import CorruptIndex, NotFound
from inlink.index import serving_links
from inlink.index.serving import build_serving
from inlink.index.serving_reader import Serving, prefix_of
from inlink.urls import identity
from inlink.urls.domains import SuffixRules


def query(file: Path, text: str) -> list[tuple[Any, ...]]:
    with duckdb.connect(str(file), read_only=True) as db:
        return [tuple(row.values()) for row in db.sql(text).to_arrow_table().to_pylist()]


@pytest.fixture
def made() -> Made:
    return make(7)


def served(made: Made, folder: Path, **options: Any) -> Path:
    return build_serving(made.write(folder / "snapshot"), folder / "s.duckdb", threads=1, **options)


@pytest.mark.parametrize("chunk_rows", [1, 13, 10_000])
def test_rows_stand_in_the_snapshots_order(made: Made, tmp_path: Path, chunk_rows: int) -> None:
    file = served(made, tmp_path, chunk_rows=chunk_rows)
    rows = query(file, "SELECT row, link_id, target_page FROM links ORDER BY rowid")
    assert [row[0] for row in rows] == list(range(len(rows)))
    assert [row[1] for row in rows] == [link["link_id"] for link in made.external]
    keys = dict(query(file, "SELECT page, key FROM pages"))
    assert [keys[row[2]] for row in rows] == [link["target_key"] for link in made.external]


@pytest.mark.parametrize("chunk_rows", [3, 10_000])
def test_pages_are_numbered_by_key_and_own_their_rows(made: Made, tmp_path: Path, chunk_rows: int) -> None:
    file = served(made, tmp_path, chunk_rows=chunk_rows)
    pages = query(file, "SELECT page, key, first_row, n_rows, n_internal, n_captures FROM pages ORDER BY page")
    keys = [page[1] for page in pages]
    assert [page[0] for page in pages] == list(range(len(pages)))
    assert keys == sorted(set(keys))
    assert set(keys) == {c["url_key"] for c in made.captures} | {
        link["target_key"] for link in made.external + [x for x in made.indirect if not x["is_internal"]]
    }
    owned = Counter(link["target_key"] for link in made.external)
    internal = Counter(link["target_key"] for link in made.links if link["is_internal"] and link["is_live"])
    captures = Counter(c["url_key"] for c in made.captures)
    row = 0
    for _, key, first_row, n_rows, n_internal, n_captures in pages:
        assert (first_row, n_rows, n_internal, n_captures) == (row, owned[key], internal[key], captures[key])
        row += n_rows


def test_versions_are_those_of_links_that_changed(made: Made, tmp_path: Path) -> None:
    file = served(made, tmp_path)
    runs = Counter(run["link_id"] for run in made.versions if not run["is_internal"])
    found = Counter(row[0] for row in query(file, "SELECT l.link_id FROM versions v JOIN links l USING (row)"))
    assert found == {link: n for link, n in runs.items() if n > 1}


def test_outgoing_is_the_same_links_by_source(made: Made, tmp_path: Path) -> None:
    file = served(made, tmp_path)
    rows = query(file, "SELECT row, source_page, ordinal FROM outgoing ORDER BY rowid")
    assert sorted(row[0] for row in rows) == list(range(len(made.external)))
    assert [row[1:] for row in rows] == sorted(row[1:] for row in rows)


def test_a_found_run_holds_exactly_the_keys(made: Made, tmp_path: Path) -> None:
    """Bisection against a comparison of every key, for keys that exist and keys that do not."""
    file = served(made, tmp_path)
    pages = query(file, "SELECT page, key, first_row, n_rows FROM pages ORDER BY page")
    serving = Serving(file)
    dice = random.Random(1)
    keys = [page[1] for page in pages]
    for _ in range(200):
        low, high = sorted(dice.choice(keys)[: dice.randrange(4, 40)] + dice.choice(("", "!", "~")) for _ in range(2))
        place = serving.find("prefix", [(low, high)], key=None, host="", domain="")
        inside = [page for page in pages if low <= page[1] < high]
        found = [n for a, b in place.pages for n in range(a, b)]
        assert found == [page[0] for page in inside]
        assert sum(b - a for a, b in place.rows) == sum(page[3] for page in inside)
    serving.close()


def test_kept_answers_are_for_heavy_targets_alone(made: Made, tmp_path: Path) -> None:
    file = served(made, tmp_path, heavy_rows=6)
    kept = {(scope, key): n for scope, key, n in query(file, "SELECT scope, key, n_rows FROM heavy")}
    rules = SuffixRules(["pages.example"])
    counted: Counter[tuple[str, str]] = Counter()
    for link in made.external:
        counted["domain", link["target_domain"]] += 1
        counted["host", link["target_host"]] += 1
        counted["url", link["target_key"]] += 1
        path = link["target_key"].partition("?")[0]
        parts = path.split("/")
        for head in {"/".join(parts[:n]) for n in range(1, len(parts) + 1)}:
            counted["prefix", head] += 1
    expected = {target: n for target, n in counted.items() if n > 6}
    assert {t: n for t, n in kept.items() if t[0] != "prefix"} == {
        t: n for t, n in expected.items() if t[0] != "prefix"
    }
    for (scope, key), n in kept.items():
        if scope == "prefix":
            ranges = identity.target("https://a.example/docs", "prefix", rules=rules).ranges
            assert ranges
            assert n == sum(
                link["target_key"] == key or link["target_key"].startswith((key + "/", key + "?"))
                for link in made.external
            )


@pytest.mark.parametrize(
    ("key", "name"),
    [
        ("org,a)/", "org,a)"),
        ("org,a)/docs", "org,a)/docs"),
        ("org,a)/docs/?x=1", "org,a)/docs"),
        ("org,a):8080/x", "org,a):8080/x"),
    ],
)
def test_names_of_prefixes(key: str, name: str) -> None:
    assert prefix_of(key) == name


def test_a_snapshot_without_links_can_be_served(made: Made, tmp_path: Path) -> None:
    made.links, made.indirect, made.versions, made.pairs = [], [], [], []
    file = served(made, tmp_path)
    assert query(file, "SELECT count(*) FROM links") == [(0,)]
    assert query(file, "SELECT count(*) FROM pages") == [(len({c["url_key"] for c in made.captures}),)]


def _unsorted(made: Made) -> None:
    made.links.reverse()


def _without_captures(made: Made) -> None:
    gone = made.external[0]["source_key"]
    made.captures = [c for c in made.captures if c["url_key"] != gone]


def _without_hosts(made: Made) -> None:
    gone = made.external[0]["target_host"]
    made.hosts = [host for host in made.hosts if host["host"] != gone]


@pytest.mark.parametrize(
    ("damage", "words"),
    [(_unsorted, "order"), (_without_captures, "not in the snapshot"), (_without_hosts, "host")],
)
def test_what_does_not_fit_is_refused(made: Made, tmp_path: Path, damage: Any, words: str) -> None:
    damage(made)
    with pytest.raises(CorruptIndex, match=words):
        served(made, tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["snapshot"]


def test_outgoing_links_sorted_in_passes_stand_as_sorted_at_once(
    made: Made, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    everything = "SELECT * FROM outgoing ORDER BY rowid"
    at_once = query(served(made, tmp_path), everything)
    monkeypatch.setattr(serving_links, "SORT_ROWS", 20)
    (tmp_path / "again").mkdir()
    assert query(served(made, tmp_path / "again"), everything) == at_once
    assert [row[1:3] for row in at_once] == sorted(row[1:3] for row in at_once)
    assert len(at_once) > 50


def test_a_missing_table_is_named(tmp_path: Path) -> None:
    (tmp_path / "snapshot").mkdir()
    with pytest.raises(CorruptIndex, match="has no table"):
        build_serving(tmp_path / "snapshot", tmp_path / "s.duckdb")


def test_progress_is_told(made: Made, tmp_path: Path) -> None:
    told: list[tuple[str, int, int]] = []
    served(made, tmp_path, chunk_rows=30, progress=lambda *step: told.append(step))
    assert [step for step, _, _ in told if step == "links"]
    assert all(0 <= done <= total for _, done, total in told)


def test_files_of_others_are_refused(tmp_path: Path) -> None:
    with pytest.raises(NotFound):
        Serving(tmp_path / "missing.duckdb")
    duckdb.connect(str(tmp_path / "other.duckdb")).close()
    with pytest.raises(CorruptIndex, match="no serving file"):
        Serving(tmp_path / "other.duckdb")
    with duckdb.connect(str(tmp_path / "old.duckdb")) as db:
        db.execute("CREATE TABLE meta AS SELECT 'format' AS name, '0' AS value").fetchall()
    with pytest.raises(CorruptIndex, match="format 0"):
        Serving(tmp_path / "old.duckdb")
    (tmp_path / "cut.duckdb").write_bytes((tmp_path / "old.duckdb").read_bytes()[:5000])
    with pytest.raises(CorruptIndex, match="cannot be opened"):
        Serving(tmp_path / "cut.duckdb")
