"""Nothing fetched acts on a working table, its panel, its exports or the drawn record, whatever it says."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from html.parser import HTMLParser

import pytest
from hostile_bench import PAGE, TEXTS, HostileBench
from starlette.testclient import TestClient

from inlink.web.app import pages
from inlink.web.evidence import FRAME_HEADERS
from inlink.web.tables_list import TABLES
from inlink.workbench.archived_pages import BLOCKS, INLINE, VOID, harmless

CONTROLS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
LARGEST = 900_000  # bytes of a page of eight rows, each with several texts of a megabyte
ROW = 2**62
ADDRESSES = {
    **{question: f"{table.path}?q=crumb.example" for question, table in TABLES.items()},
    **{
        f"{question}, all columns": f"{table.path}?q=crumb.example&columns={','.join(table.columns)}"
        for question, table in TABLES.items()
        if question in ("backlinks", "changes", "pages", "anchors")
    },
    "panel": f"/backlinks?q=crumb.example&row={ROW}",
    "panel of a long link": f"/backlinks?q=crumb.example&row={ROW + 4}",
    "broken": "/broken?q=crumb.example",
    "broken outgoing": "/outgoing/broken?q=crumb.example",
    "evidence": f"/evidence/{ROW}",
    "evidence in part": f"/evidence/{ROW}/part",
    "hostile target": "/backlinks?q=%22%3E%3Cscript%3Ealert(1)%3C/script%3E%E2%80%AE",
    "hostile filter": "/backlinks?q=a.example&where=anchor+%3D+%27%3C/textarea%3E%3Cscript%3Ealert(1)%3C/script%3E%27",
}


@pytest.fixture(scope="module")
def client() -> Iterator[TestClient]:
    with TestClient(pages(HostileBench()), base_url="http://127.0.0.1") as found:  # type: ignore[arg-type]
        yield found


class Seen(HTMLParser):
    """Every tag, attribute and text."""

    def __init__(self) -> None:
        super().__init__()
        self.names: set[str] = set()
        self.attributes: list[tuple[str, str, str]] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.names.add(tag)
        self.attributes += [(tag, name, value or "") for name, value in attrs]

    def handle_data(self, data: str) -> None:
        self.text += data


def seen(text: str) -> Seen:
    found = Seen()
    found.feed(text)
    return found


ANSWERED_IN = re.compile(r"answered in \d+ ms")


@pytest.mark.parametrize("address", ADDRESSES.values(), ids=ADDRESSES.keys())
def test_a_hostile_table_is_harmless(client: TestClient, address: str) -> None:
    answer = client.get(address)
    assert answer.status_code == 200
    assert len(answer.content) < LARGEST
    found = seen(answer.text)
    assert not found.names & {"img", "object", "embed", "base", "style", "video", "template"}
    for tag, name, value in found.attributes:
        assert not name.startswith("on"), value
        assert name not in ("style", "srcdoc", "target", "formaction", "ping")
        if name in ("href", "action", "src"):
            assert value.startswith(("/", "#", "https://", "http://")), value
            assert not value.startswith("//")
        if tag == "script":
            assert name in ("src", "defer")
            assert name == "defer" or value.startswith("/static/")
        if tag == "a" and name == "href" and value.startswith("http"):
            assert ("a", "rel", "noreferrer noopener nofollow external") in found.attributes
    written = [value for _, name, value in found.attributes if name != "value"]  # a field holds what was typed
    written = [value for _, name, value in found.attributes if name != "value"]  # a field holds what was typed
    assert not CONTROLS.search("".join([found.text, *written]))
    assert "49" not in ANSWERED_IN.sub("", found.text).replace("{{7*7}}", "").split()


@pytest.mark.parametrize("question", TABLES)
def test_exports_hold_no_formula(client: TestClient, question: str) -> None:
    answer = client.get(f"/export/{question}.csv?q=crumb.example")
    csv.field_size_limit(10_000_000)
    rows = list(csv.reader(io.StringIO(answer.text, newline="")))
    assert len(rows) == 1 + len(TEXTS)
    for row in rows:
        for cell in row:
            assert not cell.startswith(("=", "+", "-", "@", "\t", "\r"))
    name = answer.headers["content-disposition"]
    assert re.fullmatch(r'attachment; filename="[\w.-]+"', name)
    assert len(name) < 300


def test_redirects_are_for_the_server_asked_for(client: TestClient) -> None:
    for server, word in (("nginx", "map $host"), ("apache", "RewriteEngine On"), ("csv", "from,to,status")):
        answer = client.get(f"/broken/redirects/{server}?q=crumb.example")
        assert word in answer.text
        assert "attachment" in answer.headers["content-disposition"]
    assert client.get("/broken/redirects/iis?q=crumb.example").status_code == 404


def test_the_drawn_record_has_a_policy_of_its_own(client: TestClient) -> None:
    answer = client.get(f"/evidence/{ROW}/page")
    for name, value in FRAME_HEADERS.items():
        assert answer.headers[name] == value
    assert "sandbox" in answer.headers["content-security-policy"].split("; ")


def test_a_page_written_anew_is_of_the_short_list_alone() -> None:
    found = seen(harmless(PAGE, PAGE.index("<a href")))
    assert found.names <= BLOCKS | INLINE | VOID | {"html", "head", "meta", "title", "style", "body"}
    assert {name for _, name, _ in found.attributes} <= {"id", "class", "charset", "dir", "lang", "colspan", "open"}
    assert [value for _, name, value in found.attributes if name == "id"] == ["link"]
    for words in ("the hostile link", "before", "[a picture]", "[typed]", "Send"):
        assert words in found.text
    assert "evil.example" not in found.text


@pytest.mark.parametrize(
    ("page", "start", "expected"),
    [
        pytest.param("<p>a <a href=x>b</a> c", 5, '<p>a <a id="link" class="a">b</a> c</p>', id="link"),
        pytest.param("<p><img alt='A & B'>", 3, '<p><span class="img" id="link">[A &amp; B]</span></p>', id="image"),
        pytest.param("<p>x<iframe></iframe>", 4, '<p>x<span class="img" id="link">[iframe]</span></p>', id="frame"),
        pytest.param("<p data-inlink-marked>x", 99, "<p>x</p>", id="nobody else marks"),
        pytest.param("a<b>c", 0, "a<b>c</b>", id="no tag there"),
        pytest.param("", 0, "", id="empty"),
        pytest.param("<td>x<td colspan=3 rowspan='2;x'>y", 99, "xy", id="cells without a table"),
        pytest.param("<p dir=RTL lang='he\"x'>x", 99, '<p dir="rtl">x</p>', id="directions"),
        pytest.param("<x-y onclick=a>b</x-y>", 99, "b", id="elements of nobody's"),
    ],
)  # fmt: skip
def test_written_anew(page: str, start: int, expected: str) -> None:
    body = harmless(page, start).partition("<body>")[2].removesuffix("</body></html>")
    assert body == expected


def test_deep_and_broken_pages_are_written_too() -> None:
    deep = "<div>" * 1_000 + "<a href=x>deep</a>"
    text = harmless(deep, deep.index("<a"))
    assert '<a id="link" class="a">deep</a>' in text
    assert text.count("<div>") < 300
    cut = "ref=x>half</a><p>whole <script>" + "x" * 1000
    assert "whole" in harmless(cut, 0)


@pytest.mark.parametrize("bomb", ["<div>" * 200_000, "<b><i>" * 100_000, "<p " + "a=1 " * 200_000 + ">"])
def test_pages_made_to_choke_are_cut(bomb: str) -> None:
    text = harmless(f"<p>before</p>{bomb}<p>after</p>", 0)
    assert "before" in text
    assert len(text) < 10 * len(bomb)
