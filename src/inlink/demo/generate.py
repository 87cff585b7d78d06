"""The demo web as files: two crawls as WARC and the truth about them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from inlink.demo import warc
from inlink.demo.crawl import crawl
from inlink.demo.model import FIRST, SECOND, TIMES, Answer
from inlink.demo.plan import read_plan
from inlink.demo.release_small import write_demo_releases
from inlink.demo.truth import Truth, truth_of

SEED = 20260915
RELEASES = "releases"  # folder of the made-up releases beside the crawls


@dataclass(frozen=True, slots=True)
class DemoWeb:
    """Where the files are, and what every report should find in them."""

    folder: Path
    warcs: tuple[Path, ...]
    truth_file: Path
    truth: Truth


def answers_of(seed: int) -> list[list[Answer]]:
    """The answers of the crawls, one list for each file."""
    pages = [page for site in read_plan(seed) for page in site]
    early = list(crawl(pages, 0))
    return [[*early, *crawl(pages, FIRST)], list(crawl(pages, SECOND))]


def generate(folder: Path, *, seed: int = SEED) -> DemoWeb:
    """Write the crawls, truth.json and a folder of releases (its domain graph at either crawl) into `folder`.

    Cost: about a second; some 3 MB.
    """
    folder.mkdir(parents=True, exist_ok=True)
    crawls = answers_of(seed)
    paths = []
    earlier: dict[str, Answer] = {}
    for answers in crawls:
        path = folder / f"demo-{TIMES[answers[-1].time]:%Y-%m-%d}.warc.gz"
        warc.pack(path, answers, earlier)
        earlier = {answer.page.url: answer for answer in answers}
        paths.append(path)
    truth = truth_of([answer for answers in crawls for answer in answers], seed)
    truth_file = folder / "truth.json"
    truth_file.write_text(dumps(truth), encoding="utf-8")
    write_demo_releases(folder / RELEASES, truth)
    return DemoWeb(folder, tuple(paths), truth_file, truth)


def dumps(truth: Truth) -> str:
    """The truth as JSON text, one row a line where rows are many."""
    parts = []
    for name, value in truth.to_dict().items():
        parts.append(f"{json.dumps(name)}: {_rows(value) if isinstance(value, list) else json.dumps(value, indent=1)}")
    return "{\n" + ",\n".join(parts) + "\n}\n"


def _rows(rows: list[Any]) -> str:
    return "[\n" + ",\n".join(json.dumps(row, ensure_ascii=False) for row in rows) + "\n]"
