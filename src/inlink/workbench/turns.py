"""Questions take turns: a few at a time, first come first served.

Threads that all ask at once fight for the interpreter and the processors' caches, and each question costs twice its
time.
"""

from __future__ import annotations

import os
import threading
from collections import deque
from types import TracebackType


class Turns:
    """A `with` block that only so many threads are in at once; the others wait in the order in which they came."""

    def __init__(self, n_at_once: int | None = None) -> None:
        self._n_free = n_at_once or (os.cpu_count() or 1) + 1
        self._waiting: deque[threading.Lock] = deque()
        self._lock = threading.Lock()

    def __enter__(self) -> None:
        with self._lock:
            if self._n_free:
                self._n_free -= 1
                return
            turn = threading.Lock()
            turn.acquire()
            self._waiting.append(turn)
        turn.acquire()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._lock:
            if self._waiting:
                self._waiting.popleft().release()
            else:
                self._n_free += 1
