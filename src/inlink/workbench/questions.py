"""Questions about a target, and about many: who links, where to, what changed, how they compare."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import IO, TYPE_CHECKING, Unpack

from inlink.errors import BadInput
from inlink.workbench import comparing, exporting, lists, sandbox, summary
from inlink.workbench.changes import changes, stream_changes
from inlink.workbench.lists import counting_by
from inlink.workbench.options import ViewOptions, view_of
from inlink.workbench.results import Evidence, Exported, Overview, Rows, RowStream

if TYPE_CHECKING:
    from inlink.workbench.archived_pages import ArchivedPage
    from inlink.workbench.neighbourhood import Neighbourhood
    from inlink.workbench.over_time import OverTime
    from inlink.workbench.totals import Totals
from inlink.workbench.opened import Opened

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
    "changes",
)


class Questions(Opened):
    """Questions about a target, and about many: who links, where to, what changed, how they compare."""

    def overview(
        self, target: str, *, scope: str | None = None, strict: bool = False, infrastructure: bool = False
    ) -> Overview:
        """The summary card of a target."""
        served = self._serve()
        with served.turns:
            return summary.overview(served, served.locate(target, scope, strict=strict), infrastructure=infrastructure)

    def totals(self, target: str, *, scope: str | None = None, strict: bool = False) -> Totals:
        """How many links, domains and pages a target has, as its overview says."""
        from inlink.workbench import totals

        served = self._serve()
        with served.turns:
            return totals.totals(served, served.locate(target, scope, strict=strict))

    def n_outgoing(self, target: str, *, scope: str | None = None, strict: bool = False) -> int:
        """How many links go out from a target, of every kind and state: what a view of them reads."""
        from inlink.workbench import totals

        served = self._serve()
        with served.turns:
            return totals.n_outgoing(served, served.locate(target, scope, strict=strict))

    def over_time(
        self, target: str, *, scope: str | None = None, strict: bool = False, infrastructure: bool = False
    ) -> OverTime:
        """Referring domains of a target over time: how many, new, lost, and not looked at since."""
        from inlink.workbench import over_time

        served = self._serve()
        with served.turns:
            found = served.locate(target, scope, strict=strict)
            return over_time.over_time(served, found, infrastructure=infrastructure)

    def neighbourhood(self, target: str, *, scope: str | None = None, limit: int = 40) -> Neighbourhood:
        """The strongest domains around a target, with the links among them and where to draw them."""
        from inlink.workbench import neighbourhood

        served = self._serve()
        with served.turns:
            return neighbourhood.neighbourhood(served, served.locate(target, scope), self._workspace, limit=limit)

    def backlinks(self, target: str, *, scope: str | None = None, **view: Unpack[ViewOptions]) -> Rows:
        """Links to the target from other domains, strongest source first."""
        return self._rows("backlinks", target, scope, view_of(view))

    def domains(self, target: str, *, scope: str | None = None, **view: Unpack[ViewOptions]) -> Rows:
        """Referring domains, strongest first."""
        return self._rows("domains", target, scope, view_of(view))

    def hosts(self, target: str, *, scope: str | None = None, **view: Unpack[ViewOptions]) -> Rows:
        """Referring hosts."""
        return self._rows("hosts", target, scope, view_of(view))

    def ips(self, target: str, *, scope: str | None = None, **view: Unpack[ViewOptions]) -> Rows:
        """Addresses of referring pages."""
        return self._rows("ips", target, scope, view_of(view))

    def subnets(self, target: str, *, scope: str | None = None, **view: Unpack[ViewOptions]) -> Rows:
        """The /24 (IPv4) and /48 (IPv6) networks of referring pages."""
        return self._rows("subnets", target, scope, view_of(view))

    def anchors(self, target: str, *, scope: str | None = None, **view: Unpack[ViewOptions]) -> Rows:
        """Anchor texts, those from the most domains first."""
        return self._rows("anchors", target, scope, view_of(view))

    def pages(self, target: str, *, scope: str | None = None, **view: Unpack[ViewOptions]) -> Rows:
        """Pages of the target, those linked from the most domains first."""
        return self._rows("pages", target, scope, view_of(view))

    def outlinks(self, source: str, *, scope: str | None = None, **view: Unpack[ViewOptions]) -> Rows:
        """Links from the pages of `source` to other domains."""
        return self._rows("outlinks", source, scope, view_of(view))

    def outdomains(self, source: str, *, scope: str | None = None, **view: Unpack[ViewOptions]) -> Rows:
        """Domains that the pages of `source` link to."""
        return self._rows("outdomains", source, scope, view_of(view))

    def counts(self, target: str, by: str, *, scope: str | None = None, **view: Unpack[ViewOptions]) -> Rows:
        """Links and domains for each value of a column: kind, tld, region, lang, rel, nofollow …"""
        checked = view_of(view)
        served = self._serve()
        found = served.locate(target, scope, strict=checked.strict)
        return lists.answer(served, "counts", found, checked, counting_by(by))

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
        checked = view_of(view)
        served = self._serve()
        found = None if target is None else served.locate(target, scope, strict=checked.strict)
        return changes(served, found, (self._moment(from_), self._moment(to)), checked)

    def compare(
        self, targets: Sequence[str], *, mode: str = "intersect", scope: str | None = None, **view: Unpack[ViewOptions]
    ) -> Rows:
        """Domains that link to all (intersect), to any (union), or to the others but not the first (gap)."""
        checked = view_of(view)
        served = self._serve()
        found = [served.locate(target, scope, strict=checked.strict) for target in targets]
        return comparing.compare(served, found, mode, checked)

    def stream_compare(
        self, targets: Sequence[str], *, mode: str = "intersect", scope: str | None = None, **view: Unpack[ViewOptions]
    ) -> RowStream:
        """The whole of a comparison in bounded memory; `limit` and `cursor` are kept to."""
        checked = view_of({"limit": None, **view})
        served = self._serve()
        found = [served.locate(target, scope, strict=checked.strict) for target in targets]
        return comparing.stream_compare(served, found, mode, checked)

    def evidence(self, link_id: int) -> Evidence:
        """The archived record of a link, with the link marked.

        Raises: NotFound for an unknown link.
        """
        from inlink.workbench import evidence

        return evidence.show(self._serve(), link_id, self._workspace)

    def archived_page(self, link_id: int) -> ArchivedPage:
        """The archived page of a link as a document that can do nothing, the link marked. Raises: as `evidence`."""
        from inlink.workbench import archived_pages

        return archived_pages.show(self._serve(), link_id, self._workspace)

    def stream(
        self,
        question: str,
        target: str | None,
        *,
        scope: str | None = None,
        from_: str | datetime | None = None,
        to: str | datetime | None = None,
        **view: Unpack[ViewOptions],
    ) -> RowStream:
        """A whole view in bounded memory; `question` is one of QUESTIONS, `limit` and `cursor` are kept to."""
        checked = view_of({"limit": None, **view})
        served = self._serve()
        _check_question(question)
        if question != "changes" and (from_ is not None or to is not None):
            raise BadInput(f"{question} has no period", hint="from and to belong to changes; filter by first_seen")
        if question == "changes":
            found = None if target is None else served.locate(target, scope, strict=checked.strict)
            return stream_changes(served, found, (self._moment(from_), self._moment(to)), checked)
        if target is None:
            raise BadInput(f"{question} needs a target", hint="name a page, path, host or domain")
        return lists.stream(served, question, served.locate(target, scope, strict=checked.strict), checked)

    def export(
        self,
        question: str,
        target: str | None,
        to: str | Path | IO[bytes],
        *,
        format: str | None = None,
        scope: str | None = None,
        from_: str | datetime | None = None,
        until: str | datetime | None = None,
        **view: Unpack[ViewOptions],
    ) -> Exported:
        """Exactly the view as csv, jsonl or parquet (by the file's ending unless said), all rows unless limited.

        from_, until: the period of changes.
        """
        stream = self.stream(question, target, scope=scope, from_=from_, to=until, **view)
        return exporting.export(stream, to, format)

    def sql(self, query: str, *, limit: int | None = 1000, timeout_s: float = 30.0, memory_mb: int = 1024) -> Rows:
        """One read-only SELECT over the views links, pages, domains, hosts, pairs, captures."""
        served = self._serve()
        limits = sandbox.Bounds(limit=limit, timeout_s=timeout_s, memory_mb=memory_mb)
        return sandbox.ask(served.serving, query, limits)


def _check_question(question: str) -> None:
    if question not in QUESTIONS:
        raise BadInput(f"there is no question {question!r}", hint=f"use one of {', '.join(QUESTIONS)}")
