"""Explanations in a converted release on this machine: flow, what-if and fragility of its own masses."""

from __future__ import annotations

from collections.abc import Sequence

from inlink.errors import BadInput, NotFound, Refused
from inlink.graph.authority import authority_at
from inlink.graph.blocks import Card, Release
from inlink.graph.fragility import SETS
from inlink.graph.release_flow import MOST_READ, ReleaseFlow, damping_of, position_of, release_flow
from inlink.graph.release_what_if import release_what_if, release_without
from inlink.graph.what_if_masses import MassAfter
from inlink.graph.what_if_wishes import Judged, Wish
from inlink.store.workspace import Workspace
from inlink.workbench.explaining import HELD_STILL, SHOWN, share_of
from inlink.workbench.explaining_links import LinksOf, with_links
from inlink.workbench.explanations import (
    About,
    Change,
    Explanation,
    FragilityAnswer,
    Rested,
    Source,
    Standing,
    WhatIfAnswer,
)
from inlink.workbench.results import Target
from inlink.workbench.who import Asked, OpenRelease, is_address, open_here

DIGITS = "a release keeps masses to 24 bits: each number is right to seven digits"
VOTES = {"new": 1, "first": 1, "new node": 1, "lost": -1, "last": -1}  # by case: what an edit makes of the in-list


def open_explained(workspace: Workspace, spec: str | None, kind: str | None) -> OpenRelease:
    """A release on this machine, by its name in the workspace (None: the newest) or its folder.

    Raises: Refused for an address, before anything is asked of it; NotFound, CorruptIndex.
    """
    if is_address(spec):
        raise _on_a_server()
    return open_here(workspace, spec, Asked(), kind, addresses=False)


def _on_a_server() -> Refused:
    return Refused(
        "a release on a server is not explained: that would ask it for a block a source",
        hint="import it: inlink cc import; or see its sources: inlink who",
    )


def explain_in(
    opened: OpenRelease, text: str, *, limit: int | None = SHOWN, links_of: LinksOf | None = None, most: int = MOST_READ
) -> Explanation:
    """The flow into a domain (or host) of a release.

    Raises: NotFound where the release does not have it; Refused for a release on a server, whose thousands of blocks
    would be asked for one by one.
    """
    release = opened.release
    card, said = _located(opened, text)
    terms = release_flow(release, card, most=most)
    shown = len(terms.sources) if limit is None else min(limit, len(terms.sources))
    nodes = terms.sources[:shown]
    column = "source_host" if opened.is_of_hosts else "source_domain"
    names = release.names(nodes)
    rows = [
        Source(name, carried, share_of(carried, terms.mass), mass, share)
        for name, carried, mass, share in zip(
            names,
            terms.carried[:shown].tolist(),
            terms.source_mass[:shown].tolist(),
            terms.share_of_source[:shown].tolist(),
            strict=True,
        )
    ]
    linked = with_links(rows, names, column, links_of)
    return Explanation(
        _about(opened, card, said, terms.mass), "flow", linked, terms.n_sources, terms.n_sources - shown,
        float(sum(terms.carried[shown:])) + terms.others, terms.restart, terms.returned, None, terms.open, True,
        tuple(_notes(terms)),
    )  # fmt: skip


def what_if_in(opened: OpenRelease, text: str, *, add: Sequence[str] = (), lose: Sequence[str] = ()) -> WhatIfAnswer:
    """A domain's mass if domains would reference it, or no longer did; `error` bounds it.

    Raises: as `explain_in`; BadInput where nothing is asked.
    """
    if not (add or lose):
        raise BadInput("what-if needs a link to think of", hint="name sources with --add or --lose")
    release = opened.release
    card, said = _located(opened, text)
    named = [(name, True) for name in add] + [(name, False) for name in lose]
    wishes = [Wish(name, _node(opened, name), is_added=is_added) for name, is_added in named]
    found = release_what_if(release, card.node, wishes)
    changes = tuple(
        Change(
            one.wish.name, "add" if one.wish.is_added else "lose", True, one.case, one.why,
            _after(release, card, alone, [one]), alone.after - alone.before,
        )
        for one, alone in zip(found.judged, found.alone, strict=True)
    )  # fmt: skip
    together = found.together
    gain = together.after - together.before
    return WhatIfAnswer(
        _about(opened, card, said, together.before),
        _after(release, card, together, found.judged),
        gain,
        together.error,
        together.error == 0,
        changes,
        notes=(*_precision(gain, together.error), DIGITS, HELD_STILL),
    )


def fragility_in(opened: OpenRelease, text: str, *, most: int = MOST_READ) -> FragilityAnswer:
    """A domain without its strongest 1, 3 and 10 sources. Raises: as `explain_in`."""
    release = opened.release
    card, said = _located(opened, text)
    terms = release_flow(release, card, most=most)
    strongest = terms.sources[: max(SETS)]
    sizes = sorted({min(size, len(terms.sources)) for size in SETS} - {0})
    masses = release_without(release, card.node, [int(node) for node in strongest], sizes)
    sources = tuple(
        Source(name, float(c), share_of(float(c), terms.mass), float(m), float(s))
        for name, c, m, s in zip(
            release.names(strongest), terms.carried, terms.source_mass, terms.share_of_source, strict=False
        )
    )
    rows = tuple(
        Rested(
            size, _standing(release, card, one.after, card.n_in - size), share_of(terms.mass - one.after, terms.mass),
            one.error,
        )
        for size, one in zip(sizes, masses, strict=True)
    )  # fmt: skip
    widest = max((share_of(one.error, one.before) for one in masses), default=0.0)
    notes = [f"each share is right to {widest:.1%} of the mass, by pushes that stopped early"] if widest > 5e-4 else []
    if terms.most_of_others > terms.carried[: len(strongest)].min(initial=terms.mass):
        notes.append(
            f"of {terms.n_sources:,} sources the {len(terms.sources):,} of most mass were looked at: others may carry "
            "more than the last of these"
        )
    return FragilityAnswer(
        _about(opened, card, said, terms.mass), terms.n_sources, sources, rows, (*notes, DIGITS, HELD_STILL)
    )


def _located(opened: OpenRelease, text: str) -> tuple[Card, tuple[str, ...]]:
    """What a release knows of a text, and what is to be said of it. Raises: NotFound, Refused."""
    if not opened.release.blocks.source.is_local:
        raise _on_a_server()
    found = opened.locate(text)
    if found.card is None:
        raise NotFound(found.notes[0], hint="ask a release of hosts: --kind host")
    return found.card, found.notes


def _node(opened: OpenRelease, name: str) -> int | None:
    """The node of a source; None where the release does not have it."""
    try:
        found = opened.locate(name)
    except NotFound:
        return None
    if found.card is None:
        raise NotFound(found.notes[0], hint="name another source")
    return found.card.node


def _after(release: Release, card: Card, found: MassAfter, judged: Sequence[Judged]) -> Standing:
    """Where the domain would stand after edits."""
    more = 0 if found.after == found.before else sum(VOTES.get(one.case, 0) for one in judged)
    return _standing(release, card, found.after, card.n_in + more)


def _standing(release: Release, card: Card, mass: float, n_in: int) -> Standing:
    """Where the domain would stand with so many in-links, all others held still."""
    position = position_of(release, card.node, mass)
    return Standing(mass, position, authority_at(position, release.n, has_votes=n_in > 0))


def _precision(gain: float, error: float) -> list[str]:
    if not error:
        return []
    if error >= abs(gain):
        return [f"the change is not known better than to {error:.2g} of mass: pushes over the lists stopped early"]
    return [f"the change is within {error / abs(gain):.2g} of itself"]


def _about(opened: OpenRelease, card: Card, notes: tuple[str, ...], mass: float) -> About:
    manifest, kind = opened.release.manifest, "hosts" if opened.is_of_hosts else "domains"
    inputs: dict[str, object] = {
        "release": manifest.name, "digest": manifest.digest, "counts": "every reference once",
        "damping": damping_of(opened.release),
    }  # fmt: skip
    standing = Standing(mass, card.position, card.authority)
    target = Target(card.name, kind.removesuffix("s"))
    return About(target, f"{manifest.name}/{manifest.kind}", kind, manifest.name, manifest.n, inputs, standing, notes)


def _notes(terms: ReleaseFlow) -> list[str]:
    notes = [DIGITS]
    if terms.others:
        n_left = terms.n_sources - len(terms.sources)
        notes.append(
            f"{n_left:,} sources of less mass were not looked at one by one: none of them carries more than "
            f"{share_of(terms.most_of_others, terms.mass):.2g} of the mass"
        )
    return notes
