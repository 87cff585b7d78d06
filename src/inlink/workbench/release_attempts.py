"""What was tried last of a graph of a release: by whom it is worked on now, or how the attempt ended.

releases/<release>/locks/<kind>.json   the attempt that has not come to its end: what for, from where, and its error
"""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from inlink.errors import InlinkError, Unreachable
from inlink.store.files import replace_text
from inlink.store.lock import build_lock, holder

LOCKS = "locks"


@dataclass(frozen=True, slots=True)
class Attempt:
    """A fetch or import that was begun. where: the place of its text, None for Common Crawl.

    error, hint: how it ended; None while it runs, and where its process was killed.
    """

    purpose: str
    where: str | None = None
    error: str | None = None
    hint: str | None = None


@dataclass(frozen=True, slots=True)
class Stopped:
    """Why an attempt came to no end, and what to do."""

    why: str
    hint: str


@contextmanager
def attempting(folder: Path, kind: str, purpose: str, where: str | None) -> Iterator[None]:
    """One fetch or import of a release at a time; how it fails is kept. Raises: Busy."""
    locks = folder / LOCKS
    locks.mkdir(parents=True, exist_ok=True)
    with build_lock(locks, purpose, kind):
        attempt = Attempt(purpose, where)
        _keep(locks, kind, attempt)
        try:
            yield
        except BaseException as error:
            _keep(locks, kind, _ended(attempt, error))
            raise
        (locks / f"{kind}.json").unlink(missing_ok=True)


def is_running(folder: Path, kind: str) -> bool:
    """Whether a process is at work on a graph at this moment."""
    found = holder(folder / LOCKS)
    return found is not None and found.get("about") in (kind, None) and found.get("purpose") != "gc"


def stopped(folder: Path, kind: str, purpose: str) -> Stopped:
    """How the attempt ended that nobody works on any more. purpose: what it was for, if no record tells."""
    attempt = _read(folder / LOCKS, kind) or Attempt(purpose)
    if attempt.error is None:
        why = f"the {attempt.purpose} stopped without a word: its process was killed, or the machine stopped"
    else:
        why = f"the {attempt.purpose} stopped: {attempt.error}"
        why += f" ({attempt.hint})" if attempt.hint else ""
    place = f" --from {shlex.quote(attempt.where)}" if attempt.where else ""
    return Stopped(why, f"inlink cc {attempt.purpose} {folder.name} --kind {kind}{place} goes on where it stopped")


def _ended(attempt: Attempt, error: BaseException) -> Attempt:
    if isinstance(error, InlinkError):
        return replace(attempt, error=error.message, hint=error.hint or None)
    if isinstance(error, KeyboardInterrupt):
        return replace(attempt, error="somebody ended it")
    return replace(attempt, error=f"{type(error).__name__}: {error}".removesuffix(": "))


def _keep(locks: Path, kind: str, attempt: Attempt) -> None:
    """Write the record; a full disk stops the work, not this."""
    with suppress(OSError, Unreachable):
        replace_text(locks / f"{kind}.json", json.dumps(asdict(attempt)) + "\n")


def _read(locks: Path, kind: str) -> Attempt | None:
    try:
        return Attempt(**json.loads((locks / f"{kind}.json").read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None
