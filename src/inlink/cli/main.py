"""The entry point `inlink`: runs a verb and turns every ending into an exit code."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

import click

from inlink.cli import failures
from inlink.cli.commands import inlink
from inlink.cli.declare import Call

COMPLETION = "_INLINK_COMPLETE"  # set by the shell that asks for completions


def run() -> None:
    """Console script."""
    sys.exit(main(sys.argv[1:]))


def main(arguments: Sequence[str]) -> int:
    """Run one command line; gives its exit code and prints no traceback unless asked."""
    _speak_utf8()
    call = Call()
    try:
        code = _perform(arguments, call)
        sys.stdout.flush()
    except (KeyboardInterrupt, click.Abort):
        sys.stderr.write("\nstopped\n")
        return failures.INTERRUPTED
    except BrokenPipeError:
        failures.silence(sys.stdout)
        return failures.OK
    except Exception as error:  # noqa: BLE001  the face is where every failure ends
        return failures.tell(error, debug=call.debug)
    return code


def _perform(arguments: Sequence[str], call: Call) -> int:
    """The group's own `main` is not used: it turns a broken pipe into a failure."""
    if COMPLETION in os.environ:
        inlink.main(prog_name="inlink")
    try:
        with inlink.make_context("inlink", list(arguments), obj=call) as context:
            inlink.invoke(context)
    except click.exceptions.Exit as ending:
        return ending.exit_code
    except click.exceptions.NoArgsIsHelpError as ending:
        sys.stdout.write(ending.format_message() + "\n")
        return failures.USAGE
    return failures.OK


def _speak_utf8() -> None:
    """UTF-8 whatever the locale says: links come in all scripts."""
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(encoding="utf-8", errors="backslashreplace")


if __name__ == "__main__":
    run()
