"""The working tables over the demo web: rows, numbers and exports are those of the workbench, page by page."""

from __future__ import annotations

import csv
import html
import io
import json
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from typing import Any

import pyarrow.parquet as pq
import pytest
from starlette.testclient import TestClient

from inlink.server.app import create_app
from inlink.web.app import pages
from inlink.web.pager import LONGEST_WAY, Place
from inlink.web.tables_list import TABLES
from inlink.workbench import Rows, Workbench, sending

TARGET = "crumbandcrust.example"
PART = {"hx-request": "true", "hx-target": "div#view"}
OF_LINKS = ("backlinks", "changes", "outlinks")


@pytest.fixture(scope="module")
def client(ranked_bench: Workbench) -> Iterator[TestClient]:
    with TestClient(pages(ranked_bench), base_url="http://127.0.0.1") as found:
        yield found


class Cells(HTMLParser):
    """The rows of the working table: texts of its cells, and the ids of its links."""

    def __init__(self) -> None:
        super().__init__()
        self.rows: list[list[str]] = []
        self.ids: list[int] = []
        self._is_in = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "table":
            self._is_in = "links" in (given.get("class") or "")
        if not self._is_in:
            return
        if tag == "tr":
            self.rows.append([])
        if tag == "td" and self.rows:
            self.rows[-1].append("")
        if re.fullmatch(r"l\d+", given.get("id") or ""):
            self.ids.append(int(str(given["id"])[1:]))

    def handle_endtag(self, tag: str) -> None:
        self._is_in = self._is_in and tag != "table"

    def handle_data(self, data: str) -> None:
        if self._is_in and self.rows and self.rows[-1]:
            self.rows[-1][-1] += data


def cells_of(text: str) -> Cells:
    found = Cells()
    found.feed(text)
    found.rows = [row for row in found.rows if row]
    return found


def next_of(text: str) -> str | None:
    found = re.search(r'rel="next" href="([^"]*)"', text)
    return html.unescape(found[1]) if found else None


def walked(client: TestClient, address: str) -> Iterator[str]:
    """All pages of a table."""
    while True:
        answer = client.get(address)
        assert answer.status_code == 200, address
        yield answer.text
        following = next_of(answer.text)
        if following is None:
            return
        address = following


def asked(bench: Workbench, question: str, target: str, **view: Any) -> Rows:
    rows: Rows = getattr(bench, question)(target, limit=None, **view)
    return rows


@pytest.mark.parametrize("question", OF_LINKS)
def test_pages_of_links_follow_each_other(client: TestClient, ranked_bench: Workbench, question: str) -> None:
    expected = asked(ranked_bench, question, TARGET, columns=("link_id",)).to_dicts()
    group = "&group=none" if question == "backlinks" else ""
    shown = [
        n for text in walked(client, f"{TABLES[question].path}?q={TARGET}&limit=25{group}") for n in cells_of(text).ids
    ]
    assert shown == [row["link_id"] for row in expected]
    assert len(shown) > 25


VIEWS = [
    "sort=-first_seen",
    "where=region+%3D+main&state=all",
    "group=domain&columns=source,target_url,lang",
    "group=none&sort=source_url&infrastructure=1",
]


@pytest.mark.parametrize(
    ("view", "form"), [*((view, "csv") for view in VIEWS), (VIEWS[0], "jsonl"), (VIEWS[0], "parquet")]
)
def test_an_export_is_the_view_over_all_pages(client: TestClient, view: str, form: str) -> None:
    columns = "" if "columns=" in view else "&columns=source,context,link_id"
    if "columns=" in view:
        view += ",link_id"
    address = f"/backlinks?q={TARGET}&{view}{columns}&limit=50"
    shown = [n for text in walked(client, address) for n in cells_of(text).ids]
    answer = client.get(f"/export/backlinks.{form}?q={TARGET}&{view}{columns}")
    rows = read(answer.content, form)
    assert [int(row["link_id"]) for row in rows] == shown
    assert len(shown) > 10
    assert set(rows[0]) >= {"source_url", "title", "link_id", *({"lang"} if "lang" in view else {"text_before"})}
    assert answer.headers["content-disposition"].startswith(f'attachment; filename="{TARGET}-backlinks-0001-')
    assert answer.headers["content-disposition"].endswith(f'.{form}"')
    media = {"csv": "text/csv", "jsonl": "application/jsonl", "parquet": "application/vnd.apache.parquet"}
    assert answer.headers["content-type"].partition(";")[0] == media[form]


def read(data: bytes, form: str) -> list[dict[str, Any]]:
    if form == "csv":
        return list(csv.DictReader(io.StringIO(data.decode("utf-8"), newline="")))
    if form == "jsonl":
        return [json.loads(line) for line in data.decode("utf-8").splitlines()]
    rows: list[dict[str, Any]] = pq.read_table(io.BytesIO(data)).to_pylist()
    return rows


def test_only_so_many_exports_at_a_time(client: TestClient) -> None:
    for _ in range(sending.N_PLACES):
        sending.take_place()
    try:
        refused = client.get(f"/export/domains.csv?q={TARGET}")
        assert refused.status_code == 503
        assert "try again" in refused.text
    finally:
        for _ in range(sending.N_PLACES):
            sending.leave_place()
    for _ in range(sending.N_PLACES + 1):  # each lets go of its place, also one that is refused
        assert client.get(f"/export/domains.csv?q={TARGET}&where=bad+%3D").status_code == 400
        assert client.get(f"/export/domains.csv?q={TARGET}").status_code == 200


@pytest.mark.parametrize("question", TABLES)
def test_every_table_exports_its_rows(client: TestClient, ranked_bench: Workbench, question: str) -> None:
    answer = client.get(f"/export/{question}.jsonl?q={TARGET}")
    assert answer.status_code == 200
    group = {"group": "similar"} if question == "backlinks" else {}
    assert len(answer.text.splitlines()) == len(asked(ranked_bench, question, TARGET, **group))


@pytest.mark.parametrize(
    ("path", "status"),
    [("/export/colours.csv?q=a.example", 404), ("/export/domains.xls?q=a.example", 404), ("/export/domains.csv", 400),
     (f"/export/domains.csv?q={TARGET}&where=bad+%3D", 400), (f"/domains?q={TARGET}&columns=colour", 400),
     (f"/backlinks?q={TARGET}&limit=7", 200), (f"/backlinks?q={TARGET}&row=abc", 200)],
)  # fmt: skip
def test_wrong_addresses(client: TestClient, path: str, status: int) -> None:
    assert client.get(path).status_code == status


@pytest.mark.parametrize("question", TABLES)
def test_the_part_is_the_page_without_its_shell(client: TestClient, question: str) -> None:
    address = f"{TABLES[question].path}?q={TARGET}"
    part = client.get(address, headers=PART)
    assert part.text.startswith('<div id="view"')
    assert "<html" not in part.text
    assert part.headers["hx-push-url"].startswith(TABLES[question].path)
    whole = client.get(part.headers["hx-push-url"]).text
    assert cells_of(whole).rows == cells_of(part.text).rows
    assert 'aria-current="page"' in part.text


def test_the_whole_of_a_form_becomes_an_address(client: TestClient) -> None:
    answer = client.get(
        f"/backlinks?q={TARGET}&where=follow&field=region&op=in&value=main,+bio", follow_redirects=False
    )
    assert answer.status_code == 303
    assert "where=follow+and+region+in+%28main%2C+bio%29" in answer.headers["location"]
    chosen = client.get(f"/backlinks?q={TARGET}&column=seen&column=source&column=lang", follow_redirects=False)
    assert chosen.headers["location"].endswith("columns=source%2Cseen%2Clang")


def test_a_wrong_filter_is_said_with_the_view_kept(client: TestClient) -> None:
    for headers in ({}, PART):
        answer = client.get(f"/backlinks?q={TARGET}&where=colour+%3D+1&group=domain", headers=headers)
        assert answer.status_code == 400
        assert 'role="alert"' in answer.text
        assert "there is no column" in html.unescape(answer.text)
        assert 'value="domain" selected' in answer.text
        assert "colour = 1" in answer.text


def test_chips_take_their_condition_away(client: TestClient, ranked_bench: Workbench) -> None:
    text = client.get(f"/backlinks?q={TARGET}&where=region+%3D+main+and+follow+and+not+lang+%3D+de").text
    removed = [html.unescape(found) for found in re.findall(r'class="x" href="([^"]*)"', text)]
    assert len(removed) == 3
    shown = cells_of(client.get(removed[1] + "&limit=200").text).ids
    expected = asked(ranked_bench, "backlinks", TARGET, where="region = main and not lang = de", group="similar")
    assert shown == [row["link_id"] for row in expected.to_dicts()]


def test_heads_sort_both_ways(client: TestClient) -> None:
    text = client.get(f"/domains?q={TARGET}").text
    assert 'aria-sort="descending"' in text
    head = re.search(r'id="h-n_links" href="([^"]*)"', text)
    assert head is not None
    once = client.get(html.unescape(head[1])).text
    down = [int(row[2].replace(",", "")) for row in cells_of(once).rows]
    assert down == sorted(down, reverse=True)
    again = re.search(r'id="h-n_links" href="([^"]*)"', once)
    assert again is not None
    up = [int(row[2].replace(",", "")) for row in cells_of(client.get(html.unescape(again[1])).text).rows]
    assert up == sorted(up)


def test_the_panel_says_why(client: TestClient, ranked_bench: Workbench) -> None:
    first = cells_of(client.get(f"/backlinks?q={TARGET}").text).ids[0]
    text = client.get(f"/backlinks?q={TARGET}&row={first}").text
    assert 'class="panel"' in text
    assert "Why it counts" in text
    assert "of the mass of" in text
    assert f'hx-get="/evidence/{first}/part"' in text
    assert 'class="on"' in text
    part = client.get(f"/evidence/{first}/part").text
    assert "<mark>&lt;a " in part


def test_what_is_left_out_is_one_click_away(client: TestClient) -> None:
    text = client.get(f"/backlinks?q={TARGET}").text
    assert "left out:" in text
    shown = re.search(r'<a href="([^"]*embeds=1[^"]*)" hx-boost="true">show them', text)
    assert shown is not None
    more = client.get(html.unescape(shown[1])).text
    assert "embedded resource" not in more


def test_the_api_says_the_same(ranked_bench: Workbench) -> None:
    with TestClient(create_app(ranked_bench), base_url="http://127.0.0.1") as site:
        for table in TABLES.values():
            text = site.get(f"{table.path}?q={TARGET}&where=region+%3D+main").text
            found = re.search(r'href="(/api/v1/[^"]*)"', text)
            assert found is not None
            answer = site.get(html.unescape(found[1])).json()
            rows = cells_of(text).rows
            assert len(answer["rows"]) == len(rows), table.question
            if rows:
                assert f'<b class="num">{answer["n_total"]:,}</b>' in text


def prev_of(text: str) -> str | None:
    found = re.search(r'rel="prev" href="([^"]*)"', text)
    return html.unescape(found[1]) if found else None


@pytest.mark.parametrize(
    "address",
    [
        f"/backlinks?q={TARGET}&limit=25&group=none&sort=source_url",
        f"/changes?q={TARGET}&limit=25",
    ],
)
def test_the_way_back_leads_over_the_same_pages(client: TestClient, address: str) -> None:
    there = list(walked(client, address))
    back = [there[-1]]
    while (before := prev_of(back[-1])) is not None:
        back.append(client.get(before).text)
    assert [cells_of(text).ids for text in reversed(back)] == [cells_of(text).ids for text in there]
    assert [rows_said(text) for text in reversed(back)] == [rows_said(text) for text in there]
    assert len(there) > 2


def rows_said(text: str) -> list[str]:
    return re.findall(r"Rows [\d,]+ to [\d,]+ of [\d,]+", text)


def test_a_long_way_forgets_where_it_began() -> None:
    place = Place()
    for n in range(1, 500):
        place = place.following(f"{'c' * 200}{n}", 50)
    assert len(place.way) <= LONGEST_WAY
    before = place.previous(50)
    assert before is not None
    assert (before.cursor, before.at) == (f"{'c' * 200}498", 498 * 50)
    while before := place.previous(50):
        place = before
    assert place.at > 400 * 50


@pytest.mark.parametrize(("path", "said"), [("/broken", "backlinks of the site"), ("/outgoing/broken", "that go out")])
def test_broken_links_of_many_are_read_when_asked_for_once_more(
    client: TestClient, monkeypatch: pytest.MonkeyPatch, path: str, said: str
) -> None:
    """Of a page all links to its domain count: what stands in for it may be anywhere on the site."""
    site = "crumbandcrust.example"
    about = f"{path}?q=https://{site}/&scope=url" if path == "/broken" else f"{path}?q={site}"
    assert "This reads many links" not in client.get(about).text
    monkeypatch.setattr("inlink.web.tables_broken.MANY_LINKS", 30)
    text = client.get(about).text
    assert "This reads many links" in text
    assert said in text
    assert "This reads many links" not in client.get(f"{about}&go=1").text


@pytest.mark.parametrize("path", ["/broken/pages.csv", "/broken/redirects/nginx", "/outgoing/broken/pages.csv"])
def test_files_of_many_links_ask_first_as_their_page_does(
    client: TestClient, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    about = f"{path}?q=crumbandcrust.example&state=dead"
    monkeypatch.setattr("inlink.web.tables_broken.MANY_LINKS", 30)
    answer = client.get(about, follow_redirects=False)
    asking = path.removesuffix("/pages.csv").removesuffix("/redirects/nginx")
    assert (answer.status_code, answer.headers["location"].partition("?")[0]) == (303, asking)
    assert "This reads many links" in client.get(answer.headers["location"]).text
    assert "attachment" in client.get(f"{about}&go=1", follow_redirects=False).headers["content-disposition"]


@pytest.mark.parametrize(
    "path",
    ["/broken", "/broken/pages.csv", "/broken/redirects/nginx", "/outgoing/broken", "/outgoing/broken/pages.csv"],
)
def test_broken_links_of_too_many_are_not_read(client: TestClient, monkeypatch: pytest.MonkeyPatch, path: str) -> None:
    """However often somebody asks: the bound is that of the API."""
    monkeypatch.setattr("inlink.workbench.broken.MOST_LINKS", 30)
    for go in ("", "&go=1"):
        answer = client.get(f"{path}?q=crumbandcrust.example{go}", follow_redirects=False)
        assert answer.status_code == 400
        assert "at most 30" in answer.text
        assert ("a.example/guides/" if "outgoing" in path else "inlink broken SITE") in answer.text
