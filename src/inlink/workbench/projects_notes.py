"""Notes: what people wrote down about a target, a domain or a link. Everybody reads them, editors write."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from sqlalchemy import select

from inlink.errors import BadInput
from inlink.store.db.base import Digest, digest_of
from inlink.store.db.projects import NoteRow
from inlink.store.db.text import kept
from inlink.workbench.audit import record
from inlink.workbench.people import Role, Who
from inlink.workbench.projects_results import NOTE_KINDS, Note
from inlink.workbench.projects_rows import found, held, now_us, touch

if TYPE_CHECKING:
    from inlink.store.db import WorkDatabase

MAX_TEXT = 20_000
MAX_ABOUT = 20_000
_MANY = 500


class Notes:
    """Notes of a workspace: `bench.projects.notes`. about: a target, a domain, or `about_link(source, target)`."""

    def __init__(self, database: Callable[[], WorkDatabase]) -> None:
        self._database = database

    def about(self, kind: str, about: str) -> list[Note]:
        """The notes on one thing, the oldest first. Raises: BadInput for a kind that there is not."""
        return self.about_many(kind, (about,)).get(_about(about), [])

    def about_many(self, kind: str, abouts: Sequence[str]) -> dict[str, list[Note]]:
        """The notes on several things (rows of a table), by what they are about; things without notes are left out."""
        digests = sorted({_digest(kind, one) for one in abouts})
        notes: dict[str, list[Note]] = {}
        with self._database().reading() as session:
            for at in range(0, len(digests), _MANY):
                query = select(NoteRow).where(NoteRow.about_digest.in_(digests[at : at + _MANY]))
                for row in session.scalars(query.order_by(NoteRow.note_id)):
                    notes.setdefault(row.about, []).append(_note(row))
        return notes

    def latest(self, limit: int = 100) -> list[Note]:
        """Notes of the whole workspace, the latest change first."""
        with self._database().reading() as session:
            query = select(NoteRow).order_by(NoteRow.changed_at.desc(), NoteRow.note_id.desc()).limit(limit)
            return [_note(row) for row in session.scalars(query)]

    def one(self, number: int) -> Note:
        """A note by its number. Raises: NotFound."""
        with self._database().reading() as session:
            return _note(found(session, NoteRow, number))

    def add(self, who: Who, kind: str, about: str, text: str) -> Note:
        """Write a note. Raises: Refused; BadInput."""
        who.require(Role.EDITOR)
        row = NoteRow(
            kind=kind,
            about=_about(about),
            about_digest=_digest(kind, about),
            text=_text(text),
            owner_id=who.user_id,
            owner=who.name,
            made_at=now_us(),
        )
        touch(row, who)
        with self._database().step() as session:
            session.add(row)
            session.flush()
            record(session, who, "note.add", row.about, {"id": row.note_id, "kind": kind})
        return _note(row)

    def change(self, who: Who, number: int, version: int, text: str) -> Note:
        """Write a note anew; `version`: of the note as it was read.

        Raises: Refused; NotFound; Outdated where somebody else changed it meanwhile; BadInput.
        """
        who.require(Role.EDITOR)
        text = _text(text)
        with self._database().step() as session:
            row = held(session, NoteRow, number, version)
            row.text = text
            touch(row, who)
            session.flush()
            record(session, who, "note.change", row.about, {"id": number, "kind": row.kind})
        return _note(row)

    def remove(self, who: Who, number: int, version: int) -> None:
        """Remove a note. Raises: Refused; NotFound; Outdated."""
        who.require(Role.EDITOR)
        with self._database().step() as session:
            row = held(session, NoteRow, number, version)
            session.delete(row)
            record(session, who, "note.remove", row.about, {"id": number, "kind": row.kind})


def about_link(source_url: str, target_url: str) -> str:
    """What a note on a link is about: the page that links, and what it links to."""
    return f"{source_url} {target_url}"


def _digest(kind: str, about: str) -> Digest:
    if kind not in NOTE_KINDS:
        raise BadInput(f"there are no notes on a {kind!r}", hint=f"use {', '.join(NOTE_KINDS)}")
    return digest_of(f"{kind}\0{_about(about)}")


def _about(text: str) -> str:
    text = kept(text).strip()
    if not text or len(text) > MAX_ABOUT:
        raise BadInput("a note is about something", hint="name a target, a domain or a link")
    return text


def _text(text: str) -> str:
    text = kept(text).replace("\r\n", "\n").strip()
    if not text or len(text) > MAX_TEXT:
        raise BadInput("a note has a text", hint=f"write 1 to {MAX_TEXT:,} letters")
    return text


def _note(row: NoteRow) -> Note:
    told = (row.owner_id, row.owner, row.made_at, row.changed_at, row.changed_by, row.version)
    return Note(row.note_id, row.kind, row.about, row.text, *told)
