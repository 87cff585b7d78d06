"""Names of nodes: packed and found again."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inlink.errors import CorruptIndex
from inlink.graph.names import Names, NamesWriter, Texts, open_names
from inlink.urls.identity import same_page_key
from inlink.urls.surt import host_key

WORDS = st.lists(st.text(max_size=12).filter(lambda text: text.isprintable()), max_size=30)


@given(WORDS)
def test_texts_read_back(words: list[str]) -> None:
    texts = Texts.of(words)
    assert list(texts) == words
    assert len(texts) == len(words)


@given(WORDS, st.text(max_size=6).filter(lambda text: text.isprintable()))
def test_the_first_that_is_not_before(words: list[str], wanted: str) -> None:
    ordered = sorted(words, key=str.encode)
    expected = next((i for i, word in enumerate(ordered) if word.encode() >= wanted.encode()), len(ordered))
    assert Texts.of(ordered).first_at_least(wanted) == expected


def names_of(kind: str, names: list[str], folder: Path) -> Names:
    """Names written one by one, and opened."""
    keyed = sorted((same_page_key(name) if kind == "pages" else host_key(name), name) for name in names)
    size = (sum(len(key.encode()) for key, _ in keyed), sum(len(name.encode()) for _, name in keyed))
    writer = NamesWriter(folder, len(keyed), size)
    for key, name in keyed:
        writer.add(Texts.of([key]), Texts.of([name]))
    writer.close()
    return open_names(folder, kind)


@pytest.mark.parametrize(
    ("kind", "names", "missing"),
    [
        ("domains", ["b.example", "a.example", "xn--bcher-kva.example", "10.0.0.1", "example"], ["c.example", ""]),
        ("hosts", ["www.a.example", "a.example", "a.example.", "a.b.example"], ["b.example", "aa.example"]),
        (
            "pages",
            ["https://a.example/", "https://a.example/x?y=1", "http://b.example/ü"],
            ["https://a.example/z", "x y"],
        ),
    ],
)
def test_nodes_by_name(tmp_path: Path, kind: str, names: list[str], missing: list[str]) -> None:
    opened = names_of(kind, names, tmp_path)
    assert sorted(opened.names) == sorted(names)
    for name in names:
        node = opened.node(name)
        assert node is not None
        assert opened.name(node) == name
        assert opened.node_of_key(opened.key(node), name) == node
    assert [opened.node(name) for name in missing] == [None] * len(missing)


def test_spellings_of_one_page_are_one_node(tmp_path: Path) -> None:
    packed = names_of("pages", ["https://a.example/guide"], tmp_path)
    for spelling in ("http://www.a.example/guide/", "https://a.example/guide?utm_source=x"):
        assert packed.node(spelling) == 0


def test_nobody_has_names(tmp_path: Path) -> None:
    opened = names_of("domains", [], tmp_path)
    assert (len(opened), opened.node("a.example")) == (0, None)
    with pytest.raises(CorruptIndex, match="cannot be read"):
        open_names(tmp_path / "elsewhere", "domains")


def test_counts_that_do_not_fit_are_found(tmp_path: Path) -> None:
    writer = NamesWriter(tmp_path, 2, (4, 4))
    writer.add(Texts.of(["a"]), Texts.of(["b"]))
    with pytest.raises(CorruptIndex, match="fewer"):
        writer.close()
    with pytest.raises(CorruptIndex, match="more"):
        writer.add(Texts.of(["aa", "bb"]), Texts.of(["c", "d"]))
