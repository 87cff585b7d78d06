"""The compiled resolver against ada, link by link: vectors, generated references and all links of the saved pages."""

from __future__ import annotations

import json
from pathlib import Path
from typing import NamedTuple

import ada_url
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pytest
from fastwarc.warc import ArchiveIterator, WarcRecordType
from hypothesis import given
from hypothesis import strategies as st
from resiliparse.parse.encoding import bytes_to_str, detect_encoding
from selectolax.lexbor import LexborHTMLParser

from inlink.errors import BadInput
from inlink.urls import batch
from inlink.urls.batch import INVALID, OTHER_SCHEME, WEB, Resolved, resolve, resolve_absolute
from inlink.urls.identity import same_page_key
from inlink.urls.parse import well_formed


class Answer(NamedTuple):
    """One row: status, and where it is WEB its URL, key and host."""

    status: int
    url: str | None = None
    key: str | None = None
    host: str | None = None


def by_ada(raw: str, base: str | None) -> Answer:
    """What ada says, and the key by the interpreted kernel (test_identity judges that)."""
    try:
        url = ada_url.URL(raw, base if base is not None and ada_url.URL.can_parse(base) else None)
    except ValueError:
        return Answer(INVALID)
    if url.protocol not in ("http:", "https:"):
        return Answer(OTHER_SCHEME)
    href = url.href.partition("#")[0]
    return Answer(WEB, href, same_page_key(href), url.hostname)


def rows(resolved: Resolved) -> list[Answer]:
    columns = (resolved.url.to_pylist(), resolved.key.to_pylist(), resolved.host.to_pylist())
    return [Answer(*row) for row in zip(resolved.status.tolist(), *columns, strict=True)]


def differing(raws: list[str], page: npt.NDArray[np.int32], bases: list[str]) -> list[tuple[str, str | None, Answer]]:
    """The rows where the resolver and ada differ: target, base, the resolver's answer."""
    resolved = resolve(pa.array(raws, pa.string()), page, bases)
    for column in (resolved.url, resolved.key, resolved.host):
        column.validate(full=True)
    asked = [(raw, bases[at] if at >= 0 else None) for raw, at in zip(raws, page.tolist(), strict=True)]
    answers = zip(asked, rows(resolved), strict=True)
    return [(raw, base, got) for (raw, base), got in answers if got != by_ada(raw, base)]


def test_whatwg_vectors(data_dir: Path) -> None:
    cases = json.loads((data_dir / "vectors" / "wpt-urltestdata.json").read_text("utf-8"))
    cases = [case for case in cases if not isinstance(case, str)]
    bases = [*{case["base"]: None for case in cases if case["base"] is not None}]
    numbers = {base: i for i, base in enumerate(bases)} | {None: -1}
    page = np.array([numbers[case["base"]] for case in cases], np.int32)
    assert differing([case["input"] for case in cases], page, bases) == []


def test_idna_vectors(data_dir: Path) -> None:
    raws = []
    for name in ("wpt-toascii.json", "wpt-IdnaTestV2.json"):
        cases = json.loads((data_dir / "vectors" / name).read_text("utf-8"))
        names = [well_formed(case["input"]) for case in cases if not isinstance(case, str)]
        raws += [f"{scheme}//{name}/x" for name in names for scheme in ("http:", "")]
    assert differing(raws, np.zeros(len(raws), np.int32), ["https://example.org/"]) == []


WORDS = r"""
    http: https: HTTP: hTTps: // / \ ? # . .. %2e %2E .%2e a b.html index.html Index.PHP www. example.org EXAMPLE.Org
    xn--bcher-kva.de bücher.de XN--a 0x7f.1 1.2.3.4 [::1] :80 :443 :8080 : @ user é 日本 % %41 %7e %zz & = utm_source=x
    fbclid a=1 ' " < > ^ ` { } | ~ ! $ * ( ) , ; + ftp: mailto: javascript: ws: wss: file: data: tel: foo: x/ /x ..//
    /./ localhost com 1 09 a. - _ a--b ． 。 ß İ %2F %5c default.aspx
"""
SPACES = [" ", "\t", "\n", "\r", "\0", "\x1f", "\x7f", "\u200d", "\ufffd", "\xad", "😀"]
PIECES = st.one_of(st.sampled_from([*WORDS.split(), *SPACES]), st.characters(exclude_categories=["Cs"]))
STARTS = st.sampled_from(["", "http://", "https://", "//", "/", "..", "?", "#", "\\"])
REFERENCES = st.builds("{}{}".format, STARTS, st.lists(PIECES, max_size=8).map("".join))
SOME_BASES = """
    http://www.example.org/a/b/c.html?q=1 https://x.org http://u:p@example.org:8080/d/e%20f/?x#y about:blank file:///a/b
    no-base mailto:x http://EXAMPLE.com/%7ex/..//a?b https://[::1]/x/
"""
BASES = st.one_of(st.sampled_from(SOME_BASES.split()), REFERENCES)


@given(st.lists(BASES, min_size=1, max_size=4), st.lists(st.tuples(REFERENCES, st.integers(-1, 3)), max_size=30))
def test_equals_ada_on_anything(bases: list[str], links: list[tuple[str, int]]) -> None:
    page = np.array([min(at, len(bases) - 1) for _, at in links], np.int32)
    assert differing([raw for raw, _ in links], page, bases) == []


@given(st.lists(REFERENCES, max_size=20))
def test_a_resolved_column_resolves_to_itself(raws: list[str]) -> None:
    once = resolve(pa.array(raws, pa.string()), np.zeros(len(raws), np.int32), ["http://example.org/a/b?c"])
    web = once.url.drop_null()
    again = resolve_absolute(web)
    assert again.url.equals(web)
    assert again.key.equals(once.key.drop_null())


class Corpus(NamedTuple):
    """The links of an archive as written, with their bases."""

    raws: list[str]
    page: npt.NDArray[np.int32]
    bases: list[str]


def read_links(path: Path, one_in: int) -> Corpus:
    """Every href and src of the pages of an archive, or of one in so many of them, as written."""
    raws: list[str] = []
    page: list[int] = []
    bases: list[str] = []
    with path.open("rb") as stream:
        records = ArchiveIterator(stream, record_types=WarcRecordType.response, parse_http=True)
        for number, record in enumerate(records):
            if number % one_in:
                continue
            body = record.reader.read()
            tree = LexborHTMLParser(bytes_to_str(body, detect_encoding(body) or "utf-8"))
            url = record.headers["WARC-Target-URI"].strip("<>")
            declared = tree.css_first("base[href]")
            written = declared.attributes.get("href") if declared is not None else None
            bases.append(ada_url.join_url(url, written) if written else url)
            for node in tree.css("[href], [src], [action]"):
                for name in ("href", "src", "action"):
                    if name in node.attributes:
                        raws.append(node.attributes[name] or "")
                        page.append(len(bases) - 1)
    return Corpus(raws, np.array(page, np.int32), bases)


@pytest.mark.parametrize(
    ("folder", "one_in"),
    [("sites", 1), ("html-corpora", 4), pytest.param("html-corpora", 1, marks=pytest.mark.gate)],
)
def test_equals_ada_on_saved_pages(data_dir: Path, folder: str, one_in: int) -> None:
    n = 0
    wrong = []
    for path in sorted((data_dir / folder).rglob("*.warc.gz*")):
        corpus = read_links(path, one_in)
        n += len(corpus.raws)
        wrong += differing(*corpus)
    assert n > 100_000 // one_in
    assert wrong == []


def test_hosts_are_numbered_in_order_of_appearance() -> None:
    raws = pa.array(["http://b.org/", "http://A.org:81/", "x", "http://a.org/", "mailto:x", "HTTP://B.org/?"])
    got = resolve(raws, np.zeros(6, np.int32), ["http://c.org/"])
    assert got.host.dictionary.to_pylist() == ["c.org", "b.org", "a.org"]
    assert got.host.indices.to_pylist() == [1, 2, 0, 2, None, 1]


def test_nulls_empty_columns_and_slices() -> None:
    raws = pa.array(["x", None, "http://a.org/é", "y"])
    page = np.zeros(4, np.int32)
    whole = rows(resolve(raws, page, ["http://b.org/"]))
    assert [row.status for row in whole] == [WEB, INVALID, WEB, WEB]
    assert rows(resolve(raws.slice(1, 2), page[:2], ["http://b.org/"])) == whole[1:3]
    assert rows(resolve(pa.chunked_array([raws[:2], raws[2:]]), page, ["http://b.org/"])) == whole
    assert rows(resolve(raws.cast(pa.large_string()), page, ["http://b.org/"])) == whole
    assert rows(resolve(pa.array([], pa.string()), page[:0], [])) == []
    assert rows(resolve(pa.array([None], pa.string()), page[:1], ["http://b.org/"])) == [Answer(INVALID)]


def test_columns_are_grown_as_needed() -> None:
    base = "http://example.org/" + "d" * 5000 + "/"
    raws = pa.array(["x"] * 300 + ["é" * 3000, "http://" + "a." * 3000 + "org/", "http://bücher.de/" + "ü" * 9000])
    page = np.zeros(len(raws), np.int32)
    assert rows(resolve(raws, page, [base])) == [by_ada(raw, base) for raw in raws.to_pylist()]


def test_more_hosts_than_expected() -> None:
    """Every row of a page in a legacy charset may enter its host in two spellings."""
    raws = [f"HTTP://WWW.Host{i % 7000}.example:{80 + i % 3}/?ü" for i in range(12_000)]
    got = resolve(pa.array(raws), np.zeros(len(raws), np.int32), ["http://a.org/"], ["latin1"])
    assert got.host.dictionary.to_pylist() == ["a.org", *(f"www.host{i}.example" for i in range(7000))]
    assert [row.url for row in rows(got)] == [
        f"http://www.host{i % 7000}.example{('', ':81', ':82')[i % 3]}/?%FC" for i in range(12_000)
    ]


def test_a_bomb_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batch, "MAX_COLUMN_BYTES", 100_000)
    base = "http://example.org/" + "d" * 5000 + "/"
    got = resolve(pa.array(["x"] * 1000 + ["http://a.org/"]), np.zeros(1001, np.int32), [base])
    assert 900 < len(got.dropped) < 1000
    assert got.url.nbytes < 200_000
    assert rows(got)[0].url == f"{base}x"
    assert rows(got)[999] == Answer(INVALID)
    assert rows(got)[1000].url == "http://a.org/"


@pytest.mark.parametrize("page", [[0, 1], [-2], [1], [2**31 - 1]])
def test_page_numbers_must_fit(page: list[int]) -> None:
    with pytest.raises(BadInput):
        resolve(pa.array(["x"]), np.array(page, np.int32), ["http://a.org/"])


def test_legacy_charsets_are_per_page() -> None:
    raws = pa.array(["?ü", "?ü", "/ü", "?a"])
    got = resolve(raws, np.array([0, 1, 0, 0], np.int32), ["http://a.org/", "http://b.org/"], ["latin1", "utf-8"])
    assert got.url.to_pylist() == [
        "http://a.org/?%FC",
        "http://b.org/?%C3%BC",
        "http://a.org/%C3%BC",
        "http://a.org/?a",
    ]
