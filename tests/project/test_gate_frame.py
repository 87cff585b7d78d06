"""Gates record figures with the digest of their data, and no floor is lowered silently."""

from __future__ import annotations

import importlib
import json
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def frame(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(str(ROOT / "gate"))
    return importlib.import_module("frame")


def made(frame: ModuleType, folder: Path, **floors: list[dict[str, Any]]) -> Any:
    data = folder / "data"
    data.mkdir()
    (data / "a.txt").write_text("one")
    (folder / "floors.json").write_text(json.dumps({"sample": floors}))
    return frame.Gate("sample", data=[data], folder=folder)


def test_a_passing_gate_writes_its_figures(frame: ModuleType, tmp_path: Path) -> None:
    gate = made(frame, tmp_path, recall=[{"floor": 0.9, "why": "a start"}])
    gate.measure("recall", 0.95)
    gate.measure("speed", 12, unit="pages/s")
    gate.note("chromium", "156")
    assert gate.finish() == 0
    report = json.loads((tmp_path / "sample.json").read_text())
    assert report["passed"] and report["data"] == frame.digest([tmp_path / "data"])
    assert report["figures"] == {"recall": {"value": 0.95, "floor": 0.9}, "speed": {"value": 12, "unit": "pages/s"}}


@pytest.mark.parametrize(
    ("history", "value", "failure"),
    [
        pytest.param([{"floor": 0.9, "why": "a start"}], 0.89, "0.89 against at least 0.9", id="below the floor"),
        pytest.param([{"ceiling": 0, "why": "none"}], 1, "1 against at most 0", id="above the ceiling"),
        pytest.param([{"floor": 0.9, "why": "a start"}], None, "was not measured", id="not measured"),
        pytest.param([{"floor": 0.9, "why": "a start"}], float("nan"), "nan against", id="not a number"),
        pytest.param([{"floor": 0.9}], 1.0, "does not say why", id="no reason"),
        pytest.param(
            [{"floor": 0.9, "why": "a start"}, {"floor": 0.8, "why": "it failed"}], 0.85, "weaker", id="lowered"
        ),
        pytest.param([{"ceiling": 0, "why": "none"}, {"floor": 0, "why": "turned"}], 5, "weaker", id="turned round"),
    ],
)
def test_a_gate_fails(
    frame: ModuleType, tmp_path: Path, history: list[dict[str, Any]], value: float | None, failure: str
) -> None:
    gate = made(frame, tmp_path, recall=history)
    if value is not None:
        gate.measure("recall", value)
    assert gate.finish() == 1
    assert any(failure in text for text in gate.failures())


def test_a_floor_may_be_lowered_openly(frame: ModuleType, tmp_path: Path) -> None:
    history = [{"floor": 0.9, "why": "a start"}, {"floor": 0.8, "why": "harder pages were added", "weaker": True}]
    gate = made(frame, tmp_path, recall=history)
    gate.measure("recall", 0.85)
    assert gate.finish() == 0


def test_the_digest_depends_on_names_and_bytes(frame: ModuleType, tmp_path: Path) -> None:
    (tmp_path / "a").write_text("one")
    first = frame.digest([tmp_path])
    assert frame.digest([tmp_path]) == first
    (tmp_path / "a").write_text("two")
    assert frame.digest([tmp_path]) != first
    (tmp_path / "a").write_text("one")
    (tmp_path / "a").rename(tmp_path / "b")
    assert frame.digest([tmp_path]) != first


def test_the_floors_of_this_project_are_in_order(frame: ModuleType) -> None:
    floors = frame.read_floors()
    assert {"browser_judge", "kills"} <= floors.keys()
    assert not [fault for gate in floors.values() for history in gate.values() for fault in frame.faults(history)]


def test_recorded_figures_hold_their_floors(frame: ModuleType) -> None:
    for name, figures in frame.read_floors().items():
        path = ROOT / "gate" / f"{name}.json"
        if path.exists():
            report = json.loads(path.read_text(encoding="utf-8"))
            assert report["passed"], name
            for figure, history in figures.items():
                assert frame.holds(report["figures"][figure]["value"], history[-1]), figure
