"""Checks links of a workspace in a process of its own, to be killed: `python crash_checks.py FOLDER URL…`."""

from __future__ import annotations

import sys

from inlink.check.checking import Patience
from inlink.fetch import Manners
from inlink.workbench import Workbench
from inlink.workbench.checking import CheckOptions

if __name__ == "__main__":
    folder, urls_file = sys.argv[1:]
    with open(urls_file, encoding="utf-8") as lines, Workbench.open(folder) as bench:  # noqa: PTH123
        options = CheckOptions(3600, Manners(delay_s=0.005, backoff_s=0.01), Patience(0.01, 5))
        bench.check(lines.read().split(), options)
