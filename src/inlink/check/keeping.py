"""Checks in the workspace's database: every verdict with its tries, and the state that all of a URL's make."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from functools import lru_cache
from typing import Any

import msgspec
from sqlalchemy import Row, delete, func, insert, select

from inlink.check.verdicts import State, Try, Verdict, advance
from inlink.store.database import StageDatabase
from inlink.store.db import WorkDatabase
from inlink.store.db.base import digest_of
from inlink.store.db.checks import CheckRow, CheckStateRow
from inlink.store.db.upserts import insert_or_replace, table_of

_MANY = 500
_encoder = msgspec.json.Encoder()
_digest = lru_cache(4_096)(digest_of)  # of a URL, for each of its rows
_CHECKS, _STATES = table_of(CheckRow), table_of(CheckStateRow)


class CheckStore:
    """The tables `checks` and `check_states`. Use it from one thread at a time."""

    def __init__(self, database: WorkDatabase) -> None:
        self._db = StageDatabase(database)

    def keep(self, verdicts: Iterable[Verdict]) -> list[State]:
        """Keep verdicts in one transaction, all or none; the state of each URL after its own."""
        with self._db.step() as connection:
            found = list(verdicts)
            states = self._states([verdict.url for verdict in found], is_changed=True)
            in_time = sorted(found, key=lambda one: one.checked_at_us)
            for verdict in in_time:
                states[verdict.url] = advance(states.get(verdict.url), verdict)
            after = [states[verdict.url] for verdict in found]
            self._db.run_many(insert(_CHECKS), [_check_row(verdict) for verdict in in_time])
            new = {state.url: _state_row(state) for state in after}
            self._db.run_many(insert_or_replace(connection, CheckStateRow), list(new.values()))
        return after

    def state(self, url: str) -> State | None:
        """What all checks of a URL say; None where there was none."""
        return self.states([url]).get(url)

    def states(self, urls: Sequence[str]) -> dict[str, State]:
        """The states of those URLs that were checked."""
        return self._states(urls, is_changed=False)

    def _states(self, urls: Sequence[str], *, is_changed: bool) -> dict[str, State]:
        """As `states`; is_changed: nobody else changes them before the step ends."""
        asked = {_digest(url): url for url in urls}
        digests = sorted(asked)
        found: dict[str, State] = {}
        for at in range(0, len(digests), _MANY):
            query = select(_STATES).where(_STATES.c.url_digest.in_(digests[at : at + _MANY]))
            rows = self._db.rows(query.with_for_update() if is_changed else query)
            found.update((asked[row.url_digest], _state(row, asked[row.url_digest])) for row in rows)
        return found

    def due(self, now_us: int) -> list[str]:
        """URLs whose failure another check can confirm from now on, the longest due first."""
        query = select(_STATES.c.url).where(_STATES.c.due_at <= now_us).order_by(_STATES.c.due_at, _STATES.c.url)
        return [row.url for row in self._db.rows(query)]

    def history(self, url: str) -> list[Verdict]:
        """All checks of a URL with their tries, in order of time."""
        query = select(_CHECKS).where(_CHECKS.c.url_digest == digest_of(url))
        return [_verdict(row, url) for row in self._db.rows(query.order_by(_CHECKS.c.checked_at, _CHECKS.c.check_id))]

    def counts(self) -> dict[str, int]:
        """URLs by state."""
        rows = self._db.rows(select(_STATES.c.state, func.count().label("n")).group_by(_STATES.c.state))
        return {row.state: row.n for row in rows}

    def forget(self, before_us: int) -> int:
        """Remove checks older than a time, with their tries; states stay. Gives how many went."""
        return self._db.run(delete(_CHECKS).where(_CHECKS.c.checked_at < before_us))


def _check_row(verdict: Verdict) -> dict[str, object]:
    return {
        "url_digest": _digest(verdict.url),
        "url": verdict.url,
        "checked_at": verdict.checked_at_us,
        "verdict": verdict.verdict,
        "reason": verdict.reason,
        "why": verdict.why,
        "status": verdict.status,
        "final_url": verdict.final_url,
        "ip": verdict.ip,
        "evidence": _as_json(dict(verdict.evidence)),
        "tries": _as_json(verdict.tries),
    }


def _as_json(value: dict[str, str] | Sequence[Try]) -> str:
    try:
        return _encoder.encode(value).decode()
    except UnicodeEncodeError:  # half a character; the database puts another in its place
        plain = value if isinstance(value, dict) else [asdict(one) for one in value]
        return json.dumps(plain, ensure_ascii=False)


def _verdict(row: Row[Any], url: str) -> Verdict:
    tries = tuple(Try(**one) for one in json.loads(row.tries))
    found = (row.verdict, row.reason, row.why, row.status, row.final_url, row.ip)
    return Verdict(url, row.checked_at, *found, json.loads(row.evidence), tries)


def _state_row(state: State) -> dict[str, object]:
    return {
        "url_digest": _digest(state.url),
        "url": state.url,
        "state": state.state,
        "verdict": state.verdict,
        "reason": state.reason,
        "since": state.since_us,
        "checked_at": state.checked_at_us,
        "n_checks": state.n_checks,
        "n_failed": state.n_failed,
        "n_missing": state.n_missing,
        "first_missing": state.first_missing_us,
        "last_alive": state.last_alive_us,
        "due_at": state.due_at_us,
    }


def _state(row: Row[Any], url: str) -> State:
    times = (row.since, row.checked_at, row.n_checks, row.n_failed, row.n_missing)
    return State(url, row.state, row.verdict, row.reason, *times, row.first_missing, row.last_alive, row.due_at)
