"""Add inputs to a workspace: find them, know them by their bytes, keep copies where asked."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from inlink.engine.protocol import Progress, Report, silent
from inlink.errors import BadInput
from inlink.index.jobs import limits_of
from inlink.index.reports import AddReport
from inlink.sources import open_inputs
from inlink.sources.records import InputFile
from inlink.store.disk import check_room
from inlink.store.files import publish
from inlink.store.inputs import Input
from inlink.store.workspace import Workspace


def add(
    workspace: Workspace,
    specs: Sequence[str],
    *,
    keep: bool = False,
    base_url: str | None = None,
    report: Report = silent,
) -> AddReport:
    """Register every input that the specs name. Nothing is built yet.

    keep: copy local files into the workspace's archive and read them from there.
    base_url: where the entries of lists of paths are; else beside the list, or at Common Crawl.
    Raises: BadInput for settings that are wrong; what is wrong with one input is in the report.
    """
    limits = limits_of(workspace.settings.limits)
    entries: list[Input] = []
    refused: list[BadInput] = []
    hosts = workspace.settings.fetch.test_hosts
    found_inputs = open_inputs(list(specs), base_url=base_url, test_hosts=hosts, limits=limits)
    for i, found in enumerate(found_inputs, 1):
        if isinstance(found, BadInput):
            refused.append(found)
        else:
            entries.append(_kept(workspace, found) if keep else _entry(found))
        report(Progress("add", i, None, "inputs", getattr(found, "name", "")))
    return AddReport(tuple(workspace.register(entries)), tuple(refused))


def _entry(file: InputFile) -> Input:
    facts = dict(file.facts)
    path = Path(facts["path"]) if "path" in facts else None
    if path is not None and path.is_file():
        facts["modified_ns"] = str(path.stat().st_mtime_ns)
    return Input(file.name, file.format, file.size_bytes, file.digest, facts)


def _kept(workspace: Workspace, file: InputFile) -> Input:
    entry = _entry(file)
    source = Path(file.facts.get("path", ""))
    if not source.is_file():
        return entry
    final = workspace.archive / f"{file.digest[:16]}-{source.name}"
    if not final.exists():
        check_room(workspace.path, file.size_bytes or 0, what=f"the copy of {file.name}")
        aside = final.with_name(f".{final.name}.part")
        shutil.copyfile(source, aside)
        publish(aside, final)
    facts = {**entry.facts, "path": str(final), "modified_ns": str(final.stat().st_mtime_ns), "kept_from": str(source)}
    return replace(entry, facts=facts)
