"""Rows of `captures` from archived answers, whether a body came with them or only what a WAT record says."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from inlink.extract.batch import rows
from inlink.extract.ids import capture_id
from inlink.schema import CAPTURES
from inlink.sources.records import Record
from inlink.urls.batch import WEB, Resolved, resolve
from inlink.urls.domains import SuffixRules
from inlink.urls.parse import normalise

_SURROGATE = re.compile("[\ud800-\udfff]")
_TIME = pa.timestamp("us", tz="UTC")


@dataclass(frozen=True, slots=True)
class Pages:
    """Where the answers of a batch came from, a row each: normalised URL, same-page key, host, domain, identity."""

    url: Sequence[str]
    key: Sequence[str]
    host: Sequence[str]
    domain: Sequence[str]
    capture_id: NDArray[np.uint64]


def web_records(records: Sequence[Record]) -> list[Record]:
    """The records whose URL is http or https."""
    return [record for record, is_kept in zip(records, are_web(records), strict=True) if is_kept]


def are_web(records: Sequence[Record]) -> list[bool]:
    """Whether each record's URL is http or https."""
    return list((_resolved(records).status == WEB).tolist())


def pages_of(records: Sequence[Record], rules: SuffixRules) -> Pages:
    """The places of records that all have an http(s) URL."""
    found = _resolved(records)
    keys = found.key.to_pylist()
    hosts = found.host.to_pylist()
    ids = [capture_id(key, r.fetched_at_us, r.payload_digest) for key, r in zip(keys, records, strict=True)]
    return Pages(found.url.to_pylist(), keys, hosts, rules.domains(hosts), np.array(ids, np.uint64))


def _resolved(records: Sequence[Record]) -> Resolved:
    urls = [_SURROGATE.sub("\ufffd", record.url) for record in records]
    return resolve(pa.array(urls, pa.string()), np.full(len(urls), -1, np.int32), [])


def capture_rows(
    records: Sequence[Record], pages: Pages, *, depth: str, file_name: str, errors: Sequence[str | None] | None = None
) -> pa.RecordBatch:
    """One row a record; `errors` say what extraction found wrong, where the source had nothing to say."""
    n = len(records)
    texts = {
        "url_key": pages.key,
        "url": pages.url,
        "url_raw": [record.url for record in records],
        "host": pages.host,
        "domain": pages.domain,
        "error": [r.error or e for r, e in zip(records, errors or [None] * n, strict=True)],
        "depth": [depth if record.script_links is None else "js" for record in records],
        "payload_digest": [record.payload_digest for record in records],
        "ip": [record.ip for record in records],
        "content_type": [content_type(record) for record in records],
        "redirect_target": [redirect_target(r, url) for r, url in zip(records, pages.url, strict=True)],
        "evidence_file": [file_name] * n,
    }
    columns = {
        **{name: pa.array(values, pa.string()) for name, values in texts.items()},
        "capture_id": pa.array(pages.capture_id),
        "fetched_at": pa.array([record.fetched_at_us for record in records], _TIME),
        "http_status": pa.array([record.http_status for record in records], pa.int16()),
        "is_revisit": pa.array([record.is_revisit for record in records], pa.bool_()),
        "evidence_offset": pa.array([record.offset for record in records], pa.int64()),
        "evidence_length": pa.array([record.length for record in records], pa.int64()),
    }
    return rows(CAPTURES, columns)


def content_type(record: Record) -> str | None:
    """Media type without parameters, lower case."""
    for value in record.header("content-type"):
        return value.partition(";")[0].strip().lower() or None
    return None


def redirect_target(record: Record, url: str) -> str | None:
    """Where a 3xx answer points, normalised."""
    if record.http_status is None or not 300 <= record.http_status < 400:
        return None
    return next((target for value in record.header("location") if (target := normalise(value, url)) is not None), None)
