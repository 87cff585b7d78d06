"""Verbs that show the site."""

from __future__ import annotations

from pathlib import Path

import click

from inlink.cli import account_options
from inlink.cli.declare import ACTIONS, verb
from inlink.cli.options import option

verb(
    "See it",
    "serve",
    "inlink.server.serve:serve",
    "The workbench in a browser, with its API and its jobs.\n\n"
    "On this machine only, and nobody signs in, until there are users (`inlink user add`); then everybody does, and "
    "--host lets others in. docs/serve.md says how to put it on a server.",
    account_options.serving(),
    example="inlink -w web serve",
)
verb(
    "See it",
    "demo",
    f"{ACTIONS}.demo:demo",
    "Make a small web with known truth, and ask it everything.\n\n"
    "Generates the demo web, indexes it, walks through the "
    "questions, checks the answers, and serves the site.",
    [
        click.Argument(["folder"], required=False, type=click.Path(path_type=Path), metavar="[FOLDER]"),
        option("--serve/--no-serve", "serves", default=None, help="Serve the site at the end. Default: on a terminal."),
    ],
)
