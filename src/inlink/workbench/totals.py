"""How many links, domains and pages a target has: what stands beside the names of its reports."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np

from inlink.workbench.cards import sums_of
from inlink.workbench.hands import TOTALLED, Hand
from inlink.workbench.places import Found, Served


@dataclass(frozen=True, slots=True)
class Totals:
    """Sums of a target as its overview has them, without the rest of it."""

    n_links: int
    n_domains: int
    n_target_pages: int
    n_new_links: int
    n_newly_lost_links: int
    n_lost_links: int


def totals(served: Served, found: Found) -> Totals:
    """The sums of a target."""
    hand = served.hands.of(served.serving, found.span("links")) if found.answer is None else None
    if hand is not None and False not in hand.sums:
        return _counted(hand)
    sums = sums_of(served, found, infrastructure=False)
    return Totals(**{field.name: sums[field.name] for field in fields(Totals)})


def n_outgoing(served: Served, found: Found) -> int:
    """How many links go out from a target, of every kind and state: what a view of them reads."""
    return served.n_rows(found.span("outgoing"))


def _counted(hand: Hand) -> Totals:
    """The totals of the rows in hand, of no more columns than they need."""
    hand.need(*TOTALLED)
    ours = hand.shown(infrastructure=False)
    live = ours & hand.flag("is_live")
    return Totals(
        n_links=int(live.sum()),
        n_domains=len(np.unique(hand.number("source_domain_id")[live])),
        n_target_pages=len(np.unique(hand.number("target_page")[live])),
        n_new_links=int((ours & hand.is_gained).sum()),
        n_newly_lost_links=int((ours & hand.is_gone).sum()),
        n_lost_links=int((ours & ~hand.flag("is_live")).sum()),
    )
