"""The tables that the site has, each with its columns, orders, groups and states."""

from __future__ import annotations

from inlink.web.tables import Column, Table

STRENGTH = "Strength: referring domains of the source domain whose link is follow or not known; once a run is served, how many domains it stands above"  # noqa: E501
FOLLOW = ("n_follow_links", "n_links", "n_unknown_follow_links")
BY_DOMAINS = {"": "most domains first", "-n_links": "most links first", "-first_seen": "newest first"}

STR = Column("strength", "Str.", "strength", ("strength",), "-strength", "w-str", is_number=True, meaning=STRENGTH)
SOURCE = Column(
    "source",
    "Source page",
    "source",
    ("source_url", "title", "is_live", "change", "lost_at", "lost_reason"),
    "source_url",
    "w-src",
)
CONTEXT = Column(
    "context",
    "Context, anchor, target",
    "context",
    ("text_before", "anchor", "text_after", "alt", "kind", "target_url", "heading", "position_share"),
    "target_url",
)
REL = Column(
    "vote",
    "Rel, region",
    "vote",
    ("follow", "nofollow", "ugc", "sponsored", "rel_origin", "region"),
    "region",
    "w-rel",
)
SEEN = Column("seen", "Seen, first", "seen", ("last_seen", "first_seen"), "-last_seen", "w-seen")
DAYS = Column("first_seen", "First seen", "time", ("first_seen",), "-first_seen", "w-seen")
SHARE = Column("follow_share", "Follow", "share", FOLLOW, "-n_follow_links", "w-num", is_number=True)
CHANGED = Column("new_lost", "New, lost", "new_lost", ("n_new_links", "n_lost_links"), "-n_new_links", "w-num", True)


def _number(name: str, label: str, meaning: str = "") -> Column:
    return Column(name, label, "number", (name,), f"-{name}", "w-num", is_number=True, meaning=meaning)


def _bar(name: str, label: str) -> Column:
    return Column(name, label, "bar", (name,), f"-{name}", "w-bars", is_number=True)


BACKLINKS = Table(
    "backlinks",
    "/backlinks",
    "Backlinks",
    "Backlinks to",
    ("link", "links"),
    (STR, SOURCE, CONTEXT, REL, SEEN),
    ("strength", "source", "context", "vote", "seen"),
    {
        "": "strongest first",
        "-first_seen": "newest first",
        "first_seen": "oldest first",
        "-last_seen": "seen last first",
        "-lost_at": "lost last first",
        "source_url": "by source",
        "target_url": "by target",
        "anchor": "by anchor",
    },
    "strength",
    {"none": "not grouped", "similar": "similar links", "page": "one a page", "domain": "one a domain"},
    group="similar",
    sides="links",
    always=("link_id", "source_domain"),
    switches=("infrastructure", "embeds", "indirect"),
    from_note="strength: referring domains of the source domain whose link is follow or not known",
)

DOMAINS = Table(
    "domains",
    "/domains",
    "Referring domains",
    "Domains that link to",
    ("domain", "domains"),
    (
        Column("source_domain", "Domain", "domain", ("source_domain",), "source_domain", "w-name"),
        STR, _bar("n_links", "Links"), SHARE, _number("n_pages", "Pages"), _number("n_target_pages", "To pages"),
        CHANGED, DAYS,
    ),
    ("source_domain", "strength", "n_links", "follow_share", "n_pages", "n_target_pages", "new_lost", "first_seen"),
    {"": "strongest first", "-n_links": "most links first", "-first_seen": "newest first",
     "source_domain": "by name"},
    "strength",
    sides="sources",
)  # fmt: skip

HOSTS = Table(
    "hosts",
    "/hosts",
    "Hosts",
    "Hosts that link to",
    ("host", "hosts"),
    (
        Column("source_host", "Host", "host", ("source_host", "source_domain"), "source_host", "w-name"),
        STR, _bar("n_links", "Links"), SHARE, _number("n_pages", "Pages"), _number("n_target_pages", "To pages"),
        CHANGED, DAYS,
    ),
    ("source_host", "strength", "n_links", "follow_share", "n_pages", "n_target_pages", "new_lost", "first_seen"),
    {"": "strongest first", "-n_links": "most links first", "-first_seen": "newest first", "source_host": "by name"},
    "strength",
    sides="sources",
)  # fmt: skip

_PLACES = (
    _bar("n_domains", "Domains"), _number("n_hosts", "Hosts"), _number("n_links", "Links"), SHARE,
    _number("n_pages", "Pages"), CHANGED, DAYS,
)  # fmt: skip

IPS = Table(
    "ips",
    "/ips",
    "IP addresses",
    "Addresses of pages that link to",
    ("address", "addresses"),
    (Column("ip", "Address", "text", ("ip",), "ip", "w-name"), *_PLACES),
    ("ip", "subnet", "n_domains", "n_hosts", "n_links", "follow_share", "first_seen"),
    BY_DOMAINS,
    "n_domains",
    sides="sources",
)

SUBNETS = Table(
    "subnets",
    "/subnets",
    "Networks",
    "Networks of pages that link to",
    ("network", "networks"),
    (Column("subnet", "Network", "text", ("subnet",), "subnet", "w-name"), *_PLACES, _number("n_ips", "Addresses")),
    ("subnet", "n_domains", "n_ips", "n_hosts", "n_links", "follow_share", "first_seen"),
    BY_DOMAINS,
    "n_domains",
    sides="sources",
)

ANCHORS = Table(
    "anchors",
    "/anchors",
    "Anchors",
    "Anchors of links to",
    ("anchor", "anchors"),
    (
        Column("anchor", "Anchor", "anchor", ("anchor",), "anchor", "w-name"),
        _bar("n_domains", "Domains"), _number("n_links", "Links"), SHARE, _number("n_pages", "Pages"), CHANGED, DAYS,
    ),
    ("anchor", "n_domains", "n_links", "follow_share", "n_pages", "new_lost", "first_seen"),
    {**BY_DOMAINS, "anchor": "by anchor"},
    "n_domains",
    switches=("folded", "infrastructure", "embeds"),
)  # fmt: skip

PAGES = Table(
    "pages",
    "/pages",
    "Best pages",
    "Most linked pages of",
    ("page", "pages"),
    (
        Column("target_url", "Page", "page", ("target_url", "target_title", "target_status"), "target_url", "w-name"),
        _bar("n_domains", "Domains"), _number("n_links", "Links"), SHARE, _number("n_pages", "From pages"), CHANGED,
        DAYS,
    ),
    ("target_url", "n_domains", "n_links", "follow_share", "n_pages", "new_lost", "first_seen"),
    {**BY_DOMAINS, "target_url": "by address"},
    "n_domains",
)  # fmt: skip

OUTLINKS = Table(
    "outlinks",
    "/outgoing",
    "Outgoing",
    "Links from",
    ("link", "links"),
    (
        Column("from_page", "From page", "own_page", ("source_url", "is_live", "change", "lost_at", "lost_reason"),
               "source_url", "w-src"),
        Column("to_page", "Anchor, target", "outgoing", ("anchor", "alt", "kind", "target_url", "target_domain"),
               "target_domain"),
        REL, SEEN,
    ),
    ("from_page", "to_page", "vote", "seen"),
    {"": "page by page", "-first_seen": "newest first", "target_domain": "by domain linked to",
     "target_url": "by target"},
    groups={"none": "not grouped", "similar": "similar links", "page": "one a page", "domain": "one a domain"},
    sides="outgoing",
    always=("link_id",),
)  # fmt: skip

OUTDOMAINS = Table(
    "outdomains",
    "/outgoing/domains",
    "Domains linked to",
    "Domains linked to from",
    ("domain", "domains"),
    (
        Column("target_domain", "Domain", "linked_domain", ("target_domain",), "target_domain", "w-name"),
        _bar("n_pages", "From pages"), _number("n_links", "Links"), SHARE, _number("n_target_pages", "To pages"),
        CHANGED, DAYS,
    ),
    ("target_domain", "n_pages", "n_links", "follow_share", "n_target_pages", "new_lost", "first_seen"),
    {"": "most pages first", "-n_links": "most links first", "-first_seen": "newest first", "target_domain": "by name"},
    "n_pages",
    sides="outgoing",
)  # fmt: skip

CHANGES = Table(
    "changes",
    "/changes",
    "New and lost",
    "What changed in links to",
    ("change", "changes"),
    (
        Column("what", "Change", "change", ("change", "reason"), "change", "w-change"),
        Column("source", "Source page", "source", ("source_url", "title"), "source_url", "w-src"),
        Column("context", "Anchor, target, what was", "changed",
               ("anchor", "alt", "kind", "target_url", "anchor_before", "rel_before", "target_now"), "target_url"),
        REL, Column("changed_at", "Day", "time", ("changed_at",), "-changed_at", "w-seen"), STR,
    ),
    ("what", "source", "context", "vote", "strength", "changed_at"),
    {"": "latest first", "changed_at": "oldest first", "-strength": "strongest first", "change": "by change"},
    "changed_at",
    states=(),
    always=("link_id",),
)  # fmt: skip

TABLES = {
    table.question: table
    for table in (BACKLINKS, DOMAINS, HOSTS, IPS, SUBNETS, ANCHORS, PAGES, CHANGES, OUTLINKS, OUTDOMAINS)
}
TABS = ("backlinks", "domains", "anchors", "pages", "broken", "changes", "outlinks")
SIDES = {
    "sources": ("domains", "hosts", "ips", "subnets"),
    "outgoing": ("outlinks", "outdomains"),
}
"""Tables that answer one question at different depths, shown as a switch on each of them."""
