"""The workspace's database: SQLite, or PostgreSQL by its URL, by the same models and migrations.

Who changes a model writes its migration: `python scripts/make_migration.py users` for `users.py` (`--again` writes the
one that is there anew, as long as it was not released).
"""

from inlink.store.db import audit, checks, jobs, projects, users, watches
from inlink.store.db.base import Base
from inlink.store.db.opening import WorkDatabase

MODELS = (audit, checks, jobs, projects, users, watches)  # one module a concern; each has a migration of its name

__all__ = ["MODELS", "Base", "WorkDatabase"]
