"""`inlink broken`: dead pages that others link to, redirects that mend them, and links that lead nowhere."""

from __future__ import annotations

from pathlib import Path

import click

from inlink.cli.actions.crawling import stopping
from inlink.cli.declare import Call
from inlink.cli.failures import INTERRUPTED
from inlink.cli.output import Output
from inlink.cli.progress import progress
from inlink.cli.rendering import show
from inlink.cli.text import clean
from inlink.errors import BadInput, Unreachable
from inlink.mending.redirects import written
from inlink.workbench import Workbench
from inlink.workbench.broken import BrokenPages
from inlink.workbench.results import Rows


def broken(
    call: Call,
    *,
    site: str,
    scope: str | None,
    outgoing: bool,
    check: bool,
    redirects: str | None,
    path: Path | None,
    limit: int | None,
    output: str | None,
) -> None:
    """Say what is broken, or write the redirects."""
    if redirects is not None and outgoing:
        raise BadInput("redirects mend one's own pages", hint="leave out --outgoing")
    if path is not None and redirects is None:
        raise BadInput("-o is for redirects", hint="say which: --redirects nginx")
    if redirects is not None and output is not None:
        raise BadInput("--format is for rows, and redirects have a form of their own", hint="leave out --format")
    place = Output(quiet=call.quiet)
    with Workbench.open(call.folder) as bench:
        found, is_stopped = _asked(
            bench, place, site, scope, outgoing=outgoing, check=check, limit=None if redirects else limit
        )
    if redirects is None or isinstance(found, Rows):
        show(place, found if isinstance(found, Rows) else found.rows, output)
    elif not is_stopped:
        _write(place, found, redirects, path)
    if is_stopped:
        rest = "no redirects were written" if redirects else "the answer rests on what was asked by then"
        place.say(f"stopped: {rest}; run it again for the rest")
        raise click.exceptions.Exit(INTERRUPTED)


def _asked(
    bench: Workbench, place: Output, site: str, scope: str | None, *, outgoing: bool, check: bool, limit: int | None
) -> tuple[BrokenPages | Rows, bool]:
    """The answer, and whether the user stopped the check before it."""
    ask = bench.broken_outgoing if outgoing else bench.broken
    if not check:
        return ask(site, scope=scope, limit=limit), False
    with progress(place) as report, stopping(place) as stop:
        return ask(site, scope=scope, limit=limit, check=True, report=report, stop=stop), stop.is_set()


def _write(place: Output, found: BrokenPages, form: str, path: Path | None) -> None:
    """The redirects, to a file or as the answer."""
    text = written(found.redirects, form)
    if path is None:
        place.out.write(text)
        _tell_left_out(place, found)
        return
    try:
        path.write_text(text, encoding="utf-8", newline="")
    except OSError as error:
        raise Unreachable(f"{path} cannot be written: {error.strerror}", hint="name another file") from error
    n_mended = sum(each.to is not None for each in found.redirects)
    n_open = len(found.redirects) - n_mended
    rest = f"; addresses without a page that comes near: {n_open:,}" if n_open else ""
    place.line(f"{clean(str(path))}: {n_mended:,} {'redirect' if n_mended == 1 else 'redirects'}{rest}")
    _tell_left_out(place, found)


def _tell_left_out(place: Output, found: BrokenPages) -> None:
    """Why broken pages have no redirect."""
    n_failing = sum(row["state"] == "failing" for row in found.rows.to_dicts())
    if n_failing:
        pages = "page that is only failing" if n_failing == 1 else "pages that are only failing"
        place.say(f"left out: {n_failing:,} {pages} (may come back): check again later, then write the redirects")
