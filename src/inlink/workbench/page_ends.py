"""Whether a page is broken: by its checks and its captures, whichever are newer; captured redirects are followed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from inlink.check.keeping import CheckStore
from inlink.check.reasons import REASONS
from inlink.check.verdicts import FAILED, MISSING, State
from inlink.errors import BadInput
from inlink.index.serving_sql import Sql
from inlink.store.workspace import Workspace
from inlink.urls.identity import same_page_key
from inlink.workbench.places import Served

GONE = (404, 410)
MAX_HOPS = 10
_COLUMNS = """key, url, http_status, epoch_us(fetched_at),
    CASE WHEN http_status BETWEEN 300 AND 399 THEN redirect_target END"""


@dataclass(frozen=True, slots=True)
class Seen:
    """A page as the index has it. at_us: its latest conclusive capture, microseconds since 1970 UTC."""

    key: str
    url: str
    status: int | None
    at_us: int | None
    leads_to: str | None


@dataclass(frozen=True, slots=True)
class Broken:
    """Why a page is broken. state: of `broken.BROKEN_STATES`; since_us: microseconds since 1970 UTC."""

    state: str
    why: str
    since_us: int | None


class Ends:
    """What became of pages. `states`: what the checker knows of them and of those they redirect to, by URL."""

    def __init__(self, workspace: Workspace, served: Served, pages: Sequence[Seen]) -> None:
        self._pages = {page.key: page for page in pages} | {page.key: page for page in _led_to(served, pages)}
        self.states = states_of(workspace, [page.url for page in self._pages.values()])

    def broken(self, page: Seen) -> Broken | None:
        """Why a page is broken; None for one that lives, and for one of which nothing is known."""
        return self._end(page, 0)[1]

    def _end(self, page: Seen, n_hops: int) -> tuple[bool, Broken | None]:
        """Whether anything is known of a page, and why it is broken, if it is."""
        state = self.states.get(page.url)
        known = state if state is not None and state.state != "unknown" else None
        if known is not None and (page.at_us is None or known.checked_at_us >= page.at_us):
            return True, checked(known)
        if page.status in GONE:
            return True, Broken("captured", f"the capture answers {page.status}", page.at_us)
        if page.status == 200:
            return True, None
        if page.leads_to is not None and n_hops < MAX_HOPS:
            is_told, end = self._led(page, page.leads_to, n_hops)
            if is_told and not (end is None and _leads_home(known, page.leads_to)):
                return True, end
        return known is not None, None if known is None else checked(known)  # the capture says nothing

    def _led(self, page: Seen, to: str, n_hops: int) -> tuple[bool, Broken | None]:
        """The same of the page that a captured redirect leads to."""
        target = self._pages.get(_key(to) or "")
        if target is None or target.key == page.key:
            return False, None
        is_told, end = self._end(target, n_hops + 1)
        if end is None:
            return is_told, None
        state = "captured" if end.state == "dead" else end.state
        return True, Broken(state, f"redirects to {target.url}: {end.why}", page.at_us)


def states_of(workspace: Workspace, urls: Sequence[str]) -> dict[str, State]:
    """What the checker knows of addresses."""
    return CheckStore(workspace.database).states(urls)


def checked(state: State) -> Broken | None:
    """Why a page is broken by its checks."""
    why = REASONS.get(state.reason, state.reason)
    if state.state in ("dead", "failing") and state.verdict in MISSING | FAILED:
        return Broken(state.state, why, state.since_us)
    return Broken("changed", why, state.since_us) if state.verdict == "redirected-home" else None


def _leads_home(state: State | None, to: str) -> bool:
    """Whether a capture says but what the check said: that the page leads to the home page."""
    return state is not None and state.verdict == "redirected-home" and urlsplit(to).path in ("", "/")


def _led_to(served: Served, pages: Iterable[Seen]) -> list[Seen]:
    """Pages that captured redirects lead to, one after the other, as the index has them."""
    found: dict[str, Seen] = {}
    known = {page.key: page for page in pages}
    asked = set(known)
    some: Iterable[Seen] = known.values()
    for _ in range(MAX_HOPS):
        keys = {key for page in some if page.leads_to is not None and (key := _key(page.leads_to))} - asked
        if not keys:
            break
        asked |= keys
        rows = served.serving.rows(
            Sql(
                f"SELECT {_COLUMNS} FROM pages WHERE key IN (SELECT unnest(?::VARCHAR[]))",
                (sorted(keys),),
            )
        )
        some = [Seen(*row) for row in rows]
        found |= {page.key: page for page in some}
    return list(found.values())


def _key(url: str) -> str | None:
    try:
        return same_page_key(url)
    except BadInput:
        return None
