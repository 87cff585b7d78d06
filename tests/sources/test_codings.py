"""HTTP heads, chunks and content codings, sound and broken."""

from __future__ import annotations

import gzip
import zlib
from dataclasses import replace

import brotli
import made_archives as made
import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from inlink.sources.answers import WANTED, answers
from inlink.sources.codings import undo_codings
from inlink.sources.http import dechunk, http_head
from inlink.sources.limits import DEFAULT_LIMITS, Limits
from inlink.sources.raw import RawRecord, header_fields
from inlink.sources.records import BadRecord, Record

TEXT = made.PAGE * 60


def bare_deflate(body: bytes) -> bytes:
    stream = zlib.compressobj(wbits=-15)
    return stream.compress(body) + stream.flush()


CODED = {
    "gzip": gzip.compress(TEXT),
    "x-gzip": gzip.compress(TEXT),
    "deflate": zlib.compress(TEXT),
    "Deflate": bare_deflate(TEXT),
    "br": brotli.compress(TEXT),
    "zstd": zstandard.ZstdCompressor().compress(TEXT),
    "identity": TEXT,
    "gzip, br": brotli.compress(gzip.compress(TEXT)),
    "br,gzip": gzip.compress(brotli.compress(TEXT)),
}


@pytest.mark.parametrize("coding", CODED)
def test_codings(coding: str) -> None:
    decoded = undo_codings(CODED[coding], coding, DEFAULT_LIMITS)
    assert (decoded.body, decoded.slug) == (TEXT, "")


@pytest.mark.parametrize("coding", ["gzip", "deflate", "br", "zstd"])
def test_a_body_stored_decoded_is_taken_as_it_is(coding: str) -> None:
    decoded = undo_codings(TEXT, coding, DEFAULT_LIMITS)
    assert (decoded.body, decoded.slug) == (TEXT, "")


def test_two_gzip_members_are_one_body() -> None:
    decoded = undo_codings(gzip.compress(b"<p>one") + gzip.compress(b"<p>two"), "gzip", DEFAULT_LIMITS)
    assert (decoded.body, decoded.slug) == (b"<p>one<p>two", "")


def test_bytes_after_the_coding_are_dropped() -> None:
    decoded = undo_codings(gzip.compress(TEXT) + b"\r\n\r\n", "gzip", DEFAULT_LIMITS)
    assert (decoded.body, decoded.slug) == (TEXT, "")


VARIED = b"".join(b"<a href='/%d'>%d</a>" % (n, n * n) for n in range(9000))


@pytest.mark.parametrize(
    ("coding", "coded"),
    [
        ("gzip", gzip.compress(VARIED)),
        ("deflate", zlib.compress(VARIED)),
        ("deflate", bare_deflate(VARIED)),
        ("br", brotli.compress(VARIED)),
        ("zstd", zstandard.ZstdCompressor().compress(VARIED)),
    ],
    ids=["gzip", "zlib", "bare", "br", "zstd"],
)
def test_a_cut_body_gives_its_beginning(coding: str, coded: bytes) -> None:
    decoded = undo_codings(coded[: len(coded) * 3 // 4], coding, DEFAULT_LIMITS)
    assert decoded.slug == "body-undecodable"
    assert VARIED.startswith(decoded.body)
    least = 0 if coding in ("br", "zstd") else len(VARIED) // 2  # these come in large blocks
    assert len(decoded.body) >= least


def test_a_corrupt_body_gives_what_is_sound() -> None:
    coded = bytearray(gzip.compress(VARIED))
    coded[len(coded) // 2 : len(coded) // 2 + 40] = b"\xff" * 40
    decoded = undo_codings(bytes(coded), "gzip", DEFAULT_LIMITS)
    assert decoded.slug == "body-undecodable"
    assert VARIED.startswith(decoded.body[: len(VARIED) // 3])


@pytest.mark.parametrize(
    ("coding", "body", "slug"),
    [
        ("compress", b"\x1f\x9d\x90", "body-undecodable"),
        ("aws-chunked", b"<html>", ""),
        ("gzip," * 9, gzip.compress(TEXT), "body-undecodable"),
        ("br", b"\x00\xff\xff not brotli", "body-undecodable"),
        ("deflate", b"\x00\xff not deflate", "body-undecodable"),
        ("gzip", b"\x1f\x8b\x08\x00", "body-undecodable"),
        ("gzip", b"", ""),
    ],
)
def test_unknown_or_wrong_codings(coding: str, body: bytes, slug: str) -> None:
    assert undo_codings(body, coding, DEFAULT_LIMITS).slug == slug


CHUNKED = {
    "sound": (b"3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n", b"abcde", ""),
    "trailers": (b"3\r\nabc\r\n0\r\nX-Sum: 1\r\n\r\n", b"abc", ""),
    "extension": (b"3;name=value\r\nabc\r\n0\r\n\r\n", b"abc", ""),
    "upper-and-zeros": (b"000A\r\n0123456789\r\n0\r\n\r\n", b"0123456789", ""),
    "bare-lf": (b"3\nabc\n0\n\n", b"abc", ""),
    "padded-size": (b"3  \r\nabc\r\n0\r\n\r\n", b"abc", ""),
    "no-last-chunk": (b"3\r\nabc\r\n", b"abc", ""),
    "not-chunked": (b"<html>abc", b"<html>abc", ""),
    "looks-like-a-size": (b"beef\r\nis food", b"beef\r\nis food", ""),
    "cut": (b"3\r\nabc\r\n9\r\nde", b"abcde", "chunk of 9 bytes, 2 are there"),
    "wrong-size": (b"3\r\nabc\r\n2\r\ndefgh", b"abcdefgh", "no line end after the chunk at byte 13"),
    "rubbish-after": (b"3\r\nabc\r\nzz<p>", b"abczz<p>", "no chunk size at byte 8"),
    "first-wrong": (b"2\r\nabcdef", b"2\r\nabcdef", "the first chunk does not end where it says"),
    "empty": (b"", b"", ""),
    "only-last": (b"0\r\n\r\n", b"", ""),
}


@pytest.mark.parametrize("case", CHUNKED)
def test_chunks(case: str) -> None:
    body, decoded, problem = CHUNKED[case]
    assert dechunk(body) == (decoded, problem)


@given(st.lists(st.binary(min_size=1, max_size=40)), st.sampled_from([b"", b";x=1"]))
def test_chunks_round_trip(chunks: list[bytes], extension: bytes) -> None:
    coded = b"".join(b"%x%s\r\n%s\r\n" % (len(c), extension, c) for c in chunks) + b"0\r\n\r\n"
    assert dechunk(coded) == (b"".join(chunks), "")


HEADS = {
    "plain": (b"HTTP/1.1 200 OK\r\nA: b\r\n\r\nbody", 200, (("A", "b"),), b"body"),
    "no-reason": (b"HTTP/1.0 302\r\nLocation: /x\r\n\r\n", 302, (("Location", "/x"),), b""),
    "http2": (b"HTTP/2 404 \r\nA: b\r\n\r\n", 404, (("A", "b"),), b""),
    "lf": (b"HTTP/1.1 200 OK\nA: b\nC: d\n\nbody", 200, (("A", "b"), ("C", "d")), b"body"),
    "mixed-ends": (b"HTTP/1.1 200 OK\nA: b\r\n\nbody", 200, (("A", "b"),), b"body"),
    "double-cr": (b"HTTP/1.1 200 OK\r\r\nA: b\r\r\n\r\r\nbody", 200, (("A", "b"),), b"body"),
    "folded": (b"HTTP/1.1 200 OK\r\nA: b\r\n  c\r\n\r\n", 200, (("A", "b c"),), b""),
    "latin1": (b"HTTP/1.1 200 OK\r\nA: caf\xe9\r\n\r\n", 200, (("A", "caf\xe9"),), b""),
    "utf8": ("HTTP/1.1 200 OK\r\nA: café\r\n\r\n".encode(), 200, (("A", "café"),), b""),
    "no-status": (b"HTTP/1.1\r\nA: b\r\n\r\n", None, (("A", "b"),), b""),
    "wrong-status": (b"HTTP/1.1 9999 x\r\nA: b\r\n\r\n", None, (("A", "b"),), b""),
    "line-without-colon": (b"HTTP/1.1 200 OK\r\nrubbish\r\nA: b\r\n\r\n", 200, (("A", "b"),), b""),
    "no-headers": (b"HTTP/1.1 200 OK\r\n\r\nbody", 200, (), b"body"),
    "old-shoutcast": (b"ICY 200 OK\r\nA: b\r\n\r\n", 200, (("A", "b"),), b""),
}


@pytest.mark.parametrize("case", HEADS)
def test_heads(case: str) -> None:
    block, status, headers, body = HEADS[case]
    head = http_head(b"xx" + block, 2, 2 + len(block), DEFAULT_LIMITS)
    assert head is not None
    assert (head.status, head.headers, (b"xx" + block)[head.body_at :]) == (status, headers, body)
    assert not head.is_cut


@pytest.mark.parametrize("block", [b"", b"<html>", b"GET / HTTP/1.1\r\n\r\n", b"HTTP", b"HTTP/1.1 200 OK"])
def test_no_heads(block: bytes) -> None:
    assert http_head(block, 0, len(block), DEFAULT_LIMITS) is None


@given(st.binary(max_size=300))
def test_any_block_is_survived(block: bytes) -> None:
    raw = RawRecord(b"response", _FIELDS, block, 0, len(block), 0, None)
    assert all(isinstance(item, Record | BadRecord) for item in answers(raw, DEFAULT_LIMITS))


@given(st.binary(max_size=300))
def test_any_body_is_survived(body: bytes) -> None:
    dechunk(body)
    for coding in CODED:
        undo_codings(body, coding, DEFAULT_LIMITS)


@given(st.binary(max_size=300))
def test_any_header_is_survived(head: bytes) -> None:
    header_fields(head)


_FIELDS = {b"warc-target-uri": b"http://a.example/", b"warc-date": b"2020-01-02T03:04:05Z"}


def answer(
    block: bytes, kind: bytes = b"response", fields: dict[str, bytes] | None = None, limits: Limits = DEFAULT_LIMITS
) -> list[object]:
    named = {name.replace("_", "-").encode(): value for name, value in (fields or {}).items()}
    assert kind in WANTED or kind == b"arc"
    return list(answers(RawRecord(kind, {**_FIELDS, **named}, block, 0, len(block), 7, 9), limits))


def one(block: bytes, kind: bytes = b"response", **fields: bytes) -> Record:
    (record,) = answer(block, kind, fields)
    assert isinstance(record, Record)
    return record


KEPT = {
    "html": ("text/html; charset=utf-8", made.PAGE, True),
    "html-in-capitals": ("TEXT/HTML", made.PAGE, True),
    "xhtml": ("application/xhtml+xml", made.PAGE, True),
    "xml": ("application/xml", b"<rss/>", True),
    "feed": ("application/atom+xml;type=feed", b"<feed/>", True),
    "svg": ("image/svg+xml", b"<svg/>", False),
    "image": ("image/png", b"\x89PNG", False),
    "json": ("application/json", b"{}", False),
    "text": ("text/plain", made.PAGE, False),
    "script": ("text/javascript", made.PAGE, False),
    "untold-html": ("", b"  <!-- x --><!DOCTYPE html><p>x", True),
    "untold-with-mark": ("", b"\xef\xbb\xbf<html>", True),
    "untold-image": ("", b"\x89PNG\r\n", False),
    "unknown-html": ("unknown/unknown", made.PAGE, True),
    "octets": ("application/octet-stream", made.PAGE, False),
}


@pytest.mark.parametrize("case", KEPT)
def test_which_bodies_are_kept(case: str) -> None:
    media, body, is_kept = KEPT[case]
    block = b"HTTP/1.1 200 OK\r\nContent-Type: " + media.encode() + b"\r\n\r\n" + body
    assert one(block).body == (body if is_kept else b"")


def test_coded_and_chunked() -> None:
    coded = gzip.compress(TEXT)
    chunked = b"%x\r\n%s\r\n0\r\n\r\n" % (len(coded), coded)
    record = one(made.http(chunked, "Transfer-Encoding: chunked", "Content-Encoding: gzip"))
    assert record.body == TEXT
    assert record.payload_digest is not None


def test_digest_as_warc_writers_put_it() -> None:
    assert one(made.http(b"")).payload_digest == "sha1:3I42H3S6NNFQ2MSVX7XZKYAYSCX5QBYJ"
    assert one(made.http(b"x"), warc_payload_digest=b"sha1:ABC").payload_digest == "sha1:ABC"


def test_resource() -> None:
    record = one(made.PAGE, b"resource", content_type=b"text/html")
    assert (record.http_status, record.body, record.header("content-type")) == (None, made.PAGE, ["text/html"])


def test_revisit_names_what_it_repeats() -> None:
    record = one(made.http(b""), b"revisit", warc_payload_digest=b"sha1:ABC")
    assert (record.is_revisit, record.refers_to, record.http_status) == (True, "sha1:ABC", 200)
    by_url = one(
        made.http(b""),
        b"revisit",
        warc_refers_to_target_uri=b"http://b.example/",
        warc_refers_to_date=b"2019-01-01T00:00:00Z",
    )
    assert by_url.refers_to == "http://b.example/ 2019-01-01T00:00:00Z"


def test_not_modified() -> None:
    profile = b"http://netpreserve.org/warc/1.0/revisit/server-not-modified"
    assert one(b"", b"revisit", warc_profile=profile).http_status == 304


def test_truncated_by_the_crawler_proves_nothing_about_the_rest() -> None:
    assert one(made.http(), warc_truncated=b"length").error == "truncated"
    assert one(made.http(), b"revisit", warc_truncated=b"length").error is None


@pytest.mark.parametrize("raw", [b"<http://a.example/x>", b"  http://a.example/x "])
def test_url_in_brackets(raw: bytes) -> None:
    assert one(made.http(), warc_target_uri=raw).url == "http://a.example/x"


def test_limits_of_heads_and_bodies() -> None:
    small = replace(DEFAULT_LIMITS, max_http_headers=10, max_http_header_bytes=2000, max_body_bytes=100)
    many, record = answer(made.http(made.PAGE, *(f"X-{n}: y" for n in range(50))), limits=small)
    assert isinstance(many, BadRecord)
    assert many.reason == "http-head-too-large"
    assert isinstance(record, Record)
    assert len(record.headers) == 10
    assert record.body == made.PAGE
    long, record = answer(made.http(made.PAGE, "X: " + "y" * 5000), limits=small)
    assert isinstance(long, BadRecord)
    assert long.reason == "http-head-too-large"
    assert isinstance(record, Record)
    assert record.body == made.PAGE
    cut, record = answer(made.http(made.PAGE * 9), limits=small)
    assert isinstance(cut, BadRecord)
    assert cut.reason == "body-too-large"
    assert isinstance(record, Record)
    assert (record.body, record.error) == ((made.PAGE * 9)[:100], "body-too-large")
