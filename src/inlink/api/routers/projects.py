"""Projects: sites that are worked for; saved views and notes beside them."""

from __future__ import annotations

from typing import Annotated

from fastapi import Path, Query, Request
from fastapi.responses import Response
from pydantic import Field

from inlink.api.access import needs
from inlink.api.answering import bench_of
from inlink.api.changing import Removed, Said, one_model, send_one, send_removed
from inlink.api.lists import send_list
from inlink.api.models import list_model
from inlink.api.operations import ask, noun
from inlink.api.parameters import Asked, Listed, Text
from inlink.workbench.people import Role, Who
from inlink.workbench.projects_results import Project

router = noun("projects")

Number = Annotated[int, Path(description="Its number.", ge=1, lt=2**63)]
Editor = Annotated[Who, needs(Role.EDITOR)]
Version = Annotated[
    int, Field(description="Of what was read; who changed it meanwhile makes this fail (409).", ge=0, lt=2**31)
]
Names = Annotated[list[Text], Field(max_length=100)]


class Versioned(Asked):
    """Which version is meant."""

    version: Version


class NewProject(Said):
    """A project to make."""

    name: Text
    domain: Annotated[Text, Field(description="Its site: a domain or a host.")]
    aliases: Annotated[Names, Field(default_factory=list)]
    competitors: Annotated[Names, Field(default_factory=list)]


class ChangedProject(Said):
    """What is to change; what is left out stays."""

    version: Version
    name: Text | None = None
    domain: Text | None = None
    aliases: Names | None = None
    competitors: Names | None = None


@ask(router, "/projects", list_model("Projects", Project), has_rows=True)
def projects(request: Request, asked: Annotated[Listed, Query()]) -> Response:
    """The site of the settings, where there is one, then the other projects by name."""
    return send_list(request, asked, Project, bench_of(request).projects.all())


@ask(router, "/projects", one_model(Project, "NewProjectAnswer"), method="POST")
def add_project(request: Request, asked: NewProject, who: Editor) -> Response:
    """Make a project."""
    return send_one(request, bench_of(request).projects.add(who, **asked.model_dump()))


@ask(router, "/projects/{number}", one_model(Project, "ProjectAnswer"))
def project(request: Request, number: Number, _: Annotated[Asked, Query()]) -> Response:
    """One project, with the version that a change has to name."""
    return send_one(request, bench_of(request).projects.one(number))


@ask(router, "/projects/{number}", one_model(Project, "ChangedProjectAnswer"), method="PATCH")
def change_project(request: Request, number: Number, asked: ChangedProject, who: Editor) -> Response:
    """Change what is named of a project; 409 where somebody else changed it meanwhile."""
    given = asked.model_dump(exclude={"version"})
    return send_one(request, bench_of(request).projects.change(who, number, asked.version, **given))


@ask(router, "/projects/{number}", Removed, method="DELETE")
def remove_project(request: Request, number: Number, asked: Annotated[Versioned, Query()], who: Editor) -> Response:
    """Remove a project with its views."""
    bench_of(request).projects.remove(who, number, asked.version)
    return send_removed(request)
