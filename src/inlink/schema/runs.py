"""Tables of a scoring run (`graph/<run>/`)."""

from __future__ import annotations

import pyarrow as pa

from inlink.schema.columns import Column, TableSchema
from inlink.schema.parts import STRING

RUN_SCORES = TableSchema(
    "run_scores",
    1,
    "What a run says of each page, host or domain of its graph; over a large release of own ones. Sorted by key.",
    (
        Column("key", STRING, "same-page key, or reversed host or domain", nullable=False),
        Column("name", STRING, "URL, host or domain", nullable=False),
        Column("in_votes", pa.int64(), "pages, hosts or domains that vote for it", nullable=False),
        Column("out_votes", pa.int64(), "pages, hosts or domains that it votes for", nullable=False),
        Column("mass", pa.float64(), "share of all visits of a random surfer; sums to 1", nullable=False),
        Column(
            "position",
            pa.int64(),
            "1 is best; equal masses (to 10 digits) share the worst of their positions",
            nullable=False,
        ),
        Column("authority", pa.float64(), "0..100 by the position; null in graphs of fewer than 10,000"),
    ),
)
