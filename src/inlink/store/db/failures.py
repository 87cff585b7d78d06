"""What databases say went wrong, as errors that a user can read. No value of a row and no password is in them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.orm.exc import StaleDataError

from inlink.errors import BadInput, Busy, CorruptIndex, InlinkError, NotConfigured, Outdated, Unreachable
from inlink.store.disk import is_full

_AGAIN = "try again when it is there"
_LOST = "try again when it is there; look first whether the last change was kept"
_COPY = "restore it from a copy (inlink restore); it holds what was watched, checked and sent"
# What SQLite says; the first words that fit decide.
_SQLITE: tuple[tuple[str, type[InlinkError], str, str], ...] = (
    ("disk is full", Unreachable, "the disk of {name} is full", "make room; nothing of this step was kept"),
    ("database is locked", Busy, "{name} is being changed by another process", "try again in a minute"),
    ("readonly database", Unreachable, "{name} may not be changed", "make the file and its folder writable"),
    ("unable to open", Unreachable, "{name} cannot be opened", "is its folder there, and writable?"),
    ("not a database", CorruptIndex, "{name} cannot be read: it is no database", _COPY),
    ("malformed", CorruptIndex, "{name} cannot be read: it is damaged", _COPY),
    ("disk i/o error", Unreachable, "{name} cannot be read or written: the disk fails", _AGAIN),
)
# Codes of PostgreSQL (its manual, appendix A), by how they begin.
_POSTGRESQL: tuple[tuple[str, type[InlinkError], str, str], ...] = (
    ("53100", Unreachable, "the disk of {name} is full", "make room; nothing of this step was kept"),
    ("53", Unreachable, "{name} has no room for another connection or more memory", _AGAIN),
    ("40", Busy, "another change of the same rows was under way in {name}", "do it again"),
    ("55P03", Busy, "rows of {name} are held by another process", "try again in a minute"),
    ("28", NotConfigured, "{name} lets nobody in by that name and password", "see docs/database.md"),
    ("3D", NotConfigured, "{name} does not exist", "make it: createdb --encoding UTF8 NAME"),
    ("42501", NotConfigured, "the user of {name} may not do this", "let it own the database"),
    ("25P03", Busy, "a change stood still for so long that {name} let go of it", "do it again: nothing of it was kept"),
    ("25006", Unreachable, "{name} only reads just now", _AGAIN),
    ("57", Unreachable, "{name} was shut down or is starting", _LOST),
    ("08", Unreachable, "the connection to {name} broke", _LOST),
    ("58", Unreachable, "the disk of {name} fails", _AGAIN),
    ("XX", CorruptIndex, "{name} is damaged", "restore it from a copy (inlink restore)"),
)


@contextmanager
def told(name: str) -> Iterator[None]:
    """What the database says in the block, as an error of ours; a broken constraint passes as it is."""
    try:
        yield
    except IntegrityError:
        raise
    except StaleDataError:
        raise Outdated(
            "somebody else has changed or removed this since it was read", hint="read it again, then change it"
        ) from None
    except (DataError, OverflowError) as error:
        raise BadInput("a value is too large or too long for the database", hint="see docs/tables.md") from error
    except PoolTimeoutError as error:
        raise Busy(f"all connections to {name} are in use", hint="try again in a minute") from error
    except SQLAlchemyError as error:
        found = _read(error, name)
        if found is None:
            raise
        raise found from error


def _read(error: SQLAlchemyError, name: str) -> InlinkError | None:
    """The error of ours; None for what is a fault of the program."""
    if not isinstance(error, DBAPIError):
        return None
    code = getattr(error.orig, "sqlstate", None)
    text = "disk is full" if error.orig is not None and is_full(error.orig) else str(error.orig).lower()
    for begin, kind, message, hint in _POSTGRESQL if code else ():
        if str(code).startswith(begin):
            return kind(message.format(name=name), hint=hint)
    for part, kind, message, hint in _SQLITE:
        if part in text and not code:
            return kind(message.format(name=name), hint=hint)
    if error.connection_invalidated or (code is None and type(error.orig).__module__.startswith("psycopg")):
        return _unanswered(text, name)
    return None


def _unanswered(text: str, name: str) -> InlinkError:
    if "does not exist" in text and "database" in text:
        return NotConfigured(f"{name} does not exist", hint="make it: createdb --encoding UTF8 NAME")
    if "authentication failed" in text or "no password supplied" in text or "role" in text:
        return NotConfigured(f"{name} lets nobody in by that name and password", hint="see docs/database.md")
    return Unreachable(f"{name} does not answer", hint=_LOST)
