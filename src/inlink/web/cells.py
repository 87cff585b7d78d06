"""Cells of the working tables, written straight as HTML: a page has hundreds, and macros cost it most of its time.

Every function gives markup that is safe: what was fetched goes through `said`, which escapes it. `CELLS` are the
kinds of cells that columns name, each called with a row and what the page knows of all rows.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import quote_plus

from markupsafe import Markup, escape

from inlink.web.query import Query
from inlink.web.tables_words import hrefs, is_long, iso, linkable, opened_at, tame, visible
from inlink.web.words import address, after, before, day, number, origin, path, percent, quoted, reason, rel_words

Row = dict[str, Any]
Cell = Callable[[Row, "Sheet", str], str]

UNKNOWN = '<span class="quiet">unknown</span>'
OUTSIDE = 'rel="noreferrer noopener nofollow external"'
LONG_ANCHOR = 1000  # characters; no filter holds a longer one
GROUPED = {
    "similar": "one of {} similar links",
    "domain": "one of {} links of the domain",
    "page": "one of {} links of the page",
}
BADGES = {"lost": "lost", "moved": "no", "changed": "no"}
_MARKS = re.compile("[&<>\"']")


@dataclass(frozen=True, slots=True)
class Sheet:
    """What cells need to know of their page. row_base: the address that a link's number is added to, escaped.

    is_folded: anchors stand folded. by_path: all rows are of one host, which is left out. most: the largest value of
    columns with bars.
    """

    query: Query
    row_base: str
    row: str
    group: str
    is_folded: bool
    by_path: bool
    most: Mapping[str, float]


def said(text: str) -> str:
    """A text, escaped."""
    return text if _MARKS.search(text) is None else str(escape(text))


def shown(text: str, limit: int) -> str:
    """A fetched text: cut in its middle, its controls visible, escaped."""
    return said(tame(text, limit))


def markup(html: str) -> Markup:
    """What this module wrote, as templates take it: not to be escaped again."""
    return Markup(html)  # noqa: S704  every value in it went through `said`


def link_to(query: Query, page: str, **changed: object) -> str:
    """The address of a page for the target, escaped."""
    return said(query.link(page, **changed))


def narrowed(query: Query, page: str, column: str, value: str) -> str:
    """The address of a page for the target where a column has a value, escaped. (What `quote_plus` gives is safe.)"""
    base = query.link(page)
    return f"{said(base)}{'&amp;' if '?' in base else '?'}where={quote_plus(f'{column} = {quoted(value)}')}"


def outside(url: str | None, text: str, kind: str = "") -> Markup:
    """A link out of the site, which does not tell where from; only words where the address is none of the web."""
    return markup(_outside(url, said(text), kind))


def within(to: str, text: str) -> Markup:
    """A link within the site; only words where there is none."""
    return markup(_within(said(to), said(text)))


def marked(row: Row) -> Markup:
    """The words of a link, marked."""
    return markup(_marked(row))


def _outside(url: str | None, words: str, kind: str = "") -> str:
    if url is not None and linkable(url):
        return f'<a class="{kind}" href="{said(hrefs(url))}" {OUTSIDE}><bdi>{words}</bdi></a>'
    return f'<span class="{kind}"><bdi>{words}</bdi></span>'


def _within(to: str, words: str) -> str:
    if to:
        return f'<a class="src any" href="{to}"><bdi>{words}</bdi></a>'
    return f'<span class="src any"><bdi>{words}</bdi></span>'


def _marked(row: Row) -> str:
    anchor, alt = row["anchor"], row["alt"]
    if anchor:
        return f'<mark dir="auto">{shown(anchor, 300)}</mark>'
    if alt:
        return f'<mark dir="auto">{shown(alt, 300)}</mark> <span class="quiet">(image)</span>'
    if anchor is None and alt is None:
        return f'<span class="quiet">{shown(row["kind"], 20)}, no anchor</span>'
    return '<span class="quiet">no words</span>'


def _number(row: Row, _sheet: Sheet, name: str) -> str:
    value = row[name]
    if value is None:
        return UNKNOWN
    return f"{value:.3g}" if isinstance(value, float) else number(value)


def _strength(row: Row, _sheet: Sheet, _name: str) -> str:
    return number(row["strength"])


def _bar(row: Row, sheet: Sheet, name: str) -> str:
    most = sheet.most.get(name)
    length = 100 * row[name] / most if most else 0
    return (
        f'<span class="bared"><span>{number(row[name])}</span>'
        '<svg class="bar thin" viewBox="0 0 100 1" preserveAspectRatio="none" aria-hidden="true">'
        f'<rect class="" width="{length:.3f}" height="1"/></svg></span>'
    )


def _truth(row: Row, _sheet: Sheet, name: str) -> str:
    value = row[name]
    return UNKNOWN if value is None else "yes" if value else "no"


def _text(row: Row, _sheet: Sheet, name: str) -> str:
    value = row[name]
    if value is None:
        return UNKNOWN
    if value == "":
        return '<span class="quiet">empty</span>'
    return f'<span dir="auto" class="any">{shown(str(value), 200)}</span>'


def _time(row: Row, _sheet: Sheet, name: str) -> str:
    return UNKNOWN if row[name] is None else _moment(row[name])


def _moment(at: datetime) -> str:
    return f'<time datetime="{iso(at)}">{day(at)}</time>'


def _several(row: Row, _sheet: Sheet, name: str) -> str:
    values = row[name]
    if values is None:
        return UNKNOWN
    badges = [f'<span class="badge"><bdi>{shown(value, 60)}</bdi></span> ' for value in values]
    return "".join(badges) or '<span class="quiet">none</span>'


def _address(row: Row, _sheet: Sheet, name: str) -> str:
    url = row[name]
    return UNKNOWN if url is None else _outside(url, shown(address(url), 120), "any plain")


def _share(row: Row, _sheet: Sheet, _name: str) -> str:
    n_known = row["n_links"] - row["n_unknown_follow_links"]
    if n_known:
        return said(percent(row["n_follow_links"], n_known))
    return UNKNOWN if row["n_links"] else "–"


def _new_lost(row: Row, _sheet: Sheet, _name: str) -> str:
    new, lost = row["n_new_links"], row["n_lost_links"]
    return (
        f'<span class="{"up" if new else "quiet"}">+{number(new)}</span> '
        f'<span class="{"down" if lost else "quiet"}">−{number(lost)}</span>'
    )


def _seen(row: Row, _sheet: Sheet, _name: str) -> str:
    return f'{_moment(row["last_seen"])}<span class="to">{day(row["first_seen"])}</span>'


def _also(sheet: Sheet, domain: str) -> str:
    to = link_to(sheet.query, "/overview", q=domain, scope="domain")
    return f'<a class="also" href="{to}" aria-label="Overview of {shown(domain, 80)}">overview</a>'


def _vote(row: Row, _sheet: Sheet, _name: str) -> str:
    words = "".join([f'<span class="badge no">{word}</span> ' for word in rel_words(row)])
    if not words:
        is_known = row["follow"] is not None
        words = f'<span class="badge{" follow" if is_known else ""}">follow{"" if is_known else " unknown"}</span>'
    if row["rel_origin"]:
        words += f'<span class="to">{shown(origin(row["rel_origin"]), 60)}</span>'
    return f'{words}<span class="to">{shown(row["region"] or "region unknown", 40)}</span>'


def _state(row: Row, sheet: Sheet) -> str:
    n_links = row.get("links_in_group", 1)
    found = ""
    if n_links > 1:
        found = f'<span class="badge">{GROUPED.get(sheet.group, "one of {} links").format(number(n_links))}</span>'
    is_live = row.get("is_live")
    if is_live and row.get("change") in ("new", "restored"):
        found += f'<span class="badge new">{shown(row["change"], 20)}</span>'
    if is_live is not None and not is_live:
        why = shown(reason(row["lost_reason"]), 80)
        found += f'<span class="badge lost">lost {day(row["lost_at"])}: {why}</span>'
    return found


def _opened(row: Row, sheet: Sheet, words: str) -> str:
    """The address of a row's panel."""
    link = row["link_id"]
    here = ' aria-current="true"' if sheet.row == str(link) else ""
    to = f"{sheet.row_base}{link}#panel"
    return f'<a class="src any" id="l{link}" href="{to}" hx-boost="true"{here}><bdi>{words}</bdi></a>\n'


def _source(row: Row, sheet: Sheet, _name: str) -> str:
    url, title = row["source_url"], row["title"]
    read = address(url)
    also = _outside(url, shown(read, 90), "url clip") if title else ""
    return f"{_opened(row, sheet, shown(title or read, 90))}{also}{_state(row, sheet)}"


def _own_page(row: Row, sheet: Sheet, _name: str) -> str:
    url = row["source_url"]
    words = shown(path(url) if sheet.by_path else address(url), 90)
    return f"{_opened(row, sheet, words)}{_state(row, sheet)}"


def _target(row: Row, sheet: Sheet) -> str:
    url = row["target_url"]
    return f"<bdi>{shown(path(url) if sheet.by_path else address(url), 60)}</bdi>"


def _context(row: Row, sheet: Sheet, _name: str) -> str:
    left, right, mark = row["text_before"], row["text_after"], _marked(row)
    words = f'<span dir="auto">{said(visible(before(left)))}{mark}{said(visible(after(right)))}</span>'
    if is_long(left) or is_long(right):
        whole = f"{shown(left or '', 2000)} {mark} {shown(right or '', 2000)}"
        words = (
            f'<details class="more-text"><summary>{words}</summary>\n<p class="quote" dir="auto">{whole}</p></details>'
        )
    url, to = row["source_url"], ""
    if row["is_live"] and linkable(url):
        to = f' · <a href="{said(opened_at(url, row["anchor"]))}" {OUTSIDE}>open at the link</a>'
    return f'{words}\n<span class="to">→ {_target(row, sheet)} · {_evidence(row)}{to}</span>'


def _evidence(row: Row) -> str:
    return f'<a href="/evidence/{row["link_id"]}">evidence</a>'


def _outgoing(row: Row, sheet: Sheet, _name: str) -> str:
    url, domain = row["target_url"], row["target_domain"]
    to = link_to(sheet.query, "/overview", q=domain, scope="domain")
    return (
        f'<span dir="auto">{_marked(row)}</span>\n<span class="to">→ {_outside(url, shown(address(url), 80), "any")}'
        f' · <a href="{to}"><bdi>{shown(domain, 120)}</bdi></a></span>'
    )


def _change(row: Row, _sheet: Sheet, _name: str) -> str:
    kind = BADGES.get(row["change"], "new")
    why = shown(reason(row["reason"]), 80)
    return f'<span class="badge {kind}">{shown(row["change"], 20)}</span><span class="to">{why}</span>'


def _changed(row: Row, sheet: Sheet, _name: str) -> str:
    was, rel, now = row["anchor_before"], row["rel_before"], row["target_now"]
    words = f'<span dir="auto">{_marked(row)}</span>\n'
    if was is not None:
        words += f'<span class="to">the anchor was <del dir="auto">{shown(was, 120) or "empty"}</del></span>'
    if rel is not None:
        words += f'<span class="to">rel was <del>{shown(rel, 60) or "empty"}</del></span>'
    to = _target(row, sheet)
    if now is not None:
        to = f"<del>{to}</del> now <bdi>{shown(address(now), 60)}</bdi>"
    return f'{words}<span class="to">→ {to} · {_evidence(row)}</span>'


def _domain(column: str, path: str) -> Cell:
    """A domain, which narrows the table of a path to the links where a column holds it."""

    def cell(row: Row, sheet: Sheet, _name: str) -> str:
        domain = row[column]
        to = narrowed(sheet.query, path, column, domain)
        return f'<a href="{to}"><bdi>{shown(domain, 120)}</bdi></a>{_also(sheet, domain)}'

    return cell


def _host(row: Row, sheet: Sheet, _name: str) -> str:
    to = narrowed(sheet.query, "/backlinks", "source_host", row["source_host"])
    return f'<a href="{to}"><bdi>{shown(row["source_host"], 120)}</bdi></a>\n{_also(sheet, row["source_domain"])}'


def _anchor(row: Row, sheet: Sheet, _name: str) -> str:
    anchor = row["anchor"]
    if anchor:
        column = "anchor_folded" if sheet.is_folded else "anchor"
        is_short = len(anchor) < LONG_ANCHOR
        to = narrowed(sheet.query, "/backlinks", column, anchor) if is_short else link_to(sheet.query, "/backlinks")
        return f'<a class="any" href="{to}" dir="auto">{shown(anchor, 200)}</a>\n'
    if anchor is None:
        return f'<a class="quiet" href="{link_to(sheet.query, "/backlinks", where="anchor is null")}">not known</a>\n'
    to = narrowed(sheet.query, "/backlinks", "anchor", "")
    return f'<a class="quiet" href="{to}">no words (image or empty)</a>'


def _page(row: Row, sheet: Sheet, _name: str) -> str:
    url, status = row["target_url"], row["target_status"]
    to = link_to(sheet.query, "/backlinks", q=url, scope="url") if linkable(url) else ""
    words = shown(row["target_title"] or path(url), 120)
    read = shown(path(url) if sheet.by_path else address(url), 90)
    badge = ""
    if status and status != 200:
        badge = f'<span class="badge {"lost" if status >= 400 else "no"}">{status}</span>'
    return f"{_within(to, words)}\n{_outside(url, read, 'url clip')}\n{badge}"


CELLS: Mapping[str, Cell] = {
    "address": _address,
    "anchor": _anchor,
    "bar": _bar,
    "change": _change,
    "changed": _changed,
    "context": _context,
    "domain": _domain("source_domain", "/backlinks"),
    "host": _host,
    "linked_domain": _domain("target_domain", "/outgoing"),
    "new_lost": _new_lost,
    "number": _number,
    "outgoing": _outgoing,
    "own_page": _own_page,
    "page": _page,
    "seen": _seen,
    "several": _several,
    "share": _share,
    "source": _source,
    "strength": _strength,
    "text": _text,
    "time": _time,
    "truth": _truth,
    "vote": _vote,
}
GLOBALS = {"outside": outside, "within": within, "marked": marked}
