"""Verbs of votes: runs, authority, explanations, what-if."""

from __future__ import annotations

import click

from inlink.cli import options
from inlink.cli.declare import ACTIONS, verb

verb(
    "Votes",
    "rank",
    f"{ACTIONS}.ranking:rank",
    "Score pages, hosts and domains by the votes they get.\n\n"
    "A vote is a live link that somebody placed for readers to follow. Makes a scoring run of the served snapshot for "
    "each graph; says so where a run of the same inputs is there already.",
    options.rank(),
    example="inlink -w web rank --graph domains --follow evaporate",
)
verb(
    "Votes",
    "authority",
    f"{ACTIONS}.ranking:authority",
    "Where a page, host or domain stands.\n\n"
    "Its mass (share of all visits of a random surfer), its position, and its authority from 0 to 100. In graphs of "
    "fewer than 10,000 there is no authority, and the answer says so.",
    [
        click.Argument(["target"], metavar="TARGET"),
        options.scope(),
        options.run(),
        options.words_or_json(),
    ],
    example="inlink -w web authority example.org",
)
verb(
    "Votes",
    "explain",
    f"{ACTIONS}.explaining:explain",
    "Which links carry a target's mass.\n\n"
    "Each source's part, with the links behind it; what comes by restarts; they sum to the mass. --origins: where the "
    "mass began, anywhere in the graph, at most 1 % of it unresolved.",
    options.explain(),
    example="inlink -w web explain example.org --origins",
)
verb(
    "Votes",
    "what-if",
    f"{ACTIONS}.explaining:what_if",
    "A target's mass if links to it were added or lost.\n\n"
    "Exact, several links together, without scoring anew. Each link's case is said: an edge that exists already, "
    "nofollow where nofollow does not count, the last link of a source, a source that the graph does not know.",
    options.what_if(),
    example="inlink -w web what-if --to example.org --add blog.example shop.example --lose old.example",
)
verb(
    "Votes",
    "fragility",
    f"{ACTIONS}.explaining:fragility",
    "How much of a target's mass rests on its strongest 1, 3 and 10 sources.",
    options.fragility(),
    example="inlink -w web fragility example.org",
)
verb(
    "Votes",
    "runs",
    f"{ACTIONS}.ranking:runs",
    "The scoring runs of the workspace, the newest first.\n\n"
    "latest: what other verbs ask where no --run is named; served: rows of links and domains are ordered by it.",
    [options.limit(), options.words_or_json()],
    example="inlink -w web runs",
)
verb(
    "Votes",
    "diff-runs",
    f"{ACTIONS}.ranking:diff_runs",
    "What changed between two scoring runs: the model, my links, and the rest.\n\n"
    "The three add up to each target's change. A and B are names of runs as `rank` says them, how they begin, or "
    "latest and previous.",
    options.diff_runs(),
    example="inlink -w web diff-runs previous latest --site example.org",
)
