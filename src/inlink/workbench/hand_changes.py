"""The latest changes of a target with few rows, found by the rows in hand; the same as `changes` finds by SQL."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from inlink.index.serving_sql import Sql
from inlink.workbench.hand_rows import shown
from inlink.workbench.hands import COLUMNS, TOTALLED, Array, Hand
from inlink.workbench.options import View
from inlink.workbench.places import Served

KINDS = ("changed", "found", "lost", "moved", "new", "restored")  # in the order of their names
_REASONS = {"new": "link_added", "found": "page_found", "restored": "link_restored"}
_UNKNOWN = -np.iinfo(np.int64).max
_WHAT_WAS = {"reason", "anchor_before", "rel_before"}


def changed(served: Served, hand: Hand, columns: Sequence[str], view: View) -> tuple[pa.Table, int] | None:
    """The first page of the changes since the captures before the latest, in default order, and how many there are.

    None where it asks for more than the rows in hand tell: a filter, another order, what a link was before it changed.
    """
    if view.where or view.sort or view.limit is None:
        return None
    hand.need(*TOTALLED, "row", "first_seen", "last_seen", "lost_at", *(name for name in columns if name in COLUMNS))
    stored = _kinds(hand)
    rows = np.flatnonzero(hand.shown(infrastructure=view.infrastructure, embeds=view.embeds) & (stored >= 0))
    numbers, stored = hand.number("row")[rows], stored[rows]
    led = _led(served, numbers, stored)
    kinds = np.where(np.isin(numbers, np.fromiter(led, np.int64, len(led))), KINDS.index("changed"), stored)
    times = _times(hand, rows, stored)
    order = np.lexsort((numbers, kinds, -times))[: view.limit]
    if _WHAT_WAS & set(columns) and (stored[order] == KINDS.index("changed")).any():
        return None
    page = rows[order]
    own = {
        "change": pa.array([KINDS[kind] for kind in kinds[order]], pa.string()),
        "changed_at": pa.array(times[order], hand.column("first_seen").type, mask=times[order] == _UNKNOWN),
        "target_now": pa.array([led.get(row) for row in numbers[order].tolist()], pa.string()),
        "anchor_before": pa.nulls(len(page), pa.string()),
        "rel_before": pa.nulls(len(page), pa.string()),
    }
    read = [name for name in columns if name != "reason"] + ["lost_reason"] * ("reason" in columns)
    table = shown(served, hand, page, read, own)
    if table is None:
        return None
    if "reason" in columns:
        lost = table["lost_reason"].to_pylist()
        why = [
            "target" if row in led else _REASONS.get(KINDS[kind], said)
            for row, kind, said in zip(numbers[order].tolist(), stored[order], lost, strict=True)
        ]
        table["reason"] = pa.array(why, pa.string())
    keys = {"_k0": own["changed_at"], "_k1": own["change"], "_k2": pa.array(numbers[order], hand.column("row").type)}
    return pa.table({**{name: table[name] for name in columns}, **keys}), len(rows)


def _kinds(hand: Hand) -> Array:
    """The number of each row's change in KINDS; -1 for none."""
    found: Array = pc.fill_null(pc.index_in(hand.column("change"), pa.array(KINDS)), -1).to_numpy()
    return found


def _times(hand: Hand, rows: Array, kinds: Array) -> Array:
    """When each change shows, microseconds since 1970; the least number where that is not known."""
    first, last, lost = (hand.micros(name, _UNKNOWN)[rows] for name in ("first_seen", "last_seen", "lost_at"))
    is_lost = np.isin(kinds, (KINDS.index("lost"), KINDS.index("moved")))
    is_again = np.isin(kinds, (KINDS.index("changed"), KINDS.index("restored")))
    found: Array = np.where(is_lost, lost, np.where(is_again, last, first))
    return found


def _led(served: Served, numbers: Array, kinds: Array) -> dict[int, str]:
    """Lost links whose page gained one with the same anchor and kind at that very capture, and where it leads."""
    lost = numbers[kinds == KINDS.index("lost")]
    if not len(lost):
        return {}
    text = "SELECT row, target_now FROM retargets WHERE row BETWEEN ? AND ?"
    of_lost = set(lost.tolist())
    rows = served.serving.rows(Sql(text, (int(lost.min()), int(lost.max()))))
    return {row: target for row, target in rows if row in of_lost}
