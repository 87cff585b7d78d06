"""Verbs of the live web: broken links and the monitor."""

from __future__ import annotations

import click

from inlink.cli import options, watch_options
from inlink.cli.declare import ACTIONS, family, verb

MONITOR = family(
    "Watch the live web",
    "monitor",
    "Watch links: is each still there, and as it was?\n\n"
    "Looks at pages again and again, young and endangered links more often. What looks lost or changed is looked at a "
    "second time an hour later before anybody is told: by mail, webhook or feed ([monitor] in inlink.toml), once.",
)
verb(
    "Watch the live web",
    "add",
    f"{ACTIONS}.monitoring:add",
    "Watch that a page links to a target.\n\n"
    "One placement, a list, or the links to a target that the index holds. What the link is at first is what it should "
    "stay, unless --anchor or --follow say more. A placement has to be indexed and canonical too.",
    watch_options.add(),
    example="inlink -w web monitor add https://blog.example/post https://example.org/guide --follow",
    family=MONITOR,
)
verb(
    "Watch the live web",
    "list",
    f"{ACTIONS}.monitoring:list_",
    "What is watched, and how it stands.\n\nReasons with a question mark wait for a second look.",
    watch_options.listing(),
    example="inlink -w web monitor list --state lost --state changed",
    family=MONITOR,
)
verb(
    "Watch the live web",
    "show",
    f"{ACTIONS}.monitoring:show",
    "One watch with every look at it.",
    [click.Argument(["number"], type=click.IntRange(1), metavar="WATCH"), options.words_or_json()],
    example="inlink -w web monitor show 7",
    family=MONITOR,
)
verb(
    "Watch the live web",
    "run",
    f"{ACTIONS}.monitoring:run",
    "Look at what is due, and tell what is new.\n\n"
    "For cron; or --daemon for a server. Can be killed at any moment; the next run goes on, and nothing is told twice.",
    watch_options.run(),
    example="inlink -w web monitor run",
    family=MONITOR,
)
verb(
    "Watch the live web",
    "alerts",
    f"{ACTIONS}.monitoring:alerts",
    "What became lost, changed, unreachable or restored, and who was told.\n\n"
    "sent: how it stands by channel: waiting, sent, failed, or unconfirmed (cut off while it was sent; not sent again "
    "unless --resend says so).",
    watch_options.alerts(),
    example="inlink -w web monitor alerts --since 2026-01-01",
    family=MONITOR,
)
verb(
    "Watch the live web",
    "accept",
    f"{ACTIONS}.monitoring:accept",
    "What a link is now is as it should be.\n\nThe next look sets what is expected of it.",
    [watch_options.numbers()],
    example="inlink -w web monitor accept 7",
    family=MONITOR,
)
verb(
    "Watch the live web",
    "remove",
    f"{ACTIONS}.monitoring:remove",
    "Watch links no longer.",
    [watch_options.numbers()],
    example="inlink -w web monitor remove 7 8",
    family=MONITOR,
)

verb(
    "Watch the live web",
    "wishes",
    f"{ACTIONS}.monitoring:wishes",
    "Pages that are worth a capture.\n\n"
    "What the index knows of them is not so any more. In a pipe URLs alone, one a line, as `inlink crawl --scope list "
    "--from` takes them; a page that was captured since is listed no longer.",
    watch_options.wishes(),
    example="inlink -w web monitor wishes > wishes.txt",
    family=MONITOR,
)
verb(
    "Watch the live web",
    "broken",
    f"{ACTIONS}.mending:broken",
    "Dead pages of a site that others still link to, the worthiest first.\n\n"
    "With the living page that comes nearest to each, and redirects for nginx, Apache or as CSV. Or, with --outgoing, "
    "what the site links to that is dead, and from which pages. Rests on the checker's verdicts and on captures, "
    "whichever are newer.",
    watch_options.broken(),
    example="inlink -w web broken example.org --check --redirects nginx -o redirects.conf",
)
