"""A table laid out for a terminal of a given width: which columns stand, how wide, what is shortened."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from inlink.cli.shorten import shorten_end, shorten_middle, width
from inlink.cli.values import for_table, is_number

GAP = 2
LEAST = 14  # cells below which a text column is of no use
LEAST_URL = 32


@dataclass(frozen=True, slots=True)
class Laid:
    """Columns that fit with their cells cut to width, and the names of those that did not."""

    names: tuple[str, ...]
    widths: tuple[int, ...]
    right: tuple[bool, ...]
    rows: tuple[tuple[str, ...], ...]
    left_out: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Draft:
    name: str
    cells: list[str]
    right: bool
    fixed: bool
    natural: int

    @property
    def least(self) -> int:
        if self.fixed:
            return self.natural
        return min(self.natural, max(LEAST_URL if is_url(self.name) else LEAST, width(title(self.name))))


def lay_out(names: Sequence[str], rows: Sequence[Mapping[str, object]], limit: int) -> Laid:
    """Columns from the left as long as their least widths fit; the rest is named, never dropped in silence."""
    drafts = [_draft(name, [row.get(name) for row in rows]) for name in names]
    kept = drafts[: _how_many(drafts, limit)]
    widths = _share_out(kept, limit - GAP * (len(kept) - 1))
    columns = [[_cut(cell, room, draft.name) for cell in draft.cells] for draft, room in zip(kept, widths, strict=True)]
    return Laid(
        names=tuple(draft.name for draft in kept),
        widths=tuple(widths),
        right=tuple(draft.right for draft in kept),
        rows=tuple(zip(*columns, strict=True)) if columns else (),
        left_out=tuple(draft.name for draft in drafts[len(kept) :]),
    )


def title(name: str) -> str:
    """A column's name as a heading: n_follow_links stands as follow links."""
    return name.removeprefix("n_").replace("_", " ")


def _draft(name: str, values: list[object]) -> _Draft:
    cells = [for_table(value, name) for value in values]
    known = [value for value in values if value is not None]
    right = bool(known) and all(is_number(value) for value in known)
    return _Draft(
        name=name,
        cells=cells,
        right=right,
        fixed=not any(isinstance(value, str | list | tuple) for value in known),
        natural=max(width(title(name)), *(width(cell) for cell in cells)) if cells else width(title(name)),
    )


def _how_many(drafts: list[_Draft], limit: int) -> int:
    used = 0
    for count, draft in enumerate(drafts):
        used += draft.least + (GAP if count else 0)
        if used > limit:
            return max(count, 1)
    return len(drafts)


def _share_out(drafts: list[_Draft], room: int) -> list[int]:
    """Each column its least width, then what is left in equal shares, those that want little served first."""
    widths = [draft.least for draft in drafts]
    room -= sum(widths)
    wanting = sorted((i for i, draft in enumerate(drafts) if not draft.fixed), key=lambda i: drafts[i].natural)
    for position, i in enumerate(wanting):
        more = min(drafts[i].natural - widths[i], max(room, 0) // (len(wanting) - position))
        widths[i] += more
        room -= more
    return widths


def _cut(cell: str, room: int, name: str) -> str:
    if not is_url(name):
        return shorten_end(cell, room)
    return cell if width(cell) <= room else shorten_middle(cell.removeprefix("https://"), room)


def is_url(name: str) -> bool:
    """True for columns whose text says most at both its ends."""
    return name.endswith(("url", "raw", "key", "canonical", "redirect_target", "file", "name", "via"))
