"""An open workspace: what it serves, its settings and its database; letting go of them."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

from inlink.config import Server, Site
from inlink.errors import InlinkError, NotConfigured, NotFound
from inlink.index.serving_reader import Serving
from inlink.store.workspace import Current, Workspace
from inlink.urls.domains import SuffixRules
from inlink.workbench import deadlines, lists
from inlink.workbench.changes import moment
from inlink.workbench.explaining_kept import Kept
from inlink.workbench.opening import MEMORY, as_of, open_served
from inlink.workbench.options import View
from inlink.workbench.places import Served
from inlink.workbench.results import Rows

if TYPE_CHECKING:
    from inlink.config import Settings
    from inlink.store.db import WorkDatabase
    from inlink.workbench.accounts import Accounts


class Opened:
    """An open workspace: what it serves, its settings and its database; letting go of them."""

    def __init__(self, path: Path, workspace: Workspace | None = None, served: Served | None = None) -> None:
        self.path = path
        self._workspace = workspace
        self._served = served
        self._memory = MEMORY
        self._current: Current | None = None
        self._opening = threading.Lock()
        self._explained = Kept()
        self._question_s: float | None = None
        self._accounts: Accounts | None = None
        self._opening_database = threading.Lock()

    @classmethod
    def open(cls, path: str | Path, *, memory: str = MEMORY) -> Self:
        """The workspace at `path`; memory: what the served file's pages and queries may take.

        Raises: NotConfigured where there is none.
        """
        workspace = Workspace.open(path)
        made = cls(workspace.path, workspace)
        made._memory = memory
        return made

    @classmethod
    def create(cls, path: str | Path) -> Self:
        """A new workspace at `path`, or the one that is there."""
        workspace = Workspace.create(path)
        return cls(workspace.path, workspace)

    @classmethod
    def over(
        cls,
        serving_file: str | Path,
        *,
        suffixes: Sequence[str] = (),
        threads: int | None = None,
        memory: str = MEMORY,
    ) -> Self:
        """The questions of a serving file without its workspace; `suffixes` as its workspace has them."""
        path = Path(serving_file)
        serving = Serving(path, threads=threads, memory_limit=memory)
        return cls(path, served=Served(serving, SuffixRules(suffixes)))

    def close(self) -> None:
        """Let go of the served file and the database; questions that still run end first."""
        self._let_go()
        if self._workspace is not None:
            self._workspace.close()

    def _let_go(self) -> None:
        self._served = self._current = None
        with self._explained.turn:
            self._explained.forget()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def database(self) -> WorkDatabase:
        """The workspace's database, opened when it is first asked for. Raises: as `Workspace.database`."""
        return self._home().database

    @property
    def settings(self) -> Settings:
        """The settings as they are now. Raises: BadInput."""
        return self._home().settings

    @property
    def site(self) -> Site:
        """The user's own site with its competitors, as the settings name it."""
        return Site() if self._workspace is None else self._workspace.settings.site

    @property
    def served(self) -> tuple[str, str | None]:
        """The snapshot that questions are answered from, and the run that orders its rows, if one does.

        Raises: NotFound before the first build.
        """
        snapshot, _, run = self._serve().serving.snapshot.partition("+")
        return snapshot, run or None

    def within(self, seconds: float) -> AbstractContextManager[None]:
        """A block in which this thread's questions to the index end when the time is over. Raises: TookTooLong."""
        return deadlines.within(self._serve().serving, seconds)

    def in_time(self) -> AbstractContextManager[None]:
        """As `within`, with the seconds that a server gives a question; without a bound where nothing is served."""
        try:
            served = self._serve()
            if self._question_s is None:
                self._question_s = self.settings.server.question_s if self._workspace else Server().question_s
        except InlinkError:  # what cannot be asked is told by whoever asks it
            return nullcontext()
        return deadlines.within(served.serving, self._question_s)

    def _home(self) -> Workspace:
        if self._workspace is None:
            raise NotConfigured("this workbench has a serving file and no workspace", hint="open the workspace itself")
        return self._workspace

    def _rows(self, question: str, target: str, scope: str | None, view: View) -> Rows:
        served = self._serve()
        with served.turns:
            return lists.answer(served, question, served.locate(target, scope, strict=view.strict), view)

    def _serve(self) -> Served:
        """The served file, opened anew when another snapshot is served. Raises: NotFound before the first build."""
        with self._opening:
            if self._workspace is not None and (self._served is None or self._workspace.current() != self._current):
                self._current, self._served = open_served(self._workspace, self._memory)
            if self._served is None:
                raise NotFound("the workbench is closed", hint="open it again")
            return self._served

    def _moment(self, value: str | datetime | None) -> datetime | None:
        """A time, or that of the latest capture of a snapshot that is named."""
        if isinstance(value, str) and self._workspace is not None and value in self._workspace.snapshots():
            return as_of(self._workspace.snapshot(value))
        return moment(value)
