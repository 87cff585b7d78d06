"""Links of which some inputs tell rel and others cannot: what is known is kept, and learning is no change."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from arranged import Snapshot, arranged
from small_parts import SmallPart, day

PAGE = "https://page.example/"
TARGET = "https://target.example/"
UNTOLD: dict[str, Any] = {"nofollow": None, "ugc": None, "sponsored": None}
Run = tuple[float, float, str | None, bool | None]


def seen(tmp_path: Path, *looks: dict[str, Any] | None, depth: str = "warc") -> Snapshot:
    """A page that was seen day by day, with what each look tells of its one link; None: it is not there."""
    part = SmallPart("a.warc.gz", depth)
    for at, told in enumerate(looks):
        part.see(PAGE, at, [] if told is None else [{"to": TARGET, **told}], content=f"{at}")
    return arranged([part], tmp_path)


def runs_of(snapshot: Snapshot) -> list[Run]:
    """(first day, last day, ended by, nofollow) of each version."""
    return [
        ((row["seen_from"] - day(0)).days, (row["seen_to"] - day(0)).days, row["ended_by"], row["nofollow"])
        for row in snapshot.rows("versions")
    ]


def test_learning_is_no_change(tmp_path: Path) -> None:
    assert runs_of(seen(tmp_path, UNTOLD, {"nofollow": False}, UNTOLD, {"nofollow": False})) == [(0, 3, None, False)]


def test_a_change_across_a_look_that_cannot_tell(tmp_path: Path) -> None:
    found = runs_of(seen(tmp_path, {"nofollow": False}, UNTOLD, {"nofollow": True}))
    assert found == [(0, 1, "changed", False), (2, 2, None, True)]


def test_what_was_known_before_a_loss_is_not_compared(tmp_path: Path) -> None:
    found = runs_of(seen(tmp_path, {"nofollow": False}, None, UNTOLD, {"nofollow": True}))
    assert found == [(0, 0, "removed", False), (2, 3, None, True)]


def test_each_of_the_three_is_known_by_itself(tmp_path: Path) -> None:
    looks: list[dict[str, Any] | None] = [
        {"nofollow": True, "ugc": None},
        {"nofollow": None, "ugc": False},
        {"nofollow": True, "ugc": True},
    ]
    assert [run[:3] for run in runs_of(seen(tmp_path, *looks))] == [(0, 1, "changed"), (2, 2, None)]


def test_an_anchor_that_wat_cuts_is_no_change(tmp_path: Path) -> None:
    warc, wat = SmallPart("a.warc.gz"), SmallPart("b.warc.wat.gz", "wat")
    words = "word " * 40
    anchors = {0: words, 2: words, 3: words + "more", 5: "other " + words}
    for at, text in anchors.items():
        warc.see(PAGE, at, [{"to": TARGET, "anchor": text.strip()}], content=f"{at}")
    for at in (1, 4):
        wat.see(PAGE, at, [{"to": TARGET, "anchor": words[:128].strip()}], content=f"{at}")
    found = arranged([warc, wat], tmp_path).rows("versions")
    assert [(row["seen_from"], row["seen_to"], row["anchor"]) for row in found] == [
        (day(0), day(2), words.strip()),
        (day(3), day(4), words + "more"),
        (day(5), day(5), "other " + words.strip()),
    ]


def test_what_wat_and_lists_cannot_tell_does_not_move_a_link(tmp_path: Path) -> None:
    part = SmallPart("b.warc.wat.gz", "wat")
    part.see(PAGE, 0, [{"to": TARGET}])
    part.see(PAGE, 9, [])
    part.see(PAGE + "new", 9, [{"to": TARGET}])
    reasons = {row["source_url"]: row["lost_reason"] for row in arranged([part], tmp_path).rows("links")}
    assert reasons == {PAGE: "removed", PAGE + "new": None}


def test_a_link_is_shown_as_it_was_last_seen(tmp_path: Path) -> None:
    (row,) = seen(tmp_path, {"nofollow": True}, UNTOLD).rows("links")
    assert (row["nofollow"], row["ugc"], row["sponsored"]) == (None, None, None)


def test_the_seen_link_tells_what_its_list_does_not(tmp_path: Path) -> None:
    warc, listed = SmallPart("a.warc.gz"), SmallPart("l.csv", "csv")
    warc.see(PAGE, 0, [{"to": TARGET, "nofollow": True}])
    listed.see(PAGE, 5, [{"to": TARGET, **UNTOLD}], status=None)
    (row,) = arranged([warc, listed], tmp_path).rows("links")
    assert (row["kind"], row["nofollow"], row["ugc"]) == ("anchor", True, False)


def test_sums_count_the_unknown_apart(tmp_path: Path) -> None:
    part = SmallPart("l.csv", "csv")
    told: list[dict[str, Any]] = [
        {"nofollow": True, "ugc": None, "sponsored": None},  # not follow
        {"nofollow": False, "ugc": None, "sponsored": None},  # not known
        UNTOLD,
        {"nofollow": None, "ugc": True, "sponsored": None},  # not follow
        {},
    ]
    for number, flags in enumerate(told):
        part.see(f"https://s{number}.example/", 0, [{"to": TARGET, **flags}], status=None)
    part.see(TARGET, 0, [{"to": "https://far.example/"}], status=None)
    snapshot = arranged([part], tmp_path)
    (domain,) = (row for row in snapshot.rows("domains") if row["domain"] == "target.example")
    (host,) = (row for row in snapshot.rows("hosts") if row["host"] == "target.example")
    for row in (domain, host):
        assert (row["in_links"], row["in_follow_links"], row["in_unknown_follow_links"]) == (5, 1, 2)
        assert (row["in_domains"], row["in_follow_domains"]) == (5, 1)
    pairs = {row["source_domain"]: row for row in snapshot.rows("pairs") if row["target_domain"] == "target.example"}
    counts = [
        (pairs[f"s{n}.example"]["n_follow_links"], pairs[f"s{n}.example"]["n_unknown_follow_links"]) for n in range(5)
    ]
    assert counts == [(0, 0), (0, 1), (0, 1), (0, 0), (1, 0)]
    (far,) = (row for row in snapshot.rows("links") if row["target_domain"] == "far.example")
    assert far["strength"] == 3  # domains whose link is follow or not known


def test_the_best_link_of_a_pair_is_follow_then_unknown(tmp_path: Path) -> None:
    part = SmallPart("a.warc.gz")
    flags: list[dict[str, Any]] = [{"nofollow": True}, UNTOLD, {"nofollow": False}]
    for number, told in enumerate(flags):
        part.see(f"https://a.example/{number}", 0, [{"to": "https://x.example/", **told}])
        if number < 2:
            part.see(f"https://b.example/{number}", 0, [{"to": "https://x.example/", **told}])
    snapshot = arranged([part], tmp_path)
    nofollow = {row["link_id"]: row["nofollow"] for row in snapshot.rows("links")}
    best = {row["source_domain"]: nofollow[row["best_link_id"]] for row in snapshot.rows("pairs")}
    assert best == {"a.example": False, "b.example": None}
