"""Users and tokens on the command line: passwords are never arguments, and never shown."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from pathlib import Path

import pytest

Run = Callable[..., tuple[int, str, str]]
GOOD = "three loaves at dawn"


@pytest.fixture
def folder(run: Run, tmp_path: Path) -> Path:
    assert run("init", tmp_path / "web")[0] == 0
    (tmp_path / "secret").write_text(f"{GOOD}\nanother line\n", encoding="utf-8")
    return tmp_path


def test_a_team_from_the_command_line(run: Run, folder: Path) -> None:
    web, secret = ("-w", folder / "web"), ("--password-file", folder / "secret")
    assert run(*web, "user", "list")[1] == "no users yet: inlink user add NAME --role admin\n"
    assert run(*web, "user", "add", "vi", *secret)[0] == 2  # the first one is an admin
    assert (
        run(*web, "user", "add", "ada", "--role", "admin", "--email", "ada@example.org", *secret)[1] == "ada is admin\n"
    )
    assert run(*web, "user", "add", "ed", *secret)[1] == "ed is viewer\n"
    assert run(*web, "user", "role", "ED", "editor")[1] == "ed is editor\n"
    assert run(*web, "user", "disable", "ed")[1] == "ed may not sign in any more\n"
    assert "may not sign in" in run(*web, "user", "list")[1]
    assert run(*web, "user", "disable", "ed", "--undo")[0] == 0
    assert run(*web, "user", "password", "ed", *secret)[0] == 0
    code, out, _ = run(*web, "user", "list", "--format", "json")
    users = json.loads(out)["users"]
    assert code == 0
    assert [(user["name"], user["role"], user["email"]) for user in users] == [
        ("ada", "admin", "ada@example.org"), ("ed", "editor", None),
    ]  # fmt: skip
    assert "hash" not in out
    code, _, err = run(*web, "user", "remove", "ada")
    assert (code, "last admin" in err) == (1, True)
    assert run(*web, "user", "remove", "ed")[1] == "ed is removed\n"
    assert run(*web, "user", "role", "ed", "admin")[0] == 1


def test_tokens_from_the_command_line(run: Run, folder: Path) -> None:
    web = ("-w", folder / "web")
    run(*web, "user", "add", "ada", "--role", "admin", "--password-file", folder / "secret")
    code, out, err = run(*web, "token", "add", "ada", "--label", "nightly export", "--days", "never")
    assert code == 0
    assert out.startswith("inlink_")
    assert "shown this once" in err
    code, made, _ = run(*web, "token", "add", "ada", "--label", "x", "--format", "json")
    assert json.loads(made)["secret"].startswith("inlink_")
    listed = run(*web, "token", "list")[1]
    assert out.strip() not in listed
    assert "nightly export" in listed
    tokens = json.loads(run(*web, "token", "list", "--format", "json")[1])["tokens"]
    assert [token["expires_at"] is None for token in tokens] == [False, True]
    assert run(*web, "token", "remove", tokens[0]["token_id"])[0] == 0
    assert run(*web, "token", "remove", 99)[0] == 1
    for days in ("0", "x", "-1", "99999"):
        assert run(*web, "token", "add", "ada", "--label", "x", "--days", days)[0] == 2
    assert run(*web, "token", "add", "nobody", "--label", "x")[0] == 1


def test_a_password_from_standard_input(run: Run, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{GOOD}\n"))
    code, _, err = run("-w", folder / "web", "user", "add", "ada", "--role", "admin", "--password-file", "-")
    assert (code, err) == (0, "")


def test_nobody_is_asked_where_nobody_is(run: Run, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(""))
    code, _, err = run("-w", folder / "web", "user", "add", "ada", "--role", "admin")
    assert code == 2
    assert "--password-file" in err


@pytest.mark.parametrize("content", ["short\n", "", "aaaaaaaaaaaaaaaa\n"])
def test_a_poor_password_is_refused_and_not_shown(run: Run, folder: Path, content: str) -> None:
    (folder / "secret").write_text(content, encoding="utf-8")
    given = ("--role", "admin", "--password-file", folder / "secret")
    code, out, err = run("-w", folder / "web", "user", "add", "ada", *given)
    assert code == 2
    assert not content.strip() or content.strip() not in out + err


def test_a_file_that_is_not_there(run: Run, folder: Path) -> None:
    code, _, err = run("-w", folder / "web", "user", "add", "ada", "--password-file", folder / "nothing")
    assert code == 2
    assert "no password can be read" in err
