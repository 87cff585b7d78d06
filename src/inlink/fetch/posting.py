"""Sending to an address that the user named (a webhook): within the guard, without robots.txt, no redirect followed."""

from __future__ import annotations

import time
from collections.abc import Mapping

from inlink.errors import BadInput, Refused
from inlink.fetch.exchange import Exchanger
from inlink.fetch.guard import check_url
from inlink.fetch.manners import Manners
from inlink.fetch.policy import Policy
from inlink.fetch.reply import Reply

MAX_ANSWER_BYTES = 64 * 1024


async def post(url: str, body: bytes, headers: Mapping[str, str], *, policy: Policy, manners: Manners) -> Reply:
    """What came of one POST; a refusal by the guard is a reply with its reason."""
    try:
        place = check_url(url, policy)
    except Refused as error:
        slug = str(error.facts.get("reason", "address"))
        return Reply(url, time.time_ns() // 1000, error=slug, detail=error.message)
    except BadInput as error:
        return Reply(url, time.time_ns() // 1000, error="not-a-url", detail=error.message)
    exchanger = Exchanger(policy, manners)
    try:
        return await exchanger.ask(place, dict(headers), method="POST", max_bytes=MAX_ANSWER_BYTES, body=body)
    finally:
        await exchanger.close()
