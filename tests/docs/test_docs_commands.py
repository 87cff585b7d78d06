"""README and tutorial run from top to bottom on the demo web."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest

from inlink.cli.actions.demo import FOLDER
from inlink.cli.commands import inlink
from inlink.cli.main import main
from walked import Walked

ROOT = Path(__file__).resolve().parents[2]
BLOCK = re.compile(r"^```sh\n(.*?)^```", re.M | re.S)


def commands(page: Path) -> Iterator[list[str]]:
    """Each command of a page's sh blocks as arguments of inlink, patterns resolved as a shell does."""
    for block in BLOCK.findall(page.read_text(encoding="utf-8")):
        for line in block.splitlines():
            words = shlex.split(line, comments=True)
            words = words[1:] if words[:1] == ["uvx"] else words
            if words:
                assert words[0] == "inlink", line
                yield words[1:]


def resolved(words: list[str]) -> list[str]:
    """Patterns of file names as a shell resolves them."""
    return [name for word in words for name in (sorted(map(str, Path().glob(word))) if "*.warc" in word else [word])]


def run(words: list[str], capsys: pytest.CaptureFixture[str], walk: Walked) -> tuple[int, str, str]:
    """How a command ended and what it said; the demo is run once for all pages."""
    if words[0] == "demo":
        assert words[2:] in ([], ["--no-serve"])
        walk.copy(Path(words[1]) if words[1:] else FOLDER)
        return walk.code, walk.out, walk.err
    code = main(resolved(words))
    return code, *capsys.readouterr()


def perform(words: list[str], capsys: pytest.CaptureFixture[str], walk: Walked) -> str:
    code, out, err = run(words, capsys, walk)
    assert code == 0, f"inlink {shlex.join(words)}\n{err}"
    assert "error:" not in err
    return out


@pytest.mark.parametrize("name", ["README.md", "docs/tutorial.md"])
def test_the_page_runs_from_top_to_bottom(
    name: str, demo_walk: Walked, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    n_run = 0
    for words in commands(ROOT / name):
        out = perform(words, capsys, demo_walk)
        assert out, words
        n_run += 1
        if "--columns" in words and words[words.index("--columns") + 1].startswith("link_id,"):
            link_id = out.splitlines()[1].split("\t")[0]
            assert "»" in perform([*words[:2], "evidence", link_id], capsys, demo_walk)
    assert n_run > 10


def test_the_tutorial_shows_every_question() -> None:
    verbs = {words[2] if words[0] == "-w" else words[0] for words in commands(ROOT / "docs" / "tutorial.md")}
    of_servers = {"serve", "user", "token", "jobs", "backup", "restore", "person"}  # pages: serve, jobs, database
    assert set(inlink.commands) - verbs - of_servers == {"check", "crawl", "evidence"}  # crawl and check need a web
