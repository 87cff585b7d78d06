"""Asynchronous work run to its end from plain code, also where a loop runs already (a notebook, a browser's driver)."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

T = TypeVar("T")


def finished(work: Coroutine[Any, Any, T]) -> T:
    """What the work gives, on a loop of its own: in this thread, or in another where this one has a running loop."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return asyncio.run(work)
    with ThreadPoolExecutor(1, thread_name_prefix="inlink-loop") as thread:
        return thread.submit(asyncio.run, work).result()
