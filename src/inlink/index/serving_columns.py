"""Columns that answers about links can show, filter, sort and count by: their SQL, type and meaning.

Rows come from one relation, aliased `l`: links, indirect (with the chain) or outgoing (by source, fewer columns of its
own). A column that lies elsewhere names the join it needs; joins cost, so they are made only where asked for.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from inlink.schema import EMBED_KINDS

Type = Literal["text", "int", "float", "bool", "time", "list"]

JOINS = {
    "target_pages": "JOIN pages tp ON tp.page = l.target_page",
    "source_pages": "JOIN pages sp ON sp.page = l.source_page",
    "source_domains": "JOIN domains sd ON sd.domain_id = l.source_domain_id",
    "target_domains": "JOIN domains td ON td.domain_id = l.target_domain_id",
    "ips": "LEFT JOIN ips ip ON ip.ip_id = l.ip_id",
    "source_ips": "LEFT JOIN ips ip ON ip.ip_id = sp.ip_id",
    "wide": "JOIN links w ON w.row = l.row",
}
"""Name → SQL, in the order in which they may depend on each other."""


@dataclass(frozen=True, slots=True)
class LinkColumn:
    """One column of a link row. `outgoing` is its SQL over the table by source where that differs."""

    name: str
    type: Type
    sql: str
    meaning: str
    needs: tuple[str, ...] = ()
    outgoing: str | None = None
    outgoing_needs: tuple[str, ...] = ()
    relations: tuple[str, ...] = ("links", "indirect", "outgoing")

    def on(self, relation: str) -> tuple[str, tuple[str, ...]]:
        """The SQL of the column and the joins it needs over a relation."""
        if relation == "outgoing" and self.outgoing is not None:
            return self.outgoing, self.outgoing_needs
        return self.sql, self.needs


STRENGTH = (
    "referring domains of the source domain whose link is follow or not known; "
    "once a run is served, how many domains it stands above"
)


def _plain(name: str, type_: Type, meaning: str) -> LinkColumn:
    return LinkColumn(name, type_, f"l.{name}", meaning)


def _wide(name: str, type_: Type, meaning: str) -> LinkColumn:
    return LinkColumn(name, type_, f"l.{name}", meaning, outgoing=f"w.{name}", outgoing_needs=("wide",))


def _source(name: str, type_: Type, meaning: str) -> LinkColumn:
    return LinkColumn(name, type_, f"sp.{name}", meaning, ("source_pages",), f"sp.{name}", ("source_pages",))


IS_EMBED = f"kind IN ({', '.join(repr(kind) for kind in EMBED_KINDS)})"


def _share(sql: str) -> str:
    """A share with the three digits it was stored with: as a narrow float, 0.164 would be 0.164000004529953."""
    return f"round({sql}::DOUBLE, 3)"


FOLLOW = "(NOT (l.nofollow OR l.ugc OR l.sponsored))"
"""True, false, or null: one of the three that holds decides, else one that is not known leaves it open."""

UNKNOWN_FOLLOW = f"{FOLLOW} IS NULL"
SOURCE_DOMAIN = "right(l.source_host, l.source_domain_length)"
FOLDED = "trim(regexp_replace(lower(strip_accents({0})), '[^\\pL\\pN]+', ' ', 'g'))"

_ALL = (
    _plain("link_id", "int", "identity of the link: the same in every snapshot that holds it"),
    _plain("source_url", "text", "page that links"),
    _plain("source_host", "text", "its host"),
    LinkColumn("source_domain", "text", SOURCE_DOMAIN, "its registrable domain"),
    LinkColumn("source_key", "text", "sp.key", "its same-page key", ("source_pages",)),
    _plain("target_url", "text", "page linked to"),
    _plain("target_host", "text", "its host"),
    _plain("target_domain", "text", "its registrable domain"),
    LinkColumn("target_key", "text", "tp.key", "its same-page key", ("target_pages",)),
    _wide("target_raw", "text", "the target as written on the page, where that differs from target_url"),
    _plain("kind", "text", "anchor, area, image, frame, form, canonical, alternate, redirect, refresh …"),
    LinkColumn("follow", "bool", FOLLOW, "none of nofollow, ugc, sponsored; null where that is not known"),
    _plain("nofollow", "bool", "nofollow by rel, robots meta or X-Robots-Tag; null where the input cannot know"),
    _plain("ugc", "bool", "rel has ugc; null where the input cannot know"),
    _plain("sponsored", "bool", "rel has sponsored; null where the input cannot know"),
    _plain("rel", "text", "rel attribute as folded to lower case; null where there is none or it is not known"),
    _plain("rel_origin", "text", "what makes the link not follow: rel, meta, header; null where it is not known"),
    _plain("anchor", "text", "visible text of the link"),
    LinkColumn("anchor_folded", "text", FOLDED.format("l.anchor"), "anchor in lower case, no accents or punctuation"),
    _plain("alt", "text", "alt text of the image inside the link, or of the image itself"),
    _wide("text_before", "text", "text before the link in its block"),
    _wide("text_after", "text", "text after the link in its block"),
    _wide("heading", "text", "nearest heading above the link"),
    _plain("region", "text", "main, nav, header, footer, aside, comment, bio or head"),
    LinkColumn("position_share", "float", _share("l.position_share"),
               "where in the text of the page the link stands, 0 to 1"),
    LinkColumn("block_link_share", "float", _share("l.block_link_share"),
               "share of its block's text that is link text, 0 to 1",
               outgoing=_share("w.block_link_share"), outgoing_needs=("wide",)),
    _plain("needs_script", "bool", "the link is there only once scripts have run; null where that is not known"),
    _plain("ordinal", "int", "position among the links of the page, from 0"),
    _plain("strength", "int", STRENGTH),
    _plain("first_seen", "time", "first capture that holds the link"),
    _plain("last_seen", "time", "last capture that holds the link"),
    _plain("is_live", "bool", "the latest conclusive capture of the page holds the link, or is older than it"),
    _plain("lost_at", "time", "first conclusive capture without the link"),
    _plain("lost_reason", "text", "removed, page_gone, page_redirects, page_not_html or moved"),
    _plain("change", "text", "new, found, lost, changed, restored or moved since the page's capture before its latest"),
    _wide("n_seen", "int", "conclusive captures that hold the link"),
    _wide("title", "text", "title of the linking page"),
    _plain("lang", "text", "language of the linking page"),
    _wide("author", "text", "author of the linking page"),
    _wide("published_at", "time", "when the linking page says it was published"),
    _source("modified_at", "time", "when the linking page says it was last changed"),
    _wide("page_kind", "text", "kind of the linking page: article, home, list, resource_list, forum …"),
    _wide("n_external_links", "int", "links of the linking page to other domains"),
    _source("n_internal_links", "int", "links of the linking page to its own domain"),
    _source("n_words", "int", "words of the linking page"),
    _wide("robots_noindex", "bool", "the linking page asks not to be indexed"),
    _source("http_status", "int", "status of the linking page when last seen"),
    _source("canonical", "text", "page that the linking page declares as canonical"),
    LinkColumn("tld", "text", "l.tld", "top-level domain of the source", (), "sd.tld", ("source_domains",)),
    LinkColumn("ip", "text", "ip.ip", "address of the linking page", ("ips",), "ip.ip", ("source_pages", "source_ips")),
    LinkColumn(
        "subnet", "text", "ip.subnet", "its /24 or /48 network", ("ips",), "ip.subnet", ("source_pages", "source_ips")
    ),
    LinkColumn("source_flags", "list", "sd.flags", "flags of the source domain", ("source_domains",)),
    LinkColumn("target_flags", "list", "td.flags", "flags of the target domain", ("target_domains",)),
    LinkColumn("target_status", "int", "tp.http_status", "status of the target, if captured", ("target_pages",)),
    LinkColumn("target_title", "text", "tp.title", "title of the target, if captured", ("target_pages",)),
    _wide("capture_id", "int", "capture in which the link was last seen"),
    LinkColumn("via", "list", "l.via", "URLs passed on the way to the target", relations=("indirect",)),
    LinkColumn("via_kind", "text", "l.via_kind", "redirect, refresh, canonical or mixed", relations=("indirect",)),
)  # fmt: skip

LINK_COLUMNS: dict[str, LinkColumn] = {column.name: column for column in _ALL}


def columns_of(relation: str) -> dict[str, LinkColumn]:
    """The columns that rows of a relation have, in display order."""
    return {name: column for name, column in LINK_COLUMNS.items() if relation in column.relations}


def joins_of(needs: set[str]) -> str:
    """The SQL of the joins, each once, in the order in which they depend on each other."""
    return " ".join(sql for name, sql in JOINS.items() if name in needs)
