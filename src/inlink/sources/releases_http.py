"""A release on a web server, read by single-range requests; what lies close together is asked for at once."""

from __future__ import annotations

import re
import time
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Protocol

from inlink.errors import BadInput, CorruptIndex, Unreachable
from inlink.fetch import DEFAULT_POLICY, Client, Policy, client_for
from inlink.fetch.client import Answer, AnswerError

_RANGE = re.compile(r"bytes (\d+)-(\d+)/(\d+)")
_HINT = "try again later"
NEAR_BYTES = 64 * 1024  # a gap that is cheaper to read than a request
FAR_BYTES = 1024 * 1024  # gaps that are read, all together, where there would be too many requests
FEW = 3  # requests of one round of reading, where gaps allow it
_SMALL = 16 * 2**20  # the largest file that is read as a whole


class Wanted(Protocol):
    """A run of bytes of a file."""

    @property
    def file(self) -> str:
        """Its name."""

    @property
    def offset(self) -> int:
        """Where it begins."""

    @property
    def length(self) -> int:
        """Its bytes."""


@dataclass(slots=True)
class _File:
    """What the first answer said of a file."""

    size: int | None = None
    validator: str | None = None


@dataclass(slots=True)
class Traffic:
    """What was asked so far."""

    n_requests: int = 0
    n_bytes: int = 0


class HttpSource:
    """The files below an address. Each file is pinned to the version that its first answer showed."""

    is_local = False

    def __init__(self, url: str, *, policy: Policy = DEFAULT_POLICY, client: Client | None = None) -> None:
        base, _, query = url.partition("?")
        base = base.partition("#")[0].removesuffix("manifest.json")
        if not base.partition("://")[2].strip("/"):
            raise BadInput(
                f"{url} is no address of a release", hint="give its folder's: https://example.org/release/domain"
            )
        self._base = base if base.endswith("/") else base + "/"
        self._query = f"?{query}" if query else ""
        self._client = client or client_for(policy)
        self._files: dict[str, _File] = {}
        self.traffic = Traffic()

    @property
    def name(self) -> str:
        """The address."""
        return self._base

    def read_all(self, file: str) -> bytes:
        """A small file as a whole. Raises: NotFound, Unreachable, Refused."""
        return self._asked(file, None)

    def expect(self, sizes: dict[str, int]) -> None:
        """Keep the lengths that files must have; a file that shows another was changed or cut."""
        for file, size in sizes.items():
            self._files.setdefault(file, _File()).size = size

    def read_many(self, spans: Sequence[Wanted]) -> list[bytes]:
        """The bytes of each span.

        Raises: CorruptIndex where a file is shorter or was changed, Unreachable where the server does not answer or
        sends whole files instead of ranges.
        """
        found: dict[int, bytes] = {}
        for group in groups_of(spans):
            begin = min(spans[i].offset for i in group)
            end = max(spans[i].offset + spans[i].length for i in group)
            data = self._asked(spans[group[0]].file, (begin, end)) if end > begin else b""
            for i in group:
                at = spans[i].offset - begin
                found[i] = data[at : at + spans[i].length]
        return [found[i] for i in range(len(spans))]

    def _asked(self, file: str, span: tuple[int, int] | None) -> bytes:
        """The bytes of a span, or of the whole file, asked again where the connection breaks."""
        policy = self._client.policy
        for attempt in range(policy.max_retries + 1):
            try:
                return self._once(file, span)
            except AnswerError as error:
                if attempt == policy.max_retries:
                    raise Unreachable(f"{self._base}{file}: {error}", hint=_HINT) from error
                time.sleep(policy.retry_wait_s * 2**attempt)
        raise AssertionError("unreachable")

    def _once(self, file: str, span: tuple[int, int] | None) -> bytes:
        known = self._files.setdefault(file, _File())
        headers = {"Accept-Encoding": "identity"}
        if span is not None:
            headers["Range"] = f"bytes={span[0]}-{span[1] - 1}"
            if known.validator is not None and not known.validator.startswith("W/"):
                headers["If-Range"] = known.validator
        self.traffic.n_requests += 1
        answer = self._client.get(f"{self._base}{file}{self._query}", headers)
        try:
            self._check(file, known, answer, span)
            limit = _SMALL if span is None else span[1] - span[0]
            data = bytearray()
            for chunk in answer.chunks():
                data += chunk
                self.traffic.n_bytes += len(chunk)
                if len(data) > limit:
                    raise Unreachable(f"{self._base}{file}: the server sends more than was asked for", hint=_HINT)
        finally:
            answer.close()
        if span is not None and len(data) != limit:
            raise AnswerError(f"{len(data)} of {limit} bytes")
        return bytes(data)

    def _check(self, file: str, known: _File, answer: Answer, span: tuple[int, int] | None) -> None:
        """Raises: what is wrong with an answer before its body is read."""
        head, place = answer.head, f"{self._base}{file}"
        validator = head.headers.get("etag") or head.headers.get("last-modified")
        if head.headers.get("content-encoding", "identity") != "identity":
            raise Unreachable(f"{place}: the server compresses ranges", hint="serve the files as they are")
        if span is None:
            if head.status != 200:
                raise Unreachable(f"{place}: the server answers {head.status}", hint=_HINT)
            return
        if known.validator is not None and validator is not None and validator != known.validator:
            raise CorruptIndex(f"{place} changed on the server while it was read", hint="ask again")
        if head.status == 200:
            if known.size is not None and head.size_bytes is not None and head.size_bytes != known.size:
                raise _other_size(place, head.size_bytes, known.size)
            if known.validator is not None:  # it sent ranges of what it had before
                raise CorruptIndex(f"{place} changed on the server while it was read", hint="ask again")
            raise Unreachable(
                f"{place}: the server ignores Range requests", hint="serve the release from a server that knows them"
            )
        if head.status == 416:
            raise CorruptIndex(f"{place} ends before byte {span[0]}", hint="the file on the server is cut")
        match = _RANGE.fullmatch(head.headers.get("content-range", ""))
        if head.status != 206 or match is None or int(match[1]) != span[0]:
            raise Unreachable(f"{place}: the server sends another range than asked ({head.status})", hint=_HINT)
        if known.size is not None and int(match[3]) != known.size:
            raise _other_size(place, int(match[3]), known.size)
        known.size, known.validator = int(match[3]), known.validator or validator


def _other_size(place: str, found: int, expected: int) -> CorruptIndex:
    return CorruptIndex(
        f"{place} has {found} bytes instead of {expected}",
        hint="it is cut, or was changed on the server while it was read: ask again",
    )


def groups_of(spans: Sequence[Wanted]) -> list[list[int]]:
    """Spans that are read with one request each: those of a file with small gaps, larger gaps where there are many."""
    groups: list[list[int]] = []
    for file in dict.fromkeys(span.file for span in spans):
        mine = sorted((i for i, span in enumerate(spans) if span.file == file), key=lambda i: spans[i].offset)
        runs: list[list[int]] = []
        gaps: list[int] = []
        end = 0
        for i in mine:
            gap = spans[i].offset - end
            if runs and gap <= NEAR_BYTES:
                runs[-1].append(i)
            else:
                gaps.append(gap)
                runs.append([i])
            end = max(end, spans[i].offset + spans[i].length)
        groups.extend(_fewer(runs, gaps))
    return groups


def _fewer(runs: list[list[int]], gaps: list[int]) -> list[list[int]]:
    """Runs joined over their smallest gaps until they are FEW, or the gaps are FAR_BYTES. gaps[i] is ahead of run i."""
    smallest = sorted(range(1, len(runs)), key=lambda i: gaps[i])[: max(0, len(runs) - FEW)]
    read = accumulate(gaps[i] for i in smallest)
    joined = {i for i, n_bytes in zip(smallest, read, strict=True) if n_bytes <= FAR_BYTES}
    found: list[list[int]] = []
    for i, run in enumerate(runs):
        if i in joined:
            found[-1].extend(run)
        else:
            found.append(list(run))
    return found
