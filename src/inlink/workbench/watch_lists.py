"""Lists of pages to watch, as people paste them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from inlink.errors import BadInput
from inlink.urls.domains import SuffixRules

_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*://", re.IGNORECASE)
_NAME = re.compile(r"[\w-]+(?:\.[\w-]+)*\.([\w-]+)(?:/|$)")


def listed_pairs(text: str, aim: str | None) -> Iterator[tuple[str, str]]:
    """(page, target) of a pasted list: a line each, tab, comma, semicolon or spaces between; without a target, `aim`.

    Raises: BadInput for a line without a target where there is no other, and for one with two columns where `aim` is.
    """
    for number, line in enumerate(text.splitlines(), 1):
        bare = line.strip()
        if not bare or bare.startswith("#"):
            continue
        for mark in ("\t", None, ";", ","):
            cells = [cell for each in bare.split(mark) if (cell := each.strip().strip('",;'))]
            if len(cells) > 1:
                break
        if len(cells) < 2 and aim is None:
            raise BadInput(f"line {number} names no target: {bare[:100]}", hint="write PAGE TARGET, or give --target")
        if number == 1 and "." not in cells[0]:
            continue  # a header
        if aim is None:
            yield cells[0], cells[1]
        else:
            yield _only_page(number, bare, cells, mark), aim


def _only_page(number: int, bare: str, cells: Sequence[str], mark: str | None) -> str:
    """The page of a line whose target is given for all. Addresses hold commas and semicolons: those part two
    columns only where an address follows.
    """
    if len(cells) > 1 and (mark in ("\t", None) or any(map(_is_address, cells[1:]))):
        raise BadInput(
            f"line {number} has a second column, and --target is given: {bare[:100]}",
            hint="leave out --target, or the second column",
        )
    return bare.strip('",;')


def _is_address(text: str) -> bool:
    """Whether a text is an address by its scheme, or by a name that ends as names of hosts do: index.html does not."""
    name = _NAME.match(text)
    is_host = name is not None and (name[1].lower() == "example" or SuffixRules().is_suffix(name[1]))
    return is_host or _SCHEME.match(text) is not None


def read_list(path: Path) -> str:
    """The text of a list. Raises: BadInput."""
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise BadInput(f"{path} is not UTF-8 text", hint="write PAGE TARGET, one a line") from error
