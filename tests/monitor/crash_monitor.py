"""Runs of the monitor that are meant to be killed: one process imports everything once and forks a child for each run.

Run as a script: each line on standard input names a workspace and a time; the answers are the child's process id, and
how it ended.
"""

from __future__ import annotations

import os
import sys

from inlink.fetch import Manners
from inlink.monitor.looking import read_page
from inlink.sources.records import Record
from inlink.store.workspace import Workspace
from inlink.urls.domains import SuffixRules
from inlink.workbench.monitor_results import RunOptions
from inlink.workbench.monitoring import run

FAST = Manners(delay_s=0.0, backoff_s=0.01, max_backoff_s=0.01)


def say(number: int) -> None:
    """One line of answer."""
    sys.stdout.write(f"{number}\n")
    sys.stdout.flush()


def main() -> None:
    record = Record("https://a.example/", 0, 200, (("Content-Type", "text/html"),), b"<a href=/x>x</a>", 0, None)
    read_page(record, "https://a.example/", SuffixRules(()), frozenset(), is_whole=True)
    for line in sys.stdin:
        folder, at_us = line.split()
        child = os.fork()
        if child == 0:
            try:
                run(
                    Workspace.open(folder),
                    RunOptions(renders=False, manners=FAST, clock=lambda at=int(at_us): at),  # type: ignore[misc]
                )
                os._exit(0)
            except BaseException as error:  # noqa: BLE001  a child must not go on as its parent
                sys.stderr.write(f"{error!r}\n")
                os._exit(4)
        say(child)
        say(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))


if __name__ == "__main__":
    main()
