"""The API as an ASGI application, to be mounted at `/api/v1`."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, FastAPI, Request
from fastapi.responses import JSONResponse

from inlink import __version__
from inlink.workbench import Workbench

router = APIRouter()


def api(bench: Workbench) -> FastAPI:
    """The API over an open workbench."""
    app = FastAPI(
        title="inlink",
        version=__version__,
        docs_url=None,
        redoc_url=None,
        default_response_class=JSONResponse,
    )
    app.state.bench = bench
    app.include_router(router)
    return app


@router.get("/status", summary="What the workspace serves")
def status(request: Request) -> dict[str, Any]:
    """Version, snapshot and run that answers come from."""
    bench: Workbench = request.app.state.bench
    found = bench.status()
    return {"version": __version__, "snapshot": found.snapshot}
