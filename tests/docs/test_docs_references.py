"""Generated references are up to date, links between docs lead somewhere, and every page is reachable."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import click
import pytest

from inlink.cli.commands import inlink
from inlink.config import setting_names

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted([ROOT / "README.md", ROOT / "CHANGELOG.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").glob("*.md")])
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")


def test_references_are_up_to_date() -> None:
    done = subprocess.run(
        [sys.executable, ROOT / "docs" / "make_references.py", "--check"], capture_output=True, text=True
    )
    assert done.returncode == 0, f"run `make docs`: {done.stdout}{done.stderr}"


def test_every_verb_is_in_the_reference() -> None:
    text = (ROOT / "docs" / "cli.md").read_text(encoding="utf-8")
    for name, command in inlink.commands.items():
        assert f"### inlink {name}\n" in text
        for each in command.commands if isinstance(command, click.Group) else ():
            assert f"### inlink {name} {each}\n" in text


def test_every_setting_is_in_the_reference() -> None:
    text = (ROOT / "docs" / "settings.md").read_text(encoding="utf-8")
    for name in setting_names():
        assert name.partition("*")[0] in text


def test_only_moments_are_called_times() -> None:
    """A column of the workspace's database that holds JSON is none, whatever its name ends in."""
    rows = re.findall(r"^\| `(\w+)` \| ([^|]+) \|.*\| JSON ", (ROOT / "docs" / "tables.md").read_text("utf-8"), re.M)
    assert ("tried_at", "text") in rows
    assert {kind for _, kind in rows} == {"text"}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_between_pages_lead_somewhere(page: Path) -> None:
    text = re.sub(r"`[^`]*`", "", page.read_text(encoding="utf-8"))
    for link in LINK.findall(text):
        if not link.startswith(("http://", "https://", "#", "mailto:")):
            assert (page.parent / link.partition("#")[0]).exists(), f"{page.name}: {link}"


def test_every_page_is_linked_from_the_readme() -> None:
    linked = set(LINK.findall((ROOT / "README.md").read_text(encoding="utf-8")))
    for page in (ROOT / "docs").glob("*.md"):
        assert f"docs/{page.name}" in linked, page.name


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_verbs_and_options_in_the_docs_exist(page: Path) -> None:
    for line in re.findall(r"^inlink .*$|`inlink [^`]*`", page.read_text(encoding="utf-8"), re.M):
        words = line.strip("`").partition("  #")[0].split()
        words = words[3:] if words[1:2] == ["-w"] else words[1:]
        if not words or words[0].startswith("-") or not words[0].isalpha():
            continue
        command = inlink.commands[words[0]]
        if isinstance(command, click.Group):
            command = command.commands[words[1]] if len(words) > 1 else command
        known = {opt for parameter in command.params for opt in (*parameter.opts, *parameter.secondary_opts)}
        assert {word for word in words if re.fullmatch(r"--[a-z-]+", word)} <= known | {"--help"}, line
