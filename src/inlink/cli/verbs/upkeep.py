"""Verbs that look after a workspace."""

from __future__ import annotations

import click

from inlink.cli import database_options, options
from inlink.cli.declare import ACTIONS, family, verb
from inlink.cli.options import option

verb(
    "Upkeep",
    "verify",
    f"{ACTIONS}.upkeep:verify",
    "Check every stored file against its digest.",
    [options.words_or_json()],
)
verb(
    "Upkeep",
    "gc",
    f"{ACTIONS}.upkeep:gc",
    "Remove old snapshots, never one in use.\n\n"
    "Also parts that no input needs, and copies made by `add --keep` that nothing needs or that are older than "
    "retention.archive_days, what unfinished imports of releases left, and checks, looks and lines of the ledger that "
    "are older than [retention] keeps; never a file of yours.",
    [
        option(
            "--keep", type=click.IntRange(1), metavar="N", help="Snapshots to keep. Default: the workspace's setting."
        ),
        option(
            "--releases",
            type=click.IntRange(1),
            metavar="N",
            help="Imported releases to keep of each kind, the newest. Default: all.",
        ),
        options.words_or_json(),
    ],
)

for _name, _text, _params, _example in database_options.upkeep_verbs():
    verb("Upkeep", _name, f"{ACTIONS}.database:{_name}", _text, _params, example=f"inlink -w web {_example}")
PERSON = family("Upkeep", "person", "Find a person's name or e-mail address everywhere, and erase it.")
for _name, _text, _params, _example in database_options.person_verbs():
    verb(
        "Upkeep",
        _name,
        f"{ACTIONS}.database:{_name}",
        _text,
        _params,
        example=f"inlink -w web {_example}",
        family=PERSON,
    )
