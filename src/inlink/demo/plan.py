"""The plan of the demo web: data/sites/*.toml read into sites and pages.

A site file has the fields of `Site`, then `[[page]]` tables (path, title, kind, text, filler, comments, bio, lists and
options) and `[[series]]` tables: many pages of one kind with seeded text, among which the paragraphs of `weave` are
dealt out.

Options: times (digits of the times at which a crawler asks for the page, "12" unless given), since (the time from which
lists name it), answer (a status, "301 URL", "pdf", or "parked" / "missing" for the template to show instead), robots,
x_robots, canonical, alternates, header_links, refresh, template, scheme. `name2` stands for `name` at time 2.
"""

from __future__ import annotations

import random
import re
import tomllib
from collections.abc import Iterator
from importlib.resources import files
from typing import Any

from inlink.demo import prose
from inlink.demo.model import Page, Site

_SITE_FIELDS = ("host", "name", "tagline", "template", "lang", "charset", "ip", "prose", "scheme", "headers")
_PAGE_FIELDS = ("path", "title", "kind", "text", "filler", "comments", "bio", "lists")


def read_plan(seed: int) -> list[list[Page]]:
    """The pages of every site, sites in order of their files' names."""
    folder = files("inlink.demo").joinpath("data/sites")
    names = sorted(entry.name for entry in folder.iterdir() if entry.name.endswith(".toml"))
    return [_pages(tomllib.loads(folder.joinpath(name).read_text(encoding="utf-8")), seed) for name in names]


def _site(table: dict[str, Any]) -> Site:
    given = {name: table[name] for name in _SITE_FIELDS if name in table}
    return Site(
        **given,
        nav=tuple((text, path) for text, path in table.get("nav", ())),
        aside=tuple(table.get("aside", ())),
        footer=tuple(table.get("footer", ())),
    )


def _pages(table: dict[str, Any], seed: int) -> list[Page]:
    site = _site(table)
    common = {name: value for name, value in table.items() if name.startswith(("answer", "times"))}
    entries = [*table.get("page", ()), *(e for series in table.get("series", ()) for e in _series(series, site, seed))]
    return [_page(entry, site, entries, common, seed) for entry in entries]


def _series(series: dict[str, Any], site: Site, seed: int) -> Iterator[dict[str, Any]]:
    """One page table for each title; the paragraphs of `weave` are dealt out among them."""
    draw = random.Random(f"{seed}:{site.host}:{series['path']}")  # noqa: S311 - text, not secrets
    titles = [tuple(title.split("|", 1)) if "|" in title else (_slug(title), title) for title in series["titles"]]
    dealt: list[list[str]] = [[] for _ in titles]
    for i, paragraph in enumerate(series.get("weave", ())):
        dealt[i if i < len(titles) else draw.randrange(len(titles))].append(paragraph)
    shared = {k: v for k, v in series.items() if k not in ("titles", "weave", "path")}
    for (slug, title), texts in zip(titles, dealt, strict=True):
        yield {**shared, "path": series["path"].replace("{slug}", slug), "title": title, "text": "\n\n".join(texts)}


def _slug(title: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-")


def _page(entry: dict[str, Any], site: Site, entries: list[dict[str, Any]], common: dict[str, Any], seed: int) -> Page:
    filler = prose.paragraphs(site.prose, entry.get("filler", 0), f"{seed}:{site.host}{entry['path']}")
    text = entry.get("text", "").strip()
    return Page(
        site=site,
        path=entry["path"],
        title=entry["title"],
        kind=entry.get("kind", "article"),
        text="\n\n".join([*filler[:1], *([text] if text else []), *filler[1:]]),
        comments=tuple(entry.get("comments", ())),
        bio=entry.get("bio", ""),
        listing=_listing(entry, entries),
        options={**common, **{k: v for k, v in entry.items() if k not in _PAGE_FIELDS}},
    )


def _listing(entry: dict[str, Any], entries: list[dict[str, Any]]) -> tuple[tuple[str, str, int], ...]:
    """Path, title and first time of the pages below `lists`."""
    prefix = entry.get("lists")
    if not prefix:
        return ()
    below = (e for e in entries if e["path"].startswith(prefix) and e["path"] not in (prefix, entry["path"]))
    return tuple((e["path"], e["title"], int(e.get("since", 0))) for e in below)
