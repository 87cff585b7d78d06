"""Readers: whatever a user adds (archives, link lists, addresses) becomes a stream of items."""

from inlink.sources.evidence import read_item, read_record
from inlink.sources.limits import DEFAULT_LIMITS, Limits
from inlink.sources.opening import items, open_inputs
from inlink.sources.reasons import REASONS

__all__ = ["DEFAULT_LIMITS", "REASONS", "Limits", "items", "open_inputs", "read_item", "read_record"]
