"""Links that reach a target through redirects, refreshes and canonicals; flags, networks, and the order of tables."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from arranged import Snapshot, arranged
from small_parts import RULES, SmallPart

from inlink.index.arrange import TABLES
from inlink.index.flags import FLAGS, flags_table, read_flags
from inlink.index.names import subnet
from inlink.urls.domains import SuffixRules

HOST = "https://{}.example/"


def moved_to(part: SmallPart, name: str, target: str, at: float = 0) -> None:
    part.see(HOST.format(name), at, status=301, redirect_target=HOST.format(target))


@pytest.fixture(scope="module")
def snapshot(tmp_path_factory: pytest.TempPathFactory) -> Snapshot:
    part = SmallPart()
    targets = ("one", "two", "loop-a", "long-0", "canonical", "refresh", "mixed", "straight", "was", "self")
    part.see("https://source.example/", 0, [HOST.format(name) for name in targets])
    moved_to(part, "one", "end")
    moved_to(part, "two", "one")
    moved_to(part, "loop-a", "loop-b")
    moved_to(part, "loop-b", "loop-a")
    for i in range(6):
        moved_to(part, f"long-{i}", f"long-{i + 1}")
    part.see(HOST.format("canonical"), 0, page={"canonical": HOST.format("end")})
    part.see(HOST.format("refresh"), 0, [{"to": HOST.format("end"), "kind": "refresh"}])
    part.see(HOST.format("mixed"), 0, [{"to": HOST.format("canonical"), "kind": "refresh"}])
    moved_to(part, "was", "end", at=0)
    part.see(HOST.format("was"), 5)  # a page of its own again
    part.see(HOST.format("self"), 0, page={"canonical": HOST.format("self") + "?utm_source=x"})
    return arranged([part], tmp_path_factory.mktemp("chains"))


def shown(name: str) -> str:
    return HOST.format(name)


def test_where_links_arrive(snapshot: Snapshot) -> None:
    found = {row["via"][0]: row for row in snapshot.rows("indirect") if row["source_host"] == "source.example"}
    assert {via: (row["target_url"], row["via"][1:], row["via_kind"]) for via, row in found.items()} == {
        shown("one"): (shown("end"), [], "redirect"),
        shown("two"): (shown("end"), [shown("one")], "redirect"),
        shown("canonical"): (shown("end"), [], "canonical"),
        shown("refresh"): (shown("end"), [], "refresh"),
        shown("mixed"): (shown("end"), [shown("canonical")], "mixed"),
    }
    assert {row["target_domain"] for row in found.values()} == {"end.example"}
    assert not any(row["is_internal"] for row in found.values())


def test_indirect_links_are_not_counted(snapshot: Snapshot) -> None:
    (end,) = [row for row in snapshot.rows("domains") if row["domain"] == "end.example"]
    assert end["in_domains"] == 2  # "one" redirects to it, "refresh" refreshes to it; those are links of their own
    source = [row for row in snapshot.rows("pairs") if row["source_domain"] == "source.example"]
    assert len(source) == 10


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.folder)
def test_rows_stand_in_their_order(snapshot: Snapshot, table: Any) -> None:
    rows = snapshot.rows(table.folder)
    keys = [tuple(_key(row, word) for word in table.order.split(", ")) for row in rows]
    assert keys == sorted(keys)
    assert len(set(keys)) == len(keys)


def _key(row: dict[str, Any], word: str) -> Any:
    name, _, descending = word.partition(" ")
    value = row[name]
    return -value if descending else value.encode() if isinstance(value, str) else value


def test_one_and_two_threads_give_the_same(tmp_path: Path, snapshot: Snapshot) -> None:
    part = SmallPart()
    for i in range(40):
        part.see(f"https://s{i % 7}.example/{i}", i % 3, [f"https://t{i % 5}.example/{j}" for j in range(i % 6)])
    one = arranged([part], tmp_path / "one", threads=1)
    two = arranged([part], tmp_path / "two", threads=2)
    assert one.digests == two.digests


@pytest.mark.parametrize(
    ("ip", "network"),
    [
        pytest.param("192.0.2.77", "192.0.2.0/24", id="ipv4"),
        pytest.param("2001:db8:1:2::3", "2001:db8:1::/48", id="ipv6"),
        pytest.param("::ffff:192.0.2.77", "192.0.2.0/24", id="ipv4-in-ipv6"),
        pytest.param("not an address", None, id="no-address"),
    ],
)
def test_networks(ip: str, network: str | None) -> None:
    assert subnet(ip) == network


def test_flags_are_domains_with_known_flags() -> None:
    flags = read_flags()
    assert len(flags) > 200
    assert {flag for found in flags.values() for flag in found} == set(FLAGS)
    table = flags_table(RULES)
    assert dict(zip(table["domain"].to_pylist(), table["flags"].to_pylist(), strict=True))["t.co"] == [
        "social",
        "shortener",
    ]


def test_flags_follow_the_suffix_rules() -> None:
    with_own = flags_table(SuffixRules(["wp.com"]))
    assert "wp.com" in with_own["domain"].to_pylist()  # a bare suffix is a domain of its own


def test_flags_reach_the_domains_table(tmp_path: Path) -> None:
    part = SmallPart()
    part.see(
        "https://source.example/", 0, ["https://fonts.googleapis.com/css", "https://me.github.io/", "https://t.co/x"]
    )
    found = {row["domain"]: row["flags"] for row in arranged([part], tmp_path).rows("domains")}
    assert found["fonts.googleapis.com"] == ["infrastructure"]  # googleapis.com is a public suffix: all below it is
    assert found["me.github.io"] == []  # somebody's own place below a platform
    assert found["t.co"] == ["social", "shortener"]
    assert found["source.example"] == []
