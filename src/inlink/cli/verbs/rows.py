"""Verbs that go behind the rows: evidence, exports, SQL."""

from __future__ import annotations

from pathlib import Path

import click

from inlink.cli import options
from inlink.cli.declare import ACTIONS, verb
from inlink.cli.options import joined, option
from inlink.cli.verbs.look_up import LINKS

verb(
    "Behind the rows",
    "evidence",
    f"{ACTIONS}.records:evidence",
    "The archived record of a link, with the link marked.\n\n"
    "LINK is a link_id as `backlinks --columns link_id` shows it.",
    [click.Argument(["link"], metavar="LINK"), options.words_or_json()],
    example="inlink -w web evidence 10205843012348321975",
)
verb(
    "Behind the rows",
    "sql",
    f"{ACTIONS}.records:sql",
    "Read-only SQL on the index.\n\n"
    "The views are links, pages, domains, hosts, pairs and captures. Without QUERY, or with -, "
    "the query is read from standard input.",
    joined(
        click.Argument(["query"], required=False, metavar="[QUERY]"),
        options.limit(1000),
        options.output_format(),
    ),
    example='inlink -w web sql "select domain, in_domains from domains order by 2 desc limit 10"',
)
verb(
    "Behind the rows",
    "export",
    f"{ACTIONS}.records:export",
    "Write a view to a file.\n\n"
    "All rows and exactly the view: CSV, JSON Lines or Parquet by the ending of FILE. "
    "Of changes, --from and --to name the period, and --all stands for every target.",
    joined(
        click.Argument(["question"], metavar="QUESTION", type=click.Choice(options.QUESTIONS)),
        click.Argument(["target"], required=False, metavar="TARGET|--all"),
        option("--all", "everything", is_flag=True, help="Changes of every target."),
        options.scope(),
        options.strict(),
        options.period(),
        option("-o", "--output", "path", type=click.Path(path_type=Path, dir_okay=False), required=True, metavar="FILE",
               help="File to write: .csv, .jsonl or .parquet."),
        options.limit(None),
        [p for p in LINKS if p.name not in ("output", "cursor", "limit")],
    ),
    example="inlink -w web export backlinks example.org -o links.csv",
)  # fmt: skip
