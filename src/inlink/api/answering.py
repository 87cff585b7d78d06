"""How answers are sent: JSON, JSON Lines and CSV, with what they were answered from, a tag, and gzip where it pays."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from fastapi import Request
from fastapi.responses import Response
from isal import isal_zlib

from inlink import __version__
from inlink.api.streaming import Streamed, first_of
from inlink.workbench import Workbench
from inlink.workbench.json_values import to_json

JSON, JSONL, CSV = "application/json", "application/jsonl", "text/csv; charset=utf-8"
MEDIA = {"json": JSON, "jsonl": JSONL, "csv": CSV, "parquet": "application/vnd.apache.parquet"}
_ACCEPTED = {"application/jsonl": "jsonl", "application/x-ndjson": "jsonl", "text/csv": "csv"}
SNAPSHOT, RUN, NOTES = "inlink-snapshot", "inlink-run", "inlink-notes"
VARY = "Accept, Accept-Encoding, Authorization, Cookie"
SMALL = 1000
"""Bytes that gzip would not make fewer packets of."""
_GZIP = 31
_MAX_NOTES = 4000


@dataclass(frozen=True, slots=True)
class Source:
    """What an answer is from: the snapshot that is served and the run that orders its rows."""

    snapshot: str | None
    run: str | None = None

    @classmethod
    def of(cls, text: str | None) -> Source:
        """From `snapshot` or `snapshot+run`."""
        snapshot, _, run = (text or "").partition("+")
        return cls(snapshot or None, run or None)

    @property
    def headers(self) -> dict[str, str]:
        """The same as headers."""
        return {SNAPSHOT: self.snapshot or "", RUN: self.run or ""}


def bench_of(request: Request) -> Workbench:
    """The workbench that is asked."""
    bench: Workbench = request.app.state.bench
    return bench


def format_of(request: Request, asked: str | None) -> str:
    """The form of the answer: as asked, else by `Accept`, else JSON."""
    if asked is not None:
        return asked
    kinds = [part.partition(";")[0].strip().lower() for part in request.headers.get("accept", "").split(",")]
    return next((_ACCEPTED.get(kind, "json") for kind in kinds if kind in (*_ACCEPTED, JSON, "*/*")), "json")


def tag_of(*facts: object) -> str:
    """A weak tag of what decides an answer."""
    text = json.dumps([__version__, *facts], sort_keys=True, default=str)
    return f'W/"{hashlib.sha256(text.encode()).hexdigest()[:24]}"'


def question_tag(request: Request, source: Source, format: str) -> str:
    """The tag of an answer that the snapshot, the run and the question decide."""
    said = sorted((name, value) for name, value in request.query_params.multi_items() if name != "format")
    return tag_of(source.snapshot, source.run, request.url.path, said, format)


def is_known(request: Request, tag: str) -> bool:
    """Whether the client has the answer of that tag already."""
    known = [part.strip() for part in request.headers.get("if-none-match", "").split(",")]
    return tag in known or tag.removeprefix("W/") in known


def not_modified(source: Source, tag: str) -> Response:
    """The answer to a client that has it already."""
    return Response(status_code=304, headers={**_headers(source), "etag": tag})


def send_json(request: Request, body: bytes, source: Source, *, tag: str | None = None, **more: str) -> Response:
    """A whole answer; tagged by its bytes where nothing else decides it."""
    return send_whole(request, body, JSON, source, tag=tag, **more)


def send_whole(
    request: Request, body: bytes, media: str, source: Source, *, tag: str | None = None, **more: str
) -> Response:
    """A whole answer in some form."""
    headers = {**_headers(source), **{name.replace("_", "-"): value for name, value in more.items()}}
    headers["etag"] = tag or f'W/"{hashlib.sha256(body).hexdigest()[:24]}"'
    if request.method != "GET":
        headers["cache-control"] = "no-store"
    elif is_known(request, headers["etag"]):
        return not_modified(source, headers["etag"])
    if len(body) >= SMALL and _takes_gzip(request):
        body, headers["content-encoding"] = isal_zlib.compress(body, 2, _GZIP), "gzip"
    return Response(body, media_type=media, headers=headers)


def send_chunks(
    request: Request,
    chunks: Iterator[bytes],
    format: str,
    source: Source,
    *,
    tag: str,
    done: Callable[[], None],
    name: str | None = None,
    notes: Sequence[str] = (),
) -> Response:
    """An answer that is made while it is sent; `done` is called when it has ended in whatever way."""
    headers = {**_headers(source), **said(notes), "etag": tag}
    if name is not None:
        headers["content-disposition"] = f'attachment; filename="{name}"'
    if _takes_gzip(request) and format != "parquet":
        chunks, headers["content-encoding"] = _gzipped(chunks), "gzip"
    if is_head(request):
        done()
        return Response(media_type=MEDIA[format], headers=headers)
    try:
        return Streamed(first_of(chunks), media_type=MEDIA[format], headers=headers, done=done)
    except BaseException:
        done()
        raise


def said(notes: Sequence[str]) -> dict[str, str]:
    """Notes as a header, for answers that have no other place for them."""
    text = json.dumps(list(notes))
    return {NOTES: text} if notes and len(text) <= _MAX_NOTES else {}


def next_page(request: Request, cursor: str | None) -> str | None:
    """The address of the next page."""
    if cursor is None:
        return None
    asked = [(name, value) for name, value in request.query_params.multi_items() if name != "cursor"]
    return f"{request.url.path}?{urlencode([*asked, ('cursor', cursor)])}"


def next_link(request: Request, cursor: str | None) -> dict[str, str]:
    """The next page as a header. Source: RFC 8288."""
    link = next_page(request, cursor)
    return {} if link is None else {"link": f'<{link}>; rel="next"'}


def envelope(source: Source, body: Mapping[str, Any]) -> bytes:
    """A JSON object that names the snapshot and the run it is from."""
    about = {"snapshot": source.snapshot, "run": source.run}
    return to_json({**about, **body}).encode()


def is_head(request: Request) -> bool:
    """Whether only the headers are wanted."""
    return bool(request.scope.get("inlink.head"))


def _headers(source: Source) -> dict[str, str]:
    return {**source.headers, "cache-control": "private, no-cache", "vary": VARY}


def _takes_gzip(request: Request) -> bool:
    parts = [part.replace(" ", "").lower() for part in request.headers.get("accept-encoding", "").split(",")]
    return any(part.partition(";")[0] == "gzip" and not part.endswith(("q=0", "q=0.0")) for part in parts)


def _gzipped(chunks: Iterator[bytes]) -> Iterator[bytes]:
    packer = isal_zlib.compressobj(1, wbits=_GZIP)
    for chunk in chunks:
        if packed := packer.compress(chunk):
            yield packed
    yield packer.flush()
