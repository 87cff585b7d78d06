"""Verbs that say where mass comes from and what would change it: explain, what-if, fragility."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence

from inlink.cli.actions.ranking import policy_words
from inlink.cli.declare import Call
from inlink.cli.output import Output
from inlink.cli.tables import draw, footer, heading
from inlink.cli.text import clean
from inlink.errors import BadInput
from inlink.workbench import Workbench
from inlink.workbench.explanations import LATEST, About, Candidate, Explanation, FragilityAnswer, Standing, WhatIfAnswer
from inlink.workbench.json_values import to_json

FLOW = ("source", "%_of_mass", "carried", "n_pages", "%_of_its_vote", "n_links", "best_link", "best_anchor")
BEGUN = ("source", "%_of_mass", "begun")
CARRIED = ("source", "%_of_mass", "carried")

Line = tuple[str, str, str]


def explain(
    call: Call,
    *,
    target: str,
    origins: bool,
    exact: bool,
    scope: str | None,
    run: str,
    release: str | None,
    kind: str | None,
    limit: int | None,
    output: str | None,
) -> None:
    """Where a target's mass comes from, in a run or in a release."""
    place = Output(quiet=call.quiet)
    with Workbench.open(call.folder) as bench:
        if release is None and kind is None:
            found = bench.explain(target, scope=scope, run=run, origins=origins, exact=exact, limit=limit)
        else:
            _check_release(is_asked=origins or exact, what="--origins and --exact", run=run, scope=scope)
            found = bench.explain_in_release(target, release, kind=kind, limit=limit)
    if output == "json":
        place.line(to_json(as_object(found), indent=2))
        return
    _head(place, found.about)
    rows = [_source_row(found, at) for at in range(len(found.rows))]
    if rows:
        place.line()
        draw(place, _known(FLOW if found.kind == "flow" else BEGUN, rows), rows)
    place.line()
    for line in _terms(found):
        place.line(clean(_line(line)))
    _foot(place, found.about, found.notes)


def _check_release(*, is_asked: bool, what: str, run: str, scope: str | None) -> None:
    """Raises: BadInput for what a release is not asked: it would read most of its lists, or counts no nofollow."""
    if scope is not None:
        raise BadInput("--scope is for runs: a release is of domains or of hosts", hint="use --kind domain or host")
    if is_asked:
        raise BadInput(
            f"{what} are for runs, not for a release: they read most of its lists, and it knows no nofollow",
            hint="lay your links over the release and ask that run: inlink rank --release …",
        )
    if run != LATEST:
        raise BadInput("--run and --release name two different graphs", hint="leave one of them out")


def what_if(
    call: Call,
    *,
    target: str,
    add: Sequence[str],
    lose: Sequence[str],
    nofollow: bool,
    best: int | None,
    exact: bool,
    infrastructure: bool,
    scope: str | None,
    run: str,
    release: str | None,
    kind: str | None,
    output: str | None,
) -> None:
    """A target's mass with other links."""
    place = Output(quiet=call.quiet)
    with Workbench.open(call.folder) as bench:
        if release is None and kind is None:
            found = bench.what_if(
                target,
                scope=scope,
                run=run,
                add=add,
                lose=lose,
                nofollow=nofollow,
                best=best or 0,
                exact=exact,
                infrastructure=infrastructure,
            )
        else:
            asks = bool(best) or exact or nofollow or infrastructure
            what = "--best, --exact, --nofollow and --infrastructure"
            _check_release(is_asked=asks, what=what, run=run, scope=scope)
            found = bench.what_if_in_release(target, release, kind=kind, add=add, lose=lose)
    if output == "json":
        place.line(to_json(as_object(found), indent=2))
        return
    _head(place, found.about)
    if found.changes:
        place.line(clean(_line(("Together", _mass(found.after.mass), _stands(found.after, found.about)))))
        gain = f"{found.gain:+.6g}" if found.gain else "none"
        place.line(clean(_line(("Change", gain, _times(found.gain, found.about) if found.gain else ""))))
        place.line()
        for change in found.changes:
            word = f"{change.action} {change.source}{'' if change.follow else ' (nofollow)'}"
            alone = f"{change.gain:+.6g} alone. " if change.gain else ""
            place.line(clean(f"{word}: {alone}{change.why}"))
    _candidates(place, "Best sources, each alone", found.best, found.about)
    _candidates(place, "Best together: each with those before it", found.best_set, found.about)
    _foot(place, found.about, found.notes)


def fragility(
    call: Call,
    *,
    target: str,
    exact: bool,
    scope: str | None,
    run: str,
    release: str | None,
    kind: str | None,
    output: str | None,
) -> None:
    """What rests on the strongest sources."""
    place = Output(quiet=call.quiet)
    with Workbench.open(call.folder) as bench:
        if release is None and kind is None:
            found = bench.fragility(target, scope=scope, run=run, exact=exact)
        else:
            _check_release(is_asked=exact, what="exact numbers", run=run, scope=scope)
            found = bench.fragility_in_release(target, release, kind=kind)
    if output == "json":
        place.line(to_json(as_object(found), indent=2))
        return
    _head(place, found.about)
    for row in found.rows:
        label = "Without the strongest" if row.n_lost == 1 else f"Without the {row.n_lost} strongest"
        lost = f"{row.share_lost:.1%} of the mass is gone; {_stands(row.after, found.about)}"
        place.line(clean(f"{label:<26}{_mass(row.after.mass):>12}  {lost}"))
    if not found.rows:
        place.line("Nobody votes for it: all of its mass comes by restarts.")
    place.line()
    rows = [{"source": each.name, "%_of_mass": 100 * each.share, "carried": each.carried} for each in found.strongest]
    if rows:
        draw(place, CARRIED, rows)
    _foot(place, found.about, (f"{found.n_sources:,} sources in all", *found.notes))


def as_object(found: Explanation | WhatIfAnswer | FragilityAnswer) -> dict[str, object]:
    """An answer as a JSON object: what it is about, then its own fields."""
    about = {f.name: getattr(found.about, f.name) for f in dataclasses.fields(found.about) if f.name != "target"}
    target = found.about.target
    rest = {f.name: getattr(found, f.name) for f in dataclasses.fields(found) if f.name not in ("about", "notes")}
    return {
        "target": target.text,
        "scope": target.scope,
        "scope_is_guessed": target.is_guessed,
        **{name: _plain(value) for name, value in about.items()},
        **{name: _plain(value) for name, value in rest.items()},
        "notes": [*found.about.notes, *found.notes],
    }


def _plain(value: object) -> object:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        fields = {f.name: _plain(getattr(value, f.name)) for f in dataclasses.fields(value)}
        return {name: str(x) if name.endswith("_id") and isinstance(x, int) else x for name, x in fields.items()}
    return [_plain(each) for each in value] if isinstance(value, tuple | list) else value


def _source_row(found: Explanation, at: int) -> dict[str, object]:
    row = found.rows[at]
    fields = {f.name: getattr(row, f.name) for f in dataclasses.fields(row)}
    shares = {"%_of_mass": 100 * row.share}
    if row.share_of_source is not None:
        shares["%_of_its_vote"] = 100 * row.share_of_source
    return {**fields, **shares, "source": row.name, "begun": row.carried}


def _known(names: Sequence[str], rows: Sequence[dict[str, object]]) -> tuple[str, ...]:
    """The columns without those that no row has a value for."""
    return tuple(name for name in names if any(row.get(name) is not None for row in rows))


def _terms(found: Explanation) -> Iterator[Line]:
    mass = found.about.now.mass
    sources = "sources" if found.kind == "flow" else "places where mass began"
    if found.n_others:
        yield "Others", _mass(found.others), f"{_share(found.others, mass)} from {found.n_others:,} more {sources}"
    if found.restart is not None and found.returned is not None:
        yield "Restarts", _mass(found.restart), f"{_share(found.restart, mass)}: readers who start here by chance"
        yield "Returned", _mass(found.returned), f"{_share(found.returned, mass)}: from nodes that vote for nobody"
    if found.unresolved is not None:
        yield "Unresolved", _mass(found.unresolved), f"{_share(found.unresolved, mass)}: not followed to its beginning"
    if abs(found.open) > 1e-9 * mass:
        why = "by rounding to 24 bits" if "counts" in found.about.inputs else "by the run's stopping rule"
        yield "Left open", f"{found.open:.6g}", why
    yield "Mass", _mass(mass), "the sum"


def _candidates(place: Output, title: str, found: Sequence[Candidate], about: About) -> None:
    if not found:
        return
    place.line()
    heading(place, title)
    rows: list[dict[str, object]] = [
        {
            "source": each.source,
            "gain": each.gain,
            "%_gain": 100 * each.gain / about.now.mass if about.now.mass else None,
            "mass_after": each.after.mass,
            "position_after": each.after.position,
            "authority_after": each.after.authority,
        }
        for each in found
    ]
    draw(place, _known(tuple(rows[0]), rows), rows)


def _head(place: Output, about: About) -> None:
    heading(place, f"{about.target.text} ({about.target.scope})")
    place.line()
    times = about.now.mass * about.n
    stands = f"{_stands(about.now, about)}, {times:,.3g} times the average"
    place.line(clean(_line(("Mass now", _mass(about.now.mass), stands))))


def _foot(place: Output, about: About, notes: Sequence[str]) -> None:
    place.line()
    said = f"run {about.run} · snapshot {about.snapshot} · {policy_words(about.inputs)}"
    if "counts" in about.inputs:  # a release, which has no policy
        said = f"release {about.run} · counts {about.inputs['counts']} · damping {about.inputs['damping']}"
    footer(place, [said, *about.notes, *notes])


def _line(line: Line) -> str:
    label, value, more = line
    return f"{label:<12}{value:>14}  {more}".rstrip()


def _stands(standing: Standing, about: About) -> str:
    scale = "" if standing.authority is None else f", authority {standing.authority:.1f}"
    return f"position {standing.position:,} of {about.n:,} {about.graph}{scale}"


def _times(gain: float, about: About) -> str:
    return f"{gain / about.now.mass:+.2%} of its mass" if about.now.mass else ""


def _mass(mass: float) -> str:
    return f"{mass:.6g}"


def _share(part: float, whole: float) -> str:
    return f"{part / whole:.1%}" if whole else "0.0%"
