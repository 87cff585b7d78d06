"""Where a domain's mass comes from in a converted release: its flow, with the links that the served snapshot knows."""

from __future__ import annotations

from inlink.errors import NotFound, Refused
from inlink.graph.blocks import Card
from inlink.graph.release_flow import MOST_READ, ReleaseFlow, release_flow
from inlink.workbench.explaining import SHOWN, LinksOf, share_of, with_links
from inlink.workbench.explanations import About, Explanation, Source, Standing
from inlink.workbench.results import Target
from inlink.workbench.who import OpenRelease

DIGITS = "a release keeps masses to 24 bits: each number is right to seven digits"


def explain_in(
    opened: OpenRelease, text: str, *, limit: int | None = SHOWN, links_of: LinksOf | None = None, most: int = MOST_READ
) -> Explanation:
    """The flow into a domain (or host) of a release.

    Raises: NotFound where the release does not have it; Refused for a release on a server, whose thousands of blocks
    would be asked for one by one.
    """
    release = opened.release
    if not release.blocks.source.is_local:
        raise Refused(
            "a release on a server is not explained: that would ask it for a block a source",
            hint="import it: inlink cc import; or see its sources: inlink who",
        )
    found = opened.locate(text)
    if found.card is None:
        raise NotFound(found.notes[0], hint="ask a release of hosts: --kind host")
    terms = release_flow(release, found.card, most=most)
    shown = len(terms.sources) if limit is None else min(limit, len(terms.sources))
    nodes = terms.sources[:shown]
    column = "source_host" if opened.is_of_hosts else "source_domain"
    rows = []
    for at, name in enumerate(release.names(nodes)):
        carried = float(terms.carried[at])
        row = Source(
            name,
            carried,
            share_of(carried, terms.mass),
            float(terms.source_mass[at]),
            float(terms.share_of_source[at]),
        )
        rows.append(with_links(row, f"{column} = '{name}'", links_of))
    return Explanation(
        _about(opened, found.card, found.notes, terms), "flow", tuple(rows), terms.n_sources, terms.n_sources - shown,
        float(sum(terms.carried[shown:])) + terms.others, terms.restart, terms.returned, None, terms.open, True,
        tuple(_notes(terms)),
    )  # fmt: skip


def _about(opened: OpenRelease, card: Card, notes: tuple[str, ...], terms: ReleaseFlow) -> About:
    manifest, kind = opened.release.manifest, "hosts" if opened.is_of_hosts else "domains"
    inputs: dict[str, object] = {
        "release": manifest.name, "digest": manifest.digest, "counts": "every reference once", "damping": terms.damping
    }  # fmt: skip
    standing = Standing(terms.mass, card.position, card.authority)
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
