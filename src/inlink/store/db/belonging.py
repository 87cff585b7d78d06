"""Whose a database is: one workspace's, told by the key that its folder keeps."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Mapped, mapped_column

from inlink.errors import NotConfigured
from inlink.store.db.base import Base, Micros, Number
from inlink.store.db.job_queue import now_us
from inlink.store.db.opening import WorkDatabase

ONLY = Number(1)


class Belonging(Base):
    """The workspace whose rows these are. One row; none before the first workspace has opened the database."""

    __tablename__ = "belonging"

    belonging_id: Mapped[Number] = mapped_column(primary_key=True, doc="always 1")
    workspace_key: Mapped[str] = mapped_column(doc="what the workspace's workspace.json has as key")
    folder: Mapped[str] = mapped_column(doc="machine and folder from which it was opened first")
    since_at: Mapped[Micros] = mapped_column(doc="when that was")


def claim(database: WorkDatabase, key: str, folder: str) -> None:
    """The database is this workspace's from now on. Raises: NotConfigured where it is another's already."""
    found = _found(database)
    if found is None:
        try:
            with database.step() as session:
                session.add(Belonging(belonging_id=ONLY, workspace_key=key, folder=folder, since_at=now_us()))
        except IntegrityError:  # another was quicker
            found = _found(database)
    if found is not None and found.workspace_key != key:
        raise NotConfigured(
            f"{database.name} belongs to another workspace ({found.folder})",
            hint="give each a database of its own, or a [database] schema of its own; where that folder is gone and "
            f'this is the same workspace, write "key": "{found.workspace_key}" into its workspace.json',
        )


def _found(database: WorkDatabase) -> Belonging | None:
    with database.reading() as session:
        return session.scalar(select(Belonging).where(Belonging.belonging_id == ONLY))
