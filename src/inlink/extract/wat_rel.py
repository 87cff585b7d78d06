"""Which links of WAT records tell their rel.

Common Crawl's writer puts rel on <a> and <area> since 23 August 2017, that is from CC-MAIN-2017-34 on; a page of an
earlier crawl tells it only where the record itself shows a rel on one of them (a file that was written again later). Of
forms, which may have a rel too, no record tells it. No other element that makes a link has one but <link>, whose rel
has always been there.
Source: commoncrawl/ia-web-commons issue 10, commit dda2c89; https://html.spec.whatwg.org/multipage/links.html#linkTypes
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from inlink.schema import KINDS

# Segments of CC-MAIN-2017-34 are named by their time: 1502886104 s, on that day. CC-MAIN-2017-30 is of July.
TOLD_SINCE_US: Final = int(datetime(2017, 8, 16, tzinfo=UTC).timestamp()) * 1_000_000
_FORM: Final = KINDS.index("form")
_IS_ANCHOR: Final = np.array([kind in ("anchor", "area") for kind in KINDS])


def is_rel_told(
    fetched_at_us: Sequence[int], page: NDArray[np.int32], kind: NDArray[np.uint8], rel: pa.StringArray
) -> NDArray[np.bool_] | None:
    """Whether each link tells its rel, or that it has none; None where all do.

    Shapes: fetched_at_us (pages,); page (a row of it), kind (a position in KINDS), rel and the answer (links,).
    """
    is_untold = kind == _FORM
    is_early = np.array([time < TOLD_SINCE_US for time in fetched_at_us], np.bool_)
    if is_early.any():
        is_anchor = _IS_ANCHOR[kind]
        is_early[page[is_anchor & np.asarray(rel.is_valid())]] = False
        is_untold |= is_anchor & is_early[page]
    return ~is_untold if is_untold.any() else None
