"""What is to be sent by which channel, and what became of it. Nothing is sent twice.

A message is marked `sending` before it leaves and `sent` after the other side took it. Killed in between, nobody can
say which; the next run marks it `unconfirmed` and does not send it again. So a kill errs on the side of silence, never
of repetition; what it may have silenced is in the feed and in `inlink monitor alerts`, and can be sent again by hand.
A refusal is certain: it is tried again, less and less often, for about two days.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, func, insert, select, update

from inlink.monitor.keeping import MonitorStore, Told, told
from inlink.monitor.states import HOUR_US
from inlink.store.db.upserts import table_of
from inlink.store.db.watches import EventRow, MessageEventRow, MessageRow

CHANNELS = ("mail", "webhook")
MAX_TRIES = 9
AT_ONCE = 20  # events of one run that are told in messages of their own; more are told in one
_FIRST_WAIT_US = HOUR_US // 6
_EVENTS, _MESSAGES, _TELLS = table_of(EventRow), table_of(MessageRow), table_of(MessageEventRow)
_IN_DOUBT = _MESSAGES.c.state.in_(("failed", "unconfirmed"))


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
        in_doubt = self._of("sending")
        return self._db.run(update(_MESSAGES).where(*in_doubt).values(state="unconfirmed"))

    def _of(self, state: str) -> tuple[Any, Any]:
        return _MESSAGES.c.channel == self._channel, _MESSAGES.c.state == state

    def open(self) -> None:
        """Use the channel from now on: what happened before is not told by it."""
        with self._db.step():
            if self._store.fact(f"since {self._channel}") is None:
                row = self._db.first(select(func.coalesce(func.max(_EVENTS.c.event_id), 0)))
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
        due = select(_MESSAGES.c.message_id).where(*self._of("waiting"), _MESSAGES.c.next_at <= now_us)
        if self._db.first(due.limit(1)) is not None:
            return True
        return bool(self._untold()) and not self._is_early(now_us, digest_us)

    def _untold(self) -> list[int]:
        since = int(self._store.fact(f"since {self._channel}") or 0)
        told_already = select(_TELLS.c.event_id).where(_TELLS.c.channel == self._channel)
        query = select(_EVENTS.c.event_id).where(_EVENTS.c.event_id > since, _EVENTS.c.event_id.not_in(told_already))
        return [row.event_id for row in self._db.rows(query.order_by(_EVENTS.c.event_id))]

    def _is_early(self, now_us: int, digest_us: int | None) -> bool:
        last_us = min(int(self._store.fact(f"digest {self._channel}") or 0), now_us)
        return digest_us is not None and now_us - last_us < digest_us

    def _add(self, events: Sequence[int], now_us: int) -> None:
        row = {"channel": self._channel, "made_at": now_us, "state": "waiting", "next_at": now_us}
        number = self._db.insert(insert(_MESSAGES).values(row))
        tells = [{"channel": self._channel, "event_id": event, "message_id": number} for event in events]
        self._db.run_many(insert(_TELLS), tells)

    def begin(self, now_us: int) -> Message | None:
        """The next message that is due, marked as being sent from now on."""
        with self._db.step():
            due = select(_MESSAGES.c.message_id).where(*self._of("waiting"), _MESSAGES.c.next_at <= now_us)
            row = self._db.first(due.order_by(_MESSAGES.c.message_id).limit(1).with_for_update())
            if row is None:
                return None
            number: int = row.message_id
            begun = {"state": "sending", "n_tries": _MESSAGES.c.n_tries + 1}
            self._db.run(update(_MESSAGES).where(_MESSAGES.c.message_id == number).values(begun))
            query = select(_EVENTS).join(_TELLS, _TELLS.c.event_id == _EVENTS.c.event_id)
            rows = self._db.rows(query.where(_TELLS.c.message_id == number).order_by(_EVENTS.c.event_id))
        return Message(number, self._channel, tuple(map(told, rows)))

    def end(self, message: Message, result: Sent, now_us: int) -> str:
        """Record what came of a message; gives its state."""
        with self._db.step():
            is_it = _MESSAGES.c.message_id == message.id
            row = self._db.first(select(_MESSAGES.c.n_tries).where(is_it))
            tries = row.n_tries if row else MAX_TRIES
            state = "sent" if result.is_taken else "unconfirmed" if not result.is_sure else "waiting"
            if state == "waiting" and tries >= MAX_TRIES:
                state = "failed"
            next_us = now_us + (_FIRST_WAIT_US << (tries - 1))
            ended = {"state": state, "said": result.said[:500], "next_at": next_us}
            sent_us = now_us if result.is_taken else None
            self._db.run(update(_MESSAGES).where(is_it).values(sent_at=sent_us, **ended))
        return state


def deliveries(store: MonitorStore, events: Sequence[Told]) -> dict[int, dict[str, str]]:
    """How each event stands by channel: waiting, sending, sent, failed, unconfirmed."""
    found: dict[int, dict[str, str]] = {event.id: {} for event in events}
    query = select(_TELLS.c.event_id, _TELLS.c.channel, _MESSAGES.c.state)
    for row in store.db.rows(query.join(_MESSAGES, _MESSAGES.c.message_id == _TELLS.c.message_id)):
        if row.event_id in found:
            found[row.event_id][row.channel] = row.state
    return found


def open_messages(store: MonitorStore) -> Sequence[Row[Any]]:
    """Messages that failed, or of which nobody can say whether they arrived."""
    return store.db.rows(select(_MESSAGES).where(_IN_DOUBT).order_by(_MESSAGES.c.message_id))


def resend(store: MonitorStore, now_us: int) -> int:
    """Send again what failed or is unconfirmed: the user's own wish. Gives how many messages."""
    return store.db.run(update(_MESSAGES).where(_IN_DOUBT).values(state="waiting", n_tries=0, next_at=now_us))
