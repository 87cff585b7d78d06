"""From what a user names (files, folders, patterns, lists of archives, addresses) to single places."""

from __future__ import annotations

import glob
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urljoin, urlsplit

from inlink.errors import BadInput
from inlink.sources.blobs import Blob
from inlink.sources.limits import Limits
from inlink.sources.records import BadRecord
from inlink.sources.tables import lines_of
from inlink.store.workspace import own_names

COMMON_CRAWL = "https://data.commoncrawl.org/"


def is_address(spec: str) -> bool:
    """Whether a spec is a URL."""
    return spec[:8].lower().startswith(("http://", "https://"))


def problem(message: str, spec: str, reason: str, hint: str = "") -> BadInput:
    """An input that cannot be used, as the error that says why."""
    return BadInput(message, hint=hint, file=spec, offset=0, reason=reason)


def places_of(spec: str) -> Iterator[str | BadInput]:
    """Paths and addresses that a spec names, in a fixed order; folders are searched through, but for what a
    workspace keeps in them: it is often made beside the crawls.
    """
    path = Path(spec)
    if not spec.strip():
        yield problem("an input has no name", spec, "unreadable", "give a file, a folder, a pattern or an address")
    elif is_address(spec):
        yield spec
    elif "://" in spec and not _is(path.exists):
        yield problem(
            f"{spec}: only http and https addresses are fetched", spec, "unreadable", "download the file first"
        )
    elif _is(path.is_dir):
        yield from _files_below(path)
    elif not glob.has_magic(spec) or "\0" in spec or _is(path.exists):
        yield spec
    else:
        found = sorted(glob.glob(spec, recursive=True))  # noqa: PTH207 - Path.glob refuses absolute patterns
        if not found:
            yield problem(f"{spec}: no file matches", spec, "empty", "check the pattern")
        for name in found:
            if Path(name).is_file():
                yield name


def _is(question: Callable[[], bool]) -> bool:
    """The answer; no for names that the system refuses."""
    try:
        return question()
    except (OSError, ValueError):
        return False


def _files_below(folder: Path) -> Iterator[str | BadInput]:
    failed: list[OSError] = []
    n_found = 0
    for base, folders, files in os.walk(folder, onerror=failed.append):
        own = own_names(Path(base))
        folders[:] = sorted(name for name in folders if not name.startswith(".") and name not in own)
        for name in sorted(files):
            path = Path(base, name)
            if not name.startswith(".") and name not in own and path.is_file():
                n_found += 1
                yield str(path)
    for error in failed:
        yield problem(f"{error.filename}: {error.strerror}", str(error.filename), "unreadable", "check its permissions")
    if not n_found and not failed:
        yield problem(f"{folder}: the folder holds no file", str(folder), "empty", "name another")


def entries_of(blob: Blob, place: str, base: str | None, limits: Limits) -> Iterator[str | BadInput]:
    """The archives that a list (`*.paths`) names. Relative entries belong to `base`, or to where the list stands."""
    n_entries = 0
    for line in lines_of(blob, limits):
        if isinstance(line, BadRecord):
            yield problem(f"{place}: line {line.offset} cannot be read", place, line.reason)
            continue
        entry = line[1].strip()
        if not entry or entry.startswith("#"):
            continue
        n_entries += 1
        if n_entries > limits.max_list_entries:
            yield problem(
                f"{place}: more than {limits.max_list_entries} entries", place, "unreadable", "split the list"
            )
            return
        yield _entry(entry, place, base)


def _joined(base: str, entry: str, place: str) -> str | BadInput:
    """An entry below its base. One that leads from an address to this machine, or out of a folder, is refused."""
    if not is_address(base) and _leads_out(entry):
        return problem(f"{place}: {entry} points outside of {base}", place, "unreadable", "name it itself")
    joined = urljoin(base, entry)
    if is_address(base) and not is_address(joined):
        return problem(f"{place}: {entry} is no address", entry, "unreadable", "name it itself")
    return joined


def _leads_out(entry: str) -> bool:
    """Whether a path may lead out of the folder that it is put below."""
    return Path(entry).is_absolute() or ".." in Path(entry).parts


def _entry(entry: str, place: str, base: str | None) -> str | BadInput:
    if is_address(entry):
        return entry
    if base is not None:
        return _joined(base if base.endswith("/") else f"{base}/", entry, place)
    if is_address(place):
        first = entry.split("/", 1)[0]
        before, found, _ = urlsplit(place).path.partition(f"/{first}/")
        return _joined(place, f"{before}/{entry}" if found else entry, place)
    if _leads_out(entry):
        return problem(f"{place}: {entry} points outside the list's own folder", place, "unreadable", "name it itself")
    beside = Path(place).parent / entry
    if beside.exists():
        return str(beside)
    if entry.startswith("crawl-data/"):
        return COMMON_CRAWL + entry
    return problem(f"{place}: {entry} is not beside the list", entry, "unreadable", "give the base URL of the list")
