"""Write a filter: tree → text that reads as the same tree."""

from __future__ import annotations

import re

from inlink.workbench.filters import All, Comparison, Filter, Not

_PLAIN = re.compile(r"[A-Za-z0-9_.:-]+")
_WORDS = {"and", "or"}


def write_filter(tree: Filter | None) -> str:
    """The text of a tree; empty for none. Positions aside, `parse_filter` gives the tree back."""
    if tree is None:
        return ""
    if isinstance(tree, Comparison):
        return _comparison(tree)
    if isinstance(tree, Not):
        return f"not {_within(tree.inner)}"
    joint = " and " if isinstance(tree, All) else " or "
    return joint.join(_within(part) for part in tree.parts)


def join_filters(parts: tuple[Filter, ...]) -> str:
    """The text of a filter whose parts must all hold."""
    return write_filter(parts[0]) if len(parts) == 1 else " and ".join(_within(part) for part in parts)


def _within(tree: Filter) -> str:
    text = write_filter(tree)
    return text if isinstance(tree, (Comparison, Not)) else f"({text})"


def _comparison(test: Comparison) -> str:
    column = f"{test.column} not" if test.is_negated else test.column
    if test.operator == "true":
        return test.column
    if test.operator.startswith("is "):
        return f"{column} {test.operator}"
    if test.operator == "between":
        low, high = test.values
        return f"{column} between {_value(low)} and {_value(high)}"
    if test.operator == "in":
        return f"{column} in ({', '.join(_value(value) for value in test.values)})"
    return f"{column} {test.operator} {_value(test.values[0])}"


def _value(text: str) -> str:
    if _PLAIN.fullmatch(text) and text.lower() not in _WORDS:
        return text
    return "'" + text.replace("'", "''") + "'"
