"""inlink who, intersect, gap and cc diff, by the command line and by the workbench, against plain sets."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from made_release import TINY, Made, shown, skewed, write
from range_server import serving_folder

from inlink.cli.main import main
from inlink.errors import BadInput, NotFound
from inlink.fetch import Client, Policy
from inlink.graph.blocks import Layout, Release
from inlink.sources.releases_http import HttpSource
from inlink.workbench import Workbench, comparing_releases
from inlink.workbench.who import SHARED_SUFFIX, Asked, open_release, who

NAMES = sorted(
    [*("com.example", "com.example-shop", "org.example", "com.googleapis", "io.github", "com.blogspot", "de.beispiel"),
     *("uk.co.shop", "uk.co.bakery", "com.lonely"), *(f"com.site{i:02}" for i in range(40))],
    key=str.encode,
)  # fmt: skip


def line(name: str) -> int:
    return NAMES.index(".".join(reversed(name.split("."))))


def release_of(edges: list[tuple[str, str]]) -> Made:
    random = np.random.default_rng(1)
    sources, targets = (np.array([line(edge[side]) for edge in edges]) for side in (0, 1))
    return Made(NAMES, sources, targets, random.random(len(NAMES)))


SITES = [f"site{i:02}.com" for i in range(40)]
EDGES = [
    *((site, "example.com") for site in SITES[:30]),
    *((site, "example.org") for site in SITES[10:35]),
    *((site, "beispiel.de") for site in SITES[::3]),
    *(("googleapis.com", name) for name in ("example.com", "example.org")),
    *(("blogspot.com", "example.com"), ("github.io", "example.com"), ("example.com", "shop.co.uk")),
    *(("example.com", site) for site in SITES[:5]),
    *(("site01.com", "github.io"), ("example.com", "googleapis.com")),
]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace with two releases of domains and one of hosts."""
    path = tmp_path_factory.mktemp("who") / "web"
    Workbench.create(path).close()
    (path / "inlink.toml").write_text('[fetch]\ntest_hosts = ["127.0.0.1"]\n[suffixes]\nown = ["shop.co.uk"]\n')
    made = release_of(EDGES)
    write(path / "releases" / "cc-main-2026-a" / "domain", made, kind="domain", name="cc-main-2026-a")
    later = release_of(
        [edge for edge in EDGES if edge not in (("site03.com", "example.com"),)] + [("site39.com", "example.com")]
    )
    write(path / "releases" / "cc-main-2026-b" / "domain", later, kind="domain", name="cc-main-2026-b")
    names = ["com.example", "com.example.www", "io.github.me", "org.other.www"]
    hosts = Made(names, np.array([0, 1, 3]), np.array([2, 2, 1]), np.arange(4.0))
    write(path / "releases" / "cc-main-2026-a" / "host", hosts, kind="host", name="cc-main-2026-a")
    return path


def run(home: Path, capsys: pytest.CaptureFixture[str], *words: str) -> dict[str, object]:
    assert main(["-w", str(home), *words, "--format", "json"]) == 0
    found: dict[str, object] = json.loads(capsys.readouterr().out)
    return found


def sources(answer: dict[str, object], column: str = "source_domain") -> list[str]:
    rows = answer["rows"]
    assert isinstance(rows, list)
    return [row[column] for row in rows]


A = "cc-main-2026-a"


def test_who_references_a_domain(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    answer = run(home, capsys, "who", "https://www.example.com/page?x=1", "--release", A, "--kind", "domain")
    expected = release_of(EDGES).referring(line("example.com"))
    kept = [name for name in expected if name not in ("googleapis.com", "blogspot.com", "github.io")]
    assert sources(answer) == kept
    assert answer["n_total"] == len(kept)
    notes = " ".join(answer["notes"])  # type: ignore[arg-type]
    assert "that reference example.com" in notes and "3 infrastructure and hosting domains left out" in notes
    every = run(home, capsys, "who", "example.com", "--release", A, "--kind", "domain", "--infrastructure")
    assert sources(every) == expected
    rows = every["rows"]
    assert isinstance(rows, list)
    flags = {row["source_domain"]: row["flags"] for row in rows}
    assert flags["googleapis.com"] == ["infrastructure"] and flags["site00.com"] == []
    facts = every["facts"]
    assert isinstance(facts, dict)
    assert (facts["n_referring"], facts["n"], facts["authority"]) == (33, len(NAMES), None)


def test_pages_of_an_answer(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    whole = sources(run(home, capsys, "who", "example.com", "--release", A, "--kind", "domain", "--limit", "all"))
    second = run(
        home, capsys, "who", "example.com", "--release", A, "--kind", "domain", "--limit", "7", "--offset", "7"
    )
    assert sources(second) == whole[7:14]


def test_what_a_domain_references(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    answer = run(home, capsys, "who", "example.com", "--outgoing", "--release", A, "--kind", "domain")
    assert set(sources(answer, "target_domain")) == {"shop.co.uk", *SITES[:5]}


def test_the_newest_release_is_asked_where_none_is_named(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    answer = run(home, capsys, "who", "example.com")
    assert answer["release"] == "cc-main-2026-b (domains)"
    assert "site39.com" in sources(answer)


def test_a_shared_suffix_is_unknown_and_says_so(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("me.github.io", "www.me.github.io", "baker.shop.co.uk"):
        answer = run(home, capsys, "who", name, "--release", A, "--kind", "domain")
        assert answer["rows"] == [] and answer["n_total"] is None
        assert SHARED_SUFFIX in " ".join(answer["notes"])  # type: ignore[arg-type]
        assert answer["facts"]["authority"] is None  # type: ignore[index]
    whole = run(home, capsys, "who", "github.io", "--release", A, "--kind", "domain")
    assert sources(whole) == ["site01.com"]
    assert "shared suffix" in " ".join(whole["notes"])  # type: ignore[arg-type]


def test_a_name_below_a_shared_suffix_is_looked_up_where_it_may_be(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    answer = run(home, capsys, "who", "me.github.io", "--release", A)
    assert answer["release"] == "cc-main-2026-a (hosts)"
    assert sources(answer, "source_host") == ["www.example.com", "example.com"]
    assert "me.github.io is not in cc-main-2026-a (domains) by itself" in answer["notes"][0]  # type: ignore[index]
    other = run(home, capsys, "who", "you.github.io", "--release", A)
    assert other["release"] == "cc-main-2026-a (domains)" and SHARED_SUFFIX in " ".join(other["notes"])  # type: ignore[arg-type]


def test_a_release_that_keeps_a_shared_suffix_apart(tmp_path: Path) -> None:
    names = ["com.a", "io.github", "io.github.me"]
    made = Made(names, np.array([0, 1]), np.array([2, 0]), np.arange(3.0))
    write(tmp_path / "r", made, kind="domain")
    answer = who(open_release(str(tmp_path / "r")), "www.me.github.io")
    assert answer.rows.table.column("source_domain").to_pylist() == ["a.com"]
    assert "www.me.github.io stands in this release as me.github.io" in answer.rows.notes


def test_both_conventions_of_www(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def asked(name: str) -> list[str]:
        return sources(run(home, capsys, "who", name, "--release", A, "--kind", "host"), "source_host")

    assert asked("www.example.com") == ["www.other.org"]
    assert asked("me.github.io") == ["www.example.com", "example.com"]
    assert asked("other.org") == []  # it stands there as www.other.org
    answer = run(home, capsys, "who", "other.org", "--release", A, "--kind", "host")
    assert "other.org stands in this release as www.other.org" in answer["notes"]  # type: ignore[operator]
    assert asked("example.com") == []


def test_what_is_not_there(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["-w", str(home), "who", "nothing.example"]) == 1
    assert "is not in cc-main-2026-b" in capsys.readouterr().err
    assert main(["-w", str(home), "who", "example.com", "--release", "cc-main-1999"]) == 1
    assert main(["-w", str(home), "who", "example.com", "--release", "../a"]) == 1
    assert main(["-w", str(home), "who", "mailto:x@example.com"]) == 2
    capsys.readouterr()


LIGHT = """
import sys
from inlink.cli.main import main
code = main(sys.argv[1:])
print(sorted({"numba", "duckdb", "aiohttp"} & set(sys.modules)), file=sys.stderr)
sys.exit(code)
"""


@pytest.mark.parametrize(
    "words",
    [["who", "example.com"], ["intersect", "example.com", "example.org"], ["gap", "example.org", "example.com"]],
    ids=lambda words: words[0],
)
def test_a_question_to_a_folder_loads_no_compiler(words: list[str], home: Path, tmp_path: Path) -> None:
    release = str(home / "releases" / "cc-main-2026-a" / "domain")
    done = subprocess.run(
        [sys.executable, "-c", LIGHT, *words, "--release", release], cwd=tmp_path, capture_output=True, text=True
    )
    assert (done.returncode, done.stderr.splitlines()[-1]) == (0, "[]"), done.stderr


def test_nothing_but_an_address(home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with serving_folder(home / "releases" / A / "domain") as served:
        asked = Asked(test_hosts=("127.0.0.1",), cache=tmp_path / "cache")
        answer = who(open_release(served.url, replace(asked, limit=50)), "example.com")
        first = who(open_release(served.url, asked), "example.com")
    assert len(answer.rows) == 30
    assert any("requests" in note for note in answer.rows.notes)
    assert first.rows.table.equals(answer.rows.table.slice(0, 4))  # TINY.named
    assert any("the first 4: their names come with the list" in note for note in first.rows.notes)


def test_a_command_with_an_address(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("INLINK_CACHE", str(tmp_path))
    with serving_folder(home / "releases" / A / "domain") as served:
        answer = run(home, capsys, "who", "example.com", "--limit", "50", "--release", f"{served.url}manifest.json")
    assert len(sources(answer)) == 30
    assert list((tmp_path / "inlink" / "releases").iterdir())


def referring(name: str, edges: list[tuple[str, str]] = EDGES) -> set[str]:
    return {source for source, target in edges if target == name}


LEFT_OUT = {"googleapis.com", "blogspot.com", "github.io"}


def test_intersect(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    given = ["--release", A, "--kind", "domain", "--limit", "all"]
    both = run(home, capsys, "intersect", "example.com", "example.org", *given)
    assert set(sources(both)) == (referring("example.com") & referring("example.org")) - LEFT_OUT
    two = run(home, capsys, "intersect", "example.com", "example.org", "beispiel.de", "--at-least", "2", *given)
    names = ("example.com", "example.org", "beispiel.de")
    counts = {site: sum(site in referring(name) for name in names) for site in SITES}
    assert set(sources(two)) == {site for site, count in counts.items() if count >= 2}
    rows = two["rows"]
    assert isinstance(rows, list)
    assert [row["n_targets"] for row in rows] == sorted((row["n_targets"] for row in rows), reverse=True)
    for row in rows:
        assert [row[f"references_{i}"] for i in (1, 2, 3)] == [
            row["source_domain"] in referring(name) for name in names
        ]
    rest = run(home, capsys, "intersect", "example.com", "beispiel.de", "--not", "example.org", *given)
    assert set(sources(rest)) == (referring("example.com") & referring("beispiel.de")) - referring("example.org")


def test_gap(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    given = ["--release", A, "--kind", "domain", "--limit", "all"]
    answer = run(home, capsys, "gap", "example.org", "example.com", "beispiel.de", *given)
    others = referring("example.com") | referring("beispiel.de")
    assert set(sources(answer)) == others - referring("example.org") - LEFT_OUT
    hosts = run(home, capsys, "gap", "me.github.io", "example.com", "--release", A, "--kind", "host")
    assert hosts["notes"] == ["0 hosts that reference example.com and not me.github.io"]
    kept = run(home, capsys, "gap", "example.org", "example.com", "--infrastructure", *given)
    assert set(sources(kept)) == referring("example.com") - referring("example.org")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["gap", "example.com", "example.com"], "example.com is named among those to be referenced"),
        (["gap", "example.com", "example.org", "https://www.example.com/x"], "example.com is named among those"),
        (["intersect", "example.com", "example.org", "--not", "example.org"], "example.org is named among those"),
        (["intersect", "example.com", "example.com"], "example.com is named more than once"),
        (["intersect", "example.com", "example.org", "www.example.com"], "example.com is named more than once"),
        (["gap", "example.org", "example.com", "beispiel.de", "example.com"], "example.com is named more than once"),
    ],
    ids=lambda given: " ".join(given) if isinstance(given, list) else "",
)
def test_a_name_that_is_given_twice(
    words: list[str], said: str, home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["-w", str(home), *words, "--release", A, "--kind", "domain"]) == 2
    out, err = capsys.readouterr()
    assert (out, said in err, "hint: " in err) == ("", True, True)


def test_numbers_that_cannot_be(home: Path) -> None:
    with Workbench.open(home) as bench:
        opened = bench.open_release(A, kind="domain")
    with pytest.raises(BadInput):
        comparing_releases.intersect(opened, ["example.com"], at_least=2)
    with pytest.raises(NotFound, match=r"unknown \(shared suffix\)"):
        comparing_releases.intersect(opened, ["me.github.io"])


def test_diff_of_a_domain(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    answer = run(home, capsys, "cc", "diff", A, "cc-main-2026-b", "example.com", "--kind", "domain")
    rows = answer["rows"]
    assert isinstance(rows, list)
    assert [(row["seen"], row["source"]) for row in rows] == [("only in B", "site39.com"), ("only in A", "site03.com")]
    assert {row["because"] for row in rows} == {"the source is in both"}
    facts = answer["facts"]
    assert isinstance(facts, dict)
    assert facts["n_referring_a"] == facts["n_referring_b"] == 33
    assert facts["per_million_edges_a"] == pytest.approx(1e6 * 33 / facts["n_edges_a"])
    assert "absent is not proof of deletion" in " ".join(answer["notes"])  # type: ignore[arg-type]


def test_diff_of_a_source_that_one_release_lacks(tmp_path: Path) -> None:
    first, second = tmp_path / "a", tmp_path / "b"
    write(first, Made(["com.a", "com.b", "com.t"], np.array([0, 1]), np.array([2, 2]), np.ones(3)), name="a")
    write(second, Made(["com.b", "com.t"], np.array([0]), np.array([1]), np.ones(2)), name="b")
    answer = comparing_releases.diff(open_release(str(first)), open_release(str(second)), "t.com")
    assert [(row["source"], row["because"]) for row in answer.rows.to_dicts()] == [
        ("a.com", "the other release lacks the source")
    ]
    assert answer.facts["n_referring_a_at_size_of_b"] == 1


def test_diff_of_the_strongest(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    answer = run(home, capsys, "cc", "diff", A, "cc-main-2026-b", "--kind", "domain", "--top", "10", "--limit", "all")
    rows = answer["rows"]
    assert isinstance(rows, list)
    a, b = (Release.open(home / "releases" / name / "domain") for name in (A, "cc-main-2026-b"))
    for row in rows:
        for release, key in ((a, "position_a"), (b, "position_b")):
            card = release.find(row["domain"])
            assert card is not None and card.position == row[key]
    most = run(home, capsys, "cc", "diff", A, "cc-main-2026-b", "--kind", "domain", "--top", "100000")
    assert f"the {TINY.head} strongest of either, those that moved most first" in str(most["notes"])


@pytest.mark.parametrize("form", ["table", "tsv", "csv", "jsonl"])
@pytest.mark.parametrize(
    "words", [["who", "example.com"], ["who", "me.github.io"], ["intersect", "example.com", "example.org"],
              ["gap", "example.org", "example.com"], ["cc", "diff", A, "cc-main-2026-b"],
              ["cc", "diff", A, "cc-main-2026-b", "example.com"]],
    ids=lambda words: " ".join(words[:2]),
)  # fmt: skip
def test_every_form(words: list[str], form: str, home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    kind = ["--kind", "domain"]
    assert main(["-w", str(home), *words, *kind, "--format", form]) == 0
    out, err = capsys.readouterr()
    assert (out or err) and "Traceback" not in err


# ---- what a question costs a server ----------------------------------------------------------------------------------

REAL = Layout(head=1 << 12)  # the strongest fifteenth of the names; the other measures are those of every release


def test_a_typical_question_takes_few_requests(tmp_path: Path) -> None:
    """60,000 domains with web-like skew: at most 10 requests and 2 MB, from nothing but an address."""
    n = 60_000
    made = skewed(n, 700_000, seed=6)
    write(tmp_path / "r", made, layout=REAL)
    local = Release.open(tmp_path / "r")
    client = Client(Policy(test_hosts=frozenset({"127.0.0.1"})))
    with serving_folder(tmp_path / "r") as served:
        for asked in range(0, n, 5_003):
            name = shown(made.names[asked])
            served.reset()
            release = Release.open(HttpSource(served.url, client=client))
            card = release.find(name, "inward")
            assert card is not None
            found = release.referring(card, 50)
            assert len(served.asked) <= 10 and served.n_bytes <= 2_000_000, (name, served.asked)
            assert found.names == local.referring(card, 50).names
    client.close()
