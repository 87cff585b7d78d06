"""Where a target stands among all: a scale from all to the first, in steps of the logarithm of the position."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from inlink.workbench.ranking import Authority

LEFT, RIGHT = 4.0, 660.0
PARTS = 4
LETTER = 6.0


@dataclass(frozen=True, slots=True)
class Tick:
    """A mark of the scale."""

    x: float
    text: str
    anchor: str


@dataclass(frozen=True, slots=True)
class Mark:
    """Somebody on the scale; text is empty where another stands too near."""

    x: float
    text: str
    is_target: bool


@dataclass(frozen=True, slots=True)
class Scale:
    """The scale; `sentence` says the same in words."""

    ticks: tuple[Tick, ...]
    marks: tuple[Mark, ...]
    sentence: str


def scale_of(standing: Authority, others: Sequence[Authority]) -> Scale | None:
    """The scale with the target and others of the same run; None where the target has no position."""
    if standing.position is None or standing.n < 2:
        return None
    shown = [other for other in others if other.position is not None and other.run == standing.run]
    marks, taken = [], [(LEFT, LEFT)]
    for one in sorted(shown, key=lambda other: other.position or 0):
        x = _at(one.position or one.n, one.n)
        name = one.target.text.rpartition(".")[0] or one.target.text
        half = len(name) * LETTER / 2
        is_free = all(x + half < low or high < x - half for low, high in taken) and x + half < RIGHT
        if is_free:
            taken.append((x - half, x + half))
        marks.append(Mark(x, name if is_free else "", is_target=False))
    marks.append(Mark(_at(standing.position, standing.n), "", is_target=True))
    return Scale(tuple(_ticks(standing.n)), tuple(marks), sentence(standing))


def _at(position: int, n: int) -> float:
    return round(LEFT + (RIGHT - LEFT) * (1 - math.log(max(position, 1)) / math.log(n)), 1)


def _ticks(n: int) -> list[Tick]:
    width = (RIGHT - LEFT) / PARTS
    inner = [Tick(round(LEFT + width * i, 1), f"1 in {about(n ** (i / PARTS))}", "middle") for i in range(1, PARTS)]
    return [Tick(LEFT, "all", "start"), *inner, Tick(RIGHT, "first", "end")]


def sentence(standing: Authority) -> str:
    """How the target stands, in words."""
    position, n, graph = standing.position, standing.n, standing.graph
    if position is None:
        return ""
    if position == 1:
        return f"None of the {about(n)} {graph} stands above it."
    if standing.in_votes == 0:
        return f"None of the {about(n)} {graph} votes for it."
    return f"Better than all but 1 in {about(n / position)} of {about(n)} {graph}."


def about(value: float) -> str:
    """671, 11 thousand, 1.2 million: three digits at most where it is large."""
    for size, word in ((1e9, "billion"), (1e6, "million"), (1e4, "thousand")):
        if value >= size:
            scaled = value / (size if size != 1e4 else 1e3)
            return f"{scaled:.1f} {word}" if scaled < 10 else f"{scaled:,.0f} {word}"
    return f"{value:.1f}".removesuffix(".0") if value < 10 else f"{value:,.0f}"
