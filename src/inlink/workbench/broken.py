"""Broken links: a site's dead pages that others link to, with redirects to mend them; and the dead ends it links to.

What is dead is told by the checker's verdicts (`inlink check`, or `check` here), and by captures: the newer of the two
counts, and a captured redirect is followed (`page_ends`). A page that was captured once as 404 and never checked is
`captured`, not `dead`.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import duckdb
import pyarrow as pa

from inlink.check.verdicts import State
from inlink.errors import BadInput, CorruptIndex, NotFound
from inlink.graph.run_names import LATEST
from inlink.index.serving_db import arrow
from inlink.index.serving_sql import Span, Sql, all_of
from inlink.mending.nearest import Nearest, Page
from inlink.mending.redirects import Redirect
from inlink.urls.domains import SuffixRules
from inlink.urls.identity import same_page_key
from inlink.urls.parse import parse
from inlink.workbench.page_ends import GONE, Broken, Ends, Seen, checked, states_of
from inlink.workbench.places import Found, Served
from inlink.workbench.ranking import held_run
from inlink.workbench.results import Rows
from inlink.workbench.totals import totals

if TYPE_CHECKING:
    from inlink.store.workspace import Workspace
    from inlink.workbench.questions import Questions

# Order of reports: what is sure first.
BROKEN_STATES = {
    "dead": "checked: 404 or 410 twice at least an hour apart, or three failures over at least 24 hours",
    "captured": "its latest capture answers 404 or 410, or redirects to a page that does; not checked since",
    "failing": "checked: fails, not yet long enough to call it dead",
    "changed": "checked: leads to the home page of its site",
}
OWN_COLUMNS = (
    *("target_url", "state", "worth", "n_domains", "n_follow_domains", "n_links", "why", "since"),
    *("suggestion", "likeness", "because", "linked_from", "anchors"),
)
OUT_COLUMNS = ("target_url", "state", "n_pages", "why", "since", "linked_from", "anchors", "is_internal")
SHOWN = 3  # pages and anchors that stand for all
MAX_ANCHORS = 20
MOST_LINKS = 500_000  # that are read into memory for an answer over the network
_SCHEMAS = {
    "worth": pa.float64(),
    "likeness": pa.float64(),
    "since": pa.timestamp("us", tz="UTC"),
    "linked_from": pa.list_(pa.string()),
    "anchors": pa.list_(pa.string()),
    "is_internal": pa.bool_(),
    **dict.fromkeys(("n_domains", "n_follow_domains", "n_links", "n_pages"), pa.int64()),
}


@dataclass(frozen=True, slots=True)
class BrokenPages:
    """A site's dead pages as rows, and the redirects that would mend them."""

    rows: Rows
    redirects: tuple[Redirect, ...]


@dataclass(frozen=True, slots=True)
class _Own(Seen):
    """A page of the site as the index has it, with what tells whether it could stand in for another."""

    title: str
    canonical: str | None
    is_noindex: bool
    content_type: str | None

    @property
    def could_stand_in(self) -> bool:
        """Whether readers can be sent there: it answers, may be found, and is what it says it is."""
        is_page = self.content_type in (None, "text/html", "application/xhtml+xml", "application/pdf")
        return self.status == 200 and is_page and not self.is_noindex and self._is_own_canonical

    @property
    def _is_own_canonical(self) -> bool:
        return self.canonical is None or same_page_key(self.canonical) == self.key


@dataclass(slots=True)
class _Linked:
    """Who links to a page. domains: whether a follow link, or one not known to be otherwise, comes from each."""

    domains: dict[str, bool] = field(default_factory=dict)
    urls: Counter[str] = field(default_factory=Counter)
    anchors: Counter[str] = field(default_factory=Counter)
    pages: list[str] = field(default_factory=list)
    n_links: int = 0


def _site(served: Served, found: Found) -> Found:
    """The whole domain of a target."""
    return found if found.target.scope == "domain" else served.locate(found.domain, "domain")


def n_read(served: Served, found: Found) -> int:
    """How many links `own` reads."""
    sums = totals(served, _site(served, found))
    return sums.n_links + sums.n_lost_links


def check_size(n_links: int, site: str, *, is_outgoing: bool) -> None:
    """Raises: BadInput for a site of more links than are read into memory for an answer over the network."""
    if n_links > MOST_LINKS:
        on_server = "ask on the server: inlink broken SITE"
        in_parts = "ask about a part of it: a host, or a path as in a.example/guides/"
        raise BadInput(
            f"{site[:200]} has {n_links:,} links, and all of them are read into memory to find what is broken: "
            f"that is done for at most {MOST_LINKS:,}",
            hint=in_parts if is_outgoing else on_server,
        )


def own(bench: Questions, workspace: Workspace, served: Served, found: Found, *, limit: int | None) -> BrokenPages:
    """Pages of the target that are dead and linked from other domains, the worthiest first.

    What stands in for them may be any page of the site, whatever part of it is asked about.
    """
    site = _site(served, found)
    every = _own_pages(served, site)
    ends = Ends(workspace, served, every)
    broken = {page.key: end for page in every if (end := ends.broken(page)) is not None}
    linked = _linked(bench, site)
    living = [
        Page(page.url, page.title, linked[page.key].anchors if page.key in linked else None)
        for page in every
        if page.key not in broken and page.could_stand_in
    ]
    pages = every if site is found else _own_pages(served, found)
    nearest = Nearest(living)
    worth, unit = _worths(workspace)
    rows, maps = [], []
    for page in pages:
        if page.key not in broken or page.key not in linked:
            continue
        row, redirects = _own_row(page, broken[page.key], linked[page.key], nearest, worth)
        rows.append(row)
        maps.append((row, redirects))
    rows.sort(key=_by_worth)
    maps.sort(key=lambda each: _by_worth(each[0]))
    notes = [unit, *_about_checks(ends.states, pages, linked)]
    table = _table(rows[:limit], OWN_COLUMNS)
    answer = Rows(table, OWN_COLUMNS, len(rows), None, found.target, served.serving.snapshot, tuple(notes))
    return BrokenPages(answer, tuple(redirect for _, redirects in maps[:limit] for redirect in redirects))


def _by_worth(row: Mapping[str, object]) -> tuple[float, int, str]:
    return -float(str(row["worth"])), -int(str(row["n_domains"])), str(row["target_url"])


def _own_pages(served: Served, found: Found) -> list[_Own]:
    """All pages of the target that were captured or linked to, with the title they had when they lived."""
    place = found.place
    equal = [
        (name, number) for name, number in (("host", place.host_id), ("domain", place.domain_id)) if number is not None
    ]
    where = all_of([Span("pages", "page", place.pages, tuple(equal)).sql])
    rows = served.serving.rows(
        Sql(
            f"""SELECT l.key, l.url, l.http_status, epoch_us(l.fetched_at),
                CASE WHEN l.http_status BETWEEN 300 AND 399 THEN l.redirect_target END,
                coalesce(l.title, c.title, ''), l.canonical, coalesce(l.robots_noindex, false), l.content_type
            FROM pages l LEFT JOIN (
                SELECT page, max_by(title, fetched_at) FILTER (http_status = 200) AS title FROM captures GROUP BY page
            ) c ON c.page = l.page
            WHERE {where.text} ORDER BY l.page""",
            where.params,
        )
    )
    return [_Own(*row) for row in rows]


def _linked(bench: Questions, found: Found) -> dict[str, _Linked]:
    """Who links to each page of the target from other domains, by its key."""
    columns = ("target_key", "target_url", "source_domain", "source_url", "follow", "anchor", "alt")
    stream = bench.stream("backlinks", found.target.text, scope=found.target.scope, columns=columns)
    linked: dict[str, _Linked] = defaultdict(_Linked)
    for batch in stream.batches:
        for row in batch.to_pylist():
            one = linked[row["target_key"]]
            domain = row["source_domain"]
            one.domains[domain] = one.domains.get(domain, False) or row["follow"] is not False
            one.n_links += 1
            _count(one, row["target_url"], row["source_url"], row["anchor"] or row["alt"])
    return dict(linked)


def _count(one: _Linked, url: str, source: str, anchor: str | None) -> None:
    if len(one.urls) < MAX_ANCHORS or url in one.urls:
        one.urls[url] += 1
    if anchor and (len(one.anchors) < MAX_ANCHORS or anchor in one.anchors):
        one.anchors[anchor] += 1
    if len(one.pages) < SHOWN and source not in one.pages:
        one.pages.append(source)


def _worths(workspace: Workspace) -> tuple[Callable[[Iterable[str]], float], str]:
    """What referring domains are worth together, and the words for it."""
    try:
        run = held_run(workspace, LATEST, "domains")
    except (NotFound, CorruptIndex):
        return lambda domains: float(len(list(domains))), "worth: referring domains whose link is follow or not known"

    def by_authority(domains: Iterable[str]) -> float:
        nodes = [node for name in domains if (node := run.names.node(name)) is not None]
        return round(float(sum(run.mass[node] for node in nodes)) * run.n, 4)

    return by_authority, (
        f"worth: mass of referring domains whose link is follow or not known, in run {run.id}; 1 is an average domain"
    )


def _own_row(
    page: _Own, broken: Broken, linked: _Linked, nearest: Nearest, worth: Callable[[Iterable[str]], float]
) -> tuple[dict[str, object], list[Redirect]]:
    suggestion = nearest.suggest(Page(page.url, page.title, linked.anchors))
    follow = [name for name, is_follow in linked.domains.items() if is_follow]
    row: dict[str, object] = {
        "target_url": page.url,
        "state": broken.state,
        "worth": worth(follow),
        "n_domains": len(linked.domains),
        "n_follow_domains": len(follow),
        "n_links": linked.n_links,
        "why": broken.why,
        "since": _moment(broken.since_us),
        "suggestion": suggestion.url if suggestion else None,
        "likeness": suggestion.likeness if suggestion else None,
        "because": suggestion.why if suggestion else None,
        "linked_from": linked.pages,
        "anchors": [anchor for anchor, _ in linked.anchors.most_common(SHOWN)],
    }
    if broken.state == "failing":
        return row, []  # it may come back
    n = len(linked.domains)
    note = f"{n:,} referring {'domain' if n == 1 else 'domains'}"
    note += f"; {suggestion.likeness:.2f} alike, {suggestion.why}" if suggestion else ""
    to = suggestion.url if suggestion else None
    return row, [Redirect(url, to, note) for url in sorted({page.url, *linked.urls})]


def _about_checks(states: Mapping[str, State], pages: Sequence[_Own], linked: Mapping[str, _Linked]) -> Iterator[str]:
    n_linked = sum(page.key in linked for page in pages)
    n_checked = sum(page.key in linked and page.url in states for page in pages)
    if n_checked < n_linked:
        yield f"{n_linked - n_checked:,} of {n_linked:,} linked pages were never checked (inlink check asks for them)"


# Links that lead nowhere.


def outgoing(bench: Questions, workspace: Workspace, served: Served, found: Found, *, limit: int | None) -> Rows:
    """What pages of the target link to that is dead, on other sites and its own, most linked first."""
    text, scope = found.target.text, found.target.scope
    columns = ("target_url", "source_url", "anchor", "alt", "target_status")
    statuses: dict[str, int | None] = {}
    for row in _rows(bench, text, scope, ("target_url", "target_status")):
        statuses[str(row["target_url"])] = row["target_status"]  # type: ignore[assignment]
    states = states_of(workspace, list(statuses))
    broken = {url: end for url, status in statuses.items() if (end := _end(status, states.get(url)))}
    linked: dict[str, _Linked] = defaultdict(_Linked)
    for row in _rows(bench, text, scope, columns) if broken else ():
        url = str(row["target_url"])
        if url in broken:
            _add_source(linked[url], row)
    rows = [_out_row(url, broken[url], one, is_internal=False) for url, one in linked.items()]
    rows += _internal(workspace, served, found)
    order = {state: n for n, state in enumerate(BROKEN_STATES)}
    rows.sort(key=lambda row: (order[str(row["state"])], -int(str(row["n_pages"])), str(row["target_url"])))
    n_never = sum(url not in states and statuses[url] is None for url in statuses)
    notes = (
        [f"{n_never:,} of {len(statuses):,} targets were never checked (inlink check asks for them)"] if n_never else []
    )
    return Rows(
        _table(rows[:limit], OUT_COLUMNS),
        OUT_COLUMNS,
        len(rows),
        None,
        found.target,
        served.serving.snapshot,
        tuple(notes),
    )


def _rows(bench: Questions, text: str, scope: str, columns: tuple[str, ...]) -> Iterator[dict[str, object]]:
    stream = bench.stream("outlinks", text, scope=scope, columns=columns, infrastructure=True)
    for batch in stream.batches:
        yield from batch.to_pylist()


def _end(status: int | None, state: State | None) -> Broken | None:
    if state is not None and state.state != "unknown":
        return checked(state)
    return Broken("captured", f"the capture answers {status}", None) if status in GONE else None


def _add_source(one: _Linked, row: Mapping[str, object]) -> None:
    source = str(row["source_url"])
    one.urls[source] += 1
    words = row.get("anchor") or row.get("alt")
    if words and len(one.anchors) < MAX_ANCHORS:
        one.anchors[str(words)] += 1


def _out_row(url: str, broken: Broken, one: _Linked, *, is_internal: bool) -> dict[str, object]:
    return {
        "target_url": url,
        "state": broken.state,
        "n_pages": len(one.urls),
        "why": broken.why,
        "since": _moment(broken.since_us),
        "linked_from": sorted(one.urls)[:SHOWN],
        "anchors": [anchor for anchor, _ in one.anchors.most_common(SHOWN)],
        "is_internal": is_internal,
    }


def _internal(workspace: Workspace, served: Served, found: Found) -> list[dict[str, object]]:
    """Dead pages of the target that its own pages link to; links within a domain stand in the snapshot alone."""
    pages = _own_pages(served, found)
    ends = Ends(workspace, served, pages)
    broken = {page.key: (page.url, end) for page in pages if (end := ends.broken(page)) is not None}
    snapshot = served.serving.snapshot.partition("+")[0]  # without the run that orders its rows
    files = str(workspace.snapshot(snapshot) / "links" / "*.parquet")
    linked: dict[str, _Linked] = defaultdict(_Linked)
    if broken:
        query = """SELECT target_key, source_url, anchor, alt FROM read_parquet(?)
            WHERE is_internal AND is_live AND target_key IN (SELECT unnest(?::VARCHAR[]))"""
        with duckdb.connect() as db:
            for row in arrow(db, query, [files, sorted(broken)]).to_pylist():
                if _is_in(found, row["source_url"], served.rules):
                    _add_source(linked[row["target_key"]], row)
    return [_out_row(*broken[key], one, is_internal=True) for key, one in linked.items()]


def _is_in(found: Found, url: str, rules: SuffixRules) -> bool:
    """Whether a page belongs to a target of scope domain or host; at other scopes all linking pages are shown."""
    parsed = parse(url)
    host = parsed.host if parsed else ""
    if found.target.scope == "domain":
        return rules.domain(host) == found.domain
    return found.target.scope != "host" or host.removeprefix("www.") == found.target.text.removeprefix("www.")


def _table(rows: Sequence[Mapping[str, object]], columns: Sequence[str]) -> pa.Table:
    schema = pa.schema([(name, _SCHEMAS.get(name, pa.string())) for name in columns])
    return pa.Table.from_pylist(list(rows), schema=schema)


def _moment(at_us: int | None) -> datetime | None:
    return None if at_us is None else datetime.fromtimestamp(at_us // 1_000_000, UTC)
