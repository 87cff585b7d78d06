"""Saved views: pages of the site as somebody likes them."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query, Request
from fastapi.responses import Response
from pydantic import Field

from inlink.api.access import needs
from inlink.api.answering import bench_of
from inlink.api.changing import Removed, Said, one_model, send_one, send_removed
from inlink.api.lists import send_list
from inlink.api.models import list_model
from inlink.api.operations import ask, noun
from inlink.api.parameters import Asked, Listed, Text, Where
from inlink.api.routers.projects import Number, Version, Versioned
from inlink.workbench.people import Role, Who
from inlink.workbench.projects_results import VIEW_OPTIONS, SavedView

router = noun("views")

Viewer = Annotated[Who, needs(Role.VIEWER)]
Options = Annotated[
    dict[str, Where], Field(description=f"What the view is asked with: {', '.join(VIEW_OPTIONS)}.", max_length=50)
]


class ViewsAsked(Listed):
    """Which views."""

    page: Annotated[Text, Field(description="Of this page only, as in /backlinks.")] = ""
    target: Annotated[Text | None, Field(description="For this target, or for any.")] = None


class NewView(Said):
    """A view to save."""

    name: Text
    page: Annotated[Text, Field(description="A page of the site, as in /backlinks.")]
    target: Annotated[Text, Field(description="Empty where it is for any.")] = ""
    scope: Text = ""
    options: Annotated[Options, Field(default_factory=dict)]
    is_shared: Annotated[bool, Field(description="Whether others see it; that needs the role editor.")] = False
    project_id: Annotated[int | None, Field(ge=1, lt=2**63)] = None


class ChangedView(Said):
    """What is to change; what is left out stays."""

    version: Version
    name: Text | None = None
    target: Text | None = None
    scope: Text | None = None
    options: Options | None = None
    is_shared: bool | None = None


@ask(router, "/views", list_model("Views", SavedView), has_rows=True)
def views(request: Request, asked: Annotated[ViewsAsked, Query()], who: Viewer) -> Response:
    """The views that one may see, by name."""
    found = bench_of(request).projects.views.all(who, page=asked.page, target=asked.target)
    return send_list(request, asked, SavedView, found)


@ask(router, "/views", one_model(SavedView, "NewViewAnswer"), method="POST")
def add_view(request: Request, asked: NewView, who: Viewer) -> Response:
    """Save a view: for oneself, or (editors) for all."""
    return send_one(request, bench_of(request).projects.views.add(who, **asked.model_dump()))


@ask(router, "/views/{number}", one_model(SavedView, "ViewAnswer"))
def view(request: Request, number: Number, _: Annotated[Asked, Query()], who: Viewer) -> Response:
    """One view, with the version that a change has to name."""
    return send_one(request, bench_of(request).projects.views.one(who, number))


@ask(router, "/views/{number}", one_model(SavedView, "ChangedViewAnswer"), method="PATCH")
def change_view(request: Request, number: Number, asked: ChangedView, who: Viewer) -> Response:
    """Change what is named of a view of one's own; 409 where it was changed meanwhile."""
    given = asked.model_dump(exclude={"version"})
    return send_one(request, bench_of(request).projects.views.change(who, number, asked.version, **given))


@ask(router, "/views/{number}", Removed, method="DELETE")
def remove_view(request: Request, number: Number, asked: Annotated[Versioned, Query()], who: Viewer) -> Response:
    """Remove a view of one's own."""
    bench_of(request).projects.views.remove(who, number, asked.version)
    return send_removed(request)
