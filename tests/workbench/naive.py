"""Answers by plain loops over the rows of a made snapshot: slow, short, and written apart from the workbench."""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any

from made_snapshot import FLAGS, HOST_DOMAINS, Made, Row, differs, follow, is_follow, is_unknown

from inlink.schema import EMBED_KINDS
from inlink.urls.identity import same_page_key


def in_scope(url: str, target: str, scope: str) -> bool:
    """Whether a URL belongs to a target."""
    host = url.split("/")[2]
    if scope == "domain":
        return HOST_DOMAINS[host] == target
    if scope == "host":
        return host == target
    key, wanted = same_page_key(url), same_page_key(target)
    if scope == "url":
        return key == wanted
    head = wanted.split("?")[0].removesuffix("/")
    return key == head or key.startswith((head + "/", head + "?"))


def is_left_out(domain: str) -> bool:
    return bool({"infrastructure", "hosting"} & set(FLAGS.get(domain, ())))


def backlinks(made: Made, target: str, scope: str, *, state: str = "live", **options: bool) -> list[Row]:
    """Rows of links to a target, in the default order."""
    rows = [row for row in made.external if in_scope(row["target_url"], target, scope)]
    rows = [row for row in rows if state == "all" or row["is_live"] == (state == "live")]
    rows = [row for row in rows if options.get("infrastructure") or not is_left_out(row["source_domain"])]
    rows = [row for row in rows if options.get("embeds") or row["kind"] not in EMBED_KINDS]
    order = {row["link_id"]: n for n, row in enumerate(made.links)}
    return sorted(rows, key=lambda row: (-row["strength"], order[row["link_id"]]))


def shown_first(row: Row) -> tuple[bool, int, bool]:
    """Which of several links of a source is shown: live, follow (unknown before nofollow), main region first."""
    return (not row["is_live"], (True, None, False).index(follow(row)), row["region"] != "main")


def grouped(made: Made, rows: list[Row], group: str) -> list[tuple[int, int]]:
    """(link_id of the row shown, how many it stands for), in the default order."""
    keys: dict[str, Callable[[Row], Any]] = {
        "similar": lambda r: (r["source_host"], r["target_key"], r["anchor"], r["kind"]),
        "page": lambda r: r["source_key"],
        "domain": lambda r: r["source_domain"],
    }
    order = {row["link_id"]: n for n, row in enumerate(made.links)}
    groups: dict[Any, list[Row]] = defaultdict(list)
    for row in rows:
        groups[keys[group](row)].append(row)
    ranks: Callable[[Row], Any] = shown_first if group != "similar" else lambda _: ()
    best = [(min(g, key=lambda r: (ranks(r), order[r["link_id"]])), len(g)) for g in groups.values()]
    best.sort(key=lambda pair: (-pair[0]["strength"], order[pair[0]["link_id"]]))
    return [(row["link_id"], n) for row, n in best]


def fold(text: str | None) -> str | None:
    """Lower case, no accents, no punctuation."""
    if text is None:
        return None
    bare = "".join(c for c in unicodedata.normalize("NFD", text) if not unicodedata.combining(c))
    return re.sub(r"[\W_]+", " ", bare.lower()).strip()


def sums(made: Made, rows: Iterable[Row], key: Callable[[Row], Any]) -> dict[Any, Row]:
    """The sums of each group of links, live and lost together."""
    groups: dict[Any, list[Row]] = defaultdict(list)
    for row in rows:
        groups[key(row)].append(row)
    return {name: _sums(group) for name, group in groups.items()}


def _sums(rows: list[Row]) -> Row:
    live = [row for row in rows if row["is_live"]]
    return {
        "n_links": len(live),
        "n_follow_links": sum(map(is_follow, live)),
        "n_unknown_follow_links": sum(map(is_unknown, live)),
        "n_pages": len({row["source_key"] for row in live}),
        "n_hosts": len({row["source_host"] for row in live}),
        "n_domains": len({row["source_domain"] for row in live}),
        "n_follow_domains": len({row["source_domain"] for row in live if is_follow(row)}),
        "n_target_pages": len({row["target_key"] for row in live}),
        "n_lost_links": len(rows) - len(live),
        "first_seen": min(row["first_seen"] for row in rows),
        "last_seen": max(row["last_seen"] for row in rows),
        "strength": max(row["strength"] for row in rows),
    }


def current_ips(made: Made) -> dict[str, str | None]:
    """Page key → address of the capture that stands for the page."""
    return {row["url_key"]: row["ip"] for row in made.captures if row["is_current"]}


def state_at(made: Made, link: Row, time: datetime) -> Row | None:
    """The link as the latest conclusive capture of its page up to `time` shows it."""
    runs = [run for run in made.versions if run["link_id"] == link["link_id"]]
    if not runs:
        is_there = link["first_seen"] <= time and (link["lost_at"] is None or link["lost_at"] > time)
        return link if is_there else None
    for run in runs:
        if run["seen_from"] <= time and (run["ended_at"] is None or run["ended_at"] > time):
            return run
    return None


def change_between(made: Made, link: Row, start: datetime, end: datetime) -> str | None:
    """What became of a link in (start, end]."""
    before, now = state_at(made, link, start), state_at(made, link, end)
    if before is None and now is None:
        return None
    if now is None:
        return "lost"
    if before is not None:
        names = ("nofollow", "ugc", "sponsored", "anchor", "alt")
        return "changed" if any(differs(before[name], now[name]) for name in names) else None
    if link["first_seen"] <= start:
        return "restored"
    times = [c["fetched_at"] for c in made.captures if c["url_key"] == link["source_key"] and c["is_conclusive"]]
    return "new" if min(times) < link["first_seen"] else "found"
