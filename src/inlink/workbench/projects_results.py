"""Results of `bench.projects`: projects, saved views and notes as they stood when they were asked for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

# What a note can be about.
NOTE_KINDS = ("target", "domain", "link")
# What a saved view keeps beside page, target and scope: the options of a view, and the period of changes.
VIEW_OPTIONS = (
    *("where", "sort", "columns", "group", "state", "limit"),
    *("infrastructure", "embeds", "indirect", "strict", "folded", "from", "to"),
)


@dataclass(frozen=True, slots=True)
class Project:
    """A site that is worked for. id: None for the site of the settings, which is changed there.

    version: hand it in with a change; whoever changed the project meanwhile makes it fail.
    Units: changed_us microseconds since 1970 UTC.
    """

    id: int | None
    name: str
    domain: str
    aliases: tuple[str, ...] = ()
    competitors: tuple[str, ...] = ()
    changed_us: int = 0
    changed_by: str = ""
    version: int = 0


@dataclass(frozen=True, slots=True)
class SavedView:
    """A page of the site as somebody likes it. target: empty where it is for any; options: VIEW_OPTIONS as texts."""

    id: int
    name: str
    page: str
    target: str
    scope: str
    options: Mapping[str, str]
    project_id: int | None
    owner_id: int | None
    owner: str
    is_shared: bool
    changed_us: int
    changed_by: str
    version: int


@dataclass(frozen=True, slots=True)
class Note:
    """What somebody wrote about a target, a domain or a link (kind; about says which: a link's two URLs)."""

    id: int
    kind: str
    about: str
    text: str
    owner_id: int | None
    owner: str
    made_us: int
    changed_us: int
    changed_by: str
    version: int
