"""Readers: whatever a user adds (archives, link lists, addresses) becomes a stream of items."""

from inlink.sources.archives import archive_items
from inlink.sources.limits import DEFAULT_LIMITS, Limits
from inlink.sources.opening import items, open_inputs

__all__ = ["DEFAULT_LIMITS", "Limits", "archive_items", "items", "open_inputs"]
