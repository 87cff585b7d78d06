"""Which domains link to several targets: to all, to any, or to the others but not to the first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from inlink.errors import BadInput
from inlink.index.serving_columns import FOLLOW, SOURCE_DOMAIN, STRENGTH, UNKNOWN_FOLLOW, columns_of, joins_of
from inlink.index.serving_sql import DerivedQuery, Key, Sql, all_of
from inlink.workbench.conditions import Field, condition
from inlink.workbench.cursors import after, read_cursor, view_digest
from inlink.workbench.filters import comparisons, conjuncts, parse_filter
from inlink.workbench.lists import Plan, answer_plan, check_columns, in_state, not_left_out, order_of, stream_plan
from inlink.workbench.options import View, refuse
from inlink.workbench.places import Found, Served
from inlink.workbench.results import Rows, RowStream

MODES = ("intersect", "gap", "union")
MAX_TARGETS = 20


def compare(served: Served, found: Sequence[Found], mode: str, view: View) -> Rows:
    """One row per domain: links_1 … links_n count its links of the view's state to each target, in the order given.

    Raises: BadInput for an unknown mode, fewer than two targets, one that is given twice (also in another spelling), or
    a gap to something of one's own.
    """
    rows = answer_plan(served, _plan(served, found, mode, view))
    if view.cursor is not None:
        return replace(rows, notes=())
    return replace(rows, notes=(*_notes(found), *(() if rows.table.num_rows else (_why_empty(mode, view),))))


def stream_compare(served: Served, found: Sequence[Found], mode: str, view: View) -> RowStream:
    """All rows of `compare` (or `limit` of them), in batches. Raises: as `compare`."""
    stream = stream_plan(served, _plan(served, found, mode, view))
    return replace(stream, notes=tuple(_notes(found)))


def _plan(served: Served, found: Sequence[Found], mode: str, view: View) -> Plan:
    _check(found, mode)
    refuse("compare", view, "group", "indirect", "folded")
    fields = _fields(len(found))
    columns = view.columns or tuple(fields)
    check_columns("column", columns, fields)
    tree = parse_filter(view.where)
    over_rows = [part for part in conjuncts(tree) if {t.column for t in comparisons(part)} <= set(_row_fields())]
    over_groups = [part for part in conjuncts(tree) if part not in over_rows]
    shown = [in_state(view), not_left_out("links", view, tree)]
    inner = _inner(found, [*shown, *(condition(part, _row_fields()) for part in over_rows)])
    where = all_of([_wanted(mode, found), *(condition(part, fields) for part in over_groups)])
    order = (*order_of(view.sort or ("-n_targets", "-strength"), fields), Key("g._key"))
    is_long = any(served.is_long(one.span("links")) for one in found)
    query = DerivedQuery(inner, columns, order, where, limit=view.limit, is_long=is_long)
    digest = view_digest(f"compare {mode}", " ".join(str(f.target) for f in found), view)
    cursor = None
    if view.cursor is not None:
        cursor = read_cursor(view.cursor, served.serving.snapshot, digest, len(order))
        query = replace(query, after=after(order, cursor.keys))
    return Plan("compare", None, view, query, digest, None, cursor=cursor, columns=columns)


def _check(found: Sequence[Found], mode: str) -> None:
    if mode not in MODES:
        raise BadInput(f"there is no mode {mode!r}", hint=f"use one of {', '.join(MODES)}")
    if mode == "gap":
        _check_gap(found)
    _check_different(found)
    if not 2 <= len(found) <= MAX_TARGETS:
        raise BadInput(
            f"compare takes 2 to {MAX_TARGETS} different targets, not {len(found)}", hint="name two or more targets"
        )


def _check_gap(found: Sequence[Found]) -> None:
    """Raises: BadInput where one of the others is the first, or part of it: whoever links to it links to the first."""
    for one in found[1:]:
        is_part = found[0].target.scope == "domain" and one.domain == found[0].domain
        if is_part or _rows_of(one) == _rows_of(found[0]):
            is_first = one.target.text == found[0].target.text
            said = "is the first target itself" if is_first else f"is part of {found[0].target.text}, the first target"
            raise BadInput(
                f"{one.target.text} {said}: no domain links to it and not to the first",
                hint="leave it out of the others: name only other sites after your own",
            )


def _check_different(found: Sequence[Found]) -> None:
    """Raises: BadInput where two targets mean the same rows."""
    seen: set[object] = set()
    for one in found:
        if _rows_of(one) in seen:
            raise BadInput(
                f"{one.target.text} is given more than once",
                hint="name each target once; another spelling of its address is the same target",
            )
        seen.add(_rows_of(one))


def _rows_of(one: Found) -> object:
    """What is the same for two targets of the same rows."""
    rows = (one.span("links"), one.domain) if one.place.is_known else one.target.text
    return one.target.scope, rows


COLUMNS = {
    "source_domain": ("text", "referring domain"),
    "strength": ("int", STRENGTH),
    "n_targets": ("int", "how many of the targets it links to"),
    "n_links": ("int", "links to any of the targets; one that belongs to two of them counts twice"),
    "n_follow_links": ("int", "follow links among them"),
    "n_unknown_follow_links": ("int", "links among them not known whether follow"),
    "links_N": ("int", "links to target N, in the order given, from 1"),
    "follow_links_N": ("int", "follow links to target N"),
    "first_seen": ("time", "first capture that holds one of the links"),
    "last_seen": ("time", "last capture that holds one of the links"),
}
"""Columns of a comparison: type and meaning. N stands for each number of a target."""


def _fields(n: int) -> dict[str, Field]:
    names: dict[str, str] = {}
    for name, (type_, _) in COLUMNS.items():
        each = [name.replace("_N", f"_{i}") for i in range(1, n + 1)] if name.endswith("_N") else [name]
        names |= dict.fromkeys(each, type_)
    return {name: Field(f'g."{name}"', type_) for name, type_ in names.items()}


def _row_fields() -> dict[str, Field]:
    """Columns of links; those that the comparison has too mean its own."""
    taken = {"strength", "first_seen", "last_seen", "source_domain"}
    return {
        name: Field(column.sql, column.type, column.needs)
        for name, column in columns_of("links").items()
        if name not in taken
    }


def _inner(found: Sequence[Found], conditions: Sequence[Sql]) -> Sql:
    """Each target's links counted by source domain, then laid side by side."""
    parts: list[Sql] = []
    for number, one in enumerate(found, 1):
        where = all_of([one.span("links").sql, *conditions])
        text = (
            f"SELECT {number} AS target, l.source_domain_id AS domain, any_value({SOURCE_DOMAIN}) AS name, "
            f"max(l.strength) AS strength, count(*) AS n, count(*) FILTER ({FOLLOW}) AS n_follow, "
            f"count(*) FILTER ({UNKNOWN_FOLLOW}) AS n_unknown, "
            "min(l.first_seen) AS first_seen, max(l.last_seen) AS last_seen "
            f"FROM links l {joins_of(set(where.needs))} WHERE {where.text} GROUP BY l.source_domain_id"
        )
        parts.append(Sql(text, where.params))
    numbers = range(1, len(found) + 1)
    counts = ", ".join(f"coalesce(sum(n) FILTER (target = {i}), 0)::BIGINT AS links_{i}" for i in numbers)
    follow = ", ".join(f"coalesce(sum(n_follow) FILTER (target = {i}), 0)::BIGINT AS follow_links_{i}" for i in numbers)
    text = (
        "SELECT domain AS _key, any_value(name) AS source_domain, max(strength) AS strength, count(*) AS n_targets, "
        f"sum(n)::BIGINT AS n_links, sum(n_follow)::BIGINT AS n_follow_links, "
        f"sum(n_unknown)::BIGINT AS n_unknown_follow_links, {counts}, {follow}, "
        "min(first_seen) AS first_seen, max(last_seen) AS last_seen "
        f"FROM ({' UNION ALL '.join(part.text for part in parts)}) GROUP BY domain"
    )
    return Sql(text, tuple(p for part in parts for p in part.params))


def _wanted(mode: str, found: Sequence[Found]) -> Sql:
    """A gap leaves out the first target's own domain: it is no prospect for itself."""
    if mode == "gap":
        return Sql("g.links_1 = 0 AND g.source_domain <> ?", (found[0].domain,))
    return Sql(f"g.n_targets = {len(found)}") if mode == "intersect" else Sql()


def _notes(found: Sequence[Found]) -> list[str]:
    names = [f"{i} = {one.target}" for i, one in enumerate(found, 1)]
    notes = ["targets: " + ", ".join(names)]
    unknown = [one.target.text for one in found if not one.place.is_known]
    if unknown:
        notes.append(f"not in the index: {', '.join(unknown)}")
    return notes


_NOBODY = {
    "live": {
        "intersect": "no domain links to all of them",
        "gap": "no domain links to another of them but not to the first",
        "union": "no domain links to any of them",
    },
    "lost": {
        "intersect": "there is no domain that all of them have lost links from",
        "gap": "there is no domain that another of them has lost links from, and the first has not",
        "union": "none of them has lost a link",
    },
    "all": {
        "intersect": "no domain links or has linked to all of them",
        "gap": "no domain links or has linked to another of them but never to the first",
        "union": "no domain links or has linked to any of them",
    },
}
"""Why a comparison is empty, by state and mode."""


def _why_empty(mode: str, view: View) -> str:
    return _NOBODY[view.state][mode] + (", by the links and domains that fit the filter" if view.where else "")
