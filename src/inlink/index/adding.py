"""Add inputs to a workspace: find them, know them by their bytes, keep copies where asked."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from inlink.engine.protocol import Progress, Report, silent
from inlink.errors import BadInput
from inlink.index import kept
from inlink.index.jobs import limits_of
from inlink.index.reports import AddReport
from inlink.sources import open_inputs
from inlink.sources.records import InputFile
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
            entries.append(kept.keep(workspace, _entry(found)) if keep else _entry(found))
        report(Progress("add", i, None, "inputs", getattr(found, "name", "")))
    return AddReport(tuple(workspace.register(entries)), tuple(refused))


def _entry(file: InputFile) -> Input:
    facts = dict(file.facts)
    path = Path(facts["path"]) if "path" in facts else None
    if path is not None and path.is_file():
        facts["modified_ns"] = str(path.stat().st_mtime_ns)
    return Input(file.name, file.format, file.size_bytes, file.digest, facts)
