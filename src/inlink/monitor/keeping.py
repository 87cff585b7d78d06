"""Watches, looks and events in the workspace's database; all that one look changes is one step."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from sqlalchemy import Row, bindparam, case, delete, func, insert, select, update

from inlink.errors import NotFound
from inlink.monitor.looking import Look, key_of
from inlink.monitor.states import Event, Finding, Standing
from inlink.monitor.survival import Seen, hazard
from inlink.monitor.watches import Expected, Watch
from inlink.store.database import StageDatabase
from inlink.store.db import WorkDatabase
from inlink.store.db.base import digest_of
from inlink.store.db.upserts import insert_new, insert_or_replace, table_of
from inlink.store.db.watches import (
    EventRow,
    LookRow,
    MessageRow,
    MonitorFactRow,
    SurvivalRow,
    WatchRow,
    WishRow,
)
from inlink.urls.domains import SuffixRules
from inlink.urls.identity import Scope, target
from inlink.urls.parse import parse

_WATCHES, _LOOKS, _EVENTS = table_of(WatchRow), table_of(LookRow), table_of(EventRow)
_MESSAGES, _WISHES, _SURVIVAL = table_of(MessageRow), table_of(WishRow), table_of(SurvivalRow)
_FACTS = table_of(MonitorFactRow)
_OVER = ("sent", "failed", "unconfirmed")  # messages that wait for nothing


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
    """Watches, looks and events. Use it from one thread at a time."""

    def __init__(self, database: WorkDatabase, rules: SuffixRules) -> None:
        self.db = StageDatabase(database)
        self._rules = rules

    # Watches.

    def add(self, watches: Iterable[Watch]) -> int:
        """Watch more; what is watched already stays as it is. Gives how many are new."""
        with self.db.step() as connection:
            return self.db.run_many(insert_new(connection, WatchRow), [self._row(watch) for watch in watches])

    def _row(self, watch: Watch) -> dict[str, object]:
        key = key_of(watch.source)
        return {
            "origin": watch.origin,
            "source_url": watch.source,
            "source_key": key,
            "source_digest": digest_of(key),
            "source_domain": self._domain(watch.source),
            "target": watch.target.text,
            "scope": watch.target.kind,
            "label": watch.label,
            "wanted_anchor": watch.wanted_anchor,
            "wants_follow": int(watch.wants_follow),
            "every": watch.every_us,
            "added_at": watch.added_us,
            "first_seen": watch.first_seen_us,
            "expected": _expected(watch.expected),
            **_standing_columns(watch.standing),
            "next_at": watch.next_us,
            "digest": digest_of("\0".join((key, watch.target.text, watch.target.kind, watch.wanted_anchor or ""))),
        }

    def _domain(self, url: str) -> str:
        parsed = parse(url)
        return self._rules.domain(parsed.host) if parsed is not None else ""

    def watch(self, number: int) -> Watch:
        """A watch by its number. Raises: NotFound."""
        row = self.db.first(select(_WATCHES).where(_WATCHES.c.watch_id == number))
        if row is None:
            raise NotFound(f"nothing is watched under the number {number}", hint="see inlink monitor list")
        return self._watch(row)

    def watches(self, states: Sequence[str] = (), limit: int | None = None) -> list[Watch]:
        """Watches in some states, or all, in the order in which they were added."""
        query = select(_WATCHES).order_by(_WATCHES.c.watch_id).limit(limit)
        if states:
            query = query.where(_WATCHES.c.state.in_(states))
        return [self._watch(row) for row in self.db.rows(query)]

    def looked_at(self) -> dict[int, int]:
        """When each watch was looked at last."""
        query = select(_WATCHES.c.watch_id, _WATCHES.c.looked_at).where(_WATCHES.c.looked_at.is_not(None))
        return {row.watch_id: row.looked_at for row in self.db.rows(query)}

    def counts(self) -> dict[str, int]:
        """Watches by state."""
        rows = self.db.rows(select(_WATCHES.c.state, func.count().label("n")).group_by(_WATCHES.c.state))
        return {row.state: row.n for row in rows}

    def due(self, now_us: int, limit: int) -> list[Watch]:
        """Watches that should be looked at by now, the longest due first, those of one page together."""
        is_due = _WATCHES.c.next_at <= now_us
        first = select(_WATCHES.c.source_digest).where(is_due).order_by(_WATCHES.c.next_at, _WATCHES.c.watch_id)
        query = select(_WATCHES).where(is_due, _WATCHES.c.source_digest.in_(first.limit(limit).scalar_subquery()))
        return [self._watch(row) for row in self.db.rows(query.order_by(_WATCHES.c.next_at, _WATCHES.c.watch_id))]

    def due_pages(self, now_us: int) -> Iterator[str]:
        """Pages that should be looked at by now."""
        query = select(_WATCHES.c.source_url).where(_WATCHES.c.next_at <= now_us).order_by(_WATCHES.c.watch_id)
        yield from (row.source_url for row in self.db.rows(query))

    def next_due_us(self) -> int | None:
        """When something is due next."""
        row = self.db.first(select(func.min(_WATCHES.c.next_at)))
        return None if row is None else row[0]

    def all_due(self, now_us: int) -> None:
        """Everything is due now."""
        self.db.run(update(_WATCHES).where(_WATCHES.c.next_at > now_us).values(next_at=now_us))

    def remove(self, numbers: Sequence[int]) -> int:
        """Watch no longer; what was told stays."""
        with self.db.step():
            return sum(self.db.run(delete(_WATCHES).where(_WATCHES.c.watch_id == number)) for number in numbers)

    def accept(self, number: int, now_us: int) -> Watch:
        """What is now is as it should be from now on: the next look makes it the expected link. Raises: NotFound."""
        with self.db.step():
            before = self.watch(number)
            source = before.standing.place or before.source
            origin = case((_WATCHES.c.origin == "placement", "list"), else_=_WATCHES.c.origin)
            values = {
                "source_url": source,
                "source_key": key_of(source),
                "source_digest": digest_of(key_of(source)),
                "next_at": now_us,
                **_standing_columns(Standing(since_us=now_us, last_alive_us=before.standing.last_alive_us)),
            }
            self._change(number, expected=None, wanted_anchor=None, wants_follow=0, origin=origin, **values)
            return self.watch(number)

    def others(self, watch: Watch) -> frozenset[str]:
        """Keys of other pages of the site that are watched for the same target."""
        query = select(_WATCHES.c.source_key).where(
            _WATCHES.c.source_domain == self._domain(watch.source),
            _WATCHES.c.target == watch.target.text,
            _WATCHES.c.scope == watch.target.kind,
            _WATCHES.c.watch_id != watch.id,
        )
        return frozenset(row.source_key for row in self.db.rows(query))

    def _watch(self, row: Row[Any]) -> Watch:
        scope: Scope = row.scope
        expected = json.loads(row.expected) if row.expected else None
        standing = json.loads(row.standing)
        for name in ("reasons", "doubt_reasons"):
            standing[name] = tuple(standing[name])
        if expected is not None:
            for name in ("beside", "elsewhere"):
                expected[name] = tuple(expected[name])
        return Watch(
            id=row.watch_id,
            origin=row.origin,
            source=row.source_url,
            target=target(row.target, scope, rules=self._rules),
            label=row.label,
            wanted_anchor=row.wanted_anchor,
            wants_follow=bool(row.wants_follow),
            every_us=row.every,
            added_us=row.added_at,
            first_seen_us=row.first_seen,
            expected=Expected(**expected) if expected is not None else None,
            standing=Standing(**standing),
            next_us=row.next_at,
        )

    def _change(self, number: int, **values: Any) -> int:
        return self.db.run(update(_WATCHES).where(_WATCHES.c.watch_id == number).values(**values))

    # Looks.

    def keep(
        self, watch: Watch, look: Look, found: Finding, standing: Standing, event: Event | None, *,
        expected: Expected | None, next_us: int, at_us: int,
    ) -> None:  # fmt: skip
        """What one look changes, nothing where the watch was removed meanwhile; call it within a step."""
        first = watch.first_seen_us
        if first is None and found.kind in ("alive", "changed"):
            first = at_us
        known = expected or watch.expected
        seen = {"looked_at": at_us, "next_at": next_us, "first_seen": first, "expected": _expected(known)}
        if not self._change(watch.id, **seen, **_standing_columns(standing)):
            return
        is_lost = event is not None and event.kind == "lost"
        if is_lost or found.kind == "alive":
            self._expose(watch, at_us, is_lost=is_lost)
        looked = {"at": at_us, "finding": found.kind, "reasons": _json(found.reasons), "status": look.status}
        self.db.run(insert(_LOOKS).values(watch_id=watch.id, url=look.url, **looked))
        if event is not None:
            anchor = known.anchor if known is not None else watch.wanted_anchor or ""
            told = {"at": at_us, "kind": event.kind, "before": event.before, "reasons": _json(event.reasons)}
            about = {"source_url": watch.source, "target": watch.target.text, "anchor": anchor, "label": watch.label}
            self.db.run(insert(_EVENTS).values(watch_id=watch.id, place=standing.place, **told, **about))
            self._wish(standing.place or watch.source, event.kind, at_us)

    def _wish(self, url: str, reason: str, at_us: int) -> None:
        """A page is worth a capture: what an index knows of it is not so any more."""
        row = {"url_digest": digest_of(url), "url": url, "stage": "monitor", "reason": reason, "wished_at": at_us}
        with self.db.writing() as connection:
            connection.execute(insert_or_replace(connection, WishRow), row)

    def wishes(self) -> list[tuple[str, str, int]]:
        """Pages worth a capture, with the reason and when that became known, the latest first."""
        query = select(_WISHES.c.url, _WISHES.c.reason, _WISHES.c.wished_at)
        rows = self.db.rows(query.order_by(_WISHES.c.wished_at.desc(), _WISHES.c.url))
        return [(row.url, row.reason, row.wished_at) for row in rows]

    def fulfil(self, urls: Iterable[str]) -> None:
        """Pages that were captured since are wished for no longer."""
        gone = delete(_WISHES).where(_WISHES.c.url_digest == bindparam("gone"))
        self.db.run_many(gone, [{"gone": digest_of(url)} for url in urls])

    def put_off(self, numbers: Sequence[int], until_us: int) -> None:
        """Look at watches later: their host does not answer."""
        later = update(_WATCHES).where(_WATCHES.c.watch_id == bindparam("number"), _WATCHES.c.next_at < until_us)
        self.db.run_many(later.values(next_at=until_us), [{"number": number} for number in numbers])

    def _expose(self, watch: Watch, at_us: int, *, is_lost: bool) -> None:
        """Count the time that a living link was watched since the last look, and its death."""
        last = watch.standing.last_alive_us
        if last is None or watch.first_seen_us is None or watch.standing.state == "lost":
            return
        expected = max(hazard(at_us - watch.first_seen_us) - hazard(last - watch.first_seen_us), 0.0)
        with self.db.writing() as connection:
            statement = insert_or_replace(
                connection,
                SurvivalRow,
                n_lost=lambda new: _SURVIVAL.c.n_lost + new.n_lost,
                n_expected=lambda new: _SURVIVAL.c.n_expected + new.n_expected,
            )
            for place in self._places(watch):
                connection.execute(statement, {"place": place, "n_lost": float(is_lost), "n_expected": expected})

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
        row = self.db.first(select(_SURVIVAL).where(_SURVIVAL.c.place == place))
        return Seen() if row is None else Seen(row.n_lost, row.n_expected)

    def history(self, number: int) -> list[Looked]:
        """All looks of a watch, in order of time."""
        rows = self.db.rows(select(_LOOKS).where(_LOOKS.c.watch_id == number).order_by(_LOOKS.c.at, _LOOKS.c.look_id))
        return [Looked(row.at, row.finding, json.loads(row.reasons), row.status, row.url) for row in rows]

    # Events.

    def events(self, *, since_us: int = 0, limit: int | None = None, watch_id: int | None = None) -> list[Told]:
        """What was told, the latest first."""
        query = select(_EVENTS).where(_EVENTS.c.at >= since_us)
        if watch_id is not None:
            query = query.where(_EVENTS.c.watch_id == watch_id)
        query = query.order_by(_EVENTS.c.at.desc(), _EVENTS.c.event_id.desc()).limit(limit)
        return [told(row) for row in self.db.rows(query)]

    def forget(self, before_us: int) -> int:
        """Remove looks, events and messages of before a time, but each watch's last look. Gives how many looks went."""
        last = select(func.max(_LOOKS.c.look_id)).group_by(_LOOKS.c.watch_id)
        with self.db.step():
            gone = self.db.run(delete(_LOOKS).where(_LOOKS.c.at < before_us, _LOOKS.c.look_id.not_in(last)))
            self.db.run(delete(_EVENTS).where(_EVENTS.c.at < before_us))
            self.db.run(delete(_MESSAGES).where(_MESSAGES.c.made_at < before_us, _MESSAGES.c.state.in_(_OVER)))
        return gone

    # Facts.

    def fact(self, name: str) -> str | None:
        """A fact about the monitor."""
        row = self.db.first(select(_FACTS.c.value).where(_FACTS.c.name == name))
        return None if row is None else str(row.value)

    def keep_fact(self, name: str, value: str) -> None:
        """Keep a fact."""
        with self.db.writing() as connection:
            connection.execute(insert_or_replace(connection, MonitorFactRow), {"name": name, "value": value})


def told(row: Row[Any]) -> Told:
    """The event of a row."""
    return Told(
        row.event_id, row.watch_id, row.at, row.kind, row.before, json.loads(row.reasons),
        row.source_url, row.target, row.anchor, row.label, row.place,
    )  # fmt: skip


def _standing_columns(standing: Standing) -> dict[str, object]:
    return {
        "state": standing.state,
        "since": standing.since_us,
        "reasons": " ".join(standing.reasons),
        "place": standing.place,
        "standing": json.dumps(asdict(standing), ensure_ascii=False),
    }


def _expected(expected: Expected | None) -> str | None:
    return None if expected is None else json.dumps(asdict(expected), ensure_ascii=False)


def _json(reasons: Mapping[str, str]) -> str:
    return json.dumps(dict(reasons), ensure_ascii=False)
