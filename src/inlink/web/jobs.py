"""Jobs: what runs, what waits, what stopped, what is over; and one of them with its log."""

from __future__ import annotations

from pathlib import Path

from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import Route

from inlink.errors import InlinkError, NotFound
from inlink.web.access import needs, who_of
from inlink.web.answers import READS, bench_of, page
from inlink.web.forms import Form, posted, to
from inlink.web.work_words import sentence
from inlink.workbench.jobs_kinds import EXPORTS, KINDS
from inlink.workbench.people import Role

SHOWN = 20
MORE = 100
ALERTS = 6
LIVE = ("running", "queued", "stopped")
OVER = ("done", "failed", "cancelled")
BACK = ("/jobs", "/crawls", "/imports", "/builds", "/checks", "/monitor", "/start")


@needs(Role.VIEWER)
def jobs(request: Request) -> Response:
    """All jobs."""
    bench = bench_of(request)
    live = bench.jobs.list(LIVE, limit=MORE)
    before = _number(request.query_params.get("before", ""))
    alerts = bench.monitor.alerts(limit=ALERTS)
    counts = bench.jobs.counts()
    return page(
        request,
        "jobs.html",
        live=live,
        over=bench.jobs.list(OVER, limit=MORE if before else SHOWN, before=before),
        n_over=sum(counts[state] for state in OVER),
        before=before,
        lede=sentence(counts),
        alerts=alerts,
        n_watched=len(bench.monitor.watches()) if not before else 0,
        next_due=next((row for row in bench.jobs.schedules.all() if row.is_on), None) if not before else None,
        workers=[worker for worker in bench.jobs.workers() if worker.is_alive],
    )


@needs(Role.VIEWER)
def job(request: Request) -> Response:
    """One job with its log."""
    bench = bench_of(request)
    number = _of_path(request)
    found = bench.jobs.get(number)
    about = _about(found.arguments)
    return page(request, "job.html", job=found, lines=bench.jobs.log(number), about=about, has_file=_leaves(found.kind))


@needs(Role.VIEWER)
def file(request: Request) -> Response:
    """What an export or an explanation has written."""
    bench = bench_of(request)
    found = bench.jobs.get(_of_path(request))
    name = str((found.result or {}).get("file", ""))
    path = bench.path / EXPORTS / Path(name).name
    if not _leaves(found.kind) or not name or not path.is_file():
        raise NotFound("this job has left no file", hint="start it again")
    return FileResponse(path, filename=path.name)


def _leaves(kind: str) -> bool:
    """Whether a job of this kind leaves a file; kinds of another version leave none that is known here."""
    return kind in KINDS and KINDS[kind].leaves_file


def _about(arguments: object) -> list[tuple[str, str]]:
    """What a job was told, in words."""
    found = []
    for name, value in arguments.items() if isinstance(arguments, dict) else ():
        if value in (None, "", [], {}, False):
            continue
        text = ", ".join(map(str, value[:50])) if isinstance(value, list) else str(value)
        found.append((name.replace("_", " ").strip(), text if len(text) < 2_000 else f"{text[:2_000]} …"))
    return found


def _act(request: Request, form: Form) -> Response:
    """Cancel, pause or take up a job, then go back to where the button was."""
    bench, number = bench_of(request), _of_path(request)
    who = who_of(request)
    acts = {"cancel": bench.jobs.cancel, "pause": bench.jobs.pause, "retry": bench.jobs.retry}
    act = acts.get(request.path_params["what"])
    if act is None:
        raise NotFound("a job can be cancelled, paused or taken up", hint="use the buttons of the page")
    act(number, who)
    back = form.text("back")
    return to(back if back in BACK else f"/jobs/{number}")


def start(request: Request, form: Form) -> Response:
    """A job that needs no more than its kind: a build, a clean-up."""
    kind = form.text("kind")
    if kind not in KINDS:
        raise NotFound(f"there is no kind of job {kind!r}", hint="use the buttons of the pages")
    try:
        bench_of(request).jobs.start(kind, {}, who_of(request))
    except InlinkError as error:
        return page(request, "job_refused.html", status_code=400, problem=error)
    back = form.text("back")
    return to(back if back in BACK else "/jobs")


def _of_path(request: Request) -> int:
    number = _number(request.path_params["number"])
    if number is None:
        raise NotFound("there is no such job", hint="the page of jobs lists all")
    return number


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 16 else None


ROUTES = [
    Route("/jobs", jobs, methods=READS),
    Route("/jobs/start", needs(Role.EDITOR)(posted(start)), methods=["POST"]),
    Route("/jobs/{number}", job, methods=READS),
    Route("/jobs/{number}/file", file, methods=READS),
    Route("/jobs/{number}/{what}", needs(Role.EDITOR)(posted(_act)), methods=["POST"]),
]
