"""The options that verbs share, each declared once."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

SCOPES = ("url", "prefix", "host", "domain")
FORMATS = ("table", "json", "jsonl", "csv", "tsv")
STATES = ("live", "lost", "all")
CRAWL_SCOPES = ("host", "domain", "prefix", "list", "web")
CRAWL_SCRIPTS = ("no", "few", "all")
MODES = ("intersect", "union", "gap")
QUESTIONS = (
    *("backlinks", "domains", "hosts", "ips", "subnets", "anchors", "pages", "outlinks", "outdomains"),
    "changes",
)
GROUPS = ("none", "similar", "page", "domain")
RELEASE_KINDS = ("domain", "host")
DEFAULT_LIMIT = 50


USUAL_LIMIT = 0  # as inlink.workbench.who.USUAL, which is not loaded to declare a verb


class Limit(click.ParamType[int | None]):
    """A number of rows, or `all`; of what a release is asked, `usual` too."""

    name = "N|all"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int | None:
        """The value, or a usage error."""
        if value is None or value == "all":
            return None
        if value == "usual" and param is not None and param.default == "usual":
            return USUAL_LIMIT
        try:
            number = int(value)
        except ValueError:
            number = 0
        if number < 1:
            self.fail(f"{value!r} is neither a number above 0 nor 'all'.", param, ctx)
        return number


class Names(click.ParamType[tuple[str, ...]]):
    """Column names with commas between."""

    name = "A,B,…"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, ...]:
        """The value, or a usage error."""
        if isinstance(value, tuple):
            return value
        names = tuple(name.strip() for name in str(value).split(",") if name.strip())
        if not names:
            self.fail("names no column.", param, ctx)
        return names


def option(*names: str, **settings: Any) -> click.Option:
    """One option; a default is shown where there is one."""
    return click.Option(names, **settings)


def scope() -> click.Option:
    """How much the target stands for."""
    return option(
        "--scope",
        type=click.Choice(SCOPES),
        help="How much TARGET stands for: one page, a path and all below it, a host, or a domain with all its hosts. "
        "Default: guessed from the form of TARGET, and said.",
    )


def strict() -> click.Option:
    """Exact URLs."""
    return option(
        "--strict",
        is_flag=True,
        help="Scope url: match the normalised URL; do not fold scheme, www, index names and tracking parameters.",
    )


def target() -> list[click.Parameter]:
    """TARGET with its scope."""
    return [click.Argument(["target"], metavar="TARGET"), scope(), strict()]


def output_format(
    choices: Sequence[str] = FORMATS, default: str = "table on a terminal, tsv in a pipe"
) -> click.Option:
    """The form of an answer."""
    return option("--format", "output", type=click.Choice(choices), help=f"Form of the answer. Default: {default}.")


def words_or_json() -> click.Option:
    """The form of a short answer."""
    return output_format(("table", "json"), "table")


def view() -> list[click.Parameter]:
    """What every table of rows can do."""
    return [
        option("--where", metavar="FILTER", help="Keep rows that match, as in: nofollow = false and region = 'main'."),
        option("--sort", metavar="COLUMN,…", type=Names(), help="Sort by columns; -COLUMN is descending."),
        option("--columns", metavar="COLUMN,…", type=Names(), help="Columns to show, in this order."),
        limit(),
        option("--cursor", metavar="CURSOR", help="Go on after the page that ended with this cursor."),
        output_format(),
        infrastructure(),
        option("--embeds", is_flag=True, help="Keep images, scripts, styles and the like, left out by default."),
    ]


def limit(default: int | None = DEFAULT_LIMIT, words: str = "How many rows.") -> click.Option:
    """Rows of a page."""
    shown = default or "all"
    return option("--limit", type=Limit(), metavar="N|all", default=shown, show_default=True, help=words)


def crawl() -> list[click.Parameter]:
    """What a crawl is told."""
    return [
        click.Argument(["seeds"], nargs=-1, metavar="SEED…"),
        option("--from", "seeds_file", metavar="FILE",
               type=click.Path(path_type=Path, exists=True, dir_okay=False, allow_dash=True),
               help="Seeds from a file, one a line; - reads standard input."),
        option("--scope", type=click.Choice(CRAWL_SCOPES), default="domain", show_default=True,
               help="What belongs to the crawl: the seeds' hosts, their domains, what is at or below a seed's path, "
               "the seeds alone, or anything."),
        option("--depth", "max_depth", type=click.IntRange(0, 9_999), metavar="N",
               help="Links from a seed. Default: no limit."),
        option("--max-pages", type=click.IntRange(1), metavar="N", help="Pages of the crawl. Default: no limit."),
        option("--max-host-pages", type=click.IntRange(1), metavar="N", help="Pages of a host. Default: no limit."),
        option("--nofollow", "follows_nofollow", is_flag=True, help="Follow nofollow links too."),
        option("--sitemaps/--no-sitemaps", "reads_sitemaps", default=True, help="Read sitemaps that robots.txt names."),
        option("--js", "scripts", type=click.Choice(CRAWL_SCRIPTS), default="no", show_default=True,
               help="Run the scripts of pages with few links, or of all, in Chromium, and add the links they make."),
        option("--new", "is_new", is_flag=True, help="Begin anew, where a crawl of the same seeds is unfinished."),
        words_or_json(),
    ]  # fmt: skip


def check() -> list[click.Parameter]:
    """Which addresses are checked."""
    return [
        click.Argument(["urls"], nargs=-1, metavar="[URL…]"),
        option("--from", "urls_file", metavar="FILE",
               type=click.Path(path_type=Path, exists=True, dir_okay=False, allow_dash=True),
               help="Addresses from a file, one a line; - reads standard input."),
        option("--from-index", metavar="SITE", help="Addresses that the index knows of a page, path, host or domain."),
        option("--links", type=click.Choice(("in", "out")),
               help="With --from-index: pages of SITE that other sites link to, or what pages of SITE link to. "
               "Default: in."),
        option("--fresh-hours", type=click.FloatRange(0), metavar="H",
               help="Pass over addresses that were checked in the last H hours. Default: 0; with --from-index 1, so "
               "that a check that was stopped goes on."),
        option("--limit", type=click.IntRange(1), metavar="N", help="With --from-index: at most so many addresses."),
        output_format(),
    ]  # fmt: skip


def infrastructure() -> click.Option:
    """Keep what default views leave out."""
    return option(
        "--infrastructure",
        is_flag=True,
        help="Keep rows of infrastructure and hosting domains (CDN, fonts, analytics, widgets), left out by default.",
    )


def group(default: str = "none") -> click.Option:
    """Rows collapsed into one."""
    return option(
        "--group",
        type=click.Choice(GROUPS),
        default=default,
        show_default=True,
        help="Rows collapsed into one with a count: similar links (repeated across a site), or by page or domain.",
    )


def indirect() -> click.Option:
    """Links through redirects and canonicals."""
    return option(
        "--indirect",
        is_flag=True,
        help="Links that reach the target through a redirect or canonical, instead of direct ones.",
    )


def state() -> click.Option:
    """Live or lost."""
    return option(
        "--state", type=click.Choice(STATES), default="live", show_default=True, help="Live links, lost links, or all."
    )


def run() -> click.Option:
    """Which scoring run."""
    return option("--run", metavar="RUN", default="latest", show_default=True, help="Name of a run, or how it begins.")


def rank() -> list[click.Parameter]:
    """What a scoring run is made of."""
    return [
        option("--graph", type=click.Choice(("all", "pages", "hosts", "domains")), default="all", show_default=True,
               help="What the nodes are. With --release: all is the one that the release is of (of both, domains)."),
        option("--follow", type=click.Choice(("drop", "evaporate", "weight")), default="drop", show_default=True,
               help="Links that are nofollow, ugc or sponsored: not there; there, but giving their share to nobody; or "
               "counting --nofollow-share of a follow link."),
        option("--nofollow-share", type=click.FloatRange(0, 1, min_open=True), metavar="SHARE",
               help="With --follow weight. Default: 0.1."),
        option("--weight", type=click.Choice(("one", "log-pages", "hosts")), default="one", show_default=True,
               help="What a vote weighs: 1, ln(1 + pages that link), or hosts that link."),
        option("--damping", type=click.FloatRange(0, 1, min_open=True, max_open=True), default=0.85, show_default=True,
               help="How likely the surfer follows a link rather than starting anew."),
        option("--release", metavar="NAME|FOLDER",
               help="Lay the votes over an imported release, or rank it alone where nothing is built."),
        option("--keep-lists", "keeps_lists", is_flag=True,
               help="Of a release of more than 400 million edges keep both directions as arrays, so that origins, "
               "what-if and fragility can be asked of the run: at most 12 bytes an edge and 68 a domain on disk. "
               "Smaller ones always do."),
        option("--serve", "serves", is_flag=True,
               help="From now on, order links and referring domains by where their domain stands in the run."),
        option("--workers", type=click.IntRange(1), metavar="N", help="Threads. Default: the workspace's setting."),
        words_or_json(),
    ]  # fmt: skip


class Several(click.Option):
    """An option that takes all values up to the next option: --add a b c."""

    def add_to_parser(self, parser: Any, ctx: click.Context) -> None:
        """Let the parser go on eating values."""
        super().add_to_parser(parser, ctx)
        known = parser._long_opt[self.opts[0]]
        one = known.process

        def process(value: Any, state: Any) -> None:
            one(value, state)
            while state.rargs and not state.rargs[0].startswith("-"):
                one(state.rargs.pop(0), state)

        known.process = process


def in_release() -> list[click.Parameter]:
    """A release that is explained instead of a run."""
    return [
        option("--release", metavar="FOLDER|NAME",
               help="A converted release on this machine instead of a run: by its own masses."),
        option("--kind", type=click.Choice(RELEASE_KINDS), help="The release's graph of domains, or that of hosts."),
    ]  # fmt: skip


def explain() -> list[click.Parameter]:
    """A target, and how deep its mass is followed."""
    return [
        click.Argument(["target"], metavar="TARGET"),
        option("--origins", is_flag=True, help="Where the mass began, anywhere, instead of which link carries it."),
        option("--exact", is_flag=True, help="Origins of all of it, nothing unresolved (long on large graphs)."),
        scope(),
        run(),
        *in_release(),
        limit(20),
        words_or_json(),
    ]  # fmt: skip


def what_if() -> list[click.Parameter]:
    """A target and the links to think of."""
    return [
        option("--to", "target", required=True, metavar="TARGET", help="The page, host or domain that is linked to."),
        Several(["--add"], metavar="SOURCE…", multiple=True, help="Sources that would link to it."),
        Several(["--lose"], metavar="SOURCE…", multiple=True, help="Sources that would no longer link to it."),
        option("--nofollow", is_flag=True, help="The added links are nofollow."),
        option("--best", type=click.IntRange(1, 100), metavar="N",
               help="Rank all sources without a link: the N that would bring most, and the best N together."),
        option("--exact", is_flag=True, help="Take every number to the end, however long."),
        option("--infrastructure", is_flag=True,
               help="With --best: rank infrastructure and hosting domains too, left out by default."),
        scope(),
        run(),
        *in_release(),
        words_or_json(),
    ]  # fmt: skip


def fragility() -> list[click.Parameter]:
    """A target."""
    return [
        click.Argument(["target"], metavar="TARGET"),
        option("--exact", is_flag=True, help="Take every number to the end, however long."),
        scope(),
        run(),
        *in_release(),
        words_or_json(),
    ]


def diff_runs() -> list[click.Parameter]:
    """Two runs, whose links are mine, and in which order factors are switched."""
    return [
        click.Argument(["run_a"], metavar="A"),
        click.Argument(["run_b"], metavar="B"),
        option("--site", metavar="DOMAIN", multiple=True,
               help="Whose links are mine; may be repeated. Default: the workspace's site and its aliases."),
        option("--target", metavar="TARGET", help="This page, host or domain only."),
        option("--order", type=click.Choice(("model,mine,rest", "shapley")), default="model,mine,rest",
               show_default=True, help="Switch the factors in this order, or take the mean over all orders."),
        limit(),
        output_format(),
    ]  # fmt: skip


def period() -> list[click.Parameter]:
    """From when to when."""
    return [
        option("--from", "since", metavar="DATE|SNAPSHOT", help="Start of the period (not included)."),
        option("--to", "until", metavar="DATE|SNAPSHOT", help="End of the period (included). Default: now."),
    ]


def place() -> click.Option:
    """Where releases are published."""
    return option(
        "--from",
        "where",
        metavar="PLACE",
        help="Folder or address with graphinfo.json and projects/hyperlinkgraph/… below it. Default: Common Crawl.",
    )


def release() -> list[click.Parameter]:
    """RELEASE with its kind and place."""
    return [
        click.Argument(["release"], metavar="RELEASE"),
        option("--kind", type=click.Choice(RELEASE_KINDS), default="domain", show_default=True,
               help="The graph of domains, or that of hosts."),
        place(),
        option("--ranks/--no-ranks", default=True, show_default=True,
               help="With Common Crawl's own harmonic centrality and PageRank."),
    ]  # fmt: skip


def asking() -> list[click.Parameter]:
    """A release that is asked, and how much of the answer."""
    return [
        option("--release", metavar="URL|FOLDER|NAME",
               help="Address or folder of a converted release, or its name here. Default: the newest here."),
        *showing(),
        option("--offset", type=click.IntRange(0), default=0, metavar="N", help="Rows to skip."),
    ]  # fmt: skip


def usual_limit() -> click.Option:
    """Rows of an answer of a release."""
    return option("--limit", type=Limit(), metavar="N|all", default="usual", help=(
        f"How many rows. Default: {DEFAULT_LIMIT}, from a server as many as come with their names."
    ))  # fmt: skip


def showing() -> list[click.Parameter]:
    """How much of a release's answer, and in which form."""
    return [
        option("--kind", type=click.Choice(RELEASE_KINDS), help="Its graph of domains, or that of hosts."),
        usual_limit(),
        infrastructure(),
        output_format(),
    ]


def at_least(default: int | None) -> click.Option:
    """Of how many domains."""
    return option("--at-least", type=click.IntRange(1), default=default, metavar="N",
                  help=f"How many of them must be referenced. Default: {default or 'all'}.")  # fmt: skip


def restart() -> click.Option:
    """Begin a download anew."""
    return option("--restart", is_flag=True, help="Fetch anew what has changed since, is only begun, or is damaged.")


def importing() -> list[click.Parameter]:
    """How a release is converted."""
    return [
        option("--again", is_flag=True, help="Convert it also if it is here already."),
        option("--keep-text/--remove-text", default=True, show_default=True,
               help="Keep the published files in the workspace when they are converted."),
        option("--out/--no-out", default=True, show_default=True,
               help="Keep what each domain references, too; without, a release takes a third less room."),
        option("--names/--no-names", default=True, show_default=True,
               help="Keep names beside lists, so that a web server answers in few requests; this machine needs none."),
        option("--memory", type=click.FloatRange(0.25), default=8.0, show_default=True, metavar="GIB",
               help="For turning lists round: less memory takes more passes."),
        option("--threads", type=click.IntRange(1), default=2, show_default=True, metavar="N", help="Threads."),
    ]  # fmt: skip


def joined(*parts: Sequence[click.Parameter] | click.Parameter) -> list[click.Parameter]:
    """One list of parameters from lists and single ones."""
    flat: list[click.Parameter] = []
    for part in parts:
        flat.extend([part] if isinstance(part, click.Parameter) else part)
    return flat
