"""Watches, looks and events in the workspace's database; all that one look changes is one step."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from importlib.resources import files
from pathlib import Path

from inlink.errors import NotFound
from inlink.monitor.looking import Look, key_of
from inlink.monitor.states import Event, Finding, Standing
from inlink.monitor.survival import Seen, hazard
from inlink.monitor.watches import Expected, Watch
from inlink.store.database import Database, Row
from inlink.urls.domains import SuffixRules
from inlink.urls.identity import Scope, target
from inlink.urls.parse import parse

FORMAT = 1
_INSERT = """insert or ignore into watches (origin, source_url, source_key, source_domain, target, scope, label,
    wanted_anchor, wants_follow, every, added_at, first_seen, expected, state, since, reasons, place, standing, next_at,
    digest) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"""


@dataclass(frozen=True, slots=True)
class Told:
    """One event as it was told. reasons: slug → what was seen. Units: at_us microseconds since 1970 UTC."""

    id: int
    watch_id: int
    at_us: int
    kind: str
    before: str
    reasons: Mapping[str, str]
    source_url: str
    target: str
    anchor: str
    label: str
    place: str | None


@dataclass(frozen=True, slots=True)
class Looked:
    """One look in the history of a watch."""

    at_us: int
    finding: str
    reasons: Mapping[str, str]
    status: int | None
    url: str


class MonitorStore:
    """The tables of `monitor.sql`. Use it from one thread at a time."""

    def __init__(self, path: Path, rules: SuffixRules) -> None:
        script = files("inlink.monitor").joinpath("monitor.sql").read_text("utf-8")
        self.db = Database(path, "monitor", FORMAT, script)
        self._rules = rules

    def close(self) -> None:
        """Let go of the database."""
        self.db.close()

    # Watches.

    def add(self, watches: Iterable[Watch]) -> int:
        """Watch more; what is watched already stays as it is. Gives how many are new."""
        with self.db.step():
            return sum(self.db.run(_INSERT, self._row(watch)) for watch in watches)

    def _row(self, watch: Watch) -> tuple[object, ...]:
        domain = self._domain(watch.source)
        identity = "\0".join((key_of(watch.source), watch.target.text, watch.target.kind, watch.wanted_anchor or ""))
        expected = None if watch.expected is None else json.dumps(asdict(watch.expected), ensure_ascii=False)
        return (
            *(watch.origin, watch.source, key_of(watch.source), domain, watch.target.text, watch.target.kind),
            *(watch.label, watch.wanted_anchor, int(watch.wants_follow), watch.every_us, watch.added_us),
            *(watch.first_seen_us, expected, *_standing_columns(watch.standing), watch.next_us),
            hashlib.sha256(identity.encode("utf-8", "replace")).hexdigest()[:32],
        )

    def _domain(self, url: str) -> str:
        parsed = parse(url)
        return self._rules.domain(parsed.host) if parsed is not None else ""

    def watch(self, number: int) -> Watch:
        """A watch by its number. Raises: NotFound."""
        row = self.db.first("select * from watches where watch_id = ?", (number,))
        if row is None:
            raise NotFound(f"nothing is watched under the number {number}", hint="see inlink monitor list")
        return self._watch(row)

    def watches(self, states: Sequence[str] = (), limit: int | None = None) -> list[Watch]:
        """Watches in some states, or all, in the order in which they were added."""
        where = f"where state in ({', '.join('?' * len(states))})" if states else ""
        query = f"select * from watches {where} order by watch_id limit ?"  # noqa: S608
        return [self._watch(row) for row in self.db.rows(query, (*states, -1 if limit is None else limit))]

    def looked_at(self) -> dict[int, int]:
        """When each watch was looked at last."""
        return {row[0]: row[1] for row in self.db.rows("select watch_id, looked_at from watches") if row[1]}

    def counts(self) -> dict[str, int]:
        """Watches by state."""
        return dict(tuple(row) for row in self.db.rows("select state, count(*) from watches group by state"))

    def due(self, now_us: int, limit: int) -> list[Watch]:
        """Watches that should be looked at by now, the longest due first, those of one page together."""
        query = """select * from watches where source_key in
            (select source_key from watches where next_at <= ? order by next_at limit ?) and next_at <= ?"""
        return [self._watch(row) for row in self.db.rows(query, (now_us, limit, now_us))]

    def due_pages(self, now_us: int) -> Iterator[str]:
        """Pages that should be looked at by now."""
        yield from (row[0] for row in self.db.rows("select source_url from watches where next_at <= ?", (now_us,)))

    def next_due_us(self) -> int | None:
        """When something is due next."""
        row = self.db.first("select min(next_at) from watches")
        return None if row is None else row[0]

    def all_due(self, now_us: int) -> None:
        """Everything is due now."""
        with self.db.step():
            self.db.run("update watches set next_at = min(next_at, ?)", (now_us,))

    def remove(self, numbers: Sequence[int]) -> int:
        """Watch no longer; what was told stays."""
        with self.db.step():
            return sum(self.db.run("delete from watches where watch_id = ?", (number,)) for number in numbers)

    def accept(self, number: int, now_us: int) -> Watch:
        """What is now is as it should be from now on: the next look makes it the expected link. Raises: NotFound."""
        before = self.watch(number)
        source = before.standing.place or before.source
        with self.db.step():
            self.db.run(
                """update watches set expected = null, wanted_anchor = null, wants_follow = 0, source_url = ?,
                   source_key = ?, origin = case origin when 'placement' then 'list' else origin end, next_at = ?
                   where watch_id = ?""",
                (source, key_of(source), now_us, number),
            )
            self._keep_standing(number, Standing(since_us=now_us, last_alive_us=before.standing.last_alive_us))
        return self.watch(number)

    def others(self, watch: Watch) -> frozenset[str]:
        """Keys of other pages of the site that are watched for the same target."""
        query = "select source_key from watches where source_domain = ? and target = ? and scope = ? and watch_id <> ?"
        values = (self._domain(watch.source), watch.target.text, watch.target.kind, watch.id)
        return frozenset(row[0] for row in self.db.rows(query, values))

    def _watch(self, row: Row) -> Watch:
        scope: Scope = row["scope"]
        expected = json.loads(row["expected"]) if row["expected"] else None
        standing = json.loads(row["standing"])
        for name in ("reasons", "doubt_reasons"):
            standing[name] = tuple(standing[name])
        if expected is not None:
            for name in ("beside", "elsewhere"):
                expected[name] = tuple(expected[name])
        return Watch(
            id=row["watch_id"],
            origin=row["origin"],
            source=row["source_url"],
            target=target(row["target"], scope, rules=self._rules),
            label=row["label"],
            wanted_anchor=row["wanted_anchor"],
            wants_follow=bool(row["wants_follow"]),
            every_us=row["every"],
            added_us=row["added_at"],
            first_seen_us=row["first_seen"],
            expected=Expected(**expected) if expected is not None else None,
            standing=Standing(**standing),
            next_us=row["next_at"],
        )

    # Looks.

    def keep(
        self, watch: Watch, look: Look, found: Finding, standing: Standing, event: Event | None, *,
        expected: Expected | None, next_us: int, at_us: int,
    ) -> None:  # fmt: skip
        """What one look changes; call it within a step."""
        first = watch.first_seen_us
        if first is None and found.kind in ("alive", "changed"):
            first = at_us
        known = expected or watch.expected
        self.db.run(
            "update watches set looked_at = ?, next_at = ?, first_seen = ?, expected = ? where watch_id = ?",
            (
                at_us,
                next_us,
                first,
                None if known is None else json.dumps(asdict(known), ensure_ascii=False),
                watch.id,
            ),
        )
        self._keep_standing(watch.id, standing)
        is_lost = event is not None and event.kind == "lost"
        if is_lost or found.kind == "alive":
            self._expose(watch, at_us, is_lost=is_lost)
        self.db.insert(
            "insert into looks (watch_id, at, finding, reasons, status, url) values (?, ?, ?, ?, ?, ?)",
            (watch.id, at_us, found.kind, _json(found.reasons), look.status, look.url),
        )
        if event is not None:
            anchor = known.anchor if known is not None else watch.wanted_anchor or ""
            self.db.insert(
                """insert into events (watch_id, at, kind, before, reasons, source_url, target, anchor, label, place)
                   values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)""",
                (watch.id, at_us, event.kind, event.before, _json(event.reasons), watch.source,
                 watch.target.text, anchor, watch.label, standing.place),
            )  # fmt: skip
            self._wish(standing.place or watch.source, event.kind, at_us)

    def _wish(self, url: str, reason: str, at_us: int) -> None:
        """A page is worth a capture: what an index knows of it is not so any more."""
        self.db.run(
            """insert into wishes (url, stage, reason, wished_at) values (?, 'monitor', ?, ?)
               on conflict (url) do update set reason = excluded.reason, wished_at = excluded.wished_at""",
            (url, reason, at_us),
        )

    def wishes(self) -> list[tuple[str, str, int]]:
        """Pages worth a capture, with the reason and when that became known, the latest first."""
        query = "select url, reason, wished_at from wishes order by wished_at desc, url"
        return [(row[0], row[1], row[2]) for row in self.db.rows(query)]

    def fulfil(self, urls: Iterable[str]) -> None:
        """Pages that were captured since are wished for no longer."""
        with self.db.step():
            self.db.run_many("delete from wishes where url = ?", [(url,) for url in urls])

    def put_off(self, numbers: Sequence[int], until_us: int) -> None:
        """Look at watches later: their host does not answer."""
        with self.db.step():
            self.db.run_many(
                "update watches set next_at = max(next_at, ?) where watch_id = ?", [(until_us, n) for n in numbers]
            )

    def _keep_standing(self, number: int, standing: Standing) -> None:
        row = _standing_columns(standing)
        statement = """update watches set state = ?, since = ?, reasons = ?, place = ?, standing = ?
            where watch_id = ?"""
        self.db.run(statement, (*row, number))

    def _expose(self, watch: Watch, at_us: int, *, is_lost: bool) -> None:
        """Count the time that a living link was watched since the last look, and its death."""
        last = watch.standing.last_alive_us
        if last is None or watch.first_seen_us is None or watch.standing.state == "lost":
            return
        expected = max(hazard(at_us - watch.first_seen_us) - hazard(last - watch.first_seen_us), 0.0)
        for place in self._places(watch):
            self.db.run(
                """insert into survival values (?, ?, ?) on conflict (place) do update
                   set n_lost = n_lost + excluded.n_lost, n_expected = n_expected + excluded.n_expected""",
                (place, float(is_lost), expected),
            )

    def _places(self, watch: Watch) -> list[str]:
        region = watch.expected.region if watch.expected is not None else None
        return [self._domain(watch.source), *([f"region:{region}"] if region else [])]

    def rate(self, watch: Watch) -> float:
        """How much faster than published links die where this one stands: by its region, then by its domain."""
        domain, *regions = self._places(watch)
        rate = self._seen(regions[0]).rate if regions else 1.0
        seen = self._seen(domain)
        return replace(seen, n_expected=seen.n_expected * rate).rate * rate

    def _seen(self, place: str) -> Seen:
        row = self.db.first("select n_lost, n_expected from survival where place = ?", (place,))
        return Seen() if row is None else Seen(*tuple(row))

    def history(self, number: int) -> list[Looked]:
        """All looks of a watch, in order of time."""
        rows = self.db.rows("select * from looks where watch_id = ? order by at, look_id", (number,))
        return [Looked(r["at"], r["finding"], json.loads(r["reasons"]), r["status"], r["url"]) for r in rows]

    # Events.

    def events(self, *, since_us: int = 0, limit: int | None = None, watch_id: int | None = None) -> list[Told]:
        """What was told, the latest first."""
        where, values = ("", ()) if watch_id is None else (" and watch_id = ?", (watch_id,))
        query = f"select * from events where at >= ?{where} order by at desc, event_id desc limit ?"  # noqa: S608
        return [told(row) for row in self.db.rows(query, (since_us, *values, -1 if limit is None else limit))]

    def forget(self, before_us: int) -> int:
        """Remove looks, events and messages of before a time, but each watch's last look. Gives how many looks went."""
        with self.db.step():
            gone = self.db.run(
                """delete from looks where at < ? and look_id not in
                   (select max(look_id) from looks group by watch_id)""",
                (before_us,),
            )
            self.db.run("delete from events where at < ?", (before_us,))
            self.db.run(
                "delete from messages where made_at < ? and state in ('sent', 'failed', 'unconfirmed')", (before_us,)
            )
        return gone

    # Facts.

    def fact(self, name: str) -> str | None:
        """A fact about the monitor."""
        row = self.db.first("select value from monitor_facts where name = ?", (name,))
        return None if row is None else str(row[0])

    def keep_fact(self, name: str, value: str) -> None:
        """Keep a fact."""
        self.db.run("insert or replace into monitor_facts values (?, ?)", (name, value))


def told(row: Row) -> Told:
    """The event of a row."""
    return Told(
        row["event_id"], row["watch_id"], row["at"], row["kind"], row["before"], json.loads(row["reasons"]),
        row["source_url"], row["target"], row["anchor"], row["label"], row["place"],
    )  # fmt: skip


def _standing_columns(standing: Standing) -> tuple[object, ...]:
    text = json.dumps(asdict(standing), ensure_ascii=False)
    return standing.state, standing.since_us, " ".join(standing.reasons), standing.place, text


def _json(reasons: Mapping[str, str]) -> str:
    return json.dumps(dict(reasons), ensure_ascii=False)
