"""Verbs that ask a release: who, intersect, gap, cc diff."""

from __future__ import annotations

from collections.abc import Mapping

from inlink.cli.declare import Call
from inlink.cli.output import Output
from inlink.cli.rendering import as_object, form, write_rows
from inlink.cli.tables import draw, footer, heading
from inlink.cli.text import clean
from inlink.cli.values import for_table, to_json
from inlink.errors import NotConfigured
from inlink.workbench import Workbench
from inlink.workbench import comparing_releases as comparing
from inlink.workbench.who import Asked, OpenRelease, ReleaseAnswer, open_release
from inlink.workbench.who import who as ask

_SKIPPED = frozenset({"domain", "n", "n_referring_left_out", "n_outgoing_left_out", "targets"})


def who(
    call: Call,
    *,
    domain: str,
    release: str | None,
    kind: str | None,
    outgoing: bool,
    limit: int | None,
    offset: int,
    infrastructure: bool,
    output: str | None,
) -> None:
    """Say who references a domain."""
    opened = _opened(call, release, kind, limit=limit, offset=offset, infrastructure=infrastructure)
    _show(call, ask(opened, domain, outgoing=outgoing), output)


def intersect(
    call: Call,
    *,
    domains: tuple[str, ...],
    release: str | None,
    kind: str | None,
    at_least: int | None,
    mine: str | None,
    limit: int | None,
    offset: int,
    infrastructure: bool,
    output: str | None,
) -> None:
    """Say who references several domains."""
    opened = _opened(call, release, kind, limit=limit, offset=offset, infrastructure=infrastructure)
    _show(call, comparing.intersect(opened, domains, at_least=at_least, but_not=mine), output)


def gap(
    call: Call,
    *,
    mine: str,
    domains: tuple[str, ...],
    release: str | None,
    kind: str | None,
    at_least: int,
    limit: int | None,
    offset: int,
    infrastructure: bool,
    output: str | None,
) -> None:
    """Say who references others and not me."""
    opened = _opened(call, release, kind, limit=limit, offset=offset, infrastructure=infrastructure)
    _show(call, comparing.intersect(opened, domains, at_least=at_least, but_not=mine), output)


def diff(
    call: Call,
    *,
    a: str,
    b: str,
    domain: str | None,
    kind: str | None,
    top: int,
    limit: int | None,
    infrastructure: bool,
    output: str | None,
) -> None:
    """Say what differs in two releases."""
    both = [_opened(call, each, kind, limit=limit, infrastructure=infrastructure) for each in (a, b)]
    _show(call, comparing.diff(both[0], both[1], domain, n_top=top), output)


def _opened(
    call: Call, release: str | None, kind: str | None, *, limit: int | None, offset: int = 0, infrastructure: bool
) -> OpenRelease:
    """The release, with the settings of the workspace where there is one."""
    asked = Asked(limit, offset, infrastructure=infrastructure)
    try:
        with Workbench.open(call.folder) as bench:
            return bench.open_release(release, asked, kind=kind)
    except NotConfigured:  # an address or a folder needs no workspace
        return open_release(release, asked, kind=kind)


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
