"""The filter builder: conditions as chips and rows of field, operator and value, made of the filter's text and back.

What may be named and compared is the workbench's (`fields`, `conditions`); here stand only the words for it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from markupsafe import Markup
from starlette.datastructures import QueryParams

from inlink.errors import BadInput
from inlink.web.tables_words import label_of, operator_words
from inlink.workbench.conditions import TAKES
from inlink.workbench.fields import FieldInfo, filter_fields
from inlink.workbench.filter_text import join_filters, write_filter
from inlink.workbench.filters import All, Comparison, Filter, Not, conjuncts, parse_filter

NULLS = ("is null", "is not null")


@dataclass(frozen=True, slots=True)
class Word:
    """One word of a chip. kind: field, value, or empty for what joins them."""

    text: str
    kind: str = ""


@dataclass(frozen=True, slots=True)
class Chip:
    """One condition that must hold. `row` is its field, operator and value where a row of three can say it."""

    words: tuple[Word, ...]
    text: str
    without: str
    position: int
    row: tuple[str, str, str] | None = None
    is_negated: bool = False


@dataclass(frozen=True, slots=True)
class Choice:
    """One choice of a list; type tells which operators fit a field."""

    value: str
    label: str
    type: str = ""
    hint: str = ""


def chips_of(where: str, fields: Mapping[str, FieldInfo]) -> tuple[Chip, ...]:
    """The conditions of a filter as chips; none where it cannot be read."""
    try:
        parts = conjuncts(parse_filter(where))
    except BadInput:
        return ()
    found = []
    for position, part in enumerate(parts):
        rest = (*parts[:position], *parts[position + 1 :])
        is_negated = isinstance(part, Not) or (isinstance(part, Comparison) and _is_against(part))
        without = join_filters(rest) if rest else ""
        words = tuple(_words(part, fields))
        found.append(Chip(words, write_filter(part), without, position, _row_of(part), is_negated))
    return tuple(found)


def with_row(where: str, given: QueryParams) -> str:
    """The filter with the row of a form added, or put in the place of the condition that it was made of.

    The form's fields are `field`, `op`, `value` and `value2`, and `replace` for the place. A filter that cannot be
    read stays as it is: the page says what is wrong with it.
    """
    name, operator = str(given.get("field", "")).strip(), str(given.get("op", "=")).strip()
    if not name:
        return where
    try:
        made = _made(name, operator, [str(value) for value in given.getlist("value")])
        parts = list(conjuncts(parse_filter(where)))
    except BadInput:
        return where
    place = str(given.get("replace", ""))
    if place.isascii() and place.isdigit() and len(place) < 6 and int(place) < len(parts):
        parts[int(place)] = made
    else:
        parts.append(made)
    return join_filters(tuple(parts))


def _made(name: str, operator: str, values: list[str]) -> Comparison:
    """The condition of a row. Several values stand between commas; a range between two dots or `and`."""
    is_negated = operator.startswith("not ")
    operator = operator.removeprefix("not ")
    text = values[0].strip() if values else ""
    if operator in NULLS:
        return Comparison(name, operator, (), 0)
    if operator == "in":
        return Comparison(
            name, operator, tuple(v.strip() for v in text.split(",") if v.strip()) or ("",), 0, is_negated
        )
    if operator == "between":
        low, _, high = text.partition("..") if ".." in text else text.partition(" and ")
        return Comparison(name, operator, (low.strip(), high.strip()), 0, is_negated)
    return Comparison(name, operator, (text,), 0, is_negated)


def _row_of(part: Filter) -> tuple[str, str, str] | None:
    """Field, operator and value, where one row of three says the condition."""
    if isinstance(part, Not) and isinstance(part.inner, Comparison) and part.inner.operator == "true":
        return part.inner.column, "=", "false"
    if not isinstance(part, Comparison):
        return None
    if part.operator == "true":
        return part.column, "=", "true"
    if any("," in value for value in part.values) and part.operator == "in":
        return None
    operator = f"not {part.operator}" if part.is_negated else part.operator
    if operator not in (*_offered(), *NULLS):
        return None
    return part.column, operator, {"between": "..", "in": ", "}.get(part.operator, "").join(part.values)


def _is_against(test: Comparison) -> bool:
    return test.is_negated or test.operator == "!="


def _words(part: Filter, fields: Mapping[str, FieldInfo], depth: int = 0) -> list[Word]:
    """A condition as it is read aloud."""
    if isinstance(part, Comparison):
        return _words_of_test(part, fields)
    if isinstance(part, Not):
        return [Word("not"), *_words(part.inner, fields, depth + 1)]
    joint = "and" if isinstance(part, All) else "or"
    words = [Word("all of" if joint == "and" else "any of")] if depth == 0 else [Word("(")]
    for n, inner in enumerate(part.parts):
        words += [Word(joint)] if n else []
        words += _words(inner, fields, depth + 1)
    return words if depth == 0 else [*words, Word(")")]


def _words_of_test(test: Comparison, fields: Mapping[str, FieldInfo]) -> list[Word]:
    info = fields.get(test.column)
    name = Word(label_of(test.column), "field")
    if test.operator == "true":
        return [name]
    operator = f"not {test.operator}" if test.is_negated else test.operator
    words = [name, Word(operator_words(operator, info.type if info else ""))]
    joint = " and " if test.operator == "between" else " or "
    return [*words, Word(joint.join(test.values), "value")] if test.values else words


def _offered() -> tuple[str, ...]:
    return tuple(choice.value for choice in operators_of({}))


@cache
def options_of(question: str, selected: str) -> Markup:
    """The fields of a question as options of a list, in two groups. (The same for every view: they are made once.)"""
    found = Markup("")
    for title, choices in fields_offered(filter_fields(question)):
        found += Markup('<optgroup label="{}">').format(title)
        for choice in choices:
            is_on = Markup(" selected") if choice.value == selected else Markup("")
            words = (choice.value, choice.type, choice.hint, is_on, choice.label)
            found += Markup('<option value="{}" data-type="{}" title="{}"{}>{}</option>').format(*words)
        found += Markup("</optgroup>")
    return found


@cache
def datalists_of(question: str) -> Markup:
    """The usual values of fields that have few, as lists that fields of values refer to."""
    found = Markup("")
    for name, info in filter_fields(question).items():
        if info.values:
            options = Markup("").join(Markup('<option value="{}"></option>').format(value) for value in info.values)
            found += Markup('<datalist id="list-{}">{}</datalist>').format(name, options)
    return found


def fields_offered(fields: Mapping[str, FieldInfo]) -> tuple[tuple[str, list[Choice]], ...]:
    """Fields to choose from, in two groups: of links, and sums."""
    of_links = [Choice(f.name, label_of(f.name), f.type, f.meaning) for f in fields.values() if not f.is_sum]
    sums = [Choice(f.name, label_of(f.name), f.type, f.meaning) for f in fields.values() if f.is_sum]
    named = (("Of each link", of_links), ("Of each row", sums))
    return tuple((title, sorted(choices, key=lambda c: c.label.lower())) for title, choices in named if choices)


def operators_of(fields: Mapping[str, FieldInfo], name: str = "") -> tuple[Choice, ...]:
    """Operators to choose from; where a field is named, those that fit it. `type` lists the types that take each."""
    info = fields.get(name)
    found = []
    for operator in dict.fromkeys(operator for taken in TAKES.values() for operator in taken):
        types = [type_ for type_, taken in TAKES.items() if operator in taken]
        if info is not None and info.type not in types:
            continue
        found.append(Choice(operator, operator_words(operator, info.type if info else ""), " ".join(types)))
        if operator in ("in", "contains"):
            negated = f"not {operator}"
            found.append(Choice(negated, operator_words(negated, ""), " ".join(types)))
    every = " ".join(TAKES)
    return (*found, *(Choice(operator, operator_words(operator, ""), every) for operator in NULLS))
