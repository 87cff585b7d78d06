"""The tabs above a table: the reports on a target, each with its count where that is kept."""

from __future__ import annotations

from dataclasses import dataclass

from inlink.errors import InlinkError
from inlink.web.query import Query
from inlink.web.tables_list import SIDES, TABLES, TABS
from inlink.workbench import Workbench
from inlink.workbench.totals import Totals


@dataclass(frozen=True, slots=True)
class Tab:
    """One report."""

    label: str
    href: str
    is_here: bool
    count: str = ""


def totals_of(bench: Workbench, query: Query) -> Totals | None:
    """The numbers of a target; None where they cannot be had."""
    try:
        return bench.totals(query.q, scope=query.scope or None, strict=query.strict)
    except InlinkError:
        return None


def tabs_about(found: Totals | None, query: Query, path: str) -> list[Tab]:
    """The reports on a target; the one that the page of this address belongs to is marked."""
    counts = counts_of(found) if found is not None else {}
    tabs = [Tab("Overview", query.link("/overview"), is_here=False)]
    for question in TABS:
        if question == "broken":
            tabs.append(Tab("Broken backlinks", query.link("/broken"), path == "/broken"))
            continue
        table = TABLES[question]
        sides = {TABLES[name].path for name in SIDES.get(table.sides, (question,))}
        is_here = path in sides or (question == "outlinks" and path == "/outgoing/broken")
        tabs.append(Tab(table.label, query.link(table.path), is_here, counts.get(question, "")))
    return tabs


def counts_of(found: Totals) -> dict[str, str]:
    """Counts by question."""
    changed = f"+{found.n_new_links:,} −{found.n_newly_lost_links:,}"
    return {
        "backlinks": f"{found.n_links:,}",
        "domains": f"{found.n_domains:,}",
        "pages": f"{found.n_target_pages:,}",
        "changes": changed if found.n_new_links or found.n_newly_lost_links else "",
    }
