"""Small graphs of votes as dense matrices, and their masses by a linear solve: what explanations are judged by.

It shares no code with the package: weights, leaks and masses are written down again from the glossary's words.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from inlink.graph.explain_walk import Walk, walk_of
from inlink.graph.policy import Policy
from inlink.graph.what_if_wishes import Counts
from inlink.kernels.csr import Csr

Matrix = NDArray[np.float64]
DAMPING = 0.85


@dataclass(frozen=True)
class DenseVotes:
    """Pages and hosts that vote, all and follow: (n, n) matrices, source by target; and where walks restart."""

    pages: Matrix
    follow_pages: Matrix
    hosts: Matrix
    follow_hosts: Matrix
    policy: Policy
    by_pages: bool = False
    restart: Matrix | None = None
    returns: str = "restart"

    @property
    def n(self) -> int:
        return len(self.pages)

    def weights(self) -> tuple[Matrix, Matrix]:
        """What each pair carries, and what each source spends on it."""
        follow, every = self.follow_pages, self.pages
        if self.policy.weight == "hosts":
            follow, every = self.follow_hosts, self.hosts
        if self.policy.weight == "hosts":
            f, a = follow, every
        else:
            logs = self.policy.weight == "log-pages"
            f, a = (np.asarray(np.log1p(x) if logs else x > 0, np.float64) for x in (follow, every))
        if self.policy.follow == "drop":
            return single(f), single(f)
        if self.policy.follow == "evaporate":
            return single(f), single(f) + (a - f)
        both = single(f + self.policy.nofollow_share * (a - f))
        return both, both

    def solve(self) -> tuple[Matrix, Matrix, Matrix, Matrix]:
        """Mass, and the walk: P, leak, where leaked mass returns to."""
        carried, spent = self.weights()
        out = spent.sum(1)
        walk = np.divide(carried, out[:, None], out=np.zeros_like(carried), where=out[:, None] > 0)
        leak = np.where(out > 0, np.where(self.policy.follow == "evaporate", 1 - walk.sum(1), 0.0), 1.0)
        leak[np.abs(leak) < 1e-14] = 0
        uniform = np.full(self.n, 1 / self.n)
        restart = uniform if self.restart is None else self.restart
        back = restart if self.returns == "restart" else uniform
        whole = walk + np.outer(leak, back)
        mass = np.linalg.solve((np.eye(self.n) - DAMPING * whole).T, (1 - DAMPING) * restart)
        return mass, walk, leak, back

    def walk(self) -> Walk:
        """The same as the package sees it."""
        carried, spent = self.weights()
        mass, _, leak, _ = self.solve()
        return walk_of(
            csr_of_dense(carried.T), spent.sum(1), mass, outward=csr_of_dense(carried), damping=DAMPING,
            restart=self.restart, returns=self.returns,  # type: ignore[arg-type]
            leak=np.where(spent.sum(1) > 0, leak, 0.0) if self.policy.follow == "evaporate" else None,
        )  # fmt: skip

    def counts(self, source: int, target: int) -> Counts:
        return Counts(*(int(m[source, target]) for m in (self.pages, self.follow_pages, self.hosts, self.follow_hosts)))

    def copy(self) -> DenseVotes:
        return replace(self, pages=self.pages.copy(), follow_pages=self.follow_pages.copy(), hosts=self.hosts.copy(),
                       follow_hosts=self.follow_hosts.copy())  # fmt: skip

    def grown(self) -> DenseVotes:
        """With one node more, that has no links yet."""
        restart = None if self.restart is None else np.append(self.restart, 0.0)
        every = (self.pages, self.follow_pages, self.hosts, self.follow_hosts)
        pages, follow_pages, hosts, follow_hosts = (np.pad(one, ((0, 1), (0, 1))) for one in every)
        return replace(
            self, restart=restart, pages=pages, follow_pages=follow_pages, hosts=hosts, follow_hosts=follow_hosts
        )

    def add(self, source: int, target: int, *, is_follow: bool) -> None:
        """One more page links; of a source that has links already, from a host that links already."""
        for every, name in ((self.pages, "pages"), (self.follow_pages, "follow")):
            if name == "pages" or is_follow:
                every[source, target] = 1 if self.by_pages else every[source, target] + 1
        self.hosts[source, target] = max(self.hosts[source, target], 1)
        if is_follow:
            self.follow_hosts[source, target] = max(self.follow_hosts[source, target], 1)

    def lose(self, source: int, target: int) -> None:
        for matrix in (self.pages, self.follow_pages, self.hosts, self.follow_hosts):
            matrix[source, target] = 0


def single(values: Matrix) -> Matrix:
    """As single-precision weights hold them."""
    return values.astype(np.float32).astype(np.float64)


def csr_of_dense(matrix: Matrix) -> Csr:
    """Rows of the positive entries."""
    offsets = np.zeros(len(matrix) + 1, np.int64)
    np.cumsum((matrix > 0).sum(1), out=offsets[1:])
    weights = matrix[matrix > 0].astype(np.float32)
    return Csr(offsets, np.nonzero(matrix > 0)[1].astype(np.uint32), weights)


POLICIES = [
    Policy("drop", "one"),
    Policy("drop", "log-pages"),
    Policy("evaporate", "one"),
    Policy("evaporate", "log-pages"),
    Policy("evaporate", "hosts"),
    Policy("weight", "one", 0.1),
    Policy("weight", "hosts", 0.3),
]


def random_votes(rng: np.random.Generator, policy: Policy, *, n: int | None = None) -> DenseVotes:
    """A graph with dangling nodes, nofollow links, isolated nodes; sometimes a topical restart."""
    n = n or int(rng.integers(3, 14))
    pages = (rng.random((n, n)) < rng.choice([0.08, 0.2, 0.5])) * rng.integers(1, 9, (n, n)).astype(float)
    pages[rng.random(n) < 0.3] = 0
    np.fill_diagonal(pages, 0)
    by_pages = policy.weight == "one" and bool(rng.random() < 0.5)
    pages = np.minimum(pages, 1) if by_pages else pages
    follow = np.floor(pages * rng.choice([0, 0.5, 1], (n, n), p=[0.2, 0.2, 0.6]))
    hosts, follow_hosts = np.ceil(pages / 3), np.ceil(follow / 3)
    restart, returns = None, "restart"
    if rng.random() < 0.3:
        restart = rng.random(n) * (rng.random(n) < 0.7)
        restart[int(rng.integers(n))] += 0.1
        restart /= restart.sum()
        returns = str(rng.choice(["restart", "uniform"]))
    return DenseVotes(pages, follow, hosts, follow_hosts, policy, by_pages, restart, returns)
