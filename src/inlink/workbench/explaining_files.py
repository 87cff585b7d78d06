"""Explanations as files."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa

from inlink.workbench.explanations import Explanation
from inlink.workbench.exporting import export
from inlink.workbench.results import Exported, RowStream

COLUMNS = ("name", "began", "share")


def write_origins(found: Explanation, path: Path, form: str) -> Exported:
    """Write where mass began, the most giving source first: its name, how much, which share of the target's mass.

    What sources that are not shown gave together is in the explanation. Raises: Unreachable.
    """
    table = pa.table(
        {
            "name": pa.array([row.name for row in found.rows], pa.string()),
            "began": pa.array([row.carried for row in found.rows], pa.float64()),
            "share": pa.array([row.share for row in found.rows], pa.float64()),
        }
    )
    stream = RowStream(COLUMNS, table.schema, iter(table.to_batches()), found.about.target, found.about.snapshot)
    return export(stream, path, form)
