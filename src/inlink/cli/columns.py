"""Which columns a table on a terminal shows where none are asked for: the first are the last to lose their room."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_LINK = ("source_url", "anchor", "target_url", "follow", "region", "first_seen", "last_seen")
_SUMS = ("n_links", "n_follow_links", "n_pages")
_TIMES = ("n_new_links", "n_lost_links", "first_seen", "last_seen")

TABLE_COLUMNS: dict[str, tuple[str, ...]] = {
    "backlinks": ("strength", *_LINK),
    "outlinks": _LINK,
    "domains": ("source_domain", "strength", *_SUMS, *_TIMES),
    "hosts": ("source_host", "strength", *_SUMS, *_TIMES),
    "ips": ("ip", "subnet", "n_domains", "n_hosts", *_SUMS, *_TIMES),
    "subnets": ("subnet", "n_ips", "n_domains", "n_hosts", *_SUMS, *_TIMES),
    "anchors": ("anchor", "n_domains", *_SUMS, *_TIMES),
    "pages": ("target_url", "n_domains", *_SUMS, *_TIMES, "target_status"),
    "changes": ("change", "reason", "source_url", "anchor", "target_url", "changed_at", "anchor_before", "rel_before"),
    "outdomains": ("target_domain", *_SUMS, *_TIMES),
}
COUNTED = "links_in_group"


def for_people(question: str, options: Mapping[str, Any]) -> tuple[str, ...]:
    """The columns of a table: those asked for, else the short list, with what the view makes worth showing."""
    if options.get("columns"):
        return tuple(options["columns"])
    columns = TABLE_COLUMNS[question]
    if options.get("group", "none") != "none":
        columns = (COUNTED, *columns)
    if options.get("state", "live") != "live":
        columns = (*columns, "lost_at", "lost_reason") if question in ("backlinks", "outlinks") else columns
    return (*columns[:3], "via", *columns[3:]) if options.get("indirect") else columns
