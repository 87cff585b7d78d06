"""Archives for tests, written by hand so that every byte is known."""

from __future__ import annotations

import gzip
from collections.abc import Sequence

import lz4.frame
import zstandard

DATE = "2020-01-02T03:04:05Z"
DATE_US = 1_577_934_245_000_000
PAGE = b"<html><body><a href='https://example.org/'>a page</a></body></html>"


def http(body: bytes = PAGE, *headers: str, status: str = "200 OK", media: str = "text/html") -> bytes:
    """An HTTP answer."""
    lines = [f"HTTP/1.1 {status}", f"Content-Type: {media}", *headers]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def record(
    block: bytes,
    *headers: str,
    kind: str = "response",
    url: str = "https://site.example/",
    date: str = DATE,
    length: int | str | None = None,
) -> bytes:
    """A WARC record; `length` overrides the true one."""
    lines = [
        "WARC/1.0",
        f"WARC-Type: {kind}",
        f"WARC-Target-URI: {url}",
        f"WARC-Date: {date}",
        "Content-Type: application/http; msgtype=response",
        *headers,
        f"Content-Length: {len(block) if length is None else length}",
    ]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + block + b"\r\n\r\n"


def page_record(number: int, body: bytes | None = None) -> bytes:
    """The record of one of many pages."""
    return record(http(PAGE + b" %d" % number if body is None else body), url=f"https://site.example/{number}")


def arc(answers: Sequence[tuple[str, bytes]], *, version: int = 1) -> bytes:
    """An ARC of (URL, block)."""
    fields = "URL IP-address Archive-date Content-type "
    fields += "Archive-length" if version == 1 else "Result-code Checksum Location Offset Filename Archive-length"
    about = f"{version} 0 test\n{fields}\n\n".encode()
    out = [b"filedesc://test.arc 0.0.0.0 20200102030405 text/plain %d\n" % len(about) + about]
    for url, block in answers:
        middle = "" if version == 1 else "200 - - 0 test.arc "
        line = f"{url} 192.0.2.7 20200102030405 text/html {middle}{len(block)}\n"
        out.append(line.encode() + block + b"\n")
    return b"".join(out)


def gzip_members(parts: Sequence[bytes]) -> bytes:
    return b"".join(gzip.compress(part, mtime=0) for part in parts)


def gzip_whole(parts: Sequence[bytes]) -> bytes:
    return gzip.compress(b"".join(parts), mtime=0)


def zstd_members(parts: Sequence[bytes]) -> bytes:
    return b"".join(zstandard.ZstdCompressor(write_checksum=True).compress(part) for part in parts)


def zstd_streamed(parts: Sequence[bytes]) -> bytes:
    """Frames that do not say how large their content is."""
    out = b""
    for part in parts:
        stream = zstandard.ZstdCompressor().compressobj()
        out += stream.compress(part) + stream.flush()
    return out


def zstd_with_dictionary(parts: Sequence[bytes], *, is_compressed: bool) -> bytes:
    """As the WARC zstd specification has it: the dictionary in a skippable frame, then the records' frames."""
    samples: list[bytes | bytearray | memoryview[int]] = [page_record(number) for number in range(200)]
    dictionary = zstandard.train_dictionary(2048, samples)
    data = dictionary.as_bytes()
    held = zstandard.ZstdCompressor().compress(data) if is_compressed else data
    frames = b"".join(zstandard.ZstdCompressor(dict_data=dictionary).compress(part) for part in parts)
    return b"\x5d\x2a\x4d\x18" + len(held).to_bytes(4, "little") + held + frames


def lz4_members(parts: Sequence[bytes]) -> bytes:
    return b"".join(lz4.frame.compress(part) for part in parts)
