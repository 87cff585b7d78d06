"""Answers counted from rows in memory are the answers of SQL; what is held stays bounded."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import fields
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from made_snapshot import Made, make

from inlink.index.serving import build_serving
from inlink.index.serving_database import ServingDatabase
from inlink.index.serving_sql import COLLAPSE
from inlink.workbench import Workbench, evidence, hands, places
from inlink.workbench.fields import shown_fields
from inlink.workbench.totals import Totals
from inlink.workbench.turns import Turns

TARGETS = [
    ("a.example", "domain"),
    ("www.a.example", "host"),
    ("https://a.example/", "url"),
    ("https://docs.a.example/docs", "prefix"),
]
SORTS = ["", "-n_links,n_pages", "first_seen,-last_seen", "n_lost_links,-strength"]


@pytest.fixture(scope="module")
def serving(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A serving file without kept answers."""
    folder = tmp_path_factory.mktemp("hands")
    made: Made = make(5)
    return build_serving(made.write(folder / "snapshot"), folder / "s.duckdb", threads=1)


@pytest.fixture
def by_sql(serving: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Workbench]:
    """A workbench that holds no rows."""
    monkeypatch.setattr(hands, "FEW_ROWS", -1)
    with Workbench.over(serving, threads=1) as bench:
        yield bench


def answers(
    bench: Workbench, *, every: bool
) -> dict[tuple[str, ...], tuple[list[dict[str, object]], int | None, str | None]]:
    """All grouped answers in many views: rows, total, cursor; every view, or each pair of choices in some."""
    found: dict[tuple[str, ...], tuple[list[dict[str, object]], int | None, str | None]] = {}
    for t, (target, scope) in enumerate(TARGETS):
        for q, question in enumerate(("domains", "hosts", "anchors")):
            for s, state in enumerate(("live", "lost", "all")):
                for o, sort in enumerate(SORTS):
                    for kept in (False, True):
                        if not every and (t + q + s + o + kept) % 3:
                            continue
                        rows = getattr(bench, question)(
                            target, scope=scope, state=state, sort=sort, limit=7, infrastructure=kept, embeds=kept
                        )
                        key = (target, question, state, sort, str(kept))
                        found[key] = (rows.to_dicts(), rows.n_total, rows.cursor)
    return found


@pytest.mark.parametrize("every", [False, pytest.param(True, marks=pytest.mark.gate)])
def test_counted_answers_are_those_of_sql(
    serving: Path, by_sql: Workbench, monkeypatch: pytest.MonkeyPatch, *, every: bool
) -> None:
    expected = answers(by_sql, every=every)
    monkeypatch.undo()
    with Workbench.over(serving, threads=1) as bench:
        assert answers(bench, every=every) == expected
        assert bench._serve().hands._held
    rows = [row for page, _, _ in expected.values() for row in page]
    assert len(rows) > (400 if every else 150)
    assert sum(row["n_unknown_follow_links"] != 0 for row in rows) > (100 if every else 40)


def test_cards_are_those_of_sql(serving: Path, by_sql: Workbench, monkeypatch: pytest.MonkeyPatch) -> None:
    expected = [by_sql.overview(target, scope=scope) for target, scope in TARGETS]
    assert expected[0].n_unknown_follow_links >= 3
    assert None in {count.value for count in expected[0].breakdowns["rel"]}
    monkeypatch.undo()
    with Workbench.over(serving, threads=1) as bench:
        for _ in range(2):
            assert [bench.overview(target, scope=scope) for target, scope in TARGETS] == expected


def listings(bench: Workbench) -> list[object]:
    """Backlinks in many views, two pages of each: rows, their types, total, cursor."""
    found: list[object] = []
    for (target, scope), group, state in product(TARGETS[::3], COLLAPSE | {"none": ()}, ("live", "lost", "all")):
        names = tuple(name for name in shown_fields("backlinks") if group != "none" or name != "links_in_group")
        for kept, columns in ((False, names), (True, ())):
            cursor = None
            for _ in range(2):
                rows = bench.backlinks(
                    target, scope=scope, state=state, group=group, limit=7, infrastructure=kept, embeds=kept,
                    columns=columns, cursor=cursor,
                )  # fmt: skip
                cursor = rows.cursor
                found.append((rows.table.schema, rows.to_dicts(), rows.n_total, cursor, rows.notes))
    return found


def test_listed_backlinks_are_those_of_sql(serving: Path, by_sql: Workbench, monkeypatch: pytest.MonkeyPatch) -> None:
    expected = listings(by_sql)
    monkeypatch.undo()
    with Workbench.over(serving, threads=1) as bench:
        assert listings(bench) == expected
    assert len(expected) == 96


def histories(bench: Workbench) -> list[object]:
    """Changes, two pages of each, and domains over time."""
    found: list[object] = []
    for (target, scope), kept, limit in product(TARGETS, (False, True), (5, 100)):
        rows = bench.changes(target, scope=scope, limit=limit, infrastructure=kept, embeds=kept)
        found.append((rows.table.schema, rows.to_dicts(), rows.n_total, rows.cursor, rows.notes))
        if rows.cursor is not None:
            view = {"infrastructure": kept, "embeds": kept, "cursor": rows.cursor, "limit": limit}
            found.append(bench.changes(target, scope=scope, **view).to_dicts())  # type: ignore[arg-type]
        narrow = bench.changes(target, scope=scope, limit=limit, columns=("change", "target_now", "link_id"))
        found.append((narrow.table.schema, narrow.to_dicts()))
        found.append(bench.over_time(target, scope=scope, infrastructure=kept))
    return found


def test_changes_and_stays_are_those_of_sql(serving: Path, by_sql: Workbench, monkeypatch: pytest.MonkeyPatch) -> None:
    expected = histories(by_sql)
    assert "target" in str(expected)
    monkeypatch.undo()
    with Workbench.over(serving, threads=1) as bench:
        assert histories(bench) == expected
        assert [bench.totals(target, scope=scope) for target, scope in TARGETS] == [
            Totals(**{field.name: getattr(bench.overview(target, scope=scope), field.name) for field in fields(Totals)})
            for target, scope in TARGETS
        ]


def test_what_a_view_of_outgoing_links_reads_is_all_of_them(serving: Path) -> None:
    with Workbench.over(serving, threads=1) as bench:
        for target, scope in TARGETS:
            every = bench.outlinks(target, scope=scope, state="all", infrastructure=True, embeds=True, limit=1)
            assert bench.n_outgoing(target, scope=scope) == every.n_total


@pytest.mark.parametrize("ask", ["outlinks", "outdomains"])
def test_what_is_long_is_told_by_links_and_not_by_pages(
    serving: Path, monkeypatch: pytest.MonkeyPatch, ask: str
) -> None:
    """A long question is worked on by all processors; a site of few pages may have many links that go out."""
    with Workbench.over(serving, threads=1) as bench:
        (target, scope), n_links = max(
            ((each, bench.n_outgoing(each[0], scope=each[1])) for each in TARGETS), key=lambda each: each[1]
        )
        n_pages = bench._serve().locate(target, scope).span("outgoing").width
        assert n_pages < n_links
        alone: list[object] = []
        work = ServingDatabase._alone

        def seen(self: ServingDatabase, *given: Any) -> Any:
            alone.append(given)
            return work(self, *given)

        monkeypatch.setattr(ServingDatabase, "_alone", seen)
        for most, is_long in ((n_links, False), (n_links - 1, True)):
            monkeypatch.setattr(places, "LONG_ROWS", most)
            getattr(bench, ask)(target, scope=scope, limit=3)
            assert bool(alone) == is_long


def test_what_is_held_is_bounded(serving: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with Workbench.over(serving, threads=1) as bench:
        n_rows = bench.overview("a.example", scope="domain").n_links
        monkeypatch.setattr(hands, "HELD_ROWS", n_rows)
        for target, scope in TARGETS:
            bench.domains(target, scope=scope)
        held = bench._serve().hands
        assert sum(hand.span.width for hand in held._held.values()) == held._n_rows <= n_rows


def test_turns_let_in_so_many_and_lose_nobody() -> None:
    turns, inside, most, done = Turns(3), 0, 0, 0
    lock = threading.Lock()

    def visit() -> None:
        nonlocal inside, most, done
        for _ in range(50):
            with turns:
                with lock:
                    inside += 1
                    most = max(most, inside)
                with lock:
                    inside -= 1
                    done += 1

    threads = [threading.Thread(target=visit) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert done == 600
    assert most <= 3
    assert turns._n_free == 3


def test_a_failing_visitor_gives_its_turn_back() -> None:
    turns = Turns(1)
    with pytest.raises(ValueError, match="inside"), turns:
        raise ValueError("inside")
    with turns:
        assert turns._n_free == 0
    assert turns._n_free == 1


def test_evidence_of_a_shown_link_is_found_at_its_row(served_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with Workbench.over(served_file, suffixes=["pages.example"], threads=1) as bench:
        numbers: list[int] = []
        for domain in ("a.example", "b.example", "me.pages.example"):
            for rows in (bench.backlinks(domain, limit=4), bench.changes(domain, limit=4)):
                numbers += [int(str(row["link_id"])) for row in rows.to_dicts()]
        assert len(set(numbers)) > 10
        with monkeypatch.context() as patched:
            patched.setattr(ServingDatabase, "_alone", None)  # what reads the whole index
            found = [bench.evidence(number) for number in numbers]
    with Workbench.over(served_file, suffixes=["pages.example"], threads=1) as fresh:
        assert found == [fresh.evidence(number) for number in numbers]


def test_evidence_that_reads_the_whole_index_says_so(served_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(evidence, "MANY_LINKS", 2)
    with Workbench.over(served_file, suffixes=["pages.example"], threads=1) as bench:
        (row,) = bench.backlinks("a.example", limit=1).to_dicts()
        assert "read: all" not in bench.evidence(int(str(row["link_id"]))).note
        (other,) = bench.sql(
            "SELECT link_id FROM links WHERE link_id <> ? LIMIT 1".replace("?", str(row["link_id"]))
        ).to_dicts()
        ((n_links,),) = (tuple(one.values()) for one in bench.sql("SELECT count(*) FROM links").to_dicts())
        assert f"read: all {n_links:,} links of the index" in bench.evidence(int(str(other["link_id"]))).note
