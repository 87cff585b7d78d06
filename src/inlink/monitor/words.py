"""The closed lists of the monitor: states, reasons, what one look found, and what is told."""

from __future__ import annotations

# Where a watch stands. Order of reports.
STATES = {
    "new": "not looked at yet",
    "alive": "the link is there as it should be",
    "suspect": "the last look found it otherwise; another look has to confirm that",
    "unreachable": "the page has not answered three times in a row, over at least 24 hours",
    "changed": "the link is there, but not as it was; seen twice, at least an hour apart",
    "lost": "the link is gone; seen twice, at least an hour apart",
}

# Why a link is lost. Order: the stronger word first.
LOST_REASONS = {
    "page_gone": "the page is gone: 404, 410, or an answer that says so in other words",
    "page_redirects": "the page redirects to one that does not hold the link",
    "page_not_html": "the page answers with something that holds no links",
    "link_removed": "the page is there, the link is not",
    "absent": "the link has not been on the page since it is watched",
    "page_unreachable": "the page has not answered for too long",
}

# Why a link that is there is not what it was. Order: what weighs more first.
CHANGED_REASONS = {
    "moved": "the link stands on another page now",
    "target_changed": "the link leads elsewhere now",
    "js_only": "the link is there only after scripts have run",
    "hidden": "the page hides the link from its readers",
    "nofollow_rel": "the link's rel says nofollow, ugc or sponsored",
    "nofollow_meta": "the page's robots meta says nofollow",
    "nofollow_header": "the page's X-Robots-Tag says nofollow",
    "noindex": "the page asks not to be indexed",
    "not_canonical": "the page names another one as canonical, and that one does not hold the link",
    "anchor_changed": "the link has other words",
}

# Why a page tells nothing for now.
UNREACHABLE_REASONS = {
    "failing": "the server fails, or does not answer",
    "blocked": "the page is not shown to robots: refused, behind a login or a consent, or forbidden by robots.txt",
}
REASONS = {**LOST_REASONS, **CHANGED_REASONS, **UNREACHABLE_REASONS}

# What one look at a page found of a link.
FINDINGS = {
    "alive": "it is there as it should be",
    "changed": "it is there, but not as it was",
    "lost": "it is not there",
    "failing": "the page did not answer",
    "blocked": "the page is not shown to robots",
    "unclear": "only a part of the page came, and the link was not in that",
}

# What is told: each is one event, made once.
EVENTS = {
    "lost": "a link is lost",
    "changed": "a link is not what it was",
    "unreachable": "a page has not answered for a day",
    "restored": "a link is back as it was",
}

ORIGINS = ("placement", "site", "list")  # how a watch came to be


def in_order(slugs: frozenset[str]) -> tuple[str, ...]:
    """Reasons, the one that weighs most first."""
    return tuple(slug for slug in REASONS if slug in slugs)
