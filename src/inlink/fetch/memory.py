"""What the fetcher remembers between runs: robots.txt files, validators of answers, and what was asked of whom."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from inlink.errors import CorruptIndex
from inlink.fetch.robots import Rules, rules_of
from inlink.store.disk import full_error, is_full

FORMAT = 1
_WRITE_EVERY = 512
_HINT = "delete it: only courtesy is forgotten"
_TABLES = """
create table if not exists robots (origin text primary key, fetched_at integer, status integer, body blob);
create table if not exists known (url text primary key, etag text, modified text, digest text, archived_at integer,
    place text)
    without rowid;
create table if not exists asked (at integer, host text, url text, kind text, status integer, error text,
    n_bytes integer);
create index if not exists asked_of on asked (host, at);
create table if not exists asked_before (host text, month text, n_requests integer, n_bytes integer,
    primary key (host, month)) without rowid;
create table if not exists looked (url text primary key, etag text, modified text, robots text, reader text,
    n_same integer) without rowid;
"""


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of a URL's last archived answer. Units: archived_at_us microseconds since 1970 UTC."""

    url: str
    etag: str | None
    modified: str | None
    digest: str
    archived_at_us: int
    place: str | None = None  # of the record, as the archive's owner writes it

    @property
    def file(self) -> str:
        """The archive that holds the record; empty where that is not known."""
        return (self.place or "").partition(" ")[0]

    @property
    def conditions(self) -> dict[str, str]:
        """Headers that ask for the answer only if it is another one now."""
        return _conditions(self.etag, self.modified)


@dataclass(frozen=True, slots=True)
class Looked:
    """What a page that was read whole said of its version, so that the next look can ask whether it is another one now.

    robots: its X-Robots-Tag; reader: by what rules it was read; n_same: answers since that said "the same".
    """

    url: str
    etag: str | None
    modified: str | None
    robots: str = ""
    reader: str = ""
    n_same: int = 0

    @property
    def conditions(self) -> dict[str, str]:
        """Headers that ask for the page only if it is another one now."""
        return _conditions(self.etag, self.modified)


def _conditions(etag: str | None, modified: str | None) -> dict[str, str]:
    found = {"If-None-Match": etag, "If-Modified-Since": modified}
    return {name: value for name, value in found.items() if value}


@dataclass(frozen=True, slots=True)
class Asked:
    """One line of the courtesy ledger. kind: page, robots or probe. Units: at_us microseconds since 1970 UTC."""

    at_us: int
    host: str
    url: str
    kind: str
    status: int | None
    error: str | None
    n_bytes: int


class Memory:
    """A small database; may be used from any thread. `path` None keeps all of it in memory."""

    def __init__(self, path: Path | None = None) -> None:
        self._lock = threading.Lock()
        self._asked: list[Asked] = []
        try:
            self._db = sqlite3.connect(path or ":memory:", timeout=30, isolation_level=None, check_same_thread=False)
        except sqlite3.Error as error:
            raise CorruptIndex(f"{path} cannot be opened: {error}", hint=_HINT) from error
        try:
            self._prepare(path)
        except BaseException:
            self._db.close()
            raise

    def _prepare(self, path: Path | None) -> None:
        """Tables of the right format. Raises: CorruptIndex; Unreachable where the disk is full."""
        try:
            self._db.execute("pragma journal_mode = wal")
            self._db.execute("pragma synchronous = normal")
            (found,) = self._db.execute("pragma user_version").fetchone()
            if found not in (0, FORMAT):
                raise CorruptIndex(f"{path} has format {found}", hint=_HINT)
            self._db.executescript(_TABLES)
            self._db.execute(f"pragma user_version = {FORMAT}")
        except sqlite3.Error as error:
            if path is not None and is_full(error):
                raise full_error(path.parent) from error
            raise CorruptIndex(f"{path} cannot be read: {error}", hint=_HINT) from error

    def close(self) -> None:
        """Write what is held back, and close."""
        self.flush()
        with self._lock:
            self._db.close()

    def robots(self, origin: str) -> Rules | None:
        """The rules that were read last, however old."""
        with self._lock:
            row = self._db.execute("select status, body, fetched_at from robots where origin = ?", (origin,)).fetchone()
        return None if row is None else rules_of(row[0], row[1] or b"", row[2])

    def keep_robots(self, origin: str, rules: Rules) -> None:
        """Keep rules that were read."""
        with self._lock:
            self._db.execute(
                "insert or replace into robots values (?, ?, ?, ?)",
                (origin, rules.fetched_at_us, rules.status, rules.body),
            )

    def known(self, url: str) -> Known | None:
        """What is known of a URL."""
        with self._lock:
            row = self._db.execute("select * from known where url = ?", (url,)).fetchone()
        return None if row is None else Known(*row)

    def keep_known(self, rows: Iterable[Known]) -> None:
        """Keep what is known of URLs now."""
        values = [(k.url, k.etag, k.modified, k.digest, k.archived_at_us, k.place) for k in rows]
        if values:
            self._write("insert or replace into known values (?, ?, ?, ?, ?, ?)", values)

    def looked(self, url: str) -> Looked | None:
        """What a page said of its version when it was read last."""
        with self._lock:
            row = self._db.execute("select * from looked where url = ?", (url,)).fetchone()
        return None if row is None else Looked(*row)

    def keep_looked(self, url: str, looked: Looked | None) -> None:
        """Keep what a page says of its version; None where nothing is to be asked by it."""
        if looked is None:
            self._write("delete from looked where url = ?", [(url,)])
        else:
            row = (url, looked.etag, looked.modified, looked.robots, looked.reader, looked.n_same)
            self._write("insert or replace into looked values (?, ?, ?, ?, ?, ?)", [row])

    def note(self, asked: Asked) -> None:
        """One more line of the ledger; lines are written some hundreds at a time."""
        with self._lock:
            self._asked.append(asked)
        if len(self._asked) >= _WRITE_EVERY:
            self.flush()

    def flush(self) -> None:
        """Write the lines that are held back."""
        with self._lock:
            lines, self._asked = self._asked, []
        if lines:
            rows = [(a.at_us, a.host, a.url, a.kind, a.status, a.error, a.n_bytes) for a in lines]
            self._write("insert into asked values (?, ?, ?, ?, ?, ?, ?)", rows)

    def ledger(self, host: str | None = None, since_us: int = 0) -> list[Asked]:
        """Lines of the ledger in order of time, of one host where named."""
        self.flush()
        where, values = ("", (since_us,)) if host is None else (" and host = ?", (since_us, host))
        with self._lock:
            rows = self._db.execute(f"select * from asked where at >= ?{where} order by at", values)  # noqa: S608
            return [Asked(*row) for row in rows]

    def forget(self, before_us: int) -> int:
        """Lines of the ledger that are older become counts by host and month, and go; how many. Rules go too.

        Cost: a look at one row, where the oldest line is not older. Units: microseconds since 1970 UTC.
        """
        self.flush()
        with self._lock:
            oldest = self._db.execute("select at from asked order by rowid limit 1").fetchone()
            if oldest is None or oldest[0] >= before_us:
                return 0
            self._db.execute("begin immediate")
            self._db.execute(
                """insert into asked_before
                   select host, strftime('%Y-%m', at / 1000000, 'unixepoch') as month, count(*), sum(n_bytes)
                   from asked where at < ? group by 1, 2
                   on conflict (host, month) do update set n_requests = n_requests + excluded.n_requests,
                       n_bytes = n_bytes + excluded.n_bytes""",
                (before_us,),
            )
            n_gone = self._db.execute("delete from asked where at < ?", (before_us,)).rowcount
            self._db.execute("delete from robots where fetched_at < ?", (before_us,))
            self._db.execute("commit")
            return n_gone

    def asked_before(self, host: str) -> list[tuple[str, int, int]]:
        """What the ledger no longer lists of a host: month, requests, bytes."""
        query = "select month, n_requests, n_bytes from asked_before where host = ? order by month"
        with self._lock:
            return [tuple(row) for row in self._db.execute(query, (host,))]

    def _write(self, statement: str, rows: Sequence[tuple[object, ...]]) -> None:
        with self._lock:
            self._db.execute("begin immediate")
            self._db.executemany(statement, rows)
            self._db.execute("commit")
