"""Files of a release fetched into a folder: resumed where they stopped, pinned to one version, digests recorded.

<folder>/<path>            a whole file
<folder>/<path>.part       the beginning of one; <path>.pin says of which version
<folder>/files.json        path → address, size, version and digest of every whole file
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

import xxhash

from inlink.errors import CorruptIndex, Unreachable
from inlink.sources.releases.place import PinnedFile, ReleaseFile
from inlink.store.disk import check_room, full_error, is_full
from inlink.store.files import bytes_digest, publish, replace_text

RECORD = "files.json"
_READ_BYTES = 1 << 20
_SYNC_BYTES = 256 * 2**20
Tick = Callable[[int, int | None, str], None]


@dataclass(frozen=True, slots=True)
class Fetched:
    """A whole file. `digest` (xxh3, 128 bits) is of its bytes."""

    path: str
    name: str
    size_bytes: int
    validator: str | None
    digest: str


@dataclass(frozen=True, slots=True)
class FetchReport:
    """What a fetch did. Units: n_bytes that came over the line this time."""

    files: tuple[Fetched, ...]
    n_new: int
    n_resumed: int
    n_bytes: int


def fetch_release(
    files: Iterable[ReleaseFile], folder: Path, *, restart: bool = False, tick: Tick = lambda *_: None
) -> FetchReport:
    """All files, whole, in `folder`. Files that are there are not read again.

    restart: files that are another version now, are only begun or do not match their digest, are fetched anew.
    tick: told bytes done, bytes of all (None where a server does not say) and the file's path.

    Raises: Unreachable (reason "changed" where the release is another one than before; "disk-full"); CorruptIndex.
    """
    wanted = list(files)
    folder.mkdir(parents=True, exist_ok=True)
    record = read_record(folder)
    sizes = [each.file.size_bytes for each in wanted]
    total = sum(size for size in sizes if size is not None) if None not in sizes else None
    if total is not None:
        have = sum(_held(folder / each.path) for each in wanted)
        check_room(folder, max(0, total - have), what="fetching the release")
    run = _Run(folder, record, restart, total, tick)
    try:
        for each in wanted:
            run.fetch(each)
    except OSError as error:
        if is_full(error):
            raise full_error(folder) from error
        raise
    return FetchReport(tuple(record[each.path] for each in wanted), run.n_new, run.n_resumed, run.n_bytes)


def read_record(folder: Path) -> dict[str, Fetched]:
    """Path → what is known of each whole file. Raises: CorruptIndex."""
    path = folder / RECORD
    try:
        rows = json.loads(path.read_text(encoding="utf-8"))
        return {row["path"]: Fetched(**row) for row in rows}
    except FileNotFoundError:
        return {}
    except (ValueError, TypeError, KeyError) as error:
        raise CorruptIndex(f"{path} cannot be read: {error}", hint="remove it and fetch again") from error


def _held(path: Path) -> int:
    return sum(each.stat().st_size for each in (path, _part(path)) if each.exists())


def _part(path: Path) -> Path:
    return path.with_name(f"{path.name}.part")


def _pin(path: Path) -> Path:
    return path.with_name(f"{path.name}.pin")


class _Run:
    """One fetch of many files."""

    def __init__(self, folder: Path, record: dict[str, Fetched], restart: bool, total: int | None, tick: Tick) -> None:
        self._folder = folder
        self._record = record
        self._restart = restart
        self._total = total
        self._tick = tick
        self._done = 0
        self.n_new = self.n_resumed = self.n_bytes = 0

    def fetch(self, wanted: ReleaseFile) -> None:
        """One file, whole."""
        path, file = self._folder / wanted.path, wanted.file
        known = self._record.get(wanted.path)
        if known is not None and path.is_file() and path.stat().st_size == known.size_bytes:
            is_sound = not self._restart or bytes_digest(path) == known.digest
            if _is_same(file, known.validator, known.size_bytes) and is_sound:
                self._done += known.size_bytes
                self._tick(self._done, self._total, wanted.path)
                return
            if not self._restart:
                raise _changed(file.name)
        self._forget(wanted.path)
        path.parent.mkdir(parents=True, exist_ok=True)
        begun = self._begun(path, file)
        self.n_resumed += int(begun > 0)
        digest = self._append(path, wanted, begun)
        size = _part(path).stat().st_size
        publish(_part(path), path)
        _pin(path).unlink(missing_ok=True)
        self.n_new += 1
        self._record[wanted.path] = Fetched(wanted.path, file.name, size, file.validator, digest)
        self._save()

    def _begun(self, path: Path, file: PinnedFile) -> int:
        """How many bytes of this very version are there already."""
        part, pin = _part(path), _pin(path)
        if part.exists() and pin.exists() and not self._restart:
            try:
                found = json.loads(pin.read_text(encoding="utf-8"))
            except ValueError:
                found = {}
            size = part.stat().st_size
            if not _is_same(file, found.get("validator"), found.get("size_bytes")):
                raise _changed(file.name)
            if found and (file.size_bytes is None or size <= file.size_bytes):
                return size
        part.write_bytes(b"")
        replace_text(pin, json.dumps({"validator": file.validator, "size_bytes": file.size_bytes}) + "\n")
        return 0

    def _append(self, path: Path, wanted: ReleaseFile, begun: int) -> str:
        """Write what is missing behind what is there; gives the digest of all."""
        file, digest = wanted.file, xxhash.xxh3_128()
        with _part(path).open("r+b") as stream:
            while stream.tell() < begun and (block := stream.read(min(_READ_BYTES, begun - stream.tell()))):
                digest.update(block)
            self._done += begun
            size = begun
            if file.size_bytes is None or size < file.size_bytes:
                try:
                    for chunk in file.read_from(begun):
                        stream.write(chunk)
                        digest.update(chunk)
                        size += len(chunk)
                        self._done += len(chunk)
                        self.n_bytes += len(chunk)
                        self._tick(self._done, self._total, wanted.path)
                except Unreachable as error:
                    if error.facts.get("reason") == "changed":
                        raise _changed(file.name) from error
                    raise
        if file.size_bytes is not None and size != file.size_bytes:
            raise Unreachable(
                f"{file.name}: {size} of {file.size_bytes} bytes came", hint="run the same command again: it goes on"
            )
        return digest.hexdigest()

    def _forget(self, path: str) -> None:
        if self._record.pop(path, None) is not None:
            self._save()
            (self._folder / path).unlink(missing_ok=True)

    def _save(self) -> None:
        rows = [asdict(self._record[path]) for path in sorted(self._record)]
        replace_text(self._folder / RECORD, json.dumps(rows, indent=1) + "\n")


def _is_same(file: PinnedFile, validator: object, size_bytes: object) -> bool:
    """Whether a file is the version that was seen before, as far as the place tells."""
    for now, before in ((file.validator, validator), (file.size_bytes, size_bytes)):
        if now is not None and before is not None and now != before:
            return False
    return True


def _changed(name: str) -> Unreachable:
    return Unreachable(
        f"{name} is another version now than the one whose beginning was fetched",
        hint="fetch it anew: the same command with --restart",
        reason="changed",
    )
