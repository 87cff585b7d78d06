"""Alembic's part: the steps that a database lacks, taken one after the other."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection

from inlink.store.db.migrating import FOLDER


def take_steps(connection: Connection, folder: Path = FOLDER, *, to: str = "head") -> None:
    """Take the steps that are missing, up to one of them, within the transaction of a connection."""
    config = Config()
    config.set_main_option("script_location", str(folder).replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, to)
