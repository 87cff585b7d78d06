"""The summary card of a target."""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa

from inlink.index.serving_reader import LeftOut
from inlink.workbench.cards import Card, Line, card_of
from inlink.workbench.notes import empty_notes, left_out_notes
from inlink.workbench.options import View
from inlink.workbench.places import Found, Served
from inlink.workbench.results import Count, Overview

_OWN = set(Overview.__dataclass_fields__)
_BREAKDOWNS = ("kind", "rel", "tld", "region", "lang")


def overview(served: Served, found: Found, *, infrastructure: bool = False) -> Overview:
    """The summary of a target."""
    card = card_of(served, found, infrastructure=infrastructure)
    n_internal, _ = served.serving.internal(found.place)
    return Overview(
        target=found.target,
        snapshot=served.serving.snapshot,
        n_indirect_links=served.serving.indirect(found.span("indirect")),
        n_internal_links=n_internal,
        breakdowns={name: _counts(card.parts[name]) for name in _BREAKDOWNS if name in card.parts},
        anchors=_table("anchor", card.parts.get("anchors", ()), "n_domains"),
        pages=_table("target_url", card.parts.get("pages", ()), "n_domains"),
        domains=_table("source_domain", card.parts.get("domains", ()), "strength"),
        notes=tuple(_notes(served, found, card, View(infrastructure=infrastructure))),
        **{name: value for name, value in card.sums.items() if name in _OWN},
    )


def _counts(lines: Sequence[Line]) -> tuple[Count, ...]:
    return tuple(Count(label, n_links, n_domains) for label, n_links, _, _, n_domains, _ in lines)


def _table(label: str, lines: Sequence[Line], first: str) -> pa.Table:
    """The first rows of a list, with the columns that matter most."""
    names = ("n_links", "n_follow_links", "n_unknown_follow_links", "n_domains", "strength")
    columns = {name: pa.array([line[n] for line in lines], pa.int64()) for n, name in enumerate(names, 1)}
    labels = pa.array([line[0] for line in lines], pa.string())
    return pa.table({label: labels, first: columns[first], **{name: columns[name] for name in names[:3]}})


def _notes(served: Served, found: Found, card: Card, view: View) -> list[str]:
    notes = [found.reason] if found.reason else []
    sums = card.sums
    if not sums["n_links"]:
        return notes + empty_notes(served, found, sums)
    left = LeftOut(sums["n_left_out_links"], sums["n_left_out_domains"], sums["n_embeds"])
    return notes + left_out_notes(served, found, view, left)
