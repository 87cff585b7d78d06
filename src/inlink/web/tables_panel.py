"""The panel beside the rows: one link, why it counts, and what its domain carries to the target."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from inlink.errors import InlinkError
from inlink.web.tables_view import TableView
from inlink.web.words import number, origin, rel_words
from inlink.workbench import Workbench

PANEL_COLUMNS = (
    *("link_id", "source_url", "source_domain", "title", "target_url", "kind", "anchor", "alt", "text_before"),
    *(
        "text_after",
        "heading",
        "region",
        "position_share",
        "block_link_share",
        "n_external_links",
        "follow",
        "nofollow",
    ),
    *("ugc", "sponsored", "rel_origin", "strength", "first_seen", "last_seen", "is_live", "lost_at", "lost_reason"),
    *("n_seen", "lang", "page_kind"),
)
SOURCES = 1000  # of an explanation; a source behind them is said to carry less


@dataclass(frozen=True, slots=True)
class Fact:
    """One reason: its value, its name, and the rest of the sentence."""

    value: str
    name: str
    words: str


@dataclass(frozen=True, slots=True)
class Panel:
    """What is shown of the chosen link."""

    row: dict[str, Any]
    why: tuple[Fact, ...]
    carried: str = ""
    run: str = ""


def panel_of(bench: Workbench, view: TableView, links: list[dict[str, Any]]) -> Panel | None:
    """The panel of the chosen link; None where it is none of the page's."""
    row = next((link for link in links if str(link.get("link_id")) == view.row), None)
    if row is None:
        return None
    row = {name: row.get(name) for name in PANEL_COLUMNS}
    carried, run = ("", "") if view.table.question == "outlinks" else carries(bench, view, row)
    return Panel(row, tuple(facts(row, has_run=bool(run))), carried, run)


def facts(row: dict[str, Any], *, has_run: bool) -> list[Fact]:
    """What of a link makes it count, in words."""
    found = []
    if row["strength"] is not None:
        words = (
            ", the domains that the source's domain stands above in the run"
            if has_run
            else ", the domains with a follow link (or one not known) to the source's domain"
        )
        found.append(Fact(number(row["strength"]), "Strength", words))
    found.append(_vote(row))
    region = row["region"]
    found.append(
        Fact(region or "?", "Region", ", where on the page it stands" if region else " is not known of this input")
    )
    if row["block_link_share"] is not None:
        share = f"{100 * row['block_link_share']:.0f} %"
        found.append(Fact(share, "Of its block", " is text of links"))
    if row["n_external_links"] is not None:
        found.append(Fact(number(row["n_external_links"]), "Links", " to other domains on the page"))
    return found


def _vote(row: dict[str, Any]) -> Fact:
    if row["follow"] is None:
        return Fact("?", "Follow", " is not known: the input does not tell the link's rel")
    if row["follow"]:
        return Fact("yes", "Follow", ": neither the link nor its page says otherwise")
    words = ", ".join(rel_words(row)) or "not follow"
    return Fact("no", "Follow", f": {words} {origin(row['rel_origin'])}".rstrip())


def carries(bench: Workbench, view: TableView, row: dict[str, Any]) -> tuple[str, str]:
    """What the link's domain carries of the target's mass, as a sentence, and the run; empty without a run."""
    domain = row["source_domain"]
    try:
        found = bench.explain(view.q, scope=view.scope or None, limit=SOURCES)
    except InlinkError:
        return "", ""
    run = found.about.run
    node = next((source for source in found.rows if source.name == domain), None)
    if node is None or found.about.graph != "domains":
        return "", run if found.about.graph == "domains" else ""
    share = f"{100 * node.share:.1f}".removesuffix(".0")
    return f"Links of {domain} carry {share} % of the mass of {found.about.target.text}.", run


__all__ = ["PANEL_COLUMNS", "Fact", "Panel", "facts", "panel_of"]
