"""Options of `inlink monitor` and `inlink broken`."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import click

from inlink.cli.options import SCOPES, limit, option, output_format, words_or_json

STATES = ("new", "alive", "suspect", "unreachable", "changed", "lost")
REDIRECTS = ("nginx", "apache", "csv")
_SECONDS = {"m": 60, "h": 3600, "d": 86_400, "w": 7 * 86_400}


class Duration(click.ParamType[float]):
    """A time such as 12h, 3d or 2w, in seconds."""

    name = "TIME"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """The seconds, or a usage error."""
        if isinstance(value, float):
            return value
        match = re.fullmatch(r"(\d{1,4})([mhdw])", str(value).strip())
        if match is None or int(match[1]) == 0:
            self.fail(f"{value!r} is no time: write 12h, 3d or 2w.", param, ctx)
        return float(int(match[1]) * _SECONDS[match[2]])


def add() -> list[click.Parameter]:
    """What to watch."""
    return [
        click.Argument(["pair"], nargs=-1, metavar="[PAGE TARGET]"),
        option("--from", "list_file", type=click.Path(path_type=Path, exists=True, dir_okay=False, allow_dash=True),
               metavar="FILE", help="A list: PAGE TARGET, one a line; with --target, PAGE alone. - reads what is "
               "pasted."),
        option("--target", metavar="TARGET", help="With --from: what all pages should link to."),
        option("--links-of", "site", metavar="TARGET", help="The links to TARGET that the index holds."),
        option("--where", metavar="FILTER", help="With --links-of: only those, as in: follow = true."),
        option("--limit", type=click.IntRange(1), metavar="N", help="With --links-of: the strongest N. Default: all."),
        option("--scope", type=click.Choice(SCOPES), help="How much TARGET stands for. Default: guessed."),
        option("--anchor", metavar="WORDS", help="Words that the link has to have. Default: those it has at first."),
        option("--follow", "follows", is_flag=True, help="It has to be a follow link, whatever it is at first."),
        option("--every", "every_s", type=Duration(), metavar="TIME",
               help="Look so often (12h, 3d, 2w). Default: by the risk of loss."),
        option("--label", default="", metavar="TEXT", help="A word of your own, shown in lists and alerts."),
        words_or_json(),
    ]  # fmt: skip


def listing() -> list[click.Parameter]:
    """Which watches are listed."""
    return [
        option(
            "--state", "states", multiple=True, type=click.Choice(STATES), help="Only in this state; may be repeated."
        ),
        limit(),
        output_format(),
    ]


def numbers() -> click.Argument:
    """Numbers of watches."""
    return click.Argument(["numbers"], nargs=-1, required=True, type=click.IntRange(1), metavar="WATCH…")


def run() -> list[click.Parameter]:
    """How a run goes."""
    return [
        option("--all", "looks_at_all", is_flag=True, help="Look at all watches, due or not."),
        option("--daemon", is_flag=True, help="Stay, and run whenever something is due, until stopped."),
        option("--scripts/--no-scripts", "renders", default=True,
               help="Where a link is gone, run the page's scripts, if Chromium is there."),
        words_or_json(),
    ]  # fmt: skip


def alerts() -> list[click.Parameter]:
    """Which alerts are listed."""
    return [
        option("--since", metavar="DATE", help="From this day on, as in 2026-01-31."),
        option("--resend", is_flag=True, help="Let the next run send again what failed or may not have arrived."),
        limit(),
        output_format(),
    ]


def wishes() -> list[click.Parameter]:
    """How wishes are listed."""
    return [output_format(default="table on a terminal, URLs alone in a pipe")]


def broken() -> list[click.Parameter]:
    """What is asked of broken links."""
    return [
        click.Argument(["site"], metavar="SITE"),
        option("--scope", type=click.Choice(SCOPES), help="How much SITE stands for. Default: guessed."),
        option("--outgoing", is_flag=True, help="What SITE's pages link to that is dead, and from where."),
        option("--check", is_flag=True, help="Ask the pages now, by the checker, before the answer."),
        option("--redirects", type=click.Choice(REDIRECTS), help="Write redirects to the nearest living pages."),
        option("-o", "path", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE",
               help="With --redirects: to a file."),
        limit(words="How many rows. Redirects are written for all pages, whatever N is."),
        output_format(),
    ]  # fmt: skip
