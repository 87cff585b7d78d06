"""The entry point `inlink`: runs a verb and turns every ending into an exit code."""

from __future__ import annotations

import sys
from collections.abc import Sequence

import click

from inlink.cli import failures
from inlink.cli.commands import inlink
from inlink.cli.declare import Call


def run() -> None:
    """Console script."""
    sys.exit(main(sys.argv[1:]))


def main(arguments: Sequence[str]) -> int:
    """Run one command line; gives its exit code and prints no traceback unless asked."""
    _speak_utf8()
    call = Call()
    try:
        inlink.main(list(arguments), prog_name="inlink", standalone_mode=False, obj=call)
        sys.stdout.flush()
    except click.exceptions.Exit as error:
        return error.exit_code
    except click.exceptions.NoArgsIsHelpError as error:
        sys.stdout.write(error.format_message() + "\n")
        return failures.USAGE
    except (KeyboardInterrupt, click.Abort):
        sys.stderr.write("\nstopped\n")
        return failures.INTERRUPTED
    except BrokenPipeError:
        failures.silence(sys.stdout)
        return failures.OK
    except Exception as error:  # noqa: BLE001  the face is where every failure ends
        return failures.tell(error, debug=call.debug)
    return failures.OK


def _speak_utf8() -> None:
    """UTF-8 whatever the locale says: links come in all scripts."""
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(encoding="utf-8", errors="backslashreplace")


if __name__ == "__main__":
    run()
