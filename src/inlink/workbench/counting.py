"""Grouped answers counted from the rows in hand; the same rows in the same order as the SQL of `serving_groups`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from inlink.index.serving_sql import GroupsQuery, Sql
from inlink.workbench.hands import RELS, TOTALLED, Array, Hand
from inlink.workbench.options import View
from inlink.workbench.places import Served

_KEYS = {"domains": "source_domain_id", "hosts": "source_host_id", "anchors": "anchor", "pages": "target_page"}
_OF_PAGES = {"target_url": "url", "target_status": "http_status", "target_title": "title", "target_key": "key",
             "redirect_target": "redirect_target"}  # fmt: skip
_LABELS = ("source_domain", "source_host", "anchor")
_DISTINCT = {
    "n_pages": "source_page",
    "n_hosts": "source_host_id",
    "n_domains": "source_domain_id",
    "n_target_pages": "target_page",
}
_BY_REL = {"n_follow_links", "n_unknown_follow_links", "n_follow_domains"}
_COUNTS = (
    "n_links", "n_follow_links", "n_unknown_follow_links", "n_follow_domains", *_DISTINCT, "n_new_links",
    "n_lost_links",
)  # fmt: skip
_SUMS = (*_COUNTS, "strength", "first_seen", "last_seen")
_TYPES = {
    "strength": pa.int32(),
    "first_seen": pa.timestamp("us", tz="UTC"),
    "last_seen": pa.timestamp("us", tz="UTC"),
}


def counted(served: Served, hand: Hand, query: GroupsQuery, view: View) -> tuple[pa.Table, int] | None:
    """The first page of a grouped answer, and how many groups there are.

    None where it asks for more than the rows in hand tell: a filter, a column of another table, another order.
    """
    order = [_column(key.sql) for key in query.order]
    name = query.grouping.name
    known = {*_SUMS, *(_OF_PAGES if name == "pages" else _LABELS)}
    if name not in _KEYS or view.where or not set(query.columns) <= known or not {*order} <= {*_SUMS, "_key"}:
        return None
    wanted = {*query.columns, *order}
    of_counts = {_DISTINCT[name] for name in wanted if name in _DISTINCT} | (set(RELS) if wanted & _BY_REL else set())
    hand.need(*TOTALLED, _KEYS[name], *sorted(of_counts), *sorted(wanted & {*_TYPES, *_LABELS}))
    groups = _Groups(
        hand, _KEYS[query.grouping.name], hand.shown(infrastructure=view.infrastructure, embeds=view.embeds)
    )
    kept = groups.in_state(view.state)
    keys = []
    for name, key in zip(order, query.order, strict=True):
        values = groups.rank if name == "_key" else groups.sum_of(name)
        keys.append((-values if key.is_descending else values)[kept])
    first = kept[np.lexsort(keys[::-1])[: view.limit]]
    labels = [name for name in query.columns if name in _OF_PAGES]
    pages = _of_pages(served, groups.key_column(first), labels) if labels else {}
    columns = {name: pages[name] if name in pages else groups.column(name, first) for name in query.columns}
    for n, name in enumerate(order):
        columns[f"_k{n}"] = groups.key_column(first) if name == "_key" else groups.column(name, first)
    return pa.table(columns), len(kept)


def _of_pages(served: Served, pages: pa.Array, names: Sequence[str]) -> dict[str, pa.Array]:
    """What the index has of some pages, in their order."""
    numbers = pages.to_numpy()
    low, high = (int(numbers.min()), int(numbers.max())) if len(numbers) else (0, -1)
    read = ", ".join(f'{_OF_PAGES[name]} AS "{name}"' for name in names)
    among = ", ".join(map(str, numbers.tolist())) or "NULL"
    text = f"SELECT page AS _page, {read} FROM pages WHERE page BETWEEN ? AND ? AND page IN ({among})"
    table = served.serving.arrow(Sql(text, (low, high)))
    places = pc.index_in(pages, table["_page"].combine_chunks())
    return {name: table[name].take(places).combine_chunks() for name in names}


def _column(sql: str) -> str:
    """`g."n_links"` → n_links."""
    return sql.removeprefix("g.").strip('"')


@dataclass(frozen=True)
class _Groups:
    """The rows that a view shows, grouped by a column."""

    hand: Hand
    key: str
    is_shown: Array

    @cached_property
    def _coded(self) -> pa.DictionaryArray:
        column = self.hand.column(self.key).filter(pa.array(self.is_shown))
        return column.dictionary_encode(null_encoding="encode")

    @cached_property
    def codes(self) -> Array:
        """The group of each row."""
        found: Array = self._coded.indices.to_numpy().astype(np.int64)
        return found

    @property
    def n(self) -> int:
        """How many groups there are."""
        return len(self._coded.dictionary)

    @cached_property
    def rank(self) -> Array:
        """Where each group stands in the order of the keys, the unknown last."""
        order = pc.array_sort_indices(self._coded.dictionary).to_numpy()
        rank = np.empty(self.n, np.int64)
        rank[order] = np.arange(self.n)
        return rank

    def in_state(self, state: str) -> Array:
        """The groups with a live link; or those that have lost all they had; or any."""
        if state == "all":
            return np.arange(self.n)
        is_live = self.sum_of("n_links") > 0
        return np.flatnonzero(is_live if state == "live" else ~is_live & (self.sum_of("n_lost_links") > 0))

    def sum_of(self, name: str) -> Array:
        """One number of each group; times are microseconds."""
        codes, shown = self.codes, self.is_shown
        live = self.hand.flag("is_live")[shown]
        if name in _DISTINCT:
            return self._distinct(_DISTINCT[name], live)
        if name == "n_follow_domains":
            return self._distinct("source_domain_id", live & self.hand.is_follow[shown])
        if name in _COUNTS:
            which = {
                "n_links": live,
                "n_follow_links": live & self.hand.is_follow[shown],
                "n_unknown_follow_links": live & self.hand.is_unknown_follow[shown],
                "n_new_links": self.hand.is_gained[shown],
                "n_lost_links": ~live,
            }[name]
            return np.bincount(codes[which], minlength=self.n)
        values = self.hand.column(name).cast(pa.int64()).to_numpy()[shown]
        first = name == "first_seen"
        sums = np.full(self.n, np.iinfo(np.int64).max if first else np.iinfo(np.int64).min)
        (np.minimum if first else np.maximum).at(sums, codes, values)
        return sums

    def _distinct(self, name: str, which: Array) -> Array:
        values = self.hand.number(name)[self.is_shown][which].astype(np.int64)
        n_values = int(values.max()) + 1 if len(values) else 1
        return np.bincount(np.unique(self.codes[which] * n_values + values) // n_values, minlength=self.n)

    def column(self, name: str, groups: Array) -> pa.Array:
        """A column of some groups."""
        if name in _LABELS:
            rows = np.flatnonzero(self.is_shown)[self._first_rows[groups]]
            return self.hand.column(name).take(pa.array(rows))
        return pa.array(self.sum_of(name)[groups], pa.int64()).cast(_TYPES.get(name, pa.int64()))

    def key_column(self, groups: Array) -> pa.Array:
        """The keys of some groups."""
        return self._coded.dictionary.take(pa.array(groups))

    @cached_property
    def _first_rows(self) -> Array:
        """A row of each group."""
        rows = np.empty(self.n, np.int64)
        rows[self.codes[::-1]] = np.arange(len(self.codes))[::-1]
        return rows
