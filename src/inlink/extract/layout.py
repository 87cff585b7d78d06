"""Where the scan writes: columns of its rows, cells of its state, and buffers that grow over the pages of a batch."""

from __future__ import annotations

from typing import Final, NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from inlink.extract.names import ATTRIBUTES, CODES, ELEMENT_FLAGS, HASHES, LINK_ATTRIBUTES, LINK_KINDS
from inlink.sources.limits import Limits

T = TypeVar("T", bound=np.generic)
Bytes = NDArray[np.uint8]
Rows = NDArray[np.int32]

# Columns of a link row. Spans of text point into `text`, all others into `blob`; -1 where there is none.
(
    L_PAGE, L_KIND, L_HREF, L_HREF_END, L_REL, L_REL_END, L_REL_BITS, L_TEXT, L_TEXT_END, L_ALT, L_ALT_END, L_REGION,
    L_HEADING, L_STARTS_BLOCK, L_AT, L_AT_END, N_LINK,
) = range(17)  # fmt: skip

# Columns of a fact row, and its types; `start` and `end` are a span of `blob`.
F_PAGE, F_TYPE, F_CODE, F_REGION, F_START, F_END, N_FACT = range(7)
FACT_TITLE, FACT_BASE, FACT_META, FACT_JSONLD, FACT_LANG, FACT_TIME, FACT_ITEMPROP, FACT_HREFLANG = range(8)

# A block of text: its span and how many of its bytes are link text. A heading: its span and the one before it.
B_START, B_END, B_LINKED, N_BLOCK = range(4)
H_START, H_END, H_BEFORE, N_HEADING = range(4)

# Cells of the state: fill of the buffers, what the caller sets for a page, what the page was found to have.
(
    S_TEXT, S_BLOB, S_LINKS, S_FACTS, S_BLOCKS, S_HEADINGS,
    S_PAGE, S_MAX_LINKS, S_MAX_ATTRIBUTE, S_MAX_NESTING, S_KEEP_ALL,
    S_WORDS, S_HAS_BASE, S_SKIPPED, S_CUT_LINKS, S_LONG_VALUES, S_DEEP, S_PAGE_LINKS, S_PAGE_FACTS, S_ARTICLES,
    S_HAS_TITLE, N_STATE,
) = range(22)  # fmt: skip

K_MODE, K_REGION, K_LINK, K_MARKS, N_STACK = range(5)
MAX_FACTS: Final = 2_000  # fact rows of a page
MAX_FACT_BYTES: Final = 256 * 1024  # one JSON-LD script


class Tables(NamedTuple):
    """What the scan looks names up in (see names.py)."""

    hashes: NDArray[np.uint64]
    codes: NDArray[np.int32]
    flags: NDArray[np.int32]  # of each element code
    link_kind: NDArray[np.int32]  # kind and attribute of the link that an element is, or -1
    link_attribute: NDArray[np.int32]


class Found(NamedTuple):
    """Buffers of a batch: bytes, rows and state; `spans` and `stack` are scratch."""

    text: Bytes
    blob: Bytes
    links: Rows
    facts: Rows
    blocks: Rows
    headings: Rows
    state: NDArray[np.int64]
    spans: NDArray[np.int32]
    stack: NDArray[np.int32]


TABLES: Final = Tables(HASHES, CODES, ELEMENT_FLAGS, LINK_KINDS, LINK_ATTRIBUTES)


class Buffers:
    """A growing `Found`: `room` makes sure that the rows and bytes of one more page fit."""

    def __init__(self, limits: Limits, n_bytes: int = 1 << 20) -> None:
        state = np.zeros(N_STATE, np.int64)
        state[S_MAX_LINKS] = limits.max_links
        state[S_MAX_ATTRIBUTE] = limits.max_attribute_chars
        state[S_MAX_NESTING] = limits.max_nesting
        self.found = Found(
            np.empty(n_bytes, np.uint8),
            np.empty(n_bytes, np.uint8),
            np.empty((n_bytes >> 6, N_LINK), np.int32),
            np.empty((n_bytes >> 6, N_FACT), np.int32),
            np.empty((n_bytes >> 4, N_BLOCK), np.int32),
            np.empty((n_bytes >> 6, N_HEADING), np.int32),
            state,
            np.zeros(2 * len(ATTRIBUTES), np.int32),
            np.zeros((limits.max_nesting, N_STACK), np.int32),
        )

    def room(self, n_html: int) -> Found:
        """The buffers with space for all that `n_html` bytes of canonical HTML can give."""
        found, state = self.found, self.found.state
        max_links = min(int(state[S_MAX_LINKS]), n_html // 8) + 64
        self.found = Found(
            _grown(found.text, int(state[S_TEXT]), n_html + 64),
            _grown(found.blob, int(state[S_BLOB]), 2 * n_html + 64),  # an alt is written for image and link
            _grown(found.links, int(state[S_LINKS]), max_links),
            _grown(found.facts, int(state[S_FACTS]), MAX_FACTS + 8),
            _grown(found.blocks, int(state[S_BLOCKS]), n_html // 4 + 8),
            _grown(found.headings, int(state[S_HEADINGS]), n_html // 9 + 8),
            state,
            found.spans,
            found.stack,
        )
        return self.found


def _grown(array: NDArray[T], used: int, more: int) -> NDArray[T]:
    if used + more <= array.shape[0]:
        return array
    bigger = np.empty((max(2 * array.shape[0], used + more), *array.shape[1:]), array.dtype)
    bigger[:used] = array[:used]
    return bigger
