"""The links behind the sources of a target's mass, as the served snapshot has them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from inlink.workbench.explanations import Source
from inlink.workbench.results import Rows

if TYPE_CHECKING:
    from inlink.workbench.questions import Questions

_COLUMNS = ("source_url", "anchor", "link_id")
_TOGETHER = 1000  # links of several sources that one question may bring
_LETTERS = 8000  # of a filter, without what it begins and ends with
_QUOTE = "'"

Behind = tuple[int | None, dict[str, Any]]
"""How many links, None where that is not known, and the best of them."""

LinksOf = Callable[[str, int, Sequence[str]], Rows]
"""Asks for the links to a target by a filter: the best ones, so many, these columns; and how many there are."""


def links_behind(bench: Questions, text: str, scope: str | None) -> LinksOf:
    """Asks the served snapshot."""

    def ask(where: str, limit: int, columns: Sequence[str]) -> Rows:
        return bench.backlinks(text, scope=scope, where=where, columns=columns, limit=limit, infrastructure=True)

    return ask


def with_links(
    rows: Sequence[Source], keys: Sequence[str], column: str, links_of: LinksOf | None, *, more: str = ""
) -> tuple[Source, ...]:
    """The rows with the number of links behind each, and the best of them.

    keys: the text that links of each source have in the column; more: another condition, as a filter.
    """
    if links_of is None:
        return tuple(rows)
    found: dict[str, Behind] = {}
    for some in _parts(keys):
        found |= _behind(some, column, more, links_of)
    return tuple(_with(row, *found[key]) if key in found else row for row, key in zip(rows, keys, strict=True))


def _behind(keys: Sequence[str], column: str, more: str, links_of: LinksOf) -> dict[str, Behind]:
    """How many links have each text, and the best of them; where they are too many together, asked one by one."""
    where = f"{column} in ({', '.join(_quoted(key) for key in keys)}){more}"
    rows = links_of(where, _TOGETHER if len(keys) > 1 else 1, (*_COLUMNS, column))
    links = rows.to_dicts()
    if len(keys) == 1:
        return {keys[0]: (rows.n_total, links[0])} if links else {}
    if len(links) == _TOGETHER:
        return {text: behind for key in keys for text, behind in _behind([key], column, more, links_of).items()}
    counts: Counter[str] = Counter(str(link[column]) for link in links)
    best = {str(link[column]): link for link in reversed(links)}
    return {text: (n, best[text]) for text, n in counts.items()}


def _with(row: Source, n_links: int | None, best: dict[str, Any]) -> Source:
    return replace(
        row,
        n_links=n_links,
        best_link=str(best["source_url"]),
        best_anchor=None if best["anchor"] is None else str(best["anchor"]),
        best_link_id=int(str(best["link_id"])),
    )


def _parts(keys: Sequence[str]) -> Iterator[Sequence[str]]:
    """The keys in parts that a filter has room for."""
    first = letters = 0
    for at, key in enumerate(keys):
        length = len(_quoted(key)) + 2
        if at > first and letters + length > _LETTERS:
            yield keys[first:at]
            first, letters = at, 0
        letters += length
    if first < len(keys):
        yield keys[first:]


def _quoted(text: str) -> str:
    """A text as a filter has it."""
    return f"'{text.replace(_QUOTE, _QUOTE * 2)}'"
