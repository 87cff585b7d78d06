"""Python's collector of reference circles, held back while a run keeps many small things alive."""

from __future__ import annotations

import gc
import threading
from collections.abc import Iterator
from contextlib import contextmanager

_SELDOM = 10_000  # new objects between two looks at the youngest; Python's own 700 cost a seventh of a check's time
_lock = threading.Lock()
_before: list[tuple[int, int, int]] = []  # what held before the first of the blocks that are open, once for each


@contextmanager
def seldom_collected() -> Iterator[None]:
    """While the block runs, circles are looked for less often, and what was there before it is not looked at.

    Reference counts free nearly all that a request leaves behind. Blocks may be inside each other, on any thread.
    """
    with _lock:
        if not _before:
            gc.freeze()
        _before.append(_before[0] if _before else gc.get_threshold())
        gc.set_threshold(_SELDOM, *_before[0][1:])
    try:
        yield
    finally:
        with _lock:
            threshold = _before.pop()
            if not _before:
                gc.set_threshold(*threshold)
                gc.unfreeze()
