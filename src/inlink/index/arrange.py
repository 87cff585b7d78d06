"""Parts arranged into the tables of a snapshot: state over time, sums, pairs and chains, each in its order."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from inlink.index import names
from inlink.index.flags import flags_table
from inlink.index.session import Session
from inlink.schema.columns import TableSchema
from inlink.schema.snapshot import (
    DOMAIN_PAIRS,
    DOMAINS,
    HOSTS,
    INDIRECT_LINKS,
    LINK_VERSIONS,
    SNAPSHOT_CAPTURES,
    SNAPSHOT_LINKS,
)
from inlink.schema.words import EMBED_KINDS, KINDS
from inlink.store.tables import Written, write_table
from inlink.urls.domains import SuffixRules

# Definite answers that a page is not there; others of 4xx (401, 403, 408, 425, 429 …) may be there for others to see.
DEFINITE_4XX = (400, 404, 405, 410, 414)

# Kinds of links that a redirect or canonical of their target carries on: those that send a reader.
CHAIN_KINDS = tuple(k for k in KINDS if k not in (*EMBED_KINDS, "canonical", "alternate", "redirect", "refresh"))

Report = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class Sorted:
    """A table of a snapshot: its folder, schema, the rows to write and the order that they stand in."""

    folder: str
    table: TableSchema
    rows: str
    order: str


LINK_ORDER = "target_key, strength DESC, source_url, ordinal, link_id, source_key"
TABLES = (
    Sorted("links", SNAPSHOT_LINKS, "link_rows", LINK_ORDER),
    Sorted("indirect", INDIRECT_LINKS, "indirect_rows", LINK_ORDER),
    Sorted("versions", LINK_VERSIONS, "version_rows", "source_key, link_id, seen_from"),
    Sorted("captures", SNAPSHOT_CAPTURES, "capture_rows", "url_key, fetched_at, capture_id"),
    Sorted("hosts", HOSTS, "host_sums", "host_key, host"),
    Sorted("domains", DOMAINS, "domain_sums", "domain_key, domain"),
    Sorted("pairs", DOMAIN_PAIRS, "pair_sums", "target_domain, strength DESC, source_domain"),
)


def arrange(
    parts: Sequence[Path], out: Path, rules: SuffixRules, session: Session, report: Report = lambda *_: None
) -> dict[str, Written]:
    """Write the tables of a snapshot of `parts` (in the order of their digests) below `out`.

    Cost: the links are read some four times in narrow columns and sorted once in full, on disk where memory ends.
    """
    steps = [*_STEPS, *TABLES]
    _bind(session, parts)
    written: dict[str, Written] = {}
    for i, step in enumerate(steps):
        if isinstance(step, Sorted):
            report(f"write {step.folder}", i, len(steps))
            written[step.folder] = _write(session, step, out)
        else:
            report(step.__name__.strip("_").replace("_", " "), i, len(steps))
            step(session, rules)
    report("done", len(steps), len(steps))
    return written


def _bind(session: Session, parts: Sequence[Path]) -> None:
    for table in ("captures", "pages", "links"):
        session.let(f"part_{table}", [str(part / f"{table}.parquet") for part in parts])
    session.let("definite_4xx", list(DEFINITE_4XX))
    session.let("embed_kinds", list(EMBED_KINDS))
    session.let("chain_kinds", list(CHAIN_KINDS))


def _read_captures(session: Session, rules: SuffixRules) -> None:
    session.run("parts")
    session.run("captures")
    names.name_hosts(session, rules)
    names.key_urls(session, rules)
    session.run("classes")


def _follow_links(session: Session, rules: SuffixRules) -> None:
    session.run("states")


def _count_links(session: Session, rules: SuffixRules) -> None:
    session.run("targets")
    session.run("moved")
    session.run("versions")


def _count_sites(session: Session, rules: SuffixRules) -> None:
    names.name_networks(session)
    names.key_hosts(session)
    session.create("flags", FLAGS_SCHEMA, iter(flags_table(rules).to_batches()))
    session.run("sums", {"level": "host", "table": "page_targets"})
    session.run("sums", {"level": "domain", "table": "page_domains"})
    session.run("sites")


def _follow_chains(session: Session, rules: SuffixRules) -> None:
    session.run("chains")
    session.run("rows")


_STEPS = (_read_captures, _follow_links, _count_links, _count_sites, _follow_chains)
FLAGS_SCHEMA = pa.schema([("domain", pa.string()), ("flags", pa.list_(pa.string()))])


def _write(session: Session, step: Sorted, out: Path) -> Written:
    columns = ", ".join(step.table.names)
    written = write_table(
        session.batches(f"SELECT {columns} FROM {step.rows} ORDER BY {step.order}"),  # noqa: S608 names of ours
        out / step.folder,
        step.table,
    )
    if step.folder == "links":
        session.let("arranged_links", [str(out / "links" / name) for name in written.files])
        session.run("indirect")
    return written
