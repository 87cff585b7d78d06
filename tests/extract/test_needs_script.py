"""Links that are there only once scripts have run are marked, and others are known not to need any."""

from __future__ import annotations

from dataclasses import replace

from scraping import URL, extracted, record

from inlink.sources.rendered import link_key

HTML = '<a href="/served">1</a> <a href="/made">2</a> <img src="https://b.example/made"> <a href="/made">3</a>'
MADE = link_key("anchor", "https://www.example.org/made")


def test_a_page_as_served_needs_no_scripts() -> None:
    batch = extracted(record(HTML))
    assert batch.links["needs_script"].to_pylist() == [False] * 4
    assert batch.captures["depth"].to_pylist() == ["warc"]


def test_a_page_after_its_scripts_among_others() -> None:
    rendered = replace(record(HTML, ("X-Robots-Tag", "nofollow")), script_links=frozenset((MADE,)))
    batch = extracted(record(HTML, url=f"{URL}?1"), rendered, record(HTML, url=f"{URL}?2"))
    assert batch.captures["depth"].to_pylist() == ["warc", "js", "warc"]
    assert batch.links["needs_script"].to_pylist() == [False] * 4 + [False, True, False, True] + [False] * 4
    assert batch.links["nofollow"].to_pylist() == [False] * 4 + [True] * 4 + [False] * 4


def test_a_page_whose_scripts_add_nothing() -> None:
    batch = extracted(replace(record(HTML), script_links=frozenset()))
    assert batch.captures["depth"].to_pylist() == ["js"]
    assert batch.links["needs_script"].to_pylist() == [False] * 4
