"""Filters as chips and rows: what they say, what taking one away leaves, what a row adds; words for what is fetched."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest
from starlette.datastructures import QueryParams
from web_stub import StubBench

from inlink.web.filtering import chips_of, datalists_of, operators_of, options_of, with_row
from inlink.web.tables import Table
from inlink.web.tables_list import BACKLINKS, OUTDOMAINS, OUTLINKS, TABLES
from inlink.web.tables_page import cost_of, n_read, note_of
from inlink.web.tables_view import TableView
from inlink.web.tables_words import hrefs, linkable, opened_at, tame, visible
from inlink.workbench.conditions import TAKES
from inlink.workbench.fields import filter_fields

FIELDS = filter_fields("backlinks")


def read(chip: Any) -> str:
    return " ".join(word.text for word in chip.words)


@pytest.mark.parametrize(
    ("where", "said", "without", "row"),
    [
        ("region = main", ["Region is main"], [""], ("region", "=", "main")),
        ("not follow", ["not Follow"], [""], ("follow", "=", "false")),
        ("follow", ["Follow"], [""], ("follow", "=", "true")),
        ("first_seen >= 2026-01-01", ["First seen from 2026-01-01"], [""], ("first_seen", ">=", "2026-01-01")),
        ("region not in (nav, footer)", ["Region is none of nav or footer"], [""], ("region", "not in", "nav, footer")),
        ("strength between 1 and 3", ["Strength is between 1 and 3"], [""], ("strength", "between", "1..3")),
        ("anchor is unknown", ["Anchor is unknown"], [""], ("anchor", "is null", "")),
        ("ugc or follow and lang = de", ["any of UGC or ( Follow and Language is de )"], [""], None),
        ("(ugc or follow) and lang = de", ["any of UGC or Follow", "Language is de"],
         ["lang = de", "ugc or follow"], None),
        ("region in ('a,b', c)", ["Region is one of a,b or c"], [""], None),
        ("colour = 1", ["Colour is 1"], [""], ("colour", "=", "1")),
    ],
)  # fmt: skip
def test_chips(where: str, said: list[str], without: list[str], row: tuple[str, str, str] | None) -> None:
    chips = chips_of(where, FIELDS)
    assert [read(chip) for chip in chips] == said
    assert [chip.without for chip in chips] == without
    assert chips[0].row == row


@pytest.mark.parametrize("where", ["", "region =", "'", "a b c"])
def test_what_cannot_be_read_has_no_chips(where: str) -> None:
    assert chips_of(where, FIELDS) == ()


@pytest.mark.parametrize(
    ("where", "asked", "made"),
    [
        ("", "field=region&op=%3D&value=main", "region = main"),
        ("ugc or follow", "field=lang&op=in&value=de, en", "(ugc or follow) and lang in (de, en)"),
        ("follow and ugc", "field=lang&op=is+null&replace=1", "follow and lang is null"),
        ("follow", "field=strength&op=between&value=5..20", "follow and strength between 5 and 20"),
        ("follow", "field=anchor&op=not+contains&value=it's", "follow and anchor not contains 'it''s'"),
        ("follow", "field=&op=%3D&value=x", "follow"),
        ("follow =", "field=region&op=%3D&value=main", "follow ="),
        ("follow", "field=region&op=%3D&value=main&replace=9", "follow and region = main"),
    ],
)
def test_a_row_becomes_part_of_the_filter(where: str, asked: str, made: str) -> None:
    assert with_row(where, QueryParams(asked)) == made


def test_a_row_says_what_its_chip_says() -> None:
    for question in TABLES:
        for info in filter_fields(question).values():
            for choice in operators_of(filter_fields(question), info.name):
                asked = QueryParams({"field": info.name, "op": choice.value, "value": "5..20"})
                (chip,) = chips_of(with_row("", asked), filter_fields(question))
                assert chip.row is not None
                assert chip.row[:2] == (info.name, choice.value)


def test_operators_are_the_workbenchs() -> None:
    offered = {choice.value.removeprefix("not ") for choice in operators_of({})}
    assert offered == {operator for taken in TAKES.values() for operator in taken} | {"is null", "is not null"}
    assert "contains" not in [choice.value for choice in operators_of(FIELDS, "strength")]


def test_lists_of_fields_and_values() -> None:
    assert str(options_of("domains", "n_links")).count(" selected") == 1
    assert '<optgroup label="Of each row">' in options_of("domains", "")
    assert '<datalist id="list-region"><option value="main">' in datalists_of("backlinks")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a\u202eb", "a[U+202E]b"),
        ("a\x1b[31m", "a␛[31m"),
        ("a\r\nb\tc", "a  b c"),
        ("\x9b", "[U+009B]"),
        ("مرحبا", "مرحبا"),
    ],
)
def test_controls_are_made_visible(text: str, shown: str) -> None:
    assert visible(text) == shown


def test_what_is_long_is_cut_in_its_middle() -> None:
    assert len(tame("x" * 10_000)) < 130


def test_addresses() -> None:
    assert not linkable("https://a.example/" + "a" * 5_000)
    assert not linkable("javascript:alert(1)")
    assert opened_at("https://a.example/", "a" * 5_000) == "https://a.example/"
    assert hrefs("https://a.example/\u202ex") == "https://a.example/%E2%80%AEx"


def test_large_targets_say_what_is_read() -> None:
    bench: Any = StubBench()
    found = dataclasses.replace(bench.totals("crumb.example"), n_links=99_000, n_lost_links=2_000)
    view = TableView(BACKLINKS, q="crumb.example", group="similar")
    rows = bench.backlinks("crumb.example", where="")
    n = n_read(bench, view, found)
    assert cost_of(view, dataclasses.replace(rows, is_kept=True), n) == ""
    asked = dataclasses.replace(view, where="follow", sort="-first_seen")
    assert cost_of(asked, rows, n) == "read: all 101,000 links of the target, for the filter and the order"
    by_page, later = dataclasses.replace(view, group="page"), dataclasses.replace(view, cursor="x")
    assert cost_of(by_page, rows, n) == "read: all 101,000 links of the target, as this list is not kept"
    assert cost_of(later, rows, n) == "read: all 101,000 links of the target, beyond the rows that are kept"
    assert cost_of(asked, rows, 10) == ""
    assert cost_of(asked, rows, n_read(bench, view, None)) == ""
    assert cost_of(asked, None, n) == ""


@pytest.mark.parametrize("table", [OUTLINKS, OUTDOMAINS], ids=lambda table: table.question)
def test_outgoing_tables_of_large_targets_say_what_is_read(table: Table) -> None:
    """Nothing of what goes out is kept: the first view reads all, too."""
    bench: Any = StubBench()
    view, rows = TableView(table, q="crumb.example"), bench.backlinks("crumb.example", where="")
    assert n_read(bench, view, None) == 380
    assert cost_of(view, rows, 380) == ""
    assert cost_of(view, rows, 120_000) == "read: all 120,000 links that go out, of which no lists are kept"


@pytest.mark.parametrize(
    ("said", "shown", "part"),
    [
        ("left out: 3 links (infrastructure=true shows them)", "left out: 3 links", "infrastructure=1"),
        ("all lost (3 links; state=lost shows them)", "all lost (3 links)", "state=lost"),
        ("no switch (folded=true shows them)", "no switch", ""),
    ],
)
def test_notes_lead_to_what_they_tell_of(said: str, shown: str, part: str) -> None:
    note = note_of(said, TableView(BACKLINKS, q="crumb.example", group="similar"))
    assert note.text == shown
    assert part in note.href
    assert bool(part) == bool(note.href)
