"""Bombs and absurd sizes: told, and read in bounded memory (measured in a process of its own)."""

from __future__ import annotations

import gzip
import subprocess
import sys
import zlib
from collections.abc import Callable
from pathlib import Path

import brotli
import lz4.frame
import made_archives as made
import pytest
import zstandard

MIB = 1024 * 1024
ROOM_MIB = 160  # over an idle reader: bodies of 32 MiB, some copies of them, and the allocator's leavings

READER = """
import resource, sys, threading
from inlink.sources import items, open_inputs
from inlink.sources.records import BadRecord, Record
threads = threading.active_count()
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
(found,) = open_inputs([sys.argv[1]])
if isinstance(found, Exception):
    print("input", found.facts["reason"])
else:
    for item in items(found):
        if isinstance(item, BadRecord):
            print("bad", item.reason)
        else:
            print("item", len(getattr(item, "body", "")), getattr(item, "error", None))
print("grown", (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024)
"""


def read(path: Path) -> tuple[list[str], int]:
    """What a fresh process reads, and by how many MiB its memory grew at most."""
    done = subprocess.run(
        [sys.executable, "-c", READER, str(path)], capture_output=True, text=True, timeout=1200, check=True
    )
    *lines, last = done.stdout.splitlines()
    return lines, int(last.split()[1])


def zeros(pack: Callable[[int], Callable[[bytes], bytes]], n_mib: int) -> bytes:
    """A record whose body is that many MiB of zeros, without ever holding it."""
    head = made.record(made.http(b"", "X: y"), length=n_mib * MIB)[:-4]
    feed = pack(n_mib)
    return feed(head) + b"".join(feed(bytes(MIB)) for _ in range(n_mib)) + feed(b"")


def gzip_stream(n_mib: int) -> Callable[[bytes], bytes]:
    stream = zlib.compressobj(9, wbits=31)
    return lambda data: stream.compress(data) if data else stream.flush()


def zstd_stream(n_mib: int) -> Callable[[bytes], bytes]:
    stream = zstandard.ZstdCompressor(level=3).compressobj()
    return lambda data: stream.compress(data) if data else stream.flush()


def lz4_stream(n_mib: int) -> Callable[[bytes], bytes]:
    stream = lz4.frame.LZ4FrameCompressor()
    begun = [stream.begin()]

    def feed(data: bytes) -> bytes:
        return (begun.pop() if begun else b"") + bytes(stream.compress(data) if data else stream.flush())

    return feed


def coded(coding: str, body: bytes) -> bytes:
    return made.record(made.http(body, f"Content-Encoding: {coding}"))


LIST = b"Linking page,Last crawled\nhttps://a.example/,2020-01-01\n"
BOMBS: dict[str, tuple[Callable[[], bytes], list[str]]] = {
    "gzip-member": (lambda: zeros(gzip_stream, 200), ["bad member-bomb"]),
    "zstd-member": (lambda: zeros(zstd_stream, 200), ["bad member-bomb"]),
    "lz4-member": (lambda: zeros(lz4_stream, 200), ["bad body-too-large", "item"]),
    "gzip-body": (lambda: coded("gzip", gzip.compress(bytes(100 * MIB), 9)), ["bad body-", "item"]),
    "gzip-body-twice": (
        lambda: coded("gzip, gzip", gzip.compress(gzip.compress(bytes(100 * MIB), 9), 9)),
        ["bad body-", "item"],
    ),
    "deflate-body": (lambda: coded("deflate", zlib.compress(bytes(100 * MIB), 9)), ["bad body-", "item"]),
    "br-body": (lambda: coded("br", brotli.compress(bytes(100 * MIB), quality=5)), ["bad body-", "item"]),
    "zstd-body": (
        lambda: coded("zstd", zstandard.ZstdCompressor().compress(bytes(100 * MIB))),
        ["bad body-", "item"],
    ),
    "false-length": (
        lambda: made.record(made.http(), length=10**14) + made.page_record(1),
        ["bad wrong-length", "item", "item"],
    ),
    "false-size-of-member": (
        lambda: b"".join(gzip.compress(made.page_record(n), mtime=0)[:-4] + b"\xff\xff\xff\x7f" for n in range(50)),
        ["item", "bad"] * 50,
    ),
    "http-head": (
        lambda: made.record(made.http(made.PAGE, "X: " + "y" * 10 * MIB)),
        ["bad http-head-too-large", "item"],
    ),
    "http-headers": (
        lambda: made.record(made.http(made.PAGE, *["X: y"] * 300_000)),
        ["bad http-head-too-large", "item"],
    ),
    "record-head": (
        lambda: made.record(made.http(), "X: " + "y" * 10 * MIB) + made.page_record(1),
        ["bad bad-record-header", "item"],
    ),
    "record-head-without-end": (lambda: b"WARC/1.0\r\n" + b"X: y\r\n" * 2_000_000, ["bad bad-record-header"]),
    "large-page": (
        lambda: made.record(made.http(b"<p>x</p>" * (5 * MIB))) + made.page_record(1),
        ["bad body-too-large", "item", "item"],
    ),
    "large-image": (
        lambda: made.record(made.http(bytes(100 * MIB), media="image/png")) + made.page_record(1),
        ["item", "item"],
    ),
    "long-line": (
        lambda: b"Linking page,Last crawled\nhttps://a.example/,2020-01-01\n" + b"x" * 30 * MIB,
        ["item", "bad"],
    ),
    "open-quote": (
        lambda: (
            b'Linking page,Last crawled\nhttps://a.example/,2020-01-01\n"' + b"https://a.example/,2020-01-01\n" * 9_999
        ),
        ["item", "bad", "item"],
    ),
    "rubbish": (lambda: made.page_record(0) + b"\0WARC/1.0" * 2_000_000, ["item", "bad not-a-record"]),
    "magic-numbers": (lambda: made.gzip_members([made.page_record(0)]) + b"\x1f\x8b\x08" * 60_000, ["item", "bad"]),
}


@pytest.mark.parametrize("name", BOMBS)
def test_bombs(tmp_path: Path, name: str) -> None:
    make, expected = BOMBS[name]
    (tmp_path / "x").write_bytes(make())
    lines, grown_mib = read(tmp_path / "x")
    assert grown_mib < ROOM_MIB
    assert len(lines) >= len(expected)
    assert all(line.startswith(start) for line, start in zip(lines, expected, strict=False)), lines[:9]


def test_a_sound_large_archive_needs_little(tmp_path: Path) -> None:
    with (tmp_path / "x").open("wb") as file:
        for n in range(600):
            file.write(gzip.compress(made.page_record(n, made.PAGE * 1000), 1))
    lines, grown_mib = read(tmp_path / "x")
    assert len(lines) == 600
    assert grown_mib < 60
