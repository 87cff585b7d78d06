"""Checks: what was found of URLs when they were asked, and what all checks of one together say."""

from __future__ import annotations

from dataclasses import fields
from typing import Annotated

from fastapi import Query, Request
from fastapi.responses import Response
from pydantic import Field

from inlink.api.answering import bench_of
from inlink.api.lists import at_most, check_whole, page_of, send_dicts, send_list, served
from inlink.api.models import list_model
from inlink.api.objects import object_of
from inlink.api.operations import ask, noun
from inlink.api.parameters import Listed, Text, Url, one_of
from inlink.check.verdicts import STATES, VERDICTS, Verdict
from inlink.workbench.check_lists import CheckedUrl

router = noun("checks")


class ChecksAsked(Listed):
    """A URL that was checked."""

    url: Annotated[Url, Field(description="The URL, as it was checked.", min_length=1)]


class StatesAsked(Listed):
    """Which addresses."""

    state: Annotated[
        list[Text],
        Field(description="Only in this state; may be repeated.", max_length=10, default_factory=list,
              json_schema_extra={"items": one_of(tuple(STATES))}),
    ]  # fmt: skip
    verdict: Annotated[
        list[Text],
        Field(description="Only with this verdict; may be repeated.", max_length=20, default_factory=list,
              json_schema_extra={"items": one_of(tuple(VERDICTS))}),
    ]  # fmt: skip


@ask(router, "/check-states", list_model("CheckStates", CheckedUrl), has_rows=True)
def check_states(request: Request, asked: Annotated[StatesAsked, Query()]) -> Response:
    """Addresses that were checked, by how they stand: alive, changed, failing, dead or unknown.

    What changed last comes first; at most 100,000 come in one answer: follow `next`.
    """
    bench = bench_of(request)
    _, start = page_of((), asked.limit, asked.cursor), int(asked.cursor or 0)
    found = bench.checked_urls(asked.state, asked.verdict, limit=at_most(asked.limit), offset=start)
    check_whole(len(found), "too many addresses", "set a limit and follow `next`")
    counts, wanted = bench.check_counts(), set(asked.verdict)
    n_total = sum(
        n
        for (state, verdict), n in counts.verdicts.items()
        if state in (asked.state or STATES) and (not wanted or verdict in wanted)
    )
    end = start + len(found)
    columns, rows = [field.name for field in fields(CheckedUrl)], [object_of(one) for one in found]
    cursor = str(end) if found and end < n_total else None
    return send_dicts(request, asked.format, columns, rows, source=served(request), n_total=n_total, cursor=cursor)


@ask(router, "/checks", list_model("Checks", Verdict), has_rows=True)
def checks(request: Request, asked: Annotated[ChecksAsked, Query()]) -> Response:
    """All kept checks of a URL with their tries, in order of time; empty where it was never checked."""
    return send_list(request, asked, Verdict, bench_of(request).checks(asked.url))
