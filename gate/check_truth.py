"""Verdicts on real pages that are well, and on the same pages behind the failures of the wild.

    python gate/check_truth.py

Takes some five minutes. Every HTML page of the corpora and crawls is served again by a local server at its own address,
where made-up addresses are (a) missing as they should be, (b) led home, (c) answered with 200 and another page of the
same site, (d) answered with 200 and the site's frame around "not found". No healthy page may be called broken.
Then each address is dead in one of many ways (the site's own frame or a bare page with the not-found texts of common
systems in a dozen languages, error pages of the crawls themselves, redirects home, parking services, casinos), and
must be found; found is the kind of verdict that is due, not just any alarm.
Writes gate/check_truth.json: precision and recall, by failure, and every page that was judged wrongly.
"""

from __future__ import annotations

import os
import sys
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "gate"), str(ROOT / "tests" / "check")]

from failure_templates import CASINO, PARKED, SAID, bare, framed, parked  # noqa: E402
from fixture_sites import Answer, Request, reply, to  # noqa: E402
from served_corpora import FOLDERS, Saved, as_saved, checked, saved_pages  # noqa: E402

from frame import Gate  # noqa: E402
from inlink.check.page import Page  # noqa: E402
from inlink.check.topics import Remembered  # noqa: E402
from inlink.check.verdicts import FAILED, MISSING, Verdict  # noqa: E402
from inlink.fetch import Reply  # noqa: E402
from inlink.urls.domains import SuffixRules  # noqa: E402

DATA = Path(os.environ.get("INLINK_TEST_DATA") or ROOT.parent / "shared" / "data")
BROKEN = FAILED | MISSING
NOT_HERE = reply("<title>404 Not Found</title><h1>Not Found</h1>", "404 Not Found")
HOME = reply("<title>Home</title><h1>Welcome</h1><p>This is the home page of a site with many pages.</p>")
RULES = SuffixRules()
# Pages of the corpora that are not well by themselves, looked at one by one.
ILL = {
    "https://ipython-books.github.io/404.html": "is the site's not-found page",
    "https://lilianweng.github.io/404.html": "is the site's not-found page",
}


@dataclass
class Figures:
    """What became of one kind of pages."""

    n: int = 0
    right: int = 0
    wrong: list[dict[str, str]] = field(default_factory=list)


def key(url: str) -> str:
    """An address without its scheme."""
    return url.partition("://")[2]


class Corpus:
    """The pages, by address and by host."""

    def __init__(self, pages: list[Saved]) -> None:
        self.good = [page for page in pages if page.status == 200]
        self.error_pages = [
            page for page in pages if page.status == 404 and page.body and not page.url.endswith("/robots.txt")
        ]
        self.by_key = {key(page.url): page for page in self.good}
        self.by_host: dict[str, list[Saved]] = defaultdict(list)
        for page in self.good:
            self.by_host[page.host].append(page)

    def is_stub(self, page: Saved) -> bool:
        """Whether a page is but a redirect by <meta> refresh."""
        headers = (("Content-Type", page.content_type),)
        return Page(Reply(page.url, 0, 200, headers=headers, body=page.body)).refresh is not None


def healthy(corpus: Corpus, made_up: Callable[[Request, list[Saved]], Answer], *, hosts_of_two: bool) -> Figures:
    """Healthy pages where made-up addresses are answered with `made_up`."""
    found = Figures()
    urls = []
    for page in corpus.good:
        of_host = corpus.by_host[page.host]
        if hosts_of_two and (len(of_host) < 2 or page is of_host[0] or page.body == of_host[0].body):
            continue
        if page.url not in ILL and not corpus.is_stub(page):
            urls.append(page.url)

    def answer(url: str, request: Request) -> Answer:
        saved = corpus.by_key.get(key(url))
        return as_saved(saved) if saved is not None else made_up(request, corpus.by_host.get(request.host, []))

    for url, verdict in checked(urls, answer).items():
        found.n += 1
        if verdict.verdict == "ok":
            found.right += 1
        else:
            found.wrong.append(_said(url, verdict))
    return found


def dead(
    pages: Iterable[Saved],
    body: Callable[[Saved], Answer],
    due: frozenset[str],
    *,
    siblings_alike: bool,
    known: Callable[[str], Remembered | None] | None = None,
) -> Figures:
    """Pages that are dead in one way; made-up addresses are answered alike, or are missing as they should be."""
    found = Figures()
    wanted = {key(page.url): page for page in pages}
    made = {at: body(page) for at, page in wanted.items()}
    first: dict[str, Answer] = {}
    for at in wanted:
        first.setdefault(at.partition("/")[0].partition(":")[0], made[at])

    def answer(url: str, request: Request) -> Answer:
        if (there := made.get(key(url))) is not None:
            return there
        if request.path in ("/", "/?"):
            return HOME
        if not siblings_alike:
            return NOT_HERE
        return first.get(request.host, reply("<title>Elsewhere</title><p>Another site.</p>"))

    for url, verdict in checked([page.url for page in wanted.values()], answer, known=known).items():
        found.n += 1
        if verdict.verdict in due:
            found.right += 1
        else:
            found.wrong.append(_said(url, verdict))
    return found


def _said(url: str, verdict: Verdict) -> dict[str, str]:
    return {"page": url, "verdict": verdict.verdict, "reason": verdict.reason, **dict(verdict.evidence)}


def deep(corpus: Corpus) -> list[Saved]:
    """Pages below the home page, at most twelve a host."""
    taken: Counter[str] = Counter()
    found = []
    for page in corpus.good:
        path = key(page.url).partition("/")[2]
        if (
            path
            and not path.startswith("?")
            and not corpus.is_stub(page)
            and page.url not in ILL
            and taken[page.host] < 12
        ):
            taken[page.host] += 1
            found.append(page)
    return found


def remembered(corpus: Corpus) -> Callable[[str], Remembered | None]:
    """What an index would hold of each page: its title."""

    def known(url: str) -> Remembered | None:
        page = corpus.by_key.get(key(url))
        if page is None:
            return None
        shown = Page(Reply(page.url, 0, 200, headers=(("Content-Type", page.content_type),), body=page.body))
        return Remembered(shown.title)

    return known


def main() -> int:
    gate = Gate("check_truth", data=[DATA / folder for folder in FOLDERS])
    corpus = Corpus(saved_pages(DATA))
    pages = deep(corpus)
    texts = list(SAID.values())

    def said_by(page: Saved) -> tuple[str, str, str]:
        return texts[number[page.host] % len(texts)]

    number = {host: n for n, host in enumerate(dict.fromkeys(page.host for page in pages))}
    frames = {page.url: framed(page, said_by(page)) for page in pages}
    soft = frozenset(("soft-404",))

    def frame_of(request: Request, of_host: list[Saved]) -> Answer:
        return reply(framed(of_host[0], texts[len(request.host) % len(texts)])) if of_host else NOT_HERE

    def home(request: Request, of_host: list[Saved]) -> Answer:
        return to("/") if request.path != "/" else HOME

    well = {
        "made-up addresses missing": healthy(corpus, lambda *_: NOT_HERE, hosts_of_two=False),
        "made-up addresses led home": healthy(corpus, home, hosts_of_two=False),
        "made-up addresses show another page": healthy(corpus, lambda _, of: as_saved(of[0]), hosts_of_two=True),
        "made-up addresses show a frame": healthy(corpus, frame_of, hosts_of_two=False),
    }
    domain = {page.url: RULES.domain(page.host) for page in pages}
    services = list(PARKED.values())
    park = {name: services[n % len(services)] for n, name in enumerate(dict.fromkeys(domain.values()))}

    def frame(page: Saved) -> Answer:
        return reply(frames[page.url])

    def bared(page: Saved) -> Answer:
        return reply(bare(said_by(page), page.host))

    def park_of(page: Saved) -> Answer:
        return parked(park[domain[page.url]], domain[page.url])

    def gone(page: Saved) -> Answer:
        return NOT_HERE if len(page.url) % 2 else reply("", "410 Gone")

    known = remembered(corpus)
    taken = frozenset(("hijacked", "soft-404"))
    ill = {
        "404 and 410": dead(pages, gone, MISSING, siblings_alike=False),
        "frame, made-up addresses alike": dead(pages, frame, soft, siblings_alike=True),
        "frame, made-up addresses missing": dead(pages, frame, soft, siblings_alike=False),
        "bare page, made-up addresses alike": dead(pages, bared, soft, siblings_alike=True),
        "bare page, made-up addresses missing": dead(pages, bared, soft, siblings_alike=False),
        "led home, as all are": dead(pages, lambda _: to("/"), soft, siblings_alike=True),
        "led home": dead(pages, lambda _: to("/"), frozenset(("redirected-home",)), siblings_alike=False),
        "parked": dead(pages, park_of, frozenset(("parked",)), siblings_alike=True),
        "casino": dead(pages, lambda _: reply(CASINO), taken, siblings_alike=True, known=known),
        "casino, made-up addresses missing": dead(
            pages, lambda _: reply(CASINO), frozenset(("hijacked",)), siblings_alike=False, known=known
        ),
        "error pages of the crawls with 200": dead(corpus.error_pages, as_saved, soft, siblings_alike=False),
    }
    for name, one in well.items():
        gate.measure(f"well: {name}", one.right / max(one.n, 1), unit="share")
    for name, one in ill.items():
        gate.measure(f"dead: {name}", one.right / max(one.n, 1), unit="share")
    n_alarms = sum(one["verdict"] in BROKEN for each in well.values() for one in each.wrong)
    n_dead, n_found = sum(one.n for one in ill.values()), sum(one.right for one in ill.values())
    gate.measure("well.called_broken", n_alarms)
    gate.measure("precision", n_found / max(n_found + n_alarms, 1), unit="share")
    gate.measure("recall", n_found / max(n_dead, 1), unit="share")
    gate.note("healthy pages", {name: one.n for name, one in well.items()})
    gate.note("dead pages", {name: one.n for name, one in ill.items()})
    gate.note("not well by themselves", ILL)
    gate.note("healthy pages not called ok", {name: one.wrong for name, one in well.items() if one.wrong})
    gate.note("dead pages missed", {name: one.wrong[:40] for name, one in ill.items() if one.wrong})
    return gate.finish()


if __name__ == "__main__":
    sys.exit(main())
