"""Find and erase a person: a name or an e-mail address, in every table of the workspace's database and beside it.

What is found in archives and parts cannot be taken out of them: the inputs that hold it are named, to be removed whole.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb
from sqlalchemy import select

from inlink.errors import BadInput
from inlink.store.db.users import UserRow
from inlink.store.parts import read_part
from inlink.workbench.audit import record
from inlink.workbench.people import Role, Who
from inlink.workbench.persons_rows import Erasing, Needle, Place, erase_rows, find_rows

if TYPE_CHECKING:
    from inlink.store.db import WorkDatabase
    from inlink.store.workspace import Workspace

__all__ = ["Erased", "Found", "InInput", "Place", "erase", "find"]
SHORTEST = 3  # letters: "Al" would be found everywhere
_TEXTS = {
    "captures": ("url_raw", "redirect_target"),
    "pages": ("title", "author", "canonical"),
    "links": ("target_url", "anchor", "alt", "text_before", "text_after", "heading"),
}


@dataclass(frozen=True, slots=True)
class InInput:
    """An input whose pages name the person: n_rows of its captures, pages and links do."""

    name: str
    digest: str
    n_rows: int


@dataclass(frozen=True, slots=True)
class Found:
    """Where a person stands: rows of the database, lines of inlink.toml, inputs of the index."""

    person: str
    rows: tuple[Place, ...]
    settings: tuple[int, ...]
    inputs: tuple[InInput, ...]


@dataclass(frozen=True, slots=True)
class Erased:
    """What was done, and what is left to do by hand. n_changed: texts without the person now; n_removed: rows gone."""

    person: str
    n_changed: int
    n_removed: int
    tables: tuple[str, ...]
    left: Found


def find(workspace: Workspace, person: str, who: Who) -> Found:
    """Where a person's name or address stands, as words of their own, letter case aside. Cost: reads all parts.

    Raises: Refused; BadInput for fewer than three letters.
    """
    who.require(Role.ADMIN)
    needle = _needle(person)
    rows = find_rows(workspace.database, needle)
    return Found(needle.text, rows, _in_settings(workspace.settings_path, needle), _in_inputs(workspace, needle))


def erase(workspace: Workspace, person: str, who: Who, *, remove_user: Callable[[Who, str], None]) -> Erased:
    """Take a person out of the database: users of that name or address go, texts say "[erased]" instead, rows that are
    about an address with the name in it go whole. All of it or nothing, but users go first.

    remove_user: removes an account (`bench.accounts.remove`). Raises: Refused, also for the last admin; BadInput.
    """
    who.require(Role.ADMIN)
    needle = _needle(person)
    n_users = _remove_users(workspace.database, needle, who, remove_user)
    erasing = Erasing(needle)
    with workspace.database.step() as session:
        erase_rows(session, erasing)
        record(session, who, "person.erase", "[erased]", {"changed": erasing.n_changed, "removed": erasing.n_removed})
    feed = workspace.path / "alerts.atom.xml"
    if feed.exists() and needle.is_in(feed.read_text("utf-8", "replace")):
        feed.unlink()  # the next run of the monitor makes it anew
    tables = tuple(sorted(erasing.tables | ({"users"} if n_users else set())))
    left = find(workspace, person, who)
    return Erased("[erased]", erasing.n_changed, erasing.n_removed + n_users, tables, left)


def _needle(person: str) -> Needle:
    text = " ".join(person.split())
    if len(text) < SHORTEST:
        raise BadInput("that is too short to be looked for", hint=f"write a name or an address of {SHORTEST} letters")
    return Needle(text)


def _remove_users(database: WorkDatabase, needle: Needle, who: Who, remove_user: Callable[[Who, str], None]) -> int:
    """Remove users of exactly that name or address."""
    with database.reading() as session:
        users = session.execute(select(UserRow.name, UserRow.email)).all()
    names = [name for name, email in users if needle.is_all_of(name) or needle.is_all_of(email or "")]
    for name in names:
        remove_user(who, name)
    return len(names)


def _in_settings(path: Path, needle: Needle) -> tuple[int, ...]:
    lines = path.read_text("utf-8").splitlines() if path.exists() else []
    return tuple(number for number, line in enumerate(lines, 1) if needle.is_in(line))


def _in_inputs(workspace: Workspace, needle: Needle) -> tuple[InInput, ...]:
    found = []
    for folder in sorted(path for path in workspace.parts.iterdir() if path.is_dir()):
        info = read_part(folder)
        if info is not None and (n_rows := _rows_in(folder, needle)):
            found.append(InInput(info.input, info.input_digest, n_rows))
    return tuple(found)


def _rows_in(folder: Path, needle: Needle) -> int:
    pattern = rf"(?i)(^|[^\w]){re.escape(needle.text)}([^\w]|$)"
    total = 0
    with duckdb.connect(config={"threads": 1, "memory_limit": "512MB"}) as db:
        for table, columns in _TEXTS.items():
            path = folder / f"{table}.parquet"
            if path.exists():
                any_of = " OR ".join(f"regexp_matches({column}, $pattern)" for column in columns)
                query = f"SELECT count(*) FROM read_parquet($path) WHERE {any_of}"
                row = db.execute(query, {"path": str(path), "pattern": pattern}).fetchone()
                total += int(row[0]) if row else 0
    return total
