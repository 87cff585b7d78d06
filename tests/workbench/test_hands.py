"""Answers counted from rows in memory are the answers of SQL; what is held stays bounded."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from made_snapshot import Made, make

from inlink.index.serving import build_serving
from inlink.workbench import Workbench, hands
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


def answers(bench: Workbench) -> dict[tuple[str, ...], tuple[list[dict[str, object]], int | None, str | None]]:
    """All grouped answers in many views: rows, total, cursor."""
    found: dict[tuple[str, ...], tuple[list[dict[str, object]], int | None, str | None]] = {}
    for target, scope in TARGETS:
        for question in ("domains", "hosts", "anchors"):
            for state in ("live", "lost", "all"):
                for sort in SORTS:
                    for kept in (False, True):
                        rows = getattr(bench, question)(
                            target, scope=scope, state=state, sort=sort, limit=7, infrastructure=kept, embeds=kept
                        )
                        key = (target, question, state, sort, str(kept))
                        found[key] = (rows.to_dicts(), rows.n_total, rows.cursor)
    return found


def test_counted_answers_are_those_of_sql(serving: Path, by_sql: Workbench, monkeypatch: pytest.MonkeyPatch) -> None:
    expected = answers(by_sql)
    monkeypatch.undo()
    with Workbench.over(serving, threads=1) as bench:
        assert answers(bench) == expected
        assert bench._serve().hands._held
    rows = [row for page, _, _ in expected.values() for row in page]
    assert len(rows) > 400
    assert sum(row["n_unknown_follow_links"] != 0 for row in rows) > 100


def test_cards_are_those_of_sql(serving: Path, by_sql: Workbench, monkeypatch: pytest.MonkeyPatch) -> None:
    expected = [by_sql.overview(target, scope=scope) for target, scope in TARGETS]
    assert expected[0].n_unknown_follow_links >= 3
    assert None in {count.value for count in expected[0].breakdowns["rel"]}
    monkeypatch.undo()
    with Workbench.over(serving, threads=1) as bench:
        for _ in range(2):
            assert [bench.overview(target, scope=scope) for target, scope in TARGETS] == expected


def test_what_is_held_is_bounded(serving: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with Workbench.over(serving, threads=1) as bench:
        n_rows = bench.overview("a.example", scope="domain").n_links
        monkeypatch.setattr(hands, "HELD_ROWS", n_rows)
        for target, scope in TARGETS:
            bench.domains(target, scope=scope)
        held = bench._serve().hands
        assert sum(hand.rows.num_rows for hand in held._held.values()) == held._n_rows <= n_rows


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
