"""The one door: a workspace and one short method for each thing that a user can ask."""

from inlink.index.reports import AddReport, BuildReport, GcReport, InputState, RemoveReport, VerifyReport
from inlink.workbench.options import GROUPS, STATES, ViewOptions
from inlink.workbench.results import Count, Evidence, Exported, Overview, Rows, RowStream, Status, Target
from inlink.workbench.workbench import QUESTIONS, Workbench

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
