"""Archives in every compression give back what went in, and damage costs only what it touches."""

from __future__ import annotations

import gzip
import io
import itertools
from collections.abc import Callable, Sequence
from pathlib import Path

import made_archives as made
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

from inlink.errors import NotFound
from inlink.sources import items, open_inputs, read_item, read_record
from inlink.sources.members import PIECE_BYTES
from inlink.sources.reasons import REASONS
from inlink.sources.records import BadRecord, InputFile, Item, Record, WatRecord

Packing = Callable[[Sequence[bytes]], bytes]
PACKINGS: dict[str, Packing] = {
    "plain": b"".join,
    "gzip": made.gzip_members,
    "gzip-whole": made.gzip_whole,
    "zstd": made.zstd_members,
    "zstd-streamed": made.zstd_streamed,
    "zstd-dictionary": lambda parts: made.zstd_with_dictionary(parts, is_compressed=False),
    "zstd-packed-dictionary": lambda parts: made.zstd_with_dictionary(parts, is_compressed=True),
    "lz4": made.lz4_members,
}


def read(path: Path, data: bytes) -> list[Item]:
    path.write_bytes(data)
    (found,) = open_inputs([str(path)])
    assert isinstance(found, InputFile), found
    return list(items(found))


def urls(found: Sequence[Item]) -> list[str]:
    return [item.url for item in found if isinstance(item, Record)]


def reasons(found: Sequence[Item]) -> list[str]:
    return [item.reason for item in found if isinstance(item, BadRecord)]


@pytest.mark.parametrize("packing", PACKINGS)
def test_what_goes_in_comes_out(tmp_path: Path, packing: str) -> None:
    parts = [
        made.record(b"software: test\r\n", kind="warcinfo"),
        *(made.page_record(n) for n in range(5)),
        made.page_record(5, made.PAGE * 40_000),  # more than one piece
        made.page_record(6, b""),
        made.page_record(7),
    ]
    path = tmp_path / "some.file"  # the name says nothing
    found = read(path, PACKINGS[packing](parts))
    assert urls(found) == [f"https://site.example/{n}" for n in range(8)]
    assert not reasons(found)
    records = [item for item in found if isinstance(item, Record)]
    assert records[1].body == made.PAGE + b" 1"
    assert records[5].body == made.PAGE * 40_000
    assert len(records[5].body) > 2 * PIECE_BYTES
    assert records[0].fetched_at_us == made.DATE_US
    assert [read_record(str(path), r.offset) for r in records] == records
    if packing not in ("gzip-whole",):
        data = path.read_bytes()
        ends = [r.offset + (r.length or 0) for r in records]
        assert all(end <= following.offset for end, following in zip(ends, records[1:], strict=False))
        assert ends[-1] == len(data)


@pytest.mark.parametrize("packing", PACKINGS)
@pytest.mark.parametrize("version", [1, 2])
def test_arc(tmp_path: Path, packing: str, version: int) -> None:
    answers = [(f"http://site.example/{n} with space", made.http(made.PAGE + b"%d" % n)) for n in range(4)]
    whole = made.arc(answers, version=version)
    starts = [0, *(whole.index(f"http://site.example/{n} ".encode()) for n in range(4)), len(whole)]
    parts = [whole[a:b] for a, b in itertools.pairwise(starts)]
    path = tmp_path / "x"
    found = read(path, PACKINGS[packing](parts))
    records = [item for item in found if isinstance(item, Record)]
    assert [(r.url, r.body) for r in records] == [(url, made.PAGE + b"%d" % n) for n, (url, _) in enumerate(answers)]
    assert {(r.ip, r.fetched_at_us, r.http_status) for r in records} == {("192.0.2.7", made.DATE_US, 200)}
    assert [read_record(str(path), r.offset) for r in records] == records
    assert not reasons(found)


@pytest.mark.parametrize("packing", PACKINGS)
def test_wat(tmp_path: Path, packing: str) -> None:
    text = [b'{"Envelope": {"n": %d}}' % n for n in range(3)]
    parts = [made.record(b"about: x\r\n", kind="warcinfo")]
    parts += [made.record(block, kind="metadata", url=f"https://x.example/{n}") for n, block in enumerate(text)]
    path = tmp_path / "x"
    found = read(path, PACKINGS[packing](parts))
    assert [item.json for item in found if isinstance(item, WatRecord)] == text
    assert [read_item(str(path), item.offset) for item in found if isinstance(item, WatRecord)] == found


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # warcio leaves its files open
@given(
    pages=st.lists(
        st.tuples(st.text("abc/?=é ", min_size=1, max_size=12), st.binary(max_size=200), st.integers(200, 599)),
        max_size=6,
    ),
    is_gzip=st.booleans(),
)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_what_warcio_writes(tmp_path: Path, pages: list[tuple[str, bytes, int]], is_gzip: bool) -> None:
    out = io.BytesIO()
    writer = WARCWriter(out, gzip=is_gzip)
    out.write(b"")
    writer.write_record(writer.create_warcinfo_record("x", {"software": "test"}))
    for name, body, status in pages:
        head = StatusAndHeaders(f"{status} x", [("Content-Type", "text/html")], protocol="HTTP/1.1")
        url = f"http://site.example/{name.strip()}"
        writer.write_record(writer.create_warc_record(url, "response", payload=io.BytesIO(body), http_headers=head))
    found = read(tmp_path / "x", out.getvalue())
    assert not reasons(found)
    records = [item for item in found if isinstance(item, Record)]
    assert [(r.body, r.http_status) for r in records] == [(body, status) for _, body, status in pages]
    for record in records:
        assert record.payload_digest is not None
        assert read_record(str(tmp_path / "x"), record.offset) == record


@pytest.mark.parametrize("packing", PACKINGS)
def test_an_archive_cut_anywhere_is_survived(tmp_path: Path, packing: str) -> None:
    parts = [made.page_record(n) for n in range(3)]
    data = PACKINGS[packing](parts)
    whole = urls(read(tmp_path / "x", data))
    for cut in range(20, len(data), 7):
        (tmp_path / "x").write_bytes(data[:cut])
        (opened,) = open_inputs([str(tmp_path / "x")])
        if not isinstance(opened, InputFile):
            continue
        found = list(items(opened))
        assert urls(found) == whole[: len(urls(found))]
        assert set(reasons(found)) <= set(REASONS)
        complete = [item for item in found if isinstance(item, Record) and item.error is None]
        for item in complete:
            assert item.body == made.PAGE + b" %d" % int(item.url[-1])
        is_told = bool(reasons(found)) or len(complete) == 3 or _is_boundary(packing, parts, cut)
        assert is_told, f"cut at {cut}: lost without a word"


def _is_boundary(packing: str, parts: Sequence[bytes], cut: int) -> bool:
    """Whether a cut falls between two records (or within line ends there), so that nothing is broken."""
    sizes = [len(PACKINGS[packing](parts[:n])) for n in range(1, len(parts) + 1)]
    return packing.startswith("zstd-") or any(size - 5 <= cut <= size for size in sizes)


@pytest.mark.parametrize("packing", PACKINGS)
def test_a_changed_byte_costs_at_most_its_neighbourhood(tmp_path: Path, packing: str) -> None:
    parts = [made.page_record(n) for n in range(5)]
    data = PACKINGS[packing](parts)
    is_apart = packing in ("plain", "gzip", "zstd", "zstd-streamed", "lz4")
    for at in range(0, len(data), 11):
        changed = data[:at] + bytes([data[at] ^ 0x55]) + data[at + 1 :]
        (tmp_path / "x").write_bytes(changed)
        (opened,) = open_inputs([str(tmp_path / "x")])
        if not isinstance(opened, InputFile):
            continue
        found = list(items(opened))
        assert set(reasons(found)) <= set(REASONS)
        if is_apart and at > len(data) // 5:
            assert len(urls(found)) >= 3, f"byte {at} cost {5 - len(urls(found))} records"


DAMAGES: dict[str, tuple[list[bytes], list[str], list[str]]] = {
    "rubbish-between": (
        [made.page_record(0), b"some rubbish\r\n" * 3, made.page_record(1)],
        ["0", "1"],
        ["not-a-record"],
    ),
    "rubbish-at-the-end": ([made.page_record(0), b"rubbish"], ["0"], ["not-a-record"]),
    "length-too-short": (
        [made.record(made.http(), url="https://site.example/0", length=50), made.page_record(1)],
        ["0", "1"],
        ["wrong-length"],
    ),
    "length-too-long": (
        [made.record(made.http(), url="https://site.example/0", length=300), made.page_record(1), made.page_record(2)],
        ["0", "1", "2"],
        ["wrong-length"],
    ),
    "length-beyond-the-end": (
        [made.record(made.http(), url="https://site.example/0", length=10**15), made.page_record(1)],
        ["0", "1"],
        ["wrong-length"],
    ),
    "length-absurd": (
        [made.record(made.http(), url="https://site.example/0", length="9" * 40), made.page_record(1)],
        ["1"],
        ["no-length"],
    ),
    "length-missing": (
        [made.record(made.http()).replace(b"Content-Length", b"Content-Lost"), made.page_record(1)],
        ["1"],
        ["no-length"],
    ),
    "no-url": ([made.record(made.http(), url=""), made.page_record(1)], ["1"], ["no-url"]),
    "no-date": ([made.record(made.http(), date="yesterday"), made.page_record(1)], ["1"], ["bad-date"]),
    "http-date-instead": (
        [made.record(made.http(made.PAGE, "Date: Mon, 06 Mar 2017 04:02:06 GMT"), date="x", url="https://site.example/0")],
        ["0"],
        [],
    ),
    "no-http-head": ([made.record(b"\x00\x01not http"), made.page_record(1)], ["1"], ["bad-http-head"]),
    "segmented": (
        [made.page_record(0), made.record(b"more", kind="continuation"), made.page_record(1)],
        ["0", "1"],
        ["continuation"],
    ),
    "text-only": ([made.record(b"text", kind="conversion"), made.page_record(1)], ["1"], ["text-only"]),
    "other-schemes": (
        [
            made.record(b"2020 1.2.3.4", url="dns:site.example"),
            made.record(b"x", url="urn:x", kind="resource"),
            made.page_record(1),
        ],
        ["1"],
        [],
    ),
}  # fmt: skip


@pytest.mark.parametrize("packing", ["plain", "gzip", "gzip-whole", "lz4", "zstd"])
@pytest.mark.parametrize("name", DAMAGES)
def test_damage(tmp_path: Path, name: str, packing: str) -> None:
    parts, left, told = DAMAGES[name]
    found = read(tmp_path / "x", PACKINGS[packing](parts))
    assert urls(found) == [f"https://site.example/{n}" for n in left]
    assert reasons(found) == told
    bodies = [item.body for item in found if isinstance(item, Record)]
    assert all(body.startswith(made.PAGE) for body in bodies)


def test_a_broken_member_costs_only_itself(tmp_path: Path) -> None:
    body = b"".join(b"<a href='/%d'>%d</a>" % (n, n * n) for n in range(3000))
    members = [made.gzip_members([made.page_record(n, body)]) for n in range(4)]
    middle = len(members[1]) // 2
    members[1] = members[1][:middle] + b"\xff" * 8 + members[1][middle + 8 :]
    found = read(tmp_path / "x", b"".join(members))
    assert urls(found) == [f"https://site.example/{n}" for n in range(4)]
    assert reasons(found) == ["member-broken"]
    (spoiled,) = [item for item in found if isinstance(item, Record) and item.error]
    assert (spoiled.url[-1], spoiled.error, spoiled.payload_digest) == ("1", "member-broken", None)
    assert spoiled.body[: len(body) // 3] == body[: len(body) // 3]


def test_gzip_with_a_wrong_crc_is_told(tmp_path: Path) -> None:
    member = bytearray(made.gzip_members([made.page_record(0)]))
    member[-6] ^= 0xFF
    found = read(tmp_path / "x", bytes(member) + made.gzip_members([made.page_record(1)]))
    assert urls(found) == ["https://site.example/0", "https://site.example/1"]
    assert reasons(found) == ["member-broken"]


def test_zero_padding_is_no_error(tmp_path: Path) -> None:
    found = read(tmp_path / "x", made.gzip_members([made.page_record(0)]) + bytes(1000))
    assert (urls(found), reasons(found)) == (["https://site.example/0"], [])


def test_a_record_over_several_members(tmp_path: Path) -> None:
    data = b"".join(made.page_record(n) for n in range(3))
    cuts = [0, 100, 450, 700, len(data)]
    found = read(tmp_path / "x", made.gzip_members([data[a:b] for a, b in itertools.pairwise(cuts)]))
    assert (len(urls(found)), reasons(found)) == (3, [])
    records = [item for item in found if isinstance(item, Record)]
    assert [read_record(str(tmp_path / "x"), r.offset) for r in records] == records


def test_a_magic_number_inside_a_member(tmp_path: Path) -> None:
    body = made.PAGE + b"\x1f\x8b\x08" * 50  # stored as it is by level 0
    stored = b"".join(gzip.compress(made.page_record(n, body), 0, mtime=0) for n in range(3))
    found = read(tmp_path / "x", stored)
    assert (len(urls(found)), reasons(found)) == (3, [])


def test_large_records_of_other_content_are_passed(tmp_path: Path) -> None:
    video = made.record(made.http(bytes(9_000_000), media="video/mp4"), url="https://site.example/v")
    for packing in PACKINGS:
        found = read(tmp_path / packing, PACKINGS[packing]([video, made.page_record(1)]))
        assert urls(found) == ["https://site.example/v", "https://site.example/1"]
        assert not reasons(found)


def test_nothing_at_an_offset_is_not_found(tmp_path: Path) -> None:
    path = tmp_path / "x"
    path.write_bytes(made.gzip_members([made.page_record(0), made.record(b"x", kind="request")]))
    second = len(made.gzip_members([made.page_record(0)]))
    for offset in (5, second, 10**9, -40):
        with pytest.raises(NotFound):
            read_record(str(path), offset)
