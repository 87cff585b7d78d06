"""What the workbench answers about the demo web, fact by fact beside what the truth file says."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from inlink.demo.truth import EMBEDS, Row, Truth, is_in_scope
from inlink.workbench import Workbench
from inlink.workbench.results import Rows

LINK_COLUMNS = (
    "source_url", "target_url", "kind", "anchor", "alt", "nofollow", "ugc", "sponsored", "rel_origin", "region", "ip",
    "first_seen", "last_seen", "n_seen", "is_live", "lost_at", "lost_reason",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Fact:
    """One thing that can be right or wrong."""

    name: str
    expected: object
    found: object

    @property
    def agrees(self) -> bool:
        """Whether the answer is the truth."""
        return self.expected == self.found


def facts(bench: Workbench, truth: Truth) -> Iterator[Fact]:
    """Every fact of the truth file: numbers, domains, hosts, anchors, links, indirect links, changes, broken pages."""
    for report in truth.reports:
        yield from facts_of(bench, truth, report)


def facts_of(bench: Workbench, truth: Truth, report: Row) -> Iterator[Fact]:
    """The facts about one target."""
    yield from _numbers(bench, report)
    yield from _tallies(bench, report)
    yield from _links(bench, report, truth)
    yield from _indirect(bench, report, truth)
    yield from _changes(bench, report, truth)
    yield from _broken(bench, report, truth)


def _name(report: Row) -> str:
    return f"{report['target']} ({report['scope']})"


def _about(report: Row) -> dict[str, Any]:
    return {"target": report["target"], "scope": report["scope"]}


def _numbers(bench: Workbench, report: Row) -> Iterator[Fact]:
    overview = bench.overview(**_about(report))
    for name, expected in report.items():
        if name.startswith("n_"):
            yield Fact(f"{_name(report)} {name}", expected, getattr(overview, name))


def _tallies(bench: Workbench, report: Row) -> Iterator[Fact]:
    """Each referring domain and host with its links and follow links; each anchor with its links and domains."""
    about: dict[str, Any] = {**_about(report), "limit": None}
    tables = {
        "domains": (bench.domains(**about), "source_domain", ("n_links", "n_follow_links"), (0, 1)),
        "hosts": (bench.hosts(**about), "source_host", ("n_links", "n_follow_links"), (0, 1)),
        "anchors": (bench.anchors(**about), "anchor", ("n_links", "n_domains"), (0, 2)),
    }
    for name, (rows, key, columns, places) in tables.items():
        found = {row[key]: tuple(row[c] for c in columns) for row in rows.to_dicts() if row[key] and row["n_links"]}
        expected = {value: tuple(counts[i] for i in places) for value, counts in report[name].items()}
        yield from _compared(f"{_name(report)} {name}", expected, found)


def _links(bench: Workbench, report: Row, truth: Truth) -> Iterator[Fact]:
    rows = bench.backlinks(**_about(report), state="all", limit=None, columns=LINK_COLUMNS)
    expected = Counter(
        _link(row)
        for row in truth.links
        if row["kind"] not in EMBEDS and is_in_scope(row["target_url"], report["target"], report["scope"])
    )
    yield from _compared(f"{_name(report)} link", expected, Counter(_link(row) for row in _plain(rows)))


def _link(row: Row) -> tuple[object, ...]:
    """A link as the truth knows it; the region of what stands in no part of the page is left open."""
    has_region = row["kind"] in ("anchor", "form")
    return tuple(
        (row[name] or None) if name == "anchor" else row[name] if name != "region" or has_region else None
        for name in LINK_COLUMNS
    )


def _indirect(bench: Workbench, report: Row, truth: Truth) -> Iterator[Fact]:
    columns = ("source_url", "target_url", "kind", "anchor", "via", "via_kind")
    rows = bench.backlinks(**_about(report), indirect=True, limit=None, columns=columns)
    expected = Counter(
        _indirect_link(row)
        for row in truth.indirect
        if is_in_scope(row["target_url"], report["target"], report["scope"])
    )
    found = Counter(_indirect_link(row) for row in _plain(rows))
    yield from _compared(f"{_name(report)} indirect", expected, found)


def _indirect_link(row: Row) -> tuple[object, ...]:
    return (row["source_url"], row["target_url"], row["kind"], row["anchor"], tuple(row["via"]), row["via_kind"])


def _changes(bench: Workbench, report: Row, truth: Truth) -> Iterator[Fact]:
    rows = bench.changes(**_about(report), from_=truth.window[0], to=truth.window[1], limit=None)
    expected = Counter(
        _change(row) for row in truth.changes if is_in_scope(row["target_url"], report["target"], report["scope"])
    )
    yield from _compared(f"{_name(report)} change", expected, Counter(_change(row) for row in _plain(rows)))


def _change(row: Row) -> tuple[object, ...]:
    return (row["change"], row["reason"], row["source_url"], row["target_url"], row["kind"])


def _broken(bench: Workbench, report: Row, truth: Truth) -> Iterator[Fact]:
    """Its dead pages with how many link there; before they are checked, the captures alone tell."""
    rows = bench.broken(report["target"], scope=report["scope"]).rows
    columns = ("n_domains", "n_follow_domains", "n_links")
    found = {row["target_url"]: (row["why"][-3:], *(row[name] for name in columns)) for row in _plain(rows)}
    expected = {
        row["target_url"]: (str(row["status"]), *(row[name] for name in columns))
        for row in truth.broken
        if is_in_scope(row["target_url"], report["target"], report["scope"])
    }
    yield from _compared(f"{_name(report)} broken", expected, found)


def _compared(name: str, expected: dict[Any, Any], found: dict[Any, Any]) -> Iterator[Fact]:
    """One fact for each key of either side."""
    for key in [*expected, *(key for key in found if key not in expected)]:
        yield Fact(f"{name} {key}", expected.get(key), found.get(key))


def _plain(rows: Rows) -> Iterable[Row]:
    """Rows with times as the truth file writes them."""
    for row in rows.to_dicts():
        yield {
            name: value.strftime("%Y-%m-%dT%H:%M:%SZ") if isinstance(value, datetime) else value
            for name, value in row.items()
        }
