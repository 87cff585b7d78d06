"""Where a target's mass comes from, and what it would be with other links: flow, origins, what-if, fragility.

Every answer names its run. The masses and what follows from them are of the run; the links shown behind a source are
those of the served snapshot.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Unpack

import numpy as np
from numpy.typing import NDArray

from inlink.errors import BadInput, NotFound
from inlink.graph.laid import LaidNames
from inlink.graph.names import Names
from inlink.graph.run_names import LATEST
from inlink.graph.runs import Run
from inlink.index.flags import read_flags
from inlink.store.workspace import Workspace
from inlink.workbench.explaining_kept import Kept
from inlink.workbench.explaining_links import LinksOf, with_links
from inlink.workbench.explanations import (
    About,
    Candidate,
    Change,
    ExplainOptions,
    Explanation,
    FragilityAnswer,
    Rested,
    Source,
    Standing,
    WhatIfAnswer,
    WhatIfOptions,
)
from inlink.workbench.ranking import (
    GRAPH_OF_SCOPE,
    SCOPE_OF_GRAPH,
    about_snapshot,
    asked_for,
    held_run,
    not_there,
    rules_of,
)
from inlink.workbench.results import Target

if TYPE_CHECKING:
    from inlink.graph.explain import Explained
    from inlink.graph.explain_walk import Walk
    from inlink.graph.flow import Flow
    from inlink.graph.greedy import Best
    from inlink.graph.origins import Origins
    from inlink.graph.what_if import Known, WhatIf
    from inlink.graph.what_if_masses import MassAfter
    from inlink.graph.what_if_wishes import Judged

SHOWN = 20
QUICK_EDGES = 200_000_000
ALL_EDGES = 1 << 60
HELD_STILL = "positions and authority after a change are read with the masses of all others held still"
LINK_COLUMN = {"pages": "source_key", "hosts": "source_host", "domains": "source_domain"}


def explain(
    workspace: Workspace,
    text: str,
    scope: str | None = None,
    run: str = LATEST,
    *,
    links_of: LinksOf | None = None,
    kept: Kept | None = None,
    **given: Unpack[ExplainOptions],
) -> Explanation:
    """The flow into a target; with `origins`, where its mass began; with `exact`, all of it to its beginning.

    kept: from earlier questions. Raises: NotFound where the target is no node of the run's graph; BadInput for a path.
    """
    kept = kept or Kept()
    limit, exact = given.get("limit", SHOWN), given.get("exact", False)
    with kept.turn:
        what = "where mass began" if exact or given.get("origins", False) else None
        explained, node, about = _opened(workspace, text, scope, run, kept, what)
        if what:
            return _origins(explained, node, about, None if exact else kept, limit)
    return _flow(explained, node, about, limit, links_of if workspace.current() else None)


def _flow(explained: Explained, node: int, about: About, limit: int | None, links_of: LinksOf | None) -> Explanation:
    from inlink.graph.flow import flow

    found = flow(explained.walk, node)
    shown = len(found.sources) if limit is None else min(limit, len(found.sources))
    sources, rows = found.sources[:shown].tolist(), []
    for at, source in enumerate(sources):
        counts = explained.counts(source, node)
        row = _source(explained, found, at)
        rows.append(replace(row, n_pages=counts.pages, n_follow_pages=counts.follow_pages))
    kind, names = explained.run.kind, explained.run.names
    keys = [names.key(source) if kind == "pages" else names.name(source) for source in sources]
    more = "" if explained.policy.follow == "weight" else " and follow = true"
    linked = with_links(rows, keys, LINK_COLUMN[kind], links_of, more=more)
    return Explanation(
        about, "flow", linked, len(found.sources), len(found.sources) - shown, float(sum(found.carried[shown:])),
        found.restart, found.returned, None, found.open, True,
    )  # fmt: skip


def _source(explained: Explained, terms: Flow, at: int) -> Source:
    """One direct source of a flow."""
    return Source(
        explained.run.names.name(int(terms.sources[at])),
        float(terms.carried[at]),
        share_of(float(terms.carried[at]), terms.mass),
        float(terms.source_mass[at]),
        float(terms.share_of_source[at]),
    )


def _origins(explained: Explained, node: int, about: About, kept: Kept | None, limit: int | None) -> Explanation:
    """All but a little of the mass, from a column that is kept; without a place for it all of it."""
    from inlink.graph.origins import exact_origins, origins_of

    found: Origins
    if kept is None:
        found = exact_origins(explained.walk, node)
    else:
        found = origins_of(explained.walk, kept.column(explained, node))
    shown = found.strongest(limit)
    names = explained.run.names.names_of(found.sources[shown].tolist())
    begun = found.begun[shown].tolist()
    rows = tuple(Source(*row, share_of(row[1], found.mass)) for row in zip(names, begun, strict=True))
    others = np.delete(found.begun, shown)
    return Explanation(
        about, "origins", rows, len(found.sources), len(others), float(np.sum(others)),
        None, None, found.unresolved, found.open, found.is_exact,
    )  # fmt: skip


def what_if(
    workspace: Workspace,
    text: str,
    scope: str | None = None,
    run: str = LATEST,
    *,
    kept: Kept | None = None,
    **given: Unpack[WhatIfOptions],
) -> WhatIfAnswer:
    """The target's mass if links to it were added and lost; `best` also ranks all sources that could link.

    nofollow: the added links are nofollow. kept: from earlier questions. Raises: as `explain`; BadInput where nothing
    is asked, or where an option has nothing to act on.
    """
    _check_asked(given)
    kept = kept or Kept()
    with kept.turn:
        explained, node, about = _opened(workspace, text, scope, run, kept, "what-if")
        exact = given.get("exact", False)
        known = None if exact else kept.known(explained, node)
        found = _computed(workspace, explained, node, known, given)
        is_ranked = given.get("best", 0) > 0 and not given.get("infrastructure", False)
        allowed = editorial(explained.run.names, workspace) if is_ranked else None
        n_best = given.get("best", 0)
        ranked, together_best = (
            _best(explained, node, n_best, allowed, known, _work(exact=exact)) if n_best else (None, None)
        )
    together, walk = found.together, explained.walk
    changes = tuple(
        Change(
            one.wish.name, "add" if one.wish.is_added else "lose", one.wish.is_follow, one.case, one.why,
            _standing(explained.run, node, alone.after, _votes(walk, node, [one])), alone.after - alone.before,
        )
        for one, alone in zip(found.judged, found.alone, strict=True)
    )  # fmt: skip
    return WhatIfAnswer(
        about,
        _standing(explained.run, node, together.after, _votes(walk, node, found.judged)),
        together.after - together.before,
        together.error,
        _is_exact(together),
        changes,
        _candidates(explained, node, ranked),
        _candidates(explained, node, together_best),
        ranked.n_ranked if ranked else None,
        (
            *_precision(together),
            *_best_notes(explained, ranked, allowed, asks_nofollow=given.get("nofollow", False)),
            *_open_notes(ranked, together_best, exact=exact),
            HELD_STILL,
        ),
    )


def _check_asked(given: WhatIfOptions) -> None:
    """Raises: BadInput where no link is named, or an option is said of what is not asked."""
    adds, ranks = bool(given.get("add")), bool(given.get("best"))
    if not (adds or given.get("lose") or ranks):
        raise BadInput("what-if needs a link to think of", hint="name sources with --add or --lose, or use --best 10")
    if given.get("infrastructure") and not ranks:
        raise BadInput(
            "infrastructure is about which sources are ranked, and none are",
            hint="say how many with --best 10, or leave --infrastructure out",
        )
    if given.get("nofollow") and not (adds or ranks):
        raise BadInput(
            "nofollow is about links that are added, and none are",
            hint="name their sources with --add, or leave --nofollow out",
        )


def _computed(
    workspace: Workspace, explained: Explained, node: int, known: Known | None, given: WhatIfOptions
) -> WhatIf:
    from inlink.graph.what_if import what_if as computed
    from inlink.graph.what_if_wishes import Wish

    nofollow = given.get("nofollow", False)
    named = [(name, True) for name in given.get("add", ())] + [(name, False) for name in given.get("lose", ())]
    wishes = [
        Wish(name, _node(workspace, explained.run, name), is_added=is_added, is_follow=not nofollow or not is_added)
        for name, is_added in named
    ]
    return computed(
        explained.walk, node, wishes, policy=explained.policy, counts_of=explained.counts,
        by_pages=explained.by_pages, known=known, work=_work(exact=given.get("exact", False)),
    )  # fmt: skip


def fragility(
    workspace: Workspace,
    text: str,
    scope: str | None = None,
    run: str = LATEST,
    *,
    exact: bool = False,
    kept: Kept | None = None,
) -> FragilityAnswer:
    """The target without its strongest 1, 3 and 10 sources. Raises: as `explain`."""
    from inlink.graph.flow import flow
    from inlink.graph.fragility import fragility as computed

    kept = kept or Kept()
    with kept.turn:
        explained, node, about = _opened(workspace, text, scope, run, kept, "fragility")
        known = None if exact else kept.known(explained, node)
        found = computed(
            explained.walk, node, policy=explained.policy, counts_of=explained.counts, known=known,
            work=_work(exact=exact),
        )  # fmt: skip
    terms = flow(explained.walk, node)
    strongest = tuple(_source(explained, terms, at) for at in range(len(found.sources)))
    rows = tuple(
        Rested(
            rest.n_lost, _standing(explained.run, node, rest.after.after, found.n_sources - rest.n_lost), rest.share,
            rest.after.error,
        )
        for rest in found.rests
    )  # fmt: skip
    return FragilityAnswer(about, found.n_sources, strongest, rows, (HELD_STILL,))


def _opened(
    workspace: Workspace, text: str, scope: str | None, run: str, kept: Kept, what: str | None
) -> tuple[Explained, int, About]:
    """The run with its graph, the target's node, and what the answer is about.

    what: is asked that needs both directions of the graph; None: the flow. Raises: Refused where the run lacks them.
    """
    from inlink.graph.laid_explain import check_whole

    asked, key = asked_for(workspace, text, scope)
    kind = GRAPH_OF_SCOPE[asked.kind]
    opened = held_run(workspace, run, kind)
    name = {"url": asked.url, "host": asked.host, "domain": asked.domain}[asked.kind] or text
    node = opened.names.node_of_key(key, None if asked.kind == "url" else name)
    if node is None:
        raise NotFound(not_there(name, kind), hint="see inlink authority, or choose another --scope")
    target = Target(name, asked.kind, is_guessed=scope is None)
    notes = [asked.reason] if scope is None and asked.reason else []
    notes += about_snapshot(workspace, opened)
    stands = opened.standing(node)
    notes += [stands.why_not] if stands.why_not else []
    about = About(
        target, opened.id, kind, opened.snapshot, opened.n, dict(opened.facts.inputs),
        Standing(stands.mass, stands.position, stands.authority), tuple(notes),
    )  # fmt: skip
    if what is not None:
        check_whole(opened, what)
    return kept.explained(workspace, opened, whole=what is not None), node, about


def _node(workspace: Workspace, run: Run, name: str) -> int | None:
    """The node of a source; None where the graph has none."""
    asked, key = asked_for(workspace, name, SCOPE_OF_GRAPH[run.kind])
    own = {"url": None, "host": asked.host, "domain": asked.domain}[asked.kind]
    return run.names.node_of_key(key, own)


def _votes(walk: Walk, node: int, judged: Sequence[Judged]) -> int:
    """How many vote for a node once edits are made."""
    from inlink.graph.what_if_rows import votes_after

    return votes_after(walk, [one.edit for one in judged if one.edit], node)


def _standing(run: Run, node: int, mass: float, n_votes: int) -> Standing:
    """Where a node would stand with so many votes, all others held still."""
    found = run.standing_if(node, mass, has_votes=n_votes > 0)
    return Standing(found.mass, found.position, found.authority)


def editorial(names: Names | LaidNames, workspace: Workspace) -> NDArray[np.bool_]:
    """Which nodes are not of infrastructure or hosting domains; places of others below a platform stay. Shape: (n,)."""
    kept = np.ones(len(names), np.bool_)
    rules = rules_of(workspace.settings.suffixes)
    for name, flags in read_flags().items():
        if "infrastructure" in flags or ("hosting" in flags and not rules.is_suffix(name)):
            kept[names.below(name)] = False
        elif "hosting" in flags and names.kind != "pages":
            node = names.node(name)
            kept[[] if node is None else [node]] = False
    return kept


def _best(
    explained: Explained, node: int, n: int, allowed: NDArray[np.bool_] | None, known: Known | None, work: int
) -> tuple[Best, Best]:
    from inlink.graph.greedy import best_of
    from inlink.graph.what_if_wishes import Counts, weight_of

    weight = weight_of(Counts(1, 1, 1, 1), explained.policy)
    return best_of(explained.walk, node, n, n, weight=weight, allowed=allowed, known=known, work=work)


def _candidates(explained: Explained, node: int, found: Best | None) -> tuple[Candidate, ...]:
    if found is None:
        return ()
    made, before = [], found.before
    for gain in found.gains:
        stands = _standing(explained.run, node, gain.after.after, 1)  # the candidate's at least
        made.append(
            Candidate(explained.run.names.name(gain.source), gain.after.after - before, gain.after.error, stands)
        )
    return tuple(made)


def _work(*, exact: bool) -> int:
    return ALL_EDGES if exact else QUICK_EDGES


def _is_exact(found: MassAfter) -> bool:
    return found.error <= 1e-9 * max(found.after, found.before)


def _precision(found: MassAfter) -> list[str]:
    if _is_exact(found):
        return []
    share = found.error / found.after if found.after else 1.0
    return [f"the mass after is within {share:.1g} of itself; --exact takes it to the end"]


def _best_notes(
    explained: Explained, found: Best | None, allowed: NDArray[np.bool_] | None, *, asks_nofollow: bool
) -> list[str]:
    if found is None:
        return []
    n_left_out = 0 if allowed is None else int(np.count_nonzero(~allowed))
    notes = [f"{found.n_ranked:,} sources without a link were ranked; {found.n_exact:,} of them computed"]
    n_silent = sum(float(explained.walk.out_weight[gain.source]) == 0 for gain in found.gains)
    if n_silent:
        notes.append(
            f"{n_silent} of the best have no out-links in this graph, perhaps since their pages were not captured: "
            "a first link gets all of their vote, more than it would get beside others"
        )
    if asks_nofollow:
        nothing = ": a nofollow link brings nothing in this run" if explained.policy.follow == "drop" else ""
        notes.insert(0, f"the best are ranked by what a follow link of each would bring{nothing}")
    if n_left_out:
        notes.append(f"{n_left_out:,} of infrastructure and hosting were left out: --infrastructure keeps them")
    return notes


def _open_notes(alone: Best | None, together: Best | None, *, exact: bool) -> list[str]:
    """Says so where others might belong among the best."""
    more = "" if exact else ": --exact decides it"
    notes = [f"others might come before the last of them{more}"] if alone and not alone.is_proven else []
    if together and not together.is_proven:
        notes.append(f"of those that are best together, others might do as well as some{more}")
    return notes


def share_of(part: float, whole: float) -> float:
    """A part of a whole, 0 of nothing."""
    return part / whole if whole else 0.0
