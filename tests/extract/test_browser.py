"""Our links against those of a real browser: a seeded sample here, every page in gate/browser_judge.py."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

import pytest
from chromium_pages import CHROMIUM, Browser, browser, judge, pages_in
from playwright.sync_api import Playwright
from scraping import record
from test_charset import GERMAN
from test_markup import CASES, PIECES

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not Path(CHROMIUM).exists(), reason=f"no browser at {CHROMIUM}"),
]
SAMPLE = 40
# Where Chromium departs from the standard, and we do not.
DEPARTURES = {"base-invalid": "a <base> that is no URL leaves the page without base; the standard says to pass over it"}


@pytest.fixture(scope="module")
def judging(playwright: Playwright) -> Iterator[Browser]:
    with browser(playwright) as opened:
        yield opened


@pytest.mark.data
def test_sample_of_real_pages(judging: Browser, data_dir: Path) -> None:
    pages = pages_in([data_dir / "html-corpora", data_dir / "sites"])
    chosen = random.Random(20261122).sample(pages, SAMPLE)
    verdicts = [verdict for verdict in (judge(judging, page) for page in chosen) if verdict is not None]
    assert len(verdicts) >= SAMPLE - 1
    n_same = sum(verdict.n_same for verdict in verdicts)
    n_extra = sum(len(verdict.extra) for verdict in verdicts)
    n_missing = sum(len(verdict.missing) for verdict in verdicts)
    differing = [verdict for verdict in verdicts if not verdict.is_exact]
    assert n_same / (n_same + n_extra) >= 0.9995, differing
    assert n_same / (n_same + n_missing) >= 0.9995, differing
    assert len(verdicts) - len(differing) >= 0.995 * len(verdicts), differing


def test_traps_of_markup(judging: Browser) -> None:
    """The browser agrees with what test_markup expects."""
    verdicts = {name: judge(judging, record(markup)) for name, (markup, _) in CASES.items()}
    wrong = {name: verdict for name, verdict in verdicts.items() if verdict is None or not verdict.is_exact}
    assert wrong.keys() == DEPARTURES.keys(), wrong


def test_soup(judging: Browser) -> None:
    """Pages of tags thrown together."""
    chance = random.Random(7)
    pages = [" ".join(chance.choices(PIECES, k=chance.randrange(2, 16))) for _ in range(150)]
    verdicts = [(page, judge(judging, record(page))) for page in pages]
    assert [(page, v) for page, v in verdicts if v is None or not v.is_exact] == []


@pytest.mark.parametrize(
    ("codec", "declared"),
    [
        ("utf-8", "utf-8"),
        ("latin-1", "iso-8859-1"),
        ("utf-8", "iso-8859-1"),
        ("latin-1", "utf-8"),
        ("utf-16", "utf-16"),
        ("utf-8", "koi8-r"),
        ("utf-8", ""),
        ("latin-1", ""),
    ],
)
def test_character_sets(judging: Browser, codec: str, declared: str) -> None:
    """URLs follow the declaration, right or false."""
    body = f"<p>{GERMAN}<a href='/Größe?q=Größe'>x</a>".encode(codec)
    verdict = judge(judging, record(body, ("Content-Type", f"text/html; charset={declared}")))
    assert verdict is not None and verdict.is_exact, verdict
