"""What can be asked of the monitor of a workspace: `bench.monitor`."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Unpack

from inlink.engine.protocol import Report, silent
from inlink.errors import InlinkError, NotFound
from inlink.index.serving_sql import Sql
from inlink.urls.identity import same_page_key
from inlink.workbench import monitoring
from inlink.workbench.monitor_results import (
    AlertRow,
    MonitorReport,
    RunOptions,
    WatchesAdded,
    WatchHistory,
    WatchOptions,
    WatchRow,
    Wish,
)
from inlink.workbench.options import ViewOptions

if TYPE_CHECKING:
    from inlink.store.workspace import Workspace
    from inlink.workbench.places import Served
    from inlink.workbench.questions import Questions


class MonitorDoor:
    """The monitor of an open workspace."""

    def __init__(self, bench: Questions, workspace: Workspace, serve: Callable[[], Served]) -> None:
        self._bench, self._workspace, self._serve = bench, workspace, serve

    def add(self, pairs: Iterable[tuple[str, str]], options: WatchOptions | None = None) -> WatchesAdded:
        """Watch that pages link to targets, (page, target) each."""
        return monitoring.add(self._workspace, pairs, options)

    def add_links(
        self, site: str, options: WatchOptions | None = None, *, scope: str | None = None, **view: Unpack[ViewOptions]
    ) -> WatchesAdded:
        """Watch the links to a target that the index holds, as they were when they were seen last."""
        chosen: ViewOptions = {**view, "columns": monitoring.LINK_COLUMNS}
        stream = self._bench.stream("backlinks", site, scope=scope, **chosen)
        rows = (row for batch in stream.batches for row in batch.to_pylist())
        return monitoring.add_links(self._workspace, rows, options)

    def watches(self, states: Sequence[str] = (), *, limit: int | None = None) -> list[WatchRow]:
        """What is watched, in some states or all."""
        return monitoring.watches(self._workspace, states, limit)

    def history(self, watch_id: int) -> WatchHistory:
        """A watch with all its looks. Raises: NotFound."""
        return monitoring.history(self._workspace, watch_id)

    def remove(self, watch_ids: Sequence[int]) -> int:
        """Watch no longer; gives how many watches went. Raises: NotFound, and then none went."""
        return monitoring.remove(self._workspace, watch_ids)

    def accept(self, watch_ids: Sequence[int]) -> list[WatchRow]:
        """What the next look sees is as it should be. Raises: NotFound."""
        return monitoring.accept(self._workspace, watch_ids)

    def alerts(self, *, since_us: int = 0, limit: int | None = None) -> list[AlertRow]:
        """What was told, the latest first."""
        return monitoring.alerts(self._workspace, since_us=since_us, limit=limit)

    def wishes(self) -> list[Wish]:
        """Pages worth a capture, since what the index knows of them is not so any more."""
        return monitoring.wishes(self._workspace, self._captured_at())

    def _captured_at(self) -> Callable[[str], int | None]:
        """When the served index saw a page last."""
        try:
            served = self._serve()
        except NotFound:
            return lambda url: None
        query = "SELECT epoch_us(max(c.fetched_at)) FROM captures c JOIN pages p ON p.page = c.page WHERE p.key = ?"
        return lambda url: served.serving.rows(Sql(query, (same_page_key(url),)))[0][0]

    def resend(self) -> int:
        """Send again what failed or may not have arrived; gives how many messages."""
        return monitoring.resend(self._workspace)

    def run(
        self, options: RunOptions | None = None, *, report: Report = silent, stop: threading.Event | None = None
    ) -> MonitorReport:
        """Look at what is due, and tell what is new."""
        return monitoring.run(self._workspace, options, report=report, stop=stop)

    def run_for_good(
        self,
        options: RunOptions | None = None,
        *,
        each: Callable[[MonitorReport | InlinkError], None],
        report: Report = silent,
        stop: threading.Event,
    ) -> None:
        """Run whenever something is due, until stopped; `each` gets every report, or what was in the way of a run."""
        monitoring.run_for_good(self._workspace, options, each=each, report=report, stop=stop)
