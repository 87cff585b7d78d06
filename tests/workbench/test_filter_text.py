"""Filters as text and as trees say the same; what a filter may name is what the workbench takes."""

from __future__ import annotations

import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inlink.errors import BadInput
from inlink.workbench import QUESTIONS, Workbench
from inlink.workbench.fields import filter_fields, shown_fields
from inlink.workbench.filter_text import join_filters, write_filter
from inlink.workbench.filters import All, Comparison, Either, Filter, Not, conjuncts, parse_filter

AT_ONCE = 4  # fields in one question: each costs as much as many, and a fault names its column
VALUE = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
COLUMN = st.sampled_from(["anchor", "strength", "first_seen"])
TESTS = st.one_of(
    st.builds(
        lambda c, o, v, n: Comparison(c, o, (v,), 0, n),
        COLUMN, st.sampled_from(["=", "!=", "<=", "contains", "matches"]), VALUE, st.booleans(),
    ),
    st.builds(lambda c, v, n: Comparison(c, "in", tuple(v), 0, n), COLUMN, st.lists(VALUE, min_size=1, max_size=3),
              st.booleans()),
    st.builds(lambda c, a, b: Comparison(c, "between", (a, b), 0), COLUMN, VALUE, VALUE),
    st.builds(lambda c, o: Comparison(c, o, (), 0), COLUMN, st.sampled_from(["is null", "is not null", "true"])),
)  # fmt: skip
TREES = st.recursive(
    TESTS,
    lambda inner: st.one_of(
        st.builds(Not, inner),
        st.builds(lambda parts: All(tuple(parts)), st.lists(inner, min_size=2, max_size=3)),
        st.builds(lambda parts: Either(tuple(parts)), st.lists(inner, min_size=2, max_size=3)),
    ),
    max_leaves=6,
)


def plain(tree: Filter | None) -> Filter | None:
    """The tree without the places of its columns in the text."""
    if isinstance(tree, Comparison):
        return dataclasses.replace(tree, position=0)
    if isinstance(tree, Not):
        return Not(plain(tree.inner))  # type: ignore[arg-type]
    return tree and type(tree)(tuple(plain(part) for part in tree.parts))  # type: ignore[misc]


@given(TREES)
def test_a_written_filter_reads_as_its_tree(tree: Filter) -> None:
    assert plain(parse_filter(write_filter(tree))) == tree


@given(TREES)
def test_parts_joined_again_mean_the_same(tree: Filter) -> None:
    parts = conjuncts(tree)
    assert tuple(plain(part) for part in conjuncts(parse_filter(join_filters(parts)))) == parts


def test_nothing_is_written_as_nothing() -> None:
    assert write_filter(None) == ""


@pytest.mark.parametrize("question", [name for name in QUESTIONS if name != "changes"])
def test_every_field_with_every_operator_is_taken(demo_bench: Workbench, question: str) -> None:
    wanted = {"int": "1", "float": "0.5", "bool": "true", "time": "2026-01-01", "text": "a", "list": "a"}
    fields = list(filter_fields(question).values())
    for first in range(0, len(fields), AT_ONCE):
        tests = []
        for info in fields[first : first + AT_ONCE]:
            tests.append(Comparison(info.name, "is not null", (), 0))
            for operator in info.operators:
                values = (wanted[info.type],) * (2 if operator == "between" else 1)
                tests.append(Comparison(info.name, operator, values, 0))
        where = " or ".join(write_filter(test) for test in tests)
        getattr(demo_bench, question)("crumbandcrust.example", where=where, limit=0)


def test_every_shown_field_can_be_shown(demo_bench: Workbench) -> None:
    for question in QUESTIONS:
        names = tuple(shown_fields(question))
        group = {"group": "similar"} if question in ("backlinks", "outlinks") else {}
        rows = getattr(demo_bench, question)("crumbandcrust.example", columns=names, limit=2, **group)
        assert rows.columns == names
        assert set(getattr(demo_bench, question)("crumbandcrust.example", limit=0).columns) <= set(names)


def test_no_other_question() -> None:
    with pytest.raises(BadInput):
        shown_fields("colours")
