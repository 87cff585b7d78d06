"""The one door: a workspace and one short method for each thing that a user can ask.

`upkeep` and `evidence` reach the extraction, whose compiler alone takes a second to import: they are loaded by the
methods that need them, so that a question does not pay for what it does not use.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import IO, TYPE_CHECKING, Unpack

from inlink.config import Site
from inlink.engine.protocol import Report, silent
from inlink.errors import BadInput, NotConfigured, NotFound
from inlink.index.reports import AddReport, BuildReport, GcReport, InputState, RemoveReport, VerifyReport
from inlink.index.serving_reader import Serving
from inlink.store.workspace import Current, Workspace
from inlink.urls.domains import SuffixRules
from inlink.workbench import comparing, deadlines, exporting, lists, ranking, sandbox, summary
from inlink.workbench.changes import changes, moment, stream_changes
from inlink.workbench.explaining_kept import Kept
from inlink.workbench.explanations import (
    ExplainOptions,
    Explanation,
    FragilityAnswer,
    WhatIfAnswer,
    WhatIfOptions,
)
from inlink.workbench.lists import counting_by
from inlink.workbench.opening import MEMORY, as_of, open_served
from inlink.workbench.options import View, ViewOptions, view_of
from inlink.workbench.places import Served
from inlink.workbench.release_results import FetchedRelease, ImportedRelease, ImportOptions, ReleaseState
from inlink.workbench.results import Evidence, Exported, Overview, Rows, RowStream, Status

if TYPE_CHECKING:
    from inlink.check.verdicts import Verdict
    from inlink.config import Settings
    from inlink.store.db import WorkDatabase
    from inlink.workbench.accounts import Accounts
    from inlink.workbench.archived_pages import ArchivedPage
    from inlink.workbench.broken import BrokenPages
    from inlink.workbench.check_lists import CheckCounts, CheckedUrl
    from inlink.workbench.checking import Checked, CheckOptions, CheckReport
    from inlink.workbench.crawl_lists import CrawlRow, CrawlSeen
    from inlink.workbench.crawling import CrawlOptions, CrawlReport
    from inlink.workbench.database_backup import BackupReport
    from inlink.workbench.database_restore import RestoreReport
    from inlink.workbench.jobs import JobsDoor
    from inlink.workbench.monitor_door import MonitorDoor
    from inlink.workbench.neighbourhood import Neighbourhood
    from inlink.workbench.over_time import OverTime
    from inlink.workbench.people import Who
    from inlink.workbench.persons import Erased, Found
    from inlink.workbench.projects import Projects
    from inlink.workbench.run_lists import RunRow
    from inlink.workbench.who import Asked, OpenRelease

QUESTIONS = (
    "backlinks",
    "domains",
    "hosts",
    "ips",
    "subnets",
    "anchors",
    "pages",
    "outlinks",
    "outdomains",
    "changes",
)


class Workbench:
    """An open workspace. Safe to share between threads; close it or use it in a `with` block."""

    def __init__(self, path: Path, workspace: Workspace | None = None, served: Served | None = None) -> None:
        self.path = path
        self._workspace = workspace
        self._served = served
        self._memory = MEMORY
        self._current: Current | None = None
        self._opening = threading.Lock()
        self._explained = Kept()
        self._accounts: Accounts | None = None
        self._opening_database = threading.Lock()

    @classmethod
    def open(cls, path: str | Path, *, memory: str = MEMORY) -> Workbench:
        """The workspace at `path`; memory: what the served file's pages and queries may take.

        Raises: NotConfigured where there is none.
        """
        workspace = Workspace.open(path)
        made = cls(workspace.path, workspace)
        made._memory = memory
        return made

    @classmethod
    def create(cls, path: str | Path) -> Workbench:
        """A new workspace at `path`, or the one that is there."""
        workspace = Workspace.create(path)
        return cls(workspace.path, workspace)

    @classmethod
    def over(
        cls,
        serving_file: str | Path,
        *,
        suffixes: Sequence[str] = (),
        threads: int | None = None,
        memory: str = MEMORY,
    ) -> Workbench:
        """The questions of a serving file without its workspace; `suffixes` as its workspace has them."""
        path = Path(serving_file)
        serving = Serving(path, threads=threads, memory_limit=memory)
        return cls(path, served=Served(serving, SuffixRules(suffixes)))

    def close(self) -> None:
        """Let go of the served file and the database; questions that still run end first."""
        self._let_go()
        if self._workspace is not None:
            self._workspace.close()

    def _let_go(self) -> None:
        self._served = self._current = None
        with self._explained.turn:
            self._explained.forget()

    def __enter__(self) -> Workbench:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def overview(
        self, target: str, *, scope: str | None = None, strict: bool = False, infrastructure: bool = False
    ) -> Overview:
        """The summary card of a target."""
        served = self._serve()
        with served.turns:
            return summary.overview(served, served.locate(target, scope, strict=strict), infrastructure=infrastructure)

    def over_time(
        self, target: str, *, scope: str | None = None, strict: bool = False, infrastructure: bool = False
    ) -> OverTime:
        """Referring domains of a target over time: how many, new, lost, and not looked at since."""
        from inlink.workbench import over_time

        served = self._serve()
        with served.turns:
            found = served.locate(target, scope, strict=strict)
            return over_time.over_time(served, found, infrastructure=infrastructure)

    def neighbourhood(self, target: str, *, scope: str | None = None, limit: int = 40) -> Neighbourhood:
        """The strongest domains around a target, with the links among them and where to draw them."""
        from inlink.workbench import neighbourhood

        served = self._serve()
        with served.turns:
            return neighbourhood.neighbourhood(served, served.locate(target, scope), self._workspace, limit=limit)

    @property
    def site(self) -> Site:
        """The user's own site with its competitors, as the settings name it."""
        return Site() if self._workspace is None else self._workspace.settings.site

    def backlinks(self, target: str, *, scope: str | None = None, **view: Unpack[ViewOptions]) -> Rows:
        """Links to the target from other domains, strongest source first."""
        return self._rows("backlinks", target, scope, view_of(view))

    def domains(self, target: str, *, scope: str | None = None, **view: Unpack[ViewOptions]) -> Rows:
        """Referring domains, strongest first."""
        return self._rows("domains", target, scope, view_of(view))

    def hosts(self, target: str, *, scope: str | None = None, **view: Unpack[ViewOptions]) -> Rows:
        """Referring hosts."""
        return self._rows("hosts", target, scope, view_of(view))

    def ips(self, target: str, *, scope: str | None = None, **view: Unpack[ViewOptions]) -> Rows:
        """Addresses of referring pages."""
        return self._rows("ips", target, scope, view_of(view))

    def subnets(self, target: str, *, scope: str | None = None, **view: Unpack[ViewOptions]) -> Rows:
        """The /24 (IPv4) and /48 (IPv6) networks of referring pages."""
        return self._rows("subnets", target, scope, view_of(view))

    def anchors(self, target: str, *, scope: str | None = None, **view: Unpack[ViewOptions]) -> Rows:
        """Anchor texts, those from the most domains first."""
        return self._rows("anchors", target, scope, view_of(view))

    def pages(self, target: str, *, scope: str | None = None, **view: Unpack[ViewOptions]) -> Rows:
        """Pages of the target, those linked from the most domains first."""
        return self._rows("pages", target, scope, view_of(view))

    def outlinks(self, source: str, *, scope: str | None = None, **view: Unpack[ViewOptions]) -> Rows:
        """Links from the pages of `source` to other domains."""
        return self._rows("outlinks", source, scope, view_of(view))

    def outdomains(self, source: str, *, scope: str | None = None, **view: Unpack[ViewOptions]) -> Rows:
        """Domains that the pages of `source` link to."""
        return self._rows("outdomains", source, scope, view_of(view))

    def counts(self, target: str, by: str, *, scope: str | None = None, **view: Unpack[ViewOptions]) -> Rows:
        """Links and domains for each value of a column: kind, tld, region, lang, rel, nofollow …"""
        checked = view_of(view)
        served = self._serve()
        found = served.locate(target, scope, strict=checked.strict)
        return lists.answer(served, "counts", found, checked, counting_by(by))

    def changes(
        self,
        target: str | None = None,
        *,
        scope: str | None = None,
        from_: str | datetime | None = None,
        to: str | datetime | None = None,
        **view: Unpack[ViewOptions],
    ) -> Rows:
        """What became new, found, lost, changed, restored or moved in (from, to], with reasons; None: all targets."""
        checked = view_of(view)
        served = self._serve()
        found = None if target is None else served.locate(target, scope, strict=checked.strict)
        return changes(served, found, (self._moment(from_), self._moment(to)), checked)

    def compare(
        self, targets: Sequence[str], *, mode: str = "intersect", scope: str | None = None, **view: Unpack[ViewOptions]
    ) -> Rows:
        """Domains that link to all (intersect), to any (union), or to the others but not the first (gap)."""
        checked = view_of(view)
        served = self._serve()
        found = [served.locate(target, scope, strict=checked.strict) for target in targets]
        return comparing.compare(served, found, mode, checked)

    def evidence(self, link_id: int) -> Evidence:
        """The archived record of a link, with the link marked.

        Raises: NotFound for an unknown link.
        """
        from inlink.workbench import evidence

        return evidence.show(self._serve(), link_id, self._workspace)

    def archived_page(self, link_id: int) -> ArchivedPage:
        """The archived page of a link as a document that can do nothing, the link marked. Raises: as `evidence`."""
        from inlink.workbench import archived_pages

        return archived_pages.show(self._serve(), link_id, self._workspace)

    def stream(
        self,
        question: str,
        target: str | None,
        *,
        scope: str | None = None,
        from_: str | datetime | None = None,
        to: str | datetime | None = None,
        **view: Unpack[ViewOptions],
    ) -> RowStream:
        """A whole view in bounded memory; `question` is one of QUESTIONS, `limit` and `cursor` are kept to."""
        checked = view_of({"limit": None, **view})
        served = self._serve()
        _check_question(question)
        if question != "changes" and (from_ is not None or to is not None):
            raise BadInput(f"{question} has no period", hint="from and to belong to changes; filter by first_seen")
        if question == "changes":
            found = None if target is None else served.locate(target, scope, strict=checked.strict)
            return stream_changes(served, found, (self._moment(from_), self._moment(to)), checked)
        if target is None:
            raise BadInput(f"{question} needs a target", hint="name a page, path, host or domain")
        return lists.stream(served, question, served.locate(target, scope, strict=checked.strict), checked)

    def export(
        self,
        question: str,
        target: str | None,
        to: str | Path | IO[bytes],
        *,
        format: str | None = None,
        scope: str | None = None,
        from_: str | datetime | None = None,
        until: str | datetime | None = None,
        **view: Unpack[ViewOptions],
    ) -> Exported:
        """Exactly the view as csv, jsonl or parquet (by the file's ending unless said), all rows unless limited.

        from_, until: the period of changes.
        """
        stream = self.stream(question, target, scope=scope, from_=from_, to=until, **view)
        return exporting.export(stream, to, format)

    def sql(self, query: str, *, limit: int | None = 1000, timeout_s: float = 30.0, memory_mb: int = 1024) -> Rows:
        """One read-only SELECT over the views links, pages, domains, hosts, pairs, captures."""
        served = self._serve()
        limits = sandbox.Bounds(limit=limit, timeout_s=timeout_s, memory_mb=memory_mb)
        return sandbox.ask(served.serving, query, limits)

    def add(
        self, specs: Sequence[str], *, keep: bool = False, base_url: str | None = None, report: Report = silent
    ) -> AddReport:
        """Register inputs: files, folders, patterns, lists of paths, addresses. Nothing is built yet.

        base_url: where the entries of lists of paths are.
        """
        from inlink.workbench import upkeep

        return upkeep.add(self._home(), specs, keep=keep, base_url=base_url, report=report)

    def inputs(self) -> tuple[InputState, ...]:
        """Every input, and what of it is served."""
        from inlink.workbench import upkeep

        return upkeep.inputs(self._home())

    def remove(self, specs: Sequence[str]) -> RemoveReport:
        """Take inputs out, by name, folder or digest; the next build makes a snapshot without them."""
        from inlink.workbench import upkeep

        return upkeep.remove(self._home(), specs)

    def build(self, *, workers: int | None = None, report: Report = silent) -> BuildReport:
        """Extract what is new and serve a snapshot of all inputs; the next question reads it."""
        from inlink.workbench import upkeep

        done = upkeep.build(self._home(), workers=workers, report=report)
        self._let_go()
        return done

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
    def database(self) -> WorkDatabase:
        """The workspace's database, opened when it is first asked for. Raises: as `Workspace.database`."""
        return self._home().database

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

    def crawls(self, *, limit: int = 50) -> tuple[CrawlRow, ...]:
        """Crawls that were made here, the newest first."""
        from inlink.workbench import crawl_lists

        return crawl_lists.crawls(self._home(), limit)

    def crawl_seen(self, name: str) -> CrawlSeen:
        """What a crawl has met so far. Raises: NotFound."""
        from inlink.workbench import crawl_lists

        return crawl_lists.seen(self._home(), name)

    @property
    def settings(self) -> Settings:
        """The settings as they are now. Raises: BadInput."""
        return self._home().settings

    @property
    def projects(self) -> Projects:
        """Sites that are worked for, saved views and notes."""
        from inlink.workbench.projects import Projects

        return Projects(lambda: self.database, lambda: self.settings)

    def backup(self, to: str | Path, *, archive: bool = False, force: bool = False) -> BackupReport:
        """One file with all that cannot be made again, as it stands now; archive: with what was fetched."""
        from inlink.workbench import database_backup

        return database_backup.backup(self._home(), Path(to), archive=archive, force=force)

    def restore(self, file: str | Path, who: Who, *, force: bool = False) -> RestoreReport:
        """The workspace holds what a backup holds, instead of what it held (which takes `force`)."""
        from inlink.workbench import database_restore

        return database_restore.restore(self._home(), Path(file), who, force=force)

    def find_person(self, person: str, who: Who) -> Found:
        """Where a person's name or e-mail address stands: database, settings, inputs of the index."""
        from inlink.workbench import persons

        return persons.find(self._home(), person, who)

    def erase_person(self, person: str, who: Who) -> Erased:
        """Take a person out of the database; says what is left to do by hand."""
        from inlink.workbench import persons

        return persons.erase(self._home(), person, who, remove_user=self.accounts.remove)

    @property
    def jobs(self) -> JobsDoor:
        """Work that goes on behind the pages: start, list, log, cancel, retry."""
        from inlink.workbench.jobs import JobsDoor

        return JobsDoor(self._home(), self.database)

    @property
    def accounts(self) -> Accounts:
        """People who may sign in, where they are signed in, and tokens of their programs."""
        from inlink.workbench.accounts import Accounts, Terms

        with self._opening_database:
            if self._accounts is None:
                server = self._home().settings.server
                terms = Terms(server.session_hours, server.session_days)
                self._accounts = Accounts(lambda: self.database, terms)
            return self._accounts

    @property
    def monitor(self) -> MonitorDoor:
        """Links that are watched: add, look, tell, list."""
        from inlink.workbench.monitor_door import MonitorDoor

        return MonitorDoor(self, self._home(), self._serve)

    def verify(self, *, report: Report = silent) -> VerifyReport:
        """Compare everything that is stored with its digests."""
        from inlink.workbench import upkeep

        return upkeep.verify(self._home(), report=report)

    def gc(self, *, keep: int | None = None, keep_releases: int | None = None) -> GcReport:
        """Remove old snapshots (all but the newest `keep`), parts of no input, copies kept too long and leftovers of
        imports; with `keep_releases` older releases too. Never what somebody reads or makes. Checks, looks and lines of
        the ledger go by `[retention]`.
        """
        from inlink.workbench import forgetting, upkeep

        found = upkeep.gc(self._home(), keep=keep, keep_releases=keep_releases)
        return forgetting.forget_old(self._home(), found)

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
        graphs: Sequence[str] = ("pages", "hosts", "domains"),
        *,
        serves: bool = False,
        workers: int | None = None,
        report: Report = silent,
        **policy: Unpack[ranking.PolicyOptions],
    ) -> tuple[ranking.RankReport, ...]:
        """A scoring run of the served snapshot for each kind of graph, or the one of the same inputs that is there.

        serves: from now on rows are ordered by where the source's domain stands in the run of domains.
        """
        return ranking.rank(self._home(), graphs, serves=serves, workers=workers, report=report, **policy)

    def authority(self, target: str, *, scope: str | None = None, run: str = "latest") -> ranking.Authority:
        """Mass, position and authority of a page, host or domain; `run` is a name, or how it begins."""
        return ranking.authority(self._home(), target, scope, run)

    def explain(
        self, target: str, *, scope: str | None = None, run: str = "latest", **about: Unpack[ExplainOptions]
    ) -> Explanation:
        """Which links carry a target's mass, or where it began; the parts sum to it."""
        from inlink.workbench import explaining

        links_of = explaining.links_behind(self, target, scope)
        kept = self._explained
        return explaining.explain(self._home(), target, scope, run, links_of=links_of, kept=kept, **about)

    def explain_in_release(
        self, target: str, release: str | None = None, *, kind: str | None = None, limit: int | None = 20
    ) -> Explanation:
        """Which references carry a domain's mass in a converted release on this machine; None: the newest here."""
        from inlink.workbench import explaining, explaining_releases

        opened = self.open_release(release, kind=kind)
        links_of = explaining.links_behind(self, target, None) if self._home().current() else None
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

        return explaining_releases.what_if_in(self.open_release(release, kind=kind), target, add=add, lose=lose)

    def fragility_in_release(
        self, target: str, release: str | None = None, *, kind: str | None = None
    ) -> FragilityAnswer:
        """How much of a domain's mass in a converted release rests on its strongest 1, 3 and 10 sources."""
        from inlink.workbench import explaining_releases

        return explaining_releases.fragility_in(self.open_release(release, kind=kind), target)

    def what_if(
        self, target: str, *, scope: str | None = None, run: str = "latest", **links: Unpack[WhatIfOptions]
    ) -> WhatIfAnswer:
        """A target's mass if links to it were added or lost; the sources whose link would bring most."""
        from inlink.workbench import explaining

        return explaining.what_if(self._home(), target, scope, run, kept=self._explained, **links)

    def fragility(
        self, target: str, *, scope: str | None = None, run: str = "latest", exact: bool = False
    ) -> FragilityAnswer:
        """How much of a target's mass rests on its strongest 1, 3 and 10 sources."""
        from inlink.workbench import explaining

        return explaining.fragility(self._home(), target, scope, run, exact=exact, kept=self._explained)

    def diff_runs(self, run_a: str, run_b: str, **about: Unpack[ranking.DiffOptions]) -> Rows:
        """What changed each target's mass between two runs: the model, my links, and the rest; these add up."""
        return ranking.diff_runs(self._home(), run_a, run_b, **about)

    def status(self) -> Status:
        """What the workspace holds and serves."""
        from inlink.workbench import upkeep

        return upkeep.status(self._home())

    def runs(self) -> tuple[RunRow, ...]:
        """All scoring runs, the newest first."""
        from inlink.workbench import run_lists

        return run_lists.runs(self._home())

    @property
    def served(self) -> tuple[str, str | None]:
        """The snapshot that questions are answered from, and the run that orders its rows, if one does.

        Raises: NotFound before the first build.
        """
        snapshot, _, run = self._serve().serving.snapshot.partition("+")
        return snapshot, run or None

    def within(self, seconds: float) -> AbstractContextManager[None]:
        """A block in which this thread's questions to the index end when the time is over. Raises: TookTooLong."""
        return deadlines.within(self._serve().serving, seconds)

    def _home(self) -> Workspace:
        if self._workspace is None:
            raise NotConfigured("this workbench has a serving file and no workspace", hint="open the workspace itself")
        return self._workspace

    def _rows(self, question: str, target: str, scope: str | None, view: View) -> Rows:
        served = self._serve()
        with served.turns:
            return lists.answer(served, question, served.locate(target, scope, strict=view.strict), view)

    def _serve(self) -> Served:
        """The served file, opened anew when another snapshot is served. Raises: NotFound before the first build."""
        with self._opening:
            if self._workspace is not None and (self._served is None or self._workspace.current() != self._current):
                self._current, self._served = open_served(self._workspace, self._memory)
            if self._served is None:
                raise NotFound("the workbench is closed", hint="open it again")
            return self._served

    def _moment(self, value: str | datetime | None) -> datetime | None:
        """A time, or that of the latest capture of a snapshot that is named."""
        if isinstance(value, str) and self._workspace is not None and value in self._workspace.snapshots():
            return as_of(self._workspace.snapshot(value))
        return moment(value)


def _check_question(question: str) -> None:
    if question not in QUESTIONS:
        raise BadInput(f"there is no question {question!r}", hint=f"use one of {', '.join(QUESTIONS)}")
