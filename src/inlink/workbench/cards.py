"""The numbers of a summary card: read where they are kept, counted in memory for targets with few rows, else by SQL.

A target with few rows costs DuckDB more to plan some twenty distinct counts than to read the rows; so these are read
once, narrow, and counted with arrays.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from inlink.index.serving_columns import SOURCE_DOMAIN
from inlink.index.serving_overview import CARD_TOP, CARDS, SHOWN_VALUES, SUMS, cards_sql, sums_sql
from inlink.index.serving_sql import Sql
from inlink.workbench.places import Found, Served

FEW_ROWS = 20_000

Array = np.ndarray[Any, np.dtype[Any]]
Line = tuple[str | None, int, int, int, int]  # label, n_links, n_follow_links, n_domains, strength


@dataclass(frozen=True, slots=True)
class Card:
    """Sums by name, and the lines of each part: kind, rel, tld, region, lang, anchors, pages, domains."""

    sums: dict[str, Any]
    parts: dict[str, list[Line]] = field(default_factory=dict)


def card_of(served: Served, found: Found, *, infrastructure: bool) -> Card:
    """The numbers of a target."""
    if found.answer is not None and not infrastructure:
        return _kept(served, found.answer)
    if found.span("links").n_rows <= FEW_ROWS:
        return _counted(served, found, infrastructure=infrastructure)
    span = found.span("links")
    sums = served.serving.arrow(sums_sql(span, "links", infrastructure=infrastructure)).to_pylist()[0]
    return Card(sums, _parts(served.serving.rows(cards_sql(span, infrastructure=infrastructure))))


def _kept(served: Served, answer: int) -> Card:
    sums = Sql(f"SELECT {', '.join(SUMS)} FROM sums WHERE answer = ?", (answer,))
    text = "SELECT part, label, n_links, n_follow_links, n_domains, strength FROM cards WHERE answer = ? ORDER BY ALL"
    lines = Sql(text.replace("ORDER BY ALL", "ORDER BY part, pos"), (answer,))
    return Card(served.serving.arrow(sums).to_pylist()[0], _parts(served.serving.rows(lines)))


def _parts(rows: list[tuple[Any, ...]]) -> dict[str, list[Line]]:
    parts: dict[str, list[Line]] = {}
    for part, label, n_links, n_follow, n_domains, strength, *_ in rows:
        parts.setdefault(part, []).append((label, n_links, n_follow, n_domains, strength))
    return parts


_NUMBERS = ("source_page", "source_host_id", "source_domain_id", "target_page", "strength")
_NULLABLE = ("ip_id", "subnet_id")
_FLAGS = ("nofollow", "ugc", "sponsored", "is_live", "is_left_out", "is_embed")
_TEXTS = ("kind", "tld", "region", "lang", "anchor", "change")
_TIMES = ("first_seen", "last_seen")
_GAINED, _GONE = pa.array(["new", "restored"]), pa.array(["lost", "moved"])


def _counted(served: Served, found: Found, *, infrastructure: bool) -> Card:
    """The card of a target with few rows, counted from its rows."""
    names = ", ".join(f"l.{name}" for name in (*_NUMBERS, *_NULLABLE, *_FLAGS, *_TEXTS, *_TIMES))
    where = found.span("links").sql
    text = f"SELECT {names}, {SOURCE_DOMAIN} AS source_domain FROM links l WHERE {where.text}"
    rows = served.serving.arrow(Sql(text, where.params))
    flags = {name: _array(rows, name) for name in _FLAGS}
    numbers = {name: _array(rows, name) for name in _NUMBERS}
    ours = ~flags["is_embed"] & (~flags["is_left_out"] | infrastructure)
    live = ours & flags["is_live"]
    follow = live & ~(flags["nofollow"] | flags["ugc"] | flags["sponsored"])
    sums = _sums(rows, flags, numbers, ours, live, follow)
    return Card(sums, _lines(served, rows, numbers, flags, live, follow) if sums["n_links"] else {})


def _array(rows: pa.Table, name: str) -> Array:
    found: Array = rows[name].combine_chunks().to_numpy(zero_copy_only=False)
    return found


def _sums(
    rows: pa.Table, flags: dict[str, Array], numbers: dict[str, Array], ours: Array, live: Array, follow: Array
) -> dict[str, Any]:
    change = rows["change"]
    left_out = flags["is_live"] & flags["is_left_out"] & ~flags["is_embed"]
    is_new = pc.fill_null(pc.is_in(change, _GAINED), False).to_numpy()
    is_gone = pc.fill_null(pc.is_in(change, _GONE), False).to_numpy()
    seen = rows.select(list(_TIMES)).filter(pa.array(ours))
    return {
        "n_links": int(live.sum()),
        "n_follow_links": int(follow.sum()),
        "n_nofollow_links": int((live & flags["nofollow"]).sum()),
        "n_ugc_links": int((live & flags["ugc"]).sum()),
        "n_sponsored_links": int((live & flags["sponsored"]).sum()),
        "n_pages": _distinct(numbers["source_page"][live]),
        "n_hosts": _distinct(numbers["source_host_id"][live]),
        "n_domains": _distinct(numbers["source_domain_id"][live]),
        "n_follow_domains": _distinct(numbers["source_domain_id"][follow]),
        "n_ips": _known(rows["ip_id"], live),
        "n_subnets": _known(rows["subnet_id"], live),
        "n_target_pages": _distinct(numbers["target_page"][live]),
        "n_lost_links": int((ours & ~flags["is_live"]).sum()),
        "n_new_links": int((ours & is_new).sum()),
        "n_newly_lost_links": int((ours & is_gone).sum()),
        "n_left_out_links": int(left_out.sum()),
        "n_left_out_domains": _distinct(numbers["source_domain_id"][left_out]),
        "n_embeds": int((flags["is_live"] & flags["is_embed"]).sum()),
        "n_lost_all": int((~flags["is_live"]).sum()),
        "n_rows": rows.num_rows,
        "first_seen": _moment(pc.min(seen["first_seen"])),
        "last_seen": _moment(pc.max(seen["last_seen"])),
    }


def _moment(value: pa.Scalar) -> datetime | None:
    """A UTC time. (pyarrow looks for a library of time zones anew for each time that has one.)"""
    naive: datetime | None = value.cast(pa.timestamp("us")).as_py()
    return naive and naive.replace(tzinfo=UTC)


def _distinct(values: Array) -> int:
    return len(np.unique(values))


def _known(column: pa.ChunkedArray, mask: Array) -> int:
    return int(pc.count_distinct(column.filter(pa.array(mask)), mode="only_valid").as_py())


_REL_FLAGS = ("nofollow", "ugc", "sponsored")
_RELS = pa.array(
    ["+".join(name for bit, name in enumerate(_REL_FLAGS) if code >> bit & 1) or "follow" for code in range(8)]
)


def _lines(
    served: Served, rows: pa.Table, numbers: dict[str, Array], flags: dict[str, Array], live: Array, follow: Array
) -> dict[str, list[Line]]:
    kept = rows.filter(pa.array(live))
    domain = numbers["source_domain_id"][live]
    facts = {"domain": domain, "follow": follow[live], "strength": numbers["strength"][live]}
    rel = sum(flags[name][live].astype(np.int64) << bit for bit, name in enumerate(_REL_FLAGS))
    labels = {name: kept[name] for name in ("kind", "tld", "region", "lang")}
    labels["rel"] = _RELS.take(pa.array(rel))
    parts = {name: _grouped(column, facts, ("n_links",), SHOWN_VALUES) for name, column in labels.items()}
    by_domains = ("n_domains", "n_links")
    parts["anchors"] = _grouped(kept["anchor"], facts, by_domains, CARD_TOP)
    pages = _grouped(pa.array(numbers["target_page"][live]), facts, by_domains, CARD_TOP)
    parts["pages"] = [(url, *line[1:]) for line, url in zip(pages, _urls(served, pages), strict=True)]
    domains = _grouped(pa.array(domain), facts, ("strength",), CARD_TOP)
    names = dict(zip(domain.tolist(), kept["source_domain"].to_pylist(), strict=True)) if len(domain) else {}
    parts["domains"] = [(names[line[0]], *line[1:]) for line in domains]
    return parts


def _grouped(labels: pa.Array | pa.ChunkedArray, facts: dict[str, Array], order: tuple[str, ...], n: int) -> list[Any]:
    """The first n groups, the greatest sums first, then by label with the unknown last."""
    coded = labels.dictionary_encode(null_encoding="encode")
    coded = coded.combine_chunks() if isinstance(coded, pa.ChunkedArray) else coded
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


__all__ = ["CARDS", "Card", "card_of"]
