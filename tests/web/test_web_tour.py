"""The screenshot tour: its pictures are those that its page names, and can be taken again without a fault."""

from __future__ import annotations

import importlib.util
import re
import sys
from pathlib import Path
from types import ModuleType

import pytest
from browsing import visiting
from playwright.sync_api import Browser

ROOT = Path(__file__).resolve().parents[2]
MOST_BYTES = 300_000


@pytest.fixture(scope="module")
def tour() -> ModuleType:
    spec = importlib.util.spec_from_file_location("docs_tour", ROOT / "scripts" / "docs_tour.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["docs_tour"] = module
    spec.loader.exec_module(module)
    return module


def test_the_tour_names_its_pictures(tour: ModuleType) -> None:
    named = re.findall(r"img/([\w-]+)\.png", (ROOT / "docs" / "tour.md").read_text(encoding="utf-8"))
    assert sorted(set(named)) == sorted(picture.name for picture in tour.PICTURES)
    there = {path.stem: path.stat().st_size for path in (ROOT / "docs" / "img").glob("*.png")}
    assert sorted(there) == sorted(set(named))
    assert max(there.values()) < MOST_BYTES


@pytest.mark.gate
@pytest.mark.browser
def test_the_tour_is_taken_without_a_fault(tour: ModuleType, browser: Browser, tmp_path: Path) -> None:
    with tour.demo_site(tmp_path) as url:
        for picture in tour.PICTURES:
            taken = tour.take(browser, url, picture, tmp_path)
            assert taken.stat().st_size > 10_000
            with visiting(browser, url + picture.path, picture.width, picture.scheme) as visit:
                assert visit.faults == [], picture.path
