"""Every verb of `inlink`, in the order of the help."""

from __future__ import annotations

from pathlib import Path

import click

from inlink.cli import account_options, database_options, job_options, options, watch_options
from inlink.cli.declare import ACTIONS, family, inlink, report, verb
from inlink.cli.options import joined, option

__all__ = ["inlink"]

COUNTED = "follow,nofollow,ugc,sponsored,kind,region,tld,lang"

# ---- set up ----------------------------------------------------------------------------------------------------------
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

# ---- look up ---------------------------------------------------------------------------------------------------------
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

# ---- votes -----------------------------------------------------------------------------------------------------------
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
    "diff-runs",
    f"{ACTIONS}.ranking:diff_runs",
    "What changed between two scoring runs: the model, my links, and the rest.\n\n"
    "The three add up to each target's change. A and B are names of runs as `rank` says them, how they begin, or "
    "latest and previous.",
    options.diff_runs(),
    example="inlink -w web diff-runs previous latest --site example.org",
)

# ---- watch -----------------------------------------------------------------------------------------------------------
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

# ---- releases of web graphs ------------------------------------------------------------------------------------------
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

# ---- behind the rows -------------------------------------------------------------------------------------------------
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

# ---- upkeep ----------------------------------------------------------------------------------------------------------
verb(
    "Upkeep",
    "verify",
    f"{ACTIONS}.upkeep:verify",
    "Check every stored file against its digest.",
    [options.words_or_json()],
)
verb(
    "Upkeep",
    "gc",
    f"{ACTIONS}.upkeep:gc",
    "Remove old snapshots, never one in use.\n\n"
    "Also parts that no input needs, and copies made by `add --keep` that nothing needs or that are older than "
    "retention.archive_days, what unfinished imports of releases left, and checks, looks and lines of the ledger that "
    "are older than [retention] keeps; never a file of yours.",
    [
        option(
            "--keep", type=click.IntRange(1), metavar="N", help="Snapshots to keep. Default: the workspace's setting."
        ),
        option(
            "--releases",
            type=click.IntRange(1),
            metavar="N",
            help="Imported releases to keep of each kind, the newest. Default: all.",
        ),
        options.words_or_json(),
    ],
)

for _name, _text, _params, _example in database_options.upkeep_verbs():
    verb("Upkeep", _name, f"{ACTIONS}.database:{_name}", _text, _params, example=f"inlink -w web {_example}")
PERSON = family("Upkeep", "person", "Find a person's name or e-mail address everywhere, and erase it.")
for _name, _text, _params, _example in database_options.person_verbs():
    verb(
        "Upkeep",
        _name,
        f"{ACTIONS}.database:{_name}",
        _text,
        _params,
        example=f"inlink -w web {_example}",
        family=PERSON,
    )

# ---- jobs ------------------------------------------------------------------------------------------------------------
JOBS = family(
    "Upkeep",
    "jobs",
    "Work that goes on behind the pages.\n\n"
    "`inlink serve` does the jobs of its workspace; `jobs work` does them without a site, and on other machines too "
    "where the database is PostgreSQL. Killed at any moment, jobs go on with the next worker.",
)
for _name, _action, _text, _params, _example in job_options.verbs():
    verb(
        "Upkeep",
        _name,
        f"{ACTIONS}.jobs:{_action}",
        _text,
        _params,
        example=f"inlink -w web jobs {_example}",
        family=JOBS,
    )

# ---- a team ----------------------------------------------------------------------------------------------------------
USER = family(
    "A team",
    "user",
    "Who may sign in.\n\n"
    "Without users whoever sits at this machine may do everything, and nobody else anything. With one, everybody "
    "signs in.",
)
TOKEN = family("A team", "token", "In whose name programs ask the API.\n\nA token does what its user may, or less.")
for _family, _verbs in ((USER, account_options.user_verbs()), (TOKEN, account_options.token_verbs())):
    for _name, _action, _text, _params, _example in _verbs:
        verb(
            "A team",
            _name,
            f"{ACTIONS}.accounts:{_action}",
            _text,
            _params,
            example=f"inlink -w web {_example}",
            family=_family,
        )

# ---- see it ----------------------------------------------------------------------------------------------------------
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
