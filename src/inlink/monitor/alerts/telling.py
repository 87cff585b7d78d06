"""After a run: messages are made of new events and sent, and the feed is written."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from inlink.config import Monitor
from inlink.fetch import Manners, Policy
from inlink.fetch.loops import finished
from inlink.monitor.alerts import mail, webhook
from inlink.monitor.alerts.feed import MAX_ENTRIES, feed
from inlink.monitor.alerts.outbox import Message, Outbox, Sent
from inlink.monitor.keeping import MonitorStore
from inlink.monitor.states import HOUR_US
from inlink.store.files import replace_text


@dataclass(frozen=True, slots=True)
class Ways:
    """How people are told: settings, what may be fetched, and where the feed goes (None: nowhere)."""

    settings: Monitor
    policy: Policy
    manners: Manners
    feed: Path | None = None


def identity_of(store: MonitorStore) -> str:
    """A name of the workspace that is the same for good."""
    known = store.fact("identity")
    if known is None:
        with store.db.step():
            known = store.fact("identity") or str(uuid.uuid4())
            store.keep_fact("identity", known)
    return known


def open_channels(store: MonitorStore, ways: Ways) -> list[tuple[Outbox, Callable[[Message], Sent]]]:
    """The channels that are set up, each with the way to send by it."""
    settings, identity = ways.settings, identity_of(store)
    found: list[tuple[Outbox, Callable[[Message], Sent]]] = []
    if settings.mail_to and settings.smtp:
        sender = settings.mail_from or settings.mail_to[0]
        box = mail.MailBox(settings.smtp, sender, settings.mail_to)
        found.append((Outbox(store, "mail"), lambda message: mail.send(message, box, identity)))
    if settings.webhook:

        def by_webhook(message: Message) -> Sent:
            sending = webhook.send(message, settings.webhook, identity, policy=ways.policy, manners=ways.manners)
            return finished(sending)

        found.append((Outbox(store, "webhook"), by_webhook))
    return found


def prepare(store: MonitorStore, ways: Ways) -> None:
    """Before a run: what a kill left in doubt is marked so, and channels that are new tell from now on."""
    for box, _ in open_channels(store, ways):
        box.recover()
        box.open()


def _digest_us(ways: Ways) -> int | None:
    return ways.settings.digest_hours * HOUR_US if ways.settings.alerts == "digest" else None


def has_news(store: MonitorStore, ways: Ways, now_us: int) -> bool:
    """Whether a message is to be made or sent now."""
    return any(box.has_news(now_us, _digest_us(ways)) for box, _ in open_channels(store, ways))


def tell(store: MonitorStore, ways: Ways, clock: Callable[[], int]) -> dict[str, int]:
    """Send what is due; gives messages by what became of them."""
    digest_us = _digest_us(ways)
    counts: dict[str, int] = {}
    for box, send in open_channels(store, ways):
        box.fill(clock(), digest_us=digest_us)
        while (message := box.begin(clock())) is not None:
            state = box.end(message, send(message), clock())
            counts[state] = counts.get(state, 0) + 1
    if ways.feed is not None:
        replace_text(ways.feed, feed(store.events(limit=MAX_ENTRIES), identity_of(store), clock()))
    return counts
