"""`inlink jobs …` from the first job to the last."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from inlink.cli.main import main


@pytest.fixture
def folder(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Path:
    assert main(["init", str(tmp_path / "w")]) == 0
    capsys.readouterr()
    return tmp_path / "w"


def test_a_job_by_hand(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def said(*words: object, code: int = 0) -> str:
        assert main(["-w", str(folder), "jobs", *map(str, words)]) == code
        found = capsys.readouterr()
        return found.out if code == 0 else found.err

    assert "no jobs yet" in said("list")
    assert "nowhere.warc" in said("start", "add", "inputs=nowhere.warc", "keep=true", "--then", "build")
    shown: dict[str, Any] = json.loads(said("show", 1, "--format", "json"))
    assert (shown["state"], shown["arguments"]) == (
        "queued",
        {"inputs": [str(Path.cwd() / "nowhere.warc")], "keep": True},
    )
    assert said("cancel", 1) == "job 1 is cancelled\n"
    assert said("retry", 1) == "job 1 is queued\n"
    said("work", "--until-empty")
    (job,) = json.loads(said("list", "--state", "failed", "--format", "json"))["jobs"]
    assert "nowhere.warc" in job["error"]
    assert "nowhere.warc" in said("log", 1)
    assert "there is no job 7" in said("show", 7, code=1)
    assert "nothing is scheduled" in said("schedules")
    assert "schedule 1: gc, every 2w, next at" in said("schedule", "gc", "keep=2", "--every", "2w", "--then", "verify")
    assert said("reschedule", 1, "--off") == "schedule 1: gc, turned off\n"
    assert "turned off" in said("schedules")
    (row,) = json.loads(said("schedules", "--format", "json"))["schedules"]
    assert (row["arguments"], row["then"], row["every"]) == ({"keep": 2}, ["verify"], "2w")
    assert "is no period" in said("reschedule", 1, "--every", "often", code=2)
    assert said("unschedule", 1) == "schedule 1 is removed\n"
    assert "there is no schedule 1" in said("unschedule", 1, code=1)
    assert "is not NAME=VALUE" in said("start", "build", "quickly", code=2)
    assert "workers" in said("start", "build", "workers=many", code=2)


def test_relative_paths_are_those_of_the_shell(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever takes the job may stand elsewhere; signs of patterns in the folder's own name stand for themselves."""
    here = folder.parent / "a[1]"
    here.mkdir()
    (here / "b[2].warc").touch()
    monkeypatch.chdir(here)
    named = ("crawls/a.warc", "*.warc", "b[2].warc", "/srv/x.warc", "http://a.example/x.warc")
    words = [f"inputs={name}" for name in named]
    assert main(["-w", str(folder), "jobs", "start", "add", *words, "base_url=lists/", "--format", "json"]) == 0
    told = json.loads(capsys.readouterr().out)["arguments"]
    whole = [f"{here}/crawls/a.warc", f"{here.parent}/a[[]1]/*.warc", f"{here}/b[2].warc", *named[3:]]
    assert told == {"inputs": whole, "base_url": f"{here}/lists/"}
    words = ["name=latest", "where=graphs", "--every", "1w", "--format", "json"]
    assert main(["-w", str(folder), "jobs", "schedule", "release", *words]) == 0
    assert json.loads(capsys.readouterr().out)["arguments"]["where"] == f"{here}/graphs"
