"""Watches: links that are watched, their looks, what was told of them, and pages worth a capture."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

from fastapi import Path, Query, Request
from fastapi.responses import Response
from pydantic import Field

from inlink.api.answering import bench_of, envelope, send_json
from inlink.api.lists import send_list, served
from inlink.api.models import answer_model, list_model
from inlink.api.objects import object_of
from inlink.api.operations import ask, noun
from inlink.api.parameters import Asked, Listed, Text, one_of
from inlink.errors import BadInput
from inlink.monitor.words import STATES
from inlink.workbench.monitor_results import AlertRow, WatchHistory, WatchRow, Wish

router = noun("watches")


class WatchesAsked(Listed):
    """Which watches."""

    state: Annotated[
        list[Text],
        Field(description="Only in this state; may be repeated.", max_length=10,
              json_schema_extra={"items": one_of(tuple(STATES))}, default_factory=list),
    ]  # fmt: skip


class AlertsAsked(Listed):
    """Which alerts."""

    since: Annotated[Text | None, Field(description="From this day on, as in 2026-01-31.")] = None


@ask(router, "/watches", list_model("Watches", WatchRow), has_rows=True)
def watches(request: Request, asked: Annotated[WatchesAsked, Query()]) -> Response:
    """What is watched, and how it stands. Reasons with a question mark wait for a second look."""
    for state in asked.state:
        if state not in STATES:
            raise BadInput(f"there is no state {state!r}", hint=f"use one of {', '.join(STATES)}")
    return send_list(request, asked, WatchRow, bench_of(request).monitor.watches(asked.state))


@ask(router, "/watches/{watch_id}", answer_model(WatchHistory, "WatchAnswer"))
def watch(
    request: Request,
    watch_id: Annotated[int, Path(description="The number of a watch.", ge=1, lt=2**63)],
    _: Annotated[Asked, Query()],
) -> Response:
    """One watch with every look at it, and what was told of it."""
    found = object_of(bench_of(request).monitor.history(watch_id))
    source = served(request)
    return send_json(request, envelope(source, {**found, "notes": []}), source)


@ask(router, "/alerts", list_model("Alerts", AlertRow), has_rows=True)
def alerts(request: Request, asked: Annotated[AlertsAsked, Query()]) -> Response:
    """What became lost, changed, unreachable or restored, and who was told.

    sent: how it stands by channel: waiting, sent, failed, or unconfirmed (cut off while it was sent).
    """
    return send_list(request, asked, AlertRow, bench_of(request).monitor.alerts(since_us=_day(asked.since)))


def _day(text: str | None) -> int:
    """A day as microseconds since 1970 UTC. Raises: BadInput."""
    if text is None:
        return 0
    try:
        day = datetime.fromisoformat(text)
        return int((day if day.tzinfo else day.replace(tzinfo=UTC)).timestamp() * 1e6)
    except (ValueError, OverflowError):
        raise BadInput(f"{text[:200]!r} is no day", hint="write it as 2026-01-31") from None


@ask(router, "/wishes", list_model("Wishes", Wish), has_rows=True)
def wishes(request: Request, asked: Annotated[Listed, Query()]) -> Response:
    """Pages that are worth a capture: what the index knows of them is not so any more."""
    return send_list(request, asked, Wish, bench_of(request).monitor.wishes())
