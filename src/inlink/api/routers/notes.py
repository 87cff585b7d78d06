"""Notes: what people wrote about a target, a domain or a link."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query, Request
from fastapi.responses import Response
from pydantic import Field

from inlink.api.answering import bench_of
from inlink.api.changing import Removed, Said, one_model, send_one, send_removed
from inlink.api.lists import send_list
from inlink.api.models import list_model
from inlink.api.operations import ask, noun
from inlink.api.parameters import Listed, Where, word
from inlink.api.routers.projects import Editor, Number, Version, Versioned
from inlink.errors import BadInput
from inlink.workbench.projects_results import NOTE_KINDS, Note

router = noun("notes")
MAX_NOTES = 10_000
Kind = Annotated[str, word(NOTE_KINDS, "What it is about.")]
About = Annotated[Where, Field(description="The target, the domain, or a link's two URLs with a space between.")]


class NotesAsked(Listed):
    """Which notes."""

    kind: Annotated[str | None, word(NOTE_KINDS, "With `about`: what kind of thing.")] = None
    about: Annotated[Where | None, Field(description="The notes on this; the latest of all where left out.")] = None


class NewNote(Said):
    """A note to write."""

    kind: Kind
    about: About
    text: Where


class ChangedNote(Said):
    """The note anew."""

    version: Version
    text: Where


@ask(router, "/notes", list_model("Notes", Note), has_rows=True)
def notes(request: Request, asked: Annotated[NotesAsked, Query()]) -> Response:
    """The notes on one thing, the oldest first; or the latest of the workspace."""
    door = bench_of(request).projects.notes
    if (asked.kind is None) != (asked.about is None):
        raise BadInput("kind and about belong together", hint="say both, or neither")
    if asked.kind is None or asked.about is None:
        return send_list(request, asked, Note, door.latest(MAX_NOTES))
    return send_list(request, asked, Note, door.about(asked.kind, asked.about))


@ask(router, "/notes", one_model(Note, "NewNoteAnswer"), method="POST")
def add_note(request: Request, asked: NewNote, who: Editor) -> Response:
    """Write a note."""
    return send_one(request, bench_of(request).projects.notes.add(who, asked.kind, asked.about, asked.text))


@ask(router, "/notes/{number}", one_model(Note, "ChangedNoteAnswer"), method="PATCH")
def change_note(request: Request, number: Number, asked: ChangedNote, who: Editor) -> Response:
    """Write a note anew; 409 where somebody else changed it meanwhile."""
    return send_one(request, bench_of(request).projects.notes.change(who, number, asked.version, asked.text))


@ask(router, "/notes/{number}", Removed, method="DELETE")
def remove_note(request: Request, number: Number, asked: Annotated[Versioned, Query()], who: Editor) -> Response:
    """Remove a note."""
    bench_of(request).projects.notes.remove(who, number, asked.version)
    return send_removed(request)
