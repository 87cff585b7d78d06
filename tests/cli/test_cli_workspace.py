"""The verbs on a real workspace: what they print, in which form, with which exit code."""

from __future__ import annotations

import csv
import io
import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from inlink.cli.columns import TABLE_COLUMNS
from inlink.demo import generate
from inlink.server.app import create_app
from inlink.workbench import Workbench

TARGET = "crumbandcrust.example"
ROW_VERBS = ("backlinks", "domains", "hosts", "ips", "subnets", "anchors", "pages", "outlinks", "outdomains", "counts")

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def demo_workspace(demo_bench: Workbench) -> Path:
    """Folder of the workspace that serves the demo web; tests only read it."""
    return demo_bench.path


@pytest.mark.parametrize("verb", ROW_VERBS)
def test_all_forms_hold_the_same_rows(run: Run, demo_workspace: Path, verb: str) -> None:
    start = ("-w", demo_workspace, verb, TARGET if "out" not in verb else "thedailyloaf.example", "--limit", "7")
    code, out, err = run(*start, "--format", "jsonl")
    assert code == 0
    rows = [json.loads(line) for line in out.splitlines()]
    assert rows
    assert "snapshot 0001-" in err
    held = json.loads(run(*start, "--format", "json")[1])["rows"]
    table = list(csv.DictReader(io.StringIO(run(*start, "--format", "csv")[1])))
    lines = run(*start)[1].splitlines()
    assert held == rows
    assert lines[0].split("\t") == list(rows[0]) == list(table[0])
    assert len(lines) - 1 == len(table) == len(rows)
    assert run(*start, "--format", "table")[0] == 0


@pytest.mark.parametrize("verb", TABLE_COLUMNS)
def test_the_short_list_of_columns_is_of_columns_that_exist(run: Run, demo_workspace: Path, verb: str) -> None:
    code, _, err = run("-w", demo_workspace, verb, TARGET, "--columns", ",".join(TABLE_COLUMNS[verb]))
    assert (code, err.startswith("error")) == (0, False)


@pytest.mark.parametrize("more", [("--group", "similar"), ("--state", "lost"), ("--state", "all"), ("--indirect",)])
def test_views_of_backlinks_as_tables(run: Run, demo_workspace: Path, more: tuple[str, ...]) -> None:
    code, out, _ = run("-w", demo_workspace, "backlinks", TARGET, *more, "--format", "table")
    assert code == 0
    assert "snapshot" in out


def test_pages_by_cursor_are_the_whole(run: Run, demo_workspace: Path) -> None:
    start = ("-w", demo_workspace, "backlinks", TARGET, "--columns", "link_id")
    everything = run(*start, "--limit", "all", "--format", "jsonl")[1].splitlines()
    pages: list[str] = []
    cursor: tuple[str, ...] = ()
    while True:
        found = json.loads(run(*start, "--limit", "30", "--format", "json", *cursor)[1])
        pages += [json.dumps(row) for row in found["rows"]]
        if not found["cursor"]:
            break
        cursor = ("--cursor", found["cursor"])
    assert pages == everything
    assert len(pages) == found["n_total"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        pytest.param(("backlinks", TARGET, "--where", "colour = 'red'"), "there is no column 'colour'", id="column"),
        pytest.param(("backlinks", TARGET, "--where", "follow = "), "filter:", id="syntax"),
        pytest.param(("backlinks", TARGET, "--sort", "colour"), "colour", id="sort"),
        pytest.param(("domains", TARGET, "--columns", "colour"), "colour", id="columns"),
        pytest.param(("domains", TARGET, "--cursor", "nonsense"), "cursor", id="cursor"),
        pytest.param(("domains", ""), "", id="no target"),
        pytest.param(("compare", TARGET), "two targets", id="one target"),
        pytest.param(("changes",), "needs a TARGET", id="changes of nothing"),
        pytest.param(("evidence", "abc"), "not the id of a link", id="no id"),
    ],
)
def test_wrong_questions_end_with_2(run: Run, demo_workspace: Path, arguments: tuple[str, ...], said: str) -> None:
    code, out, err = run("-w", demo_workspace, *arguments)
    assert code == 2
    assert out == ""
    assert err.startswith("error: ")
    assert said in err


def test_an_unknown_target_is_an_empty_answer_that_says_why(run: Run, demo_workspace: Path) -> None:
    code, out, err = run("-w", demo_workspace, "backlinks", "nowhere.example", "--format", "jsonl")
    assert (code, out) == (0, "")
    assert "not in the index" in err


def test_overview_in_every_form(run: Run, demo_workspace: Path) -> None:
    found = json.loads(run("-w", demo_workspace, "overview", TARGET)[1])
    assert found["n_domains"] == len(
        json.loads(run("-w", demo_workspace, "domains", TARGET, "--format", "json")[1])["rows"]
    )
    assert found["breakdowns"]["rel"][0]["value"] == "follow"
    assert json.loads(run("-w", demo_workspace, "overview", TARGET, "--format", "jsonl")[1]) == found
    table = run("-w", demo_workspace, "overview", TARGET, "--format", "table")[1]
    shown = table.partition("Top referring domains")[2]
    assert "strength" in shown and "first seen" not in shown  # a summary has no such column, so none of dashes
    assert re.search(rf"Referring domains +{found['n_domains']}\b", table)
    assert found["snapshot"] in table
    for form, between in (("tsv", "\t"), ("csv", ",")):
        lines = run("-w", demo_workspace, "overview", TARGET, "--format", form)[1].splitlines()
        assert lines[0] == f"name{between}value"
        assert f"n_domains{between}{found['n_domains']}" in lines


def test_command_line_and_site_give_the_same_numbers(run: Run, demo_workspace: Path) -> None:
    found = json.loads(run("-w", demo_workspace, "overview", TARGET)[1])
    rows = json.loads(run("-w", demo_workspace, "backlinks", TARGET, "--group", "similar", "--format", "json")[1])
    with Workbench.open(demo_workspace) as bench:
        client = TestClient(create_app(bench), base_url="http://127.0.0.1")
        page = client.get(f"/overview?q={TARGET}").text
        table = client.get(f"/backlinks?q={TARGET}").text
        home = client.get("/").text
    for name in ("n_domains", "n_links", "n_pages", "n_target_pages"):
        assert f"<dd>{found[name]:,}</dd>" in page, name
    assert f'<b class="num">{rows["n_total"]:,}</b>' in table
    assert all(f'/evidence/{row["link_id"]}"' in table for row in rows["rows"])
    assert found["snapshot"] in page
    assert found["snapshot"] in table
    assert TARGET in home


def test_from_nothing_to_an_answer(run: Run, tmp_path: Path) -> None:
    web = generate(tmp_path / "demo")
    folder = tmp_path / "w"
    assert run("init", folder)[1].startswith("made the workspace")
    assert "already" in run("-w", folder, "init")[1]
    code, out, err = run("-w", folder, "build")
    assert (code, out) == (1, "")
    assert "no inputs" in err
    assert run("-w", folder, "domains", TARGET)[0] == 1

    (tmp_path / "junk.bin").write_bytes(b"\x00junk")
    code, out, err = run("-w", folder, "add", *web.warcs, tmp_path / "junk.bin")
    assert code == 0
    assert "2 added, 1 refused" in out
    assert "junk.bin" in err
    code, out, err = run("-w", folder, "add", tmp_path / "junk.bin", tmp_path / "missing.warc.gz")
    assert code == 1
    assert "0 added, 2 refused" in out
    added = json.loads(run("-w", folder, "add", web.warcs[0], "--format", "json")[1])
    assert [(row["outcome"], row["format"]) for row in added["inputs"]] == [("known", "warc")]

    code, out, _ = run("-w", folder, "-q", "build", "--workers", "1")
    assert code == 0
    assert re.match(r"snapshot 0001-\w+ is served: 2 inputs", out)
    code, out, _ = run("-w", folder, "build")
    assert code == 0
    assert out.startswith("nothing to do")
    status = json.loads(run("-w", folder, "status", "--format", "json")[1])
    assert status["snapshot"] in out
    assert "snapshot" in run("-w", folder, "status")[1]
    assert "all sound" in run("-w", folder, "verify")[1]
    assert "removed 0 snapshots" in run("-w", folder, "gc")[1]


def test_inputs_are_listed_and_removed(run: Run, demo_workspace: Path, tmp_path: Path) -> None:
    folder = tmp_path / "w"
    shutil.copytree(demo_workspace, folder)
    listed = json.loads(run("-w", folder, "inputs", "--format", "json")[1])
    first, second = listed["inputs"]
    assert (listed["n_total"], first["state"], second["state"]) == (2, "served", "served")
    out = run("-w", folder, "inputs", "--limit", "1")[1]
    assert (first["digest"][:12] in out, second["digest"][:12] in out) == (True, False)
    assert "2 served; 1 shown" in out
    code, out, err = run("-w", folder, "remove", "nothing.warc", second["digest"][:12])
    assert (code, out) == (1, "")
    assert "no input nothing.warc" in err
    code, out, err = run("-w", folder, "remove", second["digest"][:12])
    assert code == 0
    assert "1 input removed, 1 left" in out
    assert "build makes a snapshot without them" in err
    assert "1 served, 1 removed" in run("-w", folder, "inputs")[1]
    assert "has inputs that were removed (1): run inlink build" in run("-w", folder, "status")[2]
    code, out, _ = run("-w", folder, "-q", "build", "--workers", "1")
    assert (code, "is served: 1 input," in out) == (0, True)
    assert "1 removed" not in run("-w", folder, "inputs")[1]
    code, out, err = run("-w", folder, "remove", first["name"], "--format", "json")
    assert (code, json.loads(out)["n_left"], json.loads(out)["removed"][0]["name"]) == (0, 0, first["name"])
    assert "and 2 parts that no input needs" in run("-w", folder, "gc", "--keep", "1")[1]
    again = json.loads(run("-w", folder, "inputs", "--format", "json")[1])["inputs"]
    assert [(one["name"], one["state"]) for one in again] == [(first["name"], "removed")]


def test_damage_is_found_and_ends_with_1(run: Run, demo_workspace: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(demo_workspace, copy)
    victim = next((copy / "index").rglob("links/*.parquet"))
    data = bytearray(victim.read_bytes())
    data[len(data) // 2] ^= 0xFF
    victim.write_bytes(bytes(data))
    code, out, err = run("-w", copy, "verify")
    assert code == 1
    assert "1 fault\n" in out
    assert "hint: remove" in err


def test_changes_of_a_period_are_written_to_a_file(run: Run, demo_workspace: Path, tmp_path: Path) -> None:
    path, start = tmp_path / "changes.jsonl", ("-w", demo_workspace)
    period = ("--from", "2026-01-01", "--to", "2099-01-01")
    shown = run(*start, "changes", TARGET, *period, "--limit", "all", "--format", "jsonl")[1]
    assert run(*start, "export", "changes", TARGET, *period, "-o", path)[0] == 0
    assert [json.loads(line)["change"] for line in path.read_text().splitlines()] == [
        json.loads(line)["change"] for line in shown.splitlines()
    ]
    assert run(*start, "export", "changes", "--all", *period, "-o", path)[0] == 0
    assert len(path.read_text().splitlines()) > len(shown.splitlines())
    code, _, err = run(*start, "export", "backlinks", TARGET, "--from", "2026-01-01", "-o", path)
    assert (code, "has no period" in err) == (2, True)
    assert run(*start, "export", "backlinks", "-o", path)[0] == 2


def test_notes_name_options_of_the_command_line(run: Run, demo_workspace: Path) -> None:
    said = [run("-w", demo_workspace, *words, TARGET) for words in (("backlinks",), ("overview", "--format", "table"))]
    for _, out, err in said:
        assert "--embeds shows them" in out + err
        assert "=true" not in out + err
