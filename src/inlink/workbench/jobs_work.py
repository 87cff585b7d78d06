"""What each kind of job does, in a process of its own: calls of the workbench, and what came of them in words.

Every one is idempotent: begun again after a death, it goes on or finds that all is done.
"""

from __future__ import annotations

import contextlib
import dataclasses
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from inlink.engine.protocol import Progress
from inlink.errors import BadInput
from inlink.workbench.jobs_child import Telling
from inlink.workbench.jobs_kinds import (
    EXPORTS,
    Add,
    Arguments,
    Build,
    Check,
    Crawl,
    Demo,
    Explain,
    Export,
    Gc,
    Monitor,
    Rank,
    Release,
    Verify,
    checked,
    kind_of,
)  # fmt: skip
from inlink.workbench.uploads import upload_path
from inlink.workbench.workbench import Workbench

SHOWN = 20  # rows of a list that a result keeps
Came = tuple[str, dict[str, Any]]  # in words, and as an object


@dataclasses.dataclass(frozen=True, slots=True)
class Task:
    """A job as its process knows it. is_again: an earlier try was cut off; began_us: when the first one began."""

    bench: Workbench
    job_id: int
    is_again: bool
    began_us: int
    telling: Telling


def work(order: Mapping[str, Any], telling: Telling) -> Came:
    """Do what an order says."""
    kind = kind_of(order["kind"])
    arguments = checked(kind, order["arguments"])
    with Workbench.open(order["folder"]) as bench:
        task = Task(bench, int(order["job_id"]), bool(order["is_again"]), int(order["began_us"]), telling)
        said, result = WORK[kind.arguments](task, arguments)
    return said, result


def _crawl(task: Task, about: Crawl) -> Came:
    from inlink.workbench.crawling import CrawlOptions

    limits = (about.max_depth, about.max_pages, about.max_host_pages)
    is_new = about.is_new and not task.is_again
    options = CrawlOptions(about.scope, *limits, about.follows_nofollow, about.reads_sitemaps, about.scripts, is_new)
    found = task.bench.crawl(about.seeds, options, report=task.telling.report, stop=task.telling.stop)
    n_failed = sum(found.failed.values())
    more = [f"{n_failed:,} without an answer"] if n_failed else []
    if robots := found.left_out.get("robots"):
        more.append(f"refused by robots.txt: {robots:,}")
    if found.n_waiting:
        more.append(f"{found.n_waiting:,} waiting")
    said = "; ".join([_counted(found.n_done, "page"), *more])
    result = _plain(found) | {"pages_per_s": found.pages_per_s}
    return said, result | {"is_stopped": found.ending == "stopped"}


def _add(task: Task, about: Add) -> Came:
    folder = task.bench.path
    uploaded = {name: upload_path(folder, name) for name in about.uploads}
    there = [str(path) for path in uploaded.values() if path.exists()]
    if not there and not about.inputs and not task.is_again:
        raise BadInput("nothing to add is named", hint="name files, folders or addresses")
    found = []
    if there:  # what was uploaded is copied into the archive, then it goes
        found.append(task.bench.add(there, keep=True, base_url=about.base_url, report=task.telling.report))
        for path in there:
            Path(path).unlink(missing_ok=True)
    if about.inputs:
        found.append(task.bench.add(about.inputs, keep=about.keep, base_url=about.base_url, report=task.telling.report))
    refused = [error for one in found for error in one.refused]
    counts = {word: sum(one.count(word) for one in found) for word in ("added", "known", "copy")}
    for error in refused[:SHOWN]:
        task.telling.say(f"{error.message} ({error.hint})" if error.hint else error.message, is_fault=True)
    if refused and not any(counts.values()):
        raise BadInput(refused[0].message, hint=refused[0].hint)
    said = [f"{counts['added']:,} added"]
    said += [f"{counts['known'] + counts['copy']:,} known already"] if counts["known"] or counts["copy"] else []
    said += [f"{len(refused):,} refused"] if refused else []
    added = [{"name": a.input.name, "format": a.input.format, "outcome": a.outcome} for one in found for a in one.added]
    return ", ".join(said), {**counts, "n_refused": len(refused), "inputs": added[:SHOWN]}


def _build(task: Task, about: Build) -> Came:
    found = task.bench.build(workers=about.workers, report=task.telling.report)
    for bad in found.failed[:SHOWN]:
        task.telling.say(f"{bad.name}: {bad.error.message}", is_fault=True)
    word = {"built": "is served", "unchanged": "holds all of it already", "restored": "is served again"}[found.outcome]
    holds = f"{_counted(found.n_links, 'link')} of {_counted(found.n_captures, 'capture')}"
    said = f"snapshot {found.snapshot} {word}: {holds}"
    n_bad = sum(found.errors.values())
    said += f"; {_counted(n_bad, 'record')} could not be read" if n_bad else ""
    said += f"; {_counted(len(found.failed), 'input')} failed" if found.failed else ""
    result = _plain(found, leave=("examples", "failed"))
    return said, result | {"failed": [{"name": bad.name, "error": bad.error.message} for bad in found.failed[:SHOWN]]}


def _rank(task: Task, about: Rank) -> Came:
    policy: Any = {} if about.follow is None else {"follow": about.follow}
    policy |= {} if about.release is None else {"release": about.release}
    found = task.bench.rank(
        about.graphs, serves=about.serves, keeps_lists=about.keeps_lists, report=task.telling.report, **policy
    )
    said = "; ".join(
        f"{one.n:,} {one.graph} in {_counted(one.iterations, 'step')}, error ≤ {one.error_bound:.0e}" for one in found
    )
    runs = [{"graph": one.graph, "run": one.run, "n": one.n, "m": one.m, "outcome": one.outcome} for one in found]
    return said, {"runs": runs}


def _check(task: Task, about: Check) -> Came:
    from inlink.workbench.checking import CheckOptions

    urls = about.urls or task.bench.check_targets(about.site or "", about.links, limit=about.limit)
    fresh_s = max(about.fresh_s, time.time() - task.began_us / 1e6) if task.is_again else about.fresh_s
    found = task.bench.check(urls, CheckOptions(fresh_s), report=task.telling.report, stop=task.telling.stop)
    said = _listed(found.states) or "nothing to check"
    said += f"; {found.n_fresh:,} checked lately" if found.n_fresh else ""
    result: dict[str, Any] = {"n_checked": found.n_checked, "n_fresh": found.n_fresh, "took_s": found.took_s}
    result |= {"verdicts": dict(found.verdicts), "states": dict(found.states), "is_stopped": found.is_stopped}
    return said, result


def _monitor(task: Task, about: Monitor) -> Came:
    from inlink.workbench.monitor_results import RunOptions

    looks_at_all = about.looks_at_all and not task.is_again  # those that were not looked at are still due
    options = RunOptions(looks_at_all=looks_at_all)
    found = task.bench.monitor.run(options, report=task.telling.report, stop=task.telling.stop)
    news = _listed(found.events) or "nothing new"
    result = _plain(found)
    return f"{_counted(found.n_watches, 'link')} on {_counted(found.n_pages, 'page')}: {news}", result


def _release(task: Task, about: Release) -> Came:
    from inlink.workbench.release_results import ImportOptions

    if about.only_fetch:
        got = task.bench.fetch_release(
            about.name, about.graph, where=about.where, ranks=about.ranks, report=task.telling.report
        )
        return f"{_counted(got.n_files, 'file')}, {got.size_bytes / 1e9:,.1f} GB", _plain(got)
    options = ImportOptions(where=about.where, ranks=about.ranks)
    found = task.bench.import_release(about.name, about.graph, options, report=task.telling.report)
    said = f"{found.n_nodes:,} {about.graph}s, {found.n_edges:,} references"
    return said, _plain(found, leave=("examples",))


def _explain(task: Task, about: Explain) -> Came:
    from inlink.workbench.explaining_files import write_origins

    task.telling.report(Progress("explain", 0, None, "sources", about.target))
    found = task.bench.explain(
        about.target, scope=about.scope, run=about.run, origins=True, exact=True, limit=about.limit
    )
    path = _file_of(task, about.format)
    write_origins(found, path, about.format)
    result = {"file": path.name, "run": found.about.run, "n_sources": found.n_sources, "n_others": found.n_others}
    result |= {"others": found.others, "rows": [_plain(row) for row in found.rows[:SHOWN]]}
    rest = f"; {found.n_others:,} more gave {found.others:.2g} of {found.about.now.mass:.3g}" if found.n_others else ""
    return f"{_counted(found.n_sources, 'source')} of all its mass{rest}", result


def _file_of(task: Task, form: str) -> Path:
    """Where a job writes what it found."""
    folder = task.bench.path / EXPORTS
    folder.mkdir(exist_ok=True)
    return folder / f"job-{task.job_id}.{form}"


def _export(task: Task, about: Export) -> Came:
    path = _file_of(task, about.format)
    view: Any = about.view
    found = task.bench.export(
        about.question, about.target, path,
        format=about.format, scope=about.scope, from_=about.from_, until=about.until, **view,
    )  # fmt: skip
    return f"{found.n_rows:,} rows, {found.n_bytes / 1e6:,.1f} MB", {"file": path.name, "n_rows": found.n_rows}


def _gc(task: Task, about: Gc) -> Came:
    found = task.bench.gc(keep=about.keep, keep_releases=about.keep_releases)
    said = f"{_counted(len(found.snapshots), 'snapshot')} removed, {found.freed_bytes / 1e6:,.1f} MB free"
    return said, _plain(found)


def _verify(task: Task, about: Verify) -> Came:
    found = task.bench.verify(report=task.telling.report)
    for fault in found.faults[:SHOWN]:
        task.telling.say(fault, is_fault=True)
    said = f"{_counted(len(found.faults), 'fault')} found" if found.faults else "all is sound"
    return f"{said}: {_counted(found.n_parts, 'part')}, {_counted(found.n_snapshots, 'snapshot')}", _plain(found)


def _demo(task: Task, about: Demo) -> Came:
    from inlink.workbench.demo_project import fill

    found = fill(task.bench, task.telling.report)
    said = f"{found.n_hosts} hosts, {found.n_links:,} links, {found.n_watches} watched, {found.n_alerts} alerts"
    return said, _plain(found)


WORK: dict[type[Arguments], Callable[[Task, Any], Came]] = {
    Crawl: _crawl,
    Add: _add,
    Build: _build,
    Rank: _rank,
    Check: _check,
    Monitor: _monitor,
    Release: _release,
    Explain: _explain,
    Export: _export,
    Gc: _gc,
    Verify: _verify,
    Demo: _demo,
}


def _counted(n: int, word: str) -> str:
    return f"{n:,} {word if n == 1 else word + 's'}"


def _listed(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{n:,} {name}" for name, n in counts.items())


def _plain(found: Any, leave: tuple[str, ...] = ()) -> dict[str, Any]:
    """A report as an object that JSON can hold; long lists are cut."""
    return {
        field.name: _short(getattr(found, field.name)) for field in dataclasses.fields(found) if field.name not in leave
    }


def _short(value: Any) -> Any:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return _plain(value)
    if isinstance(value, Mapping):
        return {str(key): _short(one) for key, one in list(value.items())[:200]}
    if isinstance(value, (list, tuple)):
        return [_short(one) for one in value[:SHOWN]]
    with contextlib.suppress(AttributeError):
        return value.isoformat()
    return value
