"""The crawls are WARC files that a reader not written here accepts."""

from __future__ import annotations

import gzip
import hashlib
from collections import Counter
from pathlib import Path

from warcio.archiveiterator import ArchiveIterator

from inlink.demo import DemoWeb, generate

# Of the records, not of the gzip members: compressors differ between platforms.
DIGESTS = {
    "demo-2026-09-15.warc.gz": "0968bfad15fd06ac2c3c7ef8b58359697966e5a4c8e1b8ae47dd4db75d904c9a",
    "demo-2026-10-15.warc.gz": "0f5f1af01e823f488162a44b3bd77d03479b4f7d412a32f23a5b839bfba22c5d",
    "truth.json": "f8897cb0b0bdc4c09c3f87903015fd4309be2bda531b2686dbcd7c888c4ba51a",
}


def digest(path: Path) -> str:
    data = path.read_bytes()
    return hashlib.sha256(gzip.decompress(data) if path.suffix == ".gz" else data).hexdigest()


def test_a_seed_gives_the_same_bytes_every_time(demo_web: DemoWeb, tmp_path: Path) -> None:
    assert {path.name: digest(path) for path in (*demo_web.warcs, demo_web.truth_file)} == DIGESTS
    again = generate(tmp_path)
    assert [path.read_bytes() for path in again.warcs] == [path.read_bytes() for path in demo_web.warcs]


def test_another_seed_gives_other_text_and_the_same_links(demo_web: DemoWeb, tmp_path: Path) -> None:
    other = generate(tmp_path, seed=7)
    assert other.warcs[0].read_bytes() != demo_web.warcs[0].read_bytes()
    links = [
        {(row["target_url"], row["anchor"], row["rel_origin"]) for row in w.truth.links} for w in (demo_web, other)
    ]
    assert links[0] == links[1]


def test_every_digest_and_length_holds(demo_web: DemoWeb) -> None:
    kinds: Counter[str] = Counter()
    for path in demo_web.warcs:
        with path.open("rb") as stream:
            for record in ArchiveIterator(stream, check_digests="raise"):
                kinds[record.rec_type] += 1
                body = record.content_stream().read()
                if record.rec_type == "response":
                    assert len(body) == int(record.http_headers.get_header("Content-Length"))
                    assert record.rec_headers.get_header("WARC-IP-Address")
    n_captures = sum(row["n_captures"] for row in demo_web.truth.hosts)
    assert kinds["warcinfo"] == 2
    assert kinds["response"] + kinds["revisit"] == kinds["request"] == n_captures
    assert kinds["revisit"] > 20


def test_the_second_crawl_stores_only_what_the_first_one_has_as_revisits(demo_web: DemoWeb) -> None:
    stored: dict[str, str] = {}
    for path in demo_web.warcs:
        with path.open("rb") as stream:
            for record in ArchiveIterator(stream):
                url, digest = (record.rec_headers.get_header(f"WARC-{n}") for n in ("Target-URI", "Payload-Digest"))
                if record.rec_type == "response":
                    stored[url] = digest
                elif record.rec_type == "revisit":
                    assert path == demo_web.warcs[1]
                    assert stored[url] == digest


def test_pages_are_in_the_charset_that_they_declare(demo_web: DemoWeb) -> None:
    charsets = {
        "boulangerie-du-coin.example": ("windows-1252", "À propos"),
        "panya-memo.example": ("shift_jis", "パン"),
        "brotliebe.example": ("utf-8", "Gärzeiten"),
    }
    found = set()
    with demo_web.warcs[0].open("rb") as stream:
        for record in ArchiveIterator(stream):
            host = (record.rec_headers.get_header("WARC-Target-URI") or "").split("/")[2:3]
            if record.rec_type == "response" and host and host[0] in charsets:
                charset, word = charsets[host[0]]
                if word in record.content_stream().read().decode(charset):
                    found.add(host[0])
    assert found == set(charsets)
