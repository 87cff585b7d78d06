"""How the API answers: tags, forms, compression, HEAD, failures, hostile values, readers who leave."""

from __future__ import annotations

import asyncio
import gzip
import io
import json
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from starlette.testclient import TestClient
from starlette.types import ASGIApp

from inlink import errors
from inlink.api import rows
from inlink.api.app import NOUNS, api, application
from inlink.api.streaming import Streamed, first_of
from inlink.failures import STATUS
from inlink.fetch.loops import finished
from inlink.workbench import RowStream, Workbench, sending
from inlink.workbench.people import Role, Who

SITE = "crumbandcrust.example"
ASKED = f"/backlinks?target={SITE}"
HOSTILE = {
    "markup and formulas": "\"'><script>alert(1)</script>=cmd|' /C calc'!A0{{7*7}}' OR 1=1; DROP TABLE links --",
    "controls": "\x00\x01\x1b[31m\x7f\r\nset-cookie: a=b\u202egnp.exe\u2066",
    "a path": "../../etc/passwd",
    "many digits": "9" * 5000,
    "a million": "x" * 1_000_000,
}


def test_answers_name_what_they_are_from(client: TestClient, ranked_bench: Workbench) -> None:
    for address in (ASKED, f"/overview?target={SITE}", f"{ASKED}&format=csv", "/inputs", "/runs"):
        answer = client.get(address)
        assert answer.headers["inlink-snapshot"] == ranked_bench.served[0]
        if "csv" not in address:
            assert answer.json()["snapshot"] == ranked_bench.served[0]
            assert "run" in answer.json()
    answer = client.get(f"/authority?target={SITE}")
    assert answer.headers["inlink-run"] == answer.json()["run"] == ranked_bench.authority(SITE).run


@pytest.mark.parametrize("address", [ASKED, f"/overview?target={SITE}", "/inputs", f"/counts?target={SITE}", "/runs"])
def test_a_known_answer_is_not_sent_again(client: TestClient, address: str) -> None:
    first = client.get(address)
    tag = first.headers["etag"]
    assert tag.startswith('W/"')
    again = client.get(address, headers={"if-none-match": f'"other", {tag}'})
    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)
    assert client.get(address, headers={"if-none-match": '"other"'}).content == first.content
    assert client.get(f"{ASKED}&limit=3").headers["etag"] != client.get(f"{ASKED}&limit=4").headers["etag"]
    assert client.get(f"{ASKED}&format=csv").headers["etag"] != client.get(ASKED).headers["etag"]


@pytest.mark.parametrize(
    ("accept", "media"),
    [
        ("application/json", "application/json"),
        ("*/*", "application/json"),
        ("text/html,*/*;q=0.8", "application/json"),
        ("text/csv", "text/csv; charset=utf-8"),
        ("application/x-ndjson", "application/jsonl"),
        ("application/jsonl;q=1, */*", "application/jsonl"),
    ],
)
def test_the_form_is_chosen_by_accept(client: TestClient, accept: str, media: str) -> None:
    answer = client.get(ASKED, headers={"accept": accept})
    assert answer.headers["content-type"] == media
    assert "Accept" in answer.headers["vary"]
    assert client.get(f"{ASKED}&format=csv", headers={"accept": accept}).headers["content-type"].startswith("text/csv")


def test_long_answers_are_packed(client: TestClient) -> None:
    for address in (ASKED, f"{ASKED}&format=csv&limit=all"):
        packed = client.get(address, headers={"accept-encoding": "br, gzip;q=0.5"})
        plain = client.get(address, headers={"accept-encoding": "gzip;q=0, identity"})
        assert packed.headers["content-encoding"] == "gzip"
        assert "content-encoding" not in plain.headers
        assert packed.content == plain.content
    with client.stream("GET", ASKED, headers={"accept-encoding": "gzip"}) as raw:
        assert json.loads(gzip.decompress(b"".join(raw.iter_raw()))) == client.get(ASKED).json()
    assert "content-encoding" not in client.get(f"/backlinks?target={SITE}&limit=1&columns=anchor").headers


@pytest.mark.parametrize(
    "address", [ASKED, f"{ASKED}&format=csv&limit=all", f"/exports/domains?target={SITE}", "/nope"]
)
def test_head_is_a_get_without_a_body(client: TestClient, address: str) -> None:
    head, get = client.head(address), client.get(address)
    assert head.content == b""
    assert head.status_code == get.status_code
    for name in ("content-type", "etag", "inlink-snapshot", "content-disposition"):
        assert head.headers.get(name) == get.headers.get(name)


def test_exports_are_files(client: TestClient, ranked_bench: Workbench) -> None:
    answer = client.get(f"/exports/backlinks?target={SITE}/a b%22%0d%0a;x&format=parquet")
    name = answer.headers["content-disposition"]
    assert name == f'attachment; filename="backlinks-{SITE}-a-b-x-{ranked_bench.served[0]}.parquet"'
    found = pq.read_table(io.BytesIO(client.get(f"/exports/backlinks?target={SITE}&format=parquet").content))
    assert found.to_pylist() == ranked_bench.backlinks(SITE, limit=None).to_dicts()
    assert client.get(f"/exports/domains?target={SITE}&limit=2").text.count("\r\n") == 3
    for address in (f"/exports/friends?target={SITE}", "/exports/domains", f"/exports/domains?target={SITE}&from=2026"):
        assert client.get(address).status_code == 400


def test_ids_are_text_and_times_are_utc(client: TestClient) -> None:
    row = client.get(f"{ASKED}&limit=1").json()["rows"][0]
    assert row["link_id"].isdigit()
    assert row["first_seen"].endswith("Z")


PROBLEMS = {
    "unknown parameter": (f"{ASKED}&limt=3", 400, "did you mean limit?"),
    "far from any": ("/status?zzz=3", 400, "leave it out"),
    "repeated": (f"{ASKED}&limit=3&limit=4", 400, "say it once"),
    "missing": ("/backlinks", 400, "say target"),
    "empty": ("/backlinks?target=", 400, ""),
    "no column": (f"{ASKED}&columns=ancor", 400, "anchor"),
    "bad filter": (f"{ASKED}&where=ancor%3D1", 400, "anchor"),
    "bad filter of changes": (f"/changes?target={SITE}&where=ancor%3D1", 400, "anchor"),
    "bad cursor": (f"{ASKED}&cursor=abc", 400, "ask again without a cursor"),
    "bad list cursor": ("/inputs?cursor=-1", 400, "ask again without a cursor"),
    "bad scope": (f"{ASKED}&scope=planet", 400, "use one of url, prefix, host, domain"),
    "bad state": (f"{ASKED}&state=dead", 400, "use one of live, lost, all"),
    "bad group": (f"{ASKED}&group=no", 400, "use one of"),
    "bad format": (f"{ASKED}&format=xml", 400, "use one of json, jsonl, csv"),
    "too many rows": (f"{ASKED}&limit=10001", 400, "format=jsonl"),
    "no rows": (f"{ASKED}&limit=0", 400, ""),
    "no flag": (f"{ASKED}&strict=maybe", 400, ""),
    "one target": (f"/compare?target={SITE}", 400, ""),
    "no link": ("/evidence/1", 404, ""),
    "no id": ("/evidence/x", 400, ""),
    "no run": (f"/authority?target={SITE}&run=zzz", 404, ""),
    "no scope of a graph": (f"/authority?target={SITE}/a/&scope=prefix", 400, "choose scope url"),
    "no release": ("/releases/who?domain=a.example", 404, ""),
    "a folder": ("/releases/who?domain=a.example&release=/etc", 400, "/api/v1/releases"),
    "a hidden folder": ("/releases/who?domain=a.example&release=..", 400, ""),
    "an inner address": ("/releases/who?domain=a.example&release=http://127.0.0.1:1/x", 403, ""),
    "a mirror that is a folder": ("/releases/published?from=/etc", 400, "leave `from` out"),
    "no watch": ("/watches/7", 404, ""),
    "no day": ("/alerts?since=soon", 400, "write it as 2026-01-31"),
    "no operation": ("/friends", 404, "openapi.json"),
}


@pytest.mark.parametrize(("address", "status", "hint"), PROBLEMS.values(), ids=PROBLEMS.keys())
def test_failures_have_one_body(client: TestClient, address: str, status: int, hint: str) -> None:
    answer = client.get(address)
    assert_problem(answer, status)
    assert hint in answer.json()["hint"]


def assert_problem(answer: Any, status: int) -> None:
    assert answer.status_code == status, answer.text[:300]
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["cache-control"] == "no-store"
    body = answer.json()
    assert set(body) == {"type", "title", "status", "detail", "hint", "kind"}
    assert body["status"] == status
    assert body["detail"]
    assert len(answer.content) < 10_000


def test_methods_and_bodies_that_do_not_fit(client: TestClient) -> None:
    assert_problem(client.post(ASKED), 405)
    assert client.post(ASKED).headers["allow"] == "GET"
    assert_problem(client.post("/sql", content=b"{"), 400)
    assert_problem(client.post("/sql", json={"query": "DROP TABLE links"}), 403)
    assert_problem(client.post("/sql", json={"query": "SELECT nope"}), 400)
    assert_problem(client.post("/sql", json={"query": "SELECT 1", "sure": True}), 400)
    assert_problem(client.post("/what-if", json={"target": SITE, "add": "x.example"}), 400)
    assert_problem(client.post("/what-if", json=[1]), 400)


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"add": ["x.example"], "infrastructure": True}, "which sources are ranked"),
        ({"lose": ["x.example"], "nofollow": True}, "links that are added"),
        ({"add": ["x.example"], "release": "cc-main-2026", "infrastructure": True}, "not for a release"),
    ],
)
def test_an_option_that_has_nothing_to_act_on(client: TestClient, asked: dict[str, object], said: str) -> None:
    answer = client.post("/what-if", json={"target": SITE, **asked})
    assert_problem(answer, 400)
    assert said in answer.json()["detail"]


def test_sql_columns_may_have_any_name(client: TestClient) -> None:
    asked = {"query": "SELECT '=1+1' AS \"=cmd\", 1 AS a, 2 AS a, [1, 2] AS l, {'k': 1} AS s", "format": "csv"}
    expected = '"\'=cmd","a","a_2","l","s"\r\n"\'=1+1","1","2","[1, 2]","{""k"": 1}"\r\n'
    assert client.post("/sql", json=asked).text == expected


@pytest.mark.parametrize("kind", STATUS, ids=[kind.__name__ for kind in STATUS])
def test_every_error_has_its_status(
    kind: type[errors.InlinkError], client: TestClient, ranked_bench: Workbench, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise kind("said \u202e" + "x" * 10_000, hint="choose --at-least or --scope")

    monkeypatch.setattr(Workbench, "status", fail)
    answer = client.get("/status")
    assert_problem(answer, STATUS[kind])
    assert answer.json()["kind"] == kind.__name__
    assert answer.json()["hint"] == "choose at_least or scope"


def test_a_bug_is_told_without_its_inside(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Workbench, "status", lambda _self: 1 / 0)
    answer = client.get("/status")
    assert_problem(answer, 500)
    assert "division" not in answer.text


@pytest.mark.parametrize(
    ("question", "path"),
    [
        ("backlinks", ASKED),
        ("overview", "/overview?target=a.example"),
        ("counts", "/counts?target=a.example&by=region"),
        ("compare", "/compare?target=a.example&target=b.example"),
        ("broken", "/broken?target=a.example"),
        ("authority", "/authority?target=a.example"),
        ("explain", "/explain?target=a.example"),
        ("evidence", "/evidence/1"),
    ],
)
def test_a_question_ends_when_its_time_is_over(
    client: TestClient, ranked_bench: Workbench, monkeypatch: pytest.MonkeyPatch, question: str, path: str
) -> None:
    monkeypatch.setattr(ranked_bench, "_question_s", 0.1)
    slow = "SELECT count(*) FROM range(100000000) t(i) WHERE i % 7 = 3"

    def ask(bench: Workbench, *_: object, **__: object) -> Any:
        while True:  # of many parts none is long by itself
            bench._serve().serving.connection().execute(slow).fetchall()

    monkeypatch.setattr(Workbench, question, ask)
    answer = client.get(path)
    assert_problem(answer, 503)
    assert answer.json()["kind"] == "TookTooLong"


@pytest.mark.parametrize("value", HOSTILE.values(), ids=HOSTILE.keys())
def test_hostile_values_give_clean_answers(ranked_bench: Workbench, value: str) -> None:
    app = api(ranked_bench)
    said = urlencode({"": value})[1:]
    for path, methods in application(None).openapi()["paths"].items():
        parameters = methods.get("get", {}).get("parameters", ())
        needed = {p["name"]: SITE for p in parameters if p["required"] and p["in"] == "query"}
        for parameter in parameters:
            asked = urlencode({name: text for name, text in needed.items() if name != parameter["name"]})
            if parameter["in"] == "path":
                status, headers, body = asked_of(app, path.replace(f"{{{parameter['name']}}}", value), asked)
            else:
                status, headers, body = asked_of(app, path, f"{asked}&{parameter['name']}={said}")
            is_set_up = b"NotConfigured" not in body
            assert status < 500 or not is_set_up, (path, parameter["name"], body[:300])
            assert len(body) < 200_000
            assert not re.search("[\x00-\x09\x0b\x1b\x7f\u202e\u2066]", body.decode())
            assert "set-cookie" not in headers


def asked_of(app: ASGIApp, path: str, query: str) -> tuple[int, dict[str, str], bytes]:
    """The answer of an application, by a request longer than what clients send."""
    sent: list[Any] = []

    async def receive() -> Any:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {
        "type": "http", "method": "GET", "path": path, "raw_path": path.encode(), "query_string": query.encode(),
        "headers": [], "scheme": "http", "server": ("testserver", 80), "root_path": "", "http_version": "1.1",
    }  # fmt: skip
    finished(app(scope, receive, send))  # type: ignore[arg-type]
    headers = {name.decode(): value.decode("latin-1") for name, value in sent[0]["headers"]}
    return sent[0]["status"], headers, b"".join(each.get("body", b"") for each in sent[1:])


def test_hostile_bodies_give_clean_answers(client: TestClient) -> None:
    for value in (*HOSTILE.values(), "\ud800"):
        for path, field in (("/sql", "query"), ("/what-if", "target"), ("/what-if", "add"), ("/what-if", "run")):
            given = {"target": SITE, field: [value] if field == "add" else value} if path != "/sql" else {field: value}
            answer = client.post(path, content=json.dumps(given), headers={"content-type": "application/json"})
            assert answer.status_code < 500, (path, field, ascii(value)[:40], answer.text[:300])
            assert len(answer.content) < 100_000


def test_roles_are_asked_for(ranked_bench: Workbench) -> None:
    inner = api(ranked_bench)

    async def as_viewer(scope: Any, receive: Any, send: Any) -> None:
        await inner({**scope, "state": {"who": Who(1, "v", Role.VIEWER, "token")}}, receive, send)

    client = TestClient(as_viewer)
    assert client.get(ASKED).status_code == 200
    assert_problem(client.post("/sql", json={"query": "SELECT 1"}), 403)
    assert_problem(client.get("/releases/who?domain=a.example&release=https://cc.example/x"), 403)


def test_every_operation_says_its_role() -> None:
    for noun in NOUNS:
        for route in noun.router.routes:
            found = [getattr(each.dependency, "needs", None) for each in route.dependencies]
            assert any(isinstance(role, Role) for role in found), route


class Batches:
    """Batches without end, that know whether they were let go of."""

    def __init__(self, *, fails: bool = False) -> None:
        self.n = 0
        self.fails = fails
        self.is_closed = False

    def __iter__(self) -> Iterator[pa.RecordBatch]:
        return self

    def __next__(self) -> pa.RecordBatch:
        if self.fails:
            raise errors.CorruptIndex("the file is cut off")
        self.n += 1
        return pa.record_batch({"a": ["x"]})

    def close(self) -> None:
        self.is_closed = True


def stream_of(batches: Batches) -> RowStream:
    return RowStream(("a",), pa.schema([("a", pa.string())]), iter(batches), None, "s")


def test_what_fails_before_the_first_row_says_so(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    for _ in range(sending.N_PLACES + 1):  # each lets go of its place
        batches = Batches(fails=True)
        monkeypatch.setattr(Workbench, "stream", lambda *_, batches=batches, **__: stream_of(batches))
        assert_problem(client.get(f"{ASKED}&limit=all&format=csv"), 500)
        assert batches.is_closed


def test_a_reader_who_leaves_frees_the_rows() -> None:
    batches = Batches()
    ended: list[bool] = []
    pieces = rows._pieces(stream_of(batches), "csv")
    answer = Streamed(first_of(pieces), media_type="text/csv", headers={}, done=lambda: ended.append(True))

    async def scene() -> None:
        left = asyncio.Event()
        n_sent = 0

        async def send(_message: Any) -> None:
            nonlocal n_sent
            n_sent += 1
            if n_sent == 5:
                left.set()
            await asyncio.sleep(0)

        async def receive() -> Any:
            await left.wait()
            return {"type": "http.disconnect"}

        async with asyncio.timeout(120):
            await answer({"type": "http"}, receive, send)

    finished(scene())
    assert batches.is_closed
    assert ended == [True]
    assert batches.n < 1000


def test_only_so_many_long_answers_at_a_time(client: TestClient) -> None:
    for _ in range(sending.N_PLACES):
        sending.take_place()
    try:
        answer = client.get(f"{ASKED}&limit=all&format=csv")
        assert_problem(answer, 503)
        assert answer.headers["retry-after"]
        assert client.get(ASKED).status_code == 200
    finally:
        for _ in range(sending.N_PLACES):
            sending.leave_place()
    assert client.get(f"{ASKED}&limit=all&format=csv").status_code == 200
