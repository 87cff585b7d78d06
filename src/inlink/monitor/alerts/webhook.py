"""Messages as JSON to a webhook, through the guard of the fetcher: no private address unless it is a test host."""

from __future__ import annotations

import hashlib
import hmac
import json
import os
from collections.abc import Mapping

from inlink.fetch import Manners, Policy
from inlink.fetch.posting import post
from inlink.fetch.reply import NEVER_ASKED
from inlink.monitor.alerts.outbox import Message, Sent
from inlink.monitor.alerts.wording import iso
from inlink.monitor.keeping import Told

SECRET = "INLINK_WEBHOOK_SECRET"  # noqa: S105  the name of a variable
_NOT_REACHED = NEVER_ASKED | {"dns", "refused", "tls"}


def body_of(message: Message, identity: str) -> bytes:
    """The message as JSON: `id` is the same each time, `events` as they were told."""
    events = [as_object(event) for event in message.events]
    return json.dumps({"id": f"{identity}.{message.id}", "events": events}, ensure_ascii=False).encode()


def as_object(event: Told) -> dict[str, object]:
    """An event as JSON can hold it."""
    return {
        "event_id": event.id,
        "watch_id": event.watch_id,
        "at": iso(event.at_us),
        "kind": event.kind,
        "state_before": event.before,
        "reasons": dict(event.reasons),
        "source_url": event.source_url,
        "target": event.target,
        "anchor": event.anchor,
        "label": event.label,
        "place": event.place,
    }


async def send(message: Message, url: str, identity: str, *, policy: Policy, manners: Manners) -> Sent:
    """Post the message. Any answer is certain: 2xx took it, others did not. A request without an answer is in doubt."""
    body = body_of(message, identity)
    reply = await post(url, body, headers_of(message, identity, body), policy=policy, manners=manners)
    if reply.status is not None:
        is_taken = 200 <= reply.status < 300
        more = " (redirects are not followed)" if 300 <= reply.status < 400 else ""
        return Sent(is_taken, True, f"the webhook answered {reply.status}{more}")
    is_sure = reply.error in _NOT_REACHED or "ConnectionTimeout" in reply.detail
    return Sent(False, is_sure, f"{reply.error}: {reply.detail}")


def headers_of(message: Message, identity: str, body: bytes) -> Mapping[str, str]:
    """Type, a key that is the same for the same message, and a signature where a secret is set."""
    found = {"Content-Type": "application/json; charset=utf-8", "Idempotency-Key": f"{identity}.{message.id}"}
    secret = os.environ.get(SECRET, "")
    if secret:
        found["X-Inlink-Signature"] = "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    return found
