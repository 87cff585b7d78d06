"""Where releases are published: Common Crawl's servers, a mirror of them (http or https), or a folder.

<root>/graphinfo.json
<root>/projects/hyperlinkgraph/<release>/<kind>/<release>-<kind>-{vertices,edges,ranks}.txt.gz
                                               …-{vertices,edges}.paths.gz   lists of parts, a path below <root> each

In a folder, the files of a release may also stand in <root>/<release>/<kind>, <root>/<kind> or <root> itself.
"""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from inlink.errors import BadInput, NotFound
from inlink.fetch import Client, Policy, RemoteFile, client_for
from inlink.sources.blobs import LocalBlob

LISTING = "https://index.commoncrawl.org/graphinfo.json"
DATA = "https://data.commoncrawl.org/"
PARTS = ("vertices", "edges", "ranks")
_MAX_LIST_BYTES = 64 * 2**20


class PinnedFile(Protocol):
    """A file of one version. Units: size_bytes and validator are None where the place does not say."""

    name: str
    validator: str | None
    size_bytes: int | None

    def first_bytes(self, size: int) -> bytes:
        """The beginning of the file; also learns its version and size."""
        ...

    def read_from(self, offset: int) -> Iterator[bytes]:
        """Chunks from `offset` on. Raises: Unreachable, with reason="changed" where the file is another one now."""
        ...


class LocalFile(LocalBlob):
    """A file on this machine, pinned by its size and time."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        found = path.stat()
        self.size_bytes: int | None = found.st_size
        self.validator: str | None = f"{found.st_mtime_ns:x}"

    def first_bytes(self, size: int) -> bytes:
        """The beginning of the file."""
        with self.path.open("rb") as file:
            return file.read(size)


@dataclass(frozen=True, slots=True)
class ReleaseFile:
    """A file of a release: its path below the release's folder of a kind, and how to read it."""

    path: str
    file: PinnedFile


@dataclass(frozen=True, slots=True)
class ReleaseFiles:
    """All files of one graph of a release: there may be no ranks, and lists only where something comes in parts."""

    vertices: tuple[ReleaseFile, ...]
    edges: tuple[ReleaseFile, ...]
    ranks: tuple[ReleaseFile, ...]
    lists: tuple[ReleaseFile, ...]

    def __iter__(self) -> Iterator[ReleaseFile]:
        yield from self.lists
        yield from self.vertices
        yield from self.edges
        yield from self.ranks


class Place(Protocol):
    """Where releases are."""

    @property
    def name(self) -> str:
        """What to call it."""
        ...

    @property
    def listing_name(self) -> str:
        """Where its list of releases is."""
        ...

    def listing(self, max_bytes: int) -> bytes:
        """The bytes of graphinfo.json. Raises: NotFound, Unreachable."""
        ...

    def open(self, release: str, kind: str, path: str) -> PinnedFile:
        """A file of a release, by its path below <release>/<kind>/. Raises: NotFound, Unreachable."""
        ...


class RemotePlace:
    """Common Crawl's servers, or a mirror of them."""

    def __init__(self, client: Client, root: str | None = None) -> None:
        self._client = client
        self._root = DATA if root is None else f"{root.rstrip('/')}/"
        self.listing_name = LISTING if root is None else f"{self._root}graphinfo.json"
        self.name = "Common Crawl" if root is None else root

    def listing(self, max_bytes: int) -> bytes:
        """The bytes of graphinfo.json."""
        return _all_bytes(RemoteFile(self._client, self.listing_name), max_bytes)

    def open(self, release: str, kind: str, path: str) -> RemoteFile:
        """A file, asked for its first byte."""
        url = f"{self._root}projects/hyperlinkgraph/{release}/{kind}/{path}"
        file = RemoteFile(self._client, url)
        file.first_bytes(1)
        return file


class FolderPlace:
    """A folder with graphs in the published layout."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self.name = str(root)
        self.listing_name = str(root / "graphinfo.json")

    def listing(self, max_bytes: int) -> bytes:
        """The bytes of graphinfo.json."""
        path = self._root / "graphinfo.json"
        if not path.is_file():
            raise NotFound(f"there is no {path}", hint="name a folder that holds graphinfo.json", reason="no-listing")
        return _all_bytes(LocalFile(path), max_bytes)

    def open(self, release: str, kind: str, path: str) -> LocalFile:
        """A file in one of the folders where it may stand."""
        below = (f"projects/hyperlinkgraph/{release}/{kind}", f"{release}/{kind}", kind, ".")
        for folder in below:
            found = self._root / folder / path
            if found.is_file():
                return LocalFile(found)
        raise NotFound(
            f"there is no {path} in {self._root}", hint=f"it may stand in {', '.join(below[:3])} or the folder itself"
        )


def open_place(where: str | None, test_hosts: Iterable[str] = ()) -> Place:
    """The place of a URL or folder; Common Crawl's own servers for None. Raises: NotFound for a missing folder."""
    if where is not None and not where.lower().startswith(("http://", "https://")):
        root = Path(where).expanduser()
        if not root.is_dir():
            raise NotFound(f"there is no folder {where}", hint="give a folder, or an address with http:// or https://")
        return FolderPlace(root.absolute())
    return RemotePlace(client_for(Policy(test_hosts=frozenset(test_hosts))), where)


def release_files(place: Place, release: str, kind: str, *, ranks: bool = True) -> ReleaseFiles:
    """The files of one graph of a release.

    Raises: NotFound where one is missing, BadInput for a list of parts that cannot be read, Unreachable.
    """
    lists: list[ReleaseFile] = []
    found = {part: _part(place, release, kind, part, lists) for part in PARTS[: 3 if ranks else 2]}
    return ReleaseFiles(found["vertices"], found["edges"], found.get("ranks", ()), tuple(lists))


def _part(place: Place, release: str, kind: str, part: str, lists: list[ReleaseFile]) -> tuple[ReleaseFile, ...]:
    """One file, or the parts that a list names: hosts come in parts, domains and ranks in one file each."""
    single, listed = f"{release}-{kind}-{part}.txt.gz", f"{release}-{kind}-{part}.paths.gz"
    order = (listed, single) if kind == "host" and part != "ranks" else (single, listed)
    missing: NotFound | None = None
    for path in order:
        try:
            file = place.open(release, kind, path)
        except NotFound as error:
            missing = missing or error
            continue
        if path == single:
            return (ReleaseFile(path, file),)
        lists.append(ReleaseFile(path, file))
        return tuple(ReleaseFile(each, place.open(release, kind, each)) for each in _paths(file, f"{release}/{kind}/"))
    raise missing or NotFound(f"{release} has no {part}", hint="see inlink cc list")


def _paths(file: PinnedFile, below: str) -> list[str]:
    """Paths of a list, below the folder of the graph."""
    try:
        text = gzip.decompress(_all_bytes(file, _MAX_LIST_BYTES)).decode()
    except (OSError, EOFError, zlib.error, UnicodeDecodeError) as error:
        raise BadInput(f"{file.name} cannot be read: {error}", hint="fetch it again") from error
    paths = []
    for line in text.split():
        path = line.partition(below)[2]
        if not path or ".." in path.split("/") or "\\" in path or ":" in path or path.startswith("/"):
            raise BadInput(f"{file.name} names a file elsewhere: {line[:200]}", hint=f"its paths should hold {below}")
        paths.append(path)
    if not paths:
        raise BadInput(f"{file.name} names no file", hint="fetch it again")
    return list(dict.fromkeys(paths))


def _all_bytes(file: PinnedFile, max_bytes: int) -> bytes:
    data = bytearray()
    for chunk in file.read_from(0):
        data += chunk
        if len(data) > max_bytes:
            raise BadInput(f"{file.name} is larger than {max_bytes} bytes", hint="is it the right file?")
    return bytes(data)
