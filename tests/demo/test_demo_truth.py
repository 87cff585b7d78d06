"""The truth file holds what the plan says, counted by hand for a few targets."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from inlink.demo import DemoWeb

Row = dict[str, Any]
GUIDE = "https://crumbandcrust.example/guides/sourdough-starter/"


def rows(demo_web: DemoWeb, source: str, target: str) -> list[Row]:
    return [row for row in demo_web.truth.links if source in row["source_url"] and row["target_url"] == target]


def test_there_are_25_hosts_under_example(demo_web: DemoWeb) -> None:
    assert len(demo_web.truth.hosts) == 25
    assert all(row["host"].endswith(".example") for row in demo_web.truth.hosts)


def test_the_file_holds_the_truth(demo_web: DemoWeb) -> None:
    assert json.loads(demo_web.truth_file.read_text(encoding="utf-8")) == demo_web.truth.to_dict()


@pytest.mark.parametrize(
    ("source", "target", "expected"),
    [
        pytest.param(
            "theovenmitt.example/posts/my-first-starter/",
            "https://crumbandcrust.example/guides/baking-schedule/",
            {"is_live": False, "lost_reason": "removed", "lost_at": "2026-10-15", "n_seen": 1},
            id="link removed",
        ),
        pytest.param(
            "sourdoughdiary.example/posts/steam-without-fuss/",
            "https://crumbandcrust.example/guides/oven-steam/",
            {"is_live": False, "lost_reason": "page_gone"},
            id="page gone",
        ),
        pytest.param(
            "thedailyloaf.example/features/starter-stories/",
            GUIDE,
            {"is_live": False, "lost_reason": "page_redirects"},
            id="page redirects",
        ),
        pytest.param(
            "foodscience.northmoor.example/handouts/schedule",
            "https://crumbandcrust.example/guides/baking-schedule/",
            {"is_live": False, "lost_reason": "page_not_html"},
            id="page is no page any more",
        ),
        pytest.param(
            "kitchenlinks.example/lists/sourdough/",
            GUIDE,
            {"is_live": False, "lost_reason": "moved", "moved_to": "https://kitchenlinks.example/lists/starters/"},
            id="link moved",
        ),
        pytest.param(
            "forum.bakersbench.example/t/starter-on-holiday/",
            GUIDE,
            {"is_live": True, "lost_at": None, "n_seen": 1, "ugc": True, "nofollow": True, "rel_origin": "rel"},
            id="status 500 loses nothing",
        ),
        pytest.param(
            "boulangerie-du-coin.example/recettes/pain-de-seigle/",
            "https://crumbandcrust.example/recipes/seeded-rye/",
            {"is_live": True, "n_seen": 1},
            id="status 403 loses nothing",
        ),
        pytest.param(
            "sourdoughdiary.example/posts/thirty-days/",
            "https://crumbandcrust.example/",
            {"is_live": True, "n_seen": 1},
            id="not looked at again",
        ),
        pytest.param(
            "tinandtray.example/partners/",
            "https://crumbandcrust.example/",
            {"is_live": True, "nofollow": True, "sponsored": True, "rel_origin": "rel", "n_seen": 2},
            id="rel added",
        ),
        pytest.param(
            "harbourgazette.example/food/bread-club/",
            "https://crumbandcrust.example/",
            {"nofollow": True, "rel_origin": "header"},
            id="nofollow by header",
        ),
        pytest.param(
            "thedailyloaf.example/sponsored/",
            "https://shop.crumbandcrust.example/baskets/",
            {"nofollow": True, "sponsored": True, "rel_origin": "rel+meta"},
            id="sponsored by rel, nofollow by meta",
        ),
        pytest.param(
            "bloggerlounge.example/posts/ten-mistakes/",
            GUIDE,
            {"region": "bio", "anchor": "the one about starters", "rel_origin": None},
            id="bio of an author",
        ),
        pytest.param(
            "theovenmitt.example/posts/a-week-of-rolls/",
            "https://crumbandcrust.example/recipes/milk-rolls/",
            {"anchor": "", "alt": "Milk rolls on a rack"},
            id="image link",
        ),
        pytest.param(
            "boulangerie-du-coin.example/recettes/brioche-du-dimanche/",
            "https://crumbandcrust.example/tools/dough-calculator/?lang=fr&p%E2te=lev%E9e",
            {"anchor": "la calculette à pâte"},
            id="query in the page's charset",
        ),
        pytest.param(
            "panya-memo.example/kiji/tennen-kobo.html",
            GUIDE,
            {"anchor": "サワードウの作り方", "ip": "2001:db8:80::8"},
            id="shift_jis",
        ),
    ],
)
def test_a_planned_link(demo_web: DemoWeb, source: str, target: str, expected: Row) -> None:
    [row] = rows(demo_web, source, target)
    shown = {**row, "lost_at": row["lost_at"] and row["lost_at"][:10]}
    assert {name: shown[name] for name in expected} == expected


def test_links_that_only_scripts_make_are_listed_apart(demo_web: DemoWeb) -> None:
    assert {row["target_url"] for row in demo_web.truth.script_links} >= {GUIDE, "https://floursource.example/"}
    assert not rows(demo_web, "https://appykitchen.example/collections/bread", GUIDE)
    assert not [
        row
        for row in demo_web.truth.links
        if row["source_url"] == "https://appykitchen.example/" and row["kind"] == "anchor"
    ]


def test_changes_by_kind(demo_web: DemoWeb) -> None:
    counts = Counter(row["change"] for row in demo_web.truth.changes)
    assert set(counts) == {"new", "found", "lost", "changed", "restored", "moved"}
    [restored] = [row for row in demo_web.truth.changes if row["change"] == "restored"]
    assert restored["source_url"] == "https://www.bakersbench.example/"
    assert {row["reason"] for row in demo_web.truth.changes if row["change"] == "changed"} == {
        "rel",
        "anchor",
        "target",
    }


def test_a_link_through_short_addresses_names_its_chain(demo_web: DemoWeb) -> None:
    chains = {row["target_url"]: row["via"] for row in demo_web.truth.indirect}
    assert chains["https://shop.crumbandcrust.example/"] == ["https://brd.example/shop", "https://brd.example/s"]


def test_pages_that_are_gone_and_still_linked_to(demo_web: DemoWeb) -> None:
    counted = {row["target_url"].partition("://")[2]: (*row.values(),)[1:] for row in demo_web.truth.broken}
    assert counted == {
        "crumbandcrust.example/courses/winter-2025/": (410, 2, 1, 2),
        "crumbandcrust.example/sourdough-starter-guide/": (404, 3, 3, 3),
        "sourdoughdiary.example/posts/steam-without-fuss/": (404, 1, 1, 1),
    }


def test_scopes_nest(demo_web: DemoWeb) -> None:
    numbers = [row["n_links"] for row in demo_web.truth.reports[:4]]
    assert [row["scope"] for row in demo_web.truth.reports[:4]] == ["domain", "host", "prefix", "url"]
    assert numbers == sorted(numbers, reverse=True) and len(set(numbers)) == 4


def test_every_host_is_described_in_the_docs(demo_web: DemoWeb) -> None:
    text = (Path(__file__).resolve().parents[2] / "docs" / "demo.md").read_text(encoding="utf-8")
    assert not [row["host"] for row in demo_web.truth.hosts if row["host"] not in text]
