"""A workbench that answers with made-up, hostile rows: what it says is known, so pages can be judged."""

from __future__ import annotations

import dataclasses
from contextlib import AbstractContextManager, nullcontext
from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pyarrow as pa

from inlink.config import Site
from inlink.errors import BadInput, NotFound, Unreachable
from inlink.workbench import Count, Evidence, Overview, Rows, Status, Target
from inlink.workbench.explanations import About, Candidate, Change, Explanation, Source, Standing, WhatIfAnswer
from inlink.workbench.neighbourhood import Edge, Neighbourhood, Node
from inlink.workbench.over_time import OverTime, Step
from inlink.workbench.ranking import Authority
from inlink.workbench.release_results import ReleaseState
from inlink.workbench.run_lists import RunRow
from inlink.workbench.totals import Totals

NOW = datetime(2026, 11, 14, 6, 12, 41, tzinfo=UTC)
SNAPSHOT = "2026-11-15-ab12"
RUN = "domains-0123456789ab"
HOSTILE = "\"'><script>alert(1)</script><img src=x onerror=alert(1)>{{7*7}}"
LINK_ID = 2**62


def link(position: int, **changed: object) -> dict[str, object]:
    """One row of backlinks."""
    row: dict[str, object] = {
        "link_id": LINK_ID + position,
        "strength": 900 - position,
        "source_url": f"https://loaf.example/guides/{position}",
        "source_domain": "loaf.example",
        "target_url": "https://crumb.example/starter",
        "kind": "anchor",
        "anchor": "sourdough starter guide",
        "alt": None,
        "text_before": "For the schedule we lean on the",
        "text_after": "at Crumb, which explains why.",
        "region": "main",
        "follow": True,
        "nofollow": False,
        "ugc": False,
        "sponsored": False,
        "rel_origin": None,
        "first_seen": NOW - timedelta(days=400),
        "last_seen": NOW,
        "is_live": True,
        "lost_at": None,
        "lost_reason": None,
        "links_in_group": 1,
        "title": None,
        "change": None,
    }
    return row | changed


LINKS = [
    link(0),
    link(1, anchor=HOSTILE, text_before=HOSTILE, text_after=HOSTILE, source_url=f"https://evil.example/{HOSTILE}"),
    link(2, follow=False, nofollow=True, ugc=True, rel_origin="rel", region="comment"),
    link(
        3, follow=False, nofollow=True, rel_origin="meta+header", region=None, anchor=None, kind="image", alt="A loaf"
    ),
    link(4, is_live=False, lost_at=NOW, lost_reason="page_gone"),
    link(5, anchor="مرحبا بالعالم", text_before="نص", text_after="بعد", source_url="https://xn--mgbh0fb.example/"),
    link(6, links_in_group=412, title=HOSTILE, change="new", region="footer"),
    link(7, follow=False, sponsored=True, rel_origin="rel", region="aside", anchor="", alt=None),
    link(8, source_url="javascript:alert(1)"),
    link(9, follow=None, nofollow=None, ugc=None, sponsored=None, kind="listed"),
]


def rows_of(found: list[dict[str, Any]], target: Target | None, n_total: int | None = None, **more: Any) -> Rows:
    """An answer with these rows."""
    table = pa.Table.from_pylist(found, schema=None if found else pa.schema([("source_url", pa.string())]))
    return Rows(table, tuple(table.column_names), n_total, more.pop("cursor", None), target, SNAPSHOT, **more)


class StubBench:
    """The questions that pages ask."""

    def __init__(self, *, empty: bool = False) -> None:
        self.empty = empty
        self.asked: list[dict[str, Any]] = []

    def in_time(self) -> AbstractContextManager[None]:
        return nullcontext()

    def status(self) -> Status:
        snapshot = None if self.empty else SNAPSHOT
        return Status("/w", snapshot, 3, 2_318_440, 90_123_456, 12_000, 9_000, 10**9)

    def sql(self, _query: str, **_options: Any) -> Rows:
        counts = {"in_links": 40, "in_follow_links": 30, "in_unknown_follow_links": 0, "n_pages": 5}
        row = {"domain": "crumb.example", "in_domains": 12, **counts}
        return rows_of([row], None)

    def totals(self, target: str, scope: str | None = None, **options: Any) -> Totals:
        found = self.overview(target, scope, **options)
        return Totals(**{one.name: getattr(found, one.name) for one in dataclasses.fields(Totals)})

    def n_outgoing(self, target: str, **_options: Any) -> int:
        return 380

    def broken_reads(self, target: str, **_options: Any) -> int:
        return 18_214

    def overview(self, target: str, scope: str | None = None, **_options: Any) -> Overview:
        n = 0 if target == "zero.example" else 1
        return Overview(
            Target(target, scope or "domain", scope is None), SNAPSHOT,
            18_214 * n, 12_932 * n, 0, 3_461, 1_311, 510, 15_871 * n, 1_500, 1_284 * n, 912, 800, 640, 214, 380 * n,
            402, 96, 31, 90_211, 220, 4, NOW - timedelta(days=2500), NOW,
            {
                "rel": (Count("follow", 12_932, 900), Count("nofollow", 5_282, 300)),
                "region": (Count("main", 10_000, 700), Count(None, 614, 40)),
                "tld": (Count("com", 9_000, 604), Count("org", 3_000, 143)),
                "lang": (Count("en", 12_000, 900), Count(None, 2_000, 100)),
            },
            self._sums("anchor", [HOSTILE, "", "مرحبا"]),
            self._sums("target_url", ["https://crumb.example/", "https://crumb.example/starter"]),
            self._sums("source_domain", ["loaf.example", "northmoor.example"]),
            notes=("No page of this snapshot links to it.",) if not n else (f"220 links left out {HOSTILE}",),
        )  # fmt: skip

    def _sums(self, name: str, values: list[str]) -> pa.Table:
        counts = {"n_domains": 9, "n_links": 40, "n_follow_links": 30, "n_unknown_follow_links": 0}
        sums = {**counts, "strength": 5, "first_seen": NOW, "last_seen": NOW}
        return pa.Table.from_pylist([{name: value, **sums} for value in values])

    jobs = SimpleNamespace(list=lambda *_, **__: ())
    projects = SimpleNamespace(views=SimpleNamespace(all=lambda *_, **__: ()))
    site = Site("crumb.example", (), ("loaf.example", HOSTILE))

    def over_time(self, target: str, *, scope: str | None = None, strict: bool = False) -> OverTime:
        steps = tuple(Step(date(2026, n, 1), date(2026, n + 1, 1), 10 + n, n, 2, 1, 3) for n in range(1, 9))
        is_known = target != "zero.example"
        return OverTime(Target(target, scope or "domain"), SNAPSHOT, "month", steps if is_known else (), is_known)

    def neighbourhood(self, target: str, *, scope: str | None = None, limit: int = 40) -> Neighbourhood:
        nodes = (
            Node(target, "target", 0.0, 0.0, 1.0, 0.5, 12, 0, 0),
            Node("loaf.example", "links follow", 0.5, 0.5, 0.25, 0.1, 7, 4, 0),
            Node(HOSTILE, "linked from it", -0.5, 0.2, 0.0, None, 0, 0, 3, ("social",)),
        )
        edges = (Edge("loaf.example", target, 4, True), Edge(target, HOSTILE, 3, None))
        return Neighbourhood(Target(target, scope or "domain"), SNAPSHOT, RUN, "mass", nodes, edges, 1, 1)

    def backlinks(self, target: str, scope: str | None = None, **options: Any) -> Rows:
        self.asked.append({"target": target, "scope": scope, **options})
        about = Target(target, scope or "domain", scope is None)
        if options["where"] == "bad":
            raise BadInput(f"there is no column {HOSTILE}", hint="use source_url")
        if options["where"] == "none":
            return rows_of([], about, 0, notes=("No link matches the filter; without it there are 611 rows.",))
        return rows_of(LINKS, about, 611, cursor="next-page", notes=("220 links are left out.",))

    def authority(self, target: str, *, scope: str | None = None, run: str = "latest") -> Authority:
        if scope == "prefix":
            raise BadInput("a path is no node", hint="choose a scope")
        if target == "zero.example":
            raise NotFound("there is no scoring run yet", hint="inlink rank")
        about = Authority(Target(target, scope or "domain"), RUN, "domains", SNAPSHOT, 121_000,
                          inputs={"follow": HOSTILE, "weight": "one", "damping": 0.85})  # fmt: skip
        if target == "nobody.example":
            return dataclasses.replace(about, notes=(f"{HOSTILE} is not in the graph",))
        return dataclasses.replace(
            about, mass=0.0125, times_average=1512.5, position=7, authority=83.4, in_votes=1284, notes=(HOSTILE,)
        )

    def explain(self, target: str, *, scope: str | None = None, run: str = "latest", limit: int = 8) -> Explanation:
        sources = (Source("loaf.example", 0.006, 0.48), Source(HOSTILE, 0.004, 0.32))
        now = Standing(0.0125, 7, 83.4)
        about = About(Target(target, scope or "domain"), run, "domains", SNAPSHOT, 121_000, {}, now)
        return Explanation(about, "flow", sources, 1284, 1282, 0.002, 0.0004, 0.0001, None, 0.0, True)

    def changes(self, target: str, **_options: Any) -> Rows:
        row = {"change": "lost", "source_url": f"https://b.example/{HOSTILE}", "reason": "page_gone", "changed_at": NOW}
        before = {"anchor_before": HOSTILE, "rel_before": None, "target_now": HOSTILE}
        return rows_of([link(0, **row, **before)], Target(target, "domain"), 1)

    def compare(self, targets: list[str], *, mode: str = "intersect", **_options: Any) -> Rows:
        if len(set(targets)) < 2:
            raise BadInput(f"compare takes 2 to 20 different targets, not 1 {HOSTILE}", hint="name two")
        row: dict[str, Any] = {"source_domain": HOSTILE, "strength": 9, "first_seen": NOW}
        row |= {f"links_{n}": n - 1 for n in range(1, len(targets) + 1)}
        return rows_of([row], None, 120, cursor="next", notes=(f"targets: 1 = {HOSTILE}",))

    def runs(self) -> tuple[RunRow, ...]:
        numbers = (121_000, 900_000, 5_000, 0, 20, 1e-12)
        words = ("drop", "one", 0.85, None)
        return (
            RunRow(RUN, "domains", SNAPSHOT, NOW, *numbers, *words, is_latest=True, is_served=False, has_lists=True),
        )

    def what_if(self, target: str, *, scope: str | None = None, **links: Any) -> WhatIfAnswer:
        if target == "zero.example":
            raise NotFound(f"there is no scoring run yet {HOSTILE}", hint="inlink rank")
        now, after = Standing(0.0125, 7, 83.4), Standing(0.0135, 6, 84.0)
        about = About(Target(target, scope or "domain"), RUN, "domains", SNAPSHOT, 121_000, {}, now, (HOSTILE,))
        named = [(name, "add") for name in links["add"]] + [(name, "lose") for name in links["lose"]]
        changes = tuple(Change(name, action, True, "new", HOSTILE, after, 0.001) for name, action in named)
        best = (Candidate(HOSTILE, 0.002, 0.0, after),) if links["best"] else ()
        return WhatIfAnswer(about, after, 0.001, 1e-12, False, changes, best, (), 12, (HOSTILE,))

    def release_status(self) -> list[ReleaseState]:
        return [ReleaseState("cc-main-2026", "domain", "imported", 121_000_000, 4_000_000_000)]

    def open_release(self, spec: str | None, asked: Any = None, *, kind: str | None = None) -> Any:
        raise Unreachable(f"{spec} does not answer {HOSTILE}", hint="look at the address")

    def evidence(self, link_id: int) -> Evidence:
        if link_id == 1:
            raise NotFound("no link has the id 1", hint="take it from the table")
        html = f"<p>before {HOSTILE}</p><a href='x'>a</a> after"
        start = html.index("<a href")
        shown = Evidence(
            *(link_id, "shown", "https://loaf.example/x", "https://crumb.example/", NOW, "a.warc.gz", 7, 9, "a"),
            html=html,
            start=start,
            end=html.index(" after"),
        )
        if link_id == 2:
            return dataclasses.replace(shown, state="moved", html="", start=0, end=0, note="the file is not there")
        return shown
