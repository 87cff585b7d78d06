"""Random small crawls against the plain reference: states, sums, pairs and versions agree exactly."""

from __future__ import annotations

import random
from collections import defaultdict
from pathlib import Path
from typing import Any

import plain_reference as plain
import pytest
from arranged import arranged
from small_parts import SmallPart

SEEDS = (1, 2, 3, 4)
HOSTS = ("one.example", "www.one.example", "blog.two.example", "shop.two.example", "three.example", "u.github.io")
TARGETS = (*HOSTS, "four.example", "cdn.four.example", "v.github.io")


def crawl(seed: int) -> list[SmallPart]:
    """A few hundred captures of a few pages: states come and go, inputs overlap."""
    dice = random.Random(seed)
    parts = [
        SmallPart("a.warc.gz"),
        SmallPart("b.warc.gz"),
        SmallPart("c.wat.gz", "wat"),
        SmallPart("d.csv", "csv"),
    ]
    for _ in range(400):
        part = dice.choices(parts, (5, 5, 2, 1))[0]
        url = f"{dice.choice(('http', 'https'))}://{dice.choice(HOSTS)}/p{dice.randrange(4)}"
        _see(dice, part, parts, url)
    return parts


def _see(dice: random.Random, part: SmallPart, parts: list[SmallPart], url: str) -> None:
    at = dice.randrange(12)
    facts: dict[str, Any] = {"ip": dice.choice((None, "192.0.2.1", "192.0.2.9", "198.51.100.7"))}
    if part.depth == "csv":
        untold = {"nofollow": dice.choice((None, True, False)), "ugc": None, "sponsored": None}
        part.see(url, at, [{"to": f"https://{dice.choice(TARGETS)}/q{dice.randrange(3)}", **untold}], status=None)
        return
    kind = dice.choices(("page", "gone", "redirect", "error", "pdf", "cut", "revisit"), (12, 1, 1, 1, 1, 1, 2))[0]
    links = [_link(dice) for _ in range(dice.randrange(5))]
    if kind == "page":
        part.see(url, at, links, **facts)
    elif kind == "gone":
        part.see(url, at, status=dice.choice((404, 410, 500)), **facts)
    elif kind == "redirect":
        part.see(url, at, status=301, redirect_target=f"https://{dice.choice(HOSTS)}/p{dice.randrange(4)}", **facts)
    elif kind == "error":
        part.see(url, at, status=None, error="time-out", **facts)
    elif kind == "pdf":
        part.see(url, at, content_type="application/pdf", page=None, **facts)
    elif kind == "cut":
        part.see(url, at, links, error="record-cut", **facts)
    else:
        known = [row["payload_digest"] for one in parts for row in one.captures if row["url"] == url]
        part.see(url, at, is_revisit=True, payload_digest=dice.choice([*known, "sha1:none"]), **facts)


def _link(dice: random.Random) -> dict[str, Any]:
    return {
        "to": f"https://{dice.choice(TARGETS)}/q{dice.randrange(3)}",
        "kind": dice.choices(("anchor", "image", "frame"), (8, 1, 1))[0],
        "nofollow": dice.choices((True, False, None), (2, 6, 2))[0],
        "ugc": dice.choices((False, None, True), (8, 1, 1))[0],
        "anchor": dice.choice((None, "bread", "cake")),
        "text_before": dice.choice((None, "see", "see what is told at some length")),
    }


@pytest.mark.parametrize("seed", SEEDS)
def test_snapshot_agrees_with_plain_loops(seed: int, tmp_path: Path) -> None:
    parts = crawl(seed)
    snapshot = arranged(parts, tmp_path)
    pages = plain.looks(parts)
    states = plain.link_states(pages)

    rows = snapshot.rows("links")
    found = {row["link_id"]: _state(row) for row in rows}
    expected = {key: _expected(link) for key, link in states.items()}
    assert {
        key: (found.get(key), expected.get(key)) for key in found | expected if found.get(key) != expected.get(key)
    } == {}
    assert len(rows) == len(states)
    assert {_version(row) for row in snapshot.rows("versions")} == plain.versions(pages, states)
    _compare_sums(snapshot.rows("hosts"), states, "host", pages)
    _compare_sums(snapshot.rows("domains"), states, "domain", pages)
    _compare_pairs(snapshot.rows("pairs"), states)


def test_tables_sorted_piece_by_piece_are_the_same(tmp_path: Path) -> None:
    parts = crawl(1)
    (tmp_path / "one").mkdir()
    (tmp_path / "pieces").mkdir()
    whole, pieces = arranged(parts, tmp_path / "one"), arranged(parts, tmp_path / "pieces", sort_rows=20)
    assert whole.digests == pieces.digests
    assert whole.written["links"].n_rows > 100


def _state(row: dict[str, Any]) -> tuple[Any, ...]:
    return row["first_seen"], row["last_seen"], row["lost_at"], row["lost_reason"], row["n_seen"], row["is_live"]


def _expected(link: plain.Link) -> tuple[Any, ...]:
    n_seen = sum(look.is_conclusive for look in link.seen)
    return link.first, link.last, link.lost_by.at if link.lost_by else None, link.reason, n_seen, link.is_live


def _version(row: dict[str, Any]) -> tuple[Any, ...]:
    return row["link_id"], row["seen_from"], row["seen_to"], row["ended_at"], row["ended_by"]


def _compare_sums(
    rows: list[dict[str, Any]], states: dict[int, plain.Link], level: str, pages: dict[str, list[plain.Look]]
) -> None:
    expected = plain.sums(states.values(), level, _addresses(pages))
    for row in rows:
        mine = expected.pop(row[level], None) or dict.fromkeys(("in_links", "in_domains", "lost_links"), 0)
        assert {name: row[name] for name in mine} == mine, row[level]
    assert not expected


def _addresses(pages: dict[str, list[plain.Look]]) -> dict[str, str | None]:
    """The last known address of each page that shows links."""
    found: dict[str, str | None] = {}
    for key, page in pages.items():
        known = [look for look in page if look.tells in ("page", "other", "redirect", "partial", "listed")]
        known.sort(key=lambda look: (look.at, look.row["capture_id"]))
        found[key] = next((look.row["ip"] for look in reversed(known) if look.row.get("ip")), None)
    return found


def _compare_pairs(rows: list[dict[str, Any]], states: dict[int, plain.Link]) -> None:
    pairs = defaultdict(list)
    for link in states.values():
        if plain.is_counted(link):
            pairs[link.row["source_domain"], link.row["target_domain"]].append(link)
    found = {(row["source_domain"], row["target_domain"]): row for row in rows}
    assert found.keys() == pairs.keys()
    for key, links in pairs.items():
        row, live = found[key], [link for link in links if link.is_live]
        assert row["n_links"] == len(live)
        assert row["n_follow_links"] == sum(plain.is_follow(link.row) is True for link in live)
        assert row["n_unknown_follow_links"] == sum(plain.is_follow(link.row) is None for link in live)
        assert row["n_pages"] == len({link.row["source_key"] for link in live})
        assert row["n_lost_links"] == len(links) - len(live)
        assert row["first_seen"] == min(link.first for link in links)
        assert row["last_seen"] == max(link.last for link in links)
        best = states[row["best_link_id"]]
        assert best.is_live == bool(live)
        rank = (True, None, False)
        assert plain.is_follow(best.row) == min((plain.is_follow(x.row) for x in live or links), key=rank.index)
