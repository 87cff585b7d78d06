"""The pages of a table and the way back: a cursor leads only on, so the address keeps those of the pages before."""

from __future__ import annotations

from dataclasses import dataclass

FIRST = "1"  # the first page, which has no cursor
LONGEST_WAY = 3000  # characters; a dozen pages, then the oldest are forgotten
_BETWEEN = "."  # stands in no cursor, and in addresses as it is


@dataclass(frozen=True, slots=True)
class Place:
    """A page by its cursor, how many rows stand before it, and the cursors of the pages before it."""

    cursor: str = ""
    at: int = 0
    way: str = ""

    def following(self, cursor: str, n_shown: int) -> Place:
        """The page behind this one, of which n_shown rows are shown."""
        way = _BETWEEN.join([*([self.way] if self.way else []), self.cursor or FIRST])
        while len(way) > LONGEST_WAY:
            way = way.partition(_BETWEEN)[2]
        return Place(cursor, self.at + n_shown, way)

    def previous(self, limit: int) -> Place | None:
        """The page of `limit` rows before this one; None where the way back is not known."""
        if not self.way:
            return None
        way, _, cursor = self.way.rpartition(_BETWEEN)
        return Place() if cursor == FIRST else Place(cursor, max(self.at - limit, 0), way)

    @property
    def parameters(self) -> dict[str, str | int]:
        """As an address says it."""
        return {"cursor": self.cursor, "at": self.at or "", "way": self.way}
