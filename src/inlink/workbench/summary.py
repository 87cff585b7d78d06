"""The summary card: stored sums for heavy targets, the same sums made on the spot for all others."""

from __future__ import annotations

from inlink.index.serving_overview import SUMS, breakdowns_sql
from inlink.index.serving_sql import Sql
from inlink.workbench.lists import answer
from inlink.workbench.notes import empty_notes, left_out_notes, sums_of
from inlink.workbench.options import View
from inlink.workbench.places import Found, Served
from inlink.workbench.results import Count, Overview

TOP = 5
_OWN = set(Overview.__dataclass_fields__)


def overview(served: Served, found: Found, *, infrastructure: bool = False) -> Overview:
    """The summary of a target."""
    sums = sums_of(served, found, infrastructure=infrastructure)
    n_internal, _ = served.serving.internal(found.place)
    view = View(limit=TOP, infrastructure=infrastructure)
    tops = {
        name: answer(served, name, found, view).table if sums["n_rows"] else None
        for name in ("anchors", "pages", "domains")
    }
    notes = [found.reason] if found.reason else []
    notes += left_out_notes(served, found, view) if sums["n_links"] else empty_notes(served, found, sums)
    return Overview(
        target=found.target,
        snapshot=served.serving.snapshot,
        n_indirect_links=_n_indirect(served, found),
        n_internal_links=n_internal,
        breakdowns=_breakdowns(served, found, infrastructure=infrastructure) if sums["n_links"] else {},
        notes=tuple(notes),
        anchors=tops["anchors"],
        pages=tops["pages"],
        domains=tops["domains"],
        **{name: value for name, value in sums.items() if name in _OWN},
    )


def _n_indirect(served: Served, found: Found) -> int:
    where = found.span("indirect").sql
    text = f"SELECT count(*) FROM indirect l WHERE {where.text} AND l.is_live AND NOT l.is_left_out AND NOT l.is_embed"
    return int(served.serving.rows(Sql(text, where.params))[0][0])


def _breakdowns(served: Served, found: Found, *, infrastructure: bool) -> dict[str, tuple[Count, ...]]:
    if found.answer is not None and not infrastructure:
        sql = Sql("SELECT dimension, value, n_links, n_domains FROM breakdowns WHERE answer = ?", (found.answer,))
    else:
        sql = breakdowns_sql(found.span("links"), "links", infrastructure=infrastructure)
    counts: dict[str, list[Count]] = {}
    for dimension, value, n_links, n_domains in served.serving.rows(sql):
        counts.setdefault(dimension, []).append(Count(value, n_links, n_domains))
    return {name: tuple(found_counts) for name, found_counts in counts.items()}


__all__ = ["SUMS", "overview"]
