"""Real pages, saved twice a month apart: what the monitor says of each link, beside BeautifulSoup's reading of both."""

from __future__ import annotations

import itertools
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from urllib.parse import urljoin

import pytest
from bs4 import BeautifulSoup
from warcio.archiveiterator import ArchiveIterator

from inlink.check.verdicts import Verdict
from inlink.errors import BadInput
from inlink.monitor.judging import Found, find
from inlink.monitor.looking import Look, read_page
from inlink.monitor.states import Finding
from inlink.monitor.watches import Watch, expected_of
from inlink.sources.records import Record
from inlink.urls.domains import SuffixRules
from inlink.urls.identity import same_page_key, target

pytestmark = pytest.mark.data
RULES = SuffixRules(())
MAX_LINKS = 60  # of a page


class Nobody:
    """Whom nothing can be asked: other pages do not answer, addresses lead where they say, pages are themselves."""

    rules = RULES

    async def look(self, url: str) -> Look:
        return Look(url, url, 0, "failing")

    async def lands(self, url: str) -> tuple[str, int | None]:
        return url, 200

    async def verdict(self, url: str) -> Verdict:
        return Verdict(url, 0, "ok", "answers", "the page answers", 200, url)

    async def rendered(self, look: Look) -> Look | None:
        return None

    def others(self, watch: Watch) -> tuple[frozenset[str], Iterable[str]]:
        return frozenset(), ()


def pages(path: Path) -> Iterator[Record]:
    with path.open("rb") as stream:
        for record in ArchiveIterator(stream):
            if record.rec_type == "response" and record.http_headers is not None:
                url = record.rec_headers.get_header("WARC-Target-URI")
                yield Record(url, 0, 200, tuple(record.http_headers.headers), record.content_stream().read(), 0, None)


def look_at(record: Record) -> Look:
    return read_page(record, record.url, RULES, frozenset(("googlebot",)), is_whole=True)


def watches(look: Look) -> Iterator[Watch]:
    """A watch for each of a page's links to other sites, the first of each target."""
    seen: set[str] = set()
    host = look.url.partition("://")[2].partition("/")[0]
    for link in look.links:
        if link.kind == "anchor" and link.domain != RULES.domain(host) and link.key not in seen:
            seen.add(link.key)
            aim = target(link.url, "url", rules=RULES)
            watch = Watch(len(seen), "list", look.asked, aim)
            yield Watch(len(seen), "list", look.asked, aim, expected=expected_of(watch, look, link))
            if len(seen) >= MAX_LINKS:
                return


def judge_of(record: Record) -> set[str]:
    """Keys of what a page links to, as BeautifulSoup and urllib read it."""
    soup = BeautifulSoup(record.body, "lxml")
    base = soup.find("base", href=True)
    start = urljoin(record.url, str(base["href"])) if base is not None else record.url
    found = set()
    for link in soup.find_all(["a", "area"], href=True):
        try:
            found.add(visited(same_page_key(urljoin(start, str(link["href"]).strip()))))
        except (BadInput, ValueError):
            continue
    return found


def visited(key: str) -> str:
    """The key without the session ids that one of the forums gives each visitor."""
    return re.sub(r"(?<=[?&])s=[0-9a-f]{32}(&|$)", "", key).rstrip("?&")


def finding_of(watch: Watch, look: Look) -> Finding:
    """What a look says; nobody is waited for, so no event loop is needed."""
    try:
        find(watch, look, Nobody()).send(None)
    except StopIteration as done:
        found: Found = done.value
        return found.finding
    raise AssertionError


def judged(watch: Watch, look: Look) -> str:
    finding = finding_of(watch, look)
    return f"{finding.kind} {' '.join(sorted(finding.reasons))}".strip()


CORPORA = ("autopager", "article-extraction-benchmark", "htmldate-default")
EVERY = 5


@pytest.mark.parametrize(
    ("name", "every"),
    [
        *(pytest.param(name, EVERY, id=name) for name in CORPORA),
        *(pytest.param(name, 1, id=f"{name}, all", marks=pytest.mark.gate) for name in CORPORA),
    ],
)
def test_a_page_that_is_what_it_was_is_alive(data_dir: Path, name: str, every: int) -> None:
    counts: Counter[str] = Counter()
    for record in itertools.islice(pages(data_dir / "html-corpora" / f"{name}.warc.gz"), 0, None, every):
        look = look_at(record)
        counts.update(judged(watch, look) for watch in watches(look) if look.outcome == "page")
    assert set(counts) == {"alive"}
    assert counts["alive"] > 1_000 / every


@pytest.mark.parametrize("every", [pytest.param(3, id="a third"), pytest.param(1, id="all", marks=pytest.mark.gate)])
def test_a_month_of_real_changes(data_dir: Path, every: int) -> None:
    folder = data_dir / "html-corpora" / "temporal"
    some = set(sorted(record.url for record in pages(folder / "page-compare-t1.dev.warc.gz"))[::every])
    later = {record.url: record for record in pages(folder / "page-compare-t2.dev.warc.gz") if record.url in some}
    wrong: list[str] = []
    counts: Counter[str] = Counter()
    for record in pages(folder / "page-compare-t1.dev.warc.gz"):
        after = later.get(record.url)
        if after is None:
            continue
        first, second, there = look_at(record), look_at(after), judge_of(after)
        if not (first.has_page and second.outcome == "page"):
            continue
        for watch in watches(first):
            said = judged(watch, second)
            counts[said] += 1
            is_there = visited(watch.target.key or "") in there
            if is_there and said.startswith("lost") and "another link" not in _detail(watch, second):
                wrong.append(f"{record.url}: {watch.target.text} is there, {said}")
            if not is_there and said in ("alive", "changed anchor_changed", "changed nofollow_rel"):
                wrong.append(f"{record.url}: {watch.target.text} is gone, {said}")
    assert not wrong, wrong[:5]
    assert counts["alive"] > 100 / every
    assert counts["lost link_removed"] > 90 / every


def _detail(watch: Watch, look: Look) -> str:
    return " ".join(finding_of(watch, look).reasons.values())
