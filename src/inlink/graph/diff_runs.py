"""Why masses differ between two runs: the model, my links, and the rest.

    change = mass in B - mass in A = model + my links + rest

model: parameters (policy, weights, damping) and code. my links: votes from or to pages of my site, and these pages
themselves. rest: all other votes and nodes. Factors are switched from A to B one after the other and masses computed
anew after each switch; what a switch changes is that factor's part. The order is model, my links, rest, unless another
is asked for; `shapley` takes the mean over all six orders, so that none is favoured.
What is computed anew is computed by today's code: where a run was made by other code, the difference counts as model.
Source: Shapley, A Value for n-person Games (1953).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import permutations
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from inlink.errors import BadInput, Refused
from inlink.graph.names import Names, Texts
from inlink.graph.policy import weigh
from inlink.graph.runs import CODE, Run
from inlink.graph.votes import Votes, open_votes, votes_folder
from inlink.kernels.csr import csr_of_edges
from inlink.kernels.pagerank import pagerank
from inlink.store.workspace import Workspace
from inlink.urls.domains import SuffixRules
from inlink.urls.surt import host_key, host_of_key

FACTORS = ("model", "mine", "rest")
SHAPLEY = "shapley"

Doubles = NDArray[np.float64]
Coalition = tuple[int, int, int]  # for each factor: 0 as in A, 1 as in B


@dataclass(frozen=True, slots=True)
class RunsDiff:
    """Each node of either run, in the order of keys, with its change and the parts of it.

    columns: change, model, mine and rest, float64 (n,); is_mine, bool (n,); node_a and node_b, the node's number in
    either run, int64 (n,), -1 where its graph lacks it: it has no mass there, so its change is all of its mass.
    n_runs: how often masses were computed anew.
    """

    keys: pa.LargeStringArray
    names: pa.LargeStringArray
    columns: dict[str, NDArray[Any]]
    n_runs: int


def diff_runs(
    workspace: Workspace, a: Run, b: Run, site: Sequence[str], *, order: str = "model,mine,rest", threads: int = 1
) -> RunsDiff:
    """The parts of all changes from run a to run b; `site` are the domains whose links are mine.

    Raises: BadInput for runs of different kinds of graph, or an order that is none; Refused for a run over a release
    whose rows are read; CorruptIndex.
    Cost: at most two runs, with `shapley` six.
    """
    if a.kind != b.kind:
        raise BadInput(
            f"{a.id} is of {a.kind} and {b.id} of {b.kind}", hint="compare two runs of the same kind of graph"
        )
    for run in (a, b):
        if run.facts.is_laid:
            raise Refused(
                f"{run.id} is over a release of {run.facts.m:,} edges, whose votes are not kept one by one",
                hint="compare positions with inlink authority X --run RUN, or releases with inlink cc diff A B X",
            )
    orders = _orders(order)
    both = _both(workspace, a, b, site, SuffixRules(workspace.settings.suffixes), threads)
    parts = _parts(both, orders)
    return RunsDiff(both.keys, both.names, _columns(both, parts), both.n_runs)


def _orders(order: str) -> list[tuple[str, ...]]:
    if order == SHAPLEY:
        return list(permutations(FACTORS))
    wanted = tuple(name.strip() for name in order.split(","))
    if sorted(wanted) != sorted(FACTORS):
        raise BadInput(f"{order!r} is no order of {', '.join(FACTORS)}", hint=f"use model,mine,rest or {SHAPLEY}")
    return [wanted]


@dataclass
class _Both:
    """Two runs over one set of nodes. places: node of a run → node of the set; is_mine: nodes of the site."""

    runs: tuple[Run, Run]
    votes: tuple[Votes, Votes]
    keys: pa.LargeStringArray
    names: pa.LargeStringArray
    places: tuple[NDArray[np.int64], NDArray[np.int64]]
    is_mine: NDArray[np.bool_]
    threads: int
    n_runs: int = 0
    _known: dict[Coalition, Doubles] = field(default_factory=dict)

    @property
    def n(self) -> int:
        return len(self.is_mine)

    @property
    def is_one_model(self) -> bool:
        """Both runs were made by the same parameters and code."""
        a, b = (run.recipe for run in self.runs)
        return (a.policy.words, a.damping, a.dangling, a.restart) == (b.policy.words, b.damping, b.dangling, b.restart)

    @property
    def is_one_code(self) -> bool:
        """Both runs were made by today's code."""
        return all(run.facts.inputs["code"] == CODE for run in self.runs)

    def recorded(self, side: int) -> Doubles:
        """The masses of a run, 0 for nodes that its graph lacks."""
        return self._spread(self.places[side], np.asarray(self.runs[side].mass))

    def mass(self, coalition: Coalition) -> Doubles:
        """Masses with each factor as in one of the runs; the runs' own where these are of today's code."""
        coalition = self._least(coalition)
        if coalition not in self._known:
            if coalition in ((0, 0, 0), (1, 1, 1)) and self.is_one_code:
                self._known[coalition] = self.recorded(coalition[0])
            else:
                self._known[coalition] = self._computed(coalition)
                self.n_runs += 1
        return self._known[coalition]

    def _least(self, coalition: Coalition) -> Coalition:
        """The same masses under one name: where the runs share a factor, it is B's."""
        model, mine, rest = coalition
        if self.is_one_model:
            model = mine if mine == rest else 1
        if self.runs[0].facts.votes == self.runs[1].facts.votes:
            mine = rest = model
        return model, mine, rest

    def _computed(self, coalition: Coalition) -> Doubles:
        model, mine, rest = coalition
        recipe = self.runs[model].recipe
        pieces = [self._edges(mine, model, is_mine=True), self._edges(rest, model, is_mine=False)]
        source, target, carried, spent = (np.concatenate(columns) for columns in zip(*pieces, strict=True))
        present = self._present(mine, is_mine=True) | self._present(rest, is_mine=False)
        present[source] = present[target] = True
        n, number = int(present.sum()), np.cumsum(present) - 1
        source, target = number[source], number[target]
        out_weight = np.bincount(source, spent, minlength=n).astype(np.float64)
        kept = carried > 0
        inward = csr_of_edges(target[kept], source[kept], n, carried[kept])
        result = pagerank(inward, out_weight, damping=recipe.damping, tolerance=recipe.tolerance, threads=self.threads)
        return self._spread(np.flatnonzero(present), result.mass)

    def _edges(self, side: int, model: int, *, is_mine: bool) -> tuple[NDArray[Any], ...]:
        """Source, target, weight and what the source spends, of the votes of one run that are mine, or are not."""
        votes, place = self.votes[side], self.places[side]
        found: list[tuple[NDArray[Any], ...]] = [(np.zeros(0, np.int64),) * 2 + (np.zeros(0, np.float32), np.zeros(0))]
        for part, carried, spent in weigh(votes, self.runs[model].recipe.policy):
            source, target = place[votes.source[part]], place[votes.target[part]]
            kept = (self.is_mine[source] | self.is_mine[target]) == is_mine
            kept &= spent > 0
            found.append((source[kept], target[kept], carried[kept], spent[kept]))
        return tuple(np.concatenate(columns) for columns in zip(*found, strict=True))

    def _present(self, side: int, *, is_mine: bool) -> NDArray[np.bool_]:
        present = np.zeros(self.n, np.bool_)
        present[self.places[side]] = True
        present &= self.is_mine == is_mine
        return present

    def _spread(self, nodes: NDArray[np.int64], mass: Doubles) -> Doubles:
        spread = np.zeros(self.n)
        spread[nodes] = mass
        return spread


def _parts(both: _Both, orders: Sequence[tuple[str, ...]]) -> dict[str, Doubles]:
    """change and its parts. The parts add up to the change in every bit but the last of the sum."""
    parts = {name: np.zeros(both.n) for name in FACTORS}
    for order in orders:
        state = [0, 0, 0]
        before = both.mass((0, 0, 0))
        for name in order:
            state[FACTORS.index(name)] = 1
            after = both.mass((state[0], state[1], state[2]))
            parts[name] += (after - before) / len(orders)
            before = after
    change = both.recorded(1) - both.recorded(0)
    if both.is_one_model and both.is_one_code:
        return {"change": change, **parts, "rest": change - parts["mine"]}
    return {"change": change, **parts, "model": change - parts["mine"] - parts["rest"]}


def _columns(both: _Both, parts: dict[str, Doubles]) -> dict[str, NDArray[Any]]:
    columns: dict[str, NDArray[Any]] = {**parts, "is_mine": both.is_mine}
    for name, place in zip(("node_a", "node_b"), both.places, strict=True):
        columns[name] = np.full(both.n, -1, np.int64)
        columns[name][place] = np.arange(len(place))
    return columns


def _both(workspace: Workspace, a: Run, b: Run, site: Sequence[str], rules: SuffixRules, threads: int) -> _Both:
    votes = tuple(open_votes(votes_folder(workspace, run.facts.votes)) for run in (a, b))
    tables = [_identities(one.names) for one in votes]
    identities = pc.unique(pa.concat_arrays([table["identity"].combine_chunks() for table in tables]))
    identities = identities.take(pc.sort_indices(identities))
    places = [pc.index_in(table["identity"], value_set=identities).to_numpy().astype(np.int64) for table in tables]
    merged = _merged(tables, places, len(identities))
    is_mine = _nodes_of(merged["key"], merged["name"], a.kind, site, rules)
    return _Both((a, b), (votes[0], votes[1]), merged["key"], merged["name"], (places[0], places[1]), is_mine, threads)


def _identities(names: Names) -> pa.Table:
    """key, name, and what tells nodes apart: the key; with the name where two hosts may share a key."""
    key, name = _large(names.keys), _large(names.names)
    identity = (
        key if names.kind == "pages" else pc.binary_join_element_wise(key, name, pa.scalar("\x00", pa.large_string()))
    )
    return pa.table({"key": key, "name": name, "identity": identity})


def _large(texts: Texts) -> pa.LargeStringArray:
    offsets, data = np.ascontiguousarray(texts.offsets, np.int64), np.ascontiguousarray(texts.data)
    return pa.LargeStringArray.from_buffers(len(texts), pa.py_buffer(offsets), pa.py_buffer(data))


def _merged(tables: Sequence[pa.Table], places: Sequence[NDArray[np.int64]], n: int) -> dict[str, pa.LargeStringArray]:
    """key and name of each node of the set; B's where both runs have it."""
    at = np.zeros(n, np.int64)
    at[places[0]] = np.arange(len(places[0]))
    at[places[1]] = np.arange(len(places[1])) + len(places[0])
    whole = pa.concat_tables([table.select(["key", "name"]) for table in tables]).take(pa.array(at)).combine_chunks()
    return {name: whole[name].combine_chunks() for name in ("key", "name")}


def _nodes_of(
    keys: pa.LargeStringArray, names: pa.LargeStringArray, kind: str, site: Sequence[str], rules: SuffixRules
) -> NDArray[np.bool_]:
    """Which nodes belong to the domains of a site."""
    wanted = {rules.domain(name.lower()) for name in site}
    is_mine = np.zeros(len(keys), np.bool_)
    for domain in wanted:
        for node in np.flatnonzero(pc.starts_with(keys, host_key(domain)).to_numpy(zero_copy_only=False)):
            host = host_of_key(keys[int(node)].as_py()) if kind == "pages" else names[int(node)].as_py()
            is_mine[node] = rules.domain(host) == domain
    return is_mine
