"""The narrow columns of a target's rows, held in memory: questions about a target with few rows are counted from them.

DuckDB takes longer to plan such a question than to read the rows, and who asks for a target's domains asks for its
anchors next. A served file never changes, so what is held stays right.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from inlink.index.serving_columns import SOURCE_DOMAIN
from inlink.index.serving_reader import Serving
from inlink.index.serving_sql import Span, Sql

FEW_ROWS = 20_000
HELD_ROWS = 250_000
"""Rows of all targets together; some 220 bytes each."""

Array = np.ndarray[Any, np.dtype[Any]]
Line = tuple[str | None, int, int, int, int, int]
"""label, n_links, n_follow_links, n_unknown_follow_links, n_domains, strength"""

NUMBERS = ("row", "source_page", "source_host_id", "source_domain_id", "target_page", "strength", "n_seen")
RELS = ("nofollow", "ugc", "sponsored")
FLAGS = (*RELS, "is_live", "is_left_out", "is_embed")
TEXTS = ("kind", "tld", "region", "lang", "anchor", "change", "source_host")
NULLABLE = ("ip_id", "subnet_id", "is_added")
TIMES = ("first_seen", "last_seen", "lost_at")
COLUMNS = {name: f"l.{name}" for name in (*NUMBERS, *NULLABLE, *FLAGS, *TEXTS, *TIMES)} | {
    "source_domain": SOURCE_DOMAIN
}
"""What may be in hand → its SQL."""

TOTALLED = ("is_live", "is_left_out", "is_embed", "source_domain_id", "target_page", "change")
"""What totals are counted of: every page asks for them beside its own."""

_GAINED, _GONE = pa.array(["new", "restored"]), pa.array(["lost", "moved"])


@dataclass(frozen=True, slots=True)
class Card:
    """Sums by name, and the lines of each part: kind, rel, tld, region, lang, anchors, pages, domains."""

    sums: dict[str, Any]
    parts: dict[str, list[Line]] = field(default_factory=dict)


@dataclass(frozen=True)
class Hand:
    """The rows of a target, in their order; a column is read when it is first needed.

    sums, cards: what was counted of them, by whether infrastructure counts like all others.
    """

    serving: Serving
    span: Span
    sums: dict[bool, dict[str, Any]] = field(default_factory=dict)
    cards: dict[bool, Card] = field(default_factory=dict)
    _columns: dict[str, pa.Array] = field(default_factory=dict)
    _flags: dict[str, Array] = field(default_factory=dict)

    def need(self, *names: str) -> None:
        """Read those of the columns that were not yet read, at once."""
        wanted = [name for name in dict.fromkeys(names) if name not in self._columns]
        if wanted:
            where = self.span.sql
            read = ", ".join(f"{COLUMNS[name]} AS {name}" for name in wanted)
            table = self.serving.arrow(Sql(f"SELECT {read} FROM links l WHERE {where.text}", where.params))
            self._columns.update((name, table[name].combine_chunks()) for name in wanted)

    def column(self, name: str) -> pa.Array:
        """A column as the file has it."""
        self.need(name)
        return self._columns[name]

    def number(self, name: str) -> Array:
        """A column without nulls."""
        found: Array = self.column(name).to_numpy()
        return found

    def micros(self, name: str, unknown: int) -> Array:
        """Times as microseconds since 1970."""
        found: Array = pc.fill_null(self.column(name).cast(pa.int64()), unknown).to_numpy()
        return found

    def flag(self, name: str) -> Array:
        """A column of yes and no; of what is unknown, no."""
        found = self._flags.get(name)
        if found is None:
            found = self._flags[name] = pc.fill_null(self.column(name), False).to_numpy(zero_copy_only=False)
        return found

    def codes(self, name: str) -> Array:
        """A number for each value of a column, the unknown being one of them."""
        coded = self.column(name).dictionary_encode(null_encoding="encode")
        found: Array = coded.indices.to_numpy()
        return found

    @cached_property
    def is_main(self) -> Array:
        """Links in the main part of their page."""
        found: Array = pc.fill_null(pc.equal(self.column("region"), "main"), False).to_numpy(zero_copy_only=False)
        return found

    @cached_property
    def is_follow(self) -> Array:
        """Links that are known to be without nofollow, ugc and sponsored."""
        found: Array = ~(self._is_marked | self.is_unknown_follow)
        return found

    @cached_property
    def is_unknown_follow(self) -> Array:
        """Links of which it is not known whether they are follow: none of the three holds, and not all are known."""
        columns = [self.column(name) for name in RELS]
        if not any(column.null_count for column in columns):
            return np.zeros(len(columns[0]), np.bool_)
        nulls = [pc.is_null(column).to_numpy(zero_copy_only=False) for column in columns]
        found: Array = ~self._is_marked & np.logical_or.reduce(nulls)
        return found

    @cached_property
    def _is_marked(self) -> Array:
        """Links with nofollow, ugc or sponsored."""
        found: Array = self.flag("nofollow") | self.flag("ugc") | self.flag("sponsored")
        return found

    @cached_property
    def is_gained(self) -> Array:
        """New or restored at the latest capture of their page."""
        return self._has_change(_GAINED)

    @cached_property
    def is_gone(self) -> Array:
        """Lost or moved at the latest capture of their page."""
        return self._has_change(_GONE)

    def shown(self, *, infrastructure: bool, embeds: bool = False) -> Array:
        """The links that a view does not leave out, live or lost."""
        found: Array = (~self.flag("is_left_out") | infrastructure) & (~self.flag("is_embed") | embeds)
        return found

    def _has_change(self, words: pa.Array) -> Array:
        found: Array = pc.fill_null(pc.is_in(self.column("change"), words), False).to_numpy(zero_copy_only=False)
        return found


class Hands:
    """The hands of the targets that were asked for last. Threads may share it."""

    def __init__(self) -> None:
        self._held: OrderedDict[Span, Hand] = OrderedDict()
        self._n_rows = 0
        self._lock = threading.Lock()

    def of(self, serving: Serving, span: Span) -> Hand | None:
        """The rows of links in a span; None where they are too many."""
        if span.relation != "links" or span.width > FEW_ROWS:
            return None
        with self._lock:
            hand = self._held.get(span)
            if hand is not None:
                self._held.move_to_end(span)
                return hand
            hand = self._held[span] = Hand(serving, span)
            self._n_rows += span.width
            while self._n_rows > HELD_ROWS:
                self._n_rows -= self._held.popitem(last=False)[0].width
        return hand
