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
from inlink.graph.blocks.reader import Side
from inlink.store.workspace import Workspace
from inlink.urls.domains import SuffixRules
from inlink.urls.identity import target as typed_target
from inlink.workbench.results import Rows, Target

if TYPE_CHECKING:
    from inlink.sources.releases_http import HttpSource

FOLDER = "releases"
SHARED_SUFFIX = "unknown (shared suffix)"
KINDS = ("domain", "host")
USUAL = 0  # a limit: SHOWN rows, from a server as many as it names with the list
SHOWN = 50
SHOWN_UNNAMED = 10  # from a server that names none: each costs a request
STANDING = {"position": pa.int64(), "authority": pa.float64(), "flags": pa.list_(pa.string())}


@dataclass(frozen=True, slots=True)
class Asked:
    """What a release is asked with: how much, and what is kept.

    limit: rows, USUAL or None for all. suffixes: the user's own. test_hosts: servers inside private networks
    that may be asked. cache: where blocks from servers are kept, the user's cache folder for None.
    """

    limit: int | None = USUAL
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

    def __init__(self, release: Release, asked: Asked, source: HttpSource | None, hosts: Path | None = None) -> None:
        """hosts: where the graph of hosts of the same release is, if it may be asked instead."""
        self.release = release
        self.asked = asked
        self._source = source
        self._hosts = hosts
        self._folded = SuffixRules(icann_only=True)
        self._rules = SuffixRules(asked.suffixes)

    @property
    def title(self) -> str:
        """The release's name and kind."""
        manifest = self.release.manifest
        return f"{manifest.name} ({manifest.kind}s)" if manifest.kind in KINDS else f"{manifest.name} ({manifest.kind})"

    @property
    def is_local(self) -> bool:
        """Whether it lies on this machine."""
        return self._source is None

    @property
    def names_are(self) -> str:
        """What its names are called."""
        return "hosts" if self.is_of_hosts else "domains"

    @property
    def is_of_hosts(self) -> bool:
        """Whether its names are hosts."""
        return self.release.manifest.kind.startswith("host")

    def limit(self, side: Side = "inward") -> int | None:
        """How many rows are asked for, None for all."""
        if self.asked.limit != USUAL:
            return self.asked.limit
        return SHOWN if self._source is None else self.release.manifest.layout.named_on(side) or SHOWN_UNNAMED

    def of_hosts(self) -> OpenRelease | None:
        """The graph of hosts of this release, if it is here and none was chosen."""
        return None if self._hosts is None else OpenRelease(Release.open(self._hosts), self.asked, None)

    def locate(self, text: str, ahead: str = "inward") -> Found:
        """What the release has of a user's text.

        Raises: BadInput for what is no host or domain, NotFound for what the release does not have.
        """
        host = typed_target(text, "host", rules=self._rules).host
        side: Side = "outward" if ahead == "outward" else "inward"
        if self.is_of_hosts:
            names = _both_www(host)
        else:
            names = [self._folded.domain(host)]
            own = self._rules.domain(host)
            if own != names[0] and self._rules.is_private(host):
                card = self.release.find(own, side)
                notes = (self._shared(own, names[0]),) if card is None else self._notes(host, card)
                return Found(own, card, notes)
        for name in names:
            card = self.release.find(name, side)
            if card is not None:
                return Found(name, card, self._notes(host, card))
        raise NotFound(
            f"{names[0]} is not in {self.title}",
            hint="no page of that crawl references it, or it was written another way; another release may have it",
        )

    def _shared(self, own: str, folded: str) -> str:
        return (
            f"{own}: {SHARED_SUFFIX}: {self.title} does not have it by itself and counts everything below {folded} as "
            f"one domain; ask a release of hosts for {own}, or this one for {folded}"
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
        requests = "1 request" if asked.n_requests == 1 else f"{asked.n_requests:,} requests"
        return (f"{requests}, {asked.n_bytes:,} bytes fetched",)

    def columns(self, nodes: Sequence[int], positions: Sequence[int]) -> dict[str, list[object]]:
        """Position, authority and flags of nodes."""
        flagged = self.release.flagged
        return {
            "position": list(positions),
            "authority": [rounded(self.release.authority(position)) for position in positions],
            "flags": [list(flagged[node].flags) if node in flagged else [] for node in nodes],
        }


@dataclass(frozen=True, slots=True)
class Found:
    """A name as the release has it; card None: unknown, and the notes say why."""

    name: str
    card: Card | None
    notes: tuple[str, ...] = ()


def is_address(spec: str | None) -> bool:
    """Whether a release is named by an address."""
    return spec is not None and spec.lower().startswith(("http://", "https://"))


def open_release(
    spec: str | None,
    asked: Asked | None = None,
    *,
    workspace: Workspace | None = None,
    kind: str | None = None,
    addresses: bool = True,
) -> OpenRelease:
    """The release at an address, in a folder, or of that name in the workspace (None: the newest that is there).

    addresses: whether the asker takes addresses too, so that hints may offer one.
    Raises: NotFound where there is none, CorruptIndex, Unreachable, Refused.
    """
    chosen = asked or Asked()
    if spec is not None and is_address(spec):
        from inlink.fetch import Policy  # what speaks HTTP takes as long to load as a local answer
        from inlink.sources.releases_http import HttpSource

        source = HttpSource(spec, policy=Policy(test_hosts=frozenset(chosen.test_hosts)))
        cached = CachedSource(source, chosen.cache or default_cache())
        return OpenRelease(Release.open(cached), chosen, source)
    folder = _folder(spec, workspace, kind, addresses=addresses)
    hosts = folder.with_name("host")
    may = kind is None and folder.name == "domain" and (hosts / MANIFEST).is_file()
    return OpenRelease(Release.open(folder), chosen, None, hosts if may else None)


def open_here(
    workspace: Workspace, spec: str | None, asked: Asked, kind: str | None, *, addresses: bool = True
) -> OpenRelease:
    """As `open_release`, with the suffixes and test hosts of a workspace."""
    settings = workspace.settings
    own = replace(asked, suffixes=settings.suffixes, test_hosts=settings.fetch.test_hosts)
    return open_release(spec, own, workspace=workspace, kind=kind, addresses=addresses)


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


def _folder(spec: str | None, workspace: Workspace | None, kind: str | None, *, addresses: bool) -> Path:
    if spec is not None and (Path(spec).expanduser() / MANIFEST).is_file():
        return Path(spec).expanduser()
    root = workspace.path / FOLDER if workspace is not None else None
    pattern = f"{spec or '*'}/{kind or '*'}/{MANIFEST}"
    if spec is not None and ("/" in spec or "\\" in spec or spec in (".", "..") or "*" in spec):
        or_address = ", a name or an address" if addresses else " or a name"
        raise NotFound(f"there is no release in {spec}", hint=f"give a folder with manifest.json{or_address}")
    found = sorted(root.glob(pattern), key=lambda path: (path.parent.parent.name, -_kind_place(path))) if root else []
    if not found:
        what = "no release has been imported here" if spec is None else f"there is no release {spec} here"
        or_address = ", or give an address: --release https://…" if addresses else ""
        raise NotFound(what, hint=f"see inlink cc list and inlink cc import{or_address}")
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
        return _among_hosts(opened, found, outgoing=outgoing) or _answer(
            opened, found, column, None, found.notes, {"domain": found.name, "authority": None}
        )
    read = opened.release.outgoing if outgoing else opened.release.referring
    limit = opened.limit("outward" if outgoing else "inward")
    neighbours = read(found.card, limit, asked.offset, keep_flagged=asked.infrastructure)
    notes = [_headline(opened, found.card, neighbours, outgoing=outgoing), *found.notes, *opened.traffic()]
    if limit is not None and limit != asked.limit and not opened.is_local and neighbours.n_total > limit:
        notes.append(f"the first {limit:,}: their names come with the list; --limit N asks for more, name by name")
    return _answer(opened, found, column, neighbours, notes, opened.facts(found.card))


def _among_hosts(opened: OpenRelease, found: Found, *, outgoing: bool) -> ReleaseAnswer | None:
    """The answer of the graph of hosts for a name that the graph of domains counts under a shared suffix."""
    hosts = opened.of_hosts()
    try:
        answer = None if hosts is None else who(hosts, found.name, outgoing=outgoing)
    except NotFound:
        return None
    if hosts is None or answer is None:
        return None
    said = f"{found.name} is not in {opened.title} by itself: this is what {hosts.title} has of it"
    return replace(answer, rows=replace(answer.rows, notes=(said, *answer.rows.notes)))


def _headline(opened: OpenRelease, card: Card, found: Neighbours, *, outgoing: bool) -> str:
    what = opened.names_are
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
    positions = [] if neighbours is None else neighbours.positions
    columns = {name: [] if neighbours is None else neighbours.names, **opened.columns(nodes, positions)}
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
