"""How a verb is declared: its words, its parameters, and the action that answers it.

An action is named, not imported: `inlink --help` loads none of them.
"""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import click

from inlink import __version__
from inlink.cli import options
from inlink.cli.options import option

ACTIONS = "inlink.cli.actions"


@dataclass
class Call:
    """What stands before the verb: the workspace, and how to speak."""

    workspace: Path | None = None
    debug: bool = False
    quiet: bool = False

    @property
    def folder(self) -> Path:
        """The workspace's folder."""
        return self.workspace or Path()


class Inlink(click.Group):
    """The group of all verbs, listed under the question they answer."""

    sections: dict[str, list[str]]

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the verbs, section by section."""
        for title, names in self.sections.items():
            with formatter.section(title):
                formatter.write_dl([(name, self.commands[name].short_help or "") for name in names])


def perform(action: str, **given: Any) -> None:
    """Import the action `module:function` and call it."""
    call = click.get_current_context().find_root().obj
    module, _, function = action.partition(":")
    getattr(importlib.import_module(module), function)(call, **given)


def _set(name: str) -> Any:
    def store(ctx: click.Context, _param: click.Parameter, value: Any) -> None:
        call = ctx.find_root().ensure_object(Call)
        if value:
            setattr(call, name, value)

    return store


def _everywhere(*, hidden: bool) -> list[click.Parameter]:
    """Options that may stand before the verb, or after it."""
    return [
        option(
            "-w",
            "--workspace",
            type=click.Path(path_type=Path),
            metavar="FOLDER",
            envvar=None if hidden else "INLINK_WORKSPACE",
            show_envvar=True,
            expose_value=False,
            hidden=hidden,
            callback=_set("workspace"),
            help="Folder of the workspace. Default: the current folder.",
        ),
        option("-q", "--quiet", is_flag=True, expose_value=False, hidden=hidden, callback=_set("quiet"),
               help="Answers and errors only: no progress, no remarks."),
        option("--debug", is_flag=True, expose_value=False, hidden=hidden, callback=_set("debug"),
               help="Show the traceback of a failure."),
    ]  # fmt: skip


HELP = """Who links to whom: an index of the links in crawled pages, and the questions it answers.

A workspace is a folder. Make one, add what a crawler saved, build, ask:

\b
  inlink -w web init
  inlink -w web add crawl/*.warc.gz
  inlink -w web build
  inlink -w web backlinks example.org

No crawl at hand? `inlink demo` makes a small web and shows all of it.
"""

EPILOG = (
    "Exit codes: 0 done, 1 failure, 2 usage, 130 stopped by Ctrl-C. Errors go to stderr as `error: …` and `hint: …`."
)

inlink = Inlink(
    "inlink",
    help=HELP,
    epilog=EPILOG,
    params=[*_everywhere(hidden=False)],
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    no_args_is_help=True,
)
inlink.sections = {}
click.version_option(__version__, prog_name="inlink", message="%(prog)s %(version)s")(inlink)


def verb(
    section: str,
    name: str,
    action: str,
    text: str,
    params: Sequence[click.Parameter] = (),
    *,
    example: str = "",
    family: click.Group | None = None,
) -> None:
    """Add one verb to the group, or to a family of verbs."""
    command = click.Command(
        name,
        callback=partial(perform, action),
        params=[*params, *_everywhere(hidden=True)],
        help=text,
        short_help=text.partition("\n")[0],
        epilog=f"\b\nExample:\n  {example}" if example else None,
    )
    if family is not None:
        family.add_command(command)
        return
    inlink.add_command(command)
    inlink.sections.setdefault(section, []).append(name)


def family(section: str, name: str, text: str) -> click.Group:
    """Add a verb that has verbs of its own: `inlink NAME VERB`."""
    group = click.Group(
        name, params=_everywhere(hidden=True), help=text, short_help=text.partition("\n")[0], no_args_is_help=True
    )
    inlink.add_command(group)
    inlink.sections.setdefault(section, []).append(name)
    return group


def report(name: str, text: str, params: Sequence[click.Parameter], *, example: str = "") -> None:
    """Add a verb that answers with rows about a target."""
    example = example or f"inlink -w web {name} example.org"
    verb("Look up a target", name, f"{ACTIONS}.reports:{name}", text, [*options.target(), *params], example=example)
