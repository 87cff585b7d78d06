"""Which releases there are, by graphinfo.json: names are never guessed (some span two years: cc-main-2025-26-…)."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass

from inlink.errors import BadInput, NotFound
from inlink.sources.releases.place import Place

KINDS = ("domain", "host")
_NAME = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*\Z")
_MAX_LISTING_BYTES = 16 * 2**20


@dataclass(frozen=True, slots=True)
class Release:
    """One release. Units: n_nodes and n_edges by kind (host, domain), as published; left out where not told."""

    name: str
    crawls: tuple[str, ...]
    n_nodes: Mapping[str, int]
    n_edges: Mapping[str, int]


def list_releases(place: Place) -> list[Release]:
    """The releases of a place in its own order (newest first).

    Raises: BadInput where the list cannot be read, NotFound where there is none, Unreachable.
    """
    data = place.listing(_MAX_LISTING_BYTES)
    try:
        rows = json.loads(data)
    except ValueError as error:
        raise _unreadable(place, str(error)) from error
    if not isinstance(rows, list):
        raise _unreadable(place, "it is no list")
    return [_release(place, row) for row in rows]


def find_release(place: Place, name: str) -> Release:
    """The release of a name; `latest` is the first one listed.

    Raises: NotFound that lists names that are there, BadInput, Unreachable.
    """
    known = list_releases(place)
    if name == "latest" and known:
        return known[0]
    found = next((release for release in known if release.name == name), None)
    if found is None:
        shown = ", ".join(release.name for release in known[:6]) or "none"
        raise NotFound(f"{place.name} has no release {name}", hint=f"it has {shown}; all: inlink cc list")
    return found


def check_name(name: str) -> str:
    """The name, which will name a folder. Raises: BadInput where it could be anything else."""
    if not _NAME.match(name) or len(name) > 100:
        raise BadInput(f"{name[:100]!r} is no name of a release", hint="see inlink cc list for names")
    return name


def _release(place: Place, row: object) -> Release:
    if not isinstance(row, dict) or not isinstance(row.get("id"), str):
        raise _unreadable(place, "a release without an id")
    crawls = row.get("crawls")
    stats = row.get("stats")
    return Release(
        name=check_name(row["id"]),
        crawls=tuple(map(str, crawls)) if isinstance(crawls, list) else (),
        n_nodes=_numbers(stats, "nodes"),
        n_edges=_numbers(stats, "arcs"),
    )


def _numbers(stats: object, what: str) -> dict[str, int]:
    found = {}
    for kind in KINDS:
        row = stats.get(kind) if isinstance(stats, dict) else None
        value = row.get(what) if isinstance(row, dict) else None
        if isinstance(value, int) and not isinstance(value, bool):
            found[kind] = value
    return found


def _unreadable(place: Place, why: str) -> BadInput:
    return BadInput(
        f"{place.listing_name} cannot be read: {why}", hint="it should be graphinfo.json's list of releases"
    )
