"""Layouts of link lists that other tools export: which column says what, told by the header or by the rows."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources


@dataclass(frozen=True, slots=True)
class Layout:
    """Which column (from 0) holds what. `name` is the tool and table; `site`: the source is named by its site alone."""

    name: str
    columns: dict[str, int]
    has_header: bool = True

    def cell(self, row: Sequence[str], role: str) -> str:
        """A row's value for a role, or nothing."""
        at = self.columns.get(role, -1)
        return row[at].strip() if 0 <= at < len(row) else ""


@lru_cache(maxsize=1)
def _known() -> tuple[tuple[str, dict[str, str], dict[str, str]], ...]:
    """(name, headers that must be there, further headers), each header with its role; see layouts.toml."""
    table = tomllib.loads(resources.files("inlink.sources").joinpath("layouts.toml").read_text(encoding="utf-8"))
    return tuple((entry["name"], entry["needs"], entry.get("more", {})) for entry in table["layout"])


_URL = re.compile(r"https?://\S", re.IGNORECASE)
_HOST = re.compile(r"(?:[\w-]+\.)+[\w-]{2,}\Z")
_COUNT = re.compile(r"[\d.,\s\u00a0\u202f']+\Z")
_MOSTLY = 0.8


def layout_of(rows: Sequence[Sequence[str]]) -> Layout | None:
    """The layout that the first rows of a table show, by header, else (headers come in all languages) by content."""
    if not rows:
        return None
    headers = [" ".join(cell.strip("\ufeff").split()).lower() for cell in rows[0]]
    for name, needed, more in _known():
        if all(header in headers for header in needed):
            roles = {**needed, **more}
            columns: dict[str, int] = {}
            for at, header in enumerate(headers):
                if roles.get(header):
                    columns.setdefault(roles[header], at)
            return Layout(name, columns)
    return _by_content(rows)


def _by_content(rows: Sequence[Sequence[str]]) -> Layout | None:
    width = max(len(row) for row in rows)
    has_header = not any(_URL.match(cell.strip()) for cell in rows[0])
    body = [row for row in rows[1 if has_header else 0 :] if any(cell.strip() for cell in row)]
    if not body:
        return None
    is_urls = _is_mostly(body, 0, _URL)
    if width == 1 and is_urls:
        return Layout("gsc-sample-links" if has_header else "urls", {"source": 0}, has_header)
    if width == 2 and is_urls and not _is_mostly(body, 1, _COUNT, letters=True):
        is_pair = _is_mostly(body, 1, _URL)
        return (
            Layout("links", {"source": 0, "target": 1}, has_header)
            if is_pair
            else (Layout("gsc-latest-links", {"source": 0, "seen": 1}, has_header))
        )
    if width == 3 and has_header and all(_is_mostly(body, at, _COUNT) for at in (1, 2)):
        if is_urls:
            return Layout("gsc-linked-pages", {"own": 0}, has_header)
        if _is_mostly(body, 0, _HOST):
            return Layout("gsc-linking-sites", {"site": 0}, has_header)
    return None


def _is_mostly(rows: Sequence[Sequence[str]], at: int, pattern: re.Pattern[str], *, letters: bool = False) -> bool:
    """Whether most rows match in a column; letters: plain counts only, so that 2020.06.30 is no count."""
    cells = [row[at].strip() if at < len(row) else "" for row in rows]
    if letters:
        return sum(cell.isdigit() and len(cell) < 8 for cell in cells) >= _MOSTLY * len(cells)
    return sum(pattern.match(cell) is not None for cell in cells) >= _MOSTLY * len(cells)
