"""What questions to a scoring run have in common."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Request
from fastapi.responses import Response
from pydantic import Field

from inlink.api.answering import Source, envelope, send_json
from inlink.api.objects import object_of
from inlink.api.parameters import Placed, Text, word
from inlink.api.release_names import KIND, RELEASE_HERE
from inlink.errors import BadInput
from inlink.workbench.explanations import LATEST
from inlink.workbench.who import KINDS

RUN = Field(description="Name of a scoring run, or how it begins; latest is the one that was asked for last.")


class Scored(Placed):
    """A target in a scoring run."""

    run: Annotated[Text, RUN] = LATEST


class Released(Scored):
    """A target in a scoring run, or in a release."""

    release: Annotated[Text | None, RELEASE_HERE] = None
    kind: Annotated[str | None, word(KINDS, KIND)] = None

    @property
    def is_of_release(self) -> bool:
        """Whether a release is asked instead of a run."""
        return self.release is not None or self.kind is not None


def send_scored(request: Request, found: Any) -> Response:
    """An answer that names its snapshot and its run (of a release: its name, and no snapshot)."""
    body = object_of(found)
    source = Source(body.pop("snapshot", None), body.pop("run", None))
    return send_json(request, envelope(source, body), source)


def check_release(asked: Released, **unfit: bool) -> None:
    """Raises: BadInput for what a release is not asked: it would read most of its lists, or counts no nofollow."""
    wrong = [name for name, is_said in unfit.items() if is_said]
    if asked.scope is not None:
        raise BadInput("scope is for runs: a release is of domains or of hosts", hint="use kind=domain or kind=host")
    if wrong:
        raise BadInput(f"{wrong[0]} is for runs, not for a release", hint=f"leave {wrong[0]} out")
    if asked.run != LATEST:
        raise BadInput("run and release name two different graphs", hint="leave one of them out")
