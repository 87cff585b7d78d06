"""What people keep beside the index: projects, saved views of its tables, and notes."""

from __future__ import annotations

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from inlink.store.db.base import Base, Digest, Micros, Number


class ProjectRow(Base):
    """A site that is worked for, beside the one of the settings."""

    __tablename__ = "projects"
    __table_args__ = ({"sqlite_autoincrement": True},)

    project_id: Mapped[Number] = mapped_column(primary_key=True, doc="its number")
    name: Mapped[str] = mapped_column(doc="as people call it")
    name_key: Mapped[str] = mapped_column(unique=True, doc="the name folded: no two projects differ by case")
    domain: Mapped[str] = mapped_column(doc="its site")
    aliases: Mapped[str] = mapped_column(doc="JSON list: other names of the site")
    competitors: Mapped[str] = mapped_column(doc="JSON list: sites to compare with")
    made_at: Mapped[Micros] = mapped_column(doc="when it was made")
    changed_at: Mapped[Micros] = mapped_column(doc="when it was changed last")
    changed_by: Mapped[str] = mapped_column(doc="who did that, by the name of then")
    version: Mapped[int] = mapped_column(doc="rises with each change: who changes an older one is told")

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012  as SQLAlchemy declares it


class ViewRow(Base):
    """A saved view: a page of the site with its target, filter, columns and order, under a name."""

    __tablename__ = "saved_views"
    __table_args__ = (Index("ix_saved_views_page", "page"), {"sqlite_autoincrement": True})

    view_id: Mapped[Number] = mapped_column(primary_key=True, doc="its number")
    name: Mapped[str] = mapped_column(doc="as people call it")
    page: Mapped[str] = mapped_column(doc="backlinks, domains, anchors … (docs/cli.md)")
    target: Mapped[str] = mapped_column(doc="what it is about; empty: whatever the page is opened for")
    scope: Mapped[str] = mapped_column(doc="url, prefix, host, domain; empty: as the target suggests")
    options: Mapped[str] = mapped_column(doc="JSON object of texts: where, sort, columns, group, state …")
    project_id: Mapped[Number | None] = mapped_column(
        ForeignKey("projects.project_id", ondelete="CASCADE"), doc="null: of no project"
    )
    owner_id: Mapped[Number | None] = mapped_column(
        ForeignKey("users.user_id", ondelete="SET NULL"), doc="who made it; null: nobody who may sign in now"
    )
    owner: Mapped[str] = mapped_column(doc="the owner's name of then")
    is_shared: Mapped[bool] = mapped_column(doc="whether others see it")
    made_at: Mapped[Micros] = mapped_column(doc="when it was made")
    changed_at: Mapped[Micros] = mapped_column(doc="when it was changed last")
    changed_by: Mapped[str] = mapped_column(doc="who did that, by the name of then")
    version: Mapped[int] = mapped_column(doc="rises with each change: who changes an older one is told")

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012


class NoteRow(Base):
    """What somebody wrote down about a target, a domain or a link."""

    __tablename__ = "notes"
    __table_args__ = (Index("ix_notes_about", "about_digest"), {"sqlite_autoincrement": True})

    note_id: Mapped[Number] = mapped_column(primary_key=True, doc="its number")
    kind: Mapped[str] = mapped_column(doc="what it is about: target, domain or link")
    about: Mapped[str] = mapped_column(doc="target or domain; of a link its two URLs with a space between")
    about_digest: Mapped[Digest] = mapped_column(doc="of kind and about")
    text: Mapped[str] = mapped_column(doc="what was written")
    owner_id: Mapped[Number | None] = mapped_column(
        ForeignKey("users.user_id", ondelete="SET NULL"), doc="who wrote it; null: nobody who may sign in now"
    )
    owner: Mapped[str] = mapped_column(doc="the owner's name of then")
    made_at: Mapped[Micros] = mapped_column(doc="when it was written")
    changed_at: Mapped[Micros] = mapped_column(doc="when it was changed last")
    changed_by: Mapped[str] = mapped_column(doc="who did that, by the name of then")
    version: Mapped[int] = mapped_column(doc="rises with each change: who changes an older one is told")

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012
