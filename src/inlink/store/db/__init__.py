"""The workspace's database: SQLite, or PostgreSQL by its URL, by the same models and migrations."""

from inlink.store.db.base import Base
from inlink.store.db.opening import WorkDatabase

__all__ = ["Base", "WorkDatabase"]
