"""`inlink user …` and `inlink token …`: who may sign in, and in whose name programs ask."""

from __future__ import annotations

import dataclasses
import sys
from datetime import UTC, datetime
from pathlib import Path

import click

from inlink.cli.declare import Call
from inlink.cli.output import Output
from inlink.cli.tables import draw
from inlink.cli.text import clean
from inlink.errors import BadInput
from inlink.workbench import Workbench
from inlink.workbench.json_values import to_json
from inlink.workbench.people import Role, Who

USERS = ("name", "role", "email", "login_at", "n_tokens", "state")
TOKENS = ("token_id", "user", "label", "role", "made_at", "expires_at", "used_at")
TIMES = ("made_at", "login_at", "expires_at", "used_at")


def add_user(call: Call, *, name: str, role: str, email: str | None, password_file: Path | None) -> None:
    """Add somebody who may sign in."""
    with Workbench.open(call.folder) as bench:
        password = _password(password_file)
        found = bench.accounts.add(Who.local(), name, password, Role(role), email=email)
    Output(quiet=call.quiet).line(f"{clean(found.name)} is {found.role}")


def list_users(call: Call, *, output: str | None) -> None:
    """Who may sign in, by name."""
    with Workbench.open(call.folder) as bench:
        found = bench.accounts.users(Who.local())
    rows = [_row(user, state="may not sign in" if user.disabled else "") for user in found]
    _show(call, "users", USERS, rows, output, "no users yet: inlink user add NAME --role admin")


def set_role(call: Call, *, name: str, role: str) -> None:
    """Another role for a user."""
    with Workbench.open(call.folder) as bench:
        found = bench.accounts.set_role(Who.local(), name, Role(role))
    Output(quiet=call.quiet).line(f"{clean(found.name)} is {found.role}")


def set_password(call: Call, *, name: str, password_file: Path | None) -> None:
    """Another password for a user."""
    with Workbench.open(call.folder) as bench:
        found = bench.accounts.set_password(Who.local(), name, _password(password_file))
    Output(quiet=call.quiet).line(f"{clean(found.name)} has another password and is signed out everywhere")


def disable(call: Call, *, name: str, undo: bool) -> None:
    """Let a user sign in no more, or again."""
    with Workbench.open(call.folder) as bench:
        found = bench.accounts.set_disabled(Who.local(), name, not undo)
    Output(quiet=call.quiet).line(f"{clean(found.name)} {'may sign in' if undo else 'may not sign in any more'}")


def remove_user(call: Call, *, name: str) -> None:
    """Remove a user."""
    with Workbench.open(call.folder) as bench:
        bench.accounts.remove(Who.local(), name)
    Output(quiet=call.quiet).line(f"{clean(name)} is removed")


def add_token(call: Call, *, name: str, label: str, role: str, days: str, output: str | None) -> None:
    """Make a token, and show it this once."""
    place = Output(quiet=call.quiet)
    with Workbench.open(call.folder) as bench:
        made = bench.accounts.add_token(Who.local(), label, Role(role), days=_days(days), user=name)
    if output == "json":
        place.line(to_json({"secret": made.secret, **_row(made.token)}, indent=2))
        return
    place.line(made.secret)
    place.say("shown this once: only a hash of it is kept")


def list_tokens(call: Call, *, output: str | None) -> None:
    """All tokens, the newest first."""
    with Workbench.open(call.folder) as bench:
        found = bench.accounts.tokens(Who.local(), everybodys=True)
    _show(call, "tokens", TOKENS, [_row(token) for token in found], output, "no tokens")


def remove_token(call: Call, *, number: int) -> None:
    """End a token."""
    with Workbench.open(call.folder) as bench:
        bench.accounts.remove_token(Who.local(), number)
    Output(quiet=call.quiet).line(f"token {number} is removed")


def _row(found: object, **more: object) -> dict[str, object]:
    """A result as a row; times as times."""
    row = {field.name: getattr(found, field.name) for field in dataclasses.fields(found)}  # type: ignore[arg-type]
    times = {name: _time(row[name]) for name in TIMES if name in row}
    return {**row, **times, **more}


def _time(value: object) -> datetime | None:
    return None if value is None else datetime.fromtimestamp(int(str(value)) / 1e6, UTC).replace(microsecond=0)


def _show(
    call: Call, noun: str, names: tuple[str, ...], rows: list[dict[str, object]], output: str | None, none: str
) -> None:
    place = Output(quiet=call.quiet)
    if output == "json":
        place.line(to_json({noun: rows}, indent=2))
    elif rows:
        draw(place, names, rows)
    else:
        place.line(none)


def _days(text: str) -> int | None:
    if text == "never":
        return None
    if not (text.isascii() and text.isdigit() and len(text) < 6):
        raise BadInput(f"{text!r} is no number of days", hint="such as 90; or never, for a token that does not end")
    return int(text)


def _password(path: Path | None) -> str:
    """The password, asked for twice or from a file. Raises: BadInput where nobody can be asked."""
    if path is not None:
        return _first_line(path)
    if not sys.stdin.isatty():
        raise BadInput("nobody is there to type a password", hint="--password-file FILE, or - for standard input")
    answer: str = click.prompt("Password", hide_input=True, confirmation_prompt="Password again", err=True)
    return answer


def _first_line(path: Path) -> str:
    """The first line, as it is but for its end."""
    try:
        text = sys.stdin.readline() if str(path) == "-" else path.read_text(encoding="utf-8").partition("\n")[0]
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(f"no password can be read from {path}", hint="a file in UTF-8; its first line counts") from error
    return text.rstrip("\r\n")
