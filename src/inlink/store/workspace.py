"""A workspace folder: where everything lies, what is served, and how that changes without harming a reader.

inlink.toml          settings
inputs.jsonl         what was added
archive/             records kept by `add --keep` and by the crawler
crawls/              frontiers of crawls, and what the fetcher remembers
workspace.db         what is watched, checked and sent (store/db; or elsewhere, by a URL)
parts/<digest>/      what one input gave
index/<snapshot>/    a set of parts, arranged
graph/               votes as graphs, and a folder of scores for each run
serve/<snapshot>.duckdb, serve/<snapshot>+<run>.duckdb
CURRENT              which snapshot is served
tmp/                 work in progress: thrown away when the next build starts
locks/               build lock and readers' leases
"""

from __future__ import annotations

import json
import os
import secrets
import shutil
import socket
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from inlink.config import FILE_NAME, TEMPLATE, Settings, read_settings
from inlink.errors import CorruptIndex, NotConfigured, NotFound, Unreachable
from inlink.store.files import patiently, rename, replace_text, sync_folder
from inlink.store.inputs import Input, merged, read_inputs, write_inputs
from inlink.store.lock import Lease, build_lock, leased, readers_gate

if TYPE_CHECKING:
    from inlink.store.db import WorkDatabase

FORMAT = 1
_MARK = "workspace.json"
_FOLDERS = ("archive", "parts", "index", "graph", "serve", "locks", "tmp")
_DATABASE = "workspace.db"
_FILES = (
    *(FILE_NAME, _MARK, "inputs.jsonl", "CURRENT", "alerts.atom.xml"),
    *(_DATABASE, f"{_DATABASE}-wal", f"{_DATABASE}-shm"),
)
_OWN_NAMES = frozenset((*_FOLDERS, "crawls", "releases", *_FILES))


def own_names(folder: Path) -> frozenset[str]:
    """What in a folder belongs to a workspace itself, and is no input; nothing where the folder is none."""
    return _OWN_NAMES if (folder / _MARK).is_file() else frozenset()


@dataclass(frozen=True, slots=True)
class Current:
    """What is served: a snapshot, with the scores of a run once there are any."""

    snapshot: str
    run: str | None = None


@dataclass(frozen=True, slots=True)
class Added:
    """What became of an input: added, known (it was there), or copy (its bytes were, under another name)."""

    input: Input
    outcome: str


class Workspace:
    """An opened workspace. It holds nothing open but the database, once that was asked for; every method reads what
    is on disk now.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._database: WorkDatabase | None = None
        self._opening = threading.Lock()

    def close(self) -> None:
        """Let go of the database; whoever asks for it again opens it anew."""
        with self._opening:
            database, self._database = self._database, None
        if database is not None:
            database.close()

    @classmethod
    def create(cls, path: str | Path) -> Workspace:
        """A new workspace, or the one that is there; settings that exist are left alone."""
        workspace = cls(Path(path).expanduser().absolute())
        for folder in workspace._folders():
            folder.mkdir(parents=True, exist_ok=True)
        if not workspace.settings_path.exists():
            replace_text(workspace.settings_path, TEMPLATE)
        mark = workspace.path / _MARK
        if not mark.exists():
            replace_text(mark, json.dumps({"format": FORMAT, "key": secrets.token_hex(16)}) + "\n")
        return cls.open(path)

    @classmethod
    def open(cls, path: str | Path) -> Workspace:
        """The workspace at `path`.

        Raises: NotConfigured where there is none; CorruptIndex where another version of inlink made it.
        """
        workspace = cls(Path(path).expanduser().absolute())
        mark = workspace.path / _MARK
        try:
            found = json.loads(mark.read_text(encoding="utf-8"))["format"]
        except FileNotFoundError:
            raise NotConfigured(f"there is no workspace at {path}", hint=f"make one: inlink -w {path} init") from None
        except (ValueError, KeyError, TypeError):
            raise CorruptIndex(f"{mark} cannot be read", hint="restore it from a copy") from None
        if found != FORMAT:
            raise CorruptIndex(
                f"the workspace at {path} has format {found}, this inlink reads format {FORMAT}",
                hint="use the inlink that made it, or make a new workspace and add the inputs again",
            )
        return workspace

    # Where things lie.

    @property
    def settings_path(self) -> Path:
        """inlink.toml."""
        return self.path / FILE_NAME

    @property
    def parts(self) -> Path:
        """Folder of the parts."""
        return self.path / "parts"

    @property
    def archive(self) -> Path:
        """Folder of kept records."""
        return self.path / "archive"

    @property
    def locks(self) -> Path:
        """Folder of the build lock and the readers' leases."""
        return self.path / "locks"

    @property
    def tmp(self) -> Path:
        """Folder of work in progress; only the holder of the build lock may write there."""
        return self.path / "tmp"

    @property
    def graph(self) -> Path:
        """Folder of graphs and scoring runs."""
        return self.path / "graph"

    @property
    def database_file(self) -> Path:
        """The SQLite file of what changes row by row, where no other database is named."""
        return self.path / _DATABASE

    @property
    def database_url(self) -> str:
        """Where the workspace's database is: INLINK_DATABASE_URL, else the setting, else the file beside the settings.

        It may hold a password: show what `WorkDatabase.name` says instead. Raises: BadInput.
        """
        return os.environ.get("INLINK_DATABASE_URL") or self.settings.database.url or f"sqlite:///{self.database_file}"

    @property
    def key(self) -> str:
        """What tells this workspace from others, wherever its folder is mounted. Raises: Unreachable."""
        mark = self.path / _MARK
        found = json.loads(mark.read_text(encoding="utf-8"))
        if "key" not in found:  # an earlier inlink made it
            with readers_gate(self.locks):
                found = {"key": secrets.token_hex(16), **json.loads(mark.read_text(encoding="utf-8"))}
                replace_text(mark, json.dumps(found) + "\n")
        return str(found["key"])

    @property
    def database(self) -> WorkDatabase:
        """The workspace's database, opened when it is first asked for.

        Raises: BadInput, NotConfigured, Unreachable, CorruptIndex where it cannot be had, NotConfigured where it is
        another workspace's.
        """
        with self._opening:
            if self._database is None:
                self._database = self._opened()
            return self._database

    def _opened(self) -> WorkDatabase:
        from inlink.store.db import WorkDatabase  # heavy, and most questions need none
        from inlink.store.db.belonging import claim

        url = self.database_url
        opened = WorkDatabase.open(url, schema=self.settings.database.schema)
        try:
            if url != f"sqlite:///{self.database_file}":  # a file within the folder goes where the folder goes
                claim(opened, self.key, f"{socket.gethostname()}:{self.path}")
        except BaseException:
            opened.close()
            raise
        return opened

    def part(self, digest: str) -> Path:
        """Folder of one part."""
        return self.parts / digest

    def snapshot(self, name: str) -> Path:
        """Folder of one snapshot."""
        return self.path / "index" / name

    def serving(self, name: str, run: str | None = None) -> Path:
        """Serving file of one snapshot, or of a snapshot with a run."""
        return self.path / "serve" / f"{name}{f'+{run}' if run else ''}.duckdb"

    def snapshots(self) -> list[str]:
        """Names of the snapshots that are there, oldest first."""
        return sorted(path.name for path in (self.path / "index").iterdir() if path.is_dir())

    def _folders(self) -> Iterator[Path]:
        yield self.path
        for name in _FOLDERS:
            yield self.path / name

    # Settings and inputs.

    @property
    def settings(self) -> Settings:
        """The settings as they are now. Raises: BadInput."""
        return read_settings(self.settings_path)

    @property
    def inputs(self) -> dict[str, Input]:
        """Digest → input, in the order in which they were added."""
        return read_inputs(self.path / "inputs.jsonl")

    def register(self, entries: Iterable[Input]) -> list[Added]:
        """Add inputs; one that is there already, under this or another name, is not added again."""
        outcomes = []
        with readers_gate(self.locks):
            known = self.inputs
            for entry in entries:
                known, outcome = merged(known, entry)
                outcomes.append(Added(entry, outcome))
            write_inputs(self.path / "inputs.jsonl", known.values())
        return outcomes

    def unregister(self, digests: Iterable[str]) -> None:
        """Take inputs out: the next build leaves them out."""
        gone = set(digests)
        with readers_gate(self.locks):
            write_inputs(self.path / "inputs.jsonl", [e for d, e in self.inputs.items() if d not in gone])

    def update(self, entries: Iterable[Input]) -> None:
        """Inputs of the register say something else now; one that is not there any more is not added."""
        new = {entry.digest: entry for entry in entries}
        if new:
            with readers_gate(self.locks):
                write_inputs(self.path / "inputs.jsonl", [new.get(d, e) for d, e in self.inputs.items()])

    # What is served.

    def current(self) -> Current | None:
        """What is served; None before the first build. Raises: CorruptIndex where CURRENT cannot be read."""
        path = self.path / "CURRENT"
        try:
            found = json.loads(patiently(lambda: path.read_text(encoding="utf-8"), path))
            return Current(str(found["snapshot"]), found.get("run"))
        except FileNotFoundError:
            return None
        except (ValueError, KeyError, TypeError, AttributeError):
            raise CorruptIndex(f"{path} cannot be read", hint="run inlink build: it writes it again") from None

    def serve(self, current: Current) -> None:
        """Readers that open the workspace from now on see this snapshot."""
        text = json.dumps({"snapshot": current.snapshot, "run": current.run})
        replace_text(self.path / "CURRENT", text + "\n")

    @contextmanager
    def reading(self) -> Iterator[Current]:
        """The served snapshot, kept from `gc` while in use. Raises: NotFound before the first build."""
        current, lease = self.lease()
        try:
            yield current
        finally:
            lease.release()

    def lease(self) -> tuple[Current, Lease]:
        """The served snapshot with a lease on it; release the lease when its files are closed.

        Raises: NotFound before the first build.
        """
        try:
            with readers_gate(self.locks):
                current = self._served()
                return current, Lease(self.locks, current.snapshot)
        except Unreachable:  # nothing can be written here: then nothing can be removed either
            current = self._served()
            return current, Lease(None, current.snapshot)

    def _served(self) -> Current:
        current = self.current()
        if current is None:
            raise NotFound("nothing has been built in this workspace yet", hint="add inputs, then run inlink build")
        if not self.snapshot(current.snapshot).is_dir():
            raise CorruptIndex(
                f"CURRENT names the snapshot {current.snapshot}, which is not there", hint="run inlink build"
            )
        return current

    # Building.

    @contextmanager
    def building(self, purpose: str = "build") -> Iterator[Path]:
        """The build lock, and an empty folder for work in progress; leftovers of a killed build are thrown away.

        Raises: Busy while another process builds.
        """
        with build_lock(self.locks, purpose):
            empty(self.tmp)
            try:
                yield self.tmp
            finally:
                empty(self.tmp)

    def remove(self, names: Iterable[str]) -> list[str]:
        """Remove snapshots and their serving files, except the served one and those that readers hold open.

        Call it while holding the build lock. A folder is renamed first, so that no half of a snapshot can be seen.
        """
        doomed = []
        with readers_gate(self.locks):
            current = self.current()
            kept = leased(self.locks) | ({current.snapshot} if current else set())
            for name in names:
                if name not in kept and self.snapshot(name).is_dir():
                    rename(self.snapshot(name), self.tmp / f"removed-{name}")
                    for path in self.serving(name).parent.glob(f"{name}[.+]*"):  # alone, and with its runs
                        path.unlink(missing_ok=True)
                    doomed.append(name)
            sync_folder(self.path / "index")
        empty(self.tmp)
        return doomed


def empty(folder: Path) -> None:
    """Nothing is left in the folder. A dying worker of a killed build may still write: what it adds is removed too."""
    folder.mkdir(exist_ok=True)
    for path in folder.iterdir():
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)
