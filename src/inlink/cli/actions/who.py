"""Verbs that ask a release: who, intersect, gap, cc diff."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NotRequired, TypedDict, Unpack

from inlink.cli.declare import Call
from inlink.cli.output import Output
from inlink.cli.rendering import as_object, form, write_rows
from inlink.cli.tables import draw, footer, heading
from inlink.cli.text import clean
from inlink.cli.values import for_table
from inlink.workbench import comparing_releases as comparing
from inlink.workbench.json_values import to_json
from inlink.workbench.who import Asked, OpenRelease, ReleaseAnswer, open_from
from inlink.workbench.who import who as ask

_SKIPPED = frozenset({"domain", "n", "n_referring_left_out", "n_outgoing_left_out", "targets"})


class AskOptions(TypedDict):
    """How much of an answer, and of which kind of release."""

    kind: str | None
    limit: int | None
    offset: NotRequired[int]
    infrastructure: bool


def who(
    call: Call, *, domain: str, release: str | None, outgoing: bool, output: str | None, **asked: Unpack[AskOptions]
) -> None:
    """Say who references a domain."""
    _show(call, ask(_opened(call, release, **asked), domain, outgoing=outgoing), output)


def intersect(
    call: Call,
    *,
    domains: tuple[str, ...],
    release: str | None,
    at_least: int | None,
    mine: str | None,
    output: str | None,
    **asked: Unpack[AskOptions],
) -> None:
    """Say who references several domains, or others and not me."""
    opened = _opened(call, release, **asked)
    _show(call, comparing.intersect(opened, domains, at_least=at_least, but_not=mine), output)


def diff(
    call: Call, *, a: str, b: str, domain: str | None, top: int, output: str | None, **asked: Unpack[AskOptions]
) -> None:
    """Say what differs in two releases."""
    both = [_opened(call, each, **asked) for each in (a, b)]
    _show(call, comparing.diff(both[0], both[1], domain, n_top=top), output)


def _opened(call: Call, release: str | None, **asked: Unpack[AskOptions]) -> OpenRelease:
    """The release, with the settings of the workspace where there is one."""
    wanted = Asked(asked["limit"], asked.get("offset", 0), infrastructure=asked["infrastructure"])
    return open_from(call.folder, release, wanted, asked["kind"])


def _show(call: Call, answer: ReleaseAnswer, output: str | None) -> None:
    place = Output(quiet=call.quiet)
    chosen = form(output, place)
    rows = answer.rows
    dicts = rows.to_dicts()
    if chosen == "json":
        about = as_object(rows, dicts)
        about["release"] = about.pop("snapshot")
        place.line(to_json({**about, "facts": dict(answer.facts)}, indent=2))
    elif chosen == "table":
        if rows.target is not None:
            heading(place, rows.target.text)
            _facts(place, answer.facts)
        if dicts:
            draw(place, rows.columns, dicts)
        else:
            place.line("No rows.")
        place.line()
        footer(place, _said(answer))
    else:
        write_rows(place, rows.columns, dicts, chosen)
        for line in _said(answer):
            place.say(clean(line))


def _facts(place: Output, facts: Mapping[str, object]) -> None:
    """The numbers of the domain asked for, in one line or two."""
    shown = [f"{name.removeprefix('n_').replace('_', ' ')} {for_table(value)}" for name, value in facts.items()
             if name not in _SKIPPED]  # fmt: skip
    if "n" in facts:
        shown[0] = f"{shown[0]} of {for_table(facts['n'])}"
    for start in range(0, len(shown), 5):
        place.line(clean(" · ".join(shown[start : start + 5])))
    place.line()


def _said(answer: ReleaseAnswer) -> list[str]:
    rows = answer.rows
    count = f"{len(rows):,} rows" if rows.n_total is None else f"{len(rows):,} of {rows.n_total:,} rows"
    return [f"release {rows.snapshot} · {count}", *rows.notes]
