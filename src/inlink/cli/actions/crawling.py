"""`inlink crawl`: crawl sites into the workspace, and say what was done and what was left out."""

from __future__ import annotations

import dataclasses
import signal
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

import click

from inlink.cli.declare import Call
from inlink.cli.failures import INTERRUPTED
from inlink.cli.output import Output
from inlink.cli.progress import progress
from inlink.cli.text import clean, counted
from inlink.crawl.words import NOT_SCRIPTED
from inlink.errors import BadInput
from inlink.workbench import Workbench
from inlink.workbench.crawling import CrawlOptions, CrawlReport
from inlink.workbench.json_values import to_json

SAID = {
    "done": "nothing is left to ask",
    "page-limit": "the limit of pages was reached; run it again with a higher one to go on",
    "stopped": "stopped; run it again to go on",
    "waiting": "what is left belongs to hosts that are set aside; run it again later to try them",
}
SHOWN = 10  # hosts and traps that are listed; json has all of them


def crawl(
    call: Call,
    *,
    seeds: tuple[str, ...],
    seeds_file: Path | None,
    scope: str,
    max_depth: int | None,
    max_pages: int | None,
    max_host_pages: int | None,
    follows_nofollow: bool,
    reads_sitemaps: bool,
    scripts: str,
    is_new: bool,
    output: str | None,
) -> None:
    """Crawl, and report; ends with 130 where the user stopped it."""
    place = Output(quiet=call.quiet)
    limits = (max_depth, max_pages, max_host_pages)
    options = CrawlOptions(scope, *limits, follows_nofollow, reads_sitemaps, scripts, is_new)
    with Workbench.open(call.folder) as bench, progress(place) as report, stopping(place) as stop:
        found = bench.crawl((*seeds, *listed(seeds_file)), options, report=report, stop=stop)
    if output == "json":
        place.line(to_json(dataclasses.asdict(found) | {"pages_per_s": found.pages_per_s}, indent=2))
    else:
        show(place, found)
    if found.ending == "stopped":
        raise click.exceptions.Exit(INTERRUPTED)


@contextmanager
def stopping(place: Output) -> Iterator[threading.Event]:
    """The first Ctrl-C ends the work politely, the second one at once."""
    stop = threading.Event()

    def on_signal(number: int, frame: FrameType | None) -> None:
        signal.signal(signal.SIGINT, before)
        stop.set()
        place.say("stopping: waiting for the answers under way (Ctrl-C again to end at once)")

    before = signal.signal(signal.SIGINT, on_signal)
    try:
        yield stop
    finally:
        signal.signal(signal.SIGINT, before)


def listed(path: Path | None) -> list[str]:
    """URLs of a file, `-` being standard input: one a line, empty lines and comments left out."""
    if path is None:
        return []
    try:
        raw = sys.stdin.buffer.read() if str(path) == "-" else path.read_bytes()
        lines = raw.decode("utf-8-sig").splitlines()
    except UnicodeDecodeError as error:
        raise BadInput(
            f"{'standard input' if str(path) == '-' else path} is not UTF-8 text", hint="write one URL a line"
        ) from error
    return [line.strip() for line in lines if line.strip() and not line.lstrip().startswith("#")]


def show(place: Output, found: CrawlReport) -> None:
    """The report in a few lines."""
    word = "went on with" if found.is_resumed else "made"
    size = f"{found.n_bytes / 1e6:,.1f} MB"
    place.line(
        f"{word} crawl {found.name}: {counted(found.n_pages, 'page')} ({found.n_revisits:,} unchanged), {size} in "
        f"{found.took_s:,.1f} s, {found.pages_per_s:,.1f} a second"
    )
    place.line(f"the end: {SAID[found.ending]}")
    sitemaps = f"; {counted(found.n_sitemaps, 'sitemap')}" if found.n_sitemaps else ""
    in_all = f"in all {counted(found.n_done, 'page')}, {found.n_waiting:,} waiting"
    place.line(f"{in_all}; answers {_counts(found.statuses)}{sitemaps}")
    if found.n_same_text or found.n_canonical_elsewhere:
        place.line(
            f"pages that say what another one says: {found.n_same_text:,}; "
            f"that name another one as canonical: {found.n_canonical_elsewhere:,}"
        )
    if found.n_scripted or found.not_scripted:
        more = "".join(f", {n:,} not: {NOT_SCRIPTED.get(why, why)}" for why, n in found.not_scripted.items())
        place.line(
            f"scripts of {counted(found.n_scripted, 'page')} run; links that need them: {found.n_script_links:,}{more}"
        )
    for _, why in found.never_asked[:SHOWN]:
        place.line(f"  never asked: {clean(why)}")
    _show_reasons(place, "no answer from", found.failed, found)
    _show_reasons(place, "left out", found.left_out, found)
    for title, rows in (("trap", found.traps), ("set aside", found.aside)):
        for one, two, n in rows[:SHOWN]:
            place.line(f"  {title}: {clean(one)}: {clean(two)} ({counted(n, 'URL')})")
        if len(rows) > SHOWN:
            place.line(f"  … {len(rows) - SHOWN:,} more (--format json lists all)")
    for name in found.warcs:
        place.line(f"archived in {clean(name)}")
    if found.warcs:
        place.say("next: inlink build")


def _counts(statuses: Mapping[int, int]) -> str:
    return ", ".join(f"{status}: {n:,}" for status, n in statuses.items()) or "none"


def _show_reasons(place: Output, title: str, reasons: Mapping[str, int], found: CrawlReport) -> None:
    if reasons:
        place.line(f"{title} {counted(sum(reasons.values()), 'URL')}:")
    for slug, n in reasons.items():
        example = next(iter(found.examples.get(slug, ())), "")
        place.line(f"  {n:>9,}  {slug:<18} {clean(example)[:90]}")
