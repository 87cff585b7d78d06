"""The page of settings: reads and writes inlink.toml; says beside a field what is wrong with it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from inlink.errors import BadInput, InlinkError, Outdated
from inlink.web.access import needs, who_of
from inlink.web.answers import READS, bench_of, page
from inlink.web.forms import Form, posted, to
from inlink.web.settings_fields import NEXT_BUILD, SECTIONS, SETTINGS, given, shown
from inlink.workbench import settings as workspace_settings
from inlink.workbench.audit import tell
from inlink.workbench.people import Role


@needs(Role.ADMIN)
def settings(request: Request) -> Response:
    """The settings as they are."""
    now = workspace_settings.read(bench_of(request).path)
    values = {name: shown(setting, now.values[name]) for name, setting in SETTINGS.items()}
    changed = [SETTINGS[name] for name in request.query_params.get("saved", "").split(",") if name in SETTINGS]
    return _page(request, values, now.version, changed=changed, is_saved="saved" in request.query_params)


def _page(request: Request, values: Mapping[str, str], version: str, **more: Any) -> Response:
    told: dict[str, Any] = {"changed": [], "is_saved": False, "wrong": {}, "problem": None, "status_code": 200, **more}
    told["is_outdated"] = told["status_code"] == 409
    needs_build = any(setting.counts == NEXT_BUILD for setting in told["changed"])
    return page(
        request,
        "settings.html",
        sections=SECTIONS,
        values=values,
        read_version=version,
        needs_build=needs_build,
        **told,
    )


def save(request: Request, form: Form) -> Response:
    """Write what was changed; nothing of it where something is wrong, or somebody else was quicker."""
    folder = bench_of(request).path
    texts = {name: form.text(name) for name in SETTINGS}
    now = workspace_settings.read(folder)
    values = {
        name: given(setting, texts[name])
        for name, setting in SETTINGS.items()
        if _plain(texts[name]) != form.text(f"was:{name}")
    }
    try:
        workspace_settings.change(folder, form.text("version"), values)
    except Outdated as error:  # what was typed stays, beside what is there now
        return _page(
            request, {**{n: shown(s, now.values[n]) for n, s in SETTINGS.items()}, **_typed(values, texts)},
            now.version, problem=error, status_code=409, changed=[SETTINGS[name] for name in values],
        )  # fmt: skip
    except BadInput as error:
        wrong = error.facts.get("fields", {})
        return _page(request, texts, form.text("version"), problem=error, wrong=wrong, status_code=400)
    _tell(request, values)
    return to("/settings/site", saved=",".join(values) or "nothing")


def _typed(values: Mapping[str, Any], texts: Mapping[str, str]) -> dict[str, str]:
    return {name: texts[name] for name in values}


def _plain(text: str) -> str:
    return text.replace("\r\n", "\n")


def quickly(request: Request, values: Mapping[str, Any]) -> InlinkError | None:
    """Write a few settings from another page; gives what was in the way."""
    folder = bench_of(request).path
    try:
        workspace_settings.change(folder, workspace_settings.read(folder).version, values)
    except InlinkError as error:
        return error
    _tell(request, values)
    return None


def _tell(request: Request, values: Mapping[str, Any]) -> None:
    """The audit log has the names; a value may be an address with a secret in it."""
    if values:
        tell(bench_of(request).database, who_of(request), "settings.change", ", ".join(values))


ROUTES = [
    Route("/settings/site", settings, methods=READS),
    Route("/settings/site", needs(Role.ADMIN)(posted(save)), methods=["POST"]),
]
