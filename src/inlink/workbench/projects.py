"""What can be asked of the projects of a workspace: `bench.projects`, with its saved views and notes."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from inlink.errors import BadInput
from inlink.store.db.projects import ProjectRow
from inlink.urls.domains import SuffixRules
from inlink.urls.identity import target
from inlink.workbench.audit import record
from inlink.workbench.people import Role, Who
from inlink.workbench.projects_notes import Notes
from inlink.workbench.projects_results import NOTE_KINDS, VIEW_OPTIONS, Note, Project, SavedView
from inlink.workbench.projects_rows import found, held, name_of, now_us, taken, touch
from inlink.workbench.projects_views import Views

if TYPE_CHECKING:
    from inlink.config import Settings
    from inlink.store.db import WorkDatabase

__all__ = ["NOTE_KINDS", "VIEW_OPTIONS", "Note", "Notes", "Project", "Projects", "SavedView", "Views"]
MAX_NAMES = 100  # aliases or competitors of one project


class Projects:
    """Projects of a workspace; `views` and `notes` beside them. Safe to share between threads.

    Every change takes the one who asks for it, needs the role editor, and is written to the audit log with it.
    """

    def __init__(self, database: Callable[[], WorkDatabase], settings: Callable[[], Settings]) -> None:
        self._database, self._settings = database, settings
        self.views = Views(database)
        self.notes = Notes(database)

    def all(self) -> list[Project]:
        """The site of the settings, where there is one, then the others by name."""
        with self._database().reading() as session:
            others = [_project(row) for row in session.scalars(select(ProjectRow).order_by(ProjectRow.name_key))]
        site = self._settings().site
        own = [Project(None, site.domain, site.domain, site.aliases, site.competitors)] if site.domain else []
        return own + others

    def one(self, number: int) -> Project:
        """A project by its number. Raises: NotFound."""
        with self._database().reading() as session:
            return _project(found(session, ProjectRow, number))

    def add(
        self, who: Who, name: str, domain: str, *, aliases: Sequence[str] = (), competitors: Sequence[str] = ()
    ) -> Project:
        """A new project. Raises: Refused; BadInput for a name that is taken, or what is no site."""
        who.require(Role.EDITOR)
        name, site = name_of(name), self._site(domain)
        row = ProjectRow(
            name=name,
            name_key=name.casefold(),
            domain=site,
            aliases=self._sites(aliases),
            competitors=self._sites(competitors),
            made_at=now_us(),
        )
        touch(row, who)
        try:
            with self._database().step() as session:
                session.add(row)
                session.flush()
                record(session, who, "project.add", name, {"id": row.project_id, "domain": site})
        except IntegrityError as error:
            raise taken(name, error) from None
        return _project(row)

    def change(
        self,
        who: Who,
        number: int,
        version: int,
        *,
        name: str | None = None,
        domain: str | None = None,
        aliases: Sequence[str] | None = None,
        competitors: Sequence[str] | None = None,
    ) -> Project:
        """Change what is named of a project; `version`: of the project as it was read.

        Raises: Refused; NotFound; Outdated where somebody else changed it meanwhile; BadInput.
        """
        who.require(Role.EDITOR)
        new = {} if name is None else {"name": name_of(name), "name_key": name_of(name).casefold()}
        new |= {} if domain is None else {"domain": self._site(domain)}
        new |= {} if aliases is None else {"aliases": self._sites(aliases)}
        new |= {} if competitors is None else {"competitors": self._sites(competitors)}
        try:
            with self._database().step() as session:
                row = held(session, ProjectRow, number, version)
                before = row.name
                for column, value in new.items():
                    setattr(row, column, value)
                touch(row, who)
                session.flush()
                record(session, who, "project.change", before, {"id": number, **new})
        except IntegrityError as error:
            raise taken(new.get("name", ""), error) from None
        return _project(row)

    def remove(self, who: Who, number: int, version: int) -> None:
        """Remove a project with its views. Raises: Refused; NotFound; Outdated."""
        who.require(Role.EDITOR)
        with self._database().step() as session:
            row = held(session, ProjectRow, number, version)
            session.delete(row)
            record(session, who, "project.remove", row.name, {"id": number})

    def _site(self, text: str) -> str:
        """The host or domain that a text names. Raises: BadInput."""
        named = target(text, rules=SuffixRules(self._settings().suffixes))
        if named.kind not in ("domain", "host"):
            raise BadInput(f"{text!r} is a page, not a site", hint="write a domain or a host, such as example.org")
        return named.host

    def _sites(self, texts: Sequence[str]) -> str:
        if len(texts) > MAX_NAMES:
            raise BadInput(f"{len(texts)} names are too many", hint=f"{MAX_NAMES} at most")
        return json.dumps(list(dict.fromkeys(map(self._site, texts))), ensure_ascii=False)


def _project(row: ProjectRow) -> Project:
    aliases, competitors = tuple(json.loads(row.aliases)), tuple(json.loads(row.competitors))
    told = (row.changed_at, row.changed_by, row.version)
    return Project(row.project_id, row.name, row.domain, aliases, competitors, *told)
