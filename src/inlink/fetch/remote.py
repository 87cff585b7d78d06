"""A file on a server: read from any offset, going on where a broken connection stopped."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator

from inlink.errors import Unreachable
from inlink.fetch.client import Answer, AnswerError, Client

_WHOLE = "the server cannot serve parts of files: download the file and add it"
_RANGE = re.compile(r"bytes (\d+)-(\d+)/(\d+|\*)")


class RemoteFile:
    """A file on a server, pinned to the version that the first answer showed (ETag or date, and size).

    Raises, when read: Unreachable where the server stays silent, or the file changes while it is read.
    """

    def __init__(
        self, client: Client, url: str, *, validator: str | None = None, size_bytes: int | None = None
    ) -> None:
        self._client = client
        self.name = url
        self.validator = validator
        self.size_bytes = size_bytes
        self.url = url  # after redirects, once asked

    def first_bytes(self, size: int) -> bytes:
        """The beginning of the file; also learns its version and size."""
        got = b""
        for chunk in self.read_from(0):
            got += chunk
            if len(got) >= size:
                break
        return got[:size]

    def read_from(self, offset: int, length: int | None = None) -> Iterator[bytes]:
        """Chunks from `offset` on (at most `length` bytes where given), resumed after broken connections."""
        end = None if length is None else offset + length
        failures = 0
        while end is None or offset < end:
            begun = offset
            try:
                for chunk in self._attempt(offset, end):
                    offset += len(chunk)
                    yield chunk
                if self.size_bytes is not None and offset < (
                    self.size_bytes if end is None else min(end, self.size_bytes)
                ):
                    raise AnswerError(f"{offset} of {self.size_bytes} bytes")
                return
            except AnswerError as error:
                failures = 1 if offset > begun else failures + 1
                if failures > self._client.policy.max_retries:
                    raise Unreachable(f"{self.name}: {error}", hint="try again later", offset=offset) from error
                time.sleep(self._client.policy.retry_wait_s * 2 ** (failures - 1))

    def _attempt(self, offset: int, end: int | None) -> Iterator[bytes]:
        """Chunks of one answer."""
        headers = {}
        if offset or end is not None:
            headers["Range"] = f"bytes={offset}-{'' if end is None else end - 1}"
            if self.validator is not None and not self.validator.startswith("W/"):
                headers["If-Range"] = self.validator
        answer = self._client.get(self.name, headers)
        try:
            skip = self._align(answer, offset)
            if skip is None:
                return
            left = None if end is None else end - offset
            total = 0
            for chunk in answer.chunks():
                total += len(chunk)
                if total > self._client.policy.max_bytes:
                    raise Unreachable(
                        f"{self.name}: larger than the limit", hint="download and split it", offset=offset
                    )
                if skip:
                    chunk, skip = chunk[skip:], max(skip - len(chunk), 0)
                if left is not None:
                    chunk = chunk[:left]
                    left -= len(chunk)
                if chunk:
                    yield chunk
                if left == 0:
                    return
        finally:
            answer.close()

    def _align(self, answer: Answer, offset: int) -> int | None:
        """How many bytes of the answer come before `offset`; None where nothing is there."""
        head = answer.head
        if head.status == 416:
            return None
        if head.status == 206:
            match = _RANGE.fullmatch(head.headers.get("content-range", ""))
            if match is None or int(match[1]) != offset:
                raise Unreachable(f"{self.name}: the server sends another range than asked", hint=_WHOLE, offset=offset)
            size = None if match[3] == "*" else int(match[3])
        elif head.status == 200:
            size = head.size_bytes
        else:
            raise Unreachable(f"{self.name}: the server answers {head.status}", hint="try again later", offset=offset)
        validator = head.headers.get("etag") or head.headers.get("last-modified")
        self._pin(validator, size, head.url)
        return offset if head.status == 200 else 0

    def _pin(self, validator: str | None, size: int | None, url: str) -> None:
        is_other = self.validator is not None and validator is not None and validator != self.validator
        if is_other or (self.size_bytes is not None and size is not None and size != self.size_bytes):
            raise Unreachable(
                f"{self.name}: changed on the server while it was read", hint="add it again", reason="changed"
            )
        self.validator = self.validator or validator
        self.size_bytes = size if self.size_bytes is None else self.size_bytes
        self.url = url
