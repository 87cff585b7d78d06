"""`inlink demo`: make the demo web, index it, ask it everything, check the answers, serve the site."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from time import monotonic

from inlink.cli.actions.demo_facts import Fact, facts
from inlink.cli.actions.overview import show_overview
from inlink.cli.commands import inlink
from inlink.cli.declare import Call
from inlink.cli.output import Output
from inlink.cli.tables import draw, heading
from inlink.demo import DemoWeb, generate
from inlink.errors import BadInput, Busy, InlinkError
from inlink.workbench import Workbench
from inlink.workbench.demo_project import dress
from inlink.workbench.results import Rows

FOLDER = Path("demo-workspace")
CRAWLS = "demo"  # folder of the made-up crawls inside the workspace
TARGET = "crumbandcrust.example"
SHOWN = 12

NEXT = """\
Try next, in another terminal or after Ctrl-C:

  inlink -w {folder} backlinks ryeandshine.example --group domain
  inlink -w {folder} backlinks {target} --where "follow = true and region = 'main'" --columns source_url,anchor
  inlink -w {folder} changes --all --from 2026-10-01
  inlink -w {folder} compare {target} ryeandshine.example floursource.example
  inlink -w {folder} broken {target} --redirects nginx
  inlink -w {folder} serve

What the demo web holds, and why, stands in docs/demo.md; what every report should find in {folder}/{crawls}/truth.json.
Your own crawl: inlink -w web init, inlink -w web add crawl/*.warc.gz, inlink -w web build."""


def demo(call: Call, *, folder: Path | None, serves: bool | None) -> None:
    """Make the demo web in a workspace of its own and walk through it.

    Raises: BadInput for a folder that holds something else.
    """
    place = Output(quiet=call.quiet)
    folder = folder or call.workspace or FOLDER
    clear(folder)
    start = monotonic()
    web = generate(folder / CRAWLS)
    place.line(said(web, folder))
    with Workbench.create(folder) as bench:
        bench.add([str(path) for path in web.warcs])
        bench.build()
        place.line(f"Indexed in {monotonic() - start:.1f} s.\n")
        walk(bench, place)
        wrong = judge(place, list(facts(bench, web.truth)))
        n_checked, n_watches, n_alerts = dress(bench)
        place.line(f"Scored; {n_checked} links checked, {n_watches} watched, {n_alerts} of them lost or changed.\n")
    if wrong:
        raise InlinkError(f"{wrong} facts differ from the truth file", hint="this is a bug of inlink: please report it")
    place.line(NEXT.format(folder=folder, target=TARGET, crawls=CRAWLS))
    place.out.flush()
    if serves or (serves is None and place.is_terminal):
        serve(call, folder)


def clear(folder: Path) -> None:
    """Remove what an earlier demo left in the folder, and nothing else.

    Raises: BadInput for a folder with other content.
    """
    if not folder.exists() or not any(folder.iterdir()):
        return
    if not (folder / CRAWLS / "truth.json").exists():
        raise BadInput(f"{folder} holds something else", hint="name a new folder: inlink demo FOLDER")
    shutil.rmtree(folder)


def said(web: DemoWeb, folder: Path) -> str:
    """What was made."""
    n_captures = sum(row["n_captures"] for row in web.truth.hosts)
    dates = " and ".join(path.name.removeprefix("demo-").removesuffix(".warc.gz") for path in web.warcs)
    return f"The demo web: {len(web.truth.hosts)} hosts, {n_captures} captures of {dates}, in {folder / CRAWLS}"


def walk(bench: Workbench, place: Output) -> None:
    """Ask the questions that people ask first, and show the answers."""
    show_overview(place, bench.overview(TARGET))
    columns = "source_url,anchor,target_url,follow,region,first_seen"
    ask(place, "Top backlinks", lambda: bench.backlinks(TARGET, limit=SHOWN, columns=columns))
    ask(place, "Referring domains", lambda: bench.domains(TARGET, limit=SHOWN))
    ask(place, "Anchors", lambda: bench.anchors(TARGET, limit=SHOWN))
    ask(place, "Won", lambda: changes(bench, "change in ('new', 'found', 'restored')"))
    ask(place, "Lost, moved, changed", lambda: changes(bench, "change in ('lost', 'moved', 'changed')"))


def changes(bench: Workbench, where: str) -> Rows:
    """What happened to the target's links between the crawls."""
    columns = "change,reason,source_url,anchor,target_url"
    return bench.changes(
        TARGET, from_="2026-10-01", where=where, sort="-strength,change,source_url", columns=columns, limit=SHOWN
    )


def ask(place: Output, title: str, question: Callable[[], Rows]) -> None:
    """One question with its answer as a table."""
    place.line()
    heading(place, title)
    rows = question()
    draw(place, rows.columns, rows.to_dicts())


def judge(place: Output, found: list[Fact]) -> int:
    """Say how many facts agree with the truth file, and which do not; gives the number of those."""
    wrong = [fact for fact in found if not fact.agrees]
    place.line()
    heading(place, f"Checked against the truth file: {len(found) - len(wrong):,} of {len(found):,} facts agree.")
    for fact in wrong[:20]:
        place.line(f"  {fact.name}: expected {fact.expected}, found {fact.found}")
    place.line()
    return len(wrong)


def serve(call: Call, folder: Path) -> None:
    """Serve the site by the verb that serves any workspace: on its usual port, or on a free one where that is taken."""
    verb = inlink.commands["serve"]
    run = partial(
        verb.main, prog_name="inlink serve", standalone_mode=False, obj=replace(call, workspace=folder, quiet=False)
    )
    try:
        run([])
    except Busy:
        run(["--port", "0"])
