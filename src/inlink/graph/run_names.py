"""How a scoring run may be called besides its name and how that begins."""

from __future__ import annotations

LATEST = "latest"  # the one of its kind that was asked for last
PREVIOUS = "previous"  # the one before it
