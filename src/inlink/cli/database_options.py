"""Verbs of the workspace's database: backup, restore, and people in it."""

from __future__ import annotations

from pathlib import Path

import click

from inlink.cli.options import option, words_or_json

Verb = tuple[str, str, list[click.Parameter], str]


def upkeep_verbs() -> tuple[Verb, ...]:
    """Name, text, parameters and example of each."""
    return (
        (
            "backup",
            "Write all that cannot be made again into one file.\n\n"
            "Settings, the list of inputs and the whole database, as they stand at one moment, whatever goes on "
            "meanwhile; from SQLite and PostgreSQL alike. Nobody is signed in by it, but it holds hashes of passwords: "
            "keep it safe.",
            [
                _file("FILE"),
                option("--archive", is_flag=True, help="With what was fetched: archives and the state of crawls."),
                option("--force", is_flag=True, help="Write over a file that is there."),
                words_or_json(),
            ],
            "backup inlink.tar",
        ),
        (
            "restore",
            "Put a backup back.\n\n"
            "Into the workspace of -w, a new one too, and into the database that it has: workspace.db, or what "
            "INLINK_DATABASE_URL or its inlink.toml names, so that SQLite becomes PostgreSQL and back. All digests are "
            "compared first. Then inlink build makes the index again.",
            [
                _file("FILE"),
                option("--force", is_flag=True, help="Replace all that the workspace holds."),
                words_or_json(),
            ],
            "restore inlink.tar",
        ),
    )


def person_verbs() -> tuple[Verb, ...]:
    """As `upkeep_verbs`, of the family person."""
    return (
        (
            "find",
            "Say where a person's name or e-mail address stands.\n\n"
            "In every table of the database, in the settings, and in the inputs of the index. Words as a whole, letter "
            "case aside.",
            [_person(), words_or_json()],
            "person find ann@example.org",
        ),
        (
            "erase",
            "Take a person out of the database.\n\n"
            "An account of that name or address is removed, texts say [erased] instead, and rows about an address with "
            "the name in it go. What stands in archives cannot be erased there: the inputs are named, to be removed.",
            [
                _person(),
                option("--yes", is_flag=True, help="Do it. Without, it only says what would be erased."),
                words_or_json(),
            ],
            "person erase ann@example.org --yes",
        ),
    )


def _file(name: str) -> click.Argument:
    return click.Argument(["file"], type=click.Path(path_type=Path), metavar=name)


def _person() -> click.Argument:
    return click.Argument(["person"], metavar="NAME-OR-ADDRESS")
