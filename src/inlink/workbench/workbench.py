"""The one door: a workspace and one short method for each thing that a user can ask."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import IO, Unpack

from inlink.workbench.options import ViewOptions
from inlink.workbench.results import Evidence, Exported, Overview, Rows, RowStream, Status

QUESTIONS = (
    "backlinks",
    "domains",
    "hosts",
    "ips",
    "subnets",
    "anchors",
    "pages",
    "outlinks",
    "outdomains",
)


class Workbench:
    """An open workspace. Safe to share between threads; close it or use it in a `with` block."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @classmethod
    def open(cls, path: str | Path) -> Workbench:
        """The workspace at `path`.

        Raises: NotConfigured where there is none.
        """
        raise NotImplementedError

    @classmethod
    def create(cls, path: str | Path) -> Workbench:
        """A new workspace at `path`, or the one that is there."""
        raise NotImplementedError

    def close(self) -> None:
        """Let go of the served file."""
        raise NotImplementedError

    def __enter__(self) -> Workbench:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def overview(
        self, target: str, *, scope: str | None = None, strict: bool = False, infrastructure: bool = False
    ) -> Overview:
        """The summary card of a target."""
        raise NotImplementedError

    def backlinks(self, target: str, *, scope: str | None = None, **view: Unpack[ViewOptions]) -> Rows:
        """Links to the target from other domains, strongest source first."""
        raise NotImplementedError

    def domains(self, target: str, *, scope: str | None = None, **view: Unpack[ViewOptions]) -> Rows:
        """Referring domains, strongest first."""
        raise NotImplementedError

    def hosts(self, target: str, *, scope: str | None = None, **view: Unpack[ViewOptions]) -> Rows:
        """Referring hosts."""
        raise NotImplementedError

    def ips(self, target: str, *, scope: str | None = None, **view: Unpack[ViewOptions]) -> Rows:
        """Addresses of referring pages."""
        raise NotImplementedError

    def subnets(self, target: str, *, scope: str | None = None, **view: Unpack[ViewOptions]) -> Rows:
        """The /24 (IPv4) and /48 (IPv6) networks of referring pages."""
        raise NotImplementedError

    def anchors(self, target: str, *, scope: str | None = None, **view: Unpack[ViewOptions]) -> Rows:
        """Anchor texts, those from the most domains first."""
        raise NotImplementedError

    def pages(self, target: str, *, scope: str | None = None, **view: Unpack[ViewOptions]) -> Rows:
        """Pages of the target, those linked from the most domains first."""
        raise NotImplementedError

    def outlinks(self, source: str, *, scope: str | None = None, **view: Unpack[ViewOptions]) -> Rows:
        """Links from the pages of `source` to other domains."""
        raise NotImplementedError

    def outdomains(self, source: str, *, scope: str | None = None, **view: Unpack[ViewOptions]) -> Rows:
        """Domains that the pages of `source` link to."""
        raise NotImplementedError

    def counts(self, target: str, by: str, *, scope: str | None = None, **view: Unpack[ViewOptions]) -> Rows:
        """Links and domains for each value of a column: kind, tld, region, lang, rel, nofollow …"""
        raise NotImplementedError

    def changes(
        self,
        target: str | None = None,
        *,
        scope: str | None = None,
        from_: str | datetime | None = None,
        to: str | datetime | None = None,
        **view: Unpack[ViewOptions],
    ) -> Rows:
        """What became new, found, lost, changed, restored or moved in (from, to], with reasons; None: all targets."""
        raise NotImplementedError

    def compare(
        self, targets: Sequence[str], *, mode: str = "intersect", scope: str | None = None, **view: Unpack[ViewOptions]
    ) -> Rows:
        """Domains that link to all (intersect), to any (union), or to the others but not the first (gap)."""
        raise NotImplementedError

    def evidence(self, link_id: int) -> Evidence:
        """The archived record of a link, with the link marked.

        Raises: NotFound for an unknown link.
        """
        raise NotImplementedError

    def stream(self, question: str, target: str, *, scope: str | None = None, **view: Unpack[ViewOptions]) -> RowStream:
        """A whole view in bounded memory; `question` is one of QUESTIONS, `limit` and `cursor` are kept to."""
        raise NotImplementedError

    def export(
        self,
        question: str,
        target: str,
        to: str | Path | IO[bytes],
        *,
        format: str | None = None,
        scope: str | None = None,
        **view: Unpack[ViewOptions],
    ) -> Exported:
        """Exactly the view as csv, jsonl or parquet (by the file's ending unless said), all rows unless limited."""
        raise NotImplementedError

    def sql(self, query: str, *, limit: int | None = 1000, timeout_s: float = 30.0, memory_mb: int = 1024) -> Rows:
        """One read-only SELECT over the views links, pages, domains, hosts, pairs, captures."""
        raise NotImplementedError

    def status(self) -> Status:
        """What the workspace holds and serves."""
        raise NotImplementedError
