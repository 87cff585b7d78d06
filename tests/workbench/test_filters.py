"""Filters: what is read, what is refused and where, and that text and tree say the same."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inlink.errors import BadInput
from inlink.workbench import Workbench
from inlink.workbench.conditions import Field, condition
from inlink.workbench.filters import All, Comparison, Either, Filter, Not, parse_filter

FIELDS = {
    "anchor": Field("l.anchor", "text"),
    "strength": Field("l.strength", "int"),
    "share": Field("l.share", "float"),
    "follow": Field("l.follow", "bool"),
    "first_seen": Field("l.first_seen", "time"),
    "flags": Field("l.flags", "list"),
}

READ = {
    "one": ("anchor = bread", Comparison("anchor", "=", ("bread",), 0)),
    "quoted": ("anchor = 'it''s \"x\"'", Comparison("anchor", "=", ("it's \"x\"",), 0)),
    "double quoted": ('anchor = "it\'s"', Comparison("anchor", "=", ("it's",), 0)),
    "no spaces": ("strength>=3", Comparison("strength", ">=", ("3",), 0)),
    "upper case": ("Anchor CONTAINS x", Comparison("anchor", "contains", ("x",), 0)),
    "unequal": ("strength <> 3", Comparison("strength", "!=", ("3",), 0)),
    "list": ("anchor in (a, 'b c')", Comparison("anchor", "in", ("a", "b c"), 0)),
    "not in": ("anchor not in (a)", Comparison("anchor", "in", ("a",), 0, is_negated=True)),
    "between": ("strength between 1 and 3", Comparison("strength", "between", ("1", "3"), 0)),
    "null": ("anchor is null", Comparison("anchor", "is null", (), 0)),
    "not null": ("anchor is not null", Comparison("anchor", "is not null", (), 0)),
    "bare": ("follow", Comparison("follow", "true", (), 0)),
    "url": ("anchor starts https://a.example/x?y=1", Comparison("anchor", "starts", ("https://a.example/x?y", ), 0)),
}  # fmt: skip


@pytest.mark.parametrize(("text", "tree"), [READ[name] for name in READ if name != "url"])
def test_reads(text: str, tree: Filter) -> None:
    assert parse_filter(text) == tree


def test_and_binds_before_or() -> None:
    a, b, c = Comparison("a", "true", (), 0), Comparison("b", "true", (), 5), Comparison("c", "true", (), 11)
    assert parse_filter("a or b and c") == Either((a, All((b, c))))


@pytest.mark.parametrize("text", ["", "  ", "\n"])
def test_nothing_asks_for_nothing(text: str) -> None:
    assert parse_filter(text) is None


REFUSED = {
    "no value": ("anchor =", 9, "a value expected"),
    "no operator": ("anchor bread", 8, "an operator expected"),
    "unclosed quote": ("anchor = 'x", 10, "cannot read"),
    "unclosed bracket": ("(follow", 8, "')' expected"),
    "trailing": ("follow follow", 8, "an operator expected"),
    "two tests": ("strength = 1 strength = 2", 14, "'and' or 'or' expected"),
    "only and": ("and", 1, "a column expected"),
    "empty list": ("anchor in ()", 12, "a value expected"),
    "list without bracket": ("anchor in a", 11, "'(' expected"),
    "between": ("strength between 1 or 2", 20, "'and' expected"),
    "is what": ("anchor is empty", 11, "'null' expected"),
    "sign alone": ("= 3", 1, "a column expected"),
}


@pytest.mark.parametrize(("text", "position", "message"), REFUSED.values(), ids=REFUSED)
def test_refuses_with_the_position(text: str, position: int, message: str) -> None:
    with pytest.raises(BadInput, match=f"at position {position}$") as caught:
        parse_filter(text)
    assert message in caught.value.message
    assert caught.value.hint
    assert caught.value.facts["position"] == position


@pytest.mark.parametrize("operator", ["=", "!=", "<", "<=", ">", ">="])
@pytest.mark.parametrize("date", ["9999-12-31", "9999-12-31T23:59:59.999999", "0001-01-01"])
def test_the_first_and_the_last_date(bench: Workbench, operator: str, date: str) -> None:
    n_rows = len(bench.backlinks("a.example", where=f"first_seen {operator} {date}", limit=None))
    is_all = operator in (("!=", "<", "<=") if date.startswith("9999") else ("!=", ">", ">="))
    assert n_rows == (len(bench.backlinks("a.example", limit=None)) if is_all else 0)


@pytest.mark.parametrize(
    "text", ["(" * 60 + "follow" + ")" * 60, "not " * 60 + "follow", "x" * 20_000, "anchor = '\udcff'"]
)
def test_bounds_depth_and_length(text: str) -> None:
    with pytest.raises(BadInput):
        parse_filter(text)


MISFIT = {
    "unknown column": ("follw", "did you mean follow?"),
    "order of truth": ("follow < true", "it takes = != in"),
    "no truth": ("follow = maybe", "true or false"),
    "no number": ("strength = many", "whole number"),
    "huge number": ("strength = 99999999999999999999999", "64 bits"),
    "no float": ("share > x", "number"),
    "no date": ("first_seen > yesterday", "2026-05-31"),
    "text in number": ("strength contains 3", "it takes"),
    "bare text": ("anchor", "it takes"),
    "bad pattern": ("anchor matches '['", "RE2"),
    "list compared": ("flags = x", "contains"),
    "date before time": ("first_seen > 0001-01-01T00:00+14:00", "years 1 and 9999"),
}


@pytest.mark.parametrize(("text", "words"), MISFIT.values(), ids=MISFIT)
def test_checks_columns_and_types(text: str, words: str) -> None:
    with pytest.raises(BadInput, match=r"at position 1$") as caught:
        condition(parse_filter(text), FIELDS)
    assert words in caught.value.message + caught.value.hint


def test_values_are_never_pasted() -> None:
    hostile = "'; DROP TABLE links; --"
    made = condition(parse_filter(f'anchor = "{hostile}" or anchor in ("{hostile}")'), FIELDS)
    assert hostile not in made.text
    assert made.params == (hostile, hostile)
    assert made.text.count("?") == 2


_names = st.sampled_from(["anchor", "strength", "follow"])
_values = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
_tests = st.builds(
    lambda name, values, negated: Comparison(name, "in", values, 0, negated),
    _names,
    st.lists(_values, min_size=1, max_size=3).map(tuple),
    st.booleans(),
)
_trees = st.recursive(
    _tests,
    lambda inner: st.one_of(
        st.builds(Not, inner),
        st.builds(All, st.lists(inner, min_size=2, max_size=3).map(tuple)),
        st.builds(Either, st.lists(inner, min_size=2, max_size=3).map(tuple)),
    ),
    max_leaves=6,
)


def write(tree: Filter) -> str:
    if isinstance(tree, Comparison):
        values = ", ".join("'" + value.replace("'", "''") + "'" for value in tree.values)
        return f"{tree.column} {'not ' if tree.is_negated else ''}in ({values})"
    if isinstance(tree, Not):
        return f"not ({write(tree.inner)})"
    return (" and " if isinstance(tree, All) else " or ").join(f"({write(part)})" for part in tree.parts)


def bare(tree: Filter) -> Filter:
    """The tree without positions."""
    if isinstance(tree, Comparison):
        return Comparison(tree.column, tree.operator, tree.values, 0, tree.is_negated)
    if isinstance(tree, Not):
        return Not(bare(tree.inner))
    return type(tree)(tuple(bare(part) for part in tree.parts))


@given(_trees)
def test_text_and_tree_say_the_same(tree: Filter) -> None:
    read = parse_filter(write(tree))
    assert read is not None
    assert bare(read) == tree


@given(st.text(max_size=60))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        parse_filter(text)
    except BadInput as error:
        assert "position" in error.message


@pytest.mark.parametrize("where", ["n_links > 3 or anchor = x", "n_links = 1 or not follow"])
def test_links_and_sums_do_not_mix(bench: Workbench, where: str) -> None:
    with pytest.raises(BadInput, match="mix links and sums"):
        bench.domains("a.example", where=where)


def test_the_bad_views_are_named(bench: Workbench) -> None:
    for given_, words in (
        ({"sort": "strenght"}, "did you mean strength"),
        ({"columns": "sourceurl"}, "did you mean source_url"),
        ({"group": "host"}, "none, similar, page, domain"),
        ({"state": "dead"}, "live, lost, all"),
        ({"limit": -1}, "number of rows"),
        ({"limit": 10**30}, "number of rows"),
        ({"sort": "anchor down"}, "descending"),
    ):
        with pytest.raises(BadInput) as caught:
            bench.backlinks("a.example", **given_)
        assert words in caught.value.hint
    with pytest.raises(BadInput, match="changes takes no state"):
        bench.changes("a.example", state="lost")
    with pytest.raises(BadInput, match="compare takes no group"):
        bench.compare(["a.example", "b.example"], group="page")
    with pytest.raises(BadInput, match="cannot be grouped"):
        bench.domains("a.example", group="similar")
    with pytest.raises(BadInput, match="no scope"):
        bench.domains("a.example", scope="site")
    with pytest.raises(BadInput, match="not a web address"):
        bench.domains("mailto:x")
