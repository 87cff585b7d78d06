"""How long each referring domain stayed, counted from the rows in hand; the same as `over_time` counts by SQL."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import pyarrow.compute as pc

from inlink.workbench.hands import TOTALLED, Array, Hand

DAY_US = 86_400_000_000
_NONE, _LAST = np.iinfo(np.int64).min, np.iinfo(np.int64).max
_EPOCH = date(1970, 1, 1)


@dataclass(frozen=True, slots=True)
class Stay:
    """So many domains with the same days: first seen, last seen, and lost; None: not lost."""

    first: date
    last: date
    lost: date | None
    is_new: bool
    n: int


def stays_of(hand: Hand, *, infrastructure: bool) -> tuple[list[Stay], bool] | None:
    """The stays of a target's domains, and whether any page was looked at twice; None where a day is not known."""
    hand.need(*TOTALLED, "first_seen", "last_seen", "lost_at", "is_added", "n_seen")
    shown = hand.shown(infrastructure=infrastructure)
    codes = np.unique(hand.number("source_domain_id")[shown], return_inverse=True)[1]
    n = int(codes.max()) + 1 if len(codes) else 0
    seen, live = hand.micros("first_seen", _NONE)[shown], hand.flag("is_live")[shown]
    is_added = hand.flag("is_added")[shown]
    is_found = pc.fill_null(pc.invert(hand.column("is_added")), False).to_numpy(zero_copy_only=False)[shown]
    found, added = _least(seen[is_found], codes[is_found], n), _least(seen[is_added], codes[is_added], n)
    first = np.minimum(found, added)
    if (first == _LAST).any():
        return None
    last = _greatest(hand.micros("last_seen", _NONE)[shown], codes, n)
    lost = _greatest(hand.micros("lost_at", _NONE)[shown], codes, n)
    lost[np.bincount(codes[live], minlength=n) > 0] = _NONE
    is_new = (found == _LAST) | ((added < found) & (added != _LAST))
    days = np.stack([first // DAY_US, last // DAY_US, np.where(lost == _NONE, _NONE, lost // DAY_US), is_new])
    different, counts = np.unique(days, axis=1, return_counts=True)
    stays = [
        Stay(_day(a), _day(b), None if c == _NONE else _day(c), bool(new), n)
        for (a, b, c, new), n in zip(different.T.tolist(), counts.tolist(), strict=True)
    ]
    return stays, bool((is_added | (hand.number("n_seen")[shown] > 1) | ~live).any())


def _least(values: Array, codes: Array, n: int) -> Array:
    found = np.full(n, _LAST)
    np.minimum.at(found, codes, values)
    return found


def _greatest(values: Array, codes: Array, n: int) -> Array:
    found = np.full(n, _NONE)
    np.maximum.at(found, codes, values)
    return found


def _day(number: int) -> date:
    return _EPOCH + timedelta(days=number)
