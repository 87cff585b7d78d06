"""The script that writes migrations writes what stands there, and nothing where nothing is missing."""

from __future__ import annotations

import importlib
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def script(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(str(ROOT / "scripts"))
    return importlib.import_module("make_migration")


def test_it_writes_a_migration_from_the_models(script: ModuleType) -> None:
    path: Path = script.place("audit", again=True)
    made: str = script.written("audit", path.name, script.missing("audit", path.name))
    assert script.tidy(made) == path.read_text("utf-8")


def test_nothing_is_missing(script: ModuleType, capsys: pytest.CaptureFixture[str]) -> None:
    before = sorted(script.VERSIONS.iterdir())
    assert script.main(["projects"]) == 0
    assert capsys.readouterr().out == "projects: nothing is missing\n"
    assert sorted(script.VERSIONS.iterdir()) == before
