"""rank, authority and diff-runs on the demo web: what they print, in which form, with which exit code."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from inlink.workbench import Workbench

TARGET = "crumbandcrust.example"
Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def own(ranked_bench: Workbench, tmp_path: Path) -> Path:
    """A copy of the ranked workspace that the test may change."""
    shutil.copytree(ranked_bench.path, tmp_path / "ws", ignore=shutil.ignore_patterns("*.lock", "*.lease"))
    return tmp_path / "ws"


def test_ranking_again_says_so(run: Run, own: Path) -> None:
    code, out, _ = run("-w", own, "rank")
    assert code == 0
    lines = out.splitlines()
    assert [line.split()[1].partition("-")[0] for line in lines] == ["pages", "hosts", "domains"]
    assert all("is there already: same inputs, same scores" in line for line in lines)


def test_a_run_by_another_policy_and_what_it_changed(run: Run, own: Path) -> None:
    code, out, _ = run("-w", own, "rank", "--graph", "domains", "--follow", "evaporate", "--format", "json")
    assert code == 0
    (made,) = json.loads(out)
    assert (made["outcome"], made["graph"], made["inputs"]["follow"]) == ("made", "domains", "evaporate")
    before = json.loads(run("-w", own, "authority", TARGET, "--run", "domains", "--format", "json")[1] or "null")
    assert before is None, "two runs begin so"
    names = sorted(path.name for path in (own / "graph").glob("domains-*"))
    other = next(name for name in names if name != made["run"])
    code, out, err = run(
        "-w", own, "diff-runs", other, made["run"], "--site", TARGET, "--format", "jsonl", "--limit", "all"
    )
    assert code == 0
    rows = [json.loads(line) for line in out.splitlines()]
    assert len(rows) == made["n"]
    assert f"B: run {made['run']}" in err
    for row in rows:
        assert row["change"] == pytest.approx(row["model"] + row["my_links"] + row["rest"], abs=1e-16)
        assert (row["my_links"], row["rest"], row["authority_b"]) == (0, 0, None)
    code, out, _ = run(
        "-w", own, "diff-runs", other, made["run"], "--site", TARGET, "--format", "table", "--limit", "2"
    )
    assert code == 0
    assert "change = model + my links + rest" in out


def test_runs_are_listed(run: Run, own: Path) -> None:
    _, out, _ = run("-w", own, "rank", "--graph", "domains", "--follow", "evaporate", "--format", "json")
    newest = json.loads(out)[0]["run"]
    code, out, _ = run("-w", own, "runs", "--format", "json")
    found = json.loads(out)
    assert (code, found["n_total"]) == (0, 4)
    names = {path.name for path in (own / "graph").glob("*-*") if (path / "run.json").is_file()}
    assert {row["run"] for row in found["runs"]} == names
    assert (found["runs"][0]["run"], found["runs"][0]["follow"], found["runs"][0]["is_latest"]) == (
        newest, "evaporate", True,
    )  # fmt: skip
    code, out, _ = run("-w", own, "runs", "--limit", "2")
    assert newest in out.splitlines()[2]
    assert out.splitlines()[-1] == "2 of 4 shown, --limit all lists all"


def test_no_runs_are_said(run: Run, tmp_path: Path) -> None:
    run("init", tmp_path / "none")
    assert run("-w", tmp_path / "none", "runs")[1] == "no scoring runs yet: inlink rank\n"


def test_authority_in_words_and_as_json(run: Run, ranked_bench: Workbench) -> None:
    code, out, _ = run("-w", ranked_bench.path, "authority", TARGET)
    assert code == 0
    assert "Position" in out
    assert "of 25 domains" in out
    assert "authority is shown for graphs of 10,000 or more; this one has 25" in out
    assert "run domains-" in out
    found = json.loads(run("-w", ranked_bench.path, "authority", TARGET, "--format", "json")[1])
    assert (found["target"], found["scope"], found["scope_is_guessed"]) == (TARGET, "domain", True)
    assert (found["position"], found["n"], found["authority"]) == (1, 25, None)
    assert found["run"].startswith("domains-")
    assert found["inputs"]["damping"] == 0.85


def test_authority_of_what_is_not_there(run: Run, ranked_bench: Workbench) -> None:
    code, out, _ = run("-w", ranked_bench.path, "authority", "nobody.example")
    assert code == 0
    assert "not in the graph" in out


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["authority", "crumbandcrust.example/guides/"], 2, "choose --scope url, host or domain"),
        (["authority", TARGET, "--run", "domains-zzz"], 1, "no run has a name that begins with"),
        (["rank", "--graph", "pages", "--weight", "hosts"], 2, "use it with domains"),
        (["rank", "--damping", "1.5"], 2, "--damping"),
        (["rank", "--nofollow-share", "0.2"], 2, "use --follow weight"),
        (["rank", "--graph", "pages", "--serve"], 2, "--graph domains or all"),
        (["diff-runs", "domains", "pages", "--site", TARGET], 2, "same kind of graph"),
        (["diff-runs", "domains", "domains"], 1, "--site example.org"),
    ],
)
def test_refusals(run: Run, ranked_bench: Workbench, arguments: list[str], code: int, words: str) -> None:
    found, _, err = run("-w", ranked_bench.path, *arguments)
    assert found == code
    assert words in err


def test_a_run_that_orders_rows(run: Run, own: Path) -> None:
    plain = [json.loads(line) for line in run("-w", own, "domains", TARGET, "--format", "jsonl")[1].splitlines()]
    code, out, _ = run("-w", own, "rank", "--graph", "domains", "--serve")
    assert code == 0
    assert "orders links and referring domains" in out
    code, out, err = run("-w", own, "domains", TARGET, "--format", "jsonl")
    rows = [json.loads(line) for line in out.splitlines()]
    place = {row["source_domain"]: json.loads(
        run("-w", own, "authority", row["source_domain"], "--scope", "domain", "--format", "json")[1]
    )["position"] for row in rows}  # fmt: skip
    assert [row["strength"] for row in rows] == [25 - place[row["source_domain"]] for row in rows]
    assert [row["strength"] for row in rows] == sorted((row["strength"] for row in rows), reverse=True)
    assert "+domains-" in err
    counted = ("source_domain", "n_links", "n_follow_links", "n_pages", "first_seen", "last_seen")
    assert sorted([[row[c] for c in counted] for row in rows]) == sorted([[row[c] for c in counted] for row in plain])
    links = [json.loads(line) for line in run("-w", own, "backlinks", TARGET, "--format", "jsonl")[1].splitlines()]
    assert [row["strength"] for row in links] == sorted((row["strength"] for row in links), reverse=True)
    assert run("-w", own, "verify")[0] == 0
    assert run("-w", own, "build")[0] == 0
    assert "+domains-" in run("-w", own, "domains", TARGET, "--format", "jsonl")[2], "nothing new was built"


def test_verify_and_gc_know_runs(run: Run, own: Path) -> None:
    code, out, _ = run("-w", own, "verify")
    assert code == 0
    assert ", 3 runs checked: all sound" in out
    run("-w", own, "rank", "--graph", "hosts", "--damping", "0.5")
    code, out, _ = run("-w", own, "gc", "--keep", "1")
    assert code == 0
    assert ", 1 run and" in out
    assert len(list((own / "graph").glob("hosts-*"))) == 1
