"""Identities of captures and links: the same page and link get the same number from any input."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import xxhash
from numpy.typing import NDArray

from inlink.kernels.jit import compiled

# Odd 64-bit constants of xxHash and MurmurHash3's finaliser.
_K1 = np.uint64(0x9E3779B185EBCA87)
_K2 = np.uint64(0xC2B2AE3D27D4EB4F)
_K3 = np.uint64(0x165667B19E3779F9)
_M1 = np.uint64(0xFF51AFD7ED558CCD)
_M2 = np.uint64(0xC4CEB9FE1A85EC53)
_S33 = np.uint64(33)
_S8 = np.uint64(8)
_S31 = np.uint64(31)
_ONE = np.uint64(1)


def capture_id(url_key: str, fetched_at_us: int, payload_digest: str | None) -> int:
    """Hash of what makes a capture: the page, the moment and the payload (unknown counts as empty)."""
    return xxhash.xxh3_64_intdigest(f"{url_key}\0{fetched_at_us}\0{payload_digest or ''}".encode())


def link_ids(
    source_keys: Sequence[str], page: NDArray[np.int32], target_url: pa.StringArray, kind: NDArray[np.uint8]
) -> NDArray[np.uint64]:
    """`link_id` of every row: hash of source_key, target_url, kind and occurrence.

    Occurrence is how many earlier rows of the same page index have the same target and kind.

    Shapes: source_keys (pages,); page, target_url, kind (links,) with page an index into source_keys and kind
    a position in schema.words.KINDS; target_url without nulls.    Cost: O(bytes of target_url).
    """
    seeds = np.fromiter((xxhash.xxh3_64_intdigest(key.encode()) for key in source_keys), np.uint64, len(source_keys))
    offsets, data = string_buffers(target_url)
    return _link_ids(seeds, page, offsets, data, kind)


def string_buffers(array: pa.StringArray) -> tuple[NDArray[np.int32], NDArray[np.uint8]]:
    """Offsets (rows + 1) and bytes of a string column, without a copy."""
    _, offsets, data = array.buffers()
    if offsets is None or len(array) == 0:
        return np.zeros(1, np.int32), np.zeros(0, np.uint8)
    starts = np.frombuffer(offsets, np.int32)[array.offset : array.offset + len(array) + 1]
    return starts, np.frombuffer(data, np.uint8) if data is not None else np.zeros(0, np.uint8)


@compiled
def mix(h: np.uint64) -> np.uint64:
    """The 64 bits spread over all of them (MurmurHash3's finaliser)."""
    h ^= h >> _S33
    h *= _M1
    h ^= h >> _S33
    h *= _M2
    h ^= h >> _S33
    return h


@compiled
def hash_bytes(data: NDArray[np.uint8], start: int, end: int) -> np.uint64:
    """A 64-bit hash of data[start:end], eight bytes a step."""
    h = np.uint64(end - start) * _K1 + _K3
    i = start
    while i + 8 <= end:
        word = np.uint64(0)
        for k in range(8):
            word |= np.uint64(data[i + k]) << np.uint64(8 * k)
        word *= _K2
        word = (word << _S31) | (word >> _S33)
        h = (h ^ (word * _K1)) * _K2 + _K3
        h ^= h >> _S33
        i += 8
    while i < end:
        h = (h ^ (np.uint64(data[i]) * _K1)) * _K2
        h ^= h >> _S33
        i += 1
    return mix(h)


@compiled
def _link_ids(
    seeds: NDArray[np.uint64],
    page: NDArray[np.int32],
    offsets: NDArray[np.int32],
    data: NDArray[np.uint8],
    kind: NDArray[np.uint8],
) -> NDArray[np.uint64]:
    n = page.shape[0]
    out = np.empty(n, np.uint64)
    size = 16
    while size < 2 * n:
        size *= 2
    mask = np.uint64(size - 1)
    keys = np.zeros(size, np.uint64)  # 0 marks a free slot
    counts = np.zeros(size, np.uint64)
    for row in range(n):
        target = mix(hash_bytes(data, offsets[row], offsets[row + 1]) + np.uint64(kind[row]) * _K1)
        key = mix(target ^ (np.uint64(page[row]) * _K2 + _K3)) | _ONE
        slot = key >> _S8 & mask
        while keys[slot] != 0 and keys[slot] != key:
            slot = (slot + _ONE) & mask
        keys[slot] = key
        out[row] = mix(mix(seeds[page[row]] ^ target) + counts[slot] * _K3)
        counts[slot] += _ONE
    return out
