"""Pages of the site: what they show, how they fail, and that nothing fetched can act on them."""

from __future__ import annotations

import dataclasses
import html
import re
from collections.abc import Iterator
from html.parser import HTMLParser

import pytest
from starlette.testclient import TestClient
from web_stub import HOSTILE, LINK_ID, RUN, SNAPSHOT, StubBench

from inlink import errors
from inlink.failures import STATUS
from inlink.server.app import create_app
from inlink.server.guard import HEADERS

BASE = "http://127.0.0.1:8765"
PAGES = {
    "home": "/",
    "overview": "/overview?q=crumb.example",
    "overview, nothing found": "/overview?q=zero.example",
    "overview, not in the graph": "/overview?q=nobody.example",
    "overview of a path": "/overview?q=crumb.example/guides/&scope=prefix",
    "neighbourhood": "/neighbourhood?q=crumb.example",
    "compare": "/compare?q=crumb.example&with=loaf.example",
    "gap": "/gap?q=crumb.example",
    "what-if": "/what-if?q=crumb.example&add=a.example&lose=b.example%0Ac.example&best=5",
    "backlinks": "/backlinks?q=crumb.example",
    "backlinks, second page": "/backlinks?q=crumb.example&cursor=abc&at=50",
    "backlinks, nothing matches": "/backlinks?q=crumb.example&where=none",
    "evidence": f"/evidence/{LINK_ID}",
    "evidence gone": "/evidence/2",
}


def client_of(bench: StubBench) -> TestClient:
    return TestClient(create_app(bench), base_url=BASE, raise_server_exceptions=False)  # type: ignore[arg-type]


@pytest.fixture
def bench() -> StubBench:
    return StubBench()


@pytest.fixture
def client(bench: StubBench) -> Iterator[TestClient]:
    with client_of(bench) as found:
        yield found


@pytest.mark.parametrize("path", PAGES.values(), ids=PAGES.keys())
def test_page_answers_and_names_its_snapshot(client: TestClient, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    if "evidence" not in path:
        assert SNAPSHOT in answer.text
    assert answer.text.count("<h1") == 1


def test_the_overview_shows_authority_with_its_run(client: TestClient) -> None:
    text = client.get("/overview?q=crumb.example").text
    for words in (
        ">83<",
        "of 100",
        "Better than all but 1 in 17 thousand",
        "1,512 times</b> the average",
        f"run {RUN}",
    ):
        assert words in text
    for words in ("Why 83", "loaf.example", "48\u00a0%", "1,282 others", "surfers who start here"):
        assert words in text
    assert "position 7 of 121,000 domains" in text
    assert "Not in the graph" in client.get("/overview?q=nobody.example").text
    assert "h-aut" not in client.get("/overview?q=crumb.example/guides/&scope=prefix").text


@pytest.mark.parametrize("path", [*PAGES.values(), "/nope", "/backlinks?q=x&where=bad", "/evidence/1"])
def test_nothing_fetched_becomes_markup(client: TestClient, path: str) -> None:
    seen = Tags()
    seen.feed(client.get(path).text)
    assert not seen.names & {"img", "iframe", "object", "embed", "base", "style"}
    assert all(re.fullmatch(r"/static/[\w./-]+\?v=[\w.]+", source) for source in seen.scripts)
    assert seen.said_in_scripts.strip() == ""
    assert not {name for name, _ in seen.attributes if name.startswith("on") or name in ("style", "srcdoc", "target")}
    for name, value in seen.attributes:
        if name in ("href", "action", "src"):
            assert value.startswith(("/", "#", "https://", "http://")), value
    assert "49" not in seen.text.replace("{{7*7}}", "").split()


class Tags(HTMLParser):
    """Every tag, attribute and text of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.names: set[str] = set()
        self.attributes: list[tuple[str, str]] = []
        self.text = ""
        self.scripts: list[str] = []
        self.said_in_scripts = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.names.add(tag)
        if tag == "script":
            self.scripts.append(dict(attrs).get("src") or "")
        self.attributes += [(name, value or "") for name, value in attrs]

    def handle_data(self, data: str) -> None:
        self.text += data
        if self.lasttag == "script":
            self.said_in_scripts += data


@pytest.mark.parametrize("path", [*PAGES.values(), "/nope", "/static/inlink.css", "/evidence/1", "/backlinks?group=x"])
def test_every_answer_is_guarded(client: TestClient, path: str) -> None:
    headers = client.get(path).headers
    for name, value in HEADERS.items():
        assert headers[name] == value
    policy = dict(part.split(" ", 1) for part in headers["content-security-policy"].split("; "))
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == policy["style-src"] == policy["connect-src"] == "'self'"


@pytest.mark.parametrize(
    "host", ["evil.example", "127.0.0.1.evil.example", "localhost.evil.example:8765", "", "169.254.169.254", "[::2]:80"]
)
def test_other_host_names_are_refused(client: TestClient, host: str) -> None:
    answer = client.get("/", headers={"host": host})
    assert answer.status_code == 421
    assert SNAPSHOT not in answer.text


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost:1", "LOCALHOST:8765", "[::1]:8765", "127.0.0.1:9"])
def test_loopback_names_are_answered(client: TestClient, host: str) -> None:
    assert client.get("/", headers={"host": host}).status_code == 200


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH"])
def test_nothing_changes_without_a_token(client: TestClient, method: str) -> None:
    assert client.request(method, "/backlinks").status_code == 403


@pytest.mark.parametrize(
    ("path", "status"),
    [
        pytest.param("/nope", 404, id="no such page"),
        pytest.param("/static/nope.css", 404, id="no such file"),
        pytest.param("/static/../app.py", 404, id="way out of static"),
        pytest.param("/static/%2e%2e/app.py", 404, id="encoded way out"),
        pytest.param("/evidence/1", 404, id="no such link"),
        pytest.param("/evidence/abc", 404, id="no number"),
        pytest.param(f"/evidence/{2**64}", 404, id="too large a number"),
        pytest.param("/evidence/١", 404, id="digits of another script"),
        pytest.param("/overview?q=x&scope=planet", 400, id="no such scope"),
        pytest.param("/backlinks?q=x&group=colour", 400, id="no such group"),
        pytest.param("/backlinks?q=x&state=maybe", 400, id="no such state"),
        pytest.param("/backlinks?q=" + "x" * 5000, 400, id="too long"),
        pytest.param("/backlinks?q=x&where=bad", 400, id="bad filter"),
    ],
)
def test_wrong_addresses_are_told(client: TestClient, path: str, status: int) -> None:
    answer = client.get(path)
    assert answer.status_code == status
    assert "<h1" in answer.text


def test_a_bad_filter_is_said_beside_its_field(client: TestClient) -> None:
    text = client.get("/backlinks?q=x.example&where=bad").text
    assert 'value="bad"' in text
    assert 'role="alert"' in text
    assert "use source_url" in text


def test_one_error_body(client: TestClient) -> None:
    answer = client.get("/evidence/1", headers={"accept": "application/json"})
    assert answer.status_code == 404
    assert answer.json() == {
        "type": "about:blank",
        "title": "There is nothing here",
        "status": 404,
        "detail": "no link has the id 1",
        "hint": "take it from the table",
        "kind": "NotFound",
    }


def test_every_error_class_has_a_status() -> None:
    leaves = {kind for kind in vars(errors).values() if isinstance(kind, type) and kind is not errors.InlinkError}
    assert set(STATUS) == {kind for kind in leaves if issubclass(kind, errors.InlinkError)}


def test_a_bug_is_a_page_without_its_inside(bench: StubBench) -> None:
    bench.status = None  # type: ignore[assignment]
    with client_of(bench) as client:
        answer = client.get("/")
    assert answer.status_code == 500
    assert "Traceback" not in answer.text
    assert "unexpected TypeError" in answer.text
    assert answer.headers["content-security-policy"]


def test_the_view_reaches_the_workbench(client: TestClient, bench: StubBench) -> None:
    client.get(
        "/backlinks?q=crumb.example&scope=host&where=nofollow&sort=-first_seen&group=domain&state=lost&cursor=c&strict=1"
    )
    asked = bench.asked[-1]
    names = ("target", "scope", "where", "sort", "group", "state", "cursor", "strict")
    assert {name: asked[name] for name in names} == {
        "target": "crumb.example", "scope": "host", "where": "nofollow", "sort": "-first_seen", "group": "domain",
        "state": "lost", "cursor": "c", "strict": True,
    }  # fmt: skip


def test_the_next_page_keeps_the_view(client: TestClient) -> None:
    text = client.get("/backlinks?q=crumb.example&scope=host&where=a&sort=source_url&group=none&state=all").text
    link = html.unescape(re.findall(r'rel="next" href="([^"]*)"', text)[0])
    for part in (
        "q=crumb.example",
        "scope=host",
        "where=a",
        "sort=source_url",
        "group=none",
        "state=all",
        "cursor=next-page",
    ):
        assert part in link


def test_links_are_shown_with_rel_and_its_origin(client: TestClient) -> None:
    text = client.get("/backlinks?q=crumb.example").text
    assert "by robots meta and by header" in text
    assert "one of 412 similar links" in text
    assert "lost 2026-11-14: page gone" in text
    assert "region unknown" in text
    assert "#:~:text=sourdough%20starter%20guide" in text


def test_what_is_not_known_to_be_follow_is_not_called_follow(client: TestClient) -> None:
    text = client.get("/backlinks?q=crumb.example").text
    assert text.count(">follow unknown</span>") == 1
    assert text.count('<span class="badge follow">follow</span>') == 6


@pytest.mark.parametrize(
    ("n_unknown", "lead", "share"),
    [
        (0, "<dd>71\u00a0%</dd>", "12,932 links<"),
        (5_282, "<dd>&gt;\u00a099\u00a0%</dd>", "of 5,282 not known"),
        (18_214, "<dd>unknown</dd>", "of 18,214 not known"),
    ],
)
def test_the_share_of_follow_is_of_what_is_known(
    client: TestClient, bench: StubBench, monkeypatch: pytest.MonkeyPatch, n_unknown: int, lead: str, share: str
) -> None:
    n_follow = min(12_932 - (n_unknown > 0), 18_214 - n_unknown)
    found = dataclasses.replace(
        bench.overview("crumb.example"), n_unknown_follow_links=n_unknown, n_follow_links=n_follow
    )
    monkeypatch.setattr(bench, "overview", lambda *_, **__: found)
    text = client.get("/overview?q=crumb.example").text
    assert lead in text
    assert share in text


@pytest.mark.parametrize(("n_unknown", "said"), [(None, False), (0, False), (1_204, True)])
def test_a_run_says_what_it_counted_without_knowing(
    client: TestClient, bench: StubBench, monkeypatch: pytest.MonkeyPatch, n_unknown: int | None, said: bool
) -> None:
    found = dataclasses.replace(bench.authority("crumb.example"), n_unknown_follow=n_unknown)
    monkeypatch.setattr(bench, "authority", lambda *_, **__: found)
    assert ("1,204 links count as follow" in client.get("/overview?q=crumb.example").text) == said


def test_text_of_other_scripts_is_isolated(client: TestClient) -> None:
    assert '<mark dir="auto">مرحبا بالعالم</mark>' in client.get("/backlinks?q=crumb.example").text


def test_the_record_is_plain_text(client: TestClient) -> None:
    answer = client.get(f"/evidence/{LINK_ID}/record.txt")
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert HOSTILE in answer.text


def test_the_marked_link_is_the_link(client: TestClient) -> None:
    text = client.get(f"/evidence/{LINK_ID}").text
    assert '<mark id="link">&lt;a href=&#39;x&#39;&gt;a&lt;/a&gt;</mark> after' in text


def test_empty_states_say_why() -> None:
    with client_of(StubBench(empty=True)) as client:
        assert client.get("/", follow_redirects=False).headers["location"] == "/start"
    with client_of(StubBench()) as client:
        assert "No page of this snapshot links to it." in client.get("/overview?q=zero.example").text
        assert "without it there are 611 rows" in client.get("/backlinks?q=crumb.example&where=none").text


def test_looking_up_from_the_first_page(client: TestClient) -> None:
    answer = client.get("/?q=crumb.example&scope=host", follow_redirects=False)
    assert answer.status_code == 303
    assert answer.headers["location"] == "/overview?q=crumb.example&scope=host"
    assert client.get("/backlinks", follow_redirects=False).headers["location"] == "/"


def test_every_link_of_the_site_leads_somewhere(client: TestClient) -> None:
    seen: set[str] = set()
    queue = ["/"]
    while queue:
        path = queue.pop()
        if path in seen or len(seen) > 60:
            continue
        seen.add(path)
        answer = client.get(path)
        assert answer.status_code < 400, path
        if "html" in answer.headers["content-type"]:
            queue += [html.unescape(h) for h in re.findall(r'(?:href|src|action)="(/[^"]*)"', answer.text)]
    assert len(seen) > 10


def test_fonts_and_style_are_there(client: TestClient) -> None:
    css = client.get("/static/inlink.css")
    assert css.headers["content-type"].startswith("text/css")
    for font in re.findall(r'url\("(fonts/[^"]+)"\)', css.text):
        assert client.get(f"/static/{font}").status_code == 200
    assert "http" not in css.text.replace("http-equiv", "")
