"""Verbs of releases of web graphs."""

from __future__ import annotations

import click

from inlink.cli import options
from inlink.cli.declare import ACTIONS, family, verb
from inlink.cli.options import joined, option

CC = family(
    "Common Crawl",
    "cc",
    "Common Crawl's graphs of all domains and hosts.\n\n"
    "Every three months of crawls become a release: which domain (or host) references which. `import` makes one that "
    "can be asked.",
)
verb(
    "Common Crawl",
    "list",
    f"{ACTIONS}.releases:list_",
    "Which releases there are, and what is here of them.",
    [options.place(), options.limit(20), options.output_format(("table", "json"), "table")],
    example="inlink cc list",
    family=CC,
)
verb(
    "Common Crawl",
    "fetch",
    f"{ACTIONS}.releases:fetch",
    "Fetch the published files of a release.\n\n"
    "Goes on where an earlier fetch stopped. RELEASE is a name from `cc list`, or latest.",
    joined(options.release(), options.restart(), options.words_or_json()),
    example="inlink -w web cc fetch latest",
    family=CC,
)
verb(
    "Common Crawl",
    "import",
    f"{ACTIONS}.releases:import_",
    "Convert a release so that it can be asked.\n\n"
    "Fetches its files first where they are not on this machine. Can be stopped at any moment and started again; "
    "nothing half-converted is ever served.",
    joined(options.release(), options.restart(), options.importing(), options.words_or_json()),
    example="inlink -w web cc import latest",
    family=CC,
)
verb(
    "Common Crawl",
    "status",
    f"{ACTIONS}.releases:status",
    "Which releases are here, and how far.",
    [options.words_or_json()],
    example="inlink -w web cc status",
    family=CC,
)

verb(
    "Common Crawl",
    "diff",
    f"{ACTIONS}.who:diff",
    "What differs between two converted releases.\n\n"
    "Of the strongest domains, or of the references to DOMAIN. A and B are names, folders or addresses. Crawls differ "
    "in size, so counts are compared a million edges; what one release lacks may not have been crawled for it.",
    joined(
        click.Argument(["a"], metavar="A"),
        click.Argument(["b"], metavar="B"),
        click.Argument(["domain"], required=False, metavar="[DOMAIN]"),
        option("--top", type=click.IntRange(1), default=1000, show_default=True, metavar="N",
               help="Without DOMAIN: how many of the strongest domains of each are compared."),
        options.showing(),
    ),
    example="inlink -w web cc diff cc-main-2026-jan-feb-mar cc-main-2026-apr-may-jun example.org",
    family=CC,
)  # fmt: skip
verb(
    "Common Crawl",
    "who",
    f"{ACTIONS}.who:who",
    "Which domains reference DOMAIN in a release, strongest first.\n\n"
    "The release may be on any web server: a handful of small requests are made, and kept. References are of any kind: "
    "scripts, images and redirects too.",
    joined(
        click.Argument(["domain"], metavar="DOMAIN"),
        option("--outgoing", is_flag=True, help="The domains that DOMAIN references, instead."),
        options.asking(),
    ),
    example="inlink who example.org --release https://example.com/cc-main-2026-apr-may-jun/domain",
)
verb(
    "Common Crawl",
    "intersect",
    f"{ACTIONS}.who:intersect",
    "Which domains reference several domains in a release.\n\nThose that reference most of them first.",
    joined(
        click.Argument(["domains"], nargs=-1, required=True, metavar="DOMAIN DOMAIN…"),
        options.at_least(None),
        option("--not", "mine", metavar="DOMAIN", help="Leave out what references this one."),
        options.asking(),
    ),
    example="inlink -w web intersect example.com example.net --not example.org",
)
verb(
    "Common Crawl",
    "gap",
    f"{ACTIONS}.who:intersect",
    "Which domains reference others in a release, and not MINE.",
    joined(
        click.Argument(["mine"], metavar="MINE"),
        click.Argument(["domains"], nargs=-1, required=True, metavar="DOMAIN…"),
        options.at_least(1),
        options.asking(),
    ),
    example="inlink -w web gap example.org example.com example.net",
)
