"""The Makefile says what it can do, and what CI runs is what everybody runs."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TARGETS = {"demo", "test", "gate", "lint", "types", "layers", "docs", "bench", "lock", "clean", "dist"}


def targets() -> set[str]:
    """Targets that a person may call: those without a path."""
    text = (ROOT / "Makefile").read_text(encoding="utf-8")
    return set(re.findall(r"^([a-z]+):", text, re.MULTILINE))


@pytest.mark.skipif(shutil.which("make") is None, reason="make is not here")
def test_help_lists_all_targets() -> None:
    done = subprocess.run(["make", "help"], cwd=ROOT, capture_output=True, text=True, check=True)
    listed = dict(re.findall(r"^  make (\w+) +(\S.*)$", done.stdout, re.MULTILINE))
    assert set(listed) == targets() >= TARGETS
    assert all(len(words) > 10 for words in listed.values())


def test_every_target_is_phony() -> None:
    text = (ROOT / "Makefile").read_text(encoding="utf-8")
    phony = " ".join(re.findall(r"^\.PHONY: (.*)$", text, re.MULTILINE)).split()
    assert set(phony) == targets()


def test_ci_runs_make_test() -> None:
    script = ROOT / ".ci" / "run"
    assert os.access(script, os.X_OK)
    assert "make test" in script.read_text(encoding="utf-8")


def test_ci_fails_without_the_data(tmp_path: Path) -> None:
    env = {**os.environ, "INLINK_TEST_DATA": str(tmp_path / "nowhere")}
    done = subprocess.run(["bash", str(ROOT / ".ci" / "run")], env=env, capture_output=True, text=True)
    assert done.returncode == 1
    assert "no third-party data" in done.stderr


def test_contributing_is_a_page_and_names_targets_that_exist() -> None:
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    assert len(text.splitlines()) <= 70
    assert set(re.findall(r"`make (\w+)`", text)) <= targets()


def test_every_benchmark_and_gate_is_run_by_make() -> None:
    text = (ROOT / "scripts" / "run_benches.py").read_text(encoding="utf-8")
    scripts = [path for path in (ROOT / "bench").glob("*.py") if "__main__" in path.read_text(encoding="utf-8")]
    assert scripts
    assert not [path.name for path in scripts if path.stem not in text]
    gates = [path for path in (ROOT / "gate").glob("*.py") if path.stem != "frame"]
    measuring = {path.stem for path in gates if "Gate(" in path.read_text(encoding="utf-8")}
    floors = json.loads((ROOT / "gate" / "floors.json").read_text(encoding="utf-8"))
    assert measuring == set(floors), "a gate without floors measures nothing"
