"""Check links: politely, all hosts side by side; every verdict kept with its tries in the workspace's database."""

from __future__ import annotations

import asyncio
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from inlink.check.checking import Checker, Patience, now_us
from inlink.check.keeping import CheckStore
from inlink.check.topics import Remembered
from inlink.check.verdicts import ALIVE, STATES, VERDICTS, State, Verdict
from inlink.engine.protocol import Progress, Report, silent
from inlink.errors import BadInput
from inlink.fetch import Fetcher, Manners, Memory, Policy
from inlink.fetch.collecting import seldom_collected
from inlink.fetch.loops import finished
from inlink.fetch.typed import typed_address
from inlink.store.workspace import Workspace
from inlink.urls.domains import SuffixRules
from inlink.workbench.crawling import FOLDER, alone, check_contact, manners_of, open_memory, policy_of

MAX_BODY_BYTES = 2 * 2**20  # of one page: enough to judge it
KEEP_EVERY_S = 0.5
KEEP_EVERY = 1_000
DAY_US = 24 * 3_600_000_000
LISTED_ALL = 10_000  # URLs of a check whose rows are all listed; of more, those that are not alive

COLUMNS = (
    "url",
    "verdict",
    "state",
    "since",
    "status",
    "final_url",
    "reason",
    "why",
    "checked_at",
    "evidence",
    "n_tries",
)
Known = Callable[[str], Remembered | None]


@dataclass(frozen=True, slots=True)
class CheckOptions:
    """How a check goes. fresh_s: URLs that were checked in the last so many seconds are passed over.

    manners, patience, clock (microseconds since 1970): for tests, benchmarks and the demo; the workspace's settings and
    the system's time else.
    """

    fresh_s: float = 0.0
    manners: Manners | None = None
    patience: Patience | None = None
    clock: Callable[[], int] = now_us


@dataclass(frozen=True, slots=True)
class Checked:
    """One URL: what this check says, and what all checks of it together say."""

    verdict: Verdict
    state: State

    def to_dict(self) -> dict[str, object]:
        """The row with the columns COLUMNS."""
        verdict, state = self.verdict, self.state
        found: tuple[object, ...] = (
            verdict.url,
            verdict.verdict,
            state.state,
            moment(state.since_us),
            verdict.status,
            verdict.final_url if verdict.final_url != verdict.url else None,
            verdict.reason,
            verdict.why,
            moment(verdict.checked_at_us),
            dict(verdict.evidence) or None,
            len(verdict.tries),
        )
        return dict(zip(COLUMNS, found, strict=True))


@dataclass(frozen=True, slots=True)
class CheckReport:
    """What a check found. verdicts, states: URLs by verdict and by state, in the order of the closed lists.

    rows: all URLs, those that are not alive first; where more than 10,000 were checked, only those that are not alive
    (n_left_out says how many are not listed; the workspace's database has all). n_fresh: passed over, checked lately.
    """

    n_checked: int
    n_fresh: int
    n_left_out: int
    is_stopped: bool
    took_s: float
    verdicts: Mapping[str, int]
    states: Mapping[str, int]
    rows: tuple[Checked, ...]


def moment(at_us: int) -> datetime:
    """A time in UTC from microseconds since 1970."""
    return datetime.fromtimestamp(at_us / 1e6, UTC).replace(microsecond=0)


def check(
    workspace: Workspace,
    urls: Sequence[str],
    options: CheckOptions | None = None,
    *,
    known: Known | None = None,
    each: Callable[[Checked], None] | None = None,
    report: Report = silent,
    stop: threading.Event | None = None,
) -> CheckReport:
    """Check URLs and keep what was found; `each` is called with every row as soon as it is kept.

    known: what an index holds of a URL. Killed at any moment, what was kept is whole.
    Raises: NotConfigured (nobody to contact), Busy (a crawl or check of the workspace runs).
    """
    options = options or CheckOptions()
    policy = policy_of(workspace)
    manners = options.manners or replace(manners_of(workspace), max_body_bytes=MAX_BODY_BYTES)
    wanted = list(dict.fromkeys(_address(url.strip(), policy) for url in urls if url.strip()))
    check_contact((url for url in wanted if url.startswith(("http:", "https:"))), policy, manners)
    with alone(workspace), _stores(workspace) as (memory, store), seldom_collected():
        waiting = _not_fresh(store, wanted, options.fresh_s)
        run = _Run(store, each, report, len(waiting))
        began = time.monotonic()
        finished(run.go(workspace, policy, manners, memory, waiting, known, options, stop))
        took_s = time.monotonic() - began
    return run.result(len(wanted) - len(waiting), took_s, is_stopped=stop is not None and stop.is_set())


def _address(text: str, policy: Policy) -> str:
    """A URL as written; of a bare name, the URL that it means; what is none stays, and its row says so."""
    if "://" in text:
        return text
    try:
        return typed_address(text, policy)
    except BadInput:
        return text


@contextmanager
def _stores(workspace: Workspace) -> Iterator[tuple[Memory, CheckStore]]:
    """The courtesy memory and the checks of a workspace, open while the block runs."""
    (workspace.path / FOLDER).mkdir(exist_ok=True)
    memory = open_memory(workspace)
    try:
        yield memory, CheckStore(workspace.database)
    finally:
        memory.close()


def _not_fresh(store: CheckStore, urls: Sequence[str], fresh_s: float) -> list[str]:
    """URLs that were not checked lately."""
    if fresh_s <= 0:
        return list(urls)
    since_us = int((time.time() - fresh_s) * 1e6)
    states = store.states(urls)
    return [url for url in urls if url not in states or states[url].checked_at_us < since_us]


class _Run:
    """One check of many URLs: verdicts are kept some hundreds at a time, on a thread of their own."""

    def __init__(self, store: CheckStore, each: Callable[[Checked], None] | None, report: Report, total: int) -> None:
        self._store, self._each, self._report, self._total = store, each, report, total
        self._began = time.monotonic()
        self._verdicts: Counter[str] = Counter()
        self._states: Counter[str] = Counter()
        self._rows: list[Checked] = []
        self._n = 0

    async def go(
        self,
        workspace: Workspace,
        policy: Policy,
        manners: Manners,
        memory: Memory,
        urls: Sequence[str],
        known: Known | None,
        options: CheckOptions,
        stop: threading.Event | None,
    ) -> None:
        """Check all of them."""
        site = workspace.settings.site
        aliases = frozenset(name for name in (site.domain, *site.aliases) if name)
        rules = SuffixRules(workspace.settings.suffixes)
        with ThreadPoolExecutor(1, thread_name_prefix="inlink-check") as thread:
            async with Fetcher(policy, manners, memory) as fetcher:
                checker = Checker(
                    fetcher,
                    rules=rules,
                    known=known,
                    aliases=aliases,
                    patience=options.patience,
                    clock=options.clock,
                )
                waiting: list[Verdict] = []
                kept_at = time.monotonic()
                async for verdict in checker.check_all(urls, stop=stop):
                    waiting.append(verdict)
                    if len(waiting) >= KEEP_EVERY or time.monotonic() - kept_at >= KEEP_EVERY_S:
                        some, waiting, kept_at = waiting, [], time.monotonic()
                        await self._keep(thread, some)
                await self._keep(thread, waiting)

    async def _keep(self, thread: ThreadPoolExecutor, verdicts: list[Verdict]) -> None:
        states = await asyncio.get_running_loop().run_in_executor(thread, self._store.keep, verdicts)
        for verdict, state in zip(verdicts, states, strict=True):
            row = Checked(verdict, state)
            self._n += 1
            self._verdicts[verdict.verdict] += 1
            self._states[state.state] += 1
            if self._total <= LISTED_ALL or verdict.verdict not in ALIVE:
                self._rows.append(row)
            if self._each is not None:
                self._each(row)
        took = time.monotonic() - self._began
        note = f"{self._n / took:,.1f} a second, {self._n - self._states['alive']:,} not alive" if took > 0 else ""
        self._report(Progress("check", self._n, self._total, "links", note))

    def result(self, n_fresh: int, took_s: float, *, is_stopped: bool) -> CheckReport:
        """What was found."""
        order = {name: at for at, name in enumerate(VERDICTS)}
        rows = sorted(self._rows, key=lambda row: (_is_alive(row), order[row.verdict.verdict], row.verdict.url))
        return CheckReport(
            n_checked=self._n,
            n_fresh=n_fresh,
            n_left_out=self._n - len(rows),
            is_stopped=is_stopped,
            took_s=took_s,
            verdicts={name: self._verdicts[name] for name in VERDICTS if self._verdicts[name]},
            states={name: self._states[name] for name in STATES if self._states[name]},
            rows=tuple(rows),
        )


def _is_alive(row: Checked) -> bool:
    return row.verdict.verdict in ALIVE


def forget_old(workspace: Workspace) -> int:
    """How many checks were too old (`retention.checks_days`) and went; what they say together stays."""
    days = workspace.settings.retention.checks_days
    if days is None or not (workspace.path / FOLDER).is_dir():
        return 0
    with _stores(workspace) as (_, store):
        return store.forget(time.time_ns() // 1000 - days * DAY_US)


def history(workspace: Workspace, url: str) -> list[Verdict]:
    """All kept checks of a URL with their tries, in order of time."""
    with _stores(workspace) as (_, store):
        return store.history(url)
