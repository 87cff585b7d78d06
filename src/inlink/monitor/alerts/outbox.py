"""What is to be sent by which channel, and what became of it. Nothing is sent twice.

A message is marked `sending` before it leaves and `sent` after the other side took it. Killed in between, nobody can
say which; the next run marks it `unconfirmed` and does not send it again. So a kill errs on the side of silence, never
of repetition; what it may have silenced is in the feed and in `inlink monitor alerts`, and can be sent again by hand.
A refusal is certain: it is tried again, less and less often, for about two days.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from inlink.monitor.keeping import MonitorStore, Told, told
from inlink.monitor.states import HOUR_US
from inlink.store.database import Row

CHANNELS = ("mail", "webhook")
MAX_TRIES = 9
AT_ONCE = 20  # events of one run that are told in messages of their own; more are told in one
_FIRST_WAIT_US = HOUR_US // 6


@dataclass(frozen=True, slots=True)
class Message:
    """Events that are told together."""

    id: int
    channel: str
    events: tuple[Told, ...]


@dataclass(frozen=True, slots=True)
class Sent:
    """What came of sending: is_sure where the other side said yes or no; is_taken where it said yes."""

    is_taken: bool
    is_sure: bool
    said: str


class Outbox:
    """Messages of one channel in the monitor's tables."""

    def __init__(self, store: MonitorStore, channel: str) -> None:
        self._store, self._db, self._channel = store, store.db, channel

    def recover(self) -> int:
        """After a kill: what was being sent may have been sent or not. Gives how many."""
        with self._db.step():
            return self._db.run(
                "update messages set state = 'unconfirmed' where channel = ? and state = 'sending'", (self._channel,)
            )

    def open(self) -> None:
        """Use the channel from now on: what happened before is not told by it."""
        with self._db.step():
            if self._store.fact(f"since {self._channel}") is None:
                row = self._db.first("select coalesce(max(event_id), 0) from events")
                self._store.keep_fact(f"since {self._channel}", str(row[0] if row else 0))

    def fill(self, now_us: int, *, digest_us: int | None) -> int:
        """Make messages of events that have none yet. digest_us: one for all, so long after the last; None: at once.

        Gives how many messages were made.
        """
        with self._db.step():
            events = self._untold()
            if not events or self._is_early(now_us, digest_us):
                return 0
            groups = [events] if digest_us is not None or len(events) > AT_ONCE else [[each] for each in events]
            for group in groups:
                self._add(group, now_us)
            if digest_us is not None:
                self._store.keep_fact(f"digest {self._channel}", str(now_us))
            return len(groups)

    def has_news(self, now_us: int, digest_us: int | None) -> bool:
        """Whether a message is to be made or sent now."""
        query = "select 1 from messages where channel = ? and state = 'waiting' and next_at <= ?"
        if self._db.first(query, (self._channel, now_us)) is not None:
            return True
        return bool(self._untold()) and not self._is_early(now_us, digest_us)

    def _untold(self) -> list[int]:
        since = int(self._store.fact(f"since {self._channel}") or 0)
        query = """select event_id from events where event_id > ? and event_id not in
            (select event_id from message_events where channel = ?) order by event_id"""
        return [row[0] for row in self._db.rows(query, (since, self._channel))]

    def _is_early(self, now_us: int, digest_us: int | None) -> bool:
        last_us = min(int(self._store.fact(f"digest {self._channel}") or 0), now_us)
        return digest_us is not None and now_us - last_us < digest_us

    def _add(self, events: Sequence[int], now_us: int) -> None:
        number = self._db.insert(
            "insert into messages (channel, made_at, state, next_at) values (?, ?, 'waiting', ?)",
            (self._channel, now_us, now_us),
        )
        self._db.run_many("insert into message_events values (?, ?, ?)", [(self._channel, e, number) for e in events])

    def begin(self, now_us: int) -> Message | None:
        """The next message that is due, marked as being sent from now on."""
        with self._db.step():
            row = self._db.first(
                """select message_id from messages where channel = ? and state = 'waiting' and next_at <= ?
                   order by message_id""",
                (self._channel, now_us),
            )
            if row is None:
                return None
            self._db.run("update messages set state = 'sending', n_tries = n_tries + 1 where message_id = ?", (row[0],))
        query = """select events.* from events join message_events using (event_id)
            where message_id = ? order by event_id"""
        return Message(row[0], self._channel, tuple(told(each) for each in self._db.rows(query, (row[0],))))

    def end(self, message: Message, result: Sent, now_us: int) -> str:
        """Record what came of a message; gives its state."""
        with self._db.step():
            row = self._db.first("select n_tries from messages where message_id = ?", (message.id,))
            tries = row[0] if row else MAX_TRIES
            state = "sent" if result.is_taken else "unconfirmed" if not result.is_sure else "waiting"
            if state == "waiting" and tries >= MAX_TRIES:
                state = "failed"
            self._db.run(
                "update messages set state = ?, said = ?, next_at = ?, sent_at = ? where message_id = ?",
                (state, result.said[:500], now_us + (_FIRST_WAIT_US << (tries - 1)),
                 now_us if result.is_taken else None, message.id),
            )  # fmt: skip
        return state


def deliveries(store: MonitorStore, events: Sequence[Told]) -> dict[int, dict[str, str]]:
    """How each event stands by channel: waiting, sending, sent, failed, unconfirmed."""
    found: dict[int, dict[str, str]] = {event.id: {} for event in events}
    query = "select event_id, channel, state from message_events join messages using (message_id, channel)"
    for row in store.db.rows(query):
        if row["event_id"] in found:
            found[row["event_id"]][row["channel"]] = row["state"]
    return found


def open_messages(store: MonitorStore) -> list[Row]:
    """Messages that failed, or of which nobody can say whether they arrived."""
    return store.db.rows("select * from messages where state in ('failed', 'unconfirmed') order by message_id")


def resend(store: MonitorStore, now_us: int) -> int:
    """Send again what failed or is unconfirmed: the user's own wish. Gives how many messages."""
    with store.db.step():
        return store.db.run(
            """update messages set state = 'waiting', n_tries = 0, next_at = ?
               where state in ('failed', 'unconfirmed')""",
            (now_us,),
        )
