"""What a question's rows can show and be sorted by, and what its filter may name: one list for every face."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from inlink.errors import BadInput
from inlink.index.flags import FLAGS
from inlink.index.serving_changes import OWN_COLUMNS
from inlink.index.serving_columns import columns_of
from inlink.index.serving_groups import GROUPINGS
from inlink.index.serving_sql import LINKS_IN_GROUP
from inlink.schema.serving import CHANGE_REASONS, CHANGES
from inlink.schema.words import KINDS, LOST_REASONS, PAGE_KINDS, REGIONS
from inlink.workbench.conditions import TAKES

VALUES: dict[str, tuple[str, ...]] = {
    "kind": KINDS,
    "region": REGIONS,
    "page_kind": PAGE_KINDS,
    "lost_reason": LOST_REASONS,
    "change": CHANGES,
    "reason": tuple(dict.fromkeys(reason for reasons in CHANGE_REASONS.values() for reason in reasons)),
    "via_kind": ("redirect", "refresh", "canonical", "mixed"),
    **dict.fromkeys(("source_flags", "target_flags", "flags"), FLAGS),
}
"""Columns whose values come from a closed list, or mostly do; what is not listed can be asked for all the same."""


@dataclass(frozen=True, slots=True)
class FieldInfo:
    """A column as a user meets it. type: text, int, float, bool, time or list. values: the usual ones, if few."""

    name: str
    type: str
    meaning: str
    is_sum: bool = False

    @property
    def operators(self) -> tuple[str, ...]:
        """Operators of a filter that take a value; `is null` and `is not null` besides."""
        return TAKES[self.type]

    @property
    def values(self) -> tuple[str, ...]:
        """The usual values; empty where there are too many to list."""
        return VALUES.get(self.name, ("true", "false") if self.type == "bool" else ())


@cache
def shown_fields(question: str, *, indirect: bool = False, folded: bool = False) -> dict[str, FieldInfo]:
    """The columns that rows of a question can show and be sorted by, in display order.

    Raises: BadInput for a question that does not exist.
    """
    if question == "changes":
        own = {name: FieldInfo(name, type_, meaning) for name, (type_, meaning) in OWN_COLUMNS.items()}
        return own | {name: info for name, info in _links("links").items() if name not in own}
    if question in ("backlinks", "outlinks"):
        relation = "outgoing" if question == "outlinks" else "indirect" if indirect else "links"
        grouped = FieldInfo(LINKS_IN_GROUP, "int", "links that the row stands for, where rows are grouped", is_sum=True)
        return _links(relation) | {LINKS_IN_GROUP: grouped}
    grouping = GROUPINGS.get("folded_anchors" if question == "anchors" and folded else question)
    if grouping is None:
        raise BadInput(f"there is no question {question!r}", hint=f"use one of {', '.join(GROUPINGS)}")
    return {c.name: FieldInfo(c.name, c.type, c.meaning, is_sum=True) for c in grouping.columns}


@cache
def filter_fields(question: str, *, indirect: bool = False, folded: bool = False) -> dict[str, FieldInfo]:
    """The columns that a question's filter may name: those of links, then, where rows are counted, their sums."""
    shown = shown_fields(question, indirect=indirect, folded=folded)
    if question in ("backlinks", "outlinks", "changes"):
        return {name: info for name, info in shown.items() if name != LINKS_IN_GROUP}
    grouping = GROUPINGS[question]
    links = _links(grouping.relation)
    return links | {name: info for name, info in shown.items() if name not in links}


def _links(relation: str) -> dict[str, FieldInfo]:
    return {
        column.name: FieldInfo(column.name, column.type, column.meaning) for column in columns_of(relation).values()
    }
