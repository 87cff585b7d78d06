"""Numbers made ready for drawing. Lengths become attributes of SVG, so that no inline style is needed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from inlink.workbench import Count
from inlink.workbench.explanations import Explanation

TOP = 6
HUES = ("", "b4", "b5", "b2", "b3", "b6")  # in the order of the palette
KEYS = ("k1", "k4", "k5", "k2", "k3", "k6")


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar: its name, what it counts, and its length from 0 to 100."""

    name: str | None
    count: int
    length: float
    is_rest: bool = False


@dataclass(frozen=True, slots=True)
class Piece:
    """One part of a stacked bar that sums to 100."""

    name: str
    count: int
    start: float
    length: float
    hue: str
    key: str


@dataclass(frozen=True, slots=True)
class Area:
    """One region of the drawn page."""

    name: str
    count: int
    x: int
    y: int
    width: int
    height: int
    depth: float  # opacity, in proportion to the links; never so dark that the words on it fade


# The drawn page, 370 by 266: header, nav, main beside aside, bio, comments, footer.
LAYOUT = {
    "header": (0, 0, 370, 27),
    "nav": (0, 27, 370, 25),
    "main": (0, 52, 262, 112),
    "aside": (262, 52, 108, 178),
    "bio": (0, 164, 262, 29),
    "comment": (0, 193, 262, 37),
    "footer": (0, 230, 370, 36),
}


def bars(counts: Sequence[Count], top: int = TOP, *, domains: bool = False) -> list[Bar]:
    """The largest values as bars from zero, with one row for the rest."""
    numbers = [(count.value, count.n_domains if domains else count.n_links) for count in counts]
    numbers.sort(key=lambda pair: -pair[1])
    shown, rest = (numbers, []) if len(numbers) <= top + 1 else (numbers[:top], numbers[top:])
    most = max((value for _, value in shown), default=0) or 1
    found = [Bar(name, value, 100 * value / most) for name, value in shown]
    if rest:
        total = sum(value for _, value in rest)
        found.append(Bar(f"{len(rest)} others", total, min(100.0, 100 * total / most), is_rest=True))
    return found


@dataclass(frozen=True, slots=True)
class FlowBar:
    """One term of a mass: its share of it, and the bar's length from 0 to 100."""

    name: str
    share: float
    length: float
    is_rest: bool = False


def flow_bars(found: Explanation, mass: float) -> list[FlowBar]:
    """What each source carries, the most first; then what other sources give together, and what starts here."""
    terms = [(row.name, row.carried, False) for row in found.rows]
    if found.n_others:
        terms.append((f"{found.n_others:,} others", found.others, True))
    terms.append(("surfers who start here", (found.restart or 0.0) + (found.returned or 0.0), True))
    most = max((carried for _, carried, _ in terms), default=0.0) or 1.0
    return [FlowBar(name, carried / mass, 100 * carried / most, is_rest) for name, carried, is_rest in terms]


def stacked(counts: Sequence[tuple[str, int]]) -> list[Piece]:
    """Parts of a whole, side by side; they sum to 100."""
    whole = sum(count for _, count in counts)
    pieces, start = [], 0.0
    for position, (name, count) in enumerate(counts):
        length = 100 * count / whole if whole else 0.0
        hue = min(position, len(HUES) - 1)
        pieces.append(Piece(name, count, round(start, 3), round(length, 3), HUES[hue], KEYS[hue]))
        start += length
    return pieces


def drawn_page(counts: Sequence[Count]) -> list[Area]:
    """Where on the page links stand: the more links, the deeper the colour."""
    by_name = {count.value: count.n_links for count in counts}
    most = max((by_name.get(name, 0) for name in LAYOUT), default=0) or 1
    return [
        Area(name, by_name.get(name, 0), x, y, width, height, round(0.03 + 0.52 * by_name.get(name, 0) / most, 3))
        for name, (x, y, width, height) in LAYOUT.items()
    ]
