"""Alerts by mail, webhook and feed: each event once, whatever happens between sending and recording."""

from __future__ import annotations

import email
import email.policy
import hashlib
import hmac
import json
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest
from mail_sink import Sink, taking_mail
from sqlalchemy import delete, insert, update
from watched_web import Answer, Web, hosting

from inlink.config import Monitor
from inlink.fetch import Manners, Policy, parse_route
from inlink.monitor.alerts.feed import feed
from inlink.monitor.alerts.outbox import AT_ONCE, MAX_TRIES, Outbox, deliveries, resend
from inlink.monitor.alerts.telling import Ways, identity_of, prepare, tell
from inlink.monitor.alerts.wording import headline, lines, subject
from inlink.monitor.keeping import MonitorStore, Told
from inlink.monitor.states import DAY_US, HOUR_US
from inlink.store.db import WorkDatabase
from inlink.store.db.watches import EventRow, MessageRow
from inlink.urls.domains import SuffixRules

HOSTILE = "Bread\r\nBcc: all@example.org\r\n\r\n<script>\u202e\x1b[31m\ufffe"


@pytest.fixture
def store(work_database: WorkDatabase) -> MonitorStore:
    return MonitorStore(work_database, SuffixRules(()))


def happen(store: MonitorStore, n: int, at_us: int = 0, anchor: str = "Bread") -> None:
    with store.db.step():
        for number in range(n):
            told = {"at": at_us, "kind": "lost", "before": "alive", "reasons": json.dumps({"link_removed": anchor})}
            about = {"source_url": f"https://a.example/{number}?x=1&y=2", "target": "mine.example", "anchor": anchor}
            store.db.insert(insert(EventRow).values(watch_id=number, label="", **told, **about))


def ways(web: Web | None = None, sink: Sink | None = None, folder: Path | None = None, **settings: object) -> Ways:
    found = Monitor(
        mail_to=("me@mine.example", "you@mine.example") if sink else (),
        mail_from="inlink@mine.example" if sink else "",
        smtp=f"smtp://127.0.0.1:{sink.port}" if sink else "",
        webhook="https://hook.example/in" if web else "",
        **{"alerts": "at-once", **settings},  # type: ignore[arg-type]
    )
    policy = Policy(routes=(parse_route(web.route),)) if web else Policy()
    return Ways(found, policy, Manners(total_timeout_s=120), folder / "alerts.atom.xml" if folder else None)


def test_each_event_goes_out_once(store: MonitorStore) -> None:
    with hosting(lambda host, path, n: Answer("", 204)) as web, taking_mail() as sink:
        told = ways(web, sink)
        happen(store, 2)  # before the channels were set up
        prepare(store, told)
        happen(store, 3)
        assert tell(store, told, lambda: 1) == {"sent": 6}
        assert tell(store, told, lambda: 10 * DAY_US) == {}
        happen(store, 1)
        prepare(store, told)
        assert tell(store, told, lambda: 10 * DAY_US) == {"sent": 2}
    assert len(web.posted) == len(sink.mails) == 4
    posted = [event["event_id"] for _, _, body in web.posted for event in json.loads(body)["events"]]
    assert posted == [3, 4, 5, 6]


def test_a_digest_is_one_message_a_day(store: MonitorStore) -> None:
    with taking_mail() as sink:
        told = ways(None, sink, alerts="digest", digest_hours=24)
        prepare(store, told)
        now = 100 * DAY_US
        happen(store, 30, now)
        assert tell(store, told, lambda: now) == {"sent": 1}
        happen(store, 2, now)
        assert tell(store, told, lambda: now + 23 * HOUR_US) == {}
        assert tell(store, told, lambda: now + 24 * HOUR_US) == {"sent": 1}
    assert sink.mails[0][2].count("https://a.example/") == 30
    assert "30 changes of watched links: 30 lost" in sink.mails[0][2]


def test_at_once_does_not_flood(store: MonitorStore) -> None:
    with taking_mail() as sink:
        told = ways(None, sink)
        prepare(store, told)
        happen(store, AT_ONCE + 1)
        assert tell(store, told, lambda: 1) == {"sent": 1}
    assert len(sink.mails) == 1


def test_killed_between_sending_and_recording(store: MonitorStore) -> None:
    with taking_mail() as sink:
        told = ways(None, sink)
        prepare(store, told)
        happen(store, 2)
        box = Outbox(store, "mail")
        box.fill(1, digest_us=None)
        assert box.begin(1) is not None  # and here the process dies, before or after the mail went out
        prepare(store, told)
        assert tell(store, told, lambda: 2) == {"sent": 1}
        assert sorted(state for each in deliveries(store, store.events()).values() for state in each.values()) == [
            "sent",
            "unconfirmed",
        ]
        assert len(sink.mails) == 1
        assert resend(store, 3) == 1  # the user's own wish
        assert tell(store, told, lambda: 3) == {"sent": 1}
    assert len(sink.mails) == 2


def test_no_answer_is_not_sent_again(store: MonitorStore) -> None:
    sink = Sink(hangs_up=True)
    with hosting(lambda host, path, n: Answer(is_silent=True)) as web, taking_mail(sink):
        told = ways(web, sink)
        prepare(store, told)
        happen(store, 1)
        assert tell(store, told, lambda: 1) == {"unconfirmed": 2}
        assert tell(store, told, lambda: 99 * DAY_US) == {}
    assert (len(sink.mails), len(web.posted)) == (1, 1)


@pytest.mark.parametrize("refuses", ["MAIL", "RCPT", "DATA"])
def test_a_refusal_is_tried_again(store: MonitorStore, refuses: str) -> None:
    sink = Sink(refuses=refuses)
    with hosting(lambda host, path, n: Answer("", 500 if n < 1 else 200)) as web, taking_mail(sink):
        told = ways(web, sink)
        prepare(store, told)
        happen(store, 1)
        assert tell(store, told, lambda: HOUR_US) == {"waiting": 2}
        assert tell(store, told, lambda: HOUR_US + 1) == {}  # not at once
        sink.refuses = ""
        assert tell(store, told, lambda: 2 * HOUR_US) == {"sent": 2}
    assert (len(sink.mails), len(web.posted)) == (1, 2)
    keys = {headers["idempotency-key"] for _, headers, _ in web.posted}
    assert len(keys) == 1


def test_in_the_end_it_is_given_up(store: MonitorStore) -> None:
    with hosting(lambda host, path, n: Answer("", 403)) as web:
        told = ways(web)
        prepare(store, told)
        happen(store, 1)
        states = [tell(store, told, lambda at=n: at * 2 * DAY_US) for n in range(1, MAX_TRIES + 3)]  # type: ignore[misc]
    assert states[MAX_TRIES - 1 :] == [{"failed": 1}, {}, {}]


def test_a_webhook_inside_a_private_network_is_refused(store: MonitorStore) -> None:
    for address in ("http://127.0.0.1:9/x", "http://169.254.169.254/x", "http://[::1]/x", "http://localhost/x"):
        told = Ways(Monitor(webhook=address, alerts="at-once"), Policy(), Manners())
        prepare(store, told)
        happen(store, 1)
        assert tell(store, told, lambda: 1)["waiting"] == 1
        store.db.run(delete(MessageRow))
        store.db.run(delete(EventRow))


def test_webhooks_are_signed(store: MonitorStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("INLINK_WEBHOOK_SECRET", "s3cret")
    with hosting(lambda host, path, n: Answer("ok")) as web:
        told = ways(web)
        prepare(store, told)
        happen(store, 1)
        tell(store, told, lambda: 1)
    _, headers, body = web.posted[0]
    assert headers["x-inlink-signature"] == "sha256=" + hmac.new(b"s3cret", body, hashlib.sha256).hexdigest()


def test_hostile_words_stay_words(store: MonitorStore, tmp_path: Path) -> None:
    with taking_mail() as sink:
        told = ways(None, sink, tmp_path)
        prepare(store, told)
        happen(store, 1, anchor=HOSTILE)
        event = store.events()[0]
        with store.db.step():
            store.db.run(update(EventRow).values(label=HOSTILE))
        assert tell(store, told, lambda: 1) == {"sent": 1}
    sender, recipients, text = sink.mails[0]
    assert (sender, recipients) == ("inlink@mine.example", ["me@mine.example", "you@mine.example"])
    mail = email.message_from_string(text, policy=email.policy.default)
    assert mail["Bcc"] is None
    assert mail["Message-ID"].endswith("@mine.example>")
    assert not any(ord(letter) < 32 or letter in "\u202e" for line in lines(event) for letter in line)
    ElementTree.fromstring((tmp_path / "alerts.atom.xml").read_bytes())


def test_feed_is_atom_and_keeps_its_ids(store: MonitorStore) -> None:
    happen(store, 3, at_us=1_700_000_000_000_000)
    identity = identity_of(store)
    assert identity == identity_of(store)
    text = feed(store.events(), identity, 0)
    assert text == feed(store.events(), identity, 5)
    atom = "{http://www.w3.org/2005/Atom}"
    root = ElementTree.fromstring(text.encode())
    assert root.tag == f"{atom}feed"
    entries = root.findall(f"{atom}entry")
    for each in (root, *entries):  # RFC 4287, 4.1.1 and 4.1.2
        assert all(len(each.findall(atom + name)) == 1 for name in ("id", "title", "updated"))
    assert root.find(f"{atom}author/{atom}name") is not None
    assert len({entry.findtext(f"{atom}id") for entry in entries}) == 3
    assert root.findtext(f"{atom}updated") == "2023-11-14T22:13:20Z"
    empty = ElementTree.fromstring(feed([], identity, 0))
    assert empty.findtext(f"{atom}updated") == "1970-01-01T00:00:00Z"


def test_words_of_events() -> None:
    event = Told(1, 2, 0, "changed", "alive", {"nofollow_rel": 'rel="ugc"'}, "https://a.example/", "mine.example", "x",
                 "paid", None)  # fmt: skip
    assert headline(event) == "[paid] changed: https://a.example/ → mine.example"
    assert subject([event]) == headline(event)
    assert 'the link\'s rel says nofollow, ugc or sponsored — rel="ugc"' in "\n".join(lines(event))
