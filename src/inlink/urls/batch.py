"""Whole columns of links at once: raw targets and their pages' base URLs in; URLs, same-page keys and hosts out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import TypeVar

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from inlink.errors import BadInput
from inlink.urls import batch_kernel as kernel
from inlink.urls.authorities import AuthorityTable, frozen, grown
from inlink.urls.authority_kernel import I32, I64, U8
from inlink.urls.charsets import is_legacy, with_encoded_query
from inlink.urls.folds import fold_table
from inlink.urls.parse import WEB_SCHEMES, parse, well_formed

WEB, OTHER_SCHEME, INVALID = kernel.WEB, kernel.OTHER_SCHEME, kernel.INVALID

# A batch of honest pages is far below; what passes it is a bomb (a long base under very many links).
MAX_COLUMN_BYTES = 384 << 20

A = TypeVar("A", bound=np.generic)

_Bases = tuple[U8, U8, I64, U8]
_Links = tuple[U8, I32, I32]


@dataclass(frozen=True, slots=True)
class Resolved:
    """The links of a batch, row for row.

    Shapes: all (n,). `status` is WEB (http or https), OTHER_SCHEME or INVALID; the other columns are null unless WEB.
    `url` is normalised (WHATWG, fragment dropped), `key` its same-page key, `host` is dictionary-encoded.
    `dropped` lists the rows that are INVALID only because the URLs of the batch passed their bound.
    """

    status: npt.NDArray[np.uint8]
    url: pa.StringArray
    key: pa.StringArray
    host: pa.DictionaryArray
    dropped: tuple[int, ...] = ()


def resolve(
    raws: pa.StringArray, page: npt.NDArray[np.int32], bases: Sequence[str], charsets: Sequence[str] | None = None
) -> Resolved:
    """What each raw target means on its page; equal to ada row for row.

    `page[i]` says which of `bases` row i stands under (-1: none; then only absolute targets have a meaning). A base
    that is no URL counts as none. `charsets` gives each base's character set: in a legacy one the query of its links
    is encoded in it, as browsers do. A null target is INVALID.
    Raises: BadInput when the columns do not fit together.
    Cost: some 0.2 µs a row; memory about twice the columns, which are bounded by MAX_COLUMN_BYTES or twice the input.
    """
    raws, page = _checked(raws, page, len(bases))
    bases = [well_formed(base) for base in bases]
    base_rows = _Rows(pa.array(bases, pa.string()), np.full(len(bases), kernel.NO_BASE, np.int32))
    rows = _Rows(raws, page)
    table = AuthorityTable(len(raws) + len(bases), kernel.STATE_SIZE)
    base_rows.run(table, _NO_BASES, lambda row, raw: _by_ada(raw, None, None))

    def one(row: int, raw: str) -> tuple[int, bytes]:
        at = int(page[row])
        return _by_ada(raw, bases[at], charsets[at] if charsets else None) if at >= 0 else _by_ada(raw, None, None)

    rows.run(table, base_rows.as_bases(charsets), one)
    return rows.resolved(table)


def resolve_absolute(raws: pa.StringArray) -> Resolved:
    """What each absolute URL of a column means; relative ones are INVALID."""
    return resolve(raws, np.full(len(raws), kernel.NO_BASE, np.int32), ())


class _Rows:
    """One column on its way through the kernel."""

    def __init__(self, raws: pa.StringArray, page: I32) -> None:
        n = len(raws)
        data, offsets = _buffers(raws)
        self.links: _Links = (_read_only(data), _read_only(offsets), _read_only(page))
        self.n_bytes = int(offsets[-1] - offsets[0])
        self.limit = min(max(MAX_COLUMN_BYTES, 2 * self.n_bytes), 2**31 - 1)
        room = self.n_bytes + self.n_bytes // 4 + 64 * n + 1024
        self.url = np.empty(room, np.uint8)
        self.url_offsets = np.zeros(n + 1, np.int32)
        self.key = np.empty(room, np.uint8)
        self.key_offsets = np.zeros(n + 1, np.int32)
        self.status = np.empty(n, np.uint8)
        self.authority = np.empty(n, np.int32)
        self.dropped: list[int] = []

    def run(self, table: AuthorityTable, bases: _Bases, one: Callable[[int, str], tuple[int, bytes]]) -> None:
        """Resolves all rows; `one` is asked where the kernel cannot."""
        state = table.state
        n = len(self.status)
        links = self.links
        state[[kernel.ROW, kernel.SHIFT, kernel.URL_POS, kernel.KEY_POS]] = 0
        state[kernel.STOP] = n
        while True:
            out = (self.url, self.url_offsets, self.key, self.key_offsets, self.status, self.authority)
            reason = kernel.resolve_rows(links, bases, out, table.authorities, table.hosts, _folds(), state)
            row = int(state[kernel.ROW])
            if reason == kernel.DONE:
                if row == n:
                    return
                links, state[kernel.SHIFT], state[kernel.STOP] = self.links, 0, n
            elif reason == kernel.NEEDS_AUTHORITY:
                table.enter(links[0], *(int(state[i]) for i in _SPAN))
            elif reason == kernel.NEEDS_TEXT_ROOM:
                table.make_room(_row_bytes(links, row - int(state[kernel.SHIFT])))
            elif reason == kernel.NEEDS_ROOM:
                if not self._make_room(bases, row, _row_bytes(links, row - int(state[kernel.SHIFT]))):
                    self.dropped.append(row)
                    state[kernel.ROW] = row + 1
            else:
                status, href = one(row, self._text(row))
                self.status[row] = status
                if status == WEB:
                    links = (frozen(href), _read_only(np.array([0, len(href)], np.int32)), _NO_PAGE)
                    state[kernel.SHIFT], state[kernel.STOP] = row, row + 1
                else:
                    state[kernel.ROW] = row + 1

    def _text(self, row: int) -> str:
        data, offsets, _ = self.links
        return data[offsets[row] : offsets[row + 1]].tobytes().decode("utf-8", "replace")

    def _make_room(self, bases: _Bases, row: int, n_bytes: int) -> bool:
        """Makes room for one more row; False where the column would pass its bound."""
        at = int(self.links[2][row])
        n_base = int(bases[2][at, kernel.B_END] - bases[2][at, kernel.B_URL]) if at >= 0 else 0
        need = 4 * (n_base + n_bytes) + 4096
        if int(self.url_offsets[row]) + need > self.limit:
            return False
        self.url = grown(self.url, int(self.url_offsets[row]) + need)
        self.key = grown(self.key, int(self.key_offsets[row]) + need)
        return True

    def as_bases(self, charsets: Sequence[str] | None) -> _Bases:
        """These rows as the bases of others."""
        n = len(self.status)
        table = np.zeros((max(n, 1), kernel.BASE_COLUMNS), np.int64)
        kernel.measure_bases(self.url, self.url_offsets, self.key_offsets, self.status, self.authority, table)
        legacy = np.zeros(max(n, 1), np.uint8)
        if charsets is not None:
            legacy[:n] = [is_legacy(charset) for charset in charsets]
        return self.url, self.key, table, legacy

    def resolved(self, table: AuthorityTable) -> Resolved:
        """The finished columns; they share the kernel's memory."""
        is_web = self.status == WEB
        n = len(is_web)
        n_null = n - int(np.count_nonzero(is_web))
        validity = pa.py_buffer(np.packbits(is_web, bitorder="little")) if n_null else None
        codes = np.zeros(n, np.int32)
        if n_null < n:
            np.take(table.host_codes, self.authority, out=codes, mode="clip")
        indices = pa.Int32Array.from_buffers(pa.int32(), n, [validity, pa.py_buffer(codes)], n_null)
        return Resolved(
            self.status,
            _strings(self.url, self.url_offsets, validity, n_null),
            _strings(self.key, self.key_offsets, validity, n_null),
            pa.DictionaryArray.from_arrays(indices, table.host_names()),
            tuple(self.dropped),
        )


@lru_cache(maxsize=1 << 12)
def _by_ada(raw: str, base: str | None, charset: str | None) -> tuple[int, bytes]:
    """(status, normalised URL) of one link by ada."""
    url = parse(with_encoded_query(raw, charset) if charset else raw, base)
    if url is None:
        return INVALID, b""
    if url.scheme not in WEB_SCHEMES:
        return OTHER_SCHEME, b""
    return WEB, url.href.partition("#")[0].encode()


@cache
def _folds() -> I32:
    """The fold table for the compiled kernel."""
    return np.array(fold_table(), np.int32)


def _checked(raws: pa.StringArray, page: npt.NDArray[np.int32], n_bases: int) -> tuple[pa.StringArray, I32]:
    """The columns as the kernel takes them; the base of a null target is NO_VALUE."""
    if len(page) != len(raws):
        raise BadInput(f"{len(raws)} targets but {len(page)} page numbers")
    if len(page) and not (page.min() >= kernel.NO_BASE and page.max() < n_bases):
        raise BadInput(f"page numbers outside -1 … {n_bases - 1}")
    if isinstance(raws, pa.ChunkedArray):
        raws = raws.combine_chunks()
    raws = raws.cast(pa.string())
    page = np.ascontiguousarray(page, np.int32)
    if raws.null_count:
        page = np.where(raws.is_null().to_numpy(zero_copy_only=False), np.int32(kernel.NO_VALUE), page)
    return raws, page


def _buffers(strings: pa.StringArray) -> tuple[U8, I32]:
    """(bytes, offsets) of a column, without copying."""
    _, offsets, data = strings.buffers()
    if offsets is None or len(strings) == 0:
        return _NO_BYTES, np.zeros(1, np.int32)
    ends = np.frombuffer(offsets, np.int32)[strings.offset : strings.offset + len(strings) + 1]
    return (np.frombuffer(data, np.uint8) if data is not None else _NO_BYTES), ends


def _row_bytes(links: _Links, at: int) -> int:
    return int(links[1][at + 1] - links[1][at])


def _read_only(array: npt.NDArray[A]) -> npt.NDArray[A]:
    """A read-only view: the kernel is compiled once, for read-only inputs."""
    view = array.view()
    view.flags.writeable = False
    return view


def _strings(text: U8, offsets: I32, validity: pa.Buffer | None, n_null: int) -> pa.StringArray:
    used = pa.py_buffer(text[: int(offsets[-1])])
    return pa.StringArray.from_buffers(len(offsets) - 1, pa.py_buffer(offsets), used, validity, n_null)


_NO_BYTES = frozen(b"")
_NO_PAGE = _read_only(np.full(1, kernel.NO_BASE, np.int32))
_SPAN = (kernel.SPAN_START, kernel.SPAN_END, kernel.SPAN_HTTPS)
_NO_BASES: _Bases = (
    np.empty(0, np.uint8),
    np.empty(0, np.uint8),
    np.full((1, kernel.BASE_COLUMNS), INVALID, np.int64),
    np.zeros(1, np.uint8),
)
