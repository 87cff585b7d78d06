"""What became of each link: one scenario a row, all arranged together, each on hosts of its own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from arranged import Snapshot, arranged
from small_parts import SmallPart, day

from inlink.urls.identity import same_page_key

PAGE = "https://{}.example/page"
T = "https://target.example/"


@dataclass
class Parts:
    """The inputs that a scenario may write to."""

    warc: SmallPart = field(default_factory=lambda: SmallPart("a.warc.gz"))
    wat: SmallPart = field(default_factory=lambda: SmallPart("a.warc.wat.gz", "wat"))
    csv: SmallPart = field(default_factory=lambda: SmallPart("links.csv", "csv"))
    other: SmallPart = field(default_factory=lambda: SmallPart("b.warc.gz"))
    js: SmallPart = field(default_factory=lambda: SmallPart("c.warc.gz", "js"))


# (first_seen, last_seen, lost_at, lost_reason, n_seen), in days
State = tuple[float, float, float | None, str | None, int]
Story = Callable[[Parts, str], None]
STORIES: dict[str, tuple[Story, dict[str, State]]] = {}


def story(**expected: State) -> Callable[[Story], Story]:
    """Register a scenario; its function gets the parts and the URL of its page. Keys are paths of the target."""

    def register(function: Story) -> Story:
        STORIES[function.__name__.replace("_", "-")] = (function, expected)
        return function

    return register


@story(a=(0, 0, None, None, 1))
def seen_once(parts: Parts, page: str) -> None:
    parts.warc.see(page, 0, [T + "a"])


@story(a=(0, 9, None, None, 2), b=(0, 0, 9, "removed", 1), c=(9, 9, None, None, 1))
def kept_lost_and_new(parts: Parts, page: str) -> None:
    parts.warc.see(page, 0, [T + "a", T + "b"])
    parts.warc.see(page, 9, [T + "a", T + "c"])


@story(a=(0, 9, None, None, 2), b=(0, 0, 9, "removed", 1), c=(9, 9, None, None, 1))
def older_crawl_imported_later(parts: Parts, page: str) -> None:
    parts.other.see(page, 9, [T + "a", T + "c"])
    parts.warc.see(page, 0, [T + "a", T + "b"])


@story(a=(0, 20, None, None, 2))
def restored(parts: Parts, page: str) -> None:
    parts.warc.see(page, 0, [T + "a"])
    parts.warc.see(page, 10, [T + "b-restored"])
    parts.warc.see(page, 20, [T + "a", T + "b-restored"])


@story(a=(0, 0, 5, "removed", 1))
def lost_at_the_first_capture_without_it(parts: Parts, page: str) -> None:
    parts.warc.see(page, 0, [T + "a"])
    parts.warc.see(page, 9, [])
    parts.warc.see(page, 5, [])


@story(a=(0, 0, 5, "page_gone", 1))
def page_is_gone(parts: Parts, page: str) -> None:
    parts.warc.see(page, 0, [T + "a"])
    parts.warc.see(page, 5, status=404)


@story(a=(0, 0, 5, "page_gone", 1))
def page_is_gone_for_good(parts: Parts, page: str) -> None:
    parts.warc.see(page, 0, [T + "a"])
    parts.warc.see(page, 5, status=410)
    parts.warc.see(page, 6, status=404)


@story(a=(0, 0, 5, "page_redirects", 1), z=(5, 5, None, None, 1))
def page_redirects_elsewhere(parts: Parts, page: str) -> None:
    parts.warc.see(page, 0, [T + "a"])
    parts.warc.see(page, 5, status=301, redirect_target=T + "z")


@story(a=(0, 0, 5, "page_not_html", 1))
def page_becomes_a_pdf(parts: Parts, page: str) -> None:
    parts.warc.see(page, 0, [T + "a"])
    parts.warc.see(page, 5, content_type="application/pdf", page=None)


def _inconclusive(status: int | None, **facts: Any) -> None:
    @story(a=(0, 0, None, None, 1))
    def scenario(parts: Parts, page: str) -> None:
        parts.warc.see(page, 0, [T + "a"])
        parts.warc.see(page, 5, status=status, **facts)

    name = f"inconclusive-{status or 0}" + "".join(f"-{key}" for key in facts)
    STORIES[name] = STORIES.pop("scenario")


for _status in (401, 403, 408, 425, 429, 451, 500, 502, 503, 504, 520):
    _inconclusive(_status)
_inconclusive(None, error="time-out")
_inconclusive(200, error="dns", page=None)
_inconclusive(200, page=None)
_inconclusive(301)


@story(a=(0, 0, 8, "removed", 1))
def inconclusive_answers_do_not_hide_the_loss(parts: Parts, page: str) -> None:
    parts.warc.see(page, 0, [T + "a"])
    parts.warc.see(page, 5, status=503)
    parts.warc.see(page, 8, [])


@story(a=(0, 5, None, None, 1), b=(5, 5, None, None, 0), c=(0, 0, None, None, 1))
def a_cut_page_shows_and_does_not_conclude(parts: Parts, page: str) -> None:
    parts.warc.see(page, 0, [T + "a", T + "c"])
    parts.warc.see(page, 5, [T + "a", T + "b"], error="record-cut")


@story(a=(0, 9, None, None, 2))
def a_redirect_to_https_is_the_same_page(parts: Parts, page: str) -> None:
    parts.warc.see(page, 0, [T + "a"])
    parts.warc.see(page.replace("https:", "http:"), 9, status=301, redirect_target=page)
    parts.warc.see(page, 9, [T + "a"])


@story(a=(0, 9, None, None, 2), b=(0, 0, 9, "removed", 1))
def http_and_https_are_one_page(parts: Parts, page: str) -> None:
    parts.warc.see(page.replace("https:", "http:"), 0, [T + "a", T + "b"])
    parts.warc.see(page, 9, [T + "a"])


@story(a=(0, 9, None, None, 2), b=(0, 0, 9, "removed", 1))
def www_and_bare_name_are_one_page(parts: Parts, page: str) -> None:
    parts.warc.see(page.replace("//", "//www."), 0, [T + "a", T + "b"])
    parts.warc.see(page, 9, [T + "a"])


@story(a=(0, 0, None, None, 1), b=(0, 0, None, None, 0))
def two_captures_at_one_time_do_not_contradict(parts: Parts, page: str) -> None:
    parts.warc.see(page, 0, [T + "a"], payload_digest="xxh3:1")
    parts.other.see(page.replace("https:", "http:"), 0, [T + "b"], payload_digest="xxh3:2")


@story(a=(0, 9, None, None, 2))
def a_revisit_inherits_the_links(parts: Parts, page: str) -> None:
    parts.warc.see(page, 0, [T + "a"], payload_digest="sha1:X")
    parts.warc.see(page, 9, payload_digest="sha1:X", is_revisit=True)


@story(a=(0, 9, None, None, 2), b=(5, 5, 9, "removed", 1))
def a_revisit_of_an_older_state(parts: Parts, page: str) -> None:
    parts.warc.see(page, 0, [T + "a"], payload_digest="sha1:Y")
    parts.warc.see(page, 5, [T + "b"], payload_digest="sha1:Z")
    parts.warc.see(page, 9, payload_digest="sha1:Y", is_revisit=True)


@story(a=(0, 0, None, None, 1))
def a_revisit_whose_original_is_not_here(parts: Parts, page: str) -> None:
    parts.warc.see(page, 0, [T + "a"], payload_digest="sha1:P")
    parts.warc.see(page, 9, payload_digest="sha1:Q", is_revisit=True)


@story(a=(3, 9, None, None, 2))
def a_revisit_older_than_its_original(parts: Parts, page: str) -> None:
    parts.warc.see(page, 9, [T + "a"], payload_digest="sha1:O")
    parts.other.see(page, 3, payload_digest="sha1:O", is_revisit=True)


@story(a=(0, 9, None, None, 2))
def not_modified(parts: Parts, page: str) -> None:
    parts.warc.see(page, 0, [T + "a"], payload_digest="sha1:M")
    parts.warc.see(page, 9, status=304, payload_digest="sha1:M")


@story(a=(0, 0, None, None, 1))
def the_same_capture_from_warc_and_wat(parts: Parts, page: str) -> None:
    parts.warc.see(page, 0, [{"to": T + "a", "heading": "Deep"}], payload_digest="sha1:W")
    parts.wat.see(page, 0, [{"to": T + "a"}], payload_digest="sha1:W")


@story(a=(0, 0, None, None, 1))
def warc_and_wat_whose_digests_differ_in_kind(parts: Parts, page: str) -> None:
    parts.warc.see(page, 0, [{"to": T + "a", "heading": "Deep"}], payload_digest="sha1:V")
    parts.wat.see(page, 0, [{"to": T + "a"}, {"to": T + "not-there"}], payload_digest="sha256:V")


@story(a=(0, 0, None, None, 1))
def one_capture_in_two_inputs(parts: Parts, page: str) -> None:
    parts.warc.see(page, 0, [T + "a"])
    parts.other.see(page, 0, [T + "a"])


@story(a=(0, 0, None, None, 1), b=(0, 0, None, None, 1))
def one_capture_twice_in_one_input(parts: Parts, page: str) -> None:
    parts.warc.see(page, 0, [T + "a", T + "b"])
    parts.warc.see(page, 0, [T + "a", T + "b"])


@story(a=(0, 9, None, None, 2), b=(0, 0, 9, "removed", 1))
def a_repeated_capture_of_a_changing_page(parts: Parts, page: str) -> None:
    for _ in range(3):
        parts.warc.see(page, 0, [T + "a", T + "b"])
    parts.warc.see(page, 9, [T + "a"])


@story(a=(4, 4, None, None, 0))
def listed_only(parts: Parts, page: str) -> None:
    parts.csv.see(page, 4, [T + "a"], status=None)


@story(a=(0, 4, None, None, 1), b=(0, 0, None, None, 1))
def a_list_confirms_and_loses_nothing(parts: Parts, page: str) -> None:
    parts.warc.see(page, 0, [T + "a", T + "b"])
    parts.csv.see(page, 4, [T + "a"], status=None)


@story(a=(4, 4, 9, "removed", 0))
def a_listed_link_is_gone_when_we_look(parts: Parts, page: str) -> None:
    parts.csv.see(page, 4, [T + "a"], status=None)
    parts.warc.see(page, 9, [])


@story(a=(4, 4, None, None, 0))
def a_listed_link_after_a_look_stands(parts: Parts, page: str) -> None:
    parts.warc.see(page, 0, [])
    parts.csv.see(page, 4, [T + "a"], status=None)


@story(a=(-40_000, 0, 9, "removed", 2), b=(9, 900_000, None, None, 2))
def dates_that_cannot_be(parts: Parts, page: str) -> None:
    parts.warc.see(page, -40_000, [T + "a"])
    parts.warc.see(page, 0, [T + "a"])
    parts.warc.see(page, 9, [T + "b"])
    parts.warc.see(page, 900_000, [T + "b"])


@story(a=(0, 0, 5, "page_gone", 1))
def gone_and_then_unreachable(parts: Parts, page: str) -> None:
    parts.warc.see(page, 0, [T + "a"])
    parts.warc.see(page, 5, status=404)
    parts.warc.see(page, 9, status=500)


@story(a=(0, 9, None, None, 2))
def gone_and_back(parts: Parts, page: str) -> None:
    parts.warc.see(page, 0, [T + "a"])
    parts.warc.see(page, 5, status=404)
    parts.warc.see(page, 9, [T + "a"])


LETTER: dict[str, Any] = {"anchor": "good bread", "text_before": "Read about", "text_after": "by my friend"}


@story(a=(0, 0, 9, "moved", 1))
def moved_to_a_new_page(parts: Parts, page: str) -> None:
    parts.warc.see(page, 0, [{"to": T + "a", **LETTER}])
    parts.warc.see(page, 9, [])
    parts.warc.see(page + "/new", 8, [{"to": T + "a", **LETTER}, T + "restored"])


@story(a=(0, 0, 9, "moved", 1))
def moved_with_the_page(parts: Parts, page: str) -> None:
    parts.warc.see(page, 0, [{"to": T + "a", **LETTER}])
    parts.warc.see(page, 9, status=301, redirect_target=page + "/new")
    parts.warc.see(page + "/new", 9, [{"to": T + "a", **LETTER}])


@story(a=(0, 0, 9, "removed", 1))
def a_link_on_all_pages_does_not_move(parts: Parts, page: str) -> None:
    parts.warc.see(page + "/other", 0, [{"to": T + "a", **LETTER}])
    parts.warc.see(page, 0, [{"to": T + "a", **LETTER}])
    parts.warc.see(page, 9, [])
    parts.warc.see(page + "/new", 9, [{"to": T + "a", **LETTER}])


@story(a=(0, 0, 9, "removed", 1))
def another_anchor_is_another_link(parts: Parts, page: str) -> None:
    parts.warc.see(page, 0, [{"to": T + "a", **LETTER}])
    parts.warc.see(page, 9, [])
    parts.warc.see(page + "/new", 9, [{"to": T + "a", **LETTER, "anchor": "bad bread"}])


@story(a=(0, 0, 9, "removed", 1))
def moved_there_and_gone(parts: Parts, page: str) -> None:
    parts.warc.see(page, 0, [{"to": T + "a", **LETTER}])
    parts.warc.see(page, 9, [])
    parts.warc.see(page + "/new", 9, [{"to": T + "a", **LETTER}])
    parts.warc.see(page + "/new", 10, [])


SCRIPTED: dict[str, Any] = {"to": T + "b", "needs_script": True}


@story(a=(0, 9, None, None, 1), b=(0, 0, None, None, 1))
def scripts_that_were_not_run_are_no_loss(parts: Parts, page: str) -> None:
    parts.js.see(page, 0, [T + "a", SCRIPTED])
    parts.warc.see(page, 9, [T + "a"])


@story(a=(0, 9, None, None, 2), b=(0, 0, 9, "removed", 1))
def scripts_that_were_run_again_tell(parts: Parts, page: str) -> None:
    parts.js.see(page, 0, [T + "a", SCRIPTED])
    parts.js.see(page, 9, [T + "a"])


@story(b=(0, 0, 9, "page_gone", 1))
def a_page_with_scripts_that_is_gone(parts: Parts, page: str) -> None:
    parts.js.see(page, 0, [SCRIPTED])
    parts.warc.see(page, 9, status=404)


@story(a=(0, 0, None, None, 1), b=(0, 0, None, None, 1))
def before_and_after_scripts_at_one_time(parts: Parts, page: str) -> None:
    parts.warc.see(page, 0, [T + "a"])
    parts.js.see(page, 0, [T + "a", SCRIPTED])


@story(a=(0, 9, None, None, 2), b=(0, 0, 9, "removed", 1))
def scripts_that_added_nothing_take_nothing_from_later_captures(parts: Parts, page: str) -> None:
    parts.js.see(page, 0, [T + "a", T + "b"])
    parts.warc.see(page, 9, [T + "a"])


@pytest.fixture(scope="module")
def snapshot(tmp_path_factory: pytest.TempPathFactory) -> Snapshot:
    folder: Path = tmp_path_factory.mktemp("states")
    parts = Parts()
    for name, (function, _) in STORIES.items():
        function(parts, PAGE.format(name))
    return arranged([parts.warc, parts.wat, parts.csv, parts.other, parts.js], folder)


@pytest.mark.parametrize("name", STORIES)
def test_state_of_links(snapshot: Snapshot, name: str) -> None:
    page = same_page_key(PAGE.format(name))
    found = {str(link["target_url"]).removeprefix(T): link for link in snapshot.of_page("links", name, page)}
    expected = STORIES[name][1]
    shown = {path: state_of(link) for path, link in found.items() if path in expected or path in "abc"}
    assert shown == expected


def state_of(link: dict[str, Any]) -> State:
    lost_at = link["lost_at"]
    assert link["is_live"] == (lost_at is None)
    return (
        days(link["first_seen"]),
        days(link["last_seen"]),
        None if lost_at is None else days(lost_at),
        link["lost_reason"],
        link["n_seen"],
    )


def days(at: datetime) -> float:
    return (at - day(0)).total_seconds() / 86_400


def test_deeper_input_wins(snapshot: Snapshot) -> None:
    for name in ("the-same-capture-from-warc-and-wat", "warc-and-wat-whose-digests-differ-in-kind"):
        (capture,) = snapshot.of_page("captures", name)
        assert capture["depth"] == "warc"
        (link,) = snapshot.of_page("links", name)
        assert link["heading"] == "Deep"


def test_seen_link_is_shown_instead_of_the_listed_one(snapshot: Snapshot) -> None:
    links = snapshot.of_page("links", "a-list-confirms-and-loses-nothing")
    assert {link["kind"] for link in links} == {"anchor"}


def test_one_current_capture_a_page(snapshot: Snapshot) -> None:
    captures = snapshot.rows("captures")
    current = [c["url_key"] for c in captures if c["is_current"]]
    assert len(current) == len(set(current))
    assert {c["url_key"] for c in captures if c["is_conclusive"]} == set(current)


def test_a_revisit_shows_the_facts_of_its_original(snapshot: Snapshot) -> None:
    captures = snapshot.of_page("captures", "a-revisit-inherits-the-links")
    assert [c["is_current"] for c in captures] == [False, True]
    assert captures[1]["title"] == captures[0]["title"] is not None
