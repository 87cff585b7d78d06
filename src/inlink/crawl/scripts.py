"""Which pages deserve that their scripts are run, and what running them shows that was not there before."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from inlink.crawl.archive import Converted, read_body
from inlink.crawl.frontier import Unscripted
from inlink.crawl.harvest import Harvest, harvest
from inlink.extract.html import extract_web
from inlink.fetch import Reply
from inlink.fetch.browser import Scripted
from inlink.sources.codings import undo_codings
from inlink.sources.limits import DEFAULT_LIMITS
from inlink.sources.records import Record
from inlink.sources.rendered import CONTENT_TYPE, KEPT_HEADERS, Rendered, link_key, sealed
from inlink.urls.domains import SuffixRules

FEW_LINKS = 5
_SCRIPT = re.compile(
    rb"<script(?![^<>]*\stype\s*=\s*[\"']?\s*(?:application/(?:ld\+)?json|text/template|importmap|speculationrules))",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Made:
    """What scripts made of a page: its record and what it leads to; or why nothing (`problem`)."""

    page: Unscripted
    problem: str | None = None
    record: Converted | None = None
    found: Harvest | None = None
    n_links: int = 0


def deserves_scripts(which: str, record: Record, found: Harvest) -> bool:
    """Whether a page's scripts are run: it has some, and few links to other pages (or `which` is all)."""
    if which == "no" or not found.is_page or record.http_status != 200:
        return False
    n_links = sum(url.partition("#")[0] != record.url for url in found.links)
    return (which == "all" or n_links <= FEW_LINKS) and _SCRIPT.search(record.body) is not None


def archived_reply(folder: Path, page: Unscripted) -> Reply | None:
    """The page's answer as it was sent; None where it is not archived any more."""
    kept = read_body(folder, page.place)
    return None if kept is None else Reply(page.task.url, page.answered_at_us, 200, headers=page.headers, body=kept[1])


def made_of(page: Unscripted, reply: Reply, scripted: Scripted) -> Made:
    """What is archived of a page whose scripts were run, and where it leads. Cost: two extractions."""
    if scripted.html is None:
        return Made(page, scripted.problem or "browser")
    kept = tuple((name, value) for name, value in reply.headers if name.lower() in KEPT_HEADERS)
    headers = (("Content-Type", CONTENT_TYPE), *kept)
    after = Record(reply.url, reply.asked_at_us, 200, headers, scripted.html, 0, None)
    new = _keys(after) - _keys(_served(reply))
    block = sealed(Rendered(scripted.html, headers, frozenset(new)))
    (found,) = harvest([after], [False])
    record = Converted(reply.url, block, CONTENT_TYPE, scripted.at_us, page.record, reply.asked_at_us)
    return Made(page, None, record, found, len(new))


def _served(reply: Reply) -> Record:
    body = undo_codings(reply.body, reply.header("content-encoding") or "", DEFAULT_LIMITS).body
    return Record(reply.url, reply.asked_at_us, 200, reply.headers, body, 0, None)


def _keys(record: Record) -> set[int]:
    """The links of a page."""
    links = extract_web([record], "", SuffixRules(), DEFAULT_LIMITS).batch.links
    return {link_key(*link) for link in zip(*(links[name].to_pylist() for name in ("kind", "target_url")), strict=True)}


def made_of_all(made: Sequence[tuple[Unscripted, Reply | None, Scripted | None]]) -> list[Made]:
    """`made_of` each; pages whose answer is gone are told as such."""
    return [
        Made(page, "gone") if reply is None or scripted is None else made_of(page, reply, scripted)
        for page, reply, scripted in made
    ]
