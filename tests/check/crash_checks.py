"""Checks that are meant to be killed: one process imports everything once and forks a child for each check.

Run as a script: each line on standard input names a workspace and a file of URLs; the answers are the child's process
id, and how it ended.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from inlink.check.checking import Patience
from inlink.check.page import Page
from inlink.check.parking import parking_lists
from inlink.check.wording import phrases
from inlink.fetch import Manners, Reply
from inlink.store.workspace import Workspace
from inlink.workbench.checking import CheckOptions, check

OPTIONS = CheckOptions(3600, Manners(delay_s=0.005, backoff_s=0.01), Patience(0.01, 5))


def say(number: int) -> None:
    """One line of answer."""
    sys.stdout.write(f"{number}\n")
    sys.stdout.flush()


def main() -> None:
    parking_lists(), phrases(), Page(Reply("https://a.example/", 0, 200, body=b"<html>a")).text
    for line in sys.stdin:
        folder, urls = line.split()
        child = os.fork()
        if child == 0:
            try:
                check(Workspace.open(folder), Path(urls).read_text("utf-8").split(), OPTIONS)
                os._exit(0)
            except BaseException as error:  # noqa: BLE001  a child must not go on as its parent
                sys.stderr.write(f"{error!r}\n")
                os._exit(4)
        say(child)
        say(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))


if __name__ == "__main__":
    main()
