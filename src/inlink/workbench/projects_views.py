"""Saved views: a page with its target, filter, columns and order, under a name, for oneself or for all."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from sqlalchemy import ColumnElement, or_, select, true
from sqlalchemy.orm import Session

from inlink.errors import BadInput, NotFound, Refused
from inlink.store.db.projects import ProjectRow, ViewRow
from inlink.store.db.text import kept
from inlink.workbench.audit import record
from inlink.workbench.people import Role, Who
from inlink.workbench.projects_results import VIEW_OPTIONS, SavedView
from inlink.workbench.projects_rows import found, held, name_of, now_us, touch

if TYPE_CHECKING:
    from inlink.store.db import WorkDatabase

MAX_TEXT = 4_000  # letters of a target or an option


class Views:
    """Saved views of a workspace: `bench.projects.views`.

    Everybody sees shared views and their own; admins also those of people who are gone. Anybody may keep views of their
    own; sharing one takes an editor, and only its owner or an admin changes or removes it.
    """

    def __init__(self, database: Callable[[], WorkDatabase]) -> None:
        self._database = database

    def all(self, who: Who, *, page: str = "", target: str | None = None) -> list[SavedView]:
        """Views that one may see, by name; of one page, and for one target or any."""
        query = select(ViewRow).where(_is_seen(who)).order_by(ViewRow.name, ViewRow.view_id)
        if page:
            query = query.where(ViewRow.page == page)
        if target is not None:
            query = query.where(ViewRow.target.in_(("", target)))
        with self._database().reading() as session:
            return [_view(row) for row in session.scalars(query)]

    def one(self, who: Who, number: int) -> SavedView:
        """A view by its number. Raises: NotFound, also for another's private one."""
        with self._database().reading() as session:
            return _view(self._seen(session, who, number))

    def add(
        self,
        who: Who,
        name: str,
        page: str,
        *,
        target: str = "",
        scope: str = "",
        options: Mapping[str, str] | None = None,
        is_shared: bool = False,
        project_id: int | None = None,
    ) -> SavedView:
        """Save a view. Raises: Refused; BadInput for options that no view has; NotFound for the project."""
        self._may_share(who, is_shared=is_shared)
        row = ViewRow(
            name=name_of(name),
            page=_short(page),
            target=_short(target),
            scope=_short(scope),
            options=_options(options or {}),
            project_id=project_id,
            owner_id=who.user_id,
            owner=who.name,
            is_shared=is_shared,
            made_at=now_us(),
        )
        touch(row, who)
        with self._database().step() as session:
            if project_id is not None:
                found(session, ProjectRow, project_id)
            session.add(row)
            session.flush()
            record(session, who, "view.add", row.name, {"id": row.view_id, "page": row.page, "shared": is_shared})
        return _view(row)

    def change(
        self,
        who: Who,
        number: int,
        version: int,
        *,
        name: str | None = None,
        target: str | None = None,
        scope: str | None = None,
        options: Mapping[str, str] | None = None,
        is_shared: bool | None = None,
    ) -> SavedView:
        """Change what is named of a view; `version`: of the view as it was read.

        Raises: Refused; NotFound; Outdated where somebody else changed it meanwhile; BadInput.
        """
        self._may_share(who, is_shared=bool(is_shared))
        new: dict[str, object] = {} if name is None else {"name": name_of(name)}
        new |= {} if target is None else {"target": _short(target)}
        new |= {} if scope is None else {"scope": _short(scope)}
        new |= {} if options is None else {"options": _options(options)}
        new |= {} if is_shared is None else {"is_shared": is_shared}
        with self._database().step() as session:
            row = self._own(session, who, number, version)
            for column, value in new.items():
                setattr(row, column, value)
            touch(row, who)
            session.flush()
            record(session, who, "view.change", row.name, {"id": number, **new})
        return _view(row)

    def remove(self, who: Who, number: int, version: int) -> None:
        """Remove a view. Raises: Refused; NotFound; Outdated."""
        with self._database().step() as session:
            row = self._own(session, who, number, version)
            session.delete(row)
            record(session, who, "view.remove", row.name, {"id": number})

    @staticmethod
    def _may_share(who: Who, *, is_shared: bool) -> None:
        who.require(Role.EDITOR if is_shared else Role.VIEWER)

    @staticmethod
    def _seen(session: Session, who: Who, number: int) -> ViewRow:
        row = session.scalar(select(ViewRow).where(ViewRow.view_id == number, _is_seen(who)))
        if row is None:
            raise NotFound(f"there is no view {number}", hint="somebody may have removed it, or share it no longer")
        return row

    def _own(self, session: Session, who: Who, number: int, version: int) -> ViewRow:
        """The row for one who may change it."""
        self._seen(session, who, number)
        row = held(session, ViewRow, number, version)
        is_owner = row.owner_id is not None and row.owner_id == who.user_id
        if not is_owner and not who.role.covers(Role.ADMIN):
            raise Refused(f"this view belongs to {row.owner}", hint="save it under another name as your own")
        return row


def _is_seen(who: Who) -> ColumnElement[bool]:
    if who.role.covers(Role.ADMIN) and who.user_id is None:
        return true()  # nobody has an account, or somebody sits at the machine itself
    own = ViewRow.owner_id == who.user_id
    ownerless = ViewRow.owner_id.is_(None) if who.role.covers(Role.ADMIN) else ViewRow.is_shared
    return or_(ViewRow.is_shared, own, ownerless)


def _options(given: Mapping[str, str]) -> str:
    for name in given:
        if name not in VIEW_OPTIONS:
            raise BadInput(f"no view has the option {name!r}", hint=f"use {', '.join(VIEW_OPTIONS)}")
    return json.dumps({name: _short(value) for name, value in given.items()}, ensure_ascii=False)


def _short(text: str) -> str:
    if len(text) > MAX_TEXT:
        raise BadInput(f"a text of {len(text):,} letters is too long for a view", hint=f"{MAX_TEXT:,} at most")
    return kept(text).strip()


def _view(row: ViewRow) -> SavedView:
    asked = (row.name, row.page, row.target, row.scope, json.loads(row.options))
    whose = (row.project_id, row.owner_id, row.owner, row.is_shared)
    return SavedView(row.view_id, *asked, *whose, row.changed_at, row.changed_by, row.version)
