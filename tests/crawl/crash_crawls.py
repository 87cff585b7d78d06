"""Crawls that are meant to be killed: one process imports everything once and forks a child for each crawl.

Run as a script: each line on standard input names a workspace and a seed; the answers are the child's process id, and
how it ended.
"""

from __future__ import annotations

import os
import sys

from inlink.crawl.harvest import harvest
from inlink.fetch import Manners
from inlink.sources.records import Record
from inlink.store.workspace import Workspace
from inlink.workbench.crawling import crawl

FAST = Manners(delay_s=0.0, backoff_s=0.05)


def say(number: int) -> None:
    """One line of answer."""
    sys.stdout.write(f"{number}\n")
    sys.stdout.flush()


def main() -> None:
    page = b"<a href=/x>x</a>"
    harvest([Record("https://a.example/", 0, 200, (("Content-Type", "text/html"),), page, 0, None)], [False])
    for line in sys.stdin:
        folder, seed = line.split()
        child = os.fork()
        if child == 0:
            try:
                found = crawl(Workspace.open(folder), (seed,), manners=FAST)
                os._exit(0 if found.ending == "done" else 3)
            except BaseException as error:  # noqa: BLE001  a child must not go on as its parent
                sys.stderr.write(f"{error!r}\n")
                os._exit(4)
        say(child)
        say(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))


if __name__ == "__main__":
    main()
