"""What the index should say, worked out the plain way: dictionaries and loops over all captures."""

from __future__ import annotations

import ipaddress
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from small_parts import SmallPart

from inlink.urls.identity import same_page_key

Row = dict[str, Any]
RANKS = {"js": 0, "warc": 1, "wat": 2, "webmention": 3, "csv": 4}
FLAGS = ("nofollow", "ugc", "sponsored")
EMBEDS = {"image", "script", "style", "media", "rel_link"}
REASONS = {"gone": "page_gone", "redirect": "page_redirects", "other": "page_not_html", "page": "removed"}


@dataclass
class Look:
    """One capture: what it tells, and the links it shows."""

    row: Row
    tells: str
    links: list[Row]
    shown_by: Row
    is_conclusive: bool = False

    @property
    def content(self) -> int:
        return int(self.shown_by["capture_id"])

    @property
    def at(self) -> datetime:
        at: datetime = self.row["fetched_at"]
        return at


@dataclass
class Link:
    """The state of a link; `row` is as it was last seen."""

    rows: list[tuple[Any, Row]] = field(default_factory=list)
    seen: list[Look] = field(default_factory=list)
    lost_by: Look | None = None
    reason: str | None = None

    @property
    def row(self) -> Row:
        return max(self.rows, key=lambda one: one[0])[1]

    @property
    def first(self) -> datetime:
        return min(look.at for look in self.seen)

    @property
    def last(self) -> datetime:
        return max(look.at for look in self.seen)

    @property
    def is_live(self) -> bool:
        return self.lost_by is None


def looks(parts: Sequence[SmallPart]) -> dict[str, list[Look]]:
    """Captures of each page, oldest first, a deeper input winning over a shallower one."""
    best: dict[int, tuple[int, Row, list[Row], bool]] = {}
    for number, part in enumerate(parts):
        paged = {row["capture_id"] for row in part.pages}
        links: dict[int, list[Row]] = defaultdict(list)
        for i, link in enumerate(part.links):
            link["place"] = (number, i)
            if link["link_id"] not in {one["link_id"] for one in links[link["capture_id"]]}:
                links[link["capture_id"]].append(link)
        for row in part.captures:
            rank = RANKS[row["depth"]]
            if row["capture_id"] not in best or rank < best[row["capture_id"]][0]:
                best[row["capture_id"]] = (rank, row, links[row["capture_id"]], row["capture_id"] in paged)
    deepest: dict[tuple[str, datetime], int] = {}
    for row in (row for part in parts for row in part.captures):
        place, rank = (row["url"], row["fetched_at"]), RANKS[row["depth"]]
        deepest[place] = min(rank, deepest.get(place, rank))
    pages: dict[str, list[Look]] = defaultdict(list)
    for rank, row, found, has_page in best.values():
        if rank == RANKS["wat"] and deepest[row["url"], row["fetched_at"]] < rank:
            continue
        pages[row["url_key"]].append(Look(row, tells(row, has_page), found, row))
    for page in pages.values():
        page.sort(key=lambda look: (look.at, RANKS[look.row["depth"]]))
        _revisits(page)
        _one_conclusion_a_time(page)
    return pages


def tells(row: Row, has_page: bool) -> str:
    status, error, target = row["http_status"], row.get("error"), row.get("redirect_target")
    if row["depth"] == "csv":
        return "listed"
    if error is None and status in (301, 302) and target:
        return "nothing" if same_page_key(target) == row["url_key"] else "redirect"
    if error is None and status in (404, 410):
        return "gone"
    if row["is_revisit"] or status == 304:
        return "revisit"
    if status != 200:
        return "nothing"
    if has_page:
        return "page" if error is None else "partial"
    return "other" if error is None and row["content_type"] != "text/html" else "nothing"


def _revisits(page: list[Look]) -> None:
    originals = [look for look in page if look.tells in ("page", "partial", "other")]
    for look in page:
        if look.tells == "revisit":
            same = [o for o in originals if o.row["payload_digest"] == look.row["payload_digest"]]
            before = [o for o in same if o.at <= look.at]
            original = before[-1] if before else same[0] if same else None
            look.tells = "nothing"
            if original is not None:
                look.tells, look.links, look.shown_by = original.tells, original.links, original.row


def _one_conclusion_a_time(page: list[Look]) -> None:
    order = ["page", "other", "redirect", "gone"]
    for at in {look.at for look in page}:
        conclusive = [look for look in page if look.at == at and look.tells in order]
        conclusive.sort(key=lambda o: (order.index(o.tells), RANKS[o.row["depth"]], o.row["capture_id"]))
        for i, look in enumerate(conclusive):
            look.is_conclusive = i == 0
            if i > 0:
                look.tells = "partial" if look.tells in ("page", "other") else "nothing"
    for look in page:
        if look.tells not in ("page", "other", "redirect", "partial", "listed"):
            look.links = []


def link_states(pages: dict[str, list[Look]]) -> dict[int, Link]:
    """Every link ever seen with its state."""
    found: dict[int, Link] = {}
    for page in pages.values():
        mine: dict[int, Link] = {}
        real = [link for look in page for link in look.links if link["kind"] != "listed"]
        for look in page:
            for row in look.links:
                known = _real_of(row, real)
                link = mine.setdefault(known["link_id"], Link())
                last = max(other.at for other in page if other.content == look.content and other.links)
                number, i = row["place"]
                rank = -RANKS[look.shown_by["depth"]]
                link.rows.append(((row["kind"] != "listed", last, rank, -number, -i), row))
                if look not in link.seen:
                    link.seen.append(look)
        for link in mine.values():
            after = [look for look in page if look.is_conclusive and look.at > link.last]
            if after:
                link.lost_by, link.reason = after[0], REASONS[after[0].tells]
        found.update(mine)
    _moves(found.values())
    return found


def _real_of(row: Row, real: list[Row]) -> Row:
    same = [other for other in real if other["target_key"] == row["target_key"]]
    if row["kind"] != "listed" or not same:
        return row
    return min(same, key=lambda o: (o["kind"] != "anchor", o["ordinal"], o["link_id"]))


def _moves(links: Iterable[Link]) -> None:
    """A lost link has moved where what it says stands live on other pages of the domain, and stood there only later."""
    voices = defaultdict(list)
    for link in (links := list(links)):
        row = link.row
        says = row.get("anchor") or row.get("text_before") or row.get("text_after")
        if (
            says
            and row["position_share"] is not None
            and row["kind"] not in EMBEDS
            and row["source_host"] != row["target_host"]
        ):
            for voice in _voices(row):
                voices[voice].append(link)
    for holders in voices.values():
        for link in holders:
            others = [other for other in holders if other.row["source_key"] != link.row["source_key"]]
            came_later = all(other.first > link.last for other in others)
            if not link.is_live and came_later and any(other.is_live for other in others):
                link.reason = "moved"


def _voices(row: Row) -> list[tuple[Any, ...]]:
    """What a link says: target, anchor and one long side of its context, or both sides where neither is long."""
    same = tuple(row.get(name) for name in ("source_domain", "target_key", "kind", "anchor"))
    before, after = row.get("text_before") or "", row.get("text_after") or ""
    told = [(*same, side, text) for side, text in (("before", before), ("after", after)) if len(text) >= 24]
    return told or [(*same, "both", before, after)]


def is_follow(row: Row) -> bool | None:
    """Whether a link is follow; None where that is not known."""
    flags = [row[name] for name in FLAGS]
    return False if True in flags else None if None in flags else True


def is_counted(link: Link) -> bool:
    return link.row["source_domain"] != link.row["target_domain"] and link.row["kind"] not in EMBEDS


def sums(links: Iterable[Link], level: str, ips: dict[str, str | None]) -> dict[str, Row]:
    """Incoming sums of each host or domain that has any."""
    into = defaultdict(list)
    for link in links:
        if is_counted(link):
            into[link.row[f"target_{level}"]].append(link)
    return {name: _sum(found, ips) for name, found in into.items()}


def _sum(links: list[Link], ips: dict[str, str | None]) -> Row:
    live = [link for link in links if link.is_live]
    follow = [link for link in live if is_follow(link.row) is True]
    known = {ip for link in live if (ip := ips.get(link.row["source_key"])) is not None}
    return {
        "in_links": len(live),
        "in_follow_links": len(follow),
        "in_unknown_follow_links": sum(is_follow(link.row) is None for link in live),
        "in_pages": len({link.row["source_key"] for link in live}),
        "in_domains": len({link.row["source_domain"] for link in live}),
        "in_follow_domains": len({link.row["source_domain"] for link in follow}),
        "in_ips": len(known),
        "in_subnets": len({ipaddress.ip_network(f"{ip}/24", strict=False) for ip in known}),
        "lost_links": len(links) - len(live),
    }


def versions(pages: dict[str, list[Look]], states: dict[int, Link]) -> set[tuple[Any, ...]]:
    """(link_id, seen_from, seen_to, ended_at, ended_by) of every run in which a link stood unchanged."""
    found = set()
    for page in pages.values():
        conclusive = [look for look in page if look.is_conclusive]
        if len(conclusive) < 2:
            continue
        shown = [{link["link_id"]: link for link in look.links} for look in conclusive]
        for link_id in {link_id for one in shown for link_id in one}:
            found.update(_runs(link_id, conclusive, shown, states[link_id]))
    return found


def _runs(link_id: int, page: list[Look], shown: list[dict[int, Row]], state: Link) -> list[tuple[Any, ...]]:
    runs: list[list[int]] = []
    known: Row = {}
    for i, links in enumerate(shown):
        if link_id in links:
            if not runs or runs[-1][-1] != i - 1:
                known = {}
            told = {name: value for name in _TOLD if (value := links[link_id].get(name)) is not None}
            if known and all(known.get(name, value) == value for name, value in told.items()):
                runs[-1].append(i)
            else:
                runs.append([i])
            known |= {**told, "is seen": True}
    out = []
    for n, run in enumerate(runs):
        after = run[-1] + 1
        by = None
        if after < len(page):
            is_changed = n + 1 < len(runs) and runs[n + 1][0] == after
            is_moved = n + 1 == len(runs) and state.reason == "moved"
            by = "changed" if is_changed else "moved" if is_moved else REASONS[page[after].tells]
        out.append((link_id, page[run[0]].at, page[run[-1]].at, page[after].at if by else None, by))
    return out


_TOLD = (*FLAGS, "anchor", "alt")
