"""Write the API's description: src/inlink/api/examples.json from the demo web, and docs/openapi.json.

make docs          (or: python docs/make_openapi.py [--check])

With --check nothing is written: the exit code says whether docs/openapi.json is out of date. The examples are made
again only with --examples, which builds the demo web.
"""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path
from typing import Any

from inlink.api.app import application

HERE = Path(__file__).resolve().parent
DESCRIPTION = HERE / "openapi.json"
EXAMPLES = HERE.parent / "src" / "inlink" / "api" / "examples.json"
SITE, OTHER = "crumbandcrust.example", "bakersbench.example"
SHOWN_ROWS, SHOWN_LINES, SHOWN_CHARS = 2, 3, 400

ASKED: dict[str, dict[str, Any]] = {
    "GET /status": {},
    "GET /overview": {"target": SITE},
    "GET /backlinks": {"target": SITE, "where": "follow and region = 'main'", "sort": "-strength", "limit": "2"},
    "GET /domains": {"target": SITE, "limit": "2"},
    "GET /hosts": {"target": SITE, "limit": "2"},
    "GET /ips": {"target": SITE, "limit": "2"},
    "GET /subnets": {"target": SITE, "limit": "2"},
    "GET /anchors": {"target": SITE, "folded": "true", "limit": "2"},
    "GET /pages": {"target": SITE, "limit": "2"},
    "GET /outlinks": {"target": OTHER, "group": "similar", "limit": "2"},
    "GET /outdomains": {"target": OTHER, "limit": "2"},
    "GET /counts": {"target": SITE, "by": "region,tld", "limit": "2"},
    "GET /changes": {"target": SITE, "limit": "2"},
    "GET /compare": {"target": [SITE, "floursource.example"], "mode": "intersect", "limit": "2"},
    "GET /broken": {"target": SITE, "limit": "2"},
    "GET /broken/outgoing": {"target": SITE, "limit": "2"},
    "GET /broken/redirects": {"target": SITE, "server": "nginx"},
    "GET /authority": {"target": SITE},
    "GET /explain": {"target": SITE, "limit": "2"},
    "GET /fragility": {"target": SITE},
    "GET /runs": {"limit": "1"},
    "GET /diff-runs": {"a": "latest", "b": "latest", "site": [SITE], "limit": "1"},
    "GET /releases": {},
    "GET /releases/published": {},
    "GET /inputs": {"limit": "2"},
    "GET /checks": {"url": f"https://{SITE}/"},
    "GET /check-states": {"state": ["dead"], "limit": "2"},
    "GET /watches": {"limit": "2"},
    "GET /alerts": {"limit": "2"},
    "GET /wishes": {},
    "GET /exports/{question}": {"target": SITE, "columns": "source_url,anchor,first_seen", "format": "csv"},
}
PATHS = {"GET /exports/{question}": {"question": "backlinks"}}
BODIES: dict[str, dict[str, Any]] = {
    "POST /what-if": {"target": SITE, "add": ["floursource.example"], "best": 1},
    "POST /sql": {"query": "SELECT domain, in_domains FROM domains ORDER BY 2 DESC LIMIT 2"},
}
HAS_ROWS = ("/backlinks", "/domains")


def main(arguments: list[str]) -> int:
    """Write or compare."""
    if "--examples" in arguments:
        EXAMPLES.write_text(json.dumps(made_examples(), ensure_ascii=True, indent=1) + "\n", encoding="utf-8")
    text = json.dumps(application(None).openapi(), ensure_ascii=True, indent=1) + "\n"
    if DESCRIPTION.exists() and DESCRIPTION.read_text(encoding="utf-8") == text:
        return 0
    sys.stdout.write("docs/openapi.json\n")
    if "--check" in arguments:
        return 1
    DESCRIPTION.write_text(text, encoding="utf-8")
    return 0


def made_examples() -> dict[str, Any]:
    """What the demo web is asked, and what it answers."""
    from inlink.demo import generate
    from inlink.sources.releases.place import FolderPlace
    from inlink.workbench import Workbench, releases

    vars(releases)["open_place"] = lambda *_: FolderPlace(HERE)  # graphinfo.json here, instead of Common Crawl's
    with tempfile.TemporaryDirectory() as scratch, Workbench.create(Path(scratch) / "workspace") as bench:
        web = generate(Path(scratch) / "web")
        bench.add([str(path) for path in web.warcs])
        bench.build()
        bench.rank()
        text = json.dumps(_asked(bench))
        return _steady(text.replace(scratch, "/srv/demo"))


def _asked(bench: Any) -> dict[str, Any]:
    from starlette.testclient import TestClient

    client = TestClient(application(bench))
    found: dict[str, Any] = {}
    for name, query in ASKED.items():
        path = name.partition(" ")[2]
        address = path.format(**PATHS.get(name, {}))
        forms = ("application/json", "application/jsonl", "text/csv") if path in HAS_ROWS else ("application/json",)
        if "format" in query:
            forms = ("text/csv",)
        told = [client.get(address, params=query, headers={"accept": form}) for form in forms]
        answers = {answer.headers["content-type"].partition(";")[0]: _shown(answer) for answer in told}
        found[name] = {"query": query, "answers": answers, **({"path": PATHS[name]} if name in PATHS else {})}
    for name, body in BODIES.items():
        answer = client.post(name.partition(" ")[2], json=body)
        found[name] = {"body": body, "answers": {"application/json": _shown(answer)}}
    link = client.get("/backlinks", params={"target": SITE, "limit": 1}).json()["rows"][0]["link_id"]
    for path in ("/evidence/{link_id}", "/evidence/{link_id}/record"):
        answer = client.get(path.format(link_id=link))
        media = answer.headers["content-type"].partition(";")[0]
        found[f"GET {path}"] = {"path": {"link_id": link}, "answers": {media: _shown(answer)}}
    return found


def _shown(answer: Any) -> Any:
    """The answer, its lists cut to what an example needs."""
    if answer.status_code != 200:
        raise SystemExit(answer.text)
    kind = answer.headers["content-type"].partition(";")[0]
    if kind == "application/json":
        return _cut(answer.json())
    return "".join(answer.text.splitlines(keepends=True)[:SHOWN_LINES])


def _cut(value: Any) -> Any:
    if isinstance(value, dict):
        if "html" in value:  # what is marked has to lie within
            start, end = value["start"], value["end"]
            low = max(0, start - SHOWN_CHARS // 2)
            html = value["html"][low : end + SHOWN_CHARS // 2]
            value = {**value, "html": html, "start": start - low, "end": end - low}
        return {name: _cut(item) for name, item in value.items()}
    return [_cut(item) for item in value[:SHOWN_ROWS]] if isinstance(value, list) else value


def _steady(text: str) -> dict[str, Any]:
    """The same however often it is made: times of making and sizes on disk are those of one day."""
    found: dict[str, Any] = json.loads(text)
    found["GET /status"]["answers"]["application/json"]["size_bytes"] = 8_000_000
    for row in found["GET /runs"]["answers"]["application/json"]["rows"]:
        row["made_at"] = "2026-11-20T09:30:00Z"
    return found


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
