"""A small random snapshot, made the plain way: the judge of what the serving file and the workbench answer."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from inlink.schema import EMBED_KINDS, TableSchema
from inlink.schema.snapshot import (
    DOMAIN_PAIRS,
    DOMAINS,
    HOSTS,
    INDIRECT_LINKS,
    LINK_VERSIONS,
    SNAPSHOT_CAPTURES,
    SNAPSHOT_LINKS,
)
from inlink.urls.identity import same_page_key
from inlink.urls.surt import host_key

Row = dict[str, Any]
START = datetime(2026, 1, 1, tzinfo=UTC)
DAY = timedelta(days=1)
FLAGS = {"cdn.example": ["infrastructure"], "pages.example": ["hosting"], "social.example": ["social"]}
HOST_DOMAINS = {
    "a.example": "a.example",
    "www.a.example": "a.example",
    "docs.a.example": "a.example",
    "b.example": "b.example",
    "b-side.example": "b-side.example",
    "www.c.example": "c.example",
    "blog.c.example": "c.example",
    "cdn.example": "cdn.example",
    "pages.example": "pages.example",
    "me.pages.example": "me.pages.example",
    "you.pages.example": "you.pages.example",
    "social.example": "social.example",
    "192.0.2.7": "192.0.2.7",
}
PATHS = ("/", "/docs", "/docs/a", "/docs/b?x=1", "/docs-old", "/docs?page=2", "/über", "/x/y/z.html")
ANCHORS = (
    "Bread",
    "bread!",
    "best bread",
    "",
    None,
    "=SUM(A1)",
    "Brot & Butter",
    "<b>here</b>",
    "'quoted'",
    "bread, best",
)
REGIONS = ("main", "nav", "footer", "comment", None)
COMPARED = ("nofollow", "ugc", "sponsored", "anchor", "alt")


@dataclass
class Made:
    """The tables as plain rows."""

    links: list[Row] = field(default_factory=list)
    indirect: list[Row] = field(default_factory=list)
    versions: list[Row] = field(default_factory=list)
    captures: list[Row] = field(default_factory=list)
    hosts: list[Row] = field(default_factory=list)
    domains: list[Row] = field(default_factory=list)
    pairs: list[Row] = field(default_factory=list)

    def write(self, folder: Path) -> Path:
        """The snapshot as files."""
        _write(folder, "links", SNAPSHOT_LINKS, self.links, row_group_size=50)
        _write(folder, "indirect", INDIRECT_LINKS, self.indirect)
        _write(folder, "versions", LINK_VERSIONS, self.versions)
        _write(folder, "captures", SNAPSHOT_CAPTURES, self.captures)
        _write(folder, "hosts", HOSTS, self.hosts)
        _write(folder, "domains", DOMAINS, self.domains)
        _write(folder, "pairs", DOMAIN_PAIRS, self.pairs)
        return folder

    @property
    def external(self) -> list[Row]:
        return [link for link in self.links if not link["is_internal"]]


def _write(folder: Path, name: str, schema: TableSchema, rows: list[Row], **options: Any) -> None:
    (folder / name).mkdir(parents=True, exist_ok=True)
    table = pa.Table.from_pylist(rows, schema=schema.arrow)
    pq.write_table(table, folder / name / "0.parquet", **options)


def make(seed: int, *, n_pages: int = 30, n_links: int = 8) -> Made:
    """A snapshot of random pages, each captured one to three times, with links that come, go and change."""
    dice = random.Random(seed)
    made = Made()
    numbers = iter(range(1, 1 << 40))
    pages = {same_page_key(url): url for url in (_page(dice) for _ in range(n_pages))}
    for key, url in sorted(pages.items()):
        captures = _captures(dice, key, url, numbers)
        made.captures += captures
        _links_of_page(dice, made, captures, numbers, n_links)
    _strengthen(made)
    made.links.sort(key=lambda r: (r["target_key"], -r["strength"], r["source_url"], r["ordinal"], r["link_id"]))
    made.versions.sort(key=lambda r: (r["source_key"], r["link_id"], r["seen_from"]))
    _indirect(dice, made)
    _sums(made)
    return made


def _page(dice: random.Random) -> str:
    host = dice.choice(list(HOST_DOMAINS))
    path = dice.choice(PATHS).replace("ü", "%C3%BC")
    return f"{dice.choice(('https', 'https', 'http'))}://{host}{path}"


def _host(url: str) -> str:
    return url.split("/")[2]


def _captures(dice: random.Random, key: str, url: str, numbers: Any) -> list[Row]:
    rows: list[Row] = []
    day = dice.randrange(5)
    ip = dice.choice((None, "198.51.100.7", "198.51.100.9", "203.0.113.5", "2001:db8::1"))
    for n in range(dice.choice((1, 1, 2, 3))):
        day += dice.randrange(1, 20)
        conclusive = n == 0 or dice.random() < 0.85
        gone = conclusive and n > 0 and dice.random() < 0.15
        status = 404 if gone else 200 if conclusive else 503
        row: Row = {column.name: None for column in SNAPSHOT_CAPTURES}
        row |= {
            "capture_id": next(numbers) * 2654435761 % (1 << 63), "url_key": key, "url": url, "url_raw": url,
            "host": _host(url),
            "domain": HOST_DOMAINS[_host(url)], "fetched_at": START + day * DAY, "http_status": status, "depth": "warc",
            "ip": ip, "is_revisit": False, "evidence_file": "made.warc", "evidence_offset": day, "evidence_length": 10,
            "is_conclusive": conclusive, "is_current": False,
        }  # fmt: skip
        if status == 200:
            row |= {
                "title": f"Title of {url}", "lang": dice.choice(("en", "de", None)), "page_kind": "article",
                "robots_noindex": False, "robots_nofollow": False, "n_internal_links": 1, "n_external_links": 3,
                "n_words": dice.randrange(1000), "content_type": "text/html", "alternates": [],
                "author": dice.choice((None, "Ann")), "text_digest": 1,
            }  # fmt: skip
        rows.append(row)
    current = [row for row in rows if row["is_conclusive"]][-1]
    current["is_current"] = True
    return rows


def _links_of_page(dice: random.Random, made: Made, captures: list[Row], numbers: Any, n_links: int) -> None:
    shown = [c for c in captures if c["is_conclusive"]]
    for _ in range(dice.randrange(n_links + 1)):
        target = _page(dice)
        link = _link(dice, captures[0], target, next(numbers))
        states: list[Row | None] = []
        current: Row = link
        for capture in shown:
            if dice.random() < 0.2:
                current = {**current, "anchor": dice.choice(ANCHORS), "nofollow": _maybe(dice.random())}
            is_there = capture["http_status"] == 200 and dice.random() < 0.8
            states.append({**current, "capture_id": capture["capture_id"]} if is_there else None)
        if any(states):
            _add_link(made, shown, states)


def _link(dice: random.Random, capture: Row, target: str, number: int) -> Row:
    row: Row = {column.name: None for column in SNAPSHOT_LINKS}
    source_domain, target_domain = capture["domain"], HOST_DOMAINS[_host(target)]
    nofollow = dice.random() < 0.3
    row |= {
        "link_id": number * 11400714819323198485 % (1 << 64), "ordinal": dice.randrange(50),
        "source_url": capture["url"], "source_key": capture["url_key"], "source_host": capture["host"],
        "source_domain": source_domain, "target_url": target, "target_key": same_page_key(target),
        "target_host": _host(target), "target_domain": target_domain,
        "target_raw": dice.choice((None, "/raw")),
        "kind": dice.choice(("anchor", "anchor", "anchor", "image", "canonical", "form")),
        "rel": "nofollow" if nofollow else None, "nofollow": nofollow, "ugc": dice.random() < 0.1,
        "sponsored": dice.random() < 0.1, "rel_origin": "rel" if nofollow else None, "anchor": dice.choice(ANCHORS),
        "alt": dice.choice((None, "picture")), "text_before": dice.choice((None, "before")), "text_after": None,
        "heading": dice.choice((None, "Heading")), "region": dice.choice(REGIONS),
        "position_share": dice.choice((None, 0.164, 0.5)), "block_link_share": dice.choice((None, 0.999)),
        "is_internal": source_domain == target_domain,
    }  # fmt: skip
    other = random.Random(number)
    if other.random() < 0.3:  # of a list that tells of nofollow alone, or of nothing
        row |= {"nofollow": other.choice((True, False, None)), "ugc": None, "sponsored": None, "rel": None}
    return row


def _maybe(value: float) -> bool | None:
    """Yes, no, and now and then not known."""
    return None if value < 0.2 else value < 0.5


def _add_link(made: Made, captures: list[Row], states: list[Row | None]) -> None:
    seen = [n for n, state in enumerate(states) if state]
    last = states[seen[-1]]
    if last is None:
        return
    lost = captures[seen[-1] + 1] if seen[-1] + 1 < len(states) else None
    reason = None if lost is None else "page_gone" if lost["http_status"] == 404 else "removed"
    made.links.append(
        {
            **last,
            "first_seen": captures[seen[0]]["fetched_at"],
            "last_seen": captures[seen[-1]]["fetched_at"],
            "is_live": lost is None,
            "lost_at": lost and lost["fetched_at"],
            "lost_reason": reason,
            "n_seen": len(seen),
            "strength": 0,
        }
    )
    if len(captures) > 1:
        made.versions += _runs(captures, states)


def _runs(captures: list[Row], states: list[Row | None]) -> list[Row]:
    runs: list[Row] = []
    known: Row = {}
    for capture, state in zip(captures, states, strict=True):
        last = runs[-1] if runs and runs[-1]["ended_at"] is None else None
        if state is None:
            if last:
                last["ended_at"] = capture["fetched_at"]
                last["ended_by"] = "page_gone" if capture["http_status"] == 404 else "removed"
        elif last and not any(differs(known[name], state[name]) for name in COMPARED):
            shown = max({**last, **state}, last, key=lambda row: sum(row[name] is not None for name in COMPARED))
            last |= {**shown, "seen_to": capture["fetched_at"]}
            known = {name: known[name] if state[name] is None else state[name] for name in COMPARED}
        else:
            known = {name: state[name] for name in COMPARED} | _still_known(last, known, state)
            if last:
                last |= {"ended_at": capture["fetched_at"], "ended_by": "changed"}
            time = capture["fetched_at"]
            runs.append({**state, "seen_from": time, "seen_to": time, "ended_at": None, "ended_by": None})
    keep = set(LINK_VERSIONS.names)
    return [{name: value for name, value in run.items() if name in keep} for run in runs]


def _still_known(last: Row | None, known: Row, state: Row) -> Row:
    """What the captures before have told and this one does not."""
    return {name: known[name] for name in COMPARED if last and state[name] is None}


def differs(before: object, now: object) -> bool:
    """Whether two values are known and not the same."""
    return before is not None and now is not None and before != now


def _counted(link: Row) -> bool:
    return not link["is_internal"] and link["kind"] not in EMBED_KINDS


def follow(link: Row) -> bool | None:
    """Whether a link is follow; None where that is not known."""
    flags = [link[name] for name in ("nofollow", "ugc", "sponsored")]
    return False if True in flags else None if None in flags else True


def is_follow(link: Row) -> bool:
    return follow(link) is True


def is_unknown(link: Row) -> bool:
    return follow(link) is None


def _strengthen(made: Made) -> None:
    for link in made.links:
        domain = link["source_domain"]
        link["strength"] = len(
            {
                other["source_domain"]
                for other in made.links
                if other["target_domain"] == domain
                and _counted(other)
                and other["is_live"]
                and follow(other) is not False
            }
        )


def _indirect(dice: random.Random, made: Made) -> None:
    for link in made.links:
        if link["is_live"] and dice.random() < 0.1:
            final = _page(dice)
            row = {**link, "target_url": final, "target_key": same_page_key(final), "target_host": _host(final),
                   "target_domain": HOST_DOMAINS[_host(final)], "via": [link["target_url"]],
                   "via_kind": "redirect"}  # fmt: skip
            row["is_internal"] = row["source_domain"] == row["target_domain"]
            made.indirect.append(row)


def _sums(made: Made) -> None:
    names = {c["host"] for c in made.captures} | {x["target_host"] for x in made.links + made.indirect}
    zero = dict.fromkeys(("n_pages", "in_links", "in_follow_links", "in_unknown_follow_links", "in_pages",
                          "in_hosts", "in_domains", "in_follow_domains", "in_ips", "in_subnets", "out_links",
                          "out_domains", "lost_links"), 0)  # fmt: skip
    times = {"first_seen": None, "last_seen": None}
    for host in sorted(names, key=host_key):
        made.hosts.append({"host": host, "host_key": host_key(host), "domain": HOST_DOMAINS[host], **zero, **times})
    for domain in sorted({HOST_DOMAINS[host] for host in names}, key=host_key):
        made.domains.append(
            {
                "domain": domain,
                "domain_key": host_key(domain),
                "n_hosts": 1,
                **zero,
                **times,
                "flags": FLAGS.get(domain, []),
            }
        )
    pairs = sorted({(x["target_domain"], x["source_domain"]) for x in made.links if _counted(x)})
    for target, source in pairs:
        links = [x for x in made.links if (x["target_domain"], x["source_domain"]) == (target, source) and _counted(x)]
        live = [x for x in links if x["is_live"]]
        made.pairs.append(
            {
                "source_domain": source,
                "target_domain": target,
                "n_links": len(live),
                "n_follow_links": sum(is_follow(x) for x in live),
                "n_unknown_follow_links": sum(is_unknown(x) for x in live),
                "n_pages": len({x["source_key"] for x in live}),
                "n_lost_links": len(links) - len(live),
                "first_seen": min(x["first_seen"] for x in links),
                "last_seen": max(x["last_seen"] for x in links),
                "strength": links[0]["strength"],
                "best_link_id": links[0]["link_id"],
            }
        )
