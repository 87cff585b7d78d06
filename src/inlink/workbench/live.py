"""The live web: crawls, checks, broken links, the monitor."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from inlink.engine.protocol import Report, silent
from inlink.workbench.results import Rows

if TYPE_CHECKING:
    from inlink.check.verdicts import Verdict
    from inlink.workbench.broken import BrokenPages
    from inlink.workbench.check_lists import CheckCounts, CheckedUrl
    from inlink.workbench.checking import Checked, CheckOptions, CheckReport
    from inlink.workbench.crawl_lists import CrawlRow, CrawlSeen
    from inlink.workbench.crawling import CrawlOptions, CrawlReport
    from inlink.workbench.monitor_door import MonitorDoor
from inlink.workbench.questions import Questions


class Live(Questions):
    """The live web: crawls, checks, broken links, the monitor."""

    def crawl(
        self,
        seeds: Sequence[str],
        options: CrawlOptions | None = None,
        *,
        report: Report = silent,
        stop: threading.Event | None = None,
    ) -> CrawlReport:
        """Crawl into the workspace's archive, or go on with the same crawl; the next build reads what came."""
        from inlink.workbench import crawling

        return crawling.crawl(self._home(), tuple(seeds), options, report=report, stop=stop)

    def crawls(self, *, limit: int = 50) -> tuple[CrawlRow, ...]:
        """Crawls that were made here, the newest first."""
        from inlink.workbench import crawl_lists

        return crawl_lists.crawls(self._home(), limit)

    def crawl_seen(self, name: str) -> CrawlSeen:
        """What a crawl has met so far. Raises: NotFound."""
        from inlink.workbench import crawl_lists

        return crawl_lists.seen(self._home(), name)

    def check(
        self,
        urls: Sequence[str],
        options: CheckOptions | None = None,
        *,
        each: Callable[[Checked], None] | None = None,
        report: Report = silent,
        stop: threading.Event | None = None,
    ) -> CheckReport:
        """What the targets of URLs are now: a verdict each, kept with its tries; `each` sees every row as it comes."""
        from inlink.workbench import check_targets, checking

        known = check_targets.remembered(self)
        return checking.check(self._home(), urls, options, known=known, each=each, report=report, stop=stop)

    def check_targets(
        self, site: str, links: str = "in", *, limit: int | None = None, scope: str | None = None
    ) -> list[str]:
        """Addresses of the index to check: pages of a site that others link to (in), or what it links to (out)."""
        from inlink.workbench import check_targets

        return check_targets.targets(self, site, links, limit, scope)

    def checks(self, url: str) -> list[Verdict]:
        """All kept checks of a URL with their tries, in order of time."""
        from inlink.workbench import checking

        return checking.history(self._home(), url)

    def checked_urls(
        self, states: Sequence[str] = (), verdicts: Sequence[str] = (), *, limit: int = 100, offset: int = 0
    ) -> tuple[CheckedUrl, ...]:
        """Addresses that were checked, by how they stand; what changed last comes first."""
        from inlink.workbench import check_lists

        return check_lists.checked_urls(self.database, states, verdicts, limit=limit, offset=offset)

    def check_counts(self) -> CheckCounts:
        """How many addresses stand how."""
        from inlink.workbench import check_lists

        return check_lists.check_counts(self.database)

    def broken(
        self,
        site: str,
        *,
        scope: str | None = None,
        limit: int | None = None,
        check: bool = False,
        report: Report = silent,
        stop: threading.Event | None = None,
    ) -> BrokenPages:
        """Dead pages of a site that others link to, the worthiest first, with redirects; check: ask the pages now.

        stop: ends the asking; the answer rests on what was asked by then.
        """
        from inlink.workbench import broken

        if check:
            self.check(self.check_targets(site, "in", scope=scope), report=report, stop=stop)
        served = self._serve()
        return broken.own(self, self._home(), served, served.locate(site, scope), limit=limit)

    def broken_reads(self, site: str, *, scope: str | None = None) -> int:
        """How many links `broken` reads: all of the domain, whatever part of it is asked about."""
        from inlink.workbench import broken

        served = self._serve()
        return broken.n_read(served, served.locate(site, scope))

    def broken_outgoing(
        self,
        site: str,
        *,
        scope: str | None = None,
        limit: int | None = None,
        check: bool = False,
        report: Report = silent,
        stop: threading.Event | None = None,
    ) -> Rows:
        """What a site links to that is dead, with the pages that link there; check, stop: as `broken` has them."""
        from inlink.workbench import broken

        if check:
            self.check(self.check_targets(site, "out", scope=scope), report=report, stop=stop)
        served = self._serve()
        return broken.outgoing(self, self._home(), served, served.locate(site, scope), limit=limit)

    @property
    def monitor(self) -> MonitorDoor:
        """Links that are watched: add, look, tell, list."""
        from inlink.workbench.monitor_door import MonitorDoor

        return MonitorDoor(self, self._home(), self._serve)
