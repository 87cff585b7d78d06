"""A backup: one file with all that cannot be made again, as it stood at one moment, whatever went on meanwhile.

A tar archive: `backup.json` (which inlink, which form), the rows of each table as `tables/<name>.jsonl.gz`, files below
`files/`, and last `digests.json` with the SHA-256 of all before. It goes into SQLite and PostgreSQL alike.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import os
import sqlite3
import tarfile
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, cast

from inlink import __version__
from inlink.errors import BadInput, NotFound, Unreachable
from inlink.store.db.migrating import newest
from inlink.store.db.moving import all_rows
from inlink.store.files import rename, sync_folder

if TYPE_CHECKING:
    from inlink.store.workspace import Workspace

FORMAT = 1
SMALL = ("inlink.toml", "inputs.jsonl")  # settings, and what was added
LARGE = ("archive", "crawls")  # what was fetched, and how far each crawl has come
HEAD, DIGESTS, TABLES, FILES = "backup.json", "digests.json", "tables/", "files/"


@dataclass(frozen=True, slots=True)
class BackupReport:
    """What a backup holds. rows: how many by table; database: where they came from, without its password."""

    path: str
    n_bytes: int
    rows: dict[str, int]
    n_files: int
    database: str


def backup(workspace: Workspace, to: Path, *, archive: bool = False, force: bool = False) -> BackupReport:
    """Write a backup of a workspace; archive: with what was fetched. The file is there whole or not at all.

    Raises: BadInput where the file is there already (and not force); Unreachable where it cannot be written.
    """
    if to.exists() and (to.is_dir() or not force):
        raise BadInput(f"{to} is there already", hint="name another file, or write over it with --force")
    if not to.parent.is_dir():
        raise NotFound(f"there is no folder {to.parent}", hint="make it first")
    try:
        rows, n_files = _write(workspace, to, archive=archive)
    except OSError as error:
        raise Unreachable(
            f"{to} cannot be written: {error.strerror or error}", hint="make room, or name another place"
        ) from error
    return BackupReport(str(to), to.stat().st_size, rows, n_files, workspace.database.name)


def _write(workspace: Workspace, to: Path, *, archive: bool) -> tuple[dict[str, int], int]:
    handle, aside = tempfile.mkstemp(prefix=f".{to.name}.", dir=to.parent)  # nobody else may read it
    try:
        with (
            os.fdopen(handle, "wb") as stream,
            tarfile.open(fileobj=stream, mode="w") as tar,
        ):
            writer = Writer(tar, to.parent)
            head = {"format": FORMAT, "inlink": __version__, "form": newest(), "made_at": time.time_ns() // 1000}
            writer.add_bytes(HEAD, json.dumps(head, indent=2).encode())
            rows = _add_tables(writer, workspace)
            for path in _files(workspace.path, archive=archive):
                writer.add_file(FILES + path.relative_to(workspace.path).as_posix(), path)
            writer.add_bytes(DIGESTS, json.dumps(writer.digests, indent=1).encode())
            tar.close()
            stream.flush()
            os.fsync(stream.fileno())
        rename(Path(aside), to)
        sync_folder(to.parent)
    except BaseException:
        Path(aside).unlink(missing_ok=True)
        raise
    return rows, sum(name.startswith(FILES) for name in writer.digests)


def _add_tables(writer: Writer, workspace: Workspace) -> dict[str, int]:
    counts: dict[str, int] = {}
    with all_rows(workspace.database) as tables:
        for name, lines in tables:
            with writer.member(f"{TABLES}{name}.jsonl.gz") as stream, gzip.GzipFile("", "wb", 6, stream, 0) as packed:
                counts[name] = sum(packed.write(line) > 0 for line in lines)
    return counts


def _files(folder: Path, *, archive: bool) -> Iterator[Path]:
    yield from (folder / name for name in SMALL if (folder / name).is_file())
    for name in LARGE if archive else ():
        yield from sorted(path for path in (folder / name).rglob("*") if path.is_file() and not _is_passing(path))


def _is_passing(path: Path) -> bool:
    return path.name.endswith((".lock", ".lease", "-wal", "-shm", ".new")) or path.is_symlink()


class Writer:
    """Adds members to a tar archive and keeps their digests."""

    def __init__(self, tar: tarfile.TarFile, folder: Path) -> None:
        self._tar, self._folder = tar, folder
        self.digests: dict[str, str] = {}

    def add_bytes(self, name: str, content: bytes) -> None:
        """A small member."""
        self._add(name, io.BytesIO(content), len(content))

    def add_file(self, name: str, path: Path) -> None:
        """A file as it is now: one that grows as far as it went, a database as it stands at one moment."""
        if path.suffix == ".db":
            with self.member(name) as stream, _steady(path, self._folder) as copy:
                while block := copy.read(1 << 20):
                    stream.write(block)
            return
        with path.open("rb") as content:
            self._add(name, content, os.fstat(content.fileno()).st_size)

    @contextmanager
    def member(self, name: str) -> Iterator[IO[bytes]]:
        """A member whose size is known when it is written."""
        with tempfile.TemporaryFile(dir=self._folder) as aside:
            yield aside
            size = aside.tell()
            aside.seek(0)
            self._add(name, aside, size)

    def _add(self, name: str, content: IO[bytes], size: int) -> None:
        entry = tarfile.TarInfo(name)
        entry.size, entry.mode, entry.mtime = size, 0o600, int(time.time())
        counted = Counted(content)
        self._tar.addfile(entry, cast("IO[bytes]", counted))  # it only reads
        self.digests[name] = counted.digest.hexdigest()


class Counted:
    """A stream to read whose SHA-256 is taken on the way."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream
        self.digest = hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        """Up to so many bytes."""
        block = self._stream.read(size)
        self.digest.update(block)
        return block


@contextmanager
def _steady(path: Path, folder: Path) -> Iterator[IO[bytes]]:
    """A copy of a file of SQLite that may be in use, as of one moment."""
    with tempfile.TemporaryDirectory(dir=folder) as place:
        copy = Path(place) / "copy.db"
        source, into = sqlite3.connect(path), sqlite3.connect(copy)
        try:
            source.backup(into)
        except sqlite3.Error as error:
            raise Unreachable(f"{path} cannot be copied: {error}", hint="leave out --archive, or try again") from error
        finally:
            source.close()
            into.close()
        with copy.open("rb") as stream:
            yield stream
