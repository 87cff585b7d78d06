"""The kinds of jobs: what each is told, what it needs for itself, and how it is called in words.

`register` refuses a name that is taken. What a kind does stands in `jobs_work`, which only its own process loads.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from inlink.errors import BadInput
from inlink.graph.run_names import LATEST
from inlink.workbench.people import Role

Text = Annotated[str, Meta(max_length=4_000)]
Name = Annotated[str, Meta(min_length=1, max_length=4_000)]
RELEASE_NAME = r"[A-Za-z0-9][A-Za-z0-9._-]{0,199}"  # one of the workspace, never a folder of this machine
ReleaseName = Annotated[str, Meta(pattern=rf"\A{RELEASE_NAME}\Z")]
Names = Annotated[list[Name], Meta(min_length=1, max_length=100_000)]
Count = Annotated[int, Meta(ge=1, le=2**53)]


class Arguments(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a job is told."""


class Crawl(Arguments, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How far a crawl goes; see `crawling.CrawlOptions`."""

    seeds: Names
    scope: Literal["host", "domain", "prefix", "list", "web"] = "domain"
    max_depth: Annotated[int, Meta(ge=0, le=1_000)] | None = None
    max_pages: Count | None = None
    max_host_pages: Count | None = None
    follows_nofollow: bool = False
    reads_sitemaps: bool = True
    scripts: Literal["no", "few", "all"] = "no"
    is_new: bool = False


class Add(Arguments, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Inputs to register: files and folders of the server, patterns, addresses. uploads: names of what was uploaded."""

    inputs: Annotated[list[Name], Meta(max_length=10_000)] = []
    uploads: Annotated[list[Name], Meta(max_length=100)] = []
    keep: bool = False
    base_url: Text | None = None


class Build(Arguments, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """workers: processes; None: the workspace's setting."""

    workers: Annotated[int, Meta(ge=1, le=256)] | None = None


class Rank(Arguments, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which graphs are scored, and how; see `graph.policy.Policy`.

    graphs: None: all, or the one of the release. release: an imported one, by its name, that votes are laid over.
    keeps_lists: as `Workbench.rank` has it.
    """

    graphs: Annotated[list[Literal["pages", "hosts", "domains"]], Meta(min_length=1)] | None = None
    serves: bool = False
    follow: Literal["drop", "evaporate", "weight"] | None = None
    release: ReleaseName | None = None
    keeps_lists: bool = False


class Check(Arguments, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Addresses; or those of a site that the index holds: linked to by others (in), or what it links to (out)."""

    urls: Annotated[list[Name], Meta(max_length=100_000)] = []
    site: Text | None = None
    links: Literal["in", "out"] = "in"
    limit: Count | None = None
    fresh_s: Annotated[float, Meta(ge=0)] = 0.0


class Monitor(Arguments, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """looks_at_all: whether due or not."""

    looks_at_all: bool = False


class Release(Arguments, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One graph of a Common Crawl release, fetched and converted."""

    name: Name
    graph: Literal["domain", "host"] = "domain"
    where: Text | None = None
    ranks: bool = True
    only_fetch: bool = False


class Export(Arguments, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A view as a file of the workspace's exports/; see `options.ViewOptions`."""

    question: Name
    target: Text | None = None
    format: Literal["csv", "jsonl", "parquet"] = "csv"
    scope: Text | None = None
    from_: Text | None = None
    until: Text | None = None
    view: dict[str, str | bool | int | list[str] | None] = {}


class Explain(Arguments, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where all of a target's mass began: the most giving sources as a file of exports/; see `explaining.explain`."""

    target: Name
    scope: Text | None = None
    run: Text = LATEST
    format: Literal["csv", "jsonl", "parquet"] = "csv"
    limit: Annotated[int, Meta(ge=1, le=1_000_000)] = 100_000


class Gc(Arguments, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How many snapshots, and releases of each kind, are kept; None: the workspace's setting, and all."""

    keep: Count | None = None
    keep_releases: Count | None = None


class Verify(Arguments, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Nothing is to be told."""


class Demo(Arguments, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Nothing is to be told."""


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of job. holds: what it needs for itself; stages: the steps it usually takes, in order; role: who may.

    is_polite: asked to end, it ends by itself and can go on; others are broken off, which harms nothing.
    leaves_file: its result names a file of EXPORTS.
    """

    id: str
    word: str
    arguments: type[Arguments]
    title: Callable[[Any], str]
    holds: tuple[str, ...] = ()
    stages: tuple[str, ...] = ()
    role: Role = Role.EDITOR
    is_polite: bool = False
    leaves_file: bool = False


EXPORTS = "exports"  # the workspace's folder of files that jobs leave
KINDS: dict[str, Kind] = {}
HELD = {"build": "one build, rank or clean-up", "network": "one crawl, check or look", "releases": "one release"}


def register(kind: Kind) -> None:
    """Make a kind known. Raises: ValueError for a name that is taken."""
    if kind.id in KINDS:
        raise ValueError(f"there is a kind of job {kind.id!r} already")
    KINDS[kind.id] = kind


def kind_of(name: str) -> Kind:
    """The kind of this name. Raises: BadInput."""
    if name not in KINDS:
        raise BadInput(f"there is no kind of job {name!r}", hint=f"use one of {', '.join(KINDS)}")
    return KINDS[name]


def checked(kind: Kind, given: Mapping[str, Any]) -> Arguments:
    """What a job is told, checked. Raises: BadInput that names the argument."""
    try:
        return msgspec.convert(dict(given), kind.arguments)
    except msgspec.ValidationError as error:
        what, _, where = str(error).partition(" - at `")
        name = where.rstrip("`").removeprefix("$").removeprefix(".")
        raise BadInput(
            f"{kind.id}: {name + ': ' if name else ''}{what[:1].lower()}{what[1:]}",
            hint=f"a job {kind.id} takes {', '.join(kind.arguments.__struct_fields__) or 'nothing'}",
            argument=name.partition("[")[0],
        ) from None


def _some(names: list[str], one: str = "input") -> str:
    """The first of some names, and how many more."""
    if not names:
        return f"no {one}"
    first = names[0].removeprefix("https://").removeprefix("http://").rstrip("/") or names[0]
    if len(first) > 80:
        first = f"…{first[-79:]}"
    return f"{first} and {len(names) - 1:,} more" if len(names) > 1 else first


def _crawl(about: Crawl) -> str:
    most = f", at most {about.max_pages:,} pages" if about.max_pages else ""
    return f"{_some(about.seeds)}{most}"


def _add(about: Add) -> str:
    return _some([*(name.partition("-")[2] or name for name in about.uploads), *about.inputs])


def _check(about: Check) -> str:
    if about.urls:
        return f"{len(about.urls):,} addresses" if len(about.urls) > 1 else _some(about.urls)
    where = {"in": f"Pages of {about.site} that others link to", "out": f"What {about.site} links to"}[about.links]
    return f"{where}, at most {about.limit:,}" if about.limit else where


def _rank(about: Rank) -> str:
    graphs = ", ".join(about.graphs or ("pages", "hosts", "domains")).capitalize()
    if about.release is None:
        return graphs
    return f"{graphs} over {about.release}" if about.graphs else f"Over {about.release}"


def _monitor(about: Monitor) -> str:
    return "All watched links" if about.looks_at_all else "Links that are due"


def _export(about: Export) -> str:
    return f"{about.question.capitalize()}{f' of {about.target}' if about.target else ''} as {about.format}"


for _kind in (
    Kind("crawl", "Crawl", Crawl, _crawl, ("network",), ("crawl",), is_polite=True),
    Kind("add", "Import", Add, _add, (), ("add",)),
    Kind("build", "Build", Build, lambda _: "Snapshot of all inputs", ("build",), ("extract", "arrange", "serve")),
    Kind("rank", "Rank", Rank, _rank, ("build",)),
    Kind("check", "Check", Check, _check, ("network",), ("check",), is_polite=True),
    Kind(
        "monitor", "Monitor", Monitor, _monitor,
        ("network",), ("monitor",), is_polite=True,
    ),
    Kind("release", "Release", Release, lambda about: f"{about.name}, {about.graph} graph", ("releases",)),
    Kind("export", "Export", Export, _export, leaves_file=True),
    Kind(
        "explain", "Explanation", Explain, lambda about: f"Where all of {about.target} began",
        (), ("explain",), leaves_file=True,
    ),
    Kind("gc", "Clean up", Gc, lambda _: "Old snapshots and what nothing needs", ("build",), role=Role.ADMIN),
    Kind("verify", "Verify", Verify, lambda _: "Everything that is stored", ("build",), ("verify",)),
    Kind("demo", "Demo", Demo, lambda _: "The demo web", ("build", "network"), ("demo",)),
):  # fmt: skip
    register(_kind)
