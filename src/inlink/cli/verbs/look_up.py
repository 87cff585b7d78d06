"""Verbs that ask about a target."""

from __future__ import annotations

import click

from inlink.cli import options
from inlink.cli.declare import ACTIONS, report, verb
from inlink.cli.options import joined, option

COUNTED = "follow,nofollow,ugc,sponsored,kind,region,tld,lang"
LINKS = joined(options.group(), options.state(), options.indirect(), options.view())
SUMS = joined(options.state(), options.view())

verb(
    "Look up a target",
    "overview",
    f"{ACTIONS}.overview:overview",
    "The key numbers of a target.\n\n"
    "Referring domains and pages, follow share, regions, languages, anchors, new and lost.",
    joined(
        options.target(),
        options.infrastructure(),
        options.output_format(default="table on a terminal, json in a pipe"),
    ),
    example="inlink -w web overview example.org",
)
report(
    "backlinks",
    "Links to the target from other domains.\n\n"
    "Strongest source first: the one whose domain has the most referring domains.",
    LINKS,
    example='inlink -w web backlinks example.org --where "nofollow = false" --format jsonl',
)
report("domains", "Referring domains, strongest first.", SUMS, example="inlink -w web domains example.org --limit all")
report("hosts", "Referring hosts.", SUMS)
report("ips", "Addresses of referring pages, where known.", SUMS)
report("subnets", "Networks (/24, for IPv6 /48) of referring pages, where known.", SUMS)
report(
    "anchors",
    "Anchors of the backlinks, those from the most domains first.",
    joined(option("--folded", is_flag=True, help="Count anchors in lower case without punctuation as one."), SUMS),
)
report("pages", "Pages of the target that are linked to, the most linked first.", SUMS)
report("outlinks", "Links from the target to other domains.", LINKS)
report("outdomains", "Domains that the target links to.", SUMS)
verb(
    "Look up a target",
    "counts",
    f"{ACTIONS}.reports:counts",
    "Backlinks counted by follow, rel, kind, region, TLD and language.",
    joined(
        options.target(),
        option("--by", metavar="COLUMN,…", type=options.Names(), default=COUNTED, show_default=True,
               help="What to count by."),
        SUMS,
    ),
    example="inlink -w web counts example.org --by region",
)  # fmt: skip
verb(
    "Look up a target",
    "compare",
    f"{ACTIONS}.reports:compare",
    "Which domains link to which of two or more targets.",
    joined(
        click.Argument(["targets"], nargs=-1, required=True, metavar="TARGET TARGET…"),
        option("--mode", type=click.Choice(options.MODES), default="intersect", show_default=True,
               help="Domains that link to all, to any, or to the others but not to the first (gap)."),
        options.scope(),
        options.strict(),
        SUMS,
    ),
    example="inlink -w web compare example.org example.com --mode gap",
)  # fmt: skip
verb(
    "Look up a target",
    "changes",
    f"{ACTIONS}.reports:changes",
    "Links new, found, lost, changed, restored or moved in a period.\n\n"
    "Each with its reason. A page that was not looked at "
    "loses nothing. new: an earlier capture of the page lacked the link; found: there is no earlier capture.",
    joined(
        click.Argument(["target"], required=False, metavar="TARGET|--all"),
        option("--all", "everything", is_flag=True, help="Of every target."),
        options.scope(),
        options.strict(),
        options.period(),
        options.view(),
    ),
    example="inlink -w web changes example.org --from 2026-01-01",
)
