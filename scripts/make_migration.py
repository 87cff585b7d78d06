"""Write the migration of a concern: what its models (src/inlink/store/db/CONCERN.py) have and the migrations lack.

python scripts/make_migration.py CONCERN           a new file in store/db/migrations/versions
python scripts/make_migration.py CONCERN --again   write its latest file anew (only before a release)

Look at what it wrote: a renamed column looks like a removed one and a new one.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from pathlib import Path
from typing import Any

from alembic.autogenerate import api
from alembic.migration import MigrationContext
from sqlalchemy import create_engine

import inlink.store.db as db
from inlink.store.db.migrating import FOLDER
from inlink.store.db.stepping import take_steps
from inlink.store.files import replace_text

VERSIONS = FOLDER / "versions"
TEMPLATE = '''\
"""{title}."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "{number}"
down_revision = {before!r}
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the step."""
    {steps}
'''


def main(arguments: list[str]) -> int:
    """Write the file, in the house format."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("concern", choices=concerns())
    parser.add_argument("--again", action="store_true")
    given = parser.parse_args(arguments)
    path = place(given.concern, again=given.again)
    steps = missing(given.concern, path.name)
    if not steps:
        print(f"{given.concern}: nothing is missing")
        return 0
    replace_text(path, tidy(written(given.concern, path.name, steps)))
    print(path)
    return 0


def concerns() -> dict[str, set[str]]:
    """Names of the tables of each module of models."""
    found: dict[str, set[str]] = {}
    for mapper in db.Base.registry.mappers:
        table: Any = mapper.local_table
        found.setdefault(mapper.class_.__module__.rpartition(".")[2], set()).add(table.name)
    return found


def place(concern: str, *, again: bool) -> Path:
    """The file to write."""
    files = sorted(VERSIONS.glob("v[0-9]*.py"))
    own = [path for path in files if path.stem[6:] == concern]
    if again and own:
        return own[-1]
    number = int(files[-1].stem[1:5]) + 1 if files else 1
    return VERSIONS / f"v{number:04}_{concern}.py"


def missing(concern: str, name: str) -> str:
    """What the models of a concern have and all migrations but one lack, as Alembic's operations; empty: nothing."""
    options = {"compare_type": True, "include_object": of(concerns()[concern])}
    with tempfile.TemporaryDirectory() as folder:
        steps = Path(folder) / "migrations"
        shutil.copytree(FOLDER, steps, ignore=shutil.ignore_patterns("__pycache__"))
        (steps / "versions" / name).write_text(written(concern, name, "pass"), encoding="utf-8")  # holds the place
        engine = create_engine(f"sqlite:///{folder}/all.db")
        with engine.begin() as connection:
            take_steps(connection, steps)
            context = MigrationContext.configure(connection, opts=options)
            made = api.produce_migrations(context, db.Base.metadata).upgrade_ops
            text = "" if made is None or made.is_empty() else api.render_python_code(made, migration_context=context)
        engine.dispose()
    return "\n".join(line for line in text.splitlines() if not line.strip().startswith("# ###")).strip()


def written(concern: str, name: str, steps: str) -> str:
    """The text of a migration."""
    number = name[1:5]
    before = f"{int(number) - 1:04}" if int(number) > 1 else None
    title = f"Tables of {concern}" if "op.create_table" in steps else f"Changes in tables of {concern}"
    return TEMPLATE.format(title=title, number=number, before=before, steps=steps)


def tidy(text: str) -> str:
    """The text in the house format."""
    ruff = Path(sysconfig.get_path("scripts")) / "ruff"
    return subprocess.run([ruff, "format", "-"], input=text, capture_output=True, text=True, check=True).stdout


def of(tables: set[str]) -> Any:
    """Alembic's filter: only these tables and what belongs to them."""

    def include(thing: Any, name: str | None, kind: str, _reflected: bool, _compared: object) -> bool:
        return (name if kind == "table" else thing.table.name) in tables

    return include


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
