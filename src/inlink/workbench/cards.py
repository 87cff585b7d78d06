"""The numbers of a summary card: read where they are kept, counted in memory for targets with few rows, else by SQL.

A target with few rows costs DuckDB more to plan some twenty distinct counts than to read the rows; so these are read
once, narrow, and counted with arrays.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from inlink.index.serving_overview import CARD_TOP, CARDS, LINE, SHOWN_VALUES, SUMS, cards_sql, sums_sql
from inlink.index.serving_sql import Sql
from inlink.workbench.hands import COLUMNS, RELS, Array, Card, Hand, Line
from inlink.workbench.places import Found, Served


def card_of(served: Served, found: Found, *, infrastructure: bool) -> Card:
    """The numbers of a target."""
    sums = sums_of(served, found, infrastructure=infrastructure)
    if found.answer is not None and not infrastructure:
        lines = Sql(f"SELECT part, {LINE} FROM cards WHERE answer = ? ORDER BY part, pos", (found.answer,))
        return served.once(("card", found.answer), lambda: Card(sums, _parts(served.serving.rows(lines))))
    span = found.span("links")
    hand = served.hands.of(served.serving, span)
    if hand is not None:
        card = hand.cards.get(infrastructure)
        if card is None:
            live = hand.shown(infrastructure=infrastructure) & hand.flag("is_live")
            card = Card(sums, _lines(served, hand, live) if sums["n_links"] else {})
            hand.cards[infrastructure] = card
        return card
    parts = served.serving.rows(cards_sql(span, infrastructure=infrastructure), is_long=served.is_long(span))
    return Card(sums, _parts(parts))


def sums_of(served: Served, found: Found, *, infrastructure: bool) -> dict[str, Any]:
    """The sums of a target, without the lines of its card."""
    if found.answer is not None and not infrastructure:
        kept = Sql(f"SELECT {', '.join(SUMS)} FROM sums WHERE answer = ?", (found.answer,))
        return served.once(("sums", found.answer), lambda: _only(served.serving.arrow(kept)))
    span = found.span("links")
    hand = served.hands.of(served.serving, span)
    if hand is None:
        sql = sums_sql(span, "links", infrastructure=infrastructure)
        return _only(served.serving.arrow(sql, is_long=served.is_long(span)))
    sums = hand.sums.get(infrastructure)
    if sums is None:
        hand.need(*COLUMNS)
        ours = hand.shown(infrastructure=infrastructure)
        sums = hand.sums[infrastructure] = _sums(hand, ours, ours & hand.flag("is_live"))
    return sums


def _only(table: pa.Table) -> dict[str, Any]:
    """The row of a table that has one."""
    row: dict[str, Any] = table.to_pylist()[0]
    return row


def _parts(rows: list[tuple[Any, ...]]) -> dict[str, list[Line]]:
    parts: dict[str, list[Line]] = {}
    for part, label, n_links, n_follow, n_unknown, n_domains, strength, *_ in rows:
        parts.setdefault(part, []).append((label, n_links, n_follow, n_unknown, n_domains, strength))
    return parts


def _sums(hand: Hand, ours: Array, live: Array) -> dict[str, Any]:
    domains = hand.number("source_domain_id")
    follow = live & hand.is_follow
    left_out = hand.flag("is_live") & hand.flag("is_left_out") & ~hand.flag("is_embed")
    first, last = (hand.column(name).filter(pa.array(ours)) for name in ("first_seen", "last_seen"))
    return {
        "n_links": int(live.sum()),
        "n_follow_links": int(follow.sum()),
        "n_unknown_follow_links": int((live & hand.is_unknown_follow).sum()),
        "n_nofollow_links": int((live & hand.flag("nofollow")).sum()),
        "n_ugc_links": int((live & hand.flag("ugc")).sum()),
        "n_sponsored_links": int((live & hand.flag("sponsored")).sum()),
        "n_pages": _distinct(hand.number("source_page")[live]),
        "n_hosts": _distinct(hand.number("source_host_id")[live]),
        "n_domains": _distinct(domains[live]),
        "n_follow_domains": _distinct(domains[follow]),
        "n_ips": _known(hand.column("ip_id"), live),
        "n_subnets": _known(hand.column("subnet_id"), live),
        "n_target_pages": _distinct(hand.number("target_page")[live]),
        "n_lost_links": int((ours & ~hand.flag("is_live")).sum()),
        "n_new_links": int((ours & hand.is_gained).sum()),
        "n_newly_lost_links": int((ours & hand.is_gone).sum()),
        "n_left_out_links": int(left_out.sum()),
        "n_left_out_domains": _distinct(domains[left_out]),
        "n_embeds": int((hand.flag("is_live") & hand.flag("is_embed")).sum()),
        "n_lost_all": int((~hand.flag("is_live")).sum()),
        "n_rows": len(ours),
        "first_seen": _moment(pc.min(first)),
        "last_seen": _moment(pc.max(last)),
    }


def _moment(value: pa.Scalar) -> datetime | None:
    """A UTC time. (pyarrow looks for a library of time zones anew for each time that has one.)"""
    naive: datetime | None = value.cast(pa.timestamp("us")).as_py()
    return naive and naive.replace(tzinfo=UTC)


def _distinct(values: Array) -> int:
    return len(np.unique(values))


def _known(column: pa.Array, mask: Array) -> int:
    return int(pc.count_distinct(column.filter(pa.array(mask)), mode="only_valid").as_py())


_UNKNOWN_REL = 8
_RELS = pa.array(
    [*("+".join(name for bit, name in enumerate(RELS) if code >> bit & 1) or "follow" for code in range(8)), None]
)


_LABELS = ("kind", "tld", "region", "lang", "anchor", "source_domain", "source_domain_id")


def _lines(served: Served, hand: Hand, live: Array) -> dict[str, list[Line]]:
    kept = {name: hand.column(name).filter(pa.array(live)) for name in _LABELS}
    domain = hand.number("source_domain_id")[live]
    is_unknown = hand.is_unknown_follow[live]
    facts = {
        "domain": domain,
        "follow": hand.is_follow[live],
        "unknown": is_unknown,
        "strength": hand.number("strength")[live],
    }
    rel = sum(hand.flag(name)[live].astype(np.int64) << bit for bit, name in enumerate(RELS))
    labels = {name: kept[name] for name in ("kind", "tld", "region", "lang")}
    labels["rel"] = _RELS.take(pa.array(np.where(is_unknown, _UNKNOWN_REL, rel)))
    parts = {name: _grouped(column, facts, ("n_links",), SHOWN_VALUES) for name, column in labels.items()}
    by_domains = ("n_domains", "n_links")
    parts["anchors"] = _grouped(kept["anchor"], facts, by_domains, CARD_TOP)
    pages = _grouped(pa.array(hand.number("target_page")[live]), facts, by_domains, CARD_TOP)
    parts["pages"] = [(url, *line[1:]) for line, url in zip(pages, _urls(served, pages), strict=True)]
    domains = _grouped(pa.array(domain), facts, ("strength",), CARD_TOP)
    numbers = pa.array([line[0] for line in domains], kept["source_domain_id"].type)
    names = kept["source_domain"].take(pc.index_in(numbers, kept["source_domain_id"]))
    parts["domains"] = [(name, *line[1:]) for line, name in zip(domains, names.to_pylist(), strict=True)]
    return parts


def _grouped(labels: pa.Array, facts: dict[str, Array], order: tuple[str, ...], n: int) -> list[Any]:
    """The first n groups, the greatest sums first, then by label with the unknown last."""
    coded = labels.dictionary_encode(null_encoding="encode")
    codes, n_groups = coded.indices.to_numpy().astype(np.int64), len(coded.dictionary)
    if not n_groups:
        return []
    domain, follow, strength = facts["domain"].astype(np.int64), facts["follow"], facts["strength"]
    n_domains = int(domain.max()) + 1
    strongest = np.zeros(n_groups, np.int64)
    np.maximum.at(strongest, codes, strength)
    sums = {
        "n_links": np.bincount(codes, minlength=n_groups),
        "n_follow_links": np.bincount(codes[follow], minlength=n_groups),
        "n_unknown_follow_links": np.bincount(codes[facts["unknown"]], minlength=n_groups),
        "n_domains": np.bincount(np.unique(codes * n_domains + domain) // n_domains, minlength=n_groups),
        "strength": strongest,
    }
    table = pa.table({"label": coded.dictionary, **{name: pa.array(values) for name, values in sums.items()}})
    keys = [*((name, "descending") for name in order), ("label", "ascending")]
    first = table.take(pc.sort_indices(table, sort_keys=keys).slice(0, n))
    return list(zip(*(first[name].to_pylist() for name in first.column_names), strict=True))


def _urls(served: Served, pages: list[Any]) -> list[str]:
    """The URLs of some pages."""
    if not pages:
        return []
    numbers = [line[0] for line in pages]
    marks = ", ".join("?" for _ in numbers)
    text = f"SELECT page, url FROM pages WHERE page BETWEEN ? AND ? AND page IN ({marks})"
    found = dict(served.serving.rows(Sql(text, (min(numbers), max(numbers), *numbers))))
    return [found[number] for number in numbers]


__all__ = ["CARDS", "Card", "Line", "card_of"]
