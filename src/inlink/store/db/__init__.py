"""The workspace's database: SQLite, or PostgreSQL by its URL, by the same models and migrations."""

from inlink.store.db import audit, jobs, users
from inlink.store.db.base import Base
from inlink.store.db.opening import WorkDatabase

MODELS = (audit, jobs, users)  # one module a concern; each has a migration of its name

__all__ = ["MODELS", "Base", "WorkDatabase"]
