"""The link neighbourhood of a target: the strongest domains that link to it, those it links to, and links among them.

Positions are computed here, so that they are the same for everyone who looks: the target stands in the middle, its
neighbours find their places by springs along links and by pushing each other away.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from inlink.errors import InlinkError
from inlink.graph.run_names import LATEST
from inlink.graph.runs import Run
from inlink.index.serving_sql import Sql
from inlink.store.workspace import Workspace
from inlink.urls.surt import host_key
from inlink.workbench import lists
from inlink.workbench.options import View
from inlink.workbench.places import Found, Served
from inlink.workbench.ranking import held_run
from inlink.workbench.results import Target

MOST_NODES = 60
SHARE_IN = 0.7  # of the places, for domains that link to the target
N_STEPS = 220
KINDS = ("target", "links follow", "links not follow", "linked both ways", "linked from it")


@dataclass(frozen=True, slots=True)
class Node:
    """A domain. x, y: -1 to 1, the target at 0, 0. size: 0 to 1, by area; null weight: not known.

    n_in, n_out: live links to and from the target. flags: infrastructure, hosting, social … as the index has them.
    """

    domain: str
    kind: str
    x: float
    y: float
    size: float
    weight: float | None
    n_domains: int
    n_in: int
    n_out: int
    flags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Edge:
    """Live links from one domain to another; is_follow: at least one of them is follow, null where that is unknown."""

    source: str
    target: str
    n_links: int
    is_follow: bool | None


@dataclass(frozen=True, slots=True)
class Neighbourhood:
    """A target among its neighbours. sized_by: what `weight` is: mass in a run, or referring domains."""

    target: Target
    snapshot: str
    run: str | None
    sized_by: str
    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]
    n_in: int
    n_out: int


def neighbourhood(
    served: Served, found: Found, workspace: Workspace | None, *, limit: int = MOST_NODES
) -> Neighbourhood:
    """The neighbourhood of a target with at most `limit` domains, itself included; drawn once for a run."""
    limit = max(2, min(limit, MOST_NODES))
    run = _run(workspace)
    key = ("neighbourhood", str(found.target), limit, run.id if run else None)
    kept: Neighbourhood | None = served.remembered.get(key)
    if kept is None:
        kept = _drawn(served, found, run, limit)
        served.remember(key, kept)
    return kept


def _drawn(served: Served, found: Found, run: Run | None, limit: int) -> Neighbourhood:
    inward, n_in = _neighbours(served, found, "domains", "source_domain", limit)
    outward, n_out = _neighbours(served, found, "outdomains", "target_domain", limit)
    names = _chosen(found.domain, list(inward), list(outward), limit)
    facts = _facts(served, names)
    edges = _edges(served, names, found.domain, inward, outward, facts)
    weights = _masses(run, names) if run else {name: float(facts[name].n_domains) for name in names if name in facts}
    places = _places(names, edges)
    most = max((weight for weight in weights.values() if weight), default=0.0)
    unknown = Facts(-1, 0, ())
    nodes = tuple(
        Node(
            name,
            _kind(name, found.domain, inward, outward),
            *places[name],
            size=weights.get(name, 0.0) / most if most else 0.0,
            weight=weights.get(name),
            n_domains=facts.get(name, unknown).n_domains,
            n_in=inward[name]["n_links"] if name in inward else 0,
            n_out=outward[name]["n_links"] if name in outward else 0,
            flags=facts.get(name, unknown).flags,
        )
        for name in names
    )
    sized_by = "mass" if run else "referring domains"
    return Neighbourhood(
        found.target, served.serving.snapshot, run.id if run else None, sized_by, nodes, tuple(edges), n_in, n_out
    )


Sums = dict[str, dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Facts:
    """What the index has of a domain."""

    number: int
    n_domains: int
    flags: tuple[str, ...]


def _neighbours(served: Served, found: Found, question: str, name: str, limit: int) -> tuple[Sums, int]:
    """The first neighbours on one side with their sums, and how many there are."""
    columns = (name, "n_links", "n_follow_links", "n_unknown_follow_links")
    rows = lists.answer(served, question, found, View(columns=columns, limit=limit))
    return {str(row[name]): row for row in rows.to_dicts()}, rows.n_total or 0


def _chosen(centre: str, inward: Sequence[str], outward: Sequence[str], limit: int) -> list[str]:
    """The target and its neighbours in a fixed order: most places for those that link to it."""
    room = limit - 1
    n_in = min(len(inward), max(math.ceil(room * SHARE_IN), room - len(outward)))
    names = dict.fromkeys([centre, *inward[:n_in]])
    for name in outward:
        if len(names) > room:
            break
        names.setdefault(name)
    return list(names)


def _kind(name: str, centre: str, inward: Sums, outward: Sums) -> str:
    if name == centre:
        return KINDS[0]
    if name in inward and name in outward:
        return KINDS[3]
    if name not in inward:
        return KINDS[4]
    return KINDS[1] if inward[name]["n_follow_links"] else KINDS[2]


def _edges(
    served: Served, names: Sequence[str], centre: str, inward: Sums, outward: Sums, facts: Mapping[str, Facts]
) -> list[Edge]:
    """Links among the nodes: those of the target by its own sums, the others by the sums of domain pairs."""
    edges = [_edge(name, centre, inward[name]) for name in names if name in inward and name != centre]
    edges += [_edge(centre, name, outward[name]) for name in names if name in outward and name != centre]
    others = [facts[name].number for name in names if name != centre and name in facts]
    if len(others) > 1:
        marks = ", ".join("?" for _ in others)
        text = f"""
            SELECT source_domain, target_domain, n_links, n_follow_links, n_unknown_follow_links FROM pairs
            WHERE target_domain_id IN ({marks}) AND source_domain_id IN ({marks})
              AND n_links > 0 AND source_domain_id <> target_domain_id
            ORDER BY source_domain, target_domain
        """
        for source, target, n, n_follow, n_unknown in served.serving.rows(Sql(text, (*others, *others))):
            sums = {"n_links": n, "n_follow_links": n_follow, "n_unknown_follow_links": n_unknown}
            edges.append(_edge(source, target, sums))
    return edges


def _edge(source: str, target: str, sums: Mapping[str, Any]) -> Edge:
    is_follow = True if sums["n_follow_links"] else None if sums["n_unknown_follow_links"] else False
    return Edge(source, target, sums["n_links"], is_follow)


def _facts(served: Served, names: Sequence[str]) -> dict[str, Facts]:
    """What the index has of each name that it knows."""
    marks = ", ".join("?" for _ in names)
    text = f"SELECT domain, domain_id, in_domains, flags FROM domains WHERE domain IN ({marks})"
    rows = served.serving.rows(Sql(text, tuple(names)))
    return {domain: Facts(number, in_domains, tuple(flags or ())) for domain, number, in_domains, flags in rows}


def _run(workspace: Workspace | None) -> Run | None:
    """The latest run of domains, if there is one."""
    if workspace is None:
        return None
    try:
        return held_run(workspace, LATEST, "domains")
    except InlinkError:
        return None


def _masses(run: Run, names: Sequence[str]) -> dict[str, float]:
    """The mass of each domain that the run has."""
    nodes = {name: run.names.node_of_key(host_key(name), name) for name in names}
    return {name: float(run.mass[node]) for name, node in nodes.items() if node is not None}


def _places(names: Sequence[str], edges: Sequence[Edge]) -> dict[str, tuple[float, float]]:
    """A place for each name. Springs along links, pushing between all, the first name held in the middle.

    Source: Fruchterman and Reingold 1991, from a start on a sunflower's spiral instead of a random one.
    """
    n = len(names)
    turns = np.arange(n) * math.pi * (3 - math.sqrt(5))
    places = np.sqrt(np.arange(n) / max(n - 1, 1))[:, None] * np.column_stack([np.cos(turns), np.sin(turns)])
    number = {name: i for i, name in enumerate(names)}
    pairs = np.array([(number[e.source], number[e.target]) for e in edges], dtype=np.int64).reshape(-1, 2)
    pairs = np.unique(np.sort(pairs, axis=1), axis=0)
    n_links = np.maximum(np.bincount(pairs.ravel(), minlength=n), 1)
    weight = 1 / np.sqrt(n_links[pairs[:, 0]] * n_links[pairs[:, 1]])
    length = 1 / math.sqrt(max(n, 1))
    for step in range(N_STEPS):
        apart = places[:, None, :] - places[None, :, :]
        distance = np.maximum(np.sqrt((apart**2).sum(axis=2)), 1e-3)
        move = (apart * (length**2 / distance**2)[:, :, None]).sum(axis=1)
        along = places[pairs[:, 0]] - places[pairs[:, 1]]
        pull = along * (np.sqrt((along**2).sum(axis=1)) / length * weight)[:, None]
        np.subtract.at(move, pairs[:, 0], pull)
        np.add.at(move, pairs[:, 1], pull)
        size = np.maximum(np.sqrt((move**2).sum(axis=1)), 1e-9)
        places += move / size[:, None] * np.minimum(size, 0.12 * (1 - step / N_STEPS))[:, None]
        places -= places[0]
    places = _spread(places)
    return {
        name: (round(float(x), 3) + 0.0, round(float(y), 3) + 0.0) for name, (x, y) in zip(names, places, strict=True)
    }


def _spread(places: np.ndarray[Any, np.dtype[np.float64]]) -> np.ndarray[Any, np.dtype[np.float64]]:
    """The places drawn out to a disc: distances from the middle follow their order, half by rank and half as found."""
    far = np.sqrt((places**2).sum(axis=1))
    if len(places) < 2 or not far.max():
        return places
    rank = np.argsort(np.argsort(far, kind="stable"), kind="stable") / (len(places) - 1)
    wanted = 0.5 * far / far.max() + 0.5 * np.sqrt(rank)
    placed: np.ndarray[Any, np.dtype[np.float64]] = places / np.maximum(far, 1e-9)[:, None] * wanted[:, None]
    placed[0] = 0.0
    return placed
