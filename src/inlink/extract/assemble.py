"""From raw link columns to the rows of `links`: resolved, identified and judged a whole column at a time.

HTML, WAT and link lists end here, so that the same link gets the same row whatever input it was read from.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from inlink.extract.batch import rows
from inlink.extract.ids import link_ids
from inlink.schema import EMBED_KINDS, KINDS, LINKS, REL_ORIGINS
from inlink.urls.batch import WEB, resolve
from inlink.urls.domains import SuffixRules

_KINDS = pa.array(KINDS, pa.string())
_IS_EMBED = np.array([kind in EMBED_KINDS for kind in KINDS])
# Bits of REL_ORIGINS → the words joined by "+".
_ORIGINS = pa.array(
    ["+".join(word for bit, word in enumerate(REL_ORIGINS) if bits >> bit & 1) or None for bits in range(8)]
)
_REL = 1
_NOFOLLOW, _UGC, _SPONSORED = 1, 2, 4
_REL_WORDS = {"nofollow": _NOFOLLOW, "ugc": _UGC, "sponsored": _SPONSORED}


@dataclass(frozen=True, slots=True)
class Sources:
    """The pages that link, a row each; `base` is the URL that their relative links resolve against.

    `nofollow_origin` is "meta", "header", "meta+header" or None: where a nofollow for the whole page comes from.
    """

    capture_id: NDArray[np.uint64]
    url: Sequence[str]
    key: Sequence[str]
    host: Sequence[str]
    domain: Sequence[str]
    base: Sequence[str]
    nofollow_origin: Sequence[str | None]
    charset: Sequence[str] | None = None


@dataclass(frozen=True, slots=True)
class RawLinks:
    """Links as they were read, a row each, pages ascending.

    Shapes: all (n,). `page` is a row of Sources, `kind` a position in KINDS, `target` the URL and
    `rel` the attribute as written; `more` are further columns of LINKS, by name. What is not given is null.
    `is_rel_known` says of which links the input tells rel or that there is none; None: of all. `are_served`: the links
    stand in pages as servers send them.
    """

    page: NDArray[np.int32]
    kind: NDArray[np.uint8]
    target: pa.StringArray
    rel: pa.StringArray
    anchor: pa.StringArray
    alt: pa.StringArray
    more: Mapping[str, pa.Array] = field(default_factory=dict)
    is_rel_known: NDArray[np.bool_] | None = None
    are_served: bool = True


@dataclass(frozen=True, slots=True)
class Assembled:
    """Rows of `links`; of each page how many lead to its own domain and to others (embedded resources aside).

    `is_cut` marks the pages that lost links because the URLs of the batch passed their bound.
    """

    links: pa.RecordBatch
    n_internal: NDArray[np.int32]
    n_external: NDArray[np.int32]
    is_cut: NDArray[np.bool_]


# Given the kept rows of RawLinks and which of them leave the page's host: further columns of LINKS, by name.
Context = Callable[[NDArray[np.int64], NDArray[np.bool_]], Mapping[str, pa.Array]]


def assemble(
    sources: Sources,
    raw: RawLinks,
    rules: SuffixRules,
    *,
    external_only: bool = False,
    context: Context | None = None,
) -> Assembled:
    """The rows of `links` for what resolves to an http(s) URL.

    Resources that a page embeds from its own host are left out; `external_only` leaves out every link to that host.
    """
    resolved = resolve(raw.target, raw.page, sources.base, sources.charset)
    is_same_host = _same(resolved.host, sources.host, raw.page)
    is_left_out = is_same_host if external_only else is_same_host & _IS_EMBED[raw.kind]
    is_kept = (resolved.status == WEB) & ~is_left_out
    ordinal = _ordinals(raw.page, is_kept)
    kept = None if is_kept.all() else pa.array(np.flatnonzero(is_kept))
    page = raw.page if kept is None else raw.page[is_kept]
    kind = raw.kind if kept is None else raw.kind[is_kept]
    url, host = _take(resolved.url, kept), _take(resolved.host, kept)
    domain = pa.DictionaryArray.from_arrays(host.indices, rules.domains(host.dictionary.to_pylist()))
    is_internal = _same(domain, sources.domain, page)
    target = _take(raw.target, kept)
    columns = {
        "link_id": pa.array(link_ids(sources.key, page, url, kind)),
        "capture_id": pa.array(sources.capture_id[page]),
        "ordinal": pa.array(ordinal),
        **_source_columns(sources, page),
        "target_raw": pc.if_else(pc.equal(target, url), pa.scalar(None, pa.string()), target),
        "target_url": url,
        "target_key": _take(resolved.key, kept),
        "target_host": host,
        "target_domain": _unique(domain),
        "kind": coded(kind, _KINDS),
        **_rel_columns(_take(raw.rel, kept), sources.nofollow_origin, page, _is_unknown(raw, is_kept)),
        "anchor": _take(raw.anchor, kept),
        "alt": _take(raw.alt, kept),
        "needs_script": pa.array(np.zeros(len(page), np.bool_)) if raw.are_served else pa.nulls(len(page), pa.bool_()),
        "is_internal": pa.array(is_internal),
        **{name: _take(column, kept) for name, column in raw.more.items()},
        **(context(np.flatnonzero(is_kept), ~is_same_host[is_kept]) if context else {}),
    }
    for name in LINKS.names:
        if name not in columns:
            columns[name] = pa.nulls(len(page), LINKS.arrow.field(name).type)
    counted = ~_IS_EMBED[kind]
    n_pages = len(sources.url)
    is_cut = np.zeros(n_pages, np.bool_)
    is_cut[raw.page[list(resolved.dropped)]] = True
    return Assembled(
        rows(LINKS, columns),
        np.bincount(page[counted & is_internal], minlength=n_pages).astype(np.int32),
        np.bincount(page[counted & ~is_internal], minlength=n_pages).astype(np.int32),
        is_cut,
    )


def coded(index: NDArray[np.integer], values: pa.Array) -> pa.DictionaryArray:
    """A dictionary column: values[index], where null stands for a null value."""
    if not values.null_count:
        return pa.DictionaryArray.from_arrays(pa.array(index.astype(np.int32)), values)
    is_known = np.asarray(values.is_valid())
    place = (np.cumsum(is_known) - 1).astype(np.int32)
    return pa.DictionaryArray.from_arrays(pa.array(place[index], mask=~is_known[index]), values.drop_null())


def _take(array: pa.Array, kept: pa.Array | None) -> pa.Array:
    return array if kept is None else array.take(kept)


def _ordinals(page: NDArray[np.int32], is_kept: NDArray[np.bool_]) -> NDArray[np.int32]:
    """Position of each kept row among the kept rows of its page."""
    kept = page[is_kept]
    ends = np.cumsum(np.bincount(kept))
    starts = np.concatenate(([0], ends))[kept] if len(kept) else kept
    return (np.arange(len(kept)) - starts).astype(np.int32)


def _same(column: pa.DictionaryArray, of_page: Sequence[str], page: NDArray[np.int32]) -> NDArray[np.bool_]:
    """Whether each row's value is its page's."""
    values = column.dictionary.to_pylist()
    number: dict[str, int] = {}
    meaning = np.array([number.setdefault(value, len(number)) for value in values], np.int32)
    wanted = np.array([number.get(value, -1) for value in of_page], np.int32)
    index = np.asarray(column.indices.fill_null(-1))
    row = np.where(index < 0, -2, meaning[index] if len(meaning) else -2)
    return np.asarray(row == wanted[page])


def _unique(column: pa.DictionaryArray) -> pa.DictionaryArray:
    """The same column with each value once in its dictionary."""
    encoded = column.dictionary.dictionary_encode()
    return pa.DictionaryArray.from_arrays(encoded.indices.take(column.indices), encoded.dictionary)


def _source_columns(sources: Sources, page: NDArray[np.int32]) -> dict[str, pa.Array]:
    """The columns that say which page links; each value stands once in their dictionaries.

    With a value twice, Parquet would write the column out in full.
    """
    index = pa.array(page)
    columns = {}
    for name, values in (
        ("url", sources.url),
        ("key", sources.key),
        ("host", sources.host),
        ("domain", sources.domain),
    ):
        column = pa.DictionaryArray.from_arrays(index, pa.array(values, pa.string()))
        columns[f"source_{name}"] = _unique(column)
    return columns


def _is_unknown(raw: RawLinks, is_kept: NDArray[np.bool_]) -> NDArray[np.bool_] | None:
    """The kept links whose rel the input does not tell; None where there are none."""
    return None if raw.is_rel_known is None else ~raw.is_rel_known[is_kept]


def _rel_columns(
    rel: pa.StringArray,
    origins: Sequence[str | None],
    page: NDArray[np.int32],
    is_unknown: NDArray[np.bool_] | None,
) -> dict[str, pa.Array]:
    """rel with what it says of the link, joined with what robots rules say of the page; null where neither tells."""
    encoded = rel.dictionary_encode(null_encoding="encode")
    values = [_rel_words(value) for value in encoded.dictionary.to_pylist()]
    index = np.asarray(encoded.indices)
    bits = np.array([_rel_bits(value) for value in values] or [0], np.uint8)[index]
    of_page = np.array([_origin_bits(origin) for origin in origins] or [0], np.uint8)[page]
    origin = np.where(bits > 0, _REL, 0).astype(np.uint8) | of_page
    return {
        "rel": _unique(coded(index, pa.array(values, pa.string()))),
        "nofollow": pa.array(
            (bits & _NOFOLLOW > 0) | (of_page > 0), mask=None if is_unknown is None else is_unknown & (of_page == 0)
        ),
        "ugc": pa.array(bits & _UGC > 0, mask=is_unknown),
        "sponsored": pa.array(bits & _SPONSORED > 0, mask=is_unknown),
        "rel_origin": coded(origin, _ORIGINS),
    }


def _rel_words(rel: str | None) -> str | None:
    """Tokens in lower case, one space between them; commas separate as well, for many write them."""
    return " ".join(rel.lower().replace(",", " ").split()) or None if rel else None


def _rel_bits(rel: str | None) -> int:
    return sum(_REL_WORDS.get(word, 0) for word in set(rel.split())) if rel else 0


def _origin_bits(origin: str | None) -> int:
    return sum(1 << REL_ORIGINS.index(word) for word in origin.split("+")) if origin else 0
