"""The archived record of a link, with the link marked."""

from __future__ import annotations

from inlink.errors import NotFound
from inlink.index.serving_reader import Serving
from inlink.index.serving_sql import Sql
from inlink.store.workspace import Workspace
from inlink.workbench.places import Served
from inlink.workbench.results import Evidence


def show(served: Served, link_id: int, workspace: Workspace | None) -> Evidence:
    """What the archive holds of a link.

    Raises: NotFound for an unknown link.
    """
    raise NotFound(f"there is no link {link_id}", hint="take it from the column link_id")


__all__ = ["Serving", "Sql", "show"]
