"""The one door: a workspace and one short method for each thing that a user can ask.

Names are imported when they are first asked for: a question to a release needs no database.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from inlink.index.reports import AddReport, BuildReport, GcReport, InputState, RemoveReport, VerifyReport
    from inlink.workbench.options import GROUPS, STATES, ViewOptions
    from inlink.workbench.results import Count, Evidence, Exported, Overview, Rows, RowStream, Status, Target
    from inlink.workbench.workbench import QUESTIONS, Workbench

_HOMES = {
    **dict.fromkeys(
        ("AddReport", "BuildReport", "GcReport", "InputState", "RemoveReport", "VerifyReport"), "inlink.index.reports"
    ),
    **dict.fromkeys(("GROUPS", "STATES", "ViewOptions"), "inlink.workbench.options"),
    **dict.fromkeys(
        ("Count", "Evidence", "Exported", "Overview", "Rows", "RowStream", "Status", "Target"),
        "inlink.workbench.results",
    ),
    **dict.fromkeys(("QUESTIONS", "Workbench"), "inlink.workbench.workbench"),
}

__all__ = [
    "GROUPS",
    "QUESTIONS",
    "STATES",
    "AddReport",
    "BuildReport",
    "Count",
    "Evidence",
    "Exported",
    "GcReport",
    "InputState",
    "Overview",
    "RemoveReport",
    "RowStream",
    "Rows",
    "Status",
    "Target",
    "VerifyReport",
    "ViewOptions",
    "Workbench",
]


def __getattr__(name: str) -> object:
    """Source: PEP 562."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)
