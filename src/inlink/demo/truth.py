"""What every report should find in the demo web, computed from the plan and from no reader of HTML."""

from __future__ import annotations

import ipaddress
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from inlink.demo.history import Identity, Life, by_page, links_of, lives_of, lost_reason, mover_of
from inlink.demo.model import TIMES, Answer, Link, page_key
from inlink.schema.words import EMBED_KINDS

EMBEDS = frozenset(EMBED_KINDS)
CHAINS = ("redirect", "refresh", "canonical")  # what sends a reader on, the strongest first
WINDOW = (datetime(2026, 10, 1, tzinfo=UTC), datetime(2026, 10, 31, tzinfo=UTC))

# What is asked about: target and scope.
TARGETS = (
    ("crumbandcrust.example", "domain"),
    ("crumbandcrust.example", "host"),
    ("https://crumbandcrust.example/guides/", "prefix"),
    ("https://crumbandcrust.example/guides/sourdough-starter/", "url"),
    ("ryeandshine.example", "domain"),
    ("ryeandshine.example", "host"),
    ("floursource.example", "domain"),
    ("bakersbench.example", "domain"),
    ("forum.bakersbench.example", "host"),
    ("tinandtray.example", "domain"),
    ("https://tinandtray.example/shop/", "prefix"),
    ("northmoor.example", "domain"),
    ("pedalnotes.example", "domain"),
)

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Truth:
    """links: every link from one domain to another; indirect: links that arrive by redirect; reports: by target.

    broken: pages that are gone and that other domains still link to.
    """

    seed: int
    times: list[str]
    window: list[str]
    hosts: list[Row]
    reports: list[Row]
    links: list[Row]
    indirect: list[Row]
    changes: list[Row]
    broken: list[Row]
    script_links: list[Row]

    def to_dict(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        return asdict(self)


def truth_of(answers: Sequence[Answer], seed: int) -> Truth:
    """The truth about a set of crawls."""
    lives = lives_of(answers)
    external = [life for life in lives if not is_internal(life)]
    rows = [link_row(life, external) for life in external]
    indirect = list(indirect_rows(lives, answers))
    return Truth(
        seed=seed,
        times=[_iso(time) for time in TIMES],
        window=[_iso(time) for time in WINDOW],
        hosts=host_rows(answers),
        reports=[report(target, scope, rows, indirect) for target, scope in TARGETS],
        links=rows,
        indirect=indirect,
        changes=list(change_rows(answers, external)),
        broken=list(broken_rows(answers, rows)),
        script_links=script_rows(answers),
    )


def domain_of(host: str) -> str:
    """The registrable domain of a host of the demo web."""
    return ".".join(host.split(".")[-2:])


def host_of(url: str) -> str:
    """The host of a URL."""
    return urlsplit(url).hostname or ""


def is_internal(life: Life) -> bool:
    """Whether source and target are in one domain."""
    return domain_of(host_of(life.last.url)) == life.page.site.domain


def _iso(time: datetime) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ")


def link_row(life: Life, lives: Sequence[Life]) -> Row:
    """A link as the tables of links show it."""
    link, site = life.last, life.page.site
    mover = mover_of(life, lives)
    return {
        "source_url": life.page.url,
        "source_host": site.host,
        "source_domain": site.domain,
        "target_url": link.url,
        "target_host": host_of(link.url),
        "target_domain": domain_of(host_of(link.url)),
        "kind": link.kind,
        "anchor": link.anchor,
        "alt": link.alt,
        **flags(link),
        "rel_origin": "+".join(link.origins) or None,
        "region": link.region,
        "ip": site.ip,
        "first_seen": _iso(life.first_seen),
        "last_seen": _iso(life.last_seen),
        "n_seen": len(life.seen),
        "is_live": life.lost_by is None,
        "lost_at": _iso(life.lost_by.fetched_at) if life.lost_by else None,
        "lost_reason": lost_reason(life, lives),
        "moved_to": mover.page.url if mover else None,
    }


def flags(link: Link) -> Row:
    """The three marks of a link."""
    return {
        "nofollow": link.is_nofollow,
        "ugc": "ugc" in link.rel_words,
        "sponsored": "sponsored" in link.rel_words,
    }


def is_follow(row: Row) -> bool:
    """Whether a link row passes a vote."""
    return not (row["nofollow"] or row["ugc"] or row["sponsored"])


def is_in_scope(url: str, target: str, scope: str) -> bool:
    """Whether a URL is what is asked about."""
    if scope == "domain":
        return domain_of(host_of(url)) == target
    if scope == "host":
        return host_of(url) == target
    key, wanted = page_key(url), page_key(target)
    return key == wanted or (scope == "prefix" and key.startswith(wanted.rstrip("/") + "/"))


def subnet(ip: str) -> str:
    """The /24 of an IPv4 address, the /48 of an IPv6 address."""
    return str(ipaddress.ip_network(f"{ip}/{48 if ':' in ip else 24}", strict=False))


def report(target: str, scope: str, rows: Iterable[Row], indirect: Iterable[Row]) -> Row:
    """The numbers of a target, its referring domains, hosts and anchors."""
    all_rows = [r for r in rows if r["kind"] not in EMBEDS and is_in_scope(r["target_url"], target, scope)]
    live = [row for row in all_rows if row["is_live"]]
    follow = [row for row in live if is_follow(row)]
    return {
        "target": target,
        "scope": scope,
        "n_links": len(live),
        "n_follow_links": len(follow),
        "n_nofollow_links": sum(row["nofollow"] for row in live),
        "n_ugc_links": sum(row["ugc"] for row in live),
        "n_sponsored_links": sum(row["sponsored"] for row in live),
        "n_pages": len({row["source_url"] for row in live}),
        "n_hosts": len({row["source_host"] for row in live}),
        "n_domains": len({row["source_domain"] for row in live}),
        "n_follow_domains": len({row["source_domain"] for row in follow}),
        "n_ips": len({row["ip"] for row in live}),
        "n_subnets": len({subnet(row["ip"]) for row in live}),
        "n_target_pages": len({page_key(row["target_url"]) for row in live}),
        "n_lost_links": len(all_rows) - len(live),
        "n_indirect_links": sum(is_in_scope(row["target_url"], target, scope) for row in indirect),
        "domains": _tally(live, "source_domain"),
        "hosts": _tally(live, "source_host"),
        "anchors": _tally([row for row in live if row["anchor"]], "anchor"),
        "kinds": dict(sorted(Counter(row["kind"] for row in live).items())),
        "regions": dict(Counter(row["region"] or "unknown" for row in live if row["kind"] == "anchor").most_common()),
    }


def _tally(rows: Sequence[Row], column: str) -> dict[str, list[int]]:
    """Value → [links, follow links, domains], most domains first."""
    found: dict[str, list[Row]] = {}
    for row in rows:
        found.setdefault(row[column], []).append(row)
    counted = {
        value: [len(group), sum(map(is_follow, group)), len({row["source_domain"] for row in group})]
        for value, group in found.items()
    }
    return dict(sorted(counted.items(), key=lambda item: (-item[1][2], -item[1][0], item[0])))


def host_rows(answers: Sequence[Answer]) -> list[Row]:
    """Hosts of the demo web with how many of their pages answer now, and how often they were looked at."""
    current = {url: captures[-1] for url, captures in by_page(answers).items()}
    sites = {answer.page.site.host: answer.page.site for answer in answers}
    n_pages = Counter(a.page.site.host for a in current.values() if a.is_html)
    n_answers = Counter(answer.page.site.host for answer in answers)
    return [
        {"host": host, "domain": site.domain, "ip": site.ip, "n_pages": n_pages[host], "n_captures": n_answers[host]}
        for host, site in sorted(sites.items())
    ]


def script_rows(answers: Sequence[Answer]) -> list[Row]:
    """Links that only a browser with scripts on would see, as planned."""
    pages = {answer.page.url: answer.page for answer in answers}
    return [
        {"source_url": url, "target_url": href, "anchor": anchor}
        for url, page in sorted(pages.items())
        for anchor, href in page.options.get("script_links", ())
    ]


def broken_rows(answers: Sequence[Answer], rows: Sequence[Row]) -> Iterable[Row]:
    """Pages that answered 404 or 410 last, with the domains that still link to them."""
    for url, captures in sorted(by_page(answers).items()):
        links = [
            r for r in rows if r["is_live"] and r["kind"] not in EMBEDS and page_key(r["target_url"]) == page_key(url)
        ]
        if links and captures[-1].status in (404, 410):
            yield {
                "target_url": url,
                "status": captures[-1].status,
                "n_domains": len({row["source_domain"] for row in links}),
                "n_follow_domains": len({row["source_domain"] for row in links if is_follow(row)}),
                "n_links": len(links),
            }


def indirect_rows(lives: Sequence[Life], answers: Sequence[Answer]) -> Iterable[Row]:
    """Live links whose target leads elsewhere now, with the chain up to the page of another domain that they reach."""
    leads = {page_key(url): hop for url, captures in by_page(answers).items() if (hop := lead(captures[-1]))}
    for life in lives:
        if life.lost_by is not None or life.last.kind in EMBEDS or life.last.kind in CHAINS:
            continue
        via, kinds, url = [], set(), life.last.url
        while (hop := leads.get(page_key(url))) and url not in via:
            via.append(url)
            kinds.add(hop.kind)
            url = hop.url
        if via and domain_of(host_of(url)) != life.page.site.domain:
            kind = kinds.pop() if len(kinds) == 1 else "mixed"
            row = {"source_url": life.page.url, "target_url": url, "kind": life.last.kind, "anchor": life.last.anchor}
            yield {**row, "via": via, "via_kind": kind}


def lead(answer: Answer) -> Link | None:
    """Where an answer sends its reader on to another page: by redirect, meta refresh, or as canonical."""
    for kind in CHAINS:
        for link in answer.links:
            if link.kind == kind and page_key(link.url) != page_key(answer.page.url):
                return link
    return None


def change_rows(answers: Sequence[Answer], lives: Sequence[Life]) -> Iterable[Row]:
    """What changed in WINDOW, for links between domains that are no embeds."""
    known = {life.identity: life for life in lives if life.last.kind not in EMBEDS}
    for url, captures in sorted(by_page(answers).items()):
        before = [a for a in captures if a.fetched_at <= WINDOW[0]]
        inside = [a for a in captures if WINDOW[0] < a.fetched_at <= WINDOW[1]]
        if not inside:
            continue
        old = links_of(before[-1]) if before else {}
        new = links_of(inside[-1])
        ever = {identity for answer in before for identity in links_of(answer)}
        for identity in sorted({*old, *new} & known.keys()):
            row = {"source_url": url, "target_url": identity[1], "kind": identity[2], "occurrence": identity[3]}
            if identity in old and identity in new:
                if differences := changed(old[identity], new[identity]):
                    yield {**row, "change": "changed", "reason": differences}
            elif identity in new:
                yield {**row, **gained(identity, ever, has_earlier=bool(before))}
            else:
                yield {**row, **lost(known[identity], lives, [new[i] for i in new.keys() - old.keys()])}


def gained(identity: Identity, ever: set[Identity], *, has_earlier: bool) -> Row:
    """Whether a link is back, is new on its page, or is on a page that was not seen before."""
    if identity in ever:
        return {"change": "restored", "reason": "link_restored"}
    return {"change": "new", "reason": "link_added"} if has_earlier else {"change": "found", "reason": "page_found"}


def lost(life: Life, lives: Sequence[Life], arrivals: Sequence[Link]) -> Row:
    """Whether a link is gone, has moved, or leads elsewhere now: `arrivals` are the links that its page gained."""
    reason = lost_reason(life, lives)
    if mover := mover_of(life, lives):
        return {"change": "moved", "reason": reason, "moved_to": mover.page.url}
    heirs = [link for link in arrivals if (link.kind, link.anchor) == (life.last.kind, life.last.anchor)]
    if reason == "removed" and life.last.anchor and len(heirs) == 1:
        return {"change": "changed", "reason": "target", "target_now": heirs[0].url}
    return {"change": "lost", "reason": reason}


def changed(old: Link, new: Link) -> str:
    """Which of rel, anchor and alt differ, joined by "+"."""
    pairs = {"rel": (flags(old), flags(new)), "anchor": (old.anchor, new.anchor), "alt": (old.alt, new.alt)}
    return "+".join(name for name, (a, b) in pairs.items() if a != b)
