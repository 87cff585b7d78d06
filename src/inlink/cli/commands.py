"""Every verb of `inlink`; the parts of the help come in the order of the imports."""

from __future__ import annotations

# isort: off
from inlink.cli.verbs import set_up, look_up, votes, watch, releases, rows, upkeep, jobs, team, site
from inlink.cli.declare import inlink

PARTS = (set_up, look_up, votes, watch, releases, rows, upkeep, jobs, team, site)

__all__ = ["PARTS", "inlink"]
