"""Parts arranged into the tables of a snapshot: state over time, sums, pairs and chains, each in its order."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

from inlink.engine.session import Session
from inlink.index import names
from inlink.index.flags import FLAGS_SCHEMA, flags_table
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
from inlink.store.tables import Written
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
    n_steps = len(_STEPS) + len(TABLES)
    _bind(session, parts)
    for i, (name, step) in enumerate(_STEPS.items()):
        report(name, i, n_steps)
        step(session, rules)
    written: dict[str, Written] = {}
    for i, table in enumerate(TABLES, len(_STEPS)):
        report(f"write {table.folder}", i, n_steps)
        written[table.folder] = _write(session, table, out)
    report("done", n_steps, n_steps)
    return written


def _run(session: Session, *names: str) -> None:
    for name in names:
        session.run(files("inlink.index") / "sql" / f"{name}.sql")


def _bind(session: Session, parts: Sequence[Path]) -> None:
    for table in ("captures", "pages", "links"):
        session.let(f"part_{table}", [str(part / f"{table}.parquet") for part in parts])
    session.let("definite_4xx", list(DEFINITE_4XX))
    session.let("embed_kinds", list(EMBED_KINDS))
    session.let("chain_kinds", list(CHAIN_KINDS))


def _read_captures(session: Session, rules: SuffixRules) -> None:
    _run(session, "parts", "captures")
    names.name_hosts(session, rules)
    names.key_urls(session, rules)
    _run(session, "classes")


def _follow_links(session: Session, rules: SuffixRules) -> None:
    _run(session, "states")


def _count_links(session: Session, rules: SuffixRules) -> None:
    _run(session, "targets", "moved", "versions")


def _count_sites(session: Session, rules: SuffixRules) -> None:
    names.name_networks(session)
    names.key_hosts(session)
    session.create("flags", FLAGS_SCHEMA, iter(flags_table(rules).to_batches()))
    sums = files("inlink.index") / "sql" / "sums.sql"
    session.run(sums, {"level": "host", "table": "page_targets"})
    session.run(sums, {"level": "domain", "table": "page_domains"})
    _run(session, "sites")


def _follow_chains(session: Session, rules: SuffixRules) -> None:
    _run(session, "chains", "rows")


_STEPS: dict[str, Callable[[Session, SuffixRules], None]] = {
    "read captures": _read_captures,
    "follow links": _follow_links,
    "count links": _count_links,
    "count sites": _count_sites,
    "follow chains": _follow_chains,
}


def _write(session: Session, table: Sorted, out: Path) -> Written:
    written = session.arrange(table.rows, table.order, out / table.folder, table.table)
    if table.folder == "links":
        session.let("arranged_links", [str(out / "links" / name) for name in written.files])
        _run(session, "indirect")
    return written
