"""The verbs of `inlink jobs` with their options."""

from __future__ import annotations

import click

from inlink.cli.options import limit, option, words_or_json

STATES = ("queued", "running", "done", "failed", "cancelled", "stopped")
KINDS = ("crawl", "add", "build", "rank", "check", "monitor", "release", "export", "explain", "gc", "verify", "demo")
Verb = tuple[str, str, str, list[click.Parameter], str]


def verbs() -> tuple[Verb, ...]:
    """Name, action, text, parameters and example of each."""
    return (
        ("list", "list_", "Jobs, the newest first.", _listing(), "list --state running --state queued"),
        ("show", "show", "One job with what it was told and what came of it.", [_number(), words_or_json()], "show 7"),
        (
            "start",
            "start",
            "Make a job.\n\n"
            "KIND is one of crawl, add, build, rank, check, monitor, release, export, gc, verify and demo; NAME=VALUE "
            "what it is told, a list by several of one name. docs/jobs.md has all names.",
            _starting(),
            "start crawl seeds=example.org max_pages=1000 --then build",
        ),
        (
            "cancel",
            "cancel",
            "End a job.\n\nPolitely first: a crawl finishes the answers under way; after some seconds by force.",
            [
                _number(),
                option("--pause", "pauses", is_flag=True, help="Stop it, so that `jobs retry` goes on with it."),
            ],
            "cancel 7",
        ),
        ("retry", "retry", "Take up a job that failed, was cancelled or stopped.", [_number()], "retry 7"),
        ("log", "log", "What a job said on its way.", _logging(), "log 7"),
        (
            "work",
            "work",
            "Take jobs and do them, until Ctrl-C.\n\nOne worker a workspace on SQLite (others stand by), any number on "
            "PostgreSQL.",
            _working(),
            "work --at-once 2",
        ),
        *_scheduling(),
    )


def _scheduling() -> tuple[Verb, ...]:
    return (
        (
            "schedules",
            "schedules",
            "Work that comes again and again, by when it is due.",
            [words_or_json()],
            "schedules",
        ),
        (
            "schedule",
            "schedule",
            "Have a job made again and again.\n\n"
            "KIND and NAME=VALUE as for `jobs start`. Whoever takes jobs makes them: inlink serve or inlink jobs work.",
            [*_starting()[:-1], _every(required=True), _first(), words_or_json()],
            "schedule crawl seeds=example.org --every 1w --first 2026-05-31T03:00 --then build",
        ),
        (
            "reschedule",
            "reschedule",
            "Change a schedule: its period, its next time, on or off.",
            [
                _which(),
                _every(),
                _first(),
                option("--on/--off", "is_on", default=None, help="Whether it makes jobs."),
            ],
            "reschedule 2 --every 6h",
        ),
        ("unschedule", "unschedule", "Remove a schedule; jobs that it made stay.", [_which()], "unschedule 2"),
    )


def _which() -> click.Argument:
    return click.Argument(["number"], type=click.IntRange(1), metavar="SCHEDULE")


def _every(*, required: bool = False) -> click.Option:
    return option("--every", required=required, metavar="PERIOD", help="As 30min, 6h, 1d or 1w; daily, weekly.")


def _first() -> click.Option:
    return option("--first", metavar="TIME", help="When it is due next, in UTC. Default: one period from now.")


def _number() -> click.Argument:
    return click.Argument(["number"], type=click.IntRange(1), metavar="JOB")


def _listing() -> list[click.Parameter]:
    return [
        option("--state", "states", multiple=True, type=click.Choice(STATES), help="Only jobs in this state."),
        option("--kind", "kinds", multiple=True, type=click.Choice(KINDS), help="Only jobs of this kind."),
        limit(),
        words_or_json(),
    ]


def _starting() -> list[click.Parameter]:
    return [
        click.Argument(["kind"], type=click.Choice(KINDS), metavar="KIND"),
        click.Argument(["given"], nargs=-1, metavar="[NAME=VALUE…]"),
        option("--then", multiple=True, type=click.Choice(KINDS), help="What follows when it has done its work."),
        words_or_json(),
    ]


def _logging() -> list[click.Parameter]:
    return [
        _number(),
        option("--after", type=click.IntRange(0), default=0, metavar="N", help="Only lines after this one."),
        words_or_json(),
    ]


def _working() -> list[click.Parameter]:
    return [
        option(
            "--at-once", type=click.IntRange(1, 16), default=2, show_default=True, metavar="N", help="How many jobs."
        ),
        option("--until-empty", is_flag=True, help="End when nothing waits and nothing runs."),
    ]
