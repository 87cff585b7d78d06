"""Checks in the workspace's database: every verdict with its tries, and the state that all of a URL's make."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from importlib.resources import files
from pathlib import Path

from inlink.check.verdicts import State, Try, Verdict, advance
from inlink.store.database import Database, Row

FORMAT = 1
_MANY = 500
_STATE = "insert or replace into check_states values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
_CHECK = """insert into checks (url, checked_at, verdict, reason, why, status, final_url, ip, evidence)
    values (?, ?, ?, ?, ?, ?, ?, ?, ?)"""
_TRY = "insert into check_tries values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"


class CheckStore:
    """The tables checks, check_tries and check_states of `checks.sql`. Use it from one thread at a time."""

    def __init__(self, path: Path) -> None:
        script = files("inlink.check").joinpath("checks.sql").read_text("utf-8")
        self._db = Database(path, "check", FORMAT, script)

    def close(self) -> None:
        """Let go of the database."""
        self._db.close()

    def keep(self, verdicts: Iterable[Verdict]) -> list[State]:
        """Keep verdicts in one transaction, all or none; the state of each URL after its own."""
        after: list[State] = []
        with self._db.step():
            found = list(verdicts)
            states = self.states([verdict.url for verdict in found])
            for verdict in sorted(found, key=lambda one: one.checked_at_us):
                states[verdict.url] = advance(states.get(verdict.url), verdict)
                self._keep(verdict)
            after = [states[verdict.url] for verdict in found]
            self._db.run_many(_STATE, {state.url: _state_row(state) for state in after}.values())
        return after

    def state(self, url: str) -> State | None:
        """What all checks of a URL say; None where there was none."""
        return self.states([url]).get(url)

    def states(self, urls: Sequence[str]) -> dict[str, State]:
        """The states of those URLs that were checked."""
        found: dict[str, State] = {}
        for at in range(0, len(urls), _MANY):
            some = urls[at : at + _MANY]
            marks = ", ".join("?" * len(some))
            rows = self._db.rows(f"select * from check_states where url in ({marks})", some)  # noqa: S608
            found.update((row["url"], _state(row)) for row in rows)
        return found

    def due(self, now_us: int) -> list[str]:
        """URLs whose failure another check can confirm from now on, the longest due first."""
        rows = self._db.rows("select url from check_states where due_at <= ? order by due_at, url", (now_us,))
        return [row["url"] for row in rows]

    def history(self, url: str) -> list[Verdict]:
        """All checks of a URL with their tries, in order of time."""
        rows = self._db.rows("select * from checks where url = ? order by checked_at, check_id", (url,))
        return [self._verdict(row) for row in rows]

    def counts(self) -> dict[str, int]:
        """URLs by state."""
        rows = self._db.rows("select state, count(*) as n from check_states group by state")
        return {row["state"]: row["n"] for row in rows}

    def forget(self, before_us: int) -> int:
        """Remove checks older than a time, with their tries; states stay. Gives how many went."""
        with self._db.step():
            return self._db.run("delete from checks where checked_at < ?", (before_us,))

    def _keep(self, verdict: Verdict) -> None:
        row = (
            verdict.url,
            verdict.checked_at_us,
            verdict.verdict,
            verdict.reason,
            verdict.why,
            verdict.status,
            verdict.final_url,
            verdict.ip,
            json.dumps(dict(verdict.evidence), ensure_ascii=False),
        )
        number = self._db.insert(_CHECK, row)
        self._db.run_many(_TRY, [(number, n, *_try_row(one)) for n, one in enumerate(verdict.tries)])

    def _verdict(self, row: Row) -> Verdict:
        tries = self._db.rows("select * from check_tries where check_id = ? order by ordinal", (row["check_id"],))
        return Verdict(
            row["url"],
            row["checked_at"],
            row["verdict"],
            row["reason"],
            row["why"],
            row["status"],
            row["final_url"],
            row["ip"],
            json.loads(row["evidence"]),
            tuple(Try(*tuple(one)[2:]) for one in tries),
        )


def _try_row(one: Try) -> tuple[object, ...]:
    found = (one.kind, one.method, one.url, one.at_us, one.status, one.error, one.location, one.n_bytes)
    return (*found, one.took_s)


def _state_row(state: State) -> tuple[object, ...]:
    return (
        state.url,
        state.state,
        state.verdict,
        state.reason,
        state.since_us,
        state.checked_at_us,
        state.n_checks,
        state.n_failed,
        state.n_missing,
        state.first_missing_us,
        state.last_alive_us,
        state.due_at_us,
    )


def _state(row: Row) -> State:
    return State(*tuple(row))
