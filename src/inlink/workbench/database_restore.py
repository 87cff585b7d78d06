"""A backup put back: looked through first, then its rows in one transaction, then its files one by one."""

from __future__ import annotations

import gzip
import json
import os
import shutil
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from inlink.config import Database, Settings
from inlink.errors import BadInput, CorruptIndex, NotFound, Refused, Unreachable
from inlink.store.db.migrating import newest
from inlink.store.db.moving import count_rows, is_older, replace_older_rows, replace_rows
from inlink.store.files import rename, replace_text
from inlink.store.lock import build_lock
from inlink.workbench import settings
from inlink.workbench.audit import record
from inlink.workbench.database_backup import DIGESTS, FILES, FORMAT, HEAD, LARGE, SMALL, TABLES, Counted
from inlink.workbench.people import Role, Who

if TYPE_CHECKING:
    from inlink.store.workspace import Workspace

_AGAIN = "take another copy: this one is damaged or was cut"
PLACE = ("database.url", "database.schema")  # settings of where the rows are: they stay


@dataclass(frozen=True, slots=True)
class RestoreReport:
    """What was put back. rows: how many by table; database: where they went, without its password."""

    path: str
    rows: dict[str, int]
    n_files: int
    database: str
    made_by: str


def restore(workspace: Workspace, file: Path, who: Who, *, force: bool = False) -> RestoreReport:
    """The workspace holds what a backup holds; its own database stays. Everybody has to sign in again.

    Raises: CorruptIndex for a file that is no whole backup, or a newer inlink's; Refused where the workspace holds
    rows, inputs or settings already (and not force); NotFound; Unreachable; Busy while it is built.
    """
    who.require(Role.ADMIN)
    with build_lock(workspace.locks, "restore"), _opened(file) as tar:
        head = _check(tar, file)
        if not force:
            _refuse_to_overwrite(workspace)
        read = settings.read(workspace.path).values
        place = {name: read[name] for name in PLACE}
        n_files = _put_large(workspace.path, tar)
        rows = _put_rows(workspace, tar, head["form"], who, file)
        n_files += _put_small(workspace.path, tar, place)
        return RestoreReport(str(file), rows, n_files, workspace.database.name, str(head["inlink"]))


@contextmanager
def _opened(file: Path) -> Iterator[tarfile.TarFile]:
    """A tar archive open to read."""
    try:
        tar = tarfile.open(file, "r:")  # noqa: SIM115  closed below
    except FileNotFoundError:
        raise NotFound(f"there is no file {file}", hint="name a file that inlink backup wrote") from None
    except (tarfile.TarError, OSError) as error:
        raise CorruptIndex(f"{file} is no backup", hint="name a file that inlink backup wrote") from error
    with tar:
        yield tar


def _check(tar: tarfile.TarFile, file: Path) -> dict[str, Any]:
    """The head of a backup all of whose members are whole. Raises: CorruptIndex."""
    try:
        members = {entry.name: entry for entry in tar.getmembers() if entry.isfile()}
        digests: dict[str, str] = json.loads(_read(tar, members[DIGESTS]))
        for name, digest in digests.items():
            if _digest(tar, members[name]) != digest:
                raise CorruptIndex(f"{file}: {name} is not as it was written", hint=_AGAIN)
        head: dict[str, Any] = json.loads(_read(tar, members[HEAD]))
    except (KeyError, ValueError, tarfile.TarError, OSError) as error:
        raise CorruptIndex(f"{file} is no whole backup", hint=_AGAIN) from error
    if set(members) - {DIGESTS} != set(digests) or not all(map(_is_known, digests)):
        raise CorruptIndex(f"{file} holds files that no backup has", hint=_AGAIN)
    if head.get("format") != FORMAT or str(head.get("form")) > newest():
        raise CorruptIndex(f"{file} was made by a newer inlink ({head.get('inlink')})", hint="use that inlink")
    return head


def _is_known(name: str) -> bool:
    """Whether a name is one that backups have: nothing outside of the workspace, nothing that would run."""
    if name == HEAD:
        return True
    if name.startswith(TABLES):
        return name.endswith(".jsonl.gz") and "/" not in name.removeprefix(TABLES)
    parts = PurePosixPath(name.removeprefix(FILES)).parts
    is_inside = ".." not in parts and "\\" not in name and ":" not in name and bool(parts) and parts[0] != "/"
    return name.startswith(FILES) and is_inside and (parts[0] in LARGE or parts in [(small,) for small in SMALL])


def _refuse_to_overwrite(workspace: Workspace) -> None:
    has_settings = replace(workspace.settings, database=Database()) != Settings()
    n_rows, n_inputs = count_rows(workspace.database), len(workspace.inputs)
    if has_settings or n_rows or n_inputs:
        raise Refused(
            f"{workspace.path} holds something already: {n_rows:,} rows in {workspace.database.name}, {n_inputs:,} "
            f"inputs{', settings' if has_settings else ''}",
            hint="restore into a new folder, or replace all of it with --force",
        )


def _put_rows(workspace: Workspace, tar: tarfile.TarFile, form: str, who: Who, file: Path) -> dict[str, int]:
    names = [name for name in tar.getnames() if name.startswith(TABLES)]
    tables = {name.removeprefix(TABLES).removesuffix(".jsonl.gz"): _lines(tar, name) for name in names}
    with tempfile.TemporaryDirectory(dir=workspace.tmp) as folder, workspace.database.step() as session:
        if is_older(form):
            rows = replace_older_rows(session, tables, form, Path(folder))
        else:
            rows = replace_rows(session, tables)
        record(session, who, "workspace.restore", file.name, {"rows": sum(rows.values())})
    return rows


def _lines(tar: tarfile.TarFile, name: str) -> Iterator[bytes]:
    stream = tar.extractfile(name)
    if stream is not None:
        with gzip.open(stream) as lines:
            yield from lines


def _put_large(folder: Path, tar: tarfile.TarFile) -> int:
    """Archives and crawls; a file of the same size and name is the same file."""
    n = 0
    for entry in tar:
        name = entry.name.removeprefix(FILES)
        if entry.name.startswith(FILES) and name not in SMALL:
            _put(folder / name, tar, entry)
            n += 1
    return n


def _put(path: Path, tar: tarfile.TarFile, entry: tarfile.TarInfo) -> None:
    stream = tar.extractfile(entry)
    if stream is None:
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_name(f"{path.name}.{os.getpid()}.new")
    try:
        with aside.open("wb") as out:
            shutil.copyfileobj(stream, out, 1 << 20)
            out.flush()
            os.fsync(out.fileno())
        rename(aside, path)
    except OSError as error:
        raise Unreachable(f"{path} cannot be written: {error.strerror or error}", hint="make room") from error
    finally:
        aside.unlink(missing_ok=True)


def _put_small(folder: Path, tar: tarfile.TarFile, place: dict[str, str | None]) -> int:
    """Settings and inputs; where the database is stays as it was."""
    n = 0
    for name in SMALL:
        if FILES + name in tar.getnames():
            replace_text(folder / name, _read(tar, tar.getmember(FILES + name)).decode())
            n += 1
    found = settings.read(folder)
    if any(found.values[name] != value for name, value in place.items()):
        settings.change(folder, found.version, place)
    return n


def _read(tar: tarfile.TarFile, entry: tarfile.TarInfo) -> bytes:
    stream = tar.extractfile(entry)
    if stream is None:
        raise BadInput(f"{entry.name} is no file", hint=_AGAIN)
    with stream:
        return stream.read()


def _digest(tar: tarfile.TarFile, entry: tarfile.TarInfo) -> str:
    stream = tar.extractfile(entry)
    if stream is None:
        return ""
    counted = Counted(stream)
    while counted.read(1 << 20):
        pass
    return counted.digest.hexdigest()
