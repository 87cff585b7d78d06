"""How often sign-ins may be tried: so many for a name, so many from an address, in a quarter of an hour.

Counted in the workspace's database: by all servers together, and a restart forgets nothing.
"""

from __future__ import annotations

import json
import math

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from inlink.errors import Refused
from inlink.store.db import WorkDatabase
from inlink.store.db.base import Digest, Micros, digest_of
from inlink.store.db.job_queue import now_us
from inlink.store.db.tries import SignInTries
from inlink.store.db.upserts import insert_new

WINDOW_S = 900
TRIES_BY_NAME = 10
OLD_AT_ONCE = 100
TRIES_BY_ADDRESS = 60  # people of one office share an address


class Throttle:
    """Counts of tries. Names that nobody has are counted as others are, so that they tell nothing."""

    def __init__(
        self, by_name: int = TRIES_BY_NAME, by_address: int = TRIES_BY_ADDRESS, window_s: float = WINDOW_S
    ) -> None:
        self._by_name, self._by_address = by_name, by_address
        self._window_us = int(window_s * 1e6)

    def count(self, database: WorkDatabase, name_key: str, address: str) -> None:
        """Count a try before it is judged, so that many at once count too. Raises: Refused where it is too many."""
        asked = ((_key("address", address), self._by_address), (_key("name", name_key), self._by_name))
        now = now_us()
        with database.step() as step:
            wait_us = next((wait for key, most in asked if (wait := self._hit(step, key, most, now))), 0)
            self._forget_old(step, now)  # last: who holds an old row and waits for another could block who waits for it
        if wait_us:
            wait_s = max(1, math.ceil(wait_us / 1e6))
            raise Refused(
                "too many sign-ins were tried",
                hint=f"try again in {math.ceil(wait_s / 60)} min",
                retry_after_s=wait_s,
            )

    def _hit(self, step: Session, key: Digest, most: int, now: Micros) -> int:
        """Count one; where there are too many, none is counted: how long until there are fewer, in microseconds."""
        row = None
        while row is None:  # another may remove it between the two
            new = {"what_digest": key, "tried_at": "[]", "last_at": now}
            step.execute(insert_new(step.connection(), SignInTries), new)
            row = step.get(SignInTries, key, with_for_update=True, populate_existing=True)
        tried = [at for at in json.loads(row.tried_at) if at > now - self._window_us]
        if len(tried) >= most:
            return max(1, int(tried[-most]) + self._window_us - now)
        row.tried_at, row.last_at = json.dumps([*tried, now]), now
        return 0

    def _forget_old(self, step: Session, now: Micros) -> None:
        """Rows of which nothing counts any more go; those that somebody holds wait for the next try."""
        old = select(SignInTries.what_digest).where(SignInTries.last_at < now - self._window_us).limit(OLD_AT_ONCE)
        gone = step.scalars(old.with_for_update(skip_locked=True)).all()
        if gone:
            step.execute(delete(SignInTries).where(SignInTries.what_digest.in_(gone)))

    def forgive(self, database: WorkDatabase, name_key: str) -> None:
        """Forget the tries for a name: its user has signed in."""
        with database.step() as step:
            step.execute(delete(SignInTries).where(SignInTries.what_digest == _key("name", name_key)))


def _key(what: str, text: str) -> Digest:
    """A key of bounded length for what anybody may type."""
    return digest_of(f"{what}\0{text}")
