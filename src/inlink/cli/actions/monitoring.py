"""`inlink monitor …`: watch links, look at them, say what became of them."""

from __future__ import annotations

import dataclasses
import signal
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType

import click

from inlink.cli.actions.crawling import stopping
from inlink.cli.declare import Call
from inlink.cli.failures import INTERRUPTED
from inlink.cli.notes import with_options
from inlink.cli.output import Output
from inlink.cli.progress import progress
from inlink.cli.rendering import form, write_rows
from inlink.cli.tables import draw, footer
from inlink.cli.text import clean
from inlink.cli.values import for_table
from inlink.errors import BadInput, InlinkError
from inlink.workbench import Workbench
from inlink.workbench.json_values import ids_as_text, iso_time, to_json
from inlink.workbench.monitor_results import (
    ALERT_COLUMNS,
    COLUMNS,
    MonitorReport,
    RunOptions,
    WatchesAdded,
    WatchOptions,
)
from inlink.workbench.options import ViewOptions
from inlink.workbench.watch_lists import listed_pairs, read_list

SHOWN = 10  # refused lines that are listed
TABLE = ("watch_id", "state", "since", "source_url", "target", "reasons", "next_look", "label")
WISH_COLUMNS = ("url", "reason", "wished_at")
ALERT_TABLE = ("at", "kind", "source_url", "target", "reasons", "sent")


def add(
    call: Call,
    *,
    pair: tuple[str, ...],
    list_file: Path | None,
    target: str | None,
    site: str | None,
    where: str | None,
    limit: int | None,
    scope: str | None,
    anchor: str | None,
    follows: bool,
    every_s: float | None,
    label: str,
    output: str | None,
) -> None:
    """Watch a placement, a list, or the links of a site."""
    if sum((bool(pair), list_file is not None, site is not None)) != 1:
        raise BadInput(
            "name PAGE and TARGET, or --from, or --links-of",
            hint="inlink monitor add https://blog.example/post mine.example",
        )
    if pair and len(pair) != 2:
        raise BadInput("name one PAGE and one TARGET", hint="for more, use --from FILE")
    _check_options(pair, site, list_file, target=target, where=where, limit=limit, anchor=anchor)
    origin = "placement" if pair else "list" if list_file is not None else "site"
    options = WatchOptions(origin, label, anchor, follows, None if site else scope, every_s)
    place = Output(quiet=call.quiet)
    with Workbench.open(call.folder) as bench:
        if site is not None:
            view: ViewOptions = {"limit": limit, **({"where": where} if where else {})}
            done = bench.monitor.add_links(site, options, scope=scope, **view)
            if done == WatchesAdded(0, 0):
                view["limit"] = 1
                why = bench.backlinks(site, scope=scope, **view).notes
                place.say(clean("; ".join(with_options(why)) or f"the index holds no such links to {site}"))
        else:
            pairs = [(pair[0], pair[1])] if pair else list(listed_pairs(_text(list_file), target))
            if not pairs:
                raise BadInput("the list names no page", hint="write PAGE TARGET, one a line")
            done = bench.monitor.add(pairs, options)
    if output == "json":
        place.line(to_json(dataclasses.asdict(done), indent=2))
    else:
        _show_added(place, done)
    if done.refused and not done.n_new and not done.n_known:
        raise BadInput("nothing could be added", hint="name pages by their web addresses")


def _check_options(pair: tuple[str, ...], site: str | None, list_file: Path | None, **given: object) -> None:
    """Raises: BadInput for an option that does not count with what is watched."""
    said = {name for name, value in given.items() if value is not None}
    if site is None and (wrong := sorted(said & {"where", "limit"})):
        raise BadInput(f"--{wrong[0]} is for the links of the index", hint="use it with --links-of TARGET")
    if list_file is None and "target" in said:
        raise BadInput("--target is for lists", hint="use it with --from FILE, or write PAGE TARGET")
    if site is not None and "anchor" in said:
        raise BadInput(
            "--anchor is for pages that are named: links of the index have the words that they have",
            hint="choose links with --where \"anchor = 'words'\"",
        )


def _text(path: Path | None) -> str:
    return sys.stdin.read() if path is None or str(path) == "-" else read_list(path)


def _show_added(place: Output, done: WatchesAdded) -> None:
    known = f", {done.n_known:,} are watched already" if done.n_known else ""
    place.line(f"{done.n_new:,} new watches{known}")
    for line, why in done.refused[:SHOWN]:
        place.line(f"  not watched: {clean(line)}: {clean(why)}")
    if len(done.refused) > SHOWN:
        place.line(f"  … {len(done.refused) - SHOWN:,} more (--format json lists all)")
    if done.n_new:
        place.say("next: inlink monitor run")


def list_(call: Call, *, states: tuple[str, ...], limit: int | None, output: str | None) -> None:
    """What is watched."""
    place = Output(quiet=call.quiet)
    with Workbench.open(call.folder) as bench:
        rows = [dataclasses.asdict(row) for row in bench.monitor.watches(states, limit=limit)]
    _show_rows(place, rows, COLUMNS, TABLE, output, "Nothing is watched: inlink monitor add")


def _show_rows(
    place: Output,
    rows: Sequence[Mapping[str, object]],
    columns: Sequence[str],
    table: Sequence[str],
    output: str | None,
    empty: str,
) -> None:
    chosen = form(output, place)
    if chosen == "json":
        place.line(to_json([ids_as_text(row) for row in rows], indent=2))
    elif chosen != "table":
        write_rows(place, columns, rows, chosen)
    elif not rows:
        place.line(empty)
    else:
        draw(place, table, rows)


def show(call: Call, *, number: int, output: str | None) -> None:
    """A watch with its looks."""
    place = Output(quiet=call.quiet)
    with Workbench.open(call.folder) as bench:
        found = bench.monitor.history(number)
    if output == "json":
        place.line(to_json(dataclasses.asdict(found), indent=2))
        return
    for name, value in dataclasses.asdict(found.watch).items():
        if value not in (None, ""):
            place.line(f"{name.replace('_', ' '):<12} {clean(_said(value))}")
    if found.expected is not None:
        follow = "follow" if found.expected.is_followed else "not follow"
        place.line(
            f"{'expected':<12} {clean(found.expected.anchor) or '(no words)'} → {clean(found.expected.url)}, {follow}"
        )
    place.line()
    for look in found.looks:
        reasons = "; ".join(f"{slug}: {detail}" if detail else slug for slug, detail in look.reasons.items())
        status = "–" if look.status is None else str(look.status)
        place.line(f"{_time(look.at_us)}  {status:>3}  {look.finding:<8} {clean(reasons)}".rstrip())
    for event in found.events:
        place.line(f"{_time(event.at_us)}  told: {event.kind} ({', '.join(event.reasons) or 'as it was'})")


def _said(value: object) -> str:
    return iso_time(value) if isinstance(value, datetime) else for_table(value, "watch_id")


def _time(at_us: int) -> str:
    return f"{datetime.fromtimestamp(at_us // 1_000_000, UTC):%Y-%m-%d %H:%M}"


def remove(call: Call, *, numbers: tuple[int, ...]) -> None:
    """Watch no longer."""
    with Workbench.open(call.folder) as bench:
        n_gone = bench.monitor.remove(numbers)
    Output(quiet=call.quiet).line(f"{n_gone:,} of {len(numbers):,} are watched no longer")


def accept(call: Call, *, numbers: tuple[int, ...]) -> None:
    """What is now is as it should be."""
    place = Output(quiet=call.quiet)
    with Workbench.open(call.folder) as bench:
        for row in bench.monitor.accept(numbers):
            place.line(f"{row.watch_id}: what the next look sees on {clean(row.source_url)} is as it should be")


def alerts(call: Call, *, since: str | None, resend: bool, limit: int | None, output: str | None) -> None:
    """What was told."""
    place = Output(quiet=call.quiet)
    with Workbench.open(call.folder) as bench:
        if resend:
            place.line(f"{bench.monitor.resend():,} messages will be sent again by the next run")
            return
        rows = [dataclasses.asdict(row) for row in bench.monitor.alerts(since_us=_since(since), limit=limit)]
    _show_rows(place, rows, ALERT_COLUMNS, ALERT_TABLE, output, "Nothing was told yet.")


def wishes(call: Call, *, output: str | None) -> None:
    """Pages worth a capture."""
    place = Output(quiet=call.quiet)
    with Workbench.open(call.folder) as bench:
        rows = [dataclasses.asdict(wish) for wish in bench.monitor.wishes()]
    if output is None and not place.is_terminal:
        for row in rows:
            place.line(clean(str(row["url"])))
    else:
        _show_rows(place, rows, WISH_COLUMNS, WISH_COLUMNS, output, "No page is wished for.")


def _since(text: str | None) -> int:
    if text is None:
        return 0
    try:
        return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp() * 1e6)
    except ValueError:
        raise BadInput(f"{text!r} is no day", hint="write it as 2026-01-31") from None


def run(call: Call, *, looks_at_all: bool, daemon: bool, renders: bool, output: str | None) -> None:
    """Look at what is due, and tell what is new; with `daemon`, for good."""
    place = Output(quiet=call.quiet)
    options = RunOptions(looks_at_all, renders)
    if daemon:
        with Workbench.open(call.folder) as bench, _ending(place) as stop:
            bench.monitor.run_for_good(options, each=lambda found: _log(place, found, output), stop=stop)
        return
    with Workbench.open(call.folder) as bench, progress(place) as report, stopping(place) as stop:
        found = bench.monitor.run(options, report=report, stop=stop)
    _show_report(place, found, output)
    if found.is_stopped:
        raise click.exceptions.Exit(INTERRUPTED)


@contextmanager
def _ending(place: Output) -> Iterator[threading.Event]:
    """Ctrl-C and the system's request to end let the looks under way end; a second one ends at once."""
    stop = threading.Event()
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}

    def on_signal(number: int, frame: FrameType | None) -> None:
        for each, handler in before.items():
            signal.signal(each, handler)
        stop.set()
        place.say("ending: waiting for the looks under way")

    for number in before:
        signal.signal(number, on_signal)
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _log(place: Output, found: MonitorReport | InlinkError, output: str | None) -> None:
    """One run of the daemon, at once."""
    if isinstance(found, InlinkError):
        place.say(f"{_time(int(datetime.now(UTC).timestamp() * 1e6))}  not now: {found.message}")
    else:
        _show_report(place, found, output)
    place.out.flush()


def _show_report(place: Output, found: MonitorReport, output: str | None) -> None:
    if output == "json":
        place.line(to_json(dataclasses.asdict(found), indent=2))
        return
    if not found.n_watches and not found.messages and not found.faults:
        place.line("nothing is due")
    else:
        said = _counts(found.findings)
        same = f" ({found.n_same:,} not changed)" if found.n_same else ""
        place.line(f"{found.n_watches:,} links on {found.n_pages:,} pages{same} in {found.took_s:,.1f} s: {said}")
    for url, fault in found.faults[:10]:
        place.line(f"inlink failed on {clean(url)}: {clean(fault)}; it is looked at again in an hour")
    if found.n_put_off:
        place.line(f"{found.n_put_off:,} put off: their host does not answer, or inlink failed on the page")
    if found.events:
        place.line(f"new: {_counts(found.events)}  (inlink monitor alerts)")
    if found.messages:
        place.line(f"messages: {_counts(found.messages)}")
    footer(place, _remarks(found))


def _remarks(found: MonitorReport) -> list[str]:
    lines = [f"all: {_counts(found.states)}"] if found.states else []
    if found.next_look is not None:
        lines.append(f"the next look is due {iso_time(found.next_look)}")
    if found.n_unconfirmed:
        lines.append(f"{found.n_unconfirmed:,} messages failed or may not have arrived: inlink monitor alerts --resend")
    if found.n_forgotten:
        lines.append(f"{found.n_forgotten:,} old looks were forgotten (retention.looks_days)")
    return lines


def _counts(found: Mapping[str, int]) -> str:
    return ", ".join(f"{n:,} {name}" for name, n in found.items()) or "none"
