"""Names of columns, operators and values as a page says them."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from urllib.parse import quote

from inlink.web.words import ROOM, at_the_link, is_web, middle

LONGEST_URL = 4000
LONGEST_WORDS = 400

LABELS = {
    "alt": "Alt text",
    "anchor_before": "Anchor before",
    "anchor_folded": "Anchor, folded",
    "block_link_share": "Links in its block",
    "capture_id": "Capture",
    "changed_at": "Day",
    "http_status": "Status of the page",
    "ip": "IP address",
    "is_live": "Live",
    "kind": "Kind of link",
    "lang": "Language",
    "link_id": "Link",
    "links_in_group": "Links in the row",
    "lost_at": "Lost",
    "lost_reason": "Why lost",
    "modified_at": "Modified",
    "n_domains": "Domains",
    "n_external_links": "Links to other domains",
    "n_follow_domains": "Follow domains",
    "n_follow_links": "Follow links",
    "n_hosts": "Hosts",
    "n_internal_links": "Links within its domain",
    "n_ips": "Addresses",
    "n_links": "Links",
    "n_lost_links": "Lost links",
    "n_new_links": "New links",
    "n_pages": "Pages",
    "n_seen": "Times seen",
    "n_spellings": "Spellings",
    "n_target_pages": "Pages linked to",
    "n_unknown_follow_links": "Links of unknown rel",
    "n_words": "Words",
    "needs_script": "Needs a script",
    "nofollow": "Nofollow",
    "ordinal": "Place among the links",
    "page_kind": "Kind of page",
    "position_share": "Place in the text",
    "published_at": "Published",
    "rel_before": "Rel before",
    "rel_origin": "Where rel is from",
    "robots_noindex": "Noindex",
    "source_url": "Source address",
    "subnet": "Network",
    "target_now": "Target now",
    "target_raw": "Target as written",
    "target_url": "Target address",
    "title": "Title",
    "tld": "TLD",
    "ugc": "UGC",
    "via": "Passed on the way",
    "via_kind": "Kind of the way",
}

OPERATORS = {
    "=": "is",
    "!=": "is not",
    "<": "below",
    "<=": "at most",
    ">": "above",
    ">=": "at least",
    "in": "is one of",
    "not in": "is none of",
    "contains": "contains",
    "not contains": "does not contain",
    "starts": "starts with",
    "ends": "ends with",
    "matches": "matches",
    "between": "is between",
    "is null": "is unknown",
    "is not null": "is known",
}
TIME_OPERATORS = {"<": "before", "<=": "until", ">": "after", ">=": "from"}

STATES = {"live": "Live", "lost": "Lost", "all": "With lost"}
SWITCHES = {
    "infrastructure": "Infrastructure and hosting",
    "embeds": "Images, scripts and other embeds",
    "folded": "Spellings of one anchor together",
    "indirect": "Through redirects and canonicals",
}


def label_of(name: str) -> str:
    """The name of a column on a page."""
    return LABELS.get(name, name.replace("_", " ").capitalize())


def operator_words(operator: str, type_: str) -> str:
    """An operator as it is read aloud."""
    if type_ == "time" and operator in TIME_OPERATORS:
        return TIME_OPERATORS[operator]
    return OPERATORS.get(operator, operator)


_CONTROLS = re.compile("[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
_PICTURES = 0x2400  # where Unicode has pictures of control characters


def visible(text: str) -> str:
    """The text with controls that could act on what stands around it (direction, lines, terminals) made visible."""
    return text if text.isprintable() else _CONTROLS.sub(_picture, text)  # no control is printable


def lines(text: str) -> str:
    """The same of text in lines, which stay lines."""
    return "\n".join(_CONTROLS.sub(_picture, line) for line in text.replace("\r\n", "\n").split("\n"))


def _picture(match: re.Match[str]) -> str:
    character = match[0]
    if character in "\t\n\r":
        return " "
    code = ord(character)
    return chr(_PICTURES + code) if code < 0x20 else f"[U+{code:04X}]"


def iso(value: datetime) -> str:
    """2026-11-15T06:12:41Z, as <time> takes it."""
    return f"{value.astimezone(UTC).isoformat()[:19]}Z"


def is_long(text: str | None) -> bool:
    """Whether a context is shown shorter than it is."""
    return len((text or "").strip()) > ROOM


def linkable(url: str | None) -> bool:
    """Whether an address may stand in an href: of the web, and no longer than a browser would take."""
    return is_web(url) and len(url or "") <= LONGEST_URL


def opened_at(url: str, text: str | None) -> str:
    """The page's address at the link's words, where these are few enough to be found by."""
    return hrefs(at_the_link(url, text if text and len(text) <= LONGEST_WORDS else None))


def hrefs(url: str) -> str:
    """An address with its control characters written as a URL writes them."""
    return _CONTROLS.sub(lambda match: quote(match[0]), url)


def tame(text: str, limit: int = 120) -> str:
    """The text cut in its middle, with its controls made visible: whatever was fetched is shown through this."""
    return visible(middle(text, limit))


GLOBALS = {"linkable": linkable, "opened_at": opened_at}
FILTERS = {"visible": visible, "tame": tame, "hrefs": hrefs, "lines": lines, "iso": iso, "is_long": is_long}
