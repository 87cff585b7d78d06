"""The one door: a workspace and one short method for each thing that a user can ask.

`upkeep` and `evidence` reach the extraction, whose compiler alone takes a second to import: they are loaded by the
methods that need them, so that a question does not pay for what it does not use.
"""

from __future__ import annotations

from inlink.workbench.building import Building
from inlink.workbench.live import Live
from inlink.workbench.questions import QUESTIONS
from inlink.workbench.scores import Scores
from inlink.workbench.team import Team

__all__ = ["QUESTIONS", "Workbench"]


class Workbench(Building, Live, Scores, Team):
    """An open workspace. Safe to share between threads; close it or use it in a `with` block."""
