"""The verbs of `inlink user` and `inlink token` with their options, and those of `inlink serve`."""

from __future__ import annotations

from pathlib import Path

import click

from inlink.cli.options import option, words_or_json

ROLES = ("viewer", "editor", "admin")
Verb = tuple[str, str, str, list[click.Parameter], str]


def user_verbs() -> tuple[Verb, ...]:
    """Name, action, text, parameters and example of each."""
    return (
        (
            "add",
            "add_user",
            "Add somebody who may sign in.\n\n"
            "The password is asked for, or read from a file; it is never an argument. The first user is an admin.",
            [_name(), _role(), option("--email", metavar="ADDRESS", help="Where to reach them."), _password()],
            "user add ada --role admin",
        ),
        ("list", "list_users", "Who may sign in.", [words_or_json()], "user list"),
        (
            "role",
            "set_role",
            "Another role for a user; it counts at once.\n\n"
            "A viewer looks, an editor also starts and changes things, an admin also looks after users and settings.",
            [_name(), click.Argument(["role"], type=click.Choice(ROLES))],
            "user role ed editor",
        ),
        (
            "password",
            "set_password",
            "Another password for a user, who is signed out everywhere.",
            [_name(), _password()],
            "user password ada",
        ),
        (
            "disable",
            "disable",
            "Let a user sign in no more; --undo lets them in again.",
            [_name(), option("--undo", is_flag=True, help="Let them in again.")],
            "user disable ed",
        ),
        ("remove", "remove_user", "Remove a user with sessions and tokens.", [_name()], "user remove ed"),
    )


def token_verbs() -> tuple[Verb, ...]:
    """Name, action, text, parameters and example of each."""
    return (
        (
            "add",
            "add_token",
            "Make a token for a program, and show it this once.\n\n"
            "The program asks the API with it: Authorization: Bearer inlink_…",
            [
                _name("USER"),
                option("--label", metavar="WORDS", required=True, help="What it is for."),
                option("--role", type=click.Choice(ROLES), default="viewer", show_default=True,
                       help="What it may do, as far as its user may."),
                option("--days", metavar="DAYS|never", default="90", show_default=True, help="How long it holds."),
                words_or_json(),
            ],
            'token add ada --label "nightly export" --role viewer',
        ),
        ("list", "list_tokens", "All tokens, without the tokens themselves.", [words_or_json()], "token list"),
        (
            "remove",
            "remove_token",
            "End a token; its number is in `token list`.",
            [click.Argument(["number"], type=click.IntRange(1))],
            "token remove 3",
        ),
    )  # fmt: skip


def serving() -> list[click.Parameter]:
    """How a workspace is served."""
    return [
        option("--host", default="127.0.0.1", show_default=True,
               help="Address to listen on. Another than loopback needs users: inlink user add."),
        option("--port", type=click.IntRange(0, 65535), default=8765, show_default=True, help="0 picks a free one."),
        option("--tls-cert", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE",
               help="Certificate with its chain, in PEM form, where no proxy stands before the site."),
        option("--tls-key", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE", help="Its key."),
        option("--jobs/--no-jobs", "jobs", default=True, show_default=True,
               help="Do the workspace's jobs too; without, `inlink jobs work` does them."),
    ]  # fmt: skip


def _name(metavar: str = "NAME") -> click.Argument:
    return click.Argument(["name"], metavar=metavar)


def _role() -> click.Option:
    return option("--role", type=click.Choice(ROLES), default="viewer", show_default=True, help="What they may do.")


def _password() -> click.Option:
    return option(
        "--password-file",
        type=click.Path(path_type=Path, allow_dash=True, dir_okay=False),
        metavar="FILE",
        help="File whose first line is the password; - for standard input. Default: it is asked for.",
    )
