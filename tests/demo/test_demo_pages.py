"""What the generator wrote down is what stands on its pages, judged by a parser that was not written here."""

from __future__ import annotations

import bs4
import pytest

from inlink.demo.generate import SEED, answers_of
from inlink.demo.model import Answer

# Element and attribute of each kind of link that the templates write.
PLACES = {
    "a": "href",
    "img": "src",
    "script": "src",
    "link": "href",
    "form": "action",
    "iframe": "src",
}
KINDS = {"a": "anchor", "img": "image", "script": "script", "form": "form", "iframe": "frame"}


@pytest.fixture(scope="module")
def answers() -> list[Answer]:
    return [answer for crawl in answers_of(SEED) for answer in crawl]


def elements(answer: Answer) -> list[bs4.element.Tag]:
    soup = bs4.BeautifulSoup(answer.body.decode(answer.page.site.charset), "html.parser")
    return [tag for tag in soup.find_all(list(PLACES)) if tag.get(PLACES[tag.name])]


def kind_of(tag: bs4.element.Tag) -> str:
    words = tag.get_attribute_list("rel") if tag.name == "link" else []
    named = {"stylesheet": "style", "canonical": "canonical", "alternate": "alternate"}
    return KINDS.get(tag.name) or next((named[word] for word in words if word in named), "rel_link")


def test_every_link_of_every_page_is_written_down_in_order(answers: list[Answer]) -> None:
    n_links = 0
    for answer in answers:
        if not answer.is_html:
            continue
        n_headers = sum(name == "Link" for name, _ in answer.headers)
        noted = [link for link in answer.links[: len(answer.links) - n_headers] if link.kind != "refresh"]
        seen = elements(answer)
        assert [(kind_of(tag), tag[PLACES[tag.name]]) for tag in seen] == [(x.kind, x.written) for x in noted]
        for tag, link in zip(seen, noted, strict=True):
            n_links += 1
            if tag.name == "a":
                assert " ".join(tag.get_text().split()) == link.anchor, answer.page.url
                assert " ".join(tag.get_attribute_list("rel") if tag.has_attr("rel") else []) == (link.rel or "")
                image = tag.find("img")
                assert (image["alt"] if isinstance(image, bs4.element.Tag) else None) == link.alt
    assert n_links > 4000


def test_nothing_but_pages_holds_links(answers: list[Answer]) -> None:
    for answer in answers:
        if not answer.is_html:
            assert not elements(answer) if answer.headers[0][1].startswith("text/html") else b"href" not in answer.body


def test_regions_are_those_of_the_elements_around(answers: list[Answer]) -> None:
    """A link noted as comment or bio stands in such a block, and no other link does."""
    blocks = {"comment": "comment-list", "bio": "author-bio"}
    for answer in answers:
        if answer.is_html:
            soup = bs4.BeautifulSoup(answer.body.decode(answer.page.site.charset), "html.parser")
            for region, css in blocks.items():
                inside = [a["href"] for block in soup.select(f".{css}") for a in block.find_all("a")]
                assert inside == [x.written for x in answer.links if x.region == region and x.kind == "anchor"]


def test_every_page_that_is_asked_for_is_planned_once(answers: list[Answer]) -> None:
    moments = [(answer.page.url, answer.time) for answer in answers]
    assert len(moments) == len(set(moments))


def test_links_within_the_web_lead_to_pages_of_it(answers: list[Answer]) -> None:
    """No slip of the pen: a link to a host of the demo web names a page that was asked for, but for known ones."""
    hosts = {answer.page.site.host for answer in answers}
    pages = {answer.page.url for answer in answers}
    open_ends = {
        link.url
        for answer in answers
        for link in answer.links
        if link.kind == "anchor" and link.url.split("/")[2] in hosts and link.url not in pages
    }
    assert open_ends == {
        "http://crumbandcrust.example/tools/dough-calculator/",
        "https://boulangerie-du-coin.example/recettes/?q=br%C3%BBl%C3%A9e",
        "https://crumbandcrust.example/guides/oven-steam/index.html",
        "https://crumbandcrust.example/guides/sourdough-starter/?utm_source=theovenmitt&utm_medium=comment",
        "https://crumbandcrust.example/tools/dough-calculator/?lang=fr&p%E2te=lev%E9e",
        "https://foodscience.northmoor.example/reading/index.html",
        "https://tinandtray.example/shop/cast-iron-pot/?ref=ovenmitt",
    }
