"""What the live web left in a workspace and is too old: checks, looks, lines of the ledger."""

from __future__ import annotations

from dataclasses import replace

from inlink.index.reports import GcReport
from inlink.store.workspace import Workspace
from inlink.workbench import checking, crawling, monitoring


def forget_old(workspace: Workspace, found: GcReport) -> GcReport:
    """Forget what is older than `[retention]` keeps; the report with how much that was."""
    n_asked = crawling.forget_old(workspace)  # first: who opens the ledger trims it
    n_checks, n_looks = checking.forget_old(workspace), monitoring.forget_old(workspace)
    return replace(found, n_checks=n_checks, n_looks=n_looks, n_asked=n_asked)
