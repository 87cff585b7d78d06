"""The three faces say the same numbers of every domain of the whole demo web: command line, API and pages.

What each says is compared with the command line's JSON: the API's whole answer, and all numbers that a page shows.
"""

from __future__ import annotations

import html
import json
import re
from collections.abc import Callable, Iterator
from html.parser import HTMLParser
from typing import Any

import pytest
from starlette.testclient import TestClient

from inlink.errors import BadInput
from inlink.server.app import create_app
from inlink.web.tables_list import TABLES
from inlink.workbench import QUESTIONS, Workbench

Told = Callable[..., str]
Row = dict[str, Any]
OTHERS = ["crumbandcrust.example", "ryeandshine.example", "floursource.example", "brd.example"]
RARE = ("hosts", "ips", "subnets")  # whose pages are asked for some domains only
COUNTED = ("number", "bar", "strength")


@pytest.fixture(scope="module")
def site(ranked_bench: Workbench) -> Iterator[TestClient]:
    """Pages and API, as they are served together."""
    with TestClient(create_app(ranked_bench), base_url="http://127.0.0.1:8765") as found:
        yield found


@pytest.fixture(scope="module")
def domains(ranked_bench: Workbench) -> list[str]:
    return [str(row["domain"]) for row in ranked_bench.sql("select domain from domains order by 1").to_dicts()]


class Tables(HTMLParser):
    """The rows of each table of a page by the table's caption: texts of all cells, and the ids of links."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: dict[str, list[list[str]]] = {}
        self.ids: list[str] = []
        self._in: str | None = None
        self._rows: list[list[str]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._in = tag if tag in ("caption", "td", "th") else self._in
        if tag == "caption":
            self.caption, self._rows = "", []
        if tag == "tr":
            self._rows.append([])
        if tag in ("td", "th"):
            self._rows[-1].append("")
        if tag == "span" and self._in:
            self.handle_data(" ")
        self.ids += [value[1:] for name, value in attrs if name == "id" and value and re.fullmatch(r"l\d+", value)]

    def handle_endtag(self, tag: str) -> None:
        if tag == "caption":
            self.found[self.caption] = self._rows
        if tag in ("caption", "td", "th"):
            self._in = None

    def handle_data(self, data: str) -> None:
        if self._in == "caption":
            self.caption += data
        elif self._in:
            self._rows[-1][-1] += data

    def of(self, start: str) -> list[list[str]]:
        """The rows below the head of the table whose caption starts so; none where there is no such table."""
        return next((rows[1:] for caption, rows in self.found.items() if caption.startswith(start)), [])


def walked(site: TestClient, address: str) -> Iterator[str]:
    """All pages of a table."""
    while True:
        answer = site.get(address)
        assert answer.status_code == 200, address
        yield answer.text
        following = re.search(r'rel="next" href="([^"]*)"', answer.text)
        if following is None:
            return
        address = html.unescape(following[1])


def number(text: str) -> int:
    """The number that a cell begins with; a dash is none."""
    first = text.split()[0].replace(",", "")
    return 0 if first == "–" else int(first)


def shown(text: str) -> str:
    """A text without the marks that tell where it may break."""
    return " ".join(text.split())


@pytest.mark.parametrize("question", QUESTIONS)
def test_every_table(question: str, site: TestClient, told: Told, domains: list[str]) -> None:
    table = TABLES[question]
    counted = {n: c.needs[0] for n, c in enumerate(table.columns_named(())) if c.cell in COUNTED}
    group = "&group=none" if table.groups else ""
    n_rows = 0
    for domain in domains:
        by_cli = told(question, domain, "--limit", "all", "--format", "jsonl")
        by_api = site.get(f"/api/v1/{question}", params={"target": domain, "limit": "all", "format": "jsonl"})
        assert by_api.text == by_cli, domain
        rows: list[Row] = [json.loads(line) for line in by_cli.splitlines()]
        if question in RARE and domain not in OTHERS:
            continue
        pages = list(walked(site, f"{table.path}?q={domain}&limit=200{group}"))
        cells = [row for text in pages for row in Tables(text).of(f"{table.title} {domain}")]
        assert len(cells) == len(rows), domain
        for said, row in zip(cells, rows, strict=True):
            assert {name: said[n].strip() for n, name in counted.items()} == {
                name: f"{row[name]:,}" for name in counted.values()
            }, domain
        if rows:
            assert f'<b class="num">{len(rows):,}</b>' in pages[0]
        if rows and "link_id" in rows[0]:
            assert [name for text in pages for name in Tables(text).ids] == [row["link_id"] for row in rows]
        n_rows += len(rows)
    assert n_rows > 0 or question in ("ips", "subnets")


def as_cli(answer: Row) -> Row:
    """A JSON answer of the API without what the command line does not say, and with options instead of parameters."""
    text = json.dumps({name: value for name, value in answer.items() if name not in ("next", "run", "cursor")})
    for name in ("infrastructure", "embeds"):
        text = text.replace(f"{name}=true shows", f"--{name} shows")
    found: Row = json.loads(text.replace("state=lost shows", "--state lost shows"))
    return found


def both(site: TestClient, told: Told, command: str, address: str) -> Row:
    """What the command line says, once the API has said the same."""
    by_cli = as_cli(json.loads(told(*command.split(), "--format", "json")))
    assert as_cli(site.get(f"/api/v1{address}").json()) == by_cli, command
    return by_cli


def test_overview_and_authority(site: TestClient, told: Told, domains: list[str]) -> None:
    for domain in domains:
        counts = both(site, told, f"overview {domain}", f"/overview?target={domain}")
        standing = both(site, told, f"authority {domain}", f"/authority?target={domain}")
        text = site.get(f"/overview?q={domain}").text
        if not counts["n_links"] and not counts["n_lost_links"]:
            assert "No backlinks in this index" in text
            continue
        said = dict(re.findall(r"<dt>([^<]*)</dt><dd>([^<]*)</dd>", text))
        for label, name in (
            ("Referring domains", "n_domains"),
            ("Backlinks", "n_links"),
            ("Referring pages", "n_pages"),
            ("Pages linked to", "n_target_pages"),
        ):
            assert said[label] == f"{counts[name]:,}", (domain, label)
        if standing["position"] is None:
            assert "Not in the graph" in text
        else:
            assert f"position {standing['position']} of {standing['n']} domains · mass {standing['mass']:.3g}" in text


SUMS = {
    "Referring domains": "n_domains",
    "… with a follow link": "n_follow_domains",
    "Backlinks": "n_links",
    "Referring pages": "n_pages",
    "Pages linked to": "n_target_pages",
    "Links new at the last look": "n_new_links",
    "Links lost at the last look": "n_newly_lost_links",
}


def test_compare_and_gap(site: TestClient, told: Told, domains: list[str]) -> None:
    for domain in domains:
        names = [domain, *(name for name in OTHERS if name != domain)][:4]
        asked = "&".join(f"target={name}" for name in names)
        rest = "+".join(names[1:])
        for mode in ("union", "intersect", "gap"):
            found = both(
                site,
                told,
                f"compare --mode {mode} --limit 50 {' '.join(names)}",
                f"/compare?mode={mode}&limit=50&{asked}",
            )
            way = f"/gap?q={domain}&with={rest}" if mode == "gap" else f"/compare?q={domain}&with={rest}&mode={mode}"
            page = Tables(site.get(way).text)
            columns = [f"links_{n}" for n in range(2 if mode == "gap" else 1, len(names) + 1)]
            said = [(shown(row[0]), *map(number, row[1:-1])) for row in page.of("Domains with their links")]
            assert said == [
                (row["source_domain"], row["strength"], *(row[name] for name in columns)) for row in found["rows"]
            ], (domain, mode)
        sums = json.loads(told("overview", domain, "--format", "json"))
        beside = {row[0]: row[1] for row in Tables(site.get(f"/compare?q={domain}&with={rest}").text).of("Key numbers")}
        assert {label: beside[label].strip() for label in SUMS} == {label: f"{sums[n]:,}" for label, n in SUMS.items()}


def test_a_site_among_its_competitors_is_refused_by_all_three(site: TestClient, ranked_bench: Workbench) -> None:
    mine, other = OTHERS[:2]
    said = f"{mine} is the first target itself"
    with pytest.raises(BadInput, match=said):
        ranked_bench.compare([mine, other, mine], mode="gap")
    by_api = site.get(f"/api/v1/compare?mode=gap&target={mine}&target={other}&target={mine}")
    assert (by_api.status_code, said in by_api.json()["detail"]) == (400, True)
    by_page = site.get(f"/gap?q={mine}&with={other}+{mine}")
    assert (by_page.status_code, said in by_page.text) == (400, True)
    assert site.get(f"/gap?q={mine}&with={mine}").status_code == 400


def test_the_way_from_a_comparison_to_the_gap(site: TestClient) -> None:
    """The field of the comparison names the first target too; the gap is asked for the others."""
    mine, other = OTHERS[:2]
    text = html.unescape(site.get(f"/compare?q={mine}&with={mine}+{other}").text)
    way = re.search(r'href="(/gap[^"]*)"[^>]*>Who links', text)
    assert way is not None
    answer = site.get(way[1])
    assert (answer.status_code, "They link to the others" in answer.text) == (200, True)


def test_the_nofollow_box_may_be_ticked_before_a_source_is_named(site: TestClient) -> None:
    answer = site.get(f"/what-if?q={OTHERS[0]}&lose={OTHERS[1]}&best=0&nofollow=1")
    assert (answer.status_code, "Before and after" in answer.text) == (200, True)


def test_broken_links_of_both_sides(site: TestClient, told: Told, domains: list[str]) -> None:
    n_rows = 0
    for domain in domains:
        own = both(site, told, f"broken {domain}", f"/broken?target={domain}")["rows"]
        cells = [row for text in walked(site, f"/broken?q={domain}") for row in Tables(text).of("Broken backlinks")]
        assert [(row[1].strip(), *map(number, row[2:4]), row[4].split()[0]) for row in cells] == [
            (f"{row['worth']:.3g}", row["n_domains"], row["n_links"], row["state"]) for row in own
        ], domain
        theirs = both(site, told, f"broken --outgoing {domain}", f"/broken/outgoing?target={domain}")["rows"]
        pages = walked(site, f"/outgoing/broken?q={domain}")
        cells = [row for text in pages for row in Tables(text).of("Dead pages linked from")]
        assert [(row[1].split()[0], number(row[2])) for row in cells] == [
            (row["state"], row["n_pages"]) for row in theirs
        ], domain
        n_rows += len(own) + len(theirs)
    assert n_rows > 5
