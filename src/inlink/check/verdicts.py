"""What a check can say of a URL, and what checks one after the other make of it.

`Checker(fetcher, …)` of `checking.py` gives one `Verdict` a URL:

    async with Fetcher(policy, manners, memory) as fetcher:
        checker = Checker(fetcher)
        verdict = await checker.check(url)             # one Verdict
        look = await checker.look(url)                 # Look(verdict, page): with the page's body, where one came
        async for verdict in checker.check_all(urls):  # all hosts at once, one request to a host at a time
            ...

`CheckStore(database)` of `keeping.py` keeps verdicts with their tries and the `State` of each URL:
`store.keep(verdicts)` folds them in one transaction and gives the states; `store.state(url)`, `store.history(url)`
read. `Workbench.check` does all of it for a workspace.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

# The closed list of `Verdict.verdict`, in the order of reports.
VERDICTS = {
    "ok": "the page answers, and is a page of its own",
    "redirected": "leads to the same thing at another address",
    "redirected-home": "leads to the home page of its site",
    "redirected-away": "leads to another site",
    "not-found": "the server says that there is no such page (404)",
    "gone": "the server says that the page is gone for good (410)",
    "soft-404": "the answer says 200, but is what the site says of pages that are not there",
    "parked": "the domain is parked or for sale",
    "hijacked": "the page is about something else now, in the manner of a domain that was taken over",
    "server-error": "the server fails: 5xx, redirects without end, or no HTTP answer",
    "dns": "the host has no address",
    "refused": "no connection could be made",
    "tls": "the certificate or the TLS handshake is wrong",
    "timeout": "no answer in time",
    "robots": "robots.txt forbids to look",
    "login-wall": "the page is behind a login or a payment",
    "unknown": "the answer does not tell: 403, 429, a challenge to robots, a consent wall and the like",
}
ALIVE = frozenset(("ok", "redirected"))
CHANGED = frozenset(("redirected-home", "redirected-away"))
MISSING = frozenset(("not-found", "gone"))  # dead when seen twice, an hour apart
FAILED = frozenset(("soft-404", "parked", "hijacked", "server-error", "dns", "refused", "tls", "timeout"))
UNKNOWN = frozenset(("robots", "login-wall", "unknown"))  # says nothing about life or death

# The closed list of `State.state`.
STATES = {
    "alive": "the last conclusive check found the page",
    "changed": "the last conclusive check was led home or to another site",
    "failing": "checks fail, not yet long enough to call it dead",
    "dead": "404 or 410 twice at least an hour apart, or three failures in a row over at least 24 hours",
    "unknown": "no check was conclusive",
}
HOUR_US = 3_600_000_000
MISSING_TRIES, MISSING_US = 2, HOUR_US
FAILED_TRIES, FAILED_US = 3, 24 * HOUR_US


@dataclass(frozen=True, slots=True)
class Try:
    """One request of a check. kind: page, hop (a redirect followed), again (asked once more), head or probe.

    Units: at_us microseconds since 1970 UTC; n_bytes of the body as it was sent.
    """

    kind: str
    method: str
    url: str
    at_us: int
    status: int | None = None
    error: str | None = None  # of fetch.reply.ERRORS
    location: str | None = None
    n_bytes: int = 0
    took_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Verdict:
    """What one check says of a URL, and why.

    reason: a finer slug (`reasons.REASONS`); why: a sentence; evidence: what it rests on, by name; final_url: where
    the redirects ended; status: the last answer's. Units: checked_at_us microseconds since 1970 UTC.
    """

    url: str
    checked_at_us: int
    verdict: str
    reason: str
    why: str
    status: int | None = None
    final_url: str | None = None
    ip: str | None = None
    evidence: Mapping[str, str] = field(default_factory=dict)
    tries: tuple[Try, ...] = ()


@dataclass(frozen=True, slots=True)
class State:
    """What all checks of a URL together say.

    verdict: the last conclusive one ("unknown" where there was none). since_us: when the present state began; for
    failing and dead, the first failure of the unbroken row. n_failed: checks that failed in that row, n_missing those
    of them that said 404 or 410 (first at first_missing_us). due_at_us: from when on another check can confirm a
    failure; None where nothing waits.
    """

    url: str
    state: str
    verdict: str
    reason: str
    since_us: int
    checked_at_us: int
    n_checks: int = 1
    n_failed: int = 0
    n_missing: int = 0
    first_missing_us: int | None = None
    last_alive_us: int | None = None
    due_at_us: int | None = None


def advance(before: State | None, verdict: Verdict) -> State:
    """The state after one more check. Checks come in order of time; one that says nothing changes nothing but counts.

    404 and 410 twice at least an hour apart: dead. Other failures, or a mixture: three in a row over at least 24
    hours. A check that finds the page ends every row of failures.
    """
    at = verdict.checked_at_us
    n_checks = 1 if before is None else before.n_checks + 1
    if verdict.verdict in UNKNOWN:
        return _undecided(before, verdict, n_checks)
    alive_us = before.last_alive_us if before else None
    if verdict.verdict not in MISSING and verdict.verdict not in FAILED:
        state = "alive" if verdict.verdict in ALIVE else "changed"
        since = before.since_us if before is not None and before.state == state else at
        return State(verdict.url, state, verdict.verdict, verdict.reason, since, at, n_checks, last_alive_us=at)
    row = before if before is not None and before.n_failed else None
    since = row.since_us if row else at
    n_failed = row.n_failed + 1 if row else 1
    n_missing, first_missing = (row.n_missing, row.first_missing_us) if row else (0, None)
    is_missing = verdict.verdict in MISSING
    if is_missing:
        n_missing, first_missing = n_missing + 1, at if first_missing is None else first_missing
    is_dead = (row is not None and row.state == "dead") or _is_confirmed(
        at, since, n_failed, n_missing, first_missing, is_missing=is_missing
    )
    due = None if is_dead else _due(at, since, n_failed, first_missing)
    return State(
        verdict.url,
        "dead" if is_dead else "failing",
        verdict.verdict,
        verdict.reason,
        since,
        at,
        n_checks,
        n_failed,
        n_missing,
        first_missing,
        alive_us,
        due,
    )


def _undecided(before: State | None, verdict: Verdict, n_checks: int) -> State:
    """What was known stays known."""
    at = verdict.checked_at_us
    if before is None or before.state == "unknown":
        since = at if before is None else before.since_us
        return State(verdict.url, "unknown", verdict.verdict, verdict.reason, since, at, n_checks)
    return State(
        before.url,
        before.state,
        before.verdict,
        before.reason,
        before.since_us,
        at,
        n_checks,
        before.n_failed,
        before.n_missing,
        before.first_missing_us,
        before.last_alive_us,
        before.due_at_us,
    )


def _is_confirmed(
    at: int, since: int, n_failed: int, n_missing: int, first_missing: int | None, *, is_missing: bool
) -> bool:
    long_missing = first_missing is not None and at - first_missing >= MISSING_US
    if is_missing and n_missing >= MISSING_TRIES and long_missing:
        return True
    return n_failed >= FAILED_TRIES and at - since >= FAILED_US


def _due(at: int, since: int, n_failed: int, first_missing: int | None) -> int:
    """When the next check can tell more: for 404 and 410 an hour on, else spread over the 24 hours."""
    if first_missing is not None:
        return max(at, first_missing + MISSING_US)
    left = max(FAILED_TRIES - n_failed, 1)
    return at + max((since + FAILED_US - at) // left, HOUR_US)
