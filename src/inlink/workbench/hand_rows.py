"""Pages of links from the rows in hand: found by the narrow columns, and only what is shown is read, for these rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pyarrow as pa

from inlink.index.serving_columns import columns_of, joins_of
from inlink.index.serving_sql import LINKS_IN_GROUP, RowsQuery, Sql
from inlink.workbench.cursors import Cursor
from inlink.workbench.hands import COLUMNS, RELS, TOTALLED, Array, Hand
from inlink.workbench.options import View
from inlink.workbench.places import Served

_GROUPED = {
    "similar": ("source_host_id", "target_page", "anchor", "kind"),
    "page": ("source_page", "region", *RELS),
    "domain": ("source_domain_id", "region", *RELS),
}


def listed(
    served: Served, hand: Hand, query: RowsQuery, view: View, cursor: Cursor | None
) -> tuple[pa.Table, int] | None:
    """A page of backlinks in their default order, and how many rows the view has.

    None where it asks for more than the rows in hand tell: a filter, another order, a row that is not among them.
    """
    if view.where or view.sort or view.limit is None:
        return None
    held = [name for name in query.columns if name in COLUMNS]
    hand.need(
        *TOTALLED, *_GROUPED.get(view.group, ()), "row", "strength", *held, *(RELS if "follow" in query.columns else ())
    )
    rows, counts = _collapsed(hand, _in_state(hand, view), view.group)
    order = np.lexsort((rows, -hand.number("strength")[rows].astype(np.int64)))
    rows, counts = rows[order], counts[order]
    n_total, first = len(rows), 0
    if cursor is not None:
        (found,) = np.nonzero(hand.number("row")[rows] == cursor.keys[-1])
        if len(found) != 1:
            return None
        first = int(found[0]) + 1
        n_total = n_total if cursor.n_total is None else cursor.n_total
    rows, counts = rows[first : first + view.limit], counts[first : first + view.limit]
    keys = {"_k0": _taken(hand, "strength", rows), "_k1": _taken(hand, "row", rows)}
    known: dict[str, pa.Array] = {LINKS_IN_GROUP: pa.array(counts, pa.int64())}
    table = shown(served, hand, rows, query.columns, known)
    return None if table is None else (pa.table({**table, **keys}), n_total)


def shown(
    served: Served, hand: Hand, rows: Array, columns: Sequence[str], known: Mapping[str, pa.Array]
) -> dict[str, pa.Array] | None:
    """Columns of some rows in hand: known ones, those in hand, and the others read; None where a row is gone."""
    held = {"follow", *COLUMNS}
    wanted = [name for name in dict.fromkeys(columns) if name not in known and name not in held]
    read = _read(served, hand.number("row")[rows], wanted) if wanted and len(rows) else None
    if wanted and read is None:
        return None
    return {
        name: known[name] if name in known else read[name] if read and name in read else _taken(hand, name, rows)
        for name in columns
    }


def _taken(hand: Hand, name: str, rows: Array) -> pa.Array:
    """A column of some rows in hand."""
    if name == "follow":
        return pa.array(hand.is_follow[rows], mask=hand.is_unknown_follow[rows])
    return hand.column(name).take(pa.array(rows, pa.int64()))


def _read(served: Served, numbers: Array, names: Sequence[str]) -> dict[str, pa.Array] | None:
    """Columns that are not in hand, in the order of the row numbers."""
    known = columns_of("links")
    read = ", ".join(f'{known[name].sql} AS "{name}"' for name in names)
    joins = joins_of({need for name in names for need in known[name].needs})
    among = ", ".join(map(str, numbers.tolist()))
    text = f"SELECT l.row AS _row, {read} FROM links l {joins} WHERE l.row BETWEEN ? AND ? AND l.row IN ({among})"
    table = served.serving.arrow(Sql(text, (int(numbers.min()), int(numbers.max())))).combine_chunks()
    if table.num_rows != len(numbers):
        return None
    places = np.argsort(table["_row"].to_numpy())[np.argsort(np.argsort(numbers))]
    return {name: table[name].chunk(0).take(pa.array(places)) for name in names}


def _in_state(hand: Hand, view: View) -> Array:
    """The places of the rows that a view shows."""
    is_shown = hand.shown(infrastructure=view.infrastructure, embeds=view.embeds)
    if view.state != "all":
        is_live = hand.flag("is_live")
        is_shown = is_shown & (is_live if view.state == "live" else ~is_live)
    return np.flatnonzero(is_shown)


def _collapsed(hand: Hand, rows: Array, group: str) -> tuple[Array, Array]:
    """The rows that stand for their groups, and how many rows each group has."""
    if group == "none" or not len(rows):
        return rows, np.ones(len(rows), np.int64)
    if group == "similar":
        numbers = [hand.number(name)[rows] for name in ("source_host_id", "target_page")]
        keys = [*numbers, *(hand.codes(name)[rows] for name in ("anchor", "kind"))]
        order = np.lexsort(keys)  # rows of one group keep their order: the first is the least
    else:
        keys = [hand.number("source_page" if group == "page" else "source_domain_id")[rows]]
        order = np.lexsort((_rank(hand)[rows], *keys))
    is_first = np.ones(len(rows), np.bool_)
    is_first[1:] = np.logical_or.reduce([key[order][1:] != key[order][:-1] for key in keys])
    starts = np.flatnonzero(is_first)
    return rows[order[starts]], np.diff(starts, append=len(rows))


def _rank(hand: Hand) -> Array:
    """How well a row stands for its group, the least best; as `serving_sql.COLLAPSE` has it."""
    is_follow, is_unknown = hand.is_follow, hand.is_unknown_follow
    vote = np.where(is_follow, 0, np.where(is_unknown, 2, 4))
    rank: Array = np.where(hand.flag("is_live"), 0, 6) + vote + np.where(hand.is_main, 0, 1)
    return rank
