"""The workspace's database: SQLite, or PostgreSQL by its URL, by the same models and migrations.

Who changes a model writes its migration: `python scripts/make_migration.py users` for `users.py` (`--again` writes the
one that is there anew, as long as it was not released).
"""

from inlink.store.db import audit, belonging, checks, jobs, projects, schedules, tries, users, watches
from inlink.store.db.base import Base
from inlink.store.db.opening import WorkDatabase

# One module a concern; each has a migration of its name.
MODELS = (audit, belonging, checks, jobs, projects, schedules, tries, users, watches)

__all__ = ["MODELS", "Base", "WorkDatabase"]
