"""The one table from error class to exit code, and how a failure is told."""

from __future__ import annotations

import os
import sys
import traceback
from typing import TextIO

import click

from inlink import errors
from inlink.cli.text import clean

OK = 0
FAILURE = 1
USAGE = 2
INTERRUPTED = 130  # 128 + SIGINT, as shells have it

EXIT_CODES: dict[type[errors.InlinkError], int] = {
    errors.BadInput: USAGE,
    errors.NotFound: FAILURE,
    errors.NotConfigured: FAILURE,
    errors.Unreachable: FAILURE,
    errors.NotConverged: FAILURE,
    errors.CorruptIndex: FAILURE,
    errors.Busy: FAILURE,
    errors.Outdated: FAILURE,
    errors.Refused: FAILURE,
    errors.TookTooLong: FAILURE,
}


def exit_code(error: BaseException) -> int:
    """The code a failure ends with; the nearest class in the table decides."""
    if isinstance(error, click.ClickException):
        return USAGE if isinstance(error, click.UsageError) else FAILURE
    return next((EXIT_CODES[kind] for kind in type(error).__mro__ if kind in EXIT_CODES), FAILURE)


def tell(error: BaseException, *, debug: bool = False, stream: TextIO | None = None) -> int:
    """Write `error: …` and `hint: …` to stderr, with the traceback only when asked; gives the exit code."""
    stream = stream or sys.stderr
    if debug:
        stream.write("".join(traceback.format_exception(error)))
    message, hint = words(error)
    stream.write(f"error: {message}\n")
    if hint:
        stream.write(f"hint: {hint}\n")
    return exit_code(error)


def words(error: BaseException) -> tuple[str, str]:
    """Message and hint of a failure, safe to print."""
    if isinstance(error, errors.InlinkError):
        return clean(error.message), clean(error.hint)
    if isinstance(error, click.UsageError):
        command = error.ctx.command_path if error.ctx else "inlink"
        return clean(error.format_message()), f"see `{command} --help`"
    if isinstance(error, click.ClickException):
        return clean(error.format_message()), ""
    if isinstance(error, OSError):
        where = f"{error.filename}: " if error.filename else ""
        return clean(f"{where}{error.strerror or error}"), ""
    return clean(f"unexpected {type(error).__name__}: {error}"), "run again with --debug for the traceback"


def silence(stream: TextIO) -> None:
    """Point a stream whose reader has gone at nothing, so that the exit does not complain."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
