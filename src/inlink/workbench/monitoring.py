"""Watch links in a workspace: add, look, tell, list; one run at a time, by cron or for good."""

from __future__ import annotations

import itertools
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime

from inlink.engine.protocol import Report, silent
from inlink.errors import BadInput, Busy, InlinkError, Unreachable
from inlink.fetch import Fetcher
from inlink.fetch.collecting import seldom_collected
from inlink.fetch.loops import finished
from inlink.fetch.typed import typed_address
from inlink.monitor.alerts import outbox
from inlink.monitor.alerts.feed import NAME as FEED
from inlink.monitor.alerts.telling import Ways, has_news, prepare, tell
from inlink.monitor.keeping import MonitorStore, Told
from inlink.monitor.running import Run, Tally
from inlink.monitor.scripts import Renderer, can_render
from inlink.monitor.states import DAY_US, Standing
from inlink.monitor.watches import Expected, Watch
from inlink.monitor.words import STATES
from inlink.schema.words import VOTE_KINDS
from inlink.store.workspace import Workspace
from inlink.urls.domains import SuffixRules
from inlink.urls.identity import Scope, same_page_key, target
from inlink.workbench.crawling import FOLDER, alone, check_contact, manners_of, open_memory, policy_of
from inlink.workbench.monitor_results import (
    AlertRow,
    MonitorReport,
    RunOptions,
    WatchesAdded,
    WatchHistory,
    WatchOptions,
    WatchRow,
    Wish,
)

MAX_NAP_S = 60.0  # of the daemon
LINK_COLUMNS = (
    *("source_url", "target_url", "target_key", "kind", "follow", "anchor", "alt", "text_before", "text_after"),
    *("region", "first_seen", "last_seen", "robots_noindex"),
)


def add(workspace: Workspace, pairs: Iterable[tuple[str, str]], options: WatchOptions | None = None) -> WatchesAdded:
    """Watch that pages link to targets; what cannot be watched is said, and the rest is added."""
    options = options or WatchOptions()
    now_us = _now()
    rules, policy = SuffixRules(workspace.settings.suffixes), policy_of(workspace)
    made, refused = [], []
    for page, aim in pairs:
        try:
            for typed in (page, aim):
                if "://" not in typed:
                    typed_address(typed, policy)  # a bare name without a dot is nothing that can be asked for
            made.append(_watch(page, aim, options, rules, now_us))
        except BadInput as error:
            refused.append((f"{page} {aim}".strip(), error.message))
    store = _store(workspace)
    n_new = store.add(made)
    return WatchesAdded(n_new, len(made) - n_new, tuple(refused))


def _watch(page: str, aim: str, options: WatchOptions, rules: SuffixRules, now_us: int) -> Watch:
    source = target(page, "url", rules=rules).url or page
    scope: Scope | None = options.scope  # type: ignore[assignment]
    return Watch(
        id=0,
        origin=options.origin,
        source=source,
        target=target(aim, scope, rules=rules),
        label=options.label,
        wanted_anchor=options.anchor,
        wants_follow=options.follows,
        every_us=None if options.every_s is None else int(options.every_s * 1e6),
        added_us=now_us,
        next_us=now_us,
    )


def add_links(
    workspace: Workspace, rows: Iterable[Mapping[str, object]], options: WatchOptions | None = None
) -> WatchesAdded:
    """Watch links of the index, as they were when they were seen last. Rows have LINK_COLUMNS."""
    options = options or WatchOptions("site")
    now_us = _now()
    rules = SuffixRules(workspace.settings.suffixes)
    others: Counter[str] = Counter()
    n_seen = n_new = 0
    store = _store(workspace)
    for some in _parts(rows):
        made = [_known_watch(row, options, rules, now_us) for row in some if row["kind"] in VOTE_KINDS]
        others.update(str(row["kind"]) for row in some if row["kind"] not in VOTE_KINDS)
        n_seen, n_new = n_seen + len(made), n_new + store.add(made)
    refused = tuple(
        (f"{n:,} of kind {kind}", "only links that readers follow are watched") for kind, n in others.items()
    )
    return WatchesAdded(n_new, n_seen - n_new, refused)


def _parts(rows: Iterable[Mapping[str, object]]) -> Iterator[list[Mapping[str, object]]]:
    """The rows, some thousands at a time."""
    left = iter(rows)
    while some := list(itertools.islice(left, 5_000)):
        yield some


def _known_watch(row: Mapping[str, object], options: WatchOptions, rules: SuffixRules, now_us: int) -> Watch:
    aim = str(row["target_url"])
    words = row["anchor"] or row["alt"]
    expected = None
    if words is not None or row["kind"] != "listed":
        expected = Expected(
            url=aim,
            key=str(row["target_key"] or same_page_key(aim)),
            kind="area" if row["kind"] == "area" else "anchor",
            anchor=str(words or ""),
            is_followed=row["follow"] is True,
            is_indexed=row["robots_noindex"] is not True,
            before=str(row["text_before"] or ""),
            after=str(row["text_after"] or ""),
            region=None if row["region"] is None else str(row["region"]),
        )
    first, last = _micros(row["first_seen"]), _micros(row["last_seen"])
    return Watch(
        id=0,
        origin="site",
        source=str(row["source_url"]),
        target=target(aim, "url", rules=rules),
        label=options.label,
        wants_follow=options.follows,
        every_us=None if options.every_s is None else int(options.every_s * 1e6),
        added_us=now_us,
        first_seen_us=first,
        expected=expected,
        standing=Standing("new", now_us, last_alive_us=last),
        next_us=now_us,
    )


def watches(workspace: Workspace, states: Sequence[str] = (), limit: int | None = None) -> list[WatchRow]:
    """Watches in some states, or all. Raises: BadInput for a state that there is not."""
    for state in states:
        if state not in STATES:
            raise BadInput(f"there is no state {state!r}", hint=f"use one of {', '.join(STATES)}")
    store = _store(workspace)
    looked = store.looked_at()
    return [_row(watch, looked.get(watch.id)) for watch in store.watches(states, limit)]


def _row(watch: Watch, looked_us: int | None) -> WatchRow:
    standing = watch.standing
    said = standing.reasons
    if standing.doubt:
        said = (*said, *(f"{slug}?" for slug in standing.doubt_reasons))
    elif standing.state == "suspect":
        said = ("blocked?" if standing.is_blocked else "failing?",)
    return WatchRow(
        watch.id,
        standing.state,
        _moment(standing.since_us),
        watch.source,
        watch.target.text,
        " ".join(said) or None,
        _moment(looked_us),
        _moment(watch.next_us),
        watch.label or None,
        standing.place,
    )


def history(workspace: Workspace, number: int) -> WatchHistory:
    """Everything that is known of a watch. Raises: NotFound."""
    store = _store(workspace)
    watch = store.watch(number)
    looked = store.looked_at().get(number)
    events = store.events(watch_id=number)[::-1]
    return WatchHistory(_row(watch, looked), tuple(store.history(number)), tuple(events), watch.expected)


def remove(workspace: Workspace, numbers: Sequence[int]) -> int:
    """Watch no longer. Gives how many watches went. Raises: NotFound, and then none went."""
    store = _store(workspace)
    for number in numbers:
        store.watch(number)
    return store.remove(numbers)


def accept(workspace: Workspace, numbers: Sequence[int]) -> list[WatchRow]:
    """What the next look sees is as it should be from now on. Raises: NotFound."""
    store = _store(workspace)
    for number in numbers:
        store.watch(number)
    return [_row(store.accept(number, _now()), None) for number in numbers]


def alerts(workspace: Workspace, *, since_us: int = 0, limit: int | None = None) -> list[AlertRow]:
    """What was told, the latest first, and by which channel."""
    store = _store(workspace)
    events = store.events(since_us=since_us, limit=limit)
    sent = outbox.deliveries(store, events)
    return [_alert(event, sent[event.id]) for event in events]


def _alert(event: Told, sent: Mapping[str, str]) -> AlertRow:
    return AlertRow(
        event.id,
        _moment(event.at_us) or datetime.fromtimestamp(0, UTC),
        event.kind,
        event.source_url,
        event.target,
        " ".join(event.reasons) or None,
        ", ".join(f"{channel} {state}" for channel, state in sorted(sent.items())) or None,
        event.anchor,
        event.label or None,
        event.place,
    )


def wishes(workspace: Workspace, captured_at: Callable[[str], int | None]) -> list[Wish]:
    """Pages worth a capture, the latest first; those captured since are wished for no longer.

    captured_at: when the index's latest capture of a page was made, microseconds since 1970 UTC.
    """
    store = _store(workspace)
    found = store.wishes()
    fulfilled = {url for url, _, at_us in found if (captured_at(url) or 0) > at_us}
    store.fulfil(fulfilled)
    return [Wish(url, reason, _moment(at_us)) for url, reason, at_us in found if url not in fulfilled]


def resend(workspace: Workspace) -> int:
    """Send again, in the next run, what failed or may not have arrived. Gives how many messages."""
    store = _store(workspace)
    return outbox.resend(store, _now())


def run(
    workspace: Workspace,
    options: RunOptions | None = None,
    *,
    report: Report = silent,
    stop: threading.Event | None = None,
) -> MonitorReport:
    """Look at what is due, then tell what is new. Killed at any moment, the next run goes on; nothing is told twice.

    Raises: NotConfigured (nobody to contact), Busy (a run, a crawl or a check of the workspace is under way).
    """
    options = options or RunOptions()
    clock = options.clock or _now
    began = time.monotonic()
    ways = _ways(workspace, options)
    with alone(workspace):
        store = _store(workspace)
        prepare(store, ways)
        if options.looks_at_all:
            store.all_due(clock())
        check_contact(store.due_pages(clock()), ways.policy, ways.manners)
        tally = _look(workspace, store, ways, options, report, stop)
        messages = tell(store, ways, clock)
        n_forgotten = _forget(workspace, store, clock())
        return _reported(store, tally, messages, n_forgotten, time.monotonic() - began)


def forget_old(workspace: Workspace) -> int:
    """How many looks were too old (`retention.looks_days`) and went, alerts with them."""
    if not (workspace.path / FOLDER).is_dir():
        return 0
    store = _store(workspace)
    return _forget(workspace, store, _now())


def _forget(workspace: Workspace, store: MonitorStore, now_us: int) -> int:
    days = workspace.settings.retention.looks_days
    return store.forget(now_us - days * DAY_US) if days is not None else 0


def _look(
    workspace: Workspace,
    store: MonitorStore,
    ways: Ways,
    options: RunOptions,
    report: Report,
    stop: threading.Event | None,
) -> Tally:
    (workspace.path / FOLDER).mkdir(exist_ok=True)
    memory = open_memory(workspace)
    rules = SuffixRules(workspace.settings.suffixes)
    robots = frozenset(ways.settings.robots)

    async def work() -> Tally:
        async with Fetcher(ways.policy, ways.manners, memory) as fetcher, Renderer(fetcher, rules, robots) as renderer:
            looking = Run(
                store, fetcher, rules, robots=robots, renderer=renderer if options.renders and can_render() else None,
                clock=options.clock, lost_after_us=ways.settings.lost_after_days * DAY_US, report=report, stop=stop,
            )  # fmt: skip
            return await looking.work()

    try:
        with seldom_collected():
            return finished(work())
    finally:
        memory.close()


def _ways(workspace: Workspace, options: RunOptions) -> Ways:
    settings = workspace.settings.monitor
    feed = workspace.path / FEED if settings.feed else None
    return Ways(settings, policy_of(workspace), options.manners or manners_of(workspace), feed)


def _reported(
    store: MonitorStore, tally: Tally, messages: Mapping[str, int], n_forgotten: int, took_s: float
) -> MonitorReport:
    return MonitorReport(
        n_pages=tally.n_pages,
        n_watches=tally.n_watches,
        n_put_off=tally.n_put_off,
        n_forgotten=n_forgotten,
        n_unconfirmed=len(outbox.open_messages(store)),
        took_s=took_s,
        is_stopped=tally.is_stopped,
        next_look=_moment(store.next_due_us()),
        findings=dict(tally.findings),
        events=dict(tally.events),
        messages=messages,
        states={state: n for state in STATES if (n := store.counts().get(state))},
        n_same=tally.n_same,
        faults=tuple(tally.faults),
    )


def run_for_good(
    workspace: Workspace,
    options: RunOptions | None = None,
    *,
    each: Callable[[MonitorReport | InlinkError], None],
    report: Report = silent,
    stop: threading.Event,
) -> None:
    """Run whenever something is due, until stopped. A run that cannot be made now is told and tried again later."""
    while not stop.is_set():
        try:
            if _is_due(workspace, options or RunOptions()):
                each(run(workspace, options, report=report, stop=stop))
        except (Busy, Unreachable) as error:
            each(error)
        stop.wait(MAX_NAP_S)


def _is_due(workspace: Workspace, options: RunOptions) -> bool:
    """Whether a watch is due, or something is to be told."""
    store = _store(workspace)
    due_us = store.next_due_us()
    now_us = (options.clock or _now)()
    return (due_us is not None and due_us <= now_us) or has_news(store, _ways(workspace, options), now_us)


def _store(workspace: Workspace) -> MonitorStore:
    return MonitorStore(workspace.database, SuffixRules(workspace.settings.suffixes))


def _micros(value: object) -> int | None:
    return int(value.timestamp() * 1e6) if isinstance(value, datetime) else None


def _moment(at_us: int | None) -> datetime | None:
    return datetime.fromtimestamp(at_us // 1_000_000, UTC) if at_us else None


def _now() -> int:
    return time.time_ns() // 1000
