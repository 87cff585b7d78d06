"""Whole columns of links at once: raw targets and their pages' base URLs in; URLs, same-page keys and hosts out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache

import ada_url
import numpy as np
import numpy.typing as npt
import pyarrow as pa

from inlink.errors import BadInput
from inlink.urls import authority_kernel
from inlink.urls import batch_kernel as kernel
from inlink.urls.authority_kernel import I32, I64, U8
from inlink.urls.charsets import is_legacy, with_encoded_query
from inlink.urls.folds import fold_table
from inlink.urls.parse import WEB_SCHEMES, parse

WEB, OTHER_SCHEME, INVALID = kernel.WEB, kernel.OTHER_SCHEME, kernel.INVALID

_LIMIT_BYTES = 2**31 - 1


@dataclass(frozen=True, slots=True)
class Resolved:
    """The links of a batch, row for row.

    Shapes: all (n,). `status` is WEB (http or https), OTHER_SCHEME or INVALID; the other columns are null unless WEB.
    `url` is normalised (WHATWG, fragment dropped), `key` its same-page key, `host` is dictionary-encoded.
    """

    status: npt.NDArray[np.uint8]
    url: pa.StringArray
    key: pa.StringArray
    host: pa.DictionaryArray


def resolve(
    raws: pa.StringArray, page: npt.NDArray[np.int32], bases: Sequence[str], charsets: Sequence[str] | None = None
) -> Resolved:
    """What each raw target means on its page; equal to ada row for row.

    `page[i]` says which of `bases` row i stands under (-1: none; then only absolute targets have a meaning);
    `charsets` gives each base's character set: in a legacy one the query of its links is encoded in it, as browsers
    do. A null target is INVALID.
    Raises: BadInput when a column would pass 2 GiB.    Cost: about 0.3 µs a row; memory about twice the columns.
    """
    tables = _Tables(len(raws) + len(bases), _size_bytes(raws))
    base_rows = _Rows(pa.array(bases, pa.string()), np.full(len(bases), kernel.NO_BASE, np.int32), 0)
    base_rows.run(tables, _NO_BASES, lambda row: _resolve_one(bases[row], None, None))
    of_bases = base_rows.as_bases(charsets)

    def one(row: int) -> tuple[int, bytes]:
        at = int(rows.page[row])
        base, charset = (None, None) if at < 0 else (bases[at], charsets[at] if charsets else None)
        return _resolve_one(raws[row].as_py(), base, charset)

    rows = _Rows(raws, _page_or_null(raws, page), int(of_bases[2][:, kernel.B_END].max(initial=0)))
    rows.run(tables, of_bases, one)
    return rows.resolved(tables)


class _Tables:
    """Authorities and hosts of one batch, in the kernel's layout."""

    def __init__(self, n_rows: int, n_bytes: int) -> None:
        n_slots = 1 << (2 * n_rows + 16).bit_length()
        n_text = 4 * min(n_bytes, 1 << 20) + 4096
        self.authority_slots = np.full(n_slots, -1, np.int32)
        self.authority_table = np.empty((n_rows + 1, authority_kernel.AUTHORITY_COLUMNS), np.int64)
        self.authority_text = np.empty(n_text, np.uint8)
        self.host_slots = np.full(n_slots, -1, np.int32)
        self.host_offsets = np.zeros(n_rows + 2, np.int32)
        self.host_text = np.empty(n_text, np.uint8)
        self.state = np.zeros(kernel.STATE_SIZE, np.int64)

    @property
    def authorities(self) -> tuple[I32, I64, U8]:
        return self.authority_slots, self.authority_table, self.authority_text

    @property
    def hosts(self) -> tuple[I32, I32, U8]:
        return self.host_slots, self.host_offsets, self.host_text

    def grow_text(self, n_bytes: int) -> None:
        """Makes room for n_bytes more, twofold at least."""
        self.authority_text = _grown(self.authority_text, int(self.state[authority_kernel.TEXT_POS]) + 5 * n_bytes + 64)
        self.host_text = _grown(self.host_text, int(self.state[authority_kernel.HOST_POS]) + n_bytes + 64)

    def enter(self, raw: npt.NDArray[np.uint8], start: int, end: int, https: int) -> None:
        """Enters an authority as ada reads it."""
        net, cuts = _authority(raw[start:end].tobytes(), https)
        self.grow_text(end - start + len(net))
        span = (start, end, https)
        authority_kernel.enter_authority(
            raw, span, np.frombuffer(net, np.uint8), cuts, self.authorities, self.hosts, self.state
        )

    def host_names(self) -> pa.StringArray:
        """The hosts by code."""
        n = int(self.state[authority_kernel.N_HOSTS])
        text = self.host_text[: int(self.state[authority_kernel.HOST_POS])]
        return pa.StringArray.from_buffers(n, pa.py_buffer(self.host_offsets[: n + 1]), pa.py_buffer(text))


class _Rows:
    """One column on its way through the kernel."""

    def __init__(self, raws: pa.StringArray, page: npt.NDArray[np.int32], longest_base: int) -> None:
        n = len(raws)
        self.data, self.offsets = _buffers(raws)
        self.page = page
        n_bytes = int(self.offsets[-1] - self.offsets[0])
        room = n_bytes + n_bytes // 4 + n * (16 + min(longest_base, 64)) + 1024
        self.url = np.empty(room, np.uint8)
        self.url_offsets = np.zeros(n + 1, np.int32)
        self.key = np.empty(room, np.uint8)
        self.key_offsets = np.zeros(n + 1, np.int32)
        self.status = np.empty(n, np.uint8)
        self.authority = np.empty(n, np.int32)

    def run(self, tables: _Tables, bases: _Bases, one: Callable[[int], tuple[int, bytes]]) -> None:
        """Resolves all rows; `one` is asked where the kernel cannot."""
        state = tables.state
        state[[kernel.ROW, kernel.SHIFT, kernel.URL_POS, kernel.KEY_POS]] = 0
        state[kernel.STOP] = len(self.page)
        links = whole = (self.data, self.offsets, self.page)
        while True:
            reason = kernel.resolve_rows(links, bases, self._out(), tables.authorities, tables.hosts, _folds(), state)
            row = int(state[kernel.ROW])
            if reason == kernel.DONE:
                if row == len(self.page):
                    return
                links, state[kernel.SHIFT], state[kernel.STOP] = whole, 0, len(self.page)
            elif reason == kernel.NEEDS_AUTHORITY:
                tables.enter(links[0], *(int(state[i]) for i in _SPAN))
            elif reason == kernel.NEEDS_TEXT_ROOM:
                tables.grow_text(self._row_bytes(links, row - int(state[kernel.SHIFT])))
            elif reason == kernel.NEEDS_ROOM:
                self._grow(bases, row, self._row_bytes(links, row - int(state[kernel.SHIFT])))
            else:
                status, href = one(row)
                self.status[row] = status
                if status == WEB:
                    links = (np.frombuffer(href, np.uint8), np.array([0, len(href)], np.int32), _NO_PAGE)
                    links[1].flags.writeable = False
                    state[kernel.SHIFT], state[kernel.STOP] = row, row + 1
                else:
                    state[kernel.ROW] = row + 1

    @staticmethod
    def _row_bytes(links: _Links, at: int) -> int:
        return int(links[1][at + 1] - links[1][at])

    def _out(self) -> tuple[U8, I32, U8, I32, U8, I32]:
        return self.url, self.url_offsets, self.key, self.key_offsets, self.status, self.authority

    def _grow(self, bases: _Bases, row: int, n_bytes: int) -> None:
        """Makes room for one more row, twofold at least."""
        at = int(self.page[row])
        n_base = int(bases[2][at, kernel.B_END] - bases[2][at, kernel.B_URL]) if at >= 0 else 0
        need = 4 * (n_base + n_bytes) + 4096
        self.url = _grown(self.url, int(self.url_offsets[row]) + need)
        self.key = _grown(self.key, int(self.key_offsets[row]) + need)

    def as_bases(self, charsets: Sequence[str] | None) -> _Bases:
        """These rows as the bases of others."""
        n = len(self.page)
        table = np.empty((max(n, 1), kernel.BASE_COLUMNS), np.int64)
        table[:, kernel.B_STATUS] = INVALID
        table[:, kernel.B_END] = 0
        kernel.measure_bases(self.url, self.url_offsets, self.key_offsets, self.status, self.authority, table)
        legacy = np.zeros(max(n, 1), np.uint8)
        if charsets is not None:
            legacy[:n] = [is_legacy(charset) for charset in charsets]
        return self.url, self.key, table, legacy

    def resolved(self, tables: _Tables) -> Resolved:
        """The finished columns; they share the kernel's memory."""
        is_null = self.status != WEB
        n_null = int(np.count_nonzero(is_null))
        validity = pa.py_buffer(np.packbits(~is_null, bitorder="little")) if n_null else None
        codes = np.full(len(self.status), -1, np.int32)
        table = tables.authority_table[
            : max(int(tables.state[authority_kernel.N_AUTHORITIES]), 1), authority_kernel.A_HOST
        ]
        codes = np.where(is_null, 0, table.astype(np.int32)[np.maximum(self.authority, 0)]).astype(np.int32)
        n = len(codes)
        indices = pa.Int32Array.from_buffers(pa.int32(), n, [validity, pa.py_buffer(codes)], n_null)
        return Resolved(
            self.status,
            _strings(self.url, self.url_offsets, validity, n_null),
            _strings(self.key, self.key_offsets, validity, n_null),
            pa.DictionaryArray.from_arrays(indices, tables.host_names()),
        )


_Bases = tuple[U8, U8, I64, U8]
_Links = tuple[U8, I32, I32]
_NO_PAGE = np.full(1, kernel.NO_BASE, np.int32)
_SPAN = (kernel.SPAN_START, kernel.SPAN_END, kernel.SPAN_HTTPS)
_NO_BYTES = np.frombuffer(b"", np.uint8)
_NO_BASES: _Bases = (
    np.empty(0, np.uint8),
    np.empty(0, np.uint8),
    np.full((1, kernel.BASE_COLUMNS), INVALID, np.int64),
    np.zeros(1, np.uint8),
)


@cache
def _folds() -> tuple[U8, I32, U8, I32]:
    """The fold table for the compiled kernel."""
    names, starts, kinds, buckets = fold_table().arrays
    return (
        np.frombuffer(names, np.uint8),
        np.array(starts, np.int32),
        np.array(kinds, np.uint8),
        np.array(buckets, np.int32),
    )


@lru_cache(maxsize=1 << 16)
def _authority(raw: bytes, https: int) -> tuple[bytes, tuple[int, int, int, int]]:
    """(network location, (its start, its host's start and end, its end)) as ada reads it; end -1: no such host."""
    scheme = "https" if https else "http"
    try:
        url = ada_url.URL(f"{scheme}://{raw.decode()}/")
    except ValueError:
        return b"", (0, 0, 0, -1)
    net = url.href[len(scheme) + 3 : -1]
    host_start = net.rfind("@") + 1
    return net.encode(), (0, host_start, host_start + len(url.hostname), len(net))


@lru_cache(maxsize=1 << 16)
def _resolve_one(raw: str, base: str | None, charset: str | None) -> tuple[int, bytes]:
    """(status, normalised URL) of one link by ada."""
    url = parse(with_encoded_query(raw, charset) if charset else raw, base)
    if url is None:
        return INVALID, b""
    if url.scheme not in WEB_SCHEMES:
        return OTHER_SCHEME, b""
    return WEB, url.href.partition("#")[0].encode()


def _buffers(strings: pa.StringArray) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.int32]]:
    """(bytes, offsets) of a column, without copying."""
    _, offsets, data = strings.buffers()
    ends = np.frombuffer(offsets, np.int32)[strings.offset : strings.offset + len(strings) + 1] if offsets else _ZERO
    return (np.frombuffer(data, np.uint8) if data else _NO_BYTES), ends


_ZERO = np.frombuffer(bytes(4), np.int32)


def _size_bytes(strings: pa.StringArray) -> int:
    offsets = _buffers(strings)[1]
    return int(offsets[-1] - offsets[0])


def _page_or_null(raws: pa.StringArray, page: npt.NDArray[np.int32]) -> npt.NDArray[np.int32]:
    """The base of each row, NO_VALUE where the target is null."""
    if len(page) != len(raws):
        raise BadInput(f"{len(raws)} targets but {len(page)} page numbers")
    page = np.ascontiguousarray(page, np.int32)
    if raws.null_count:
        page = np.where(raws.is_null().to_numpy(zero_copy_only=False), kernel.NO_VALUE, page).astype(np.int32)
    return page


def _grown(array: npt.NDArray[np.uint8], need: int) -> npt.NDArray[np.uint8]:
    """The array with room for `need` bytes; itself where it has that."""
    if need <= len(array):
        return array
    if need > _LIMIT_BYTES:
        raise BadInput("the URLs of one batch pass 2 GiB", hint="resolve fewer links at once")
    wider = np.empty(min(max(need, 2 * len(array)), _LIMIT_BYTES), np.uint8)
    wider[: len(array)] = array
    return wider


def _strings(
    text: npt.NDArray[np.uint8], offsets: npt.NDArray[np.int32], validity: pa.Buffer | None, n_null: int
) -> pa.StringArray:
    n = len(offsets) - 1
    used = pa.py_buffer(text[: int(offsets[-1])])
    return pa.StringArray.from_buffers(n, pa.py_buffer(offsets), used, validity, n_null)
