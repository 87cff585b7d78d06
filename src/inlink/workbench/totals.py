"""How many links, domains and pages a target has: what stands beside the names of its reports."""

from __future__ import annotations

from dataclasses import dataclass, fields

from inlink.workbench.cards import sums_of
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
    sums = sums_of(served, found, infrastructure=False)
    return Totals(**{field.name: sums[field.name] for field in fields(Totals)})
