"""Text of releases becomes arrays: numbers, lines, order, and everything that can be wrong with a file."""

from __future__ import annotations

import gzip
import math
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inlink.errors import BadInput, Unreachable
from inlink.graph import release_blocks, release_edges, release_names, release_spill
from inlink.graph.release_blocks import blocks
from inlink.graph.release_decimals import GOOD, NO_NUMBER, read_decimal
from inlink.graph.release_digits import PADDING, TOO_LARGE, read_number
from inlink.graph.release_edges import Outward, convert_edges
from inlink.graph.release_findings import Findings
from inlink.graph.release_names import ReleaseNames, convert_names, www_of
from inlink.graph.release_ranks import RANKS, convert_ranks
from inlink.sources.blobs import HeldBytes, LocalBlob


def held(text: str | bytes, name: str = "part.txt.gz") -> HeldBytes:
    data = text.encode() if isinstance(text, str) else text
    return HeldBytes(name, gzip.compress(data, 1, mtime=0))


def padded(text: str) -> np.ndarray[tuple[int], np.dtype[np.uint8]]:
    return np.frombuffer(text.encode() + b" " * PADDING, np.uint8)


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Buffers so small that every boundary is met."""
    monkeypatch.setattr(release_blocks, "PIECE_BYTES", 61)
    monkeypatch.setattr(release_blocks, "_FEED_BYTES", 17)
    monkeypatch.setattr(release_edges, "_TARGETS", 3)
    monkeypatch.setattr(release_edges, "_SPILLED", 2)
    monkeypatch.setattr(release_names, "_ROWS", 3)
    monkeypatch.setattr(release_spill, "_N_RANGES", 3)
    yield


# ---- numbers ---------------------------------------------------------------------------------------------------------


@given(st.integers(0, 10**11 - 1), st.sampled_from(["\t", "\n", "\r\n", " ", "x", ".", ":", "/", "é"]))
def test_whole_numbers(number: int, after: str) -> None:
    found, end = read_number(padded(f"{number}{after}9"), 0)
    assert (int(found), end) == (number, len(str(number)))


@pytest.mark.parametrize("text", ["", "x", ":1", "/1", "-1", " 1", "\xff1"])
def test_what_is_no_whole_number(text: str) -> None:
    assert read_number(padded(text), 0)[1] == 0


def test_leading_zeros_and_numbers_too_large() -> None:
    for text, wanted in (("00000012\t", 12), ("9" * 11, 10**11 - 1)):
        number, end = read_number(padded(text), 0)
        assert (int(number), end) == (wanted, len(text.strip()))
    assert int(read_number(padded("1" * 12), 0)[0]) == int(TOO_LARGE)
    assert int(read_number(padded("1" * 200), 0)[0]) == int(TOO_LARGE)


def check_decimal(text: str) -> None:
    value, end, kind = read_decimal(padded(f"{text}\t"), 0)
    assert end == len(text)
    if kind == GOOD:
        assert value == float(text) and math.copysign(1, value) == math.copysign(1, float(text))


@settings(max_examples=200)
@given(st.floats(allow_nan=False, allow_infinity=False))
def test_decimals_are_the_nearest_double(number: float) -> None:
    check_decimal(repr(number))
    check_decimal(f"{number:.17E}")
    check_decimal(f"{number:.6f}"[:60])


@settings(max_examples=200)
@given(st.integers(0, 10**19 - 1), st.integers(-300, 300))
def test_decimals_of_any_digits(digits: int, power: int) -> None:
    check_decimal(f"{digits}e{power}")


def test_most_decimals_are_read_without_help() -> None:
    rng = np.random.default_rng(1)
    texts = [repr(x) for x in (rng.random(2000) * 10.0 ** rng.integers(-12, 9, 2000)).tolist()]
    assert sum(read_decimal(padded(f"{text}\t"), 0)[2] != GOOD for text in texts) == 0


@pytest.mark.parametrize("text", ["", ".", "-", "e5", "1e", "1e+", "NaN", "Infinity", "x1"])
def test_what_is_no_decimal(text: str) -> None:
    assert read_decimal(padded(f"{text}\t"), 0)[2] == NO_NUMBER


# ---- files -----------------------------------------------------------------------------------------------------------


def text_of(blob: HeldBytes | LocalBlob) -> bytes:
    return b"".join(block.data[block.start : block.end].tobytes() for block in blocks(blob))


@pytest.mark.parametrize("pack", [lambda t: t, gzip.compress, lambda t: gzip.compress(t[:7]) + gzip.compress(t[7:])])
@given(text=st.lists(st.binary(max_size=40).map(lambda b: b.replace(b"\n", b"") + b"\n"), min_size=1).map(b"".join))
@settings(max_examples=30)
def test_blocks_are_the_whole_text(pack: object, text: bytes) -> None:
    if callable(pack) and not text.startswith(b"\x1f"):
        assert text_of(HeldBytes("x", pack(text))) == text


@pytest.mark.usefixtures("small")
def test_small_pieces_and_a_last_line_without_an_end() -> None:
    text = "".join(f"{k}\t{k * k}\n" for k in range(500)).encode()
    assert text_of(held(text)) == text
    assert text_of(held(text[:-1])) == text
    assert all(block.data[block.end - 1] == 10 for block in blocks(held(text)))


PACKED = gzip.compress(b"".join(b"%d\t%d\n" % (k, k * 77 % 1000) for k in range(1000)))


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "is empty"),
        (PACKED[:-1], "ends in the middle"),
        (PACKED[: len(PACKED) // 2], "ends in the middle"),
        (PACKED[:3], "ends in the middle"),
        (PACKED[:-6] + bytes([PACKED[-6] ^ 1]) + PACKED[-5:], "damaged"),
        (PACKED[:800] + bytes([PACKED[800] ^ 255]) + PACKED[801:], "damaged"),
        (PACKED + b"more", "something else follows"),
        (gzip.compress(b"x" * 100_000), "a line of more than"),
    ],
    ids=["empty", "one-byte-short", "half", "head-only", "wrong-crc", "flipped-bits", "trailing", "no-lines"],
)
def test_damaged_files(data: bytes, said: str) -> None:
    with pytest.raises(BadInput, match=said):
        text_of(HeldBytes("edges.txt.gz", data))


def test_zeros_behind_the_data_are_padding() -> None:
    assert len(text_of(HeldBytes("x", PACKED + bytes(512)))) == len(gzip.decompress(PACKED))


def test_a_missing_file(tmp_path: Path) -> None:
    with pytest.raises(Unreachable):
        text_of(LocalBlob(tmp_path / "nothing"))


def test_reading_may_stop_in_the_middle() -> None:
    found = blocks(held("1\t2\n" * 3_000_000))
    next(found)
    found.close()


# ---- edges -----------------------------------------------------------------------------------------------------------


def rows_of(made: Outward) -> list[list[int]]:
    targets = np.fromfile(made.path, np.uint32).tolist()
    ends = np.cumsum(made.degrees).tolist()
    return [targets[end - degree : end] for end, degree in zip(ends, made.degrees.tolist(), strict=True)]


def plain(edges: list[tuple[int, int]], n: int) -> list[list[int]]:
    return [sorted({b for a, b in edges if a == source and b != a}) for source in range(n)]


def converted(text: str | list[str], n: int, folder: Path) -> tuple[list[list[int]], Findings]:
    findings = Findings()
    parts = [text] if isinstance(text, str) else text
    made = convert_edges([held(part, f"part-{k}") for k, part in enumerate(parts)], n, folder / "lists", findings)
    assert [path.name for path in folder.iterdir()] == ["lists"]
    return rows_of(made), findings


def lines(edges: list[tuple[int, int]], end: str = "\n") -> str:
    return "".join(f"{a}\t{b}{end}" for a, b in edges)


N = 40
EDGES = st.lists(st.tuples(st.integers(0, N - 1), st.integers(0, N - 1)), min_size=1, max_size=150).filter(
    lambda edges: any(a != b for a, b in edges)
)


@pytest.mark.usefixtures("small")
@settings(max_examples=30)
@given(edges=EDGES, is_sorted=st.booleans(), end=st.sampled_from(["\n", "\r\n"]))
def test_edges_in_any_order(
    tmp_path_factory: pytest.TempPathFactory, edges: list[tuple[int, int]], is_sorted: bool, end: str
) -> None:
    given_edges = sorted(edges) if is_sorted else edges
    found, findings = converted(lines(given_edges, end), N, tmp_path_factory.mktemp("edges"))
    assert found == plain(edges, N)
    n_loops = sum(a == b for a, b in edges)
    n_distinct = len({(a, b) for a, b in edges if a != b})
    assert findings.count("edge_lines") == len(edges)
    assert findings.count("self_loops") == n_loops
    assert findings.count("duplicate_edges") == len(edges) - n_loops - n_distinct
    assert findings.count("carriage_returns") == (len(edges) if end == "\r\n" else 0)
    assert not is_sorted or findings.count("edges_out_of_order", "unsorted_rows") == 0


def test_parts_in_any_order(tmp_path: Path) -> None:
    edges = [(a, (a * 7 + k) % 90) for a in range(90) for k in range(1, 5)]
    parts = [lines(edges[start : start + 60]) for start in (120, 0, 300, 60, 240, 180)]
    found, findings = converted([*parts, ""], 90, tmp_path)
    assert found == plain(edges, 90)
    assert findings.count("edges_out_of_order") == 0
    assert (findings.count("parts_listed_out_of_order"), findings.count("empty_files")) == (1, 1)


def test_large_ids_and_long_rows(tmp_path: Path) -> None:
    n = 120_000_000
    edges = [(5, 119_999_999), (99_999_999, 7), (99_999_999, 8), (100_000_000, 1), (119_999_999, 12_345_678)]
    edges += [(119_999_999, 12_345_678 + 3 * k) for k in range(1, 9)]
    made = convert_edges([held(lines(edges))], n, tmp_path / "lists", Findings())
    assert made.n_edges == len(edges)
    assert np.flatnonzero(made.degrees).tolist() == [5, 99_999_999, 100_000_000, 119_999_999]
    assert np.fromfile(made.path, np.uint32).tolist() == [b for _, b in edges]


BAD_LINES = ["x\t1", "1\tx", "1", "", "1\t2\t3", "1\t2x", "-1\t2", "1,2", "1\t", "\t1", "1\t2\r", "1.0\t2", "#1\t2"]


@pytest.mark.parametrize("bad", BAD_LINES)
def test_a_line_without_two_numbers_is_counted(tmp_path: Path, bad: str) -> None:
    found, findings = converted(f"0\t1\n0\t2\n{bad}\n3\t2\n3\t4\n", 5, tmp_path)
    assert found == [[1, 2], [], [], [2, 4], []] or bad == "1\t2\r"
    if bad != "1\t2\r":
        assert findings.count("edge_lines_not_numbers") == 1
        assert [(e.line, e.text) for e in findings.examples] == [(3, bad)]


@pytest.mark.parametrize("bad", ["0\t5", "5\t0", "0\t99999999999", "123456789012345\t0", "0\t4294967297"])
def test_an_edge_to_no_vertex_is_counted(tmp_path: Path, bad: str) -> None:
    found, findings = converted(f"0\t1\n{bad}\n3\t2\n0\t4\n", 5, tmp_path)
    assert found == [[1, 4], [], [], [2], []]
    assert findings.count("edges_out_of_range") == 1
    assert findings.examples[0].line == 2


def test_too_many_bad_lines_are_an_error(tmp_path: Path) -> None:
    good = lines([(a, a + 1) for a in range(5000)])
    with pytest.raises(BadInput, match="line 5001") as raised:
        converted(good + "no edge\n" * 101, 6000, tmp_path)
    assert "same release" in raised.value.hint
    with pytest.raises(BadInput, match="out of range"):
        converted(lines([(a, a + 1) for a in range(5000)]), 4800, tmp_path)
    with pytest.raises(BadInput, match="not numbers"):
        converted("a\tb\nc\td\n", 5, tmp_path)


@pytest.mark.parametrize("text", ["", "1\t1\n"])
def test_no_edge_at_all(tmp_path: Path, text: str) -> None:
    with pytest.raises(BadInput, match="not one edge"):
        converted(text, 5, tmp_path)


# ---- names -----------------------------------------------------------------------------------------------------------


def named(text: str | list[str], folder: Path) -> tuple[ReleaseNames, Findings]:
    findings = Findings()
    parts = [text] if isinstance(text, str) else text
    return convert_names([held(part, f"part-{k}") for k, part in enumerate(parts)], folder, findings), findings


def all_names(names: ReleaseNames, size: int = 100_000) -> list[str]:
    return [name.decode() for chunk in names.chunks(size) for name in chunk]


@pytest.mark.usefixtures("small")
def test_names_and_numbers_of_hosts(tmp_path: Path) -> None:
    wanted = sorted(f"com.name{k * k}" for k in range(200))
    text = "".join(f"{k}\t{name}\t{k % 7 + 1}\n" for k, name in enumerate(wanted))
    names, findings = named(text, tmp_path)
    assert all_names(names) == all_names(names, 7) == wanted
    assert names.name(3).decode() == wanted[3]
    assert names.n_hosts is not None and names.n_hosts.tolist() == [k % 7 + 1 for k in range(200)]
    assert findings.counts == {"vertices": 200}


def test_names_out_of_order_keep_their_ids(tmp_path: Path) -> None:
    wanted = ["no.hedmar", "no.hedmark-trafikk", "no.hedmark", "no.hedmarken", "no.hedmarken"]
    names, findings = named("".join(f"{k}\t{name}\r\n" for k, name in enumerate(wanted)), tmp_path)
    assert all_names(names) == wanted and names.n_hosts is None
    assert findings.counts == {
        "vertices": 5, "names_out_of_order": 1, "repeated_names": 1, "carriage_returns": 5,
    }  # fmt: skip


@pytest.mark.usefixtures("small")
def test_lines_that_are_not_in_the_order_of_their_ids(tmp_path: Path) -> None:
    wanted = [f"org.a{k:03}" for k in range(50)]
    order = np.random.default_rng(2).permutation(50).tolist()
    names, findings = named("".join(f"{k}\t{wanted[k]}\t{k + 1}\n" for k in order), tmp_path)
    assert all_names(names) == wanted
    assert names.n_hosts is not None and names.n_hosts.tolist() == list(range(1, 51))
    assert findings.count("vertices_out_of_order") > 40


def test_parts_of_names_in_any_order(tmp_path: Path) -> None:
    names, findings = named(["2\tcom.c\n3\tcom.d\n", "0\tcom.a\n1\tcom.b\n", ""], tmp_path)
    assert all_names(names) == ["com.a", "com.b", "com.c", "com.d"]
    assert findings.counts == {"vertices": 4, "parts_listed_out_of_order": 1, "empty_files": 1}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "not one vertex"),
        ("0\tcom.a\n1\n", "line 2: no id"),
        ("0\tcom.a\n\n", "line 2: no id"),
        ("0\t\n", "line 1: no name"),
        ("0\t\t3\n", "line 1: no name"),
        ("x\tcom.a\n", "line 1: no id"),
        ("0 com.a\n", "line 1: no id"),
        ("0\tcom.a\tmany\n", "line 1: the number of hosts"),
        ("0\tcom.a\t3\t4\n", "line 1: the number of hosts"),
        ("99999999999\tcom.a\n", "more than 32 bits"),
        ("0\tcom.a\n2\tcom.b\n", "id 1 is missing$"),
        ("0\tcom.a\n0\tcom.b\n", "id 0 stands twice$"),
        ("1\tcom.a\n2\tcom.b\n", "id 0 is missing$"),
        ("0\tcom.a\t3\n1\tcom.b\n", "1 of 2 vertices do not say how many hosts"),
    ],
)
def test_vertices_that_cannot_be_used(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(BadInput, match=said):
        named(text, tmp_path)


@pytest.mark.parametrize(
    ("names", "said"),
    [
        (["com.a", "com.a.blog", "com.a.www"], "kept"),
        (["com.a", "com.a.blog", "com.www"], "stripped"),
        (["com.a", "com.awww", "com.a.xwww"], "stripped"),
    ],
)
def test_both_conventions_of_www(tmp_path: Path, names: list[str], said: str) -> None:
    found, findings = named("".join(f"{k}\t{name}\n" for k, name in enumerate(names)), tmp_path)
    assert www_of("host", len(found), findings.count("www_names")) == said
    assert www_of("domain", len(found), findings.count("www_names")) == "folded"


# ---- ranks -----------------------------------------------------------------------------------------------------------

HEADER = "#harmonicc_pos\t#harmonicc_val\t#pr_pos\t#pr_val\t#host_rev"


def some_names(folder: Path, n: int = 300) -> tuple[ReleaseNames, list[str]]:
    wanted = sorted(f"{'com' if k % 2 else 'org'}.{'x' * (k % 13)}{k}" for k in range(n))
    return named("".join(f"{k}\t{name}\n" for k, name in enumerate(wanted)), folder)[0], wanted


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("header", [HEADER, f"{HEADER}\t#n_hosts", HEADER.replace("harmonicc", "hc"), ""])
def test_ranks_find_their_vertices(tmp_path: Path, header: str) -> None:
    names, wanted = some_names(tmp_path)
    rng = np.random.default_rng(3)
    rows = {name: (k + 1, float(rng.random() * 1e7), 300 - k, float(rng.random() * 1e-7)) for k, name in
            enumerate(rng.permutation(wanted).tolist())}  # fmt: skip
    more = "\t4" if "n_hosts" in header else ""
    text = (f"{header}\n" if header else "") + "".join(
        f"{a}\t{b!r}\t{c}\t{repr(d).replace('e', 'E')}\t{name}{more}\n" for name, (a, b, c, d) in rows.items()
    )
    findings = Findings()
    found = convert_ranks([held(text)], names, findings)
    assert tuple(found) == RANKS
    for k, rank in enumerate(RANKS):
        assert found[rank].tolist() == [rows[name][k] for name in wanted]
    assert findings.counts == {"rank_lines": 300}


def test_numbers_that_need_help_are_exact(tmp_path: Path) -> None:
    names, wanted = some_names(tmp_path, 3)
    values = ["1.00000000000000011102230246251565404", "4.9E-324", "1.7976931348623157E308"]
    text = f"{HEADER}\n" + "".join(f"1\t{v}\t1\t{v}\t{name}\n" for v, name in zip(values, wanted, strict=True))
    found = convert_ranks([held(text)], names, Findings())
    assert found["cc_pagerank"].tolist() == found["cc_harmonic"].tolist() == [float(v) for v in values]


def test_ranks_that_are_missing_unknown_or_repeated(tmp_path: Path) -> None:
    names, wanted = some_names(tmp_path, 6)
    good = [f"{k}\t1.5\t{k}\t0.5\t{name}\n" for k, name in enumerate(wanted[:4], 1)]
    bad = ["5\t1.5\t5\t0.5\tcom.nobody\n", "6\tx\t6\t0.5\torg.4\n", good[0], "7\t1.0\n", "\n"]
    findings = Findings()
    found = convert_ranks([held(f"{HEADER}\r\n" + "".join(good + bad))], names, findings)
    assert np.isnan(found["cc_pagerank"]).tolist() == [False] * 4 + [True] * 2
    assert findings.counts == {
        "rank_lines": 9, "rank_lines_not_read": 3, "ranks_of_unknown_names": 1, "repeated_ranks": 1, "unranked": 2,
    }  # fmt: skip
    assert {(e.reason, e.line) for e in findings.examples} == {
        ("rank_lines_not_read", 7),
        ("ranks_of_unknown_names", 6),
    }


def test_ranks_of_another_release_or_other_columns(tmp_path: Path) -> None:
    names, _ = some_names(tmp_path)
    with pytest.raises(BadInput, match="unknown names"):
        convert_ranks([held(f"{HEADER}\n" + "1\t1\t1\t1\tcom.nobody\n" * 200)], names, Findings())
    with pytest.raises(BadInput, match="its columns are"):
        convert_ranks([held("#pr_pos\t#pr_val\n1\t2\n")], names, Findings())
