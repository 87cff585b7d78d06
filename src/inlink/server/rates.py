"""How much a token or an address may ask of the API in a minute."""

from __future__ import annotations

import hashlib
import math
import time

from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import SlidingWindowCounterRateLimiter

from inlink.server.refusing import Refusal


class Rates:
    """Counts of requests in this process. rate: requests in a minute, 0 for no limit."""

    def __init__(self, rate: int) -> None:
        self._item = RateLimitItemPerMinute(rate) if rate else None
        self._window = SlidingWindowCounterRateLimiter(MemoryStorage())

    def count(self, key: str) -> None:
        """Count a request. Raises: Refusal with Retry-After where it is one too many."""
        if self._item is None:
            return
        key = hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()
        if not self._window.hit(self._item, key):
            reset_at, _ = self._window.get_window_stats(self._item, key)
            wait_s = max(1, math.ceil(reset_at - time.time()))
            rate = f"{self._item.amount:,} requests in a minute are allowed"
            raise Refusal(429, "too many requests", rate, {"retry-after": str(wait_s)})
