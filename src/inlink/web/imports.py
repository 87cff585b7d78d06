"""Imports: files and addresses with pages or links in them, uploads, and releases of web graphs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from inlink.errors import BadInput, InlinkError
from inlink.web.access import needs, who_of
from inlink.web.answers import READS, bench_of, page
from inlink.web.forms import Form, Given, posted, to
from inlink.web.jobs import LIVE
from inlink.workbench.audit import tell
from inlink.workbench.people import Role
from inlink.workbench.uploads import save_upload

SHOWN = 100
CHUNK_BYTES = 2**20
AFTER = (("build", "build a snapshot"), ("", "do nothing"))


@needs(Role.VIEWER)
def imports(request: Request) -> Response:
    """The inputs, and the forms that bring more."""
    return _page(request, {})


def _page(request: Request, given: dict[str, Any], problem: InlinkError | None = None) -> Response:
    bench = bench_of(request)
    found = bench.inputs()
    return page(
        request,
        "imports.html",
        status_code=400 if problem else 200,
        live=bench.jobs.list(LIVE, ["add", "release"]),
        inputs=found[-SHOWN:][::-1],
        n_inputs=len(found),
        n_waiting=sum(one.state == "waiting" for one in found),
        releases=bench.release_status(),
        most_mib=bench.settings.server.max_upload_bytes // 2**20,
        after=AFTER,
        given=Given(given),
        problem=problem,
    )


def start(request: Request, form: Form) -> Response:
    """Register inputs: an upload, or what is named."""
    given = {name: form.text(name) for name in ("inputs", "then")}
    try:
        begin(request, form)
    except InlinkError as error:
        return _page(request, given, error)
    return to("/imports")


def begin(request: Request, form: Form) -> int:
    """A job that adds what the form brings; gives its number. Raises: BadInput."""
    bench = bench_of(request)
    about: dict[str, Any] = {"inputs": form.lines("inputs"), "keep": form.is_on("keep")}
    if form.file is not None:
        name, most = form.file.filename or "", bench.settings.server.max_upload_bytes
        about["uploads"] = [save_upload(bench.path, name, _chunks(form.file), most=most)]
    if not about["inputs"] and form.file is None:
        raise BadInput("nothing to import is named", hint="choose a file, or write a path or an address")
    then: list[tuple[str, dict[str, Any]]] = [("build", {})] if form.text("then") == "build" else []
    return bench.jobs.start("add", about, who_of(request), then=then).job_id


def _chunks(file: UploadFile) -> Iterator[bytes]:
    while chunk := file.file.read(CHUNK_BYTES):
        yield chunk


def release(request: Request, form: Form) -> Response:
    """Fetch and convert a release."""
    try:
        about = {"name": form.text("name"), "graph": form.text("graph") or "domain"}
        bench_of(request).jobs.start("release", about, who_of(request))
    except InlinkError as error:
        return _page(request, {}, error)
    return to("/imports")


def remove(request: Request, form: Form) -> Response:
    """Take an input out; the next build goes without it."""
    try:
        bench_of(request).remove([form.text("digest")])
        tell(bench_of(request).database, who_of(request), "input.remove", form.text("digest"))
    except InlinkError as error:
        return _page(request, {}, error)
    return to("/imports")


ROUTES = [
    Route("/imports", imports, methods=READS),
    Route("/imports", needs(Role.EDITOR)(posted(start)), methods=["POST"]),
    Route("/imports/release", needs(Role.EDITOR)(posted(release)), methods=["POST"]),
    Route("/imports/remove", needs(Role.EDITOR)(posted(remove)), methods=["POST"]),
]
