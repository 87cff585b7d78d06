"""Differences between runs: what the model, my links and the rest changed; they add up."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from small_webs import Here, built, write_warc

from inlink.errors import BadInput, NotConfigured, NotFound
from inlink.graph import runs
from inlink.graph.diff_runs import FACTORS, RunsDiff, diff_runs
from inlink.graph.policy import Policy
from inlink.graph.runs import Run
from inlink.graph.scoring import rank
from inlink.store.workspace import Workspace
from inlink.workbench import Workbench

BEFORE = {
    "https://mine.example/": ["https://a.example/", "https://b.example/ nofollow"],
    "https://a.example/": ["https://b.example/", "https://mine.example/x"],
    "https://b.example/": ["https://a.example/"],
    "https://c.example/": ["https://b.example/", "https://a.example/ nofollow"],
}
MY_LINKS = {"https://b.example/": ["https://a.example/", "https://mine.example/"]}
OTHERS = {"https://c.example/": ["https://a.example/"], "https://new.example/": ["https://c.example/"]}
ME = ("mine.example",)


def workspace_of(folder: Path, *changes: dict[str, list[str]]) -> Workspace:
    """A workspace that served BEFORE, and now what has changed since."""
    inputs = [write_warc(folder / f"{day}.warc.gz", pages, day) for day, pages in enumerate(changes, 2)]
    return built(folder / "ws", *inputs)


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("base")
    for kind in ("domains", "pages"):
        rank(built(folder / "ws", write_warc(folder / "1.warc.gz", BEFORE)), kind, Here())
    return folder


@pytest.fixture(scope="module")
def changed(base: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[Workspace, Run, Run]]:
    """What changed → the workspace with its runs before and after, by the same model."""
    found = {}
    for name, changes in {"mine": (MY_LINKS,), "rest": (OTHERS,), "both": (MY_LINKS, OTHERS)}.items():
        folder = tmp_path_factory.mktemp(name)
        shutil.copytree(base / "ws", folder / "ws", ignore=shutil.ignore_patterns("*.lock", "*.lease"))
        before = runs.open_run(Workspace.open(folder / "ws"), kind="domains")
        workspace = workspace_of(folder, *changes)
        found[name] = (workspace, before, rank(workspace, "domains", Here()).run)
    return found


def by_name(found: RunsDiff) -> dict[str, dict[str, Any]]:
    return {name.as_py(): {c: found.columns[c][i] for c in found.columns} for i, name in enumerate(found.names)}


def check_sum(found: RunsDiff, a: Run, b: Run) -> None:
    """The parts add up to the change, and the change is that of the runs' own masses."""
    parts = sum((found.columns[name] for name in FACTORS), np.zeros(len(found.keys)))
    assert np.abs(parts - found.columns["change"]).max() <= 2e-16
    for name, row in by_name(found).items():
        mass = [0.0 if (node := run.names.node(name)) is None else float(run.mass[node]) for run in (a, b)]
        assert row["change"] == mass[1] - mass[0]


def test_my_links_alone(changed: dict[str, tuple[Workspace, Run, Run]]) -> None:
    workspace, a, b = changed["mine"]
    found = diff_runs(workspace, a, b, ME)
    check_sum(found, a, b)
    assert not found.columns["model"].any()
    assert np.abs(found.columns["rest"]).max() <= 1e-15
    assert by_name(found)["mine.example"]["mine"] > 0.01


def test_the_rest_alone(changed: dict[str, tuple[Workspace, Run, Run]]) -> None:
    workspace, a, b = changed["rest"]
    found = diff_runs(workspace, a, b, ME)
    check_sum(found, a, b)
    assert not found.columns["model"].any()
    assert np.abs(found.columns["mine"]).max() <= 1e-15
    new = by_name(found)["new.example"]
    assert (new["node_a"], new["change"]) == (-1, b.mass[b.names.node("new.example")])


def test_both_in_order(changed: dict[str, tuple[Workspace, Run, Run]]) -> None:
    """After my links alone the masses are those of a workspace in which nothing else changed."""
    workspace, a, b = changed["both"]
    found = diff_runs(workspace, a, b, ME)
    check_sum(found, a, b)
    assert found.n_runs == 1
    only_mine = changed["mine"][2]
    for name, row in by_name(found).items():
        if row["node_a"] >= 0:
            expected = only_mine.mass[only_mine.names.node(name)] - a.mass[a.names.node(name)]
            assert row["mine"] == pytest.approx(expected, abs=1e-11)


def test_in_the_other_order(changed: dict[str, tuple[Workspace, Run, Run]]) -> None:
    workspace, a, b = changed["both"]
    found = by_name(diff_runs(workspace, a, b, ME, order="rest,mine,model"))
    only_rest = changed["rest"][2]
    for name, row in found.items():
        before = a.mass[a.names.node(name)] if row["node_a"] >= 0 else 0.0
        assert row["rest"] == pytest.approx(only_rest.mass[only_rest.names.node(name)] - before, abs=1e-11)


def test_the_mean_over_all_orders(changed: dict[str, tuple[Workspace, Run, Run]]) -> None:
    workspace, a, _ = changed["both"]
    b = rank(workspace, "domains", Here(), Policy("evaporate"), damping=0.7).run
    shapley = diff_runs(workspace, a, b, ME, order="shapley")
    check_sum(shapley, a, b)
    assert shapley.n_runs == 6
    orders = [
        diff_runs(workspace, a, b, ME, order=order)
        for order in ("model,mine,rest", "model,rest,mine", "mine,model,rest", "mine,rest,model", "rest,mine,model",
                      "rest,model,mine")
    ]  # fmt: skip
    for name in FACTORS:
        mean = np.mean([one.columns[name] for one in orders], axis=0)
        assert np.abs(shapley.columns[name] - mean).max() < 1e-12
    assert all(one.n_runs == 2 for one in orders)


def test_the_model_alone_by_one_snapshot(changed: dict[str, tuple[Workspace, Run, Run]]) -> None:
    workspace, a, _ = changed["mine"]
    again = built(workspace.path)
    b = rank(again, "domains", Here(), Policy("weight", "log-pages", 0.5)).run
    c = rank(again, "domains", Here(), damping=0.5).run
    found = diff_runs(workspace, b, c, ME)
    check_sum(found, b, c)
    assert found.n_runs == 0
    assert not found.columns["mine"].any()
    assert not found.columns["rest"].any()
    same = diff_runs(workspace, a, a, ME)
    assert not any(same.columns[name].any() for name in ("change", *FACTORS))


def test_other_code_counts_as_model(
    changed: dict[str, tuple[Workspace, Run, Run]], monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace, a, b = changed["both"]
    plain = diff_runs(workspace, a, b, ME)
    monkeypatch.setattr("inlink.graph.diff_runs.CODE", "2")
    found = diff_runs(workspace, a, b, ME)
    check_sum(found, a, b)
    assert found.n_runs == 3, "both ends, computed by today's code, and what lies between"
    for name in FACTORS:
        assert np.abs(found.columns[name] - plain.columns[name]).max() < 1e-11


def test_older_snapshots_may_be_gone(changed: dict[str, tuple[Workspace, Run, Run]], tmp_path: Path) -> None:
    workspace, a, b = changed["both"]
    shutil.copytree(workspace.path, tmp_path / "ws", ignore=shutil.ignore_patterns("*.lock", "*.lease"))
    for name in Workspace.open(tmp_path / "ws").snapshots()[:-1]:
        shutil.rmtree(tmp_path / "ws" / "index" / name)
    with Workbench.open(tmp_path / "ws") as bench:
        rows = bench.diff_runs(a.id, b.id, site=ME, limit=3)
    assert len(rows) == 3
    assert rows.n_total == 5
    sizes = [abs(float(str(row["change"]))) for row in rows.to_dicts()]
    assert sizes == sorted(sizes, reverse=True)
    assert any("switched in the order model,mine,rest" in note for note in rows.notes)


def test_one_target(changed: dict[str, tuple[Workspace, Run, Run]]) -> None:
    workspace, a, b = changed["both"]
    with Workbench.open(workspace.path) as bench:
        (row,) = bench.diff_runs(a.id, b.id, site=ME, target="new.example").to_dicts()
        assert (row["mass_a"], row["position_a"], row["is_mine"]) == (None, None, False)
        assert row["mass_b"] == row["change"]
        missing = bench.diff_runs(a.id, b.id, site=ME, target="nobody.example")
        assert not len(missing)
        assert "nobody.example is in neither run" in missing.notes


def test_whose_links_are_mine_must_be_known(changed: dict[str, tuple[Workspace, Run, Run]], tmp_path: Path) -> None:
    workspace, a, b = changed["both"]
    shutil.copytree(workspace.path, tmp_path / "ws", ignore=shutil.ignore_patterns("*.lock", "*.lease"))
    with Workbench.open(tmp_path / "ws") as bench:
        with pytest.raises(NotConfigured, match="which links are yours"):
            bench.diff_runs(a.id, b.id)
        (tmp_path / "ws" / "inlink.toml").write_text('[site]\ndomain = "mine.example"\n', encoding="utf-8")
        by_settings = bench.diff_runs(a.id, b.id)
        assert by_settings.table.equals(bench.diff_runs(a.id, b.id, site=ME).table)
        with pytest.raises(NotFound):
            bench.diff_runs(a.id, "domains-0000", site=ME)
        with pytest.raises(BadInput, match="no order"):
            bench.diff_runs(a.id, b.id, site=ME, order="rest,rest,mine")


def test_runs_of_two_kinds_cannot_be_compared(changed: dict[str, tuple[Workspace, Run, Run]]) -> None:
    workspace, a, _ = changed["both"]
    pages = runs.open_run(workspace, kind="pages")
    with pytest.raises(BadInput, match=r"of domains and .* of pages"):
        diff_runs(workspace, a, pages, ME)


def test_pages_of_my_hosts_are_mine(changed: dict[str, tuple[Workspace, Run, Run]]) -> None:
    workspace, _, _ = changed["mine"]
    a = runs.open_run(workspace, kind="pages")
    b = rank(workspace, "pages", Here()).run
    found = diff_runs(workspace, a, b, ME)
    check_sum(found, a, b)
    mine = {name for name, row in by_name(found).items() if row["is_mine"]}
    assert mine == {"https://mine.example/", "https://mine.example/x"}
