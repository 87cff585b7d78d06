"""One answer in every output form says the same, and nothing in it acts on who reads it."""

from __future__ import annotations

import csv
import io
import json
from datetime import UTC, datetime

import click
import pyarrow as pa
import pytest

from inlink.cli.output import Output
from inlink.cli.rendering import form, show, show_stream, write_rows
from inlink.workbench import Rows, RowStream, Target

WHEN = datetime(2026, 11, 14, 6, 12, 41, tzinfo=UTC)
HOSTILE = "=HYPERLINK(1)\x1b[31m\u202e\n[bold]x[/bold]"
ROWS: list[dict[str, object]] = [
    {"source_url": "https://a.example/", "anchor": HOSTILE, "n_links": 1_234_567, "follow": True, "first_seen": WHEN,
     "link_id": 2**64 - 1, "via": ["https://b.example/"]},
    {"source_url": "https://c.example/" + "x" * 300, "anchor": None, "n_links": 0, "follow": False, "first_seen": None,
     "link_id": 1, "via": []},
]  # fmt: skip
SCHEMA = pa.schema(
    [("source_url", pa.string()), ("anchor", pa.string()), ("n_links", pa.int64()), ("follow", pa.bool_()),
     ("first_seen", pa.timestamp("us", tz="UTC")), ("link_id", pa.uint64()), ("via", pa.list_(pa.string()))]
)  # fmt: skip
TARGET = Target("example.org", "domain", is_guessed=True)


def answer(rows: list[dict[str, object]], n_total: int | None = 5, cursor: str | None = "next") -> Rows:
    table = pa.Table.from_pylist(rows, schema=SCHEMA)
    return Rows(table, tuple(SCHEMA.names), n_total, cursor, TARGET, "0001-ab", ("a note \x1b[31m",))


def shown(rows: Rows, asked: str | None, *, quiet: bool = False) -> tuple[str, str]:
    place = Output(io.StringIO(), io.StringIO(), quiet=quiet)
    show(place, rows, asked)
    return place.out.getvalue(), place.err.getvalue()  # type: ignore[attr-defined]


def test_jsonl_is_one_object_a_line_with_the_column_names() -> None:
    out, err = shown(answer(ROWS), "jsonl")
    first, second = map(json.loads, out.splitlines())
    assert list(first) == SCHEMA.names
    assert first == {**ROWS[0], "first_seen": "2026-11-14T06:12:41Z", "link_id": str(2**64 - 1)}
    assert second["anchor"] is None
    assert "\x1b" not in out + err
    assert err.splitlines()[0] == "example.org (domain) · snapshot 0001-ab · 2 of 5 rows"


def test_json_is_one_object_that_holds_all_that_is_said() -> None:
    out, err = shown(answer(ROWS), "json")
    found = json.loads(out)
    assert {name: found[name] for name in ("target", "scope", "scope_is_guessed", "snapshot", "n_total", "cursor")} == {
        "target": "example.org", "scope": "domain", "scope_is_guessed": True, "snapshot": "0001-ab", "n_total": 5,
        "cursor": "next",
    }  # fmt: skip
    assert [row["anchor"] for row in found["rows"]] == [HOSTILE, None]
    assert err == ""


def test_csv_can_be_read_back_and_holds_no_formula() -> None:
    out, _ = shown(answer(ROWS), "csv")
    header, first, second = csv.reader(io.StringIO(out))
    assert header == SCHEMA.names
    assert first[1] == "'" + HOSTILE
    assert first[2:4] == ["1234567", "true"]
    assert second[1] == ""


@pytest.mark.parametrize("asked", ["tsv", None])
def test_tsv_is_one_line_a_row_and_the_default_in_a_pipe(asked: str | None) -> None:
    out, _ = shown(answer(ROWS), asked)
    lines = out.splitlines()
    assert len(lines) == 3
    assert all(len(line.split("\t")) == len(SCHEMA) for line in lines)
    assert lines[1].split("\t")[1] == "=HYPERLINK(1) [bold]x[/bold]"


def test_table_is_drawn_for_people(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "100")
    out, err = shown(answer(ROWS), "table")
    lines = out.splitlines()
    assert all(len(line) <= 100 for line in lines)
    assert "1,234,567" in out
    assert "…" in out
    assert "[bold]x" in out
    assert "\x1b" not in out
    assert "example.org (domain) · snapshot 0001-ab · 2 of 5 rows" in lines
    assert "next page: --cursor next" in lines
    assert err == ""


def test_a_narrow_terminal_names_what_it_has_no_room_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "60")
    out, _ = shown(answer(ROWS), "table")
    assert "no room for" in out
    assert "via" in out


@pytest.mark.parametrize("asked", ["table", "tsv", "csv", "jsonl", "json"])
def test_an_empty_answer_says_why(asked: str) -> None:
    out, err = shown(answer([], n_total=0, cursor=None), asked)
    assert "a note" in out + err
    assert "0 rows" in out + err or asked == "json"


def test_quiet_leaves_the_answer_alone() -> None:
    assert shown(answer(ROWS), "tsv", quiet=True)[1] == ""


def test_a_stream_is_written_batch_by_batch() -> None:
    table = pa.Table.from_pylist(ROWS, schema=SCHEMA)
    stream = RowStream(tuple(SCHEMA.names), SCHEMA, iter(table.to_batches(max_chunksize=1)), TARGET, "0001-ab")
    place = Output(io.StringIO(), io.StringIO())
    show_stream(place, stream, "jsonl")
    assert len(place.out.getvalue().splitlines()) == 2  # type: ignore[attr-defined]
    assert "all 2 rows" in place.err.getvalue()  # type: ignore[attr-defined]


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_terminal_gets_a_table_and_clean_csv() -> None:
    place = Output(Terminal(), io.StringIO())
    assert form(None, place) == "table"
    write_rows(place, SCHEMA.names, ROWS, "csv")
    assert "\x1b" not in place.out.getvalue()  # type: ignore[attr-defined]
    assert "\u202e" not in place.out.getvalue()  # type: ignore[attr-defined]


def test_columns_without_room_name_the_options_that_the_verb_has(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Output, "width", 40)

    def drawn(*options: click.Parameter) -> str:
        with click.Context(click.Command("broken", params=list(options))):
            return shown(answer(ROWS), "table")[0]

    assert "see them with --format json" in drawn()
    assert "choose with --columns, or --format json" in drawn(click.Option(["--columns"]))
