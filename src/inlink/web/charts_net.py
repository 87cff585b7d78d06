"""The picture of a link neighbourhood, ready for drawing: circles by area, words where there is room for them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from inlink.workbench.neighbourhood import KINDS, Neighbourhood, Node

WIDTH, HEIGHT = 440, 340
EDGE_X, EDGE_Y = 44, 24  # room that stays free on each side
SMALLEST, WIDEST = 4.0, 15.0
LETTER, LINE = 5.6, 13.0  # of a word: width of a letter, height
LONGEST = 22
STYLES = dict(zip(KINDS, ("self", "n-in", "n-weak", "n-both", "n-out"), strict=True))
KEY_STYLES = dict(zip(KINDS, ("kself", "k1", "k6", "k5", "k3"), strict=True))


@dataclass(frozen=True, slots=True)
class Spot:
    """A domain as drawn; label is empty where there is no room for it."""

    node: Node
    x: float
    y: float
    radius: float
    style: str
    label: str
    label_y: float


@dataclass(frozen=True, slots=True)
class Thread:
    """Links between two domains as drawn."""

    x1: float
    y1: float
    x2: float
    y2: float
    is_follow: bool | None


@dataclass(frozen=True, slots=True)
class Picture:
    """What is drawn, the target last, so that it lies on top; key: the kinds that are in it."""

    spots: tuple[Spot, ...]
    threads: tuple[Thread, ...]
    key: tuple[tuple[str, str], ...]


def picture(found: Neighbourhood) -> Picture:
    """The neighbourhood as circles, lines and words."""
    spots = _spots(found.nodes)
    at = {spot.node.domain: spot for spot in spots}
    threads = {frozenset((edge.source, edge.target)): edge for edge in found.edges}
    lines = [
        Thread(at[edge.source].x, at[edge.source].y, at[edge.target].x, at[edge.target].y, edge.is_follow)
        for edge in threads.values()
    ]
    there = {node.kind for node in found.nodes}
    key = tuple((kind, KEY_STYLES[kind]) for kind in KINDS[1:] if kind in there)
    return Picture(tuple(reversed(spots)), tuple(lines), key)


def _spots(nodes: Sequence[Node]) -> list[Spot]:
    taken: list[tuple[float, float, float, float]] = []
    placed = []
    for node in nodes:
        x = WIDTH / 2 + node.x * (WIDTH / 2 - EDGE_X)
        y = HEIGHT / 2 + node.y * (HEIGHT / 2 - EDGE_Y)
        radius = SMALLEST + (WIDEST - SMALLEST) * float(node.size) ** 0.5
        placed.append((node, round(x, 1), round(y, 1), round(radius, 1)))
        taken.append((x - radius, y - radius, x + radius, y + radius))
    found = []
    for order, (node, x, y, radius) in enumerate(placed):
        label, label_y = short(node.domain), y + radius + LINE - 2
        width = len(label) * LETTER
        box = (x - width / 2, label_y - LINE + 3, x + width / 2, label_y + 2)
        others = [other for n, other in enumerate(taken) if n != order]
        is_free = box[0] >= 0 and box[2] <= WIDTH and box[3] <= HEIGHT and not any(_meet(box, b) for b in others)
        if order == 0 or is_free:
            taken.append(box)
        else:
            label = ""
        found.append(Spot(node, x, y, radius, STYLES[node.kind], label, round(label_y, 1)))
    return found


def _meet(a: tuple[float, float, float, float], b: tuple[float, float, float, float]) -> bool:
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]


def short(domain: str) -> str:
    """The domain without its last part, cut where it is long."""
    name = domain.rpartition(".")[0] or domain
    return name if len(name) <= LONGEST else f"{name[: LONGEST - 1]}…"
