"""The view of a row answer: filter, order, columns, grouping, state, page. One set of words for every question."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypedDict

from inlink.errors import BadInput

GROUPS = ("none", "similar", "page", "domain")
STATES = ("live", "lost", "all")
DEFAULT_LIMIT = 100
MAX_LIMIT = 10**12


class ViewOptions(TypedDict, total=False):
    """Keyword arguments that every row question takes.

    where           filter text (docs/filters.md): "nofollow = false and anchor contains 'bread'"
    sort            column names, a leading "-" for descending: "-strength,source_url"
    columns         which columns, in order; empty for the question's own choice
    group           none, similar (site-wide links as one row with a count), page or domain (one row for each)
    state           live, lost or all
    limit           rows of a page; None for all of them
    cursor          `Rows.cursor` of the page before
    infrastructure  keep links from (or to) infrastructure and hosting domains
    embeds          keep images, scripts, styles and the like, which fetch a resource instead of sending a reader on
    indirect        the links that reach the target through a redirect or canonical, instead of direct ones
    strict          scope url: the normalised URL itself instead of the same-page key
    folded          anchors: lower case without punctuation instead of as written
    """

    where: str
    sort: str | Sequence[str]
    columns: str | Sequence[str]
    group: str
    state: str
    limit: int | None
    cursor: str | None
    infrastructure: bool
    embeds: bool
    indirect: bool
    strict: bool
    folded: bool


@dataclass(frozen=True, slots=True)
class View:
    """Checked options."""

    where: str = ""
    sort: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()
    group: str = "none"
    state: str = "live"
    limit: int | None = DEFAULT_LIMIT
    cursor: str | None = None
    infrastructure: bool = False
    embeds: bool = False
    indirect: bool = False
    strict: bool = False
    folded: bool = False


def view_of(options: ViewOptions) -> View:
    """The options as a View.

    Raises: BadInput for a group, state or limit that does not exist.
    """
    view = View(
        where=options.get("where", ""),
        sort=_names(options.get("sort", ())),
        columns=_names(options.get("columns", ())),
        group=options.get("group", "none"),
        state=options.get("state", "live"),
        limit=options.get("limit", DEFAULT_LIMIT),
        cursor=options.get("cursor"),
        infrastructure=options.get("infrastructure", False),
        embeds=options.get("embeds", False),
        indirect=options.get("indirect", False),
        strict=options.get("strict", False),
        folded=options.get("folded", False),
    )
    _one_of("group", view.group, GROUPS)
    _one_of("state", view.state, STATES)
    if view.limit is not None and not 0 <= view.limit <= MAX_LIMIT:
        raise BadInput(f"limit must be 0 to {MAX_LIMIT:,}, not {view.limit}", hint="use a number of rows, or all")
    return view


def refuse(question: str, view: View, *names: str) -> None:
    """Say which options a question does not take, rather than pass over them. Raises: BadInput."""
    for name in names:
        if getattr(view, name) != View.__dataclass_fields__[name].default:
            raise BadInput(f"{question} takes no {name}", hint=f"leave {name} out")


def _names(value: str | Sequence[str]) -> tuple[str, ...]:
    parts = value.split(",") if isinstance(value, str) else value
    return tuple(dict.fromkeys(name.strip() for name in parts if name.strip()))


def _one_of(what: str, value: str, allowed: tuple[str, ...]) -> None:
    if value not in allowed:
        raise BadInput(f"there is no {what} {value!r}", hint=f"use one of {', '.join(allowed)}")
