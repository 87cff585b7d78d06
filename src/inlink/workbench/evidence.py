"""The archived record of a link, with the link marked: read again from the file and place that its capture names."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from inlink.errors import CorruptIndex, InlinkError, NotFound, Unreachable
from inlink.extract.evidence import Marked, mark_link, mark_target
from inlink.index.kept import copy_of
from inlink.index.manifest import read_manifest
from inlink.index.serving_sql import Sql
from inlink.sources import read_item
from inlink.sources.naming import is_address
from inlink.sources.records import Record, WatRecord
from inlink.store.workspace import Workspace
from inlink.urls.identity import same_page_key
from inlink.workbench.places import Served
from inlink.workbench.results import Evidence

NEAR = 400  # bytes of a page on either side of the link
AROUND = 600  # characters of a WAT record on either side of the target
MANY_LINKS = 100_000  # of the index: to look through more of them takes a while, and is told

_LINK = """
    SELECT l.link_id, l.source_url, l.target_url, l.target_raw, l.kind, l.anchor,
           coalesce(c.fetched_at, l.last_seen) AS fetched_at, c.depth,
           c.is_revisit, c.evidence_file, c.evidence_offset, c.evidence_length
    FROM links l LEFT JOIN captures c ON c.capture_id = l.capture_id AND c.page = l.source_page
    WHERE {}l.link_id = ? LIMIT 1
"""


def show(served: Served, link_id: int, workspace: Workspace | None, *, around: int = NEAR) -> Evidence:
    """What the archive holds of a link; around: bytes of its page on either side.

    Raises: NotFound for an unknown link.
    """
    link, n_read = _link(served, link_id)
    if link is None:
        raise NotFound(
            f"there is no link {link_id} between two domains in the index",
            hint="take it from the column link_id: inlink backlinks TARGET --columns link_id,source_url",
        )
    found = _evidence(served, link, workspace, around)
    if n_read < MANY_LINKS:
        return found
    said = f"read: all {n_read:,} links of the index, for none of them was shown lately under this number"
    return replace(found, note=f"{found.note}; {said}" if found.note else said)


def _evidence(served: Served, link: dict[str, Any], workspace: Workspace | None, around: int) -> Evidence:
    if link["evidence_offset"] is None or link["depth"] in ("csv", "webmention"):
        return _answer(
            link, "unknown", note=f"the link was listed in {link['evidence_file']}; there is no record of it"
        )
    place = _place(str(link["evidence_file"]), workspace, served)
    test_hosts = workspace.settings.fetch.test_hosts if workspace else ()
    try:
        item = read_item(place, link["evidence_offset"], length=link["evidence_length"], test_hosts=test_hosts)
    except Unreachable as error:
        return _answer(link, "moved", note=_gone(str(link["evidence_file"]), workspace, error))
    except NotFound as error:
        return _answer(link, "changed", note=error.message)
    except InlinkError as error:
        return _answer(link, "changed", note=f"the archive cannot be read there: {error.message}")
    return _in_wat(link, item) if isinstance(item, WatRecord) else _in_record(link, item, around)


def _link(served: Served, link_id: int) -> tuple[dict[str, Any] | None, int]:
    """A link by its number, at the row where it was shown lately, else looked for in the index; and how many rows."""
    row = served.seen.get(link_id)
    found = [] if row is None else served.serving.arrow(Sql(_LINK.format("l.row = ? AND "), (row, link_id))).to_pylist()
    if found:
        return found[0], 0
    found = served.serving.arrow(Sql(_LINK.format(""), (link_id,)), is_long=True).to_pylist()
    ((n_links,),) = served.serving.rows(Sql("SELECT count(*) FROM links"))
    return (found[0] if found else None), n_links


def _place(name: str, workspace: Workspace | None, served: Served) -> str:
    """Where the input lies now: its name, or the copy that `add --keep` made."""
    if is_address(name) or Path(name).exists() or workspace is None:
        return name
    copies = [entry.facts.get("path", "") for entry in workspace.inputs.values() if entry.name == name]
    copies += map(str, _copies_of_removed(name, workspace, served))
    return next((copy for copy in copies if copy and Path(copy).exists()), name)


def _copies_of_removed(name: str, workspace: Workspace, served: Served) -> Iterator[Path]:
    """Copies of inputs of that name that the served snapshot still has, though they were taken out of the register."""
    try:
        rows = read_manifest(workspace.snapshot(served.serving.snapshot)).inputs
    except CorruptIndex:
        return
    for row in rows:
        copy = copy_of(workspace, str(row["digest"])) if row["name"] == name else None
        if copy is not None:
            yield copy


def _gone(name: str, workspace: Workspace | None, error: Unreachable) -> str:
    """What to say of an archive that is not there: that its copy was removed by age, where that is so."""
    known = workspace.inputs.values() if workspace is not None else ()
    until = next(
        (entry.facts["kept_until"] for entry in known if entry.name == name and "kept_until" in entry.facts), ""
    )
    if until:
        return f"no longer kept: gc removed the workspace's copy on {until} (retention.archive_days)"
    return f"the archive is not there any more: {error.message}"


def _in_record(link: dict[str, Any], record: Record, around: int) -> Evidence:
    if not _is_same_page(record.url, link["source_url"]):
        return _answer(link, "changed", note=f"the archive holds {record.url} at that place now")
    found = mark_link(record, link["link_id"], around=around)
    found = found or mark_target(record, link["target_url"], link["kind"], around=around)
    if found is None:
        note = "the record repeats an earlier one and has no body of its own" if link["is_revisit"] else ""
        return _answer(link, "absent", note=note)
    return _answer(
        link, "shown", html=found.text, start=found.start, end=found.end, note=_window(found),
        is_page=not found.is_header,
    )  # fmt: skip


def _is_same_page(one: str, other: str) -> bool:
    try:
        return same_page_key(one) == same_page_key(other)
    except InlinkError:
        return False


def _window(found: Marked) -> str:
    where = "from the headers of the answer" if found.is_header else "from the page"
    return f"{where}; the record goes on" if found.is_cut_before or found.is_cut_after else where


def _in_wat(link: dict[str, Any], record: WatRecord) -> Evidence:
    """A WAT record names the target as the page wrote it, escaped as JSON."""
    text = record.json.decode("utf-8", "replace")
    for wanted in (link["target_raw"], link["target_url"]):
        for written in (wanted, wanted.replace("/", "\\/") if wanted else None):
            at = text.find(f'"{written}"') if written else -1
            if written and at >= 0:
                start, end = max(at + 1 - AROUND, 0), at + 1 + len(written) + AROUND
                return _answer(
                    link, "shown", html=text[start:end], start=at + 1 - start, end=at + 1 - start + len(written),
                    note="from the WAT record of the page, which has no text around the link",
                )  # fmt: skip
    return _answer(link, "absent")


def _answer(
    link: dict[str, Any],
    state: str,
    *,
    html: str = "",
    start: int = 0,
    end: int = 0,
    note: str = "",
    is_page: bool = False,
) -> Evidence:
    return Evidence(
        link_id=link["link_id"],
        state=state,
        source_url=link["source_url"],
        target_url=link["target_url"],
        fetched_at=link["fetched_at"],
        file=link["evidence_file"] or "",
        offset=link["evidence_offset"],
        length=link["evidence_length"],
        anchor=link["anchor"],
        html=html,
        start=start,
        end=end,
        note=note,
        is_page=is_page,
    )
