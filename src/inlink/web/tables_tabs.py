"""The tabs above a table: the reports on a target, each with its count where that is kept."""

from __future__ import annotations

from dataclasses import dataclass

from inlink.errors import InlinkError
from inlink.web.query import Query
from inlink.web.tables_list import SIDES, TABLES, TABS
from inlink.web.tables_view import TableView
from inlink.workbench import Workbench


@dataclass(frozen=True, slots=True)
class Tab:
    """One report."""

    label: str
    href: str
    is_here: bool
    count: str = ""


def tabs_of(bench: Workbench, view: TableView) -> list[Tab]:
    """The reports on the target of a view."""
    return tabs_about(bench, view.query, view.table.path)


def tabs_about(bench: Workbench, query: Query, path: str) -> list[Tab]:
    """The reports on a target; the one that the page of this address belongs to is marked."""
    counts = counts_of(bench, query)
    found = [Tab("Overview", query.link("/overview"), is_here=False)]
    for question in TABS:
        if question == "broken":
            found.append(Tab("Broken backlinks", query.link("/broken"), path == "/broken"))
            continue
        table = TABLES[question]
        sides = {TABLES[name].path for name in SIDES.get(table.sides, (question,))}
        is_here = path in sides or (question == "outlinks" and path == "/outgoing/broken")
        found.append(Tab(table.label, query.link(table.path), is_here, counts.get(question, "")))
    return found


def counts_of(bench: Workbench, query: Query) -> dict[str, str]:
    """Counts by question; none where the overview cannot be had."""
    try:
        found = bench.overview(query.q, scope=query.scope or None, strict=query.strict)
    except InlinkError:
        return {}
    changed = f"+{found.n_new_links:,} −{found.n_newly_lost_links:,}"
    return {
        "backlinks": f"{found.n_links:,}",
        "domains": f"{found.n_domains:,}",
        "pages": f"{found.n_target_pages:,}",
        "changes": changed if found.n_new_links or found.n_newly_lost_links else "",
    }
