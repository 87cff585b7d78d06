"""Crawl into a workspace: the frontier in crawls/, archives in archive/, each registered as an input for `build`."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from filelock import FileLock, Timeout

from inlink.crawl.frontier import DONE, FAILED, LEFT_OUT, Frontier
from inlink.crawl.plan import Plan, host_of, plan_seeds
from inlink.crawl.words import TRAPS
from inlink.engine.protocol import Report, silent
from inlink.errors import Busy, NotConfigured, Refused
from inlink.fetch import Manners, Memory, Policy, parse_route
from inlink.fetch.browser import check_browser
from inlink.fetch.guard import check_url
from inlink.index import adding
from inlink.store.disk import told_when_full
from inlink.store.workspace import Workspace
from inlink.urls.domains import SuffixRules
from inlink.urls.parse import parse

if TYPE_CHECKING:
    from inlink.crawl.crawler import Ended

FOLDER, FRONTIER, COURTESY = "crawls", "frontier.db", "courtesy.db"
_PLAN, _ENDED = "plan", "ended"
_DAY_US = 86_400_000_000
_SAID_SEEDS = 3
_OWN = "if the host is yours, name it in fetch.test_hosts of inlink.toml, or lead it somewhere by fetch.routes"
_CURES = {"credentials": "write it without the user name", "port": _OWN, "address": _OWN}


@dataclass(frozen=True, slots=True)
class CrawlOptions:
    """How far a crawl goes; see `crawl.plan.Plan`. is_new: do not go on with an earlier crawl of the same seeds."""

    scope: str = "domain"
    max_depth: int | None = None
    max_pages: int | None = None
    max_host_pages: int | None = None
    follows_nofollow: bool = False
    reads_sitemaps: bool = True
    scripts: str = "no"
    is_new: bool = False


@dataclass(frozen=True, slots=True)
class CrawlReport:
    """What a crawl did and what it left out.

    ending: done, page-limit, stopped or waiting. Of this run: n_pages archived, n_revisits of them unchanged, n_again
    asked again after a poor answer, n_bytes of bodies. Of the whole crawl: n_done, n_waiting, statuses (pages by HTTP
    status), n_sitemaps (that answered; they are no pages), failed, left_out (URLs by reason), examples of both, traps
    (reason, example, URLs), aside (host, why, pages), n_same_text, n_canonical_elsewhere, n_scripted (pages whose
    scripts were run), n_script_links (links that were not there before), not_scripted (pages by reason). warcs: files
    that are inputs now. never_asked: seeds that may not be asked, and why in words.
    """

    name: str
    is_resumed: bool
    ending: str
    n_pages: int
    n_revisits: int
    n_again: int
    n_bytes: int
    took_s: float
    n_done: int
    n_waiting: int
    n_same_text: int
    n_canonical_elsewhere: int
    statuses: Mapping[int, int]
    failed: Mapping[str, int]
    left_out: Mapping[str, int]
    examples: Mapping[str, tuple[str, ...]]
    traps: tuple[tuple[str, str, int], ...]
    aside: tuple[tuple[str, str, int], ...]
    warcs: tuple[str, ...] = field(default=())
    n_scripted: int = 0
    n_script_links: int = 0
    not_scripted: Mapping[str, int] = field(default_factory=dict)
    n_sitemaps: int = 0
    never_asked: tuple[tuple[str, str], ...] = ()

    @property
    def pages_per_s(self) -> float:
        """Pages archived a second in this run."""
        return self.n_pages / self.took_s if self.took_s > 0 else 0.0


def crawl(
    workspace: Workspace,
    seeds: tuple[str, ...],
    options: CrawlOptions | None = None,
    *,
    report: Report = silent,
    stop: threading.Event | None = None,
    manners: Manners | None = None,
) -> CrawlReport:
    """Crawl, or go on with the unfinished crawl of the same seeds and scope. `stop` ends it politely from outside.

    Raises: BadInput, NotConfigured (nobody to contact), Busy (another crawl runs in this workspace).
    """
    from inlink.crawl.crawler import Crawl, Place, opened  # the compiler comes with it, 50 MB that a site does without

    options = options or CrawlOptions()
    policy, manners = policy_of(workspace), manners or manners_of(workspace)
    plan = _plan(seeds, options, policy)
    if plan.scripts != "no":
        check_browser()
    never_asked = _never_asked(plan.seeds, policy, manners)
    check_contact(plan.seeds, policy, manners, is_wide=plan.scope == "web")
    rules = SuffixRules(workspace.settings.suffixes)
    with told_when_full(workspace.path), alone(workspace):
        name, is_resumed = _name(workspace, plan, is_new=options.is_new)
        frontier_path = workspace.path / FOLDER / name / FRONTIER
        place = Place(frontier_path, workspace.archive, f"crawl-{name}", _citable(workspace))
        place.frontier.parent.mkdir(parents=True, exist_ok=True)
        memory = open_memory(workspace)
        try:
            with opened(place) as frontier:
                with frontier.step():
                    frontier.keep_fact(_PLAN, plan.digest)
                work = Crawl(
                    plan, frontier, place, memory,
                    policy=policy, manners=manners, rules=rules, report=report, stop=stop,
                )  # fmt: skip
                ended = work.run()
                warcs = _register(workspace, frontier)
                with frontier.step():
                    frontier.keep_fact(_ENDED, ended.ending)
                found = _reported(name, frontier, ended, warcs, is_resumed=is_resumed)
                return replace(found, never_asked=never_asked)
        finally:
            memory.close()


def open_memory(workspace: Workspace) -> Memory:
    """What the workspace's fetchers remember; lines of the ledger that are too old become counts."""
    memory = Memory(workspace.path / FOLDER / COURTESY)
    _trim(memory, workspace)
    return memory


def forget_old(workspace: Workspace) -> int:
    """How many lines of the ledger were too old (`retention.ledger_days`) and became counts."""
    if not (workspace.path / FOLDER / COURTESY).exists():
        return 0
    memory = Memory(workspace.path / FOLDER / COURTESY)
    try:
        return _trim(memory, workspace)
    finally:
        memory.close()


def _trim(memory: Memory, workspace: Workspace) -> int:
    return memory.forget(time.time_ns() // 1000 - workspace.settings.retention.ledger_days * _DAY_US)


def policy_of(workspace: Workspace) -> Policy:
    """What may be fetched, by the workspace's settings. Raises: BadInput."""
    found = workspace.settings.fetch
    return Policy(test_hosts=_as_asked(found.test_hosts), routes=tuple(parse_route(text) for text in found.routes))


def manners_of(workspace: Workspace) -> Manners:
    """How the fetcher behaves, by the workspace's settings."""
    found = workspace.settings.fetch
    return Manners(contact=found.contact, delay_s=found.delay_s, opt_out=_as_asked(found.opt_out))


def _as_asked(names: tuple[str, ...]) -> frozenset[str]:
    """Hosts as URLs have them: bücher.example is xn--bcher-kva.example."""
    parsed = [(name, parse(f"https://{name}/")) for name in names]
    return frozenset(url.host if url is not None and url.host else name for name, url in parsed)


def _plan(seeds: tuple[str, ...], options: CrawlOptions, policy: Policy) -> Plan:
    return Plan(
        plan_seeds(seeds, policy),
        options.scope,
        options.max_depth,
        options.max_pages,
        options.max_host_pages,
        options.follows_nofollow,
        options.reads_sitemaps,
        options.scripts,
    )


def _never_asked(seeds: tuple[str, ...], policy: Policy, manners: Manners) -> tuple[tuple[str, str], ...]:
    """Seeds that may not be asked, and why in words. Raises: Refused where there are no others."""
    found: dict[str, str] = {}
    hint = ""
    for seed in seeds:
        try:
            place = check_url(seed, policy)
        except Refused as error:
            found[seed] = error.message
            hint = _CURES.get(str(error.facts.get("reason")), "")
        else:
            if manners.is_opted_out(place.host):
                found[seed] = f"{place.host} is on the opt-out list"
                hint = "take it out of fetch.opt_out in inlink.toml"
    if len(found) == len(seeds):
        raise Refused(f"no seed can be asked: {'; '.join(list(found.values())[:_SAID_SEEDS])}", hint=hint)
    return tuple(found.items())


def check_contact(urls: Iterable[str], policy: Policy, manners: Manners, *, is_wide: bool = False) -> None:
    """Other people's servers are asked by somebody they can reach. Raises: NotConfigured.

    is_wide: hosts that are not among the URLs are asked too.
    """
    if manners.contact:
        return
    for url in urls:
        is_mine = policy.is_test_host(host_of(url), 443 if url.startswith("https:") else 80)
        if not is_mine or is_wide:
            raise NotConfigured(
                "nobody is named whom webmasters can reach",
                hint='write contact = "https://…" (or an e-mail address) under [fetch] in inlink.toml',
            )


@contextmanager
def alone(workspace: Workspace) -> Iterator[None]:
    """One crawl or check a workspace, so that a host never gets two requests at a time from it. Raises: Busy."""
    lock = FileLock(workspace.locks / "crawl.lock")
    try:
        lock.acquire(timeout=0)
    except Timeout:
        raise Busy(
            f"a crawl or check of {workspace.path} is running", hint="wait until it has ended, or stop it with Ctrl-C"
        ) from None
    try:
        yield
    finally:
        lock.release()


def _name(workspace: Workspace, plan: Plan, *, is_new: bool) -> tuple[str, bool]:
    """The unfinished crawl of the same seeds and scope, or a new name; and whether it is the former."""
    folder = workspace.path / FOLDER
    for path in () if is_new else sorted(folder.glob(f"*/{FRONTIER}"), reverse=True):
        frontier = Frontier(path)
        try:
            is_same = frontier.fact(_PLAN) in (plan.digest, None) and frontier.fact(_ENDED) != "done"
        finally:
            frontier.close()
        if is_same:
            return path.parent.name, True
    name = stem = f"{datetime.now(UTC):%Y%m%d-%H%M%S}"
    number = 1
    while (folder / name).exists():
        number += 1
        name = f"{stem}-{number}"
    return name, False


def _citable(workspace: Workspace) -> frozenset[str]:
    """Archives of the workspace that the next build reads: a record elsewhere would stand for nothing."""
    places = (Path(entry.facts.get("path", "")) for entry in workspace.inputs.values())
    return frozenset(place.name for place in places if place.parent == workspace.archive and place.exists())


def _register(workspace: Workspace, frontier: Frontier) -> tuple[str, ...]:
    """Finished archives are inputs of the workspace from now on."""
    names = [name for name in frontier.files(registered=False) if (workspace.archive / name).exists()]
    paths = [str(workspace.archive / name) for name in names]
    if paths:
        adding.add(workspace, paths)
        with frontier.step():
            for name in names:
                frontier.mark_registered(name)
    return tuple(paths)


def _reported(name: str, frontier: Frontier, ended: Ended, warcs: tuple[str, ...], *, is_resumed: bool) -> CrawlReport:
    statuses: dict[int, int] = {}
    why: dict[int, dict[str, int]] = {LEFT_OUT: {}, FAILED: {}}
    n_done = 0
    for state, reason, status, n in frontier.counts():
        if state == DONE:
            n_done += n
            statuses[status or 0] = statuses.get(status or 0, 0) + n
        elif state in why:
            known = why[state]
            known[reason or "unknown"] = known.get(reason or "unknown", 0) + n
    near = frontier.near()
    scripts = frontier.scripts()
    slugs = [*why[LEFT_OUT], *why[FAILED]]
    tally = ended.tally
    return CrawlReport(
        name=name,
        is_resumed=is_resumed,
        ending=ended.ending,
        n_pages=tally.n_pages,
        n_revisits=tally.n_revisits,
        n_again=tally.n_again,
        n_bytes=tally.n_bytes,
        took_s=ended.took_s,
        n_done=n_done,
        n_waiting=frontier.n_waiting(),
        n_same_text=near.n_same_text,
        n_canonical_elsewhere=near.n_canonical_elsewhere,
        statuses=dict(sorted(statuses.items())),
        failed=_by_size(why[FAILED]),
        left_out=_by_size(why[LEFT_OUT]),
        examples={slug: tuple(frontier.examples(slug)) for slug in dict.fromkeys(slugs)},
        traps=tuple(row for row in frontier.closed_shapes() if row[0] in TRAPS),
        aside=tuple(frontier.aside()),
        warcs=warcs,
        n_scripted=sum(n for state, _, n, _ in scripts if state == DONE),
        n_script_links=sum(n for _, _, _, n in scripts),
        n_sitemaps=frontier.n_sitemaps(),
        not_scripted=_by_size({why or "waiting": n for state, why, n, _ in scripts if state != DONE}),
    )


def _by_size(found: dict[str, int]) -> dict[str, int]:
    return dict(sorted(found.items(), key=lambda item: (-item[1], item[0])))
