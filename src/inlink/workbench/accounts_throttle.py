"""How often sign-ins may be tried: so many for a name, so many from an address, in a quarter of an hour."""

from __future__ import annotations

import hashlib
import math
import time

from limits import RateLimitItem, RateLimitItemPerSecond
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

from inlink.errors import Refused

WINDOW_S = 900
TRIES_BY_NAME = 10
TRIES_BY_ADDRESS = 60  # people of one office share an address


class Throttle:
    """Counts of tries in this process. Names that nobody has are counted as others are, so that they tell nothing."""

    def __init__(
        self, by_name: int = TRIES_BY_NAME, by_address: int = TRIES_BY_ADDRESS, window_s: int = WINDOW_S
    ) -> None:
        self._window = MovingWindowRateLimiter(MemoryStorage())
        self._name = RateLimitItemPerSecond(by_name, window_s, "name")
        self._address = RateLimitItemPerSecond(by_address, window_s, "address")

    def count(self, name_key: str, address: str) -> None:
        """Count a try before it is judged, so that many at once count too. Raises: Refused where it is too many."""
        for item, key in ((self._address, address), (self._name, _short(name_key))):
            if not self._window.hit(item, key):
                raise Refused(
                    "too many sign-ins were tried",
                    hint=f"try again in {math.ceil(self._wait_s(item, key) / 60)} min",
                    retry_after_s=self._wait_s(item, key),
                )

    def forgive(self, name_key: str) -> None:
        """Forget the tries for a name: its user has signed in."""
        self._window.clear(self._name, _short(name_key))

    def _wait_s(self, item: RateLimitItem, key: str) -> int:
        reset_at, _ = self._window.get_window_stats(item, key)
        return max(1, math.ceil(reset_at - time.time()))


def _short(name: str) -> str:
    """A key of bounded length for what anybody may type."""
    return hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()
