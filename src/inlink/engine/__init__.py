"""Where heavy work runs: processes and DuckDB on this machine."""

from inlink.engine.local import LocalEngine
from inlink.engine.protocol import Engine, Outcome, Progress, Report, Task, silent

__all__ = ["Engine", "LocalEngine", "Outcome", "Progress", "Report", "Task", "silent"]
