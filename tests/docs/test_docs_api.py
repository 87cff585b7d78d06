"""Every curl of docs/api.md is answered by the demo web, and the README's script runs."""

from __future__ import annotations

import io
import itertools
import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qsl, urlencode

import pytest
from starlette.testclient import TestClient

from inlink.api.app import api, application
from inlink.api.description import operations
from inlink.failures import STATUS, TITLES
from inlink.workbench import Workbench

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "api.md").read_text(encoding="utf-8")
SERVED = "http://127.0.0.1:8765/api/v1"


def curls() -> Iterator[list[str]]:
    for block in re.findall(r"^```sh\n(.*?)^```", PAGE, re.M | re.S):
        for line in block.replace("\\\n", " ").splitlines():
            if line.strip():
                yield shlex.split(line)


@pytest.mark.parametrize("words", list(curls()), ids=lambda words: " ".join(words)[:60])
def test_curls_are_answered(words: list[str], ranked_bench: Workbench) -> None:
    assert words[0] == "curl"
    address = next(word for word in words if word.startswith(SERVED)).removeprefix(SERVED)
    pairs = list(itertools.pairwise(words))
    after = dict(pairs)
    data = [parse_qsl(word, keep_blank_values=True)[0] for name, word in pairs if name == "--data-urlencode"]
    method = "HEAD" if "-I" in words else after.get("-X", "GET")
    address += f"?{urlencode(data)}" if data else ""
    client = TestClient(api(ranked_bench))
    answer = client.request(method, address, content=after.get("-d"), headers={"content-type": "application/json"})
    assert answer.status_code == 200, answer.text
    assert answer.headers["inlink-snapshot"]
    assert method == "HEAD" or len(answer.text) > 40


def test_every_path_and_status_is_in_the_page() -> None:
    for path, _, operation in operations(application(None).openapi()):
        if path != "/openapi.json":
            assert f"/{path.split('/')[1]}" in PAGE, path
        for status in operation["responses"]:
            assert int(status) < 400 or f"| {status} |" in PAGE
    for kind, status in STATUS.items():
        assert kind.__name__ in PAGE
        assert status in TITLES


def test_the_script_of_the_readme_runs(
    ranked_bench: Workbench, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8").partition("## From a script")[2]
    script = text.partition("```python\n")[2].partition("```")[0]
    client = TestClient(api(ranked_bench))
    monkeypatch.setattr(
        "urllib.request.urlopen", lambda address: io.BytesIO(client.get(address.removeprefix(SERVED)).content)
    )
    exec(script, {})
    lines = capsys.readouterr().out.splitlines()
    assert lines
    assert all(line.split()[1].isdigit() for line in lines)
