"""Verbs of jobs."""

from __future__ import annotations

from inlink.cli import job_options
from inlink.cli.declare import ACTIONS, family, verb

JOBS = family(
    "Upkeep",
    "jobs",
    "Work that goes on behind the pages.\n\n"
    "`inlink serve` does the jobs of its workspace; `jobs work` does them without a site, and on other machines too "
    "where the database is PostgreSQL. Killed at any moment, jobs go on with the next worker.",
)
SCHEDULES = ("schedules", "schedule", "reschedule", "unschedule")  # their actions stand in a module of their own
for _name, _action, _text, _params, _example in job_options.verbs():
    verb(
        "Upkeep",
        _name,
        f"{ACTIONS}.{'schedules' if _name in SCHEDULES else 'jobs'}:{_action}",
        _text,
        _params,
        example=f"inlink -w web jobs {_example}",
        family=JOBS,
    )
