"""The rail: every page that the site has, in three groups; an entry shows where its page is."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from starlette.routing import BaseRoute, Route


@dataclass(frozen=True, slots=True)
class Entry:
    """A page of the rail; `targeted` pages keep the target that is looked at."""

    label: str
    path: str
    targeted: bool = False


@dataclass(frozen=True, slots=True)
class Group:
    """Pages that belong together."""

    title: str
    entries: tuple[Entry, ...]


GROUPS = (
    Group(
        "Look up",
        (
            Entry("Overview", "/overview", targeted=True),
            Entry("Backlinks", "/backlinks", targeted=True),
            Entry("Domains", "/domains", targeted=True),
            Entry("Anchors", "/anchors", targeted=True),
            Entry("Pages", "/pages", targeted=True),
            Entry("Broken", "/broken", targeted=True),
            Entry("Changes", "/changes", targeted=True),
            Entry("Outgoing", "/outgoing", targeted=True),
            Entry("Compare", "/compare", targeted=True),
            Entry("Gap", "/gap", targeted=True),
            Entry("What-if", "/what-if", targeted=True),
            Entry("Releases", "/releases"),
        ),
    ),
    Group(
        "Data",
        (
            Entry("Crawls", "/crawls"),
            Entry("Imports", "/imports"),
            Entry("Builds", "/builds"),
            Entry("Checks", "/checks"),
            Entry("Monitor", "/monitor"),
            Entry("Jobs", "/jobs"),
        ),
    ),
    Group("Workspace", (Entry("Index", "/"), Entry("Settings", "/settings"))),
)


def groups_of(routes: Iterable[BaseRoute]) -> tuple[Group, ...]:
    """The groups with the entries whose pages are there."""
    known = {route.path for route in routes if isinstance(route, Route)}
    kept = (Group(group.title, tuple(e for e in group.entries if e.path in known)) for group in GROUPS)
    return tuple(group for group in kept if group.entries)


def is_here(entry: Entry, path: str) -> bool:
    """Whether the page that is shown belongs to the entry."""
    return path == entry.path or (entry.path != "/" and path.startswith(f"{entry.path}/"))
