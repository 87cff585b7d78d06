"""Every answer against plain loops over the same rows, with and without kept answers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import naive
import pytest
from made_snapshot import START, Made, Row, follow, is_follow, is_unknown, make

from inlink.index.serving import build_serving
from inlink.schema import EMBED_KINDS
from inlink.schema.serving import CHANGE_REASONS
from inlink.workbench import Workbench

TARGETS = [
    ("a.example", "domain"),
    ("b.example", "domain"),
    ("pages.example", "domain"),
    ("me.pages.example", "domain"),
    ("192.0.2.7", "domain"),
    ("a.example", "host"),
    ("www.a.example", "host"),
    ("docs.a.example", "host"),
    ("https://a.example/", "prefix"),
    ("https://a.example/docs", "prefix"),
    ("https://docs.a.example/docs", "prefix"),
    ("https://b.example/docs", "url"),
    ("https://www.a.example/docs?page=2", "url"),
    ("http://social.example/%C3%BCber", "url"),
    ("https://social.example/", "url"),
]
Case = tuple[Made, Workbench]


@pytest.fixture(scope="module", params=[(1, 5, 40), (2, 1_000, 500_000), (3, 1, 7)], ids=["kept", "made", "all_kept"])
def case(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Case]:
    seed, heavy_rows, chunk_rows = request.param
    folder: Path = tmp_path_factory.mktemp("served")
    made = make(seed, n_pages=60 if heavy_rows > 1 else 20)
    build_serving(
        made.write(folder / "snapshot"), folder / "s.duckdb", heavy_rows=heavy_rows, chunk_rows=chunk_rows, threads=1
    )
    with Workbench.over(folder / "s.duckdb", suffixes=["pages.example"], threads=1) as bench:
        yield made, bench


def ids(rows: Any) -> list[int]:
    return [row["link_id"] for row in rows]


@pytest.mark.parametrize(("target", "scope"), TARGETS)
@pytest.mark.parametrize("state", ["live", "lost", "all"])
def test_backlinks(case: Case, target: str, scope: str, state: str) -> None:
    made, bench = case
    found = bench.backlinks(target, scope=scope, state=state, columns="link_id,source_domain,source_host,target_host")
    expected = naive.backlinks(made, target, scope, state=state)
    assert found.to_dicts() == [{name: row[name] for name in found.columns} for row in expected[:100]]
    assert found.n_total == len(expected)


@pytest.mark.parametrize(("target", "scope"), TARGETS[:4])
def test_all_columns(case: Case, target: str, scope: str) -> None:
    made, bench = case
    names = sorted(set(made.links[0]) - {"is_internal"})
    found = bench.backlinks(
        target, scope=scope, state="all", infrastructure=True, embeds=True, limit=None, columns=names
    )
    expected = naive.backlinks(made, target, scope, state="all", infrastructure=True, embeds=True)
    assert len(found) == len(expected)
    assert found.to_dicts() == [{name: row[name] for name in names} for row in expected]


@pytest.mark.parametrize(("target", "scope"), TARGETS)
@pytest.mark.parametrize("group", ["similar", "page", "domain"])
def test_groups(case: Case, target: str, scope: str, group: str) -> None:
    made, bench = case
    found = bench.backlinks(target, scope=scope, group=group, columns="link_id,links_in_group", limit=None)
    expected = naive.grouped(made, naive.backlinks(made, target, scope), group)
    assert [(row["link_id"], row["links_in_group"]) for row in found.to_dicts()] == expected
    first = bench.backlinks(target, scope=scope, group=group, columns="link_id,links_in_group", limit=2)
    assert [(row["link_id"], row["links_in_group"]) for row in first.to_dicts()] == expected[:2]
    assert first.n_total == len(expected)


QUESTIONS: dict[str, Any] = {
    "domains": ("source_domain", lambda made: lambda row: row["source_domain"]),
    "hosts": ("source_host", lambda made: lambda row: row["source_host"]),
    "anchors": ("anchor", lambda made: lambda row: row["anchor"]),
    "pages": ("target_key", lambda made: lambda row: row["target_key"]),
    "ips": ("ip", lambda made: lambda row: naive.current_ips(made)[row["source_key"]]),
}


@pytest.mark.parametrize(("target", "scope"), TARGETS)
@pytest.mark.parametrize("question", QUESTIONS)
def test_sums(case: Case, target: str, scope: str, question: str) -> None:
    made, bench = case
    column, keyed = QUESTIONS[question]
    rows = naive.backlinks(made, target, scope, state="all")
    expected = {key: group for key, group in naive.sums(made, rows, keyed(made)).items() if group["n_links"]}
    if question == "ips":
        expected.pop(None, None)
    names = [name for name in next(iter(expected.values()), {}) if name in columns_of(question)]
    found = getattr(bench, question)(target, scope=scope, columns=[column, *names]).to_dicts()
    assert {row[column]: {name: row[name] for name in names} for row in found} == {
        key: {name: group[name] for name in names} for key, group in expected.items()
    }
    main = "strength" if question in ("domains", "hosts") else "n_domains"
    assert all(one[main] >= two[main] for one, two in pairwise(found))


def columns_of(question: str) -> set[str]:
    own = {
        "domains": {"strength", "n_hosts", "n_target_pages"},
        "hosts": {"strength", "n_target_pages"},
        "anchors": {"n_domains", "n_follow_domains", "strength"},
        "pages": {"n_domains", "n_follow_domains", "strength"},
        "ips": {"n_domains", "n_hosts"},
    }
    return {
        "n_links",
        "n_follow_links",
        "n_unknown_follow_links",
        "n_pages",
        "n_lost_links",
        "first_seen",
        "last_seen",
    } | own[question]


@pytest.mark.parametrize(("target", "scope"), TARGETS[:6])
def test_folded_anchors(case: Case, target: str, scope: str) -> None:
    made, bench = case
    rows = naive.backlinks(made, target, scope, state="all")
    expected = naive.sums(made, rows, lambda row: naive.fold(row["anchor"]))
    found = bench.anchors(target, scope=scope, folded=True, limit=None).to_dicts()
    assert {row["anchor"]: row["n_links"] for row in found} == {
        key: group["n_links"] for key, group in expected.items() if group["n_links"]
    }


def rel_of(row: Row) -> str | None:
    """What a row counts as in the breakdown by rel."""
    marked = "+".join(name for name in ("nofollow", "ugc", "sponsored") if row[name])
    return marked or ("follow" if is_follow(row) else None)


@pytest.mark.parametrize(("target", "scope"), TARGETS)
def test_overview(case: Case, target: str, scope: str) -> None:
    made, bench = case
    found = bench.overview(target, scope=scope)
    live = naive.backlinks(made, target, scope)
    lost = naive.backlinks(made, target, scope, state="lost")
    ips = {naive.current_ips(made)[row["source_key"]] for row in live} - {None}
    left_out = [
        row
        for row in naive.backlinks(made, target, scope, infrastructure=True)
        if naive.is_left_out(row["source_domain"])
    ]
    assert found.n_links == len(live)
    assert found.n_follow_links == sum(map(is_follow, live))
    assert found.n_unknown_follow_links == sum(map(is_unknown, live))
    assert found.n_nofollow_links == sum(row["nofollow"] is True for row in live)
    assert {c.value: c.n_links for c in found.breakdowns.get("rel", ())} == Counter(map(rel_of, live))
    assert found.n_domains == len({row["source_domain"] for row in live})
    assert found.n_follow_domains == len({row["source_domain"] for row in live if is_follow(row)})
    assert found.n_pages == len({row["source_key"] for row in live})
    assert found.n_ips == len(ips)
    assert found.n_subnets == len({str(ip).rpartition(".")[0] or ip for ip in ips})
    assert found.n_lost_links == len(lost)
    assert found.n_left_out_links == len(left_out)
    assert found.first_seen == min((row["first_seen"] for row in live + lost), default=None)
    counted = {count.value: count.n_links for count in found.breakdowns.get("region", ())}
    assert counted == {value: sum(row["region"] == value for row in live) for value in {row["region"] for row in live}}
    internal = [row for row in made.links if row["is_internal"] and row["is_live"]]
    captured = {row["url_key"] for row in made.captures} | {row["target_key"] for row in made.external}
    if scope != "host":
        assert found.n_internal_links == sum(
            naive.in_scope(row["target_url"], target, scope) and row["target_key"] in captured for row in internal
        )


@pytest.mark.parametrize(("target", "scope"), TARGETS)
def test_outgoing(case: Case, target: str, scope: str) -> None:
    made, bench = case
    rows = [row for row in made.external if naive.in_scope(row["source_url"], target, scope) and row["is_live"]]
    rows = [row for row in rows if row["kind"] not in EMBED_KINDS and not naive.is_left_out(row["target_domain"])]
    rows.sort(key=lambda row: (row["source_key"], row["ordinal"]))
    found = bench.outlinks(target, scope=scope, limit=None, columns="source_url,ordinal,link_id,title,target_url")
    assert sorted(ids(found.to_dicts())) == sorted(ids(rows))
    assert [row["ordinal"] for row in found.to_dicts()] == [row["ordinal"] for row in rows]
    domains = bench.outdomains(target, scope=scope, limit=None).to_dicts()
    expected = naive.sums(made, rows, lambda row: row["target_domain"])
    assert {row["target_domain"]: (row["n_links"], row["n_pages"]) for row in domains} == {
        key: (group["n_links"], group["n_pages"]) for key, group in expected.items()
    }


@pytest.mark.parametrize(("target", "scope"), TARGETS[:5])
def test_indirect(case: Case, target: str, scope: str) -> None:
    made, bench = case
    rows = [row for row in made.indirect if not row["is_internal"] and naive.in_scope(row["target_url"], target, scope)]
    rows = [row for row in rows if not naive.is_left_out(row["source_domain"]) and row["kind"] not in EMBED_KINDS]
    found = bench.backlinks(target, scope=scope, indirect=True, columns="link_id,via,via_kind", limit=None)
    assert sorted(ids(found.to_dicts())) == sorted(ids(rows))
    assert bench.overview(target, scope=scope).n_indirect_links == len(rows)


@pytest.mark.parametrize("sort", ["", "anchor", "-anchor,source_url", "position_share,-first_seen", "region desc"])
@pytest.mark.parametrize("group", ["none", "similar", "domain"])
def test_pages_of_an_answer_join_up(case: Case, sort: str, group: str) -> None:
    _, bench = case
    given: dict[str, Any] = {"sort": sort, "group": group, "columns": "link_id"}
    whole = bench.backlinks("a.example", limit=None, **given).to_dicts()
    pages: list[Row] = []
    cursor: str | None = None
    while True:
        page = bench.backlinks("a.example", limit=3, cursor=cursor, **given)
        pages += page.to_dicts()
        assert page.n_total == len(whole)
        cursor = page.cursor
        if cursor is None:
            break
    assert pages == whole


def test_sorted_as_asked(case: Case) -> None:
    made, bench = case
    found = bench.backlinks("a.example", sort="-anchor,first_seen", limit=None, columns="anchor,first_seen").to_dicts()
    rows = naive.backlinks(made, "a.example", "domain")
    known = sorted((row for row in rows if row["anchor"] is not None), key=lambda row: row["first_seen"])
    known.sort(key=lambda row: row["anchor"].encode(), reverse=True)
    assert [row["anchor"] for row in found] == [row["anchor"] for row in known] + [None] * (len(rows) - len(known))
    assert [row["first_seen"] for row in found[: len(known)]] == [row["first_seen"] for row in known]


FILTERS: list[tuple[str, Any]] = [
    ("nofollow = false", lambda r: r["nofollow"] is False),
    ("nofollow != true", lambda r: r["nofollow"] is False),
    ("not nofollow = true", lambda r: r["nofollow"] is False),
    ("nofollow is unknown", lambda r: r["nofollow"] is None),
    ("nofollow is not unknown and ugc is null", lambda r: r["nofollow"] is not None and r["ugc"] is None),
    ("follow", is_follow),
    ("not follow", lambda r: follow(r) is False),
    ("follow in (true, false)", lambda r: not is_unknown(r)),
    ("follow is unknown", is_unknown),
    ("anchor contains 'BREAD'", lambda r: r["anchor"] is not None and "bread" in r["anchor"].lower()),
    ("anchor = 'Bread' or region in (main, nav)", lambda r: r["anchor"] == "Bread" or r["region"] in ("main", "nav")),
    ("region != main", lambda r: r["region"] not in (None, "main")),
    ("not region = main", lambda r: r["region"] not in (None, "main")),
    ("region is null and anchor is not null", lambda r: r["region"] is None and r["anchor"] is not None),
    ("anchor matches '^b.*[a-z]$'", lambda r: r["anchor"] in ("best bread", "bread, best")),
    ("anchor = '''quoted'''", lambda r: r["anchor"] == "'quoted'"),
    ("source_domain not ends 'pages.example'", lambda r: not r["source_domain"].endswith("pages.example")),
    ("source_url starts http://", lambda r: r["source_url"].startswith("http://")),
    ("position_share >= 0.5", lambda r: (r["position_share"] or 0) >= 0.5),
    ("position_share = 0.164", lambda r: r["position_share"] == 0.164),
    ("first_seen > 2026-01-10", lambda r: r["first_seen"] >= START + timedelta(days=10)),
    (
        "first_seen between 2026-01-05 and 2026-01-10",
        lambda r: START + timedelta(days=4) <= r["first_seen"] < START + timedelta(days=10),
    ),
    ("kind = image", lambda r: r["kind"] == "image"),
    ("strength in (2, 3, 4) and (ordinal < 10 or ordinal >= 40)",
     lambda r: r["strength"] in (2, 3, 4) and not 10 <= r["ordinal"] < 40),
    ("title contains blog.c", lambda r: r["source_host"] == "blog.c.example"),
    ("tld = example", lambda r: r["source_domain"].endswith(".example")),
    ("anchor_folded = 'bread best'", lambda r: naive.fold(r["anchor"]) == "bread best"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "keep"), FILTERS, ids=[text for text, _ in FILTERS])
@pytest.mark.parametrize(("target", "scope"), TARGETS[:3])
def test_filters(case: Case, target: str, scope: str, text: str, keep: Any) -> None:
    made, bench = case
    found = bench.backlinks(target, scope=scope, where=text, limit=None, columns="link_id")
    rows = naive.backlinks(made, target, scope, embeds="kind" in text)
    if "title" in text:
        titled = {row["url_key"] for row in made.captures if row["is_current"] and row["title"]}
        rows = [row for row in rows if row["source_key"] in titled]
    assert ids(found.to_dicts()) == ids(row for row in rows if keep(row))


def test_filters_on_sums(case: Case) -> None:
    made, bench = case
    found = bench.domains("a.example", where="n_links > 1 and nofollow = false", limit=None).to_dicts()
    rows = [row for row in naive.backlinks(made, "a.example", "domain", state="all") if row["nofollow"] is False]
    expected = naive.sums(made, rows, lambda row: row["source_domain"])
    assert {row["source_domain"]: row["n_links"] for row in found} == {
        key: group["n_links"] for key, group in expected.items() if group["n_links"] > 1
    }


@pytest.mark.parametrize("by", ["kind", "region", "nofollow", "follow", "tld", "lang"])
def test_counts(case: Case, by: str) -> None:
    made, bench = case
    langs = {row["url_key"]: row["lang"] for row in made.captures if row["is_current"]}
    rows = naive.backlinks(made, "a.example", "domain")
    value = {"tld": lambda r: r["source_domain"].rpartition(".")[2], "lang": lambda r: langs[r["source_key"]],
             "follow": follow}  # fmt: skip
    keyed: Any = value.get(by, lambda r: r[by])
    expected = naive.sums(made, rows, keyed)
    found = bench.counts("a.example", by, limit=None).to_dicts()
    counted: dict[Any, Any] = {row["value"]: row["n_links"] for row in found}
    if by == "tld":  # an address has none
        wanted = {None if str(key).isdigit() else key: group for key, group in expected.items()}
        assert counted == {key: group["n_links"] for key, group in wanted.items()}
    else:
        assert counted == {key: group["n_links"] for key, group in expected.items()}


@pytest.mark.parametrize(("start", "end"), [(0, 60), (8, 60), (12, 25), (20, 21), (40, 50)])
def test_changes(case: Case, start: int, end: int) -> None:
    made, bench = case
    low, high = START + timedelta(days=start), START + timedelta(days=end)
    found = bench.changes(
        None, from_=low, to=high, limit=None, infrastructure=True, embeds=True, columns="link_id,change,reason"
    ).to_dicts()
    expected = {}
    for link in made.external:
        change = naive.change_between(made, link, low, high)
        if change:
            expected[link["link_id"]] = change
    retargeted = {row["link_id"] for row in found if row["reason"] == "target"}
    assert {row["link_id"]: row["change"] for row in found if row["link_id"] not in retargeted} == {
        key: change for key, change in expected.items() if key not in retargeted
    }
    assert all(expected[key] == "lost" for key in retargeted)
    for row in found:
        assert set(str(row["reason"]).split("+")) <= set(CHANGE_REASONS[str(row["change"])])


def test_changes_of_the_last_capture(case: Case) -> None:
    """Without dates each page is compared with its own capture before."""
    made, bench = case
    expected = {}
    for link in made.external:
        captures = [c for c in made.captures if c["url_key"] == link["source_key"] and c["is_conclusive"]]
        times = [c["fetched_at"] for c in captures]
        before = times[-2] if len(times) > 1 else times[-1] - timedelta(days=1)
        change = naive.change_between(made, link, before, times[-1])
        if change:
            expected[link["link_id"]] = change
    found = bench.changes(
        None, limit=None, infrastructure=True, embeds=True, columns="link_id,change,reason"
    ).to_dicts()
    retargeted = {row["link_id"] for row in found if row["reason"] == "target"}
    assert {row["link_id"]: row["change"] for row in found if row["link_id"] not in retargeted} == {
        key: change for key, change in expected.items() if key not in retargeted
    }


@pytest.mark.parametrize("mode", ["intersect", "gap", "union"])
@pytest.mark.parametrize("state", ["live", "lost", "all"])
def test_compare(case: Case, mode: str, state: str) -> None:
    made, bench = case
    targets = ["a.example", "b.example", "social.example"]
    links = [Counter(row["source_domain"] for row in naive.backlinks(made, t, "domain", state=state)) for t in targets]
    counts = {domain: [one[domain] for one in links] for domain in {name for one in links for name in one}}
    tests: dict[str, Any] = {"intersect": all, "union": any, "gap": lambda n: not n[0] and any(n)}
    wanted = tests[mode]
    found = bench.compare(targets, mode=mode, state=state, limit=None).to_dicts()
    assert {row["source_domain"]: [row["links_1"], row["links_2"], row["links_3"]] for row in found} == {
        domain: n for domain, n in counts.items() if wanted(n) and (mode != "gap" or domain != "a.example")
    }


def test_compare_takes_the_kind_that_is_asked_for(case: Case) -> None:
    made, bench = case
    targets = ["a.example", "b.example", "social.example"]
    rows = [row for t in targets for row in naive.backlinks(made, t, "domain", embeds=True)]
    where = f"kind in ({', '.join(EMBED_KINDS)})"
    found = bench.compare(targets, mode="union", where=where, limit=None).table
    assert sum(found["n_links"].to_pylist()) == sum(row["kind"] in EMBED_KINDS for row in rows) > 0


def test_a_stream_is_the_answer(case: Case) -> None:
    _, bench = case
    stream = bench.stream("backlinks", "a.example", columns="link_id,source_url")
    rows = [row for batch in stream.batches for row in batch.to_pylist()]
    assert rows == bench.backlinks("a.example", limit=None, columns="link_id,source_url").to_dicts()
    assert stream.schema.names == ["link_id", "source_url"]


@pytest.mark.parametrize("target", ["https://a.example/docs", "http://a.example/docs", "https://www.a.example/docs"])
def test_strict_compares_the_url_itself(case: Case, target: str) -> None:
    made, bench = case
    rows = [row for row in naive.backlinks(made, target, "url") if row["target_url"] == target]
    found = bench.backlinks(target, scope="url", strict=True, columns="link_id")
    assert ids(found.to_dicts()) == ids(rows)
