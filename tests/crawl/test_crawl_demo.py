"""The demo web, served over HTTP and crawled, gives the links of its packed WARC."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

from hosting import Page, Web, hosting

from inlink.demo.crawl import crawl as answers_at
from inlink.demo.generate import SEED
from inlink.demo.model import FIRST, Answer
from inlink.demo.plan import read_plan
from inlink.demo.warc import pack
from inlink.extract.items import extract_items
from inlink.fetch import Manners
from inlink.sources import items, open_inputs
from inlink.sources.limits import DEFAULT_LIMITS
from inlink.sources.records import InputFile
from inlink.store.workspace import Workspace
from inlink.urls.domains import SuffixRules
from inlink.workbench.crawling import CrawlOptions, CrawlReport, crawl

COLUMNS = (
    *("source_url", "target_url", "kind", "anchor", "alt", "rel", "nofollow", "ugc", "sponsored", "region"),
    *("text_before", "text_after", "heading", "ordinal"),
)


def place_of(url: str) -> str:
    """Scheme, host, path and query as a server hears them."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.hostname}{parts.path}{'?' + parts.query if parts.query else ''}"


def by_place(answers: list[Answer]) -> Callable[[str, str, dict[str, str]], Page | None]:
    table = {place_of(answer.page.url): page(answer) for answer in answers}
    return lambda host, path, headers: table.get(f"{headers.get('x-forwarded-proto', 'http')}://{host}{path}")


def links(path: str) -> list[tuple[object, ...]]:
    """The links in an archive, in order."""
    (file,) = open_inputs([path])
    assert isinstance(file, InputFile)
    rows = [
        tuple(row[name] for name in COLUMNS)
        for batch in extract_items(items(file), file, SuffixRules(), DEFAULT_LIMITS)
        for row in batch.links.to_pylist()
    ]
    return sorted(rows, key=str)


def page(answer: Answer) -> Page:
    headers = dict(answer.headers)
    kind = headers.pop("Content-Type", "text/html")
    headers.pop("Content-Length", None)
    joined = {name: ", ".join(v for n, v in answer.headers if n == name) for name in headers}
    return Page(answer.body, answer.status, kind, joined)


def served(tmp_path: Path, answers: list[Answer], seeds: tuple[str, ...], scope: str) -> tuple[CrawlReport, Web]:
    workspace = Workspace.create(tmp_path / "crawled")
    with hosting(by_place(answers)) as web:
        workspace.settings_path.write_text(f'[fetch]\nroutes = ["{web.route}"]\n', encoding="utf-8")
        return crawl(workspace, seeds, CrawlOptions(scope=scope), manners=Manners(delay_s=0.0)), web


def test_the_demo_web_over_http(tmp_path: Path) -> None:
    answers = list(answers_at([page for site in read_plan(SEED) for page in site], FIRST))
    pack(tmp_path / "packed.warc.gz", answers, {})
    report, _ = served(tmp_path, answers, tuple(answer.page.url for answer in answers), "list")
    assert report.n_pages == len(answers)
    expected = links(str(tmp_path / "packed.warc.gz"))
    assert len(expected) > 1500
    assert links(report.warcs[0]) == expected


def test_from_its_home_page_a_site_of_the_demo_web_is_found(tmp_path: Path) -> None:
    answers = list(answers_at([page for site in read_plan(SEED) for page in site], FIRST))
    report, web = served(tmp_path, answers, ("https://crumbandcrust.example/",), "domain")
    wanted = {place_of(a.page.url) for a in answers if a.page.site.domain == "crumbandcrust.example"}
    missing = {url for url in wanted if url.partition("://")[2] not in web.asked}
    assert report.ending == "done"
    assert len(missing) < 0.2 * len(wanted), sorted(missing)
