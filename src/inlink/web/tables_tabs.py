"""The tabs above a table: the reports on a target, each with its count where that is kept."""

from __future__ import annotations

from dataclasses import dataclass

from inlink.errors import InlinkError
from inlink.web.tables_list import SIDES, TABLES, TABS
from inlink.web.tables_view import TableView
from inlink.workbench import Overview, Workbench


@dataclass(frozen=True, slots=True)
class Tab:
    """One report."""

    label: str
    href: str
    is_here: bool
    count: str = ""


def tabs_of(bench: Workbench, view: TableView) -> list[Tab]:
    """The reports on the target of a view."""
    counts = counts_of(bench, view)
    found = [Tab("Overview", view.link("/overview"), is_here=False)]
    for question in TABS:
        if question == "broken":
            found.append(Tab("Broken backlinks", view.link("/broken"), view.table.question == "broken"))
            continue
        table = TABLES[question]
        here = view.table.question in (question, *SIDES.get(table.sides, ()))
        found.append(Tab(table.label, view.link(table.path), here, counts.get(question, "")))
    return found


def counts_of(bench: Workbench, view: TableView) -> dict[str, str]:
    """Counts by question; none where the overview cannot be had."""
    try:
        found = bench.overview(view.q, scope=view.scope or None, strict=view.strict)
    except InlinkError:
        return {}
    return _counts(found)


def _counts(found: Overview) -> dict[str, str]:
    changed = f"+{found.n_new_links:,} −{found.n_newly_lost_links:,}"
    return {
        "backlinks": f"{found.n_links:,}",
        "domains": f"{found.n_domains:,}",
        "pages": f"{found.n_target_pages:,}",
        "changes": changed if found.n_new_links or found.n_newly_lost_links else "",
    }
