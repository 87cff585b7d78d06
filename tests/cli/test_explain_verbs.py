"""explain, what-if and fragility on the demo web: sums, cases, and a full recomputation of what they say."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from inlink.graph.runs import open_run
from inlink.graph.votes import open_votes
from inlink.workbench import Workbench

TARGET = "crumbandcrust.example"
DAMPING = 0.85

Ask = Callable[..., dict[str, Any]]
Say = Callable[..., tuple[int, str, str]]


@pytest.fixture
def say(ranked_bench: Workbench, run: Say) -> Say:
    """Run a command line on the ranked demo web; gives exit code, stdout and stderr."""
    return partial(run, "-w", ranked_bench.path)


@pytest.fixture
def ask(say: Say) -> Ask:
    """The same as JSON."""

    def perform(*arguments: object) -> dict[str, Any]:
        code, out, err = say(*arguments, "--format", "json")
        assert code == 0, err
        found: dict[str, Any] = json.loads(out)
        return found

    return perform


class Domains:
    """The domain graph of the demo web, as a dense matrix of follow votes."""

    def __init__(self, folder: Path) -> None:
        with Workbench.open(folder) as bench:
            run = open_run(bench._home(), kind="domains")
        votes = open_votes(folder / "graph" / "votes" / run.facts.votes)
        self.names = [run.names.name(node) for node in range(run.n)]
        self.matrix = np.zeros((run.n, run.n))
        self.matrix[votes.source, votes.target] = np.asarray(votes.counts["follow_pages"]) > 0

    def mass(self, name: str, *, add: tuple[str, ...] = (), lose: tuple[str, ...] = (), n_new: int = 0) -> float:
        """The mass of a domain after links to it were added and lost, by solving anew."""
        target = self.names.index(name)
        matrix = np.pad(self.matrix, ((0, n_new), (0, n_new)))
        for source in lose:
            matrix[self.names.index(source), target] = 0
        for source in add:
            matrix[self.names.index(source), target] = 1
        for new in range(n_new):
            matrix[len(self.names) + new, target] = 1
        n, out = len(matrix), matrix.sum(1)
        step = np.where(out[:, None] > 0, matrix / np.maximum(out, 1)[:, None], 1 / n)
        return float(np.linalg.solve((np.eye(n) - DAMPING * step).T, np.full(n, (1 - DAMPING) / n))[target])


@pytest.fixture
def truth(ranked_bench: Workbench) -> Iterator[Domains]:
    yield Domains(ranked_bench.path)


def test_flow_sums_to_the_mass(ask: Ask, truth: Domains) -> None:
    found = ask("explain", TARGET, "--limit", "all")
    assert found["now"]["mass"] == pytest.approx(truth.mass(TARGET), rel=1e-9)
    total = sum(row["carried"] for row in found["rows"]) + found["restart"] + found["returned"] + found["open"]
    assert total == pytest.approx(found["now"]["mass"], rel=1e-12)
    assert abs(found["open"]) <= 1e-9 * found["now"]["mass"]
    assert found["n_sources"] == len(found["rows"]) == int(truth.matrix[:, truth.names.index(TARGET)].sum())
    assert found["run"].startswith("domains-")


def test_links_stand_behind_each_source(ask: Ask) -> None:
    for row in ask("explain", TARGET)["rows"]:
        assert row["n_follow_pages"] >= 1
        assert row["n_links"] >= 1
        assert row["best_link"].startswith("https://")
        assert int(row["best_link_id"])


def test_sources_that_are_not_shown_are_summed(ask: Ask) -> None:
    whole, few = ask("explain", TARGET, "--limit", "all"), ask("explain", TARGET, "--limit", "2")
    assert few["n_others"] == whole["n_sources"] - 2
    assert few["others"] == pytest.approx(sum(row["carried"] for row in whole["rows"][2:]), rel=1e-12)


@pytest.mark.parametrize("how", ["--origins", "--exact"])
def test_origins_sum_to_the_mass(ask: Ask, how: str) -> None:
    found = ask("explain", TARGET, how, "--limit", "all")
    total = sum(row["carried"] for row in found["rows"]) + found["unresolved"] + found["open"]
    assert total == pytest.approx(found["now"]["mass"], rel=1e-12)
    assert found["unresolved"] <= 0.01 * found["now"]["mass"]
    assert found["is_exact"] == (how == "--exact")


def test_what_if_is_a_full_recomputation(ask: Ask, truth: Domains) -> None:
    add, lose = ("harbourgazette.example", "topcaketips.example"), ("theovenmitt.example", "tinandtray.example")
    found = ask("what-if", "--to", TARGET, "--add", *add, "--lose", *lose)
    assert found["after"]["mass"] == pytest.approx(truth.mass(TARGET, add=add, lose=lose), rel=1e-9)
    assert [change["case"] for change in found["changes"]][:2] == ["now follow", "first"]
    for change in found["changes"]:
        alone = {change["action"]: (change["source"],)}
        assert change["alone"]["mass"] == pytest.approx(truth.mass(TARGET, **alone), rel=1e-9)  # type: ignore[arg-type]


def test_cases_are_named(ask: Ask, truth: Domains) -> None:
    found = ask("what-if", "--to", TARGET, "--add", "kitchenlinks.example", TARGET, "never-seen.example",
                "--lose", "harbourgazette.example")  # fmt: skip
    assert [change["case"] for change in found["changes"]] == ["exists", "itself", "new node", "absent"]
    assert found["after"]["mass"] == pytest.approx(truth.mass(TARGET, n_new=1), rel=1e-9)
    dropped = ask("what-if", "--to", TARGET, "--add", "harbourgazette.example", "--nofollow")
    assert dropped["changes"][0]["case"] == "dropped"
    assert dropped["gain"] == 0


def test_the_best_are_ranked_by_follow_links_and_say_so(ask: Ask) -> None:
    said = ["the best are ranked by what a follow link of each would bring: a nofollow link brings nothing in this run"]
    for words, expected in (((), []), (("--nofollow",), said)):
        notes = ask("what-if", "--to", TARGET, "--best", "2", *words)["notes"]
        assert [note for note in notes if "a follow link" in note] == expected


@pytest.mark.parametrize(
    ("words", "said", "remedy"),
    [
        (["--add", "harbourgazette.example", "--infrastructure"], "which sources are ranked", "--best 10"),
        (["--lose", "theovenmitt.example", "--infrastructure"], "which sources are ranked", "--best 10"),
        (["--lose", "theovenmitt.example", "--nofollow"], "links that are added", "--add"),
    ],
)
def test_an_option_that_has_nothing_to_act_on_is_refused(say: Say, words: list[str], said: str, remedy: str) -> None:
    code, out, err = say("what-if", "--to", TARGET, *words)
    assert (code, out) == (2, "")
    assert said in err and remedy in err.partition("hint: ")[2]


def test_best_sources_are_the_best(ask: Ask, truth: Domains) -> None:
    found = ask("what-if", "--to", TARGET, "--best", "3")
    target = truth.names.index(TARGET)
    free = [name for at, name in enumerate(truth.names) if at != target and not truth.matrix[at, target]]
    want = sorted(free, key=lambda name: -truth.mass(TARGET, add=(name,)))
    assert [each["source"] for each in found["best"]] == want[:3]
    assert found["n_candidates"] == len(free)
    assert found["best_set"][0]["source"] == want[0]
    assert found["best_set"][2]["after"]["mass"] == pytest.approx(
        truth.mass(TARGET, add=tuple(each["source"] for each in found["best_set"])), rel=1e-9
    )


def test_fragility_is_a_full_recomputation(ask: Ask, truth: Domains) -> None:
    found = ask("fragility", TARGET)
    strongest = [source["name"] for source in found["strongest"]]
    assert [row["n_lost"] for row in found["rows"]] == [1, 3, 10]
    for row in found["rows"]:
        want = truth.mass(TARGET, lose=tuple(strongest[: row["n_lost"]]))
        assert row["after"]["mass"] == pytest.approx(want, rel=1e-9)
        assert row["share_lost"] == pytest.approx(1 - want / found["now"]["mass"], rel=1e-6)


@pytest.mark.parametrize("scope", ["host", "url"])
def test_hosts_and_pages_are_explained_too(ask: Ask, scope: str) -> None:
    name = {"host": "crumbandcrust.example", "url": "https://crumbandcrust.example/"}[scope]
    found = ask("explain", name, "--scope", scope, "--limit", "all")
    total = sum(row["carried"] for row in found["rows"]) + found["restart"] + found["returned"] + found["open"]
    assert total == pytest.approx(found["now"]["mass"], rel=1e-12)
    assert found["graph"] == {"host": "hosts", "url": "pages"}[scope]


def test_words_name_the_run_and_what_is_held_still(say: Say) -> None:
    for words in (("explain", TARGET), ("explain", TARGET, "--origins"), ("fragility", TARGET),
                  ("what-if", "--to", TARGET, "--lose", "tinandtray.example", "--best", "2")):  # fmt: skip
        code, out, err = say(*words)
        assert (code, err) == (0, "")
        assert "run domains-" in out
        assert "held still" in out or words[0] == "explain"


@pytest.mark.parametrize(
    ("words", "reason", "exit_code"),
    [
        (("explain", "never-seen.example"), "is not in the graph", 1),
        (("what-if", "--to", TARGET), "needs a link to think of", 2),
        (("explain", f"https://{TARGET}/recipes/*"), "stands for many pages", 2),
        (("fragility", TARGET, "--run", "domains-nosuch"), "begins with", 1),
    ],
)
def test_what_cannot_be_explained_is_said(say: Say, words: tuple[str, ...], reason: str, exit_code: int) -> None:
    code, out, err = say(*words)
    assert (code, out) == (exit_code, "")
    assert reason in err
    assert "hint: " in err
