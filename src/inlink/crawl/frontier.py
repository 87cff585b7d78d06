"""The frontier: every URL that a crawl has met and what became of it, in one SQLite file.

Memory does not grow with it: SQLite keeps a page cache of fixed size. All changes of one step are one transaction.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

import xxhash

from inlink.crawl.traps import without_session
from inlink.errors import CorruptIndex
from inlink.store.disk import full_error, is_full
from inlink.store.sqlite import transaction

WAITING, DONE, LEFT_OUT, FAILED = range(4)
SEED, SITEMAP = 1, 2
TRY = 10_000  # what a try adds to a page's turn
CACHE_KIB = 96 * 1024
_HINT = "begin another crawl (--new), or delete the folder that it lies in; what it archived stays"


@dataclass(frozen=True, slots=True)
class Task:
    """A page to ask for."""

    id: int
    host_id: int
    host: str
    url: str
    turn: int
    flags: int
    hops: int

    @property
    def depth(self) -> int:
        """Links from a seed."""
        return self.turn % TRY

    @property
    def is_sitemap(self) -> bool:
        """Whether robots.txt or a sitemap index names it."""
        return bool(self.flags & SITEMAP)

    @property
    def n_tries(self) -> int:
        """How often it was asked for before."""
        return self.turn // TRY


@dataclass(frozen=True, slots=True)
class Found:
    """A URL that was met. `why` is a reason to leave it out, None to ask for it."""

    url: str
    host: str
    depth: int
    why: str | None = None
    flags: int = 0
    hops: int = 0
    found_on: int | None = None
    key: int | None = None  # where it is not that of its URL


@dataclass(frozen=True, slots=True)
class Settled:
    """What became of a page. Units: fetched_at_us microseconds since 1970 UTC."""

    id: int
    state: int
    why: str | None = None
    status: int | None = None
    fetched_at_us: int | None = None
    text_digest: int | None = None
    simhash: int | None = None
    canonical: str | None = None


@dataclass(frozen=True, slots=True)
class Unscripted:
    """A page whose scripts are to be run. record: id of its answer's record; place: of the record with its body.

    Units: answered_at_us microseconds since 1970 UTC.
    """

    task: Task
    record: str
    place: str
    headers: tuple[tuple[str, str], ...]
    answered_at_us: int


@dataclass(frozen=True, slots=True)
class Near:
    """How many pages say what another page of the crawl says too."""

    n_same_text: int
    n_canonical_elsewhere: int


def url_key(url: str) -> int:
    """What a URL is known by: 64 bits of the URL without session ids; the chance that 5 M URLs clash is 7e-7."""
    return xxhash.xxh3_64_intdigest(without_session(url).encode()) - (1 << 63)


class Frontier:
    """An open frontier. Use it from one thread at a time."""

    def __init__(self, path: Path, *, cache_kib: int = CACHE_KIB) -> None:
        try:
            self._db = sqlite3.connect(path, timeout=30, isolation_level=None, check_same_thread=False)
        except sqlite3.Error as error:
            raise CorruptIndex(f"{path} cannot be opened: {error}", hint=_HINT) from error
        try:
            self._db.execute("pragma journal_mode = wal")
            self._db.execute("pragma synchronous = full")  # a step stands through a power cut, as its archive does
            self._db.execute(f"pragma cache_size = -{cache_kib}")
            self._db.executescript(files("inlink.crawl").joinpath("frontier.sql").read_text(encoding="utf-8"))
        except sqlite3.Error as error:
            self._db.close()
            if is_full(error):
                raise full_error(path.parent) from error
            raise CorruptIndex(f"{path} cannot be read: {error}", hint=_HINT) from error
        self._host_ids: dict[str, int] = {}

    def close(self) -> None:
        """Let go of the file."""
        self._db.close()

    @contextmanager
    def step(self) -> Iterator[None]:
        """One transaction: all of it or nothing."""
        try:
            with transaction(self._db):
                yield
        except BaseException:
            self._host_ids.clear()
            raise

    # Facts of the crawl, and its files.

    def fact(self, name: str) -> str | None:
        """A fact about the crawl."""
        row = self._db.execute("select value from facts where name = ?", (name,)).fetchone()
        return None if row is None else str(row[0])

    def keep_fact(self, name: str, value: str) -> None:
        """Keep a fact."""
        self._db.execute("insert or replace into facts values (?, ?)", (name, value))

    def files(self, *, registered: bool | None = None) -> dict[str, int]:
        """Archive files with the bytes of them that count."""
        where = "" if registered is None else f" where is_registered = {int(registered)}"
        return dict(self._db.execute(f"select name, n_bytes from files{where} order by name"))  # noqa: S608

    def keep_file(self, name: str, n_bytes: int) -> None:
        """So much of an archive file counts."""
        self._db.execute(
            """insert into files (name, n_bytes) values (?, ?)
               on conflict (name) do update set n_bytes = excluded.n_bytes""",
            (name, n_bytes),
        )

    def drop_file(self, name: str) -> None:
        """A file that holds nothing is gone."""
        self._db.execute("delete from files where name = ?", (name,))

    def mark_registered(self, name: str) -> None:
        """A file is an input of the workspace now."""
        self._db.execute("update files set is_registered = 1 where name = ?", (name,))

    # Pages.

    def add(self, found: Sequence[Found]) -> None:
        """New URLs get a row; known ones come earlier where they are nearer to a seed than was known.

        What was left out for its depth, or for nofollow, or as out of scope is asked for once a better way leads there.
        """
        rows = [self._row(each) for each in found]
        self._db.executemany(
            """insert into pages (key, host, turn, state, flags, hops, url, why, found_on)
               values (?, ?, ?, ?, ?, ?, ?, ?, ?)
               on conflict (key) do update set turn = excluded.turn + pages.turn / 10000 * 10000, state = 0, why = null,
                   flags = pages.flags | excluded.flags, hops = excluded.hops
               where excluded.state = 0 and (pages.state = 0 and excluded.turn < pages.turn % 10000
                   or pages.state = 2 and pages.why in ('too-deep', 'nofollow', 'out-of-scope', 'host-limit'))""",
            rows,
        )

    def _row(self, found: Found) -> tuple[object, ...]:
        key = url_key(found.url) if found.key is None else found.key
        state = LEFT_OUT if found.why else WAITING
        place = (key, self._host_id(found.host), min(found.depth, TRY - 1), state)
        return (*place, found.flags, found.hops, found.url, found.why, found.found_on)

    def known_as(self, key: int) -> str | None:
        """The URL that a key stands for; None where it is new."""
        row = self._db.execute("select url from pages where key = ?", (key,)).fetchone()
        return None if row is None else str(row[0])

    def is_counted(self, key: int) -> bool:
        """Whether a URL is known, and is done or waiting."""
        query = "select 1 from pages where key = ? and state in (0, 1)"
        return self._db.execute(query, (key,)).fetchone() is not None

    def settle(self, pages: Iterable[Settled]) -> None:
        """Pages are done, left out or failed."""
        rows = [(p.state, p.why, p.status, p.fetched_at_us, p.text_digest, p.simhash, p.canonical, p.id) for p in pages]
        self._db.executemany(
            """update pages set state = ?, why = ?, status = ?, fetched_at = ?, text_digest = ?, simhash = ?,
               canonical = ? where id = ?""",
            rows,
        )

    def put_back(self, ids: Iterable[int]) -> None:
        """Pages are asked for again, after the others of their host."""
        self._db.executemany(f"update pages set turn = turn + {TRY} where id = ?", [(each,) for each in ids])  # noqa: S608

    def take(self, host_id: int, n: int, taken: set[int]) -> list[Task]:
        """The next pages of a host, nearest to the seeds first, without those in `taken`."""
        rows = self._db.execute(
            """select p.id, p.host, h.name, p.url, p.turn, p.flags, p.hops from pages p join hosts h on h.id = p.host
               where p.host = ? and p.state = 0 order by p.turn, p.id limit ?""",
            (host_id, n + len(taken)),
        )
        return [Task(*row) for row in rows if row[0] not in taken][:n]

    def hosts_waiting(self, n: int, after: int) -> list[int]:
        """Hosts with pages to ask for, in a ring."""
        query = "select id from hosts where n_waiting > 0 and aside is null and id > ? order by id limit ?"
        found = [row[0] for row in self._db.execute(query, (after, n))]
        if len(found) < n and after >= 0:
            known = set(found)
            found += [row[0] for row in self._db.execute(query, (-1, n)) if row[0] not in known]
        return found

    def set_aside(self, host_id: int, why: str) -> None:
        """A host is not asked for the rest of this run."""
        self._db.execute("update hosts set aside = ? where id = ?", (why, host_id))

    def welcome_back(self, max_depth: int | None) -> None:
        """A new run begins: hosts that were set aside are tried again, and pages that are not too deep any more."""
        self._db.execute("update hosts set aside = null where aside is not null")
        self._db.execute(
            "update pages set state = 0, why = null where state = 2 and why = 'too-deep' and turn % ? <= ?",
            (TRY, TRY if max_depth is None else max_depth),
        )

    def host_done(self, host: str) -> int:
        """Pages of a host that are done or waiting."""
        row = self._db.execute("select n_done + n_waiting from hosts where name = ?", (host,)).fetchone()
        return int(row[0]) if row else 0

    def n_waiting(self) -> int:
        """Pages to ask for, those of hosts that are set aside included."""
        return int(self._db.execute("select coalesce(sum(n_waiting), 0) from hosts").fetchone()[0])

    # Shapes: kinds of URLs of a host.

    def shape(self, key: int) -> tuple[int, int, int, int, int, int | None, str | None] | None:
        """What is known of a kind of URL: found, own, other, done, same, last simhash, why it is closed."""
        query = "select n_found, n_own, n_other, n_done, n_same, last_simhash, closed from shapes where key = ?"
        row: tuple[int, int, int, int, int, int | None, str | None] | None = self._db.execute(query, (key,)).fetchone()
        return row

    def keep_shapes(self, rows: Iterable[tuple[int, str, int, int, int, int, int, int | None, str | None]]) -> None:
        """Keep what is known of kinds of URLs."""
        self._db.executemany("insert or replace into shapes values (?, ?, ?, ?, ?, ?, ?, ?, ?)", rows)

    # Pages whose scripts are to be run.

    def note_unscripted(self, pages: Iterable[Unscripted]) -> None:
        """These pages' scripts are to be run."""
        self._db.executemany(
            "insert or replace into renders (page, record, place, headers, answered_at) values (?, ?, ?, ?, ?)",
            [(p.task.id, p.record, p.place, json.dumps(p.headers), p.answered_at_us) for p in pages],
        )

    def unscripted(self, n: int) -> list[Unscripted]:
        """The next pages whose scripts are to be run."""
        rows = self._db.execute(
            """select p.id, p.host, h.name, p.url, p.turn, p.flags, p.hops, r.record, r.place, r.headers, r.answered_at
               from renders r join pages p on p.id = r.page join hosts h on h.id = p.host
               where r.state = 0 order by r.page limit ?""",
            (n,),
        )
        found = []
        for row in rows:
            headers = tuple((str(name), str(value)) for name, value in json.loads(row[9]))
            found.append(Unscripted(Task(*row[:7]), row[7], row[8], headers, row[10]))
        return found

    def settle_scripts(self, pages: Iterable[tuple[int, str | None, int]]) -> None:
        """Pages whose scripts were run: id, why not, links that were not there before."""
        rows = [(FAILED if why else DONE, why, n_links, page) for page, why, n_links in pages]
        self._db.executemany("update renders set state = ?, why = ?, n_links = ? where page = ?", rows)

    def scripts(self) -> list[tuple[int, str | None, int, int]]:
        """State, reason, number of pages, links that need scripts."""
        query = "select state, why, count(*), sum(n_links) from renders group by 1, 2"
        return [tuple(row) for row in self._db.execute(query)]

    # What the report says.

    def counts(self) -> list[tuple[int, str | None, int | None, int]]:
        """State, reason, status, number of pages; without the sitemaps that are done."""
        query = f"""select state, why, status, count(*) from pages
                    where not (state = {DONE} and flags & {SITEMAP}) group by 1, 2, 3"""  # noqa: S608
        return [tuple(row) for row in self._db.execute(query)]

    def n_sitemaps(self) -> int:
        """Sitemaps that are done."""
        query = f"select count(*) from pages where state = {DONE} and flags & {SITEMAP}"  # noqa: S608
        return int(self._db.execute(query).fetchone()[0])

    def examples(self, why: str, n: int = 3) -> list[str]:
        """Some URLs that were left out, or failed, for a reason."""
        query = "select url from pages where state in (2, 3) and why = ? order by id limit ?"
        return [row[0] for row in self._db.execute(query, (why, n))]

    def aside(self) -> list[tuple[str, str, int]]:
        """Hosts that are set aside: name, why, pages that wait for them."""
        query = "select name, aside, n_waiting from hosts where aside is not null order by n_waiting desc, name"
        return [tuple(row) for row in self._db.execute(query)]

    def closed_shapes(self) -> list[tuple[str, str, int]]:
        """Kinds of URLs that were found to be traps: reason, an example, URLs found."""
        query = "select closed, example, n_found from shapes where closed is not null order by n_found desc limit 100"
        return [tuple(row) for row in self._db.execute(query)]

    def near(self) -> Near:
        """Duplicates among the pages that are done."""
        same = "select coalesce(sum(n - 1), 0) from (select count(*) n from pages where text_digest is not null " \
               "group by text_digest having n > 1)"  # fmt: skip
        elsewhere = "select count(*) from pages where canonical is not null and canonical <> url"
        return Near(int(self._db.execute(same).fetchone()[0]), int(self._db.execute(elsewhere).fetchone()[0]))

    def urls(self, state: int = DONE) -> list[str]:
        """URLs in a state, in order."""
        return [row[0] for row in self._db.execute("select url from pages where state = ? order by url", (state,))]

    def _host_id(self, name: str) -> int:
        known = self._host_ids.get(name)
        if known is None:
            self._db.execute("insert or ignore into hosts (name) values (?)", (name,))
            known = int(self._db.execute("select id from hosts where name = ?", (name,)).fetchone()[0])
            if len(self._host_ids) > 100_000:
                self._host_ids.clear()
            self._host_ids[name] = known
        return known
