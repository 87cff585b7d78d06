"""Links that somebody thinks of adding or losing, as edits of a graph: what its policy makes of each, by name of case.

An edge stands for all votes of a source for a target. Losing takes them all; adding puts one more page that votes
beside them, which changes an edge that exists only where the graph's weights count pages. Lost links are taken first.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from inlink.graph.explain_walk import Walk
from inlink.graph.policy import Policy, weights_of
from inlink.graph.what_if_rows import Edit, Row, rows_of


@dataclass(frozen=True, slots=True)
class Counts:
    """What stands behind an edge: pages and hosts that vote, and those of them that vote with a follow link."""

    pages: int = 0
    follow_pages: int = 0
    hosts: int = 0
    follow_hosts: int = 0


CountsOf = Callable[[int, int], Counts]


@dataclass(frozen=True, slots=True)
class Wish:
    """One link to think of. source: its node, None where the graph has none; name: what it is called."""

    name: str
    source: int | None
    is_added: bool = True
    is_follow: bool = True


@dataclass(frozen=True, slots=True)
class Judged:
    """What the graph makes of a wish: a case from CASES, a sentence, and the edit (None: nothing changes)."""

    wish: Wish
    case: str
    why: str
    edit: Edit | None = None


CASES = {
    "new": "The source has no edge to the target yet.",
    "first": "The source has no out-links in this graph: all of its mass, which restarted, follows its first link.",
    "stronger": "The edge exists and weighs more afterwards.",
    "exists": "The edge exists already and its weight does not grow: no change.",
    "now follow": "The source links by nofollow already; a follow link makes an edge.",
    "dropped": "Nofollow, and the graph drops nofollow links: no change.",
    "evaporates": "Nofollow evaporates: it takes a share of the source's vote and gives it to nobody.",
    "counts less": "Nofollow counts a share of a follow link.",
    "lost": "The edge is gone; the source's other links share its vote.",
    "last": "The source loses its last link: its mass restarts instead.",
    "absent": "The source has no edge to the target that counts: there is nothing to lose.",
    "itself": "Links to oneself are no votes: no change.",
    "new node": "The graph does not know the source: it comes as a node without in-links, with a restart's share.",
}

AFTER_OTHERS = {  # what is said instead where a wish before it made or took the edge
    "new": "The edge that is lost with all its links stands again, with one page.",
    "exists": "The same link is named before: together they count once.",
}


def counts_of_plain(walk: Walk) -> CountsOf:
    """Counts of a graph that keeps none: an edge is one follow page."""

    def counts(source: int, target: int) -> Counts:
        return Counts(1, 1, 1, 1) if walk.weight(source, target) > 0 else Counts()

    return counts


def judge(
    walk: Walk, target: int, wishes: Sequence[Wish], policy: Policy, counts_of: CountsOf, *, by_pages: bool
) -> list[Judged]:
    """What the graph makes of each wish, in order, those before it done; lost ones first.

    by_pages: nodes are pages, which count once however many links they have.
    """
    made = _Judge(walk, target, policy, counts_of, by_pages=by_pages)
    found = {at: made.judged(wish) for at, wish in enumerate(wishes) if not wish.is_added}
    found |= {at: made.judged(wish) for at, wish in enumerate(wishes) if wish.is_added}
    return _with_endings(walk, [found[at] for at in range(len(wishes))])


class _Judge:
    """Wishes one after the other; remembers what stands behind each edge after those before."""

    def __init__(self, walk: Walk, target: int, policy: Policy, counts_of: CountsOf, *, by_pages: bool) -> None:
        self.walk, self.target, self.policy = walk, target, policy
        self.counts_of, self.by_pages = counts_of, by_pages
        self.after: dict[int, Counts] = {}
        self.new: dict[str, int] = {}
        self.lost: set[int] = set()
        self.added: set[int] = set()

    def judged(self, wish: Wish) -> Judged:
        """The case of one wish."""
        source = self._node(wish)
        if source == self.target:
            return Judged(wish, "itself", CASES["itself"])
        before = self._counts(source)
        if not wish.is_added:
            return self._lose(wish, source, before)
        return self._add(wish, source, before)

    def _node(self, wish: Wish) -> int:
        if wish.source is not None:
            return wish.source
        return self.new.setdefault(wish.name, self.walk.n + len(self.new))

    def _counts(self, source: int) -> Counts:
        if source not in self.after and source < self.walk.n:
            self.after[source] = self.counts_of(source, self.target)
        return self.after.get(source, Counts())

    def _lose(self, wish: Wish, source: int, before: Counts) -> Judged:
        edit = self._edit(source, before, Counts())
        if edit is None:
            return Judged(wish, "absent", CASES["absent"])
        self.lost.add(source)
        return Judged(wish, "lost", CASES["lost"], edit)

    def _add(self, wish: Wish, source: int, before: Counts) -> Judged:
        if not wish.is_follow and self.policy.follow == "drop":
            return Judged(wish, "dropped", CASES["dropped"])
        edit = self._edit(source, before, self._one_more(before, is_follow=wish.is_follow))
        case = self._case_of_added(wish, source, before, edit)
        why = AFTER_OTHERS.get(case) if source in (self.lost if case == "new" else self.added) else None
        self.added.add(source)
        if case == "new node" and not wish.is_follow:
            why = f"{CASES[case]} {CASES[self._case_of_nofollow()]}"
        return Judged(wish, case, why or CASES[case], edit)

    def _case_of_nofollow(self) -> str:
        return "evaporates" if self.policy.follow == "evaporate" else "counts less"

    def _one_more(self, before: Counts, *, is_follow: bool) -> Counts:
        pages = 1 if self.by_pages else before.pages + 1
        follow = before.follow_pages
        if is_follow:
            follow = 1 if self.by_pages else follow + 1
        hosts, follow_hosts = max(before.hosts, 1), max(before.follow_hosts, int(is_follow))
        return Counts(pages, follow, hosts, follow_hosts)

    def _case_of_added(self, wish: Wish, source: int, before: Counts, edit: Edit | None) -> str:
        if edit is None:
            return "exists"
        if source >= self.walk.n:
            return "new node"
        if not wish.is_follow:
            return self._case_of_nofollow()
        if before.follow_pages:
            return "stronger"
        return "now follow" if before.pages else "new"

    def _edit(self, source: int, before: Counts, after: Counts) -> Edit | None:
        """The edit between two states of an edge; None where they weigh the same."""
        self.after[source] = after
        carried, spent = _weights(before, self.policy)
        carried_after, spent_after = _weights(after, self.policy)
        change, evaporated = carried_after - carried, (spent_after - carried_after) - (spent - carried)
        return Edit(source, self.target, change, evaporated) if change or evaporated else None


def weight_of(counts: Counts, policy: Policy) -> float:
    """What an edge with such counts carries."""
    return _weights(counts, policy)[0]


def _weights(counts: Counts, policy: Policy) -> tuple[float, float]:
    """What an edge carries, and what its source spends on it."""
    of_hosts = policy.weight == "hosts"
    follow = counts.follow_hosts if of_hosts else counts.follow_pages
    every = counts.hosts if of_hosts else counts.pages
    carried, spent = weights_of(np.array([follow], np.uint32), np.array([every], np.uint32), policy)
    return float(carried[0]), float(spent[0])


def _with_endings(walk: Walk, judged: list[Judged]) -> list[Judged]:
    """The same with the cases first and last, which only a source's whole row shows."""
    rows = {row.source: row for row in rows_of(walk, [one.edit for one in judged if one.edit])}
    return [_with_ending(one, rows.get(one.edit.source) if one.edit else None) for one in judged]


def _with_ending(one: Judged, row: Row | None) -> Judged:
    if row is None or one.case not in ("new", "lost"):
        return one
    case = {"new": "first" if row.weight == 0 else "", "lost": "last" if row.weight_after == 0 else ""}[one.case]
    return replace(one, case=case, why=CASES[case]) if case else one
