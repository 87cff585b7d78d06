"""inlink: who links to whom, what each link is worth, and where the next good one comes from."""

from __future__ import annotations

__version__ = "0.1.0"
