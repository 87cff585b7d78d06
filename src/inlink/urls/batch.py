"""Whole columns of links at once: raw targets and their pages' base URLs in; URLs, same-page keys and hosts out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from inlink.urls.identity import same_page_key
from inlink.urls.parse import parse

WEB, OTHER_SCHEME, INVALID = 0, 1, 2


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
    """What each raw target means on its page.

    `page[i]` says which of `bases` row i stands under; `charsets` gives each base's character set where a page is in
    a legacy one (the query of its links is then encoded in it, as browsers do).
    """
    status, urls, keys, hosts = [], [], [], []
    for raw, at in zip(raws.to_pylist(), page.tolist(), strict=True):
        url = parse(raw, bases[at]) if raw is not None else None
        if url is None or url.scheme not in ("http", "https"):
            status.append(INVALID if url is None else OTHER_SCHEME)
            urls.append(None), keys.append(None), hosts.append(None)
            continue
        href = url.href.partition("#")[0]
        status.append(WEB)
        urls.append(href), keys.append(same_page_key(href)), hosts.append(url.host)
    host = pa.array(hosts, pa.string()).dictionary_encode()
    return Resolved(np.array(status, np.uint8), pa.array(urls, pa.string()), pa.array(keys, pa.string()), host)
