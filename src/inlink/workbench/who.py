"""Who references a domain, by a release: in this workspace, in a folder, or at an address with nothing here at all."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa

from inlink.errors import NotConfigured, NotFound
from inlink.graph.blocks import CachedSource, Card, Neighbours, Release
from inlink.graph.blocks.layout import MANIFEST
from inlink.store.workspace import Workspace
from inlink.urls.domains import SuffixRules
from inlink.urls.identity import target as typed_target
from inlink.workbench.results import Rows, Target

if TYPE_CHECKING:
    from inlink.sources.releases_http import HttpSource

FOLDER = "releases"
SHARED_SUFFIX = "unknown (shared suffix)"
KINDS = ("domain", "host")
DEFAULT_LIMIT = 50
STANDING = {"position": pa.int64(), "authority": pa.float64(), "flags": pa.list_(pa.string())}


@dataclass(frozen=True, slots=True)
class Asked:
    """What a release is asked with: how much, and what is kept.

    suffixes: the user's own. test_hosts: servers inside private networks that may be asked. cache: where blocks from
    servers are kept, the user's cache folder for None.
    """

    limit: int | None = DEFAULT_LIMIT
    offset: int = 0
    infrastructure: bool = False
    suffixes: tuple[str, ...] = ()
    test_hosts: tuple[str, ...] = ()
    cache: Path | None = None


@dataclass(frozen=True, slots=True)
class ReleaseAnswer:
    """Rows with what a release says beside them; `facts` has the numbers of the domains asked for."""

    rows: Rows
    facts: Mapping[str, object] = field(default_factory=dict)


class OpenRelease:
    """A release with the rules by which its names were folded."""

    def __init__(self, release: Release, asked: Asked, source: HttpSource | None) -> None:
        self.release = release
        self.asked = asked
        self._source = source
        self._folded = SuffixRules(icann_only=True)
        self._rules = SuffixRules(asked.suffixes)

    @property
    def title(self) -> str:
        """The release's name and kind."""
        manifest = self.release.manifest
        return f"{manifest.name} ({manifest.kind}s)" if manifest.kind in KINDS else f"{manifest.name} ({manifest.kind})"

    @property
    def is_of_hosts(self) -> bool:
        """Whether its names are hosts."""
        return self.release.manifest.kind.startswith("host")

    def locate(self, text: str, ahead: str = "inward") -> Found:
        """What the release has of a user's text.

        Raises: BadInput for what is no host or domain, NotFound for what the release does not have.
        """
        host = typed_target(text, "host", rules=self._rules).host
        side = "outward" if ahead == "outward" else "inward"
        if self.is_of_hosts:
            names = _both_www(host)
        else:
            names = [self._folded.domain(host)]
            own = self._rules.domain(host)
            if own != names[0] and self._rules.is_private(host):
                return Found(own, None, (self._shared(own, names[0]),))
        for name in names:
            card = self.release.find(name, side)  # type: ignore[arg-type]
            if card is not None:
                return Found(name, card, self._notes(host, card))
        raise NotFound(
            f"{names[0]} is not in {self.title}",
            hint="no page of that crawl references it, or it was written another way; another release may have it",
        )

    def _shared(self, own: str, folded: str) -> str:
        return (
            f"{own}: {SHARED_SUFFIX}: this release counts everything below {folded} as one domain; "
            f"ask a release of hosts for {own}, or this one for {folded}"
        )

    def _notes(self, host: str, card: Card) -> tuple[str, ...]:
        found = []
        if card.name != host:
            found.append(f"{host} stands in this release as {card.name}")
        if not self.is_of_hosts and self._rules.is_suffix(card.name):
            found.append(f"{card.name} is a shared suffix: these are references to everything below it, of all owners")
        return tuple(found)

    def facts(self, card: Card) -> dict[str, object]:
        """The numbers of a domain."""
        manifest = self.release.manifest
        return {
            "domain": card.name,
            "position": card.position,
            "n": manifest.n,
            "authority": rounded(card.authority),
            "n_referring": card.n_in,
            "n_referring_left_out": card.n_in_flagged,
            "n_outgoing": card.n_out,
            "n_outgoing_left_out": card.n_out_flagged,
            "n_hosts": card.n_hosts,
            **{name: whole(value) for name, value in card.ranks.items()},
        }

    def traffic(self) -> tuple[str, ...]:
        """What a server was asked, in words."""
        if self._source is None:
            return ()
        asked = self._source.traffic
        return (f"{asked.n_requests} requests, {asked.n_bytes:,} bytes fetched",)

    def columns(self, nodes: Sequence[int]) -> dict[str, list[object]]:
        """Position, authority and flags of nodes."""
        flagged = self.release.flagged
        return {
            "position": [node + 1 for node in nodes],
            "authority": [rounded(self.release.authority(node)) for node in nodes],
            "flags": [list(flagged[node].flags) if node in flagged else [] for node in nodes],
        }


@dataclass(frozen=True, slots=True)
class Found:
    """A name as the release has it; card None: unknown, and the notes say why."""

    name: str
    card: Card | None
    notes: tuple[str, ...] = ()


def open_release(
    spec: str | None, asked: Asked | None = None, *, workspace: Workspace | None = None, kind: str | None = None
) -> OpenRelease:
    """The release at an address, in a folder, or of that name in the workspace (None: the newest that is there).

    Raises: NotFound where there is none, CorruptIndex, Unreachable, Refused.
    """
    chosen = asked or Asked()
    if spec is not None and spec.lower().startswith(("http://", "https://")):
        from inlink.fetch import Policy  # what speaks HTTP takes as long to load as a local answer
        from inlink.sources.releases_http import HttpSource

        source = HttpSource(spec, policy=Policy(test_hosts=frozenset(chosen.test_hosts)))
        cached = CachedSource(source, chosen.cache or default_cache())
        return OpenRelease(Release.open(cached), chosen, source)
    return OpenRelease(Release.open(_folder(spec, workspace, kind)), chosen, None)


def open_here(workspace: Workspace, spec: str | None, asked: Asked, kind: str | None) -> OpenRelease:
    """As `open_release`, with the suffixes and test hosts of a workspace."""
    settings = workspace.settings
    own = replace(asked, suffixes=settings.suffixes, test_hosts=settings.fetch.test_hosts)
    return open_release(spec, own, workspace=workspace, kind=kind)


def open_from(folder: str | Path, spec: str | None, asked: Asked, kind: str | None) -> OpenRelease:
    """As `open_here` where the folder holds a workspace; an address or another folder needs none."""
    try:
        workspace = Workspace.open(folder)
    except NotConfigured:
        return open_release(spec, asked, kind=kind)
    return open_here(workspace, spec, asked, kind)


def default_cache() -> Path:
    """The folder in which blocks from servers are kept."""
    base = os.environ.get("INLINK_CACHE") or os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "inlink" / FOLDER


def _folder(spec: str | None, workspace: Workspace | None, kind: str | None) -> Path:
    if spec is not None and (Path(spec).expanduser() / MANIFEST).is_file():
        return Path(spec).expanduser()
    root = workspace.path / FOLDER if workspace is not None else None
    pattern = f"{spec or '*'}/{kind or '*'}/{MANIFEST}"
    if spec is not None and ("/" in spec or "\\" in spec or spec in (".", "..") or "*" in spec):
        raise NotFound(f"there is no release in {spec}", hint="give a folder with manifest.json, a name or an address")
    found = sorted(root.glob(pattern), key=lambda path: (path.parent.parent.name, -_kind_place(path))) if root else []
    if not found:
        what = "no release has been imported here" if spec is None else f"there is no release {spec} here"
        raise NotFound(what, hint="see inlink cc list and inlink cc import, or give an address: --release https://…")
    return found[-1].parent


def _kind_place(path: Path) -> int:
    return KINDS.index(path.parent.name) if path.parent.name in KINDS else len(KINDS)


def _both_www(host: str) -> list[str]:
    """The host and its other spelling: releases differ in whether they keep a leading www."""
    return [host, host.removeprefix("www.") if host.startswith("www.") else f"www.{host}"]


def who(opened: OpenRelease, text: str, *, outgoing: bool = False) -> ReleaseAnswer:
    """Domains that reference X (or that X references), strongest first.

    Raises: BadInput, NotFound, and what reading raises.
    """
    found = opened.locate(text, "outward" if outgoing else "inward")
    asked = opened.asked
    column = "target" if outgoing else "source"
    if found.card is None:
        return _answer(opened, found, column, None, found.notes, {"domain": found.name, "authority": None})
    read = opened.release.outgoing if outgoing else opened.release.referring
    neighbours = read(found.card, asked.limit, asked.offset, keep_flagged=asked.infrastructure)
    notes = (_headline(opened, found.card, neighbours, outgoing=outgoing), *found.notes, *opened.traffic())
    return _answer(opened, found, column, neighbours, notes, opened.facts(found.card))


def _headline(opened: OpenRelease, card: Card, found: Neighbours, *, outgoing: bool) -> str:
    what = "hosts" if opened.is_of_hosts else "domains"
    said = (
        f"{found.n_total:,} {what} that {card.name} references"
        if outgoing
        else f"{found.n_total:,} {what} that reference {card.name} (any kind of reference, not only links to read)"
    )
    if found.n_left_out:
        said += f"; {found.n_left_out:,} infrastructure and hosting {what} left out (--infrastructure keeps them)"
    return said


def _answer(
    opened: OpenRelease, found: Found, column: str, neighbours: Neighbours | None, notes: Sequence[str],
    facts: Mapping[str, object],
) -> ReleaseAnswer:  # fmt: skip
    name = f"{column}_host" if opened.is_of_hosts else f"{column}_domain"
    nodes = [] if neighbours is None else neighbours.nodes.tolist()
    schema = pa.schema([(name, pa.string()), *STANDING.items()])
    columns = {name: [] if neighbours is None else neighbours.names, **opened.columns(nodes)}
    table = pa.Table.from_pydict(columns, schema=schema)
    scope = "host" if opened.is_of_hosts else "domain"
    total = None if neighbours is None else neighbours.n_total
    rows = Rows(table, tuple(table.column_names), total, None, Target(found.name, scope), opened.title, tuple(notes))
    return ReleaseAnswer(rows, facts)


def rounded(value: float | None) -> float | None:
    """Authority as it is shown: one digit behind the point."""
    return None if value is None else round(value, 1)


def whole(value: float | None) -> float | int | None:
    """A position as a whole number, other values as they are."""
    return int(value) if value is not None and value.is_integer() and value >= 1 else value
