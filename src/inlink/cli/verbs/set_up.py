"""Verbs that fill a workspace."""

from __future__ import annotations

from pathlib import Path

import click

from inlink.cli import options
from inlink.cli.declare import ACTIONS, verb
from inlink.cli.options import option

verb(
    "Set up",
    "init",
    f"{ACTIONS}.inputs:init",
    "Make a workspace.\n\nThe folder with its settings; a workspace that is there already is left as it is.",
    [click.Argument(["folder"], required=False, type=click.Path(path_type=Path), metavar="[FOLDER]")],
    example="inlink init web",
)
verb(
    "Set up",
    "add",
    f"{ACTIONS}.inputs:add",
    "Register crawled pages and link lists.\n\n"
    "WARC, ARC, WAT, folders of them, globs, *.paths.gz lists, http(s) URLs and "
    "link exports (CSV). Says what each input is; no input is counted twice. Fails only if nothing could be added.",
    [
        click.Argument(["inputs"], nargs=-1, required=True, metavar="INPUT…"),
        option("--keep", is_flag=True, help="Copy local files into the workspace and read them from there."),
        option(
            "--base-url",
            metavar="URL",
            help="Where the entries of *.paths lists are. Default: beside the list, else at Common Crawl.",
        ),
        options.words_or_json(),
    ],
    example="inlink -w web add crawl/*.warc.gz exports/",
)
verb(
    "Set up",
    "crawl",
    f"{ACTIONS}.crawling:crawl",
    "Crawl sites into WARC files of the workspace.\n\n"
    "Politely: robots.txt, one request to a host at a time, a second between them. Can be stopped (Ctrl-C) or killed "
    "at any moment; the same command goes on. The archives are inputs of the next `build`. Needs fetch.contact in "
    "inlink.toml.",
    options.crawl(),
    example="inlink -w web crawl example.org --max-pages 1000",
)
verb(
    "Watch the live web",
    "check",
    f"{ACTIONS}.checking:check",
    "Tell living links from dead ones.\n\n"
    "A verdict for each address with its reason: ok, redirected, not-found, soft-404, parked, hijacked, unknown and so "
    "on. Dead is what answers 404 or 410 twice at least an hour apart, or fails three times over at least 24 hours; "
    "before that it is failing since a time. Politely: robots.txt, one request to a host at a time. Every verdict is "
    "kept with its tries. Needs fetch.contact in inlink.toml.",
    options.check(),
    example="inlink -w web check --from-index example.org --links out",
)
verb(
    "Set up",
    "build",
    f"{ACTIONS}.inputs:build",
    "Make the index of what was added.\n\n"
    "Extracts the links of new inputs and arranges a snapshot. Can be stopped at any "
    "moment and started again; what is served stays as it was until the new snapshot stands. Says so where there is "
    "nothing to do.",
    [
        option("--workers", type=click.IntRange(1), metavar="N", help="Processes. Default: the workspace's setting."),
        options.words_or_json(),
    ],
    example="inlink -w web build",
)
verb(
    "Set up",
    "inputs",
    f"{ACTIONS}.inputs:inputs",
    "The inputs of the workspace.\n\n"
    "served: the served snapshot has it; waiting: the next build reads it; removed: the served snapshot still has it.",
    [options.limit(), options.words_or_json()],
    example="inlink -w web inputs",
)
verb(
    "Set up",
    "remove",
    f"{ACTIONS}.inputs:remove",
    "Take inputs out of the workspace.\n\n"
    "INPUT is a name or digest as `inlink inputs` lists it (four characters of the digest or more), a path, or a "
    "folder for all that lie below it. The next build makes a snapshot without them; your own files stay.",
    [click.Argument(["names"], nargs=-1, required=True, metavar="INPUT…"), options.words_or_json()],
    example="inlink -w web remove crawl/2025.warc.gz",
)
verb(
    "Set up",
    "status",
    f"{ACTIONS}.upkeep:status",
    "What the workspace holds and serves.",
    [options.words_or_json()],
)
