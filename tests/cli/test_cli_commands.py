"""The surface that scripts rely on: verbs, options, help, and what each names."""

from __future__ import annotations

import importlib
import inspect
import subprocess
import sys
from collections.abc import Iterator

import click
import pytest
from click.testing import CliRunner

from inlink.cli import options
from inlink.cli.commands import inlink
from inlink.workbench import GROUPS, QUESTIONS, STATES

VERBS = [
    "init",
    "add",
    "inputs",
    "remove",
    "crawl",
    "check",
    "build",
    "overview",
    "backlinks",
    "domains",
    "hosts",
    "anchors",
    "pages",
    "outlinks",
    "changes",
    "compare",
    "evidence",
    "export",
    "sql",
    "verify",
    "gc",
    "backup",
    "restore",
    "person",
    "serve",
    "ips",
    "subnets",
    "outdomains",
    "counts",
    "status",
    "demo",
    "rank",
    "authority",
    "runs",
    "diff-runs",
    "explain",
    "what-if",
    "fragility",
    "cc",
    "who",
    "intersect",
    "gap",
    "monitor",
    "broken",
    "jobs",
    "user",
    "token",
]

ROW_VERBS = [
    "backlinks",
    "domains",
    "hosts",
    "anchors",
    "pages",
    "outlinks",
    "changes",
    "compare",
    "ips",
    "subnets",
    "outdomains",
    "counts",
]


def test_version_1_of_the_surface() -> None:
    assert sorted(inlink.commands) == sorted(VERBS)


def test_every_verb_stands_in_one_section_of_the_help() -> None:
    assert sorted(name for names in inlink.sections.values() for name in names) == sorted(VERBS)


@pytest.mark.parametrize("name", VERBS)
def test_every_verb_has_help(name: str) -> None:
    result = CliRunner().invoke(inlink, [name, "--help"])
    assert result.exit_code == 0
    assert result.output.startswith(f"Usage: inlink {name}")
    for parameter in inlink.commands[name].params:
        if isinstance(parameter, click.Option) and not parameter.hidden:
            assert parameter.help, parameter.name


@pytest.mark.parametrize("name", ROW_VERBS)
def test_row_verbs_share_their_options(name: str) -> None:
    spelled = {opt for parameter in inlink.commands[name].params for opt in parameter.opts}
    assert {"--scope", "--strict", "--format", "--limit", "--where", "--sort", "--columns", "--cursor"} <= spelled


def _verbs(group: click.Group, path: str = "") -> Iterator[tuple[str, click.Command]]:
    """All verbs with what they are called, those of families too."""
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from _verbs(command, f"{name} ")
        else:
            yield path + name, command


@pytest.mark.parametrize("command", [pytest.param(command, id=name) for name, command in _verbs(inlink)])
def test_an_action_takes_what_its_verb_gives(command: click.Command) -> None:
    action = command.callback.args[0]  # type: ignore[union-attr]
    module, _, function = action.partition(":")
    given = {p.name: None for p in command.params if p.expose_value and p.name}
    inspect.signature(getattr(importlib.import_module(module), function)).bind(None, **given)


def test_choices_are_those_of_the_workbench() -> None:
    assert (options.GROUPS, options.STATES, options.QUESTIONS) == (GROUPS, STATES, QUESTIONS)


HEAVY = {"pyarrow", "duckdb", "numba", "numpy", "rich", "starlette", "uvicorn", "jinja2", "aiohttp"}


def test_help_loads_nothing_heavy() -> None:
    program = (
        f"import sys; from inlink.cli.main import main; main(['--help']); print(sorted({HEAVY} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"


@pytest.mark.parametrize("value", ["0", "-1", "x", "1.5", ""])
def test_a_limit_is_a_number_or_all(value: str) -> None:
    result = CliRunner().invoke(inlink, ["domains", "a.example", "--limit", value])
    assert result.exit_code == 2
    assert "neither a number above 0 nor 'all'" in result.output
