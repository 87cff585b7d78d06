"""Votes: runs, authority, explanations, what-if; releases of graphs that others publish."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Unpack

from inlink.engine.protocol import Report, silent
from inlink.workbench import ranking
from inlink.workbench.explanations import (
    LATEST,
    ExplainOptions,
    Explanation,
    FragilityAnswer,
    WhatIfAnswer,
    WhatIfOptions,
)
from inlink.workbench.release_results import FetchedRelease, ImportedRelease, ImportOptions, ReleaseState
from inlink.workbench.results import Rows

if TYPE_CHECKING:
    from inlink.workbench.run_lists import RunRow
    from inlink.workbench.who import Asked, OpenRelease
from inlink.workbench.questions import Questions


class Scores(Questions):
    """Votes: runs, authority, explanations, what-if; releases of graphs that others publish."""

    def published_releases(self, where: str | None = None) -> list[ReleaseState]:
        """Graphs that Common Crawl, a mirror or a folder publishes, and what is here of each."""
        from inlink.workbench import releases

        return releases.published(self._home(), where)

    @staticmethod
    def releases_of(where: str | None = None) -> list[ReleaseState]:
        """As `published_releases`, without a workspace."""
        from inlink.workbench import releases

        return releases.published(None, where)

    def release_status(self) -> list[ReleaseState]:
        """Graphs of releases that are here, whole or begun."""
        from inlink.workbench import releases

        return releases.status(self._home())

    def fetch_release(
        self,
        name: str,
        kind: str = "domain",
        *,
        where: str | None = None,
        ranks: bool = True,
        restart: bool = False,
        report: Report = silent,
    ) -> FetchedRelease:
        """The published files of one graph of a release, in the workspace."""
        from inlink.workbench import releases

        return releases.fetch(self._home(), name, kind, where=where, ranks=ranks, restart=restart, report=report)

    def import_release(
        self, name: str, kind: str = "domain", options: ImportOptions | None = None, *, report: Report = silent
    ) -> ImportedRelease:
        """One graph of a release converted so that it can be asked."""
        from inlink.workbench import releases

        return releases.import_(self._home(), name, kind, options, report)

    def open_release(self, spec: str | None, asked: Asked | None = None, *, kind: str | None = None) -> OpenRelease:
        """A release by its name here (None: the newest), its folder or its address, with this workspace's settings."""
        from inlink.workbench import who

        return who.open_here(self._home(), spec, asked or who.Asked(), kind)

    def rank(
        self,
        graphs: Sequence[str] | None = None,
        *,
        serves: bool = False,
        keeps_lists: bool = False,
        workers: int | None = None,
        report: Report = silent,
        **policy: Unpack[ranking.PolicyOptions],
    ) -> tuple[ranking.RankReport, ...]:
        """A scoring run of the served snapshot for each kind of graph, or the one of the same inputs that is there.

        graphs: pages, hosts, domains; None: all of them, of a release the one that it is of.
        serves: from now on rows are ordered by where the source's domain stands in the run of domains.
        keeps_lists: both directions of a release of any size are kept, for origins, what-if and fragility.
        """
        return ranking.rank(
            self._home(), graphs, serves=serves, keeps_lists=keeps_lists, workers=workers, report=report, **policy
        )

    def runs(self) -> tuple[RunRow, ...]:
        """All scoring runs, the newest first."""
        from inlink.workbench import run_lists

        return run_lists.runs(self._home())

    def authority(self, target: str, *, scope: str | None = None, run: str = LATEST) -> ranking.Authority:
        """Mass, position and authority of a page, host or domain; `run` is a name, or how it begins."""
        return ranking.authority(self._home(), target, scope, run)

    def explain(
        self, target: str, *, scope: str | None = None, run: str = LATEST, **about: Unpack[ExplainOptions]
    ) -> Explanation:
        """Which links carry a target's mass, or where it began; the parts sum to it."""
        from inlink.workbench import explaining, explaining_links

        links_of = explaining_links.links_behind(self, target, scope)
        kept = self._explained
        return explaining.explain(self._home(), target, scope, run, links_of=links_of, kept=kept, **about)

    def explain_in_release(
        self, target: str, release: str | None = None, *, kind: str | None = None, limit: int | None = 20
    ) -> Explanation:
        """Which references carry a domain's mass in a converted release on this machine; None: the newest here."""
        from inlink.workbench import explaining_links, explaining_releases

        opened = explaining_releases.open_explained(self._home(), release, kind)
        links_of = explaining_links.links_behind(self, target, None) if self._home().current() else None
        return explaining_releases.explain_in(opened, target, limit=limit, links_of=links_of)

    def what_if_in_release(
        self,
        target: str,
        release: str | None = None,
        *,
        kind: str | None = None,
        add: Sequence[str] = (),
        lose: Sequence[str] = (),
    ) -> WhatIfAnswer:
        """A domain's mass in a converted release if references to it were added or lost, with a bound."""
        from inlink.workbench import explaining_releases

        opened = explaining_releases.open_explained(self._home(), release, kind)
        return explaining_releases.what_if_in(opened, target, add=add, lose=lose)

    def fragility_in_release(
        self, target: str, release: str | None = None, *, kind: str | None = None
    ) -> FragilityAnswer:
        """How much of a domain's mass in a converted release rests on its strongest 1, 3 and 10 sources."""
        from inlink.workbench import explaining_releases

        return explaining_releases.fragility_in(explaining_releases.open_explained(self._home(), release, kind), target)

    def what_if(
        self, target: str, *, scope: str | None = None, run: str = LATEST, **links: Unpack[WhatIfOptions]
    ) -> WhatIfAnswer:
        """A target's mass if links to it were added or lost; the sources whose link would bring most."""
        from inlink.workbench import explaining

        return explaining.what_if(self._home(), target, scope, run, kept=self._explained, **links)

    def fragility(
        self, target: str, *, scope: str | None = None, run: str = LATEST, exact: bool = False
    ) -> FragilityAnswer:
        """How much of a target's mass rests on its strongest 1, 3 and 10 sources."""
        from inlink.workbench import explaining

        return explaining.fragility(self._home(), target, scope, run, exact=exact, kept=self._explained)

    def diff_runs(self, run_a: str, run_b: str, **about: Unpack[ranking.DiffOptions]) -> Rows:
        """What changed each target's mass between two runs: the model, my links, and the rest; these add up."""
        return ranking.diff_runs(self._home(), run_a, run_b, **about)
