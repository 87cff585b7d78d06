"""Places for whole views that are being sent: each reads by a database of its own, with memory and processors."""

from __future__ import annotations

import threading

from inlink.errors import Busy

N_PLACES = 4
_places = threading.BoundedSemaphore(N_PLACES)


def take_place() -> None:
    """One of the places, for whichever face sends. Raises: Busy where all are taken."""
    if not _places.acquire(blocking=False):
        raise Busy(f"{N_PLACES} long answers are being sent", hint="try again in a minute")


def leave_place() -> None:
    """Let another view have the place."""
    _places.release()
