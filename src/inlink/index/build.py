"""Build: extract what is missing, arrange it into a snapshot, make the serving file, serve it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import duckdb

from inlink.engine.protocol import Engine, Outcome, Progress, Report, Task, Tell, silent
from inlink.errors import CorruptIndex, InlinkError, NotConfigured
from inlink.index.jobs import CODE, MAKE_PART, Job, limits_of
from inlink.index.manifest import Manifest, make_manifest, read_manifest, snapshot_key, write_manifest
from inlink.index.reports import BadPart, BuildReport
from inlink.index.serving_reader import Serving
from inlink.index.stages import ArrangeJob, ServeJob, arrange_parts, make_serving
from inlink.sources.limits import Limits
from inlink.store.disk import check_room, full_error, is_full
from inlink.store.files import bytes_digest, publish, replace_text
from inlink.store.inputs import Input
from inlink.store.parts import PartInfo, part_digest, read_part
from inlink.store.workspace import Current, Workspace
from inlink.urls.domains import SuffixRules

LINKS_HERE = 300_000  # up to so many links, a stage is run in this process: starting another would take longer
# Room to ask for. Bytes of parts for each byte of packed input; then, for each link, what its row takes in the tables
# of the snapshot, in the serving file, and unpacked while rows are sorted.
_PART_SHARES = {"wat": 2.5}
_LINK_BYTES = 170 + 250 + 800
_SPARE_BYTES = 64 * 2**20


@dataclass(frozen=True, slots=True)
class _Plan:
    """The inputs with the digests of their parts, and the rules of this build."""

    workspace: Workspace
    parts: dict[str, Input]
    suffixes: tuple[str, ...]
    rules: SuffixRules
    limits: Limits


def build(workspace: Workspace, engine: Engine, report: Report = silent) -> BuildReport:
    """Bring what is served up to date with the inputs and the settings. Killed at any moment, it harms nothing.

    Raises: Busy while another build runs; NotConfigured without inputs; Unreachable where the disk has no room.
    """
    try:
        with workspace.building() as tmp:
            return _build(_plan(workspace), engine, tmp, report)
    except (OSError, duckdb.Error) as error:
        if is_full(error):
            raise full_error(workspace.path) from error
        raise


def _plan(workspace: Workspace) -> _Plan:
    settings = workspace.settings
    parts = part_names(workspace)
    if not parts:
        raise NotConfigured("there is nothing to build: no inputs", hint="add some: inlink add FILE…")
    return _Plan(workspace, parts, settings.suffixes, SuffixRules(settings.suffixes), limits_of(settings.limits))


def part_names(workspace: Workspace) -> dict[str, Input]:
    """Name of the part → input, for every input under today's settings and code, whether the part is made or not."""
    bounds = {name: int(value) for name, value in asdict(limits_of(workspace.settings.limits)).items()}
    return {part_digest(digest, code=CODE, limits=bounds): entry for digest, entry in workspace.inputs.items()}


def _build(plan: _Plan, engine: Engine, tmp: Path, report: Report) -> BuildReport:
    workspace = plan.workspace
    found = _found_parts(plan)
    missing = [digest for digest in plan.parts if digest not in found]
    _check_room_for_parts(plan, missing)
    failed = _extract(plan, missing, engine, tmp, report)
    parts = _found_parts(plan)
    if not parts:
        raise failed[0].error if failed else NotConfigured("no input gave a part", hint="add inputs that can be read")
    name = _same_snapshot(workspace, snapshot_key(list(parts), plan.rules))
    current = _served(workspace)
    outcome = "built" if name is None else "restored"
    if name is None:
        name = _arrange(plan, parts, engine, tmp, report)
    elif current is not None and current.snapshot == name and _can_be_served(workspace.serving(name, current.run)):
        outcome = "unchanged"
    if not _can_be_served(workspace.serving(name)):
        outcome = "built"
        _make_serving(workspace, name, engine, tmp, report)
    if outcome != "unchanged":
        workspace.serve(Current(name))
    manifest = read_manifest(workspace.snapshot(name))
    n_made = len(missing) - len(failed)
    return _report(plan, manifest, parts, outcome=outcome, n_made=n_made, failed=failed)


def _found_parts(plan: _Plan) -> dict[str, PartInfo]:
    found = {digest: read_part(plan.workspace.part(digest)) for digest in plan.parts}
    return {digest: info for digest, info in found.items() if info is not None}


def _check_room_for_parts(plan: _Plan, missing: Sequence[str]) -> None:
    inputs = [plan.parts[digest] for digest in missing]
    need = sum(_PART_SHARES.get(entry.format, 1.0) * (entry.size_bytes or 0) for entry in inputs)
    check_room(plan.workspace.path, int(need) + _SPARE_BYTES, what="reading the inputs")


def _extract(plan: _Plan, missing: Sequence[str], engine: Engine, tmp: Path, report: Report) -> tuple[BadPart, ...]:
    tasks = [
        Task(entry.name, Job(entry, digest, tmp / digest, plan.suffixes, plan.limits), entry.size_bytes or 0)
        for digest, entry in plan.parts.items()
        if digest in missing
    ]
    failed = []
    for outcome in engine.map(MAKE_PART, tasks, report, "extract"):
        if outcome.error is None:
            publish(tmp / outcome.value.part, plan.workspace.part(outcome.value.part))
        else:
            failed.append(_failure(outcome))
    return tuple(sorted(failed, key=lambda bad: bad.name))


def _failure(outcome: Outcome) -> BadPart:
    error = outcome.error or InlinkError("unknown")
    if error.facts.get("reason") == "disk-full":
        raise error
    entry = outcome.task.argument.input
    return BadPart(entry.name, entry.digest, str(error.facts.get("reason", "unreadable")), error)


def _same_snapshot(workspace: Workspace, key: str) -> str | None:
    for name in reversed(workspace.snapshots()):
        if name.endswith(key[:12]) and _key_of(workspace.snapshot(name)) == key:
            return name
    return None


def _served(workspace: Workspace) -> Current | None:
    """What is served; None also where CURRENT cannot be read: it is written again."""
    try:
        return workspace.current()
    except CorruptIndex:
        return None


def _key_of(folder: Path) -> str | None:
    """The key of a snapshot; None where its manifest cannot be read: it is made again under another number."""
    try:
        return read_manifest(folder).key
    except CorruptIndex:
        return None


def _can_be_served(file: Path) -> bool:
    """Whether the serving file is there, opens, and has the format that this version reads."""
    try:
        Serving(file).close()
    except (InlinkError, duckdb.Error):
        return False
    return True


def _arrange(plan: _Plan, parts: Mapping[str, PartInfo], engine: Engine, tmp: Path, report: Report) -> str:
    key = snapshot_key(list(parts), plan.rules)
    name = f"{_next_number(plan.workspace):04d}-{key[:12]}"
    folders = tuple(plan.workspace.part(digest) for digest in sorted(parts))
    out = tmp / name
    job = ArrangeJob(folders, out, tmp / "scratch", plan.suffixes, engine.workers, engine.memory_bytes)
    n_links = sum(info.rows["links"] for info in parts.values())
    check_room(plan.workspace.path, n_links * _LINK_BYTES + _SPARE_BYTES, what="the snapshot")
    written = _run(engine, arrange_parts, job, report=report, stage="arrange", n_links=n_links)
    write_manifest(out, make_manifest(name, list(parts.values()), plan.rules, plan.suffixes, written))
    publish(out, plan.workspace.snapshot(name))
    return name


def _run(
    engine: Engine, function: Callable[[Any, Tell], Any], job: Any, *, report: Report, stage: str, n_links: int
) -> Any:
    """What a stage gives: a large one gets a process of its own, so that its memory ends with it."""

    def tell(done: int, note: str = "", total: int | None = None) -> None:
        report(Progress(stage, done, total, "steps", note))

    if n_links <= LINKS_HERE:
        return function(job, tell)
    name = f"{function.__module__}:{function.__name__}"
    (outcome,) = engine.map(name, [Task(stage, job)], report, stage)
    if outcome.error is not None:
        raise outcome.error
    return outcome.value


def _next_number(workspace: Workspace) -> int:
    numbers = [int(name.split("-")[0]) for name in workspace.snapshots() if name.split("-")[0].isdigit()]
    return max(numbers, default=0) + 1


def _make_serving(workspace: Workspace, name: str, engine: Engine, tmp: Path, report: Report) -> None:
    aside, final = tmp / f"{name}.duckdb", workspace.serving(name)
    job = ServeJob(workspace.snapshot(name), aside, engine.workers, engine.memory_bytes)
    n_links = int(read_manifest(job.snapshot).tables["links"]["n_rows"])
    _run(engine, make_serving, job, report=report, stage="serve", n_links=n_links)
    replace_text(final.with_suffix(".digest"), bytes_digest(aside) + "\n")
    publish(aside, final)


def _report(
    plan: _Plan,
    manifest: Manifest,
    parts: Mapping[str, PartInfo],
    *,
    outcome: str,
    n_made: int,
    failed: tuple[BadPart, ...],
) -> BuildReport:
    rows = {name: int(table["n_rows"]) for name, table in manifest.tables.items()}
    examples: dict[str, list[dict[str, object]]] = {}
    for info in parts.values():
        for reason, shown in info.examples.items():
            examples.setdefault(reason, []).extend(shown)
    return BuildReport(
        outcome=outcome,
        snapshot=manifest.snapshot,
        n_inputs=len(plan.parts),
        n_extracted=n_made,
        n_reused=len(parts) - n_made,
        n_captures=rows["captures"],
        n_links=rows["links"],
        rows=rows,
        errors=manifest.errors,
        examples={reason: shown[:10] for reason, shown in sorted(examples.items())},
        failed=failed,
    )
