"""The nearest living page: by name, by words, by what others call it; never the home page, never by chance."""

from __future__ import annotations

from inlink.mending.nearest import Nearest, Page, name_of, words_of

LIVING = [
    Page("https://mine.example/", "My bakery: bread, rye, starter, oven, guide"),
    Page("https://mine.example/guides/rye-starter", "How to keep a rye starter alive"),
    Page("https://mine.example/guides/oven-steam/", "Steam in a home oven"),
    Page("https://mine.example/shop/proofing-basket.html", "Proofing basket made of rattan"),
    Page("https://mine.example/2024/salt-in-bread", "Why bread wants salt"),
    Page("https://mine.example/ueber-uns", "Über uns"),
    Page("https://mine.example/ja/a", "サワードウの作り方"),
]
NEAREST = Nearest(LIVING)


def suggested(url: str, **anchors: int) -> str | None:
    found = NEAREST.suggest(Page(url, "", {name.replace("_", " "): n for name, n in anchors.items()}))
    return None if found is None else found.url.removeprefix("https://mine.example")


def test_by_name() -> None:
    assert suggested("https://mine.example/blog/rye-starter.php") == "/guides/rye-starter"
    assert suggested("https://old.mine.example/proofing-basket/") == "/shop/proofing-basket.html"


def test_by_what_others_call_it() -> None:
    assert suggested("https://mine.example/?p=17", steam_in_the_oven=3) == "/guides/oven-steam/"
    assert suggested("https://mine.example/x9", サワードウの作り方=2) == "/ja/a"


def test_by_words_of_the_address() -> None:
    assert suggested("https://mine.example/archive/keep-rye-starter-alive-2019.html") == "/guides/rye-starter"


def test_nothing_by_chance() -> None:
    assert suggested("https://mine.example/careers") is None
    assert suggested("https://mine.example/x", click_here=9) is None
    assert suggested("https://mine.example/bread") is None  # one word is not enough
    assert suggested("https://mine.example/my-bakery") is None  # the home page is no answer
    assert Nearest([]).suggest(Page("https://mine.example/x")) is None


def test_what_is_left_out_is_not_suggested() -> None:
    dead = Page("https://mine.example/rye-starter")
    first = NEAREST.suggest(dead)
    assert first is not None
    assert "the same name (rye-starter)" in first.why
    assert "starter" in first.why
    assert 0.3 <= first.likeness <= 1
    assert NEAREST.suggest(dead, [first.url]) is None


def test_words_and_names() -> None:
    assert words_of("Über-uns, X & ÜBER") == ["über", "uns", "über"]
    assert words_of("作り方") == ["作り", "り方"]
    assert [name_of(f"https://a.example{path}") for path in ("/", "/index.html", "/a/B.HTML", "/a/b/", "/%C3%BC")] == [
        "", "", "b", "b", "ü",
    ]  # fmt: skip
