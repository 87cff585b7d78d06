"""One step of a crawl: answers are archived, their links are judged, and all of it becomes true at once.

Order: records to the WARC file, forced to disk; then one transaction with the pages' states, the new URLs and how much
of the WARC file counts; then what the fetcher remembers. A crash between any two loses no page and archives none twice.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

from inlink.crawl.archive import Archive, Earlier, payload_digest, read_body
from inlink.crawl.frontier import DONE, FAILED, LEFT_OUT, SEED, Found, Frontier, Settled, Task, Unscripted
from inlink.crawl.harvest import Harvest, harvest
from inlink.crawl.judge import Judge
from inlink.crawl.plan import Scope
from inlink.crawl.scripts import Made, deserves_scripts
from inlink.crawl.words import ASIDE
from inlink.crawl.words import LEFT_OUT as LEFT_OUT_WORDS
from inlink.fetch import Memory, Reply
from inlink.fetch.memory import Known
from inlink.sources.codings import Decoded, undo_codings
from inlink.sources.limits import DEFAULT_LIMITS
from inlink.sources.records import Record

MAX_TRIES = 3
MAX_BUSY_TRIES = 6  # of pages answered by 429 or 503
MAX_FAILURES = 5  # of a host in a row, before it is set aside
WELCOMED = "welcomed"


@dataclass(frozen=True)
class Outcome:
    """A page that was asked for. `known`: what was archived of it before; `sitemaps`: what its robots.txt names."""

    task: Task
    reply: Reply
    known: Known | None = None
    sitemaps: tuple[str, ...] = ()

    @cached_property
    def decoded(self) -> Decoded:
        """The body without its content codings."""
        reply = self.reply
        return _undone(reply.body, reply.headers)


@dataclass(slots=True)
class Wants:
    """What the crawler has room for: pages of hosts that it works on, and hosts."""

    pages: dict[int, int] = field(default_factory=dict)
    n_hosts: int = 0
    n_pages: int = 32  # of a host that is new
    active: frozenset[int] = frozenset()
    aside: tuple[tuple[int, str], ...] = ()
    returned: tuple[Task, ...] = ()


@dataclass(slots=True)
class Tally:
    """What a run has done so far. Units: n_bytes bytes of bodies as sent."""

    n_answered: int = 0  # outcomes of any kind, those of sitemaps apart
    n_pages: int = 0  # that are archived
    n_sitemaps: int = 0  # that are archived
    n_failed: int = 0
    n_revisits: int = 0
    n_again: int = 0
    n_bytes: int = 0


@dataclass(slots=True)
class _Fates:
    """What becomes of the pages of a batch."""

    final: list[Outcome] = field(default_factory=list)
    again: list[int] = field(default_factory=list)
    settled: list[Settled] = field(default_factory=list)
    aside: list[tuple[int, str]] = field(default_factory=list)


class Committer:
    """Makes steps, one at a time, on whatever thread it is called."""

    def __init__(
        self,
        frontier: Frontier,
        archive: Archive,
        judge: Judge,
        scope: Scope,
        memory: Memory,
        folder: Path,
        *,
        scripts: str = "no",
    ) -> None:
        self._frontier, self._archive, self._judge, self._scope = frontier, archive, judge, scope
        self._scripts = scripts
        self._places: dict[int, tuple[str, str]] = {}  # of answers of the step: id of the record, place of the body
        self._memory, self._folder = memory, folder
        self._taken: dict[int, set[int]] = {}
        self._failures: dict[int, int] = {}
        self._ring = -1
        self._answered: set[int] = set()  # hosts
        self._sums = Tally()
        self.tally = Tally()  # as of the last step: others read it while the next one is made
        self.aside: set[int] = set()  # hosts, for the rest of this run

    def step(self, outcomes: Sequence[Outcome], wants: Wants) -> dict[int, list[Task]]:
        """Make the outcomes true; gives the next pages by host."""
        fates = self._fates(outcomes)
        self._places.clear()
        known: list[Known] = []
        records = [self._archived(outcome, known) for outcome in fates.final]
        self._archive.flush()
        harvests = harvest(records, [o.task.is_sitemap for o in fates.final])
        with self._frontier.step():
            for outcome in outcomes:
                listed = self._judge.listed(
                    outcome.sitemaps, source=outcome.task.url, source_id=outcome.task.id, depth=outcome.task.depth
                )
                self._frontier.add(list(listed))
            for outcome, found in zip(fates.final, harvests, strict=True):
                self._judge.done(outcome.task.url, found.simhash)
                self._frontier.add(list(self._rows(outcome, found)))
                fates.settled.append(_settled(outcome, found))
            self._frontier.settle(fates.settled)
            self._frontier.note_unscripted(self._unscripted(fates.final, records, harvests))
            self._frontier.put_back(fates.again)
            for host_id, why in (*fates.aside, *wants.aside):
                self._frontier.set_aside(host_id, why)
                self.aside.add(host_id)
            self._keep()
            self._let_go([*(outcome.task for outcome in outcomes), *wants.returned])
            next_pages = self._next(wants)
        self._archive.accepted()
        self._sums.n_answered += sum(not outcome.task.is_sitemap for outcome in outcomes)
        self.tally = replace(self._sums)
        self._memory.keep_known(known)
        self._memory.flush()
        self._archive.roll_over()
        return next_pages

    def script_step(self, made: Sequence[Made]) -> None:
        """Make true what scripts made of pages."""
        for each in made:
            if each.record is not None:
                self._archive.put_conversion(each.record)
        self._archive.flush()
        with self._frontier.step():
            for each in made:
                if each.found is not None:
                    task = each.page.task
                    ways = each.found.links.items()
                    rows = self._judge.judge(ways, source=task.url, source_id=task.id, depth=task.depth + 1)
                    self._frontier.add(list(rows))
            self._frontier.settle_scripts((each.page.task.id, each.problem, each.n_links) for each in made)
            self._keep()
        self._archive.accepted()
        self._archive.roll_over()

    def _keep(self) -> None:
        """What was counted of kinds of URLs, and how much of the archive is true."""
        self._frontier.keep_shapes(self._judge.changed_shapes())
        if self._archive.size:
            self._frontier.keep_file(self._archive.name, self._archive.size)

    def _unscripted(
        self, outcomes: Sequence[Outcome], records: Sequence[Record], harvests: Sequence[Harvest]
    ) -> Iterable[Unscripted]:
        """Pages whose scripts are to be run."""
        for outcome, record, found in zip(outcomes, records, harvests, strict=True):
            is_whole = outcome.reply.cut is None
            if is_whole and deserves_scripts(self._scripts, record, found):
                task = outcome.task
                yield Unscripted(task, *self._places[task.id], record.headers, record.fetched_at_us)

    def _fates(self, outcomes: Iterable[Outcome]) -> _Fates:
        fates = _Fates()
        for outcome in outcomes:
            task, reply = outcome.task, outcome.reply
            if reply.error in LEFT_OUT_WORDS:
                fates.settled.append(Settled(task.id, LEFT_OUT, reply.error))
            elif reply.status is None:
                self._failed(outcome, fates)
            elif _deserves_another_try(outcome):
                fates.again.append(task.id)
                self._sums.n_again += 1
            else:
                self._failures.pop(task.host_id, None)
                self._answered.add(task.host_id)
                fates.final.append(outcome)
        return fates

    def _failed(self, outcome: Outcome, fates: _Fates) -> None:
        """There was no answer: again later, or failed; the host is set aside where it never answers.

        Where robots.txt could not be read, that may be so of http alone: other pages of the host have their turn first.
        """
        task = outcome.task
        failures = self._failures[task.host_id] = self._failures.get(task.host_id, 0) + 1
        has_tries = task.n_tries + 1 < MAX_TRIES
        is_shut = outcome.reply.error == "robots-unreachable" and task.host_id not in self._answered
        if failures >= MAX_FAILURES or (is_shut and not has_tries):
            reply = outcome.reply
            why = reply.cause or reply.error if reply.error == "robots-unreachable" else None
            fates.aside.append((task.host_id, why if why in ASIDE else "unreachable"))
        if has_tries or is_shut:
            fates.again.append(task.id)
            self._sums.n_again += 1
        else:
            fates.settled.append(Settled(task.id, FAILED, outcome.reply.error, None, outcome.reply.asked_at_us))
            self._sums.n_failed += 1

    def _archived(self, outcome: Outcome, known: list[Known]) -> Record:
        """The answer's record, in the archive; the answer as extraction takes it."""
        reply, old = outcome.reply, outcome.known
        digest = payload_digest(reply.body)
        body, headers, status = reply.body, reply.headers, reply.status
        earlier = None
        if old is not None and (reply.status == 304 or (reply.status == 200 and old.digest == digest)):
            earlier, digest = Earlier(old.url, old.archived_at_us, old.digest), old.digest
            self._sums.n_revisits += not outcome.task.is_sitemap
            if reply.status == 304:
                status, headers, body = self._earlier_answer(old) or (status, headers, body)
        placed = self._archive.put(reply, digest, earlier)
        self._places[outcome.task.id] = placed.record, (old.place or "") if old and earlier else placed.place
        self._sums.n_sitemaps += outcome.task.is_sitemap
        self._sums.n_pages += not outcome.task.is_sitemap
        self._sums.n_bytes += len(reply.body)
        if earlier is None and reply.status == 200 and reply.cut is None:
            etag, modified = reply.header("etag"), reply.header("last-modified")
            known.append(Known(outcome.task.url, etag, modified, digest, reply.asked_at_us, placed.place))
        decoded = outcome.decoded if body is reply.body else _undone(body, headers)
        body = b"" if decoded.slug == "body-undecodable" else decoded.body
        return Record(reply.url, reply.asked_at_us, status, headers, body, placed.offset, placed.length, digest)

    def _earlier_answer(self, old: Known) -> tuple[int, tuple[tuple[str, str], ...], bytes] | None:
        """The archived answer that a 304 repeats, as it was sent then."""
        found = read_body(self._folder, old.place or "")
        if found is None:
            return None
        lines = found[0].decode("utf-8", "replace").split("\r\n")[1:]
        return 200, tuple((n, v.strip()) for n, _, v in (line.partition(":") for line in lines)), found[1]

    def _rows(self, outcome: Outcome, found: Harvest) -> Iterable[Found]:
        """The URLs that an answer leads to, judged."""
        task, judge = outcome.task, self._judge
        url, page = task.url, task.id
        if found.redirect is not None:
            if task.flags & SEED and self._scope.may_widen(task.url, found.redirect):
                self._welcome(found.redirect)
            way = [(found.redirect, False)]
            rows = judge.judge(way, source=url, source_id=page, depth=task.depth, hops=task.hops + 1)
            for row in rows:
                flags = task.flags if row.why is None else 0
                yield Found(row.url, row.host, row.depth, row.why, flags, row.hops, row.found_on, row.key)
        if found.listing == "sitemap-index":
            yield from judge.listed(found.listed, source=url, source_id=page, depth=task.depth)
        else:
            ways = [(each, False) for each in found.listed]
            yield from judge.judge(ways, source=url, source_id=page, depth=task.depth + 1)
        yield from judge.judge(found.links.items(), source=url, source_id=page, depth=task.depth + 1)

    def _welcome(self, url: str) -> None:
        self._scope.welcome(url)
        welcomed = json.loads(self._frontier.fact(WELCOMED) or "[]")
        self._frontier.keep_fact(WELCOMED, json.dumps([*welcomed, url]))

    def _next(self, wants: Wants) -> dict[int, list[Task]]:
        """Pages to ask for: of hosts that run short, then of other hosts."""
        asked = {host_id: n for host_id, n in wants.pages.items() if host_id not in self.aside}
        if wants.n_hosts:
            ring = self._frontier.hosts_waiting(wants.n_hosts + len(wants.active), self._ring)
            new = [host_id for host_id in ring if host_id not in wants.active][: wants.n_hosts]
            asked.update(dict.fromkeys(new, wants.n_pages))
            self._ring = new[-1] if new else -1
        found = {host_id: self._take(host_id, n) for host_id, n in asked.items()}
        return {host_id: tasks for host_id, tasks in found.items() if tasks}

    def _take(self, host_id: int, n: int) -> list[Task]:
        """The next pages of a host; those of kinds that are traps are left out on the way."""
        good: list[Task] = []
        taken = self._taken.setdefault(host_id, set())
        while len(good) < n:
            tasks = self._frontier.take(host_id, n - len(good), taken)
            closed = [(task, why) for task in tasks if (why := self._judge.closed(task.url)) is not None]
            self._frontier.settle(Settled(task.id, LEFT_OUT, why) for task, why in closed)
            doomed = {task.id for task, _ in closed}
            good += [task for task in tasks if task.id not in doomed]
            taken.update(task.id for task in tasks if task.id not in doomed)
            if not closed:
                break
        if not taken:
            del self._taken[host_id]
        return good

    def _let_go(self, tasks: Iterable[Task]) -> None:
        """Pages that nobody is at any more."""
        for task in tasks:
            taken = self._taken.get(task.host_id)
            if taken is not None:
                taken.discard(task.id)
                if not taken:
                    del self._taken[task.host_id]


def _undone(body: bytes, headers: Iterable[tuple[str, str]]) -> Decoded:
    """A body without the content codings that its headers name."""
    codings = next((value for name, value in headers if name.lower() == "content-encoding"), "")
    return undo_codings(body, codings, DEFAULT_LIMITS) if codings and body else Decoded(body)


def _deserves_another_try(outcome: Outcome) -> bool:
    """Whether an answer may be another one later: the server is busy or broken, or the body came in part or damaged."""
    task, reply = outcome.task, outcome.reply
    if reply.status in (429, 503):
        return task.n_tries + 1 < MAX_BUSY_TRIES
    if task.n_tries + 1 >= MAX_TRIES:
        return False
    if (reply.status or 0) in (500, 502, 504) or reply.cut in ("disconnect", "time"):
        return True
    return reply.cut is None and outcome.decoded.slug == "body-undecodable"


def _settled(outcome: Outcome, found: Harvest) -> Settled:
    reply = outcome.reply
    return Settled(
        outcome.task.id,
        DONE,
        None,
        reply.status,
        reply.asked_at_us,
        found.text_digest,
        found.simhash,
        found.canonical,
    )
