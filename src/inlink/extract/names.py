"""The names that extraction knows (names.toml), each with a code, found by its hash in one table.

A name's hash is FNV-1a over its bytes, started from the seed of its family, so that the element `footer` and the
class `footer` are two entries. Hashes are 64 bits and compared in full.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from importlib.resources import files
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from inlink.schema import KINDS, REGIONS

PRIME: Final = 0x100000001B3
TABLE_SIZE: Final = 4096
_BASIS: Final = 0xCBF29CE484222325

# Flags of an element.
VOID: Final = 1  # has no end tag
RAW: Final = 2  # its content is text that is written unescaped
BLOCK: Final = 4  # starts and ends a block of text
SPACE: Final = 8  # separates words without ending the block
MUTE: Final = 16  # its content is not visible text
SPECIAL: Final = 32  # the scan looks at it by its code
REGION: Final = 64  # may open a region
_FLAGS: Final = {
    "special": SPECIAL,
    "foreign": 0,
    "region": REGION,
    "void": VOID,
    "raw": RAW,
    "block": BLOCK,
    "space": SPACE,
    "mute": MUTE,
}

# Bits of the rel tokens that matter.
REL_NOFOLLOW, REL_UGC, REL_SPONSORED, REL_CANONICAL, REL_ALTERNATE, REL_STYLESHEET, REL_AUTHOR, REL_TAG = (
    1 << bit for bit in range(8)
)
_REL_TOKENS: Final = ("nofollow", "ugc", "sponsored", "canonical", "alternate", "stylesheet", "author", "tag")

# Bits of what an itemprop or the class of a <time> means.
IS_AUTHOR, IS_PUBLISHED, IS_MODIFIED = 1, 2, 4

MAIN, NAV, HEADER, FOOTER, ASIDE, COMMENT, BIO, HEAD = range(len(REGIONS))


def fnv(name: str, seed: int = _BASIS) -> int:
    """FNV-1a of the name, started from `seed`."""
    h = seed
    for byte in name.encode():
        h = ((h ^ byte) * PRIME) & 0xFFFFFFFFFFFFFFFF
    return h


def _coded(names: Iterable[str]) -> dict[str, int]:
    """A code for each distinct name, from 1."""
    return {name: code for code, name in enumerate(dict.fromkeys(names), 1)}


def _meanings(groups: Mapping[str, str], codes: Mapping[str, int]) -> dict[str, int]:
    """The code of the group of each name."""
    return {name: codes[group] for group, names in groups.items() for name in names.split()}


_FILE: Final[dict[str, Any]] = tomllib.loads(files("inlink.extract").joinpath("names.toml").read_text("utf-8"))

ELEMENTS: Final = _coded(name for group in _FLAGS for name in _FILE["elements"][group].split())
ATTRIBUTES: Final = {name: code for code, name in enumerate(_FILE["attributes"]["known"].split())}
META_NAMES: Final = _coded(name for names in _FILE["meta"].values() for name in names.split())
META_OF_CODE: Final = {code: name for name, code in META_NAMES.items()}
META_GROUPS: Final[dict[str, str]] = {name: group for group, names in _FILE["meta"].items() for name in names.split()}

_REGION_CODES: Final = {name: code for code, name in enumerate(REGIONS)}
_DATES: Final = {
    "itemprop_author": IS_AUTHOR,
    "itemprop_published": IS_PUBLISHED,
    "itemprop_modified": IS_MODIFIED,
    "class_published": IS_PUBLISHED,
    "class_modified": IS_MODIFIED,
}


def _dates(prefix: str) -> dict[str, int]:
    return _meanings({group: names for group, names in _FILE["dates"].items() if group.startswith(prefix)}, _DATES)


ELEMENT_SEED: Final = fnv("element:")
ATTRIBUTE_SEED: Final = fnv("attribute:")
CLASS_SEED: Final = fnv("class:")
ID_SEED: Final = fnv("id:")
ROLE_SEED: Final = fnv("role:")
REL_SEED: Final = fnv("rel:")
META_SEED: Final = fnv("meta:")
ITEMPROP_SEED: Final = fnv("itemprop:")
TIME_CLASS_SEED: Final = fnv("time-class:")

_FAMILIES: Final[tuple[tuple[int, Mapping[str, int]], ...]] = (
    (ELEMENT_SEED, ELEMENTS),
    (ATTRIBUTE_SEED, ATTRIBUTES),
    (CLASS_SEED, _meanings(_FILE["regions"]["class"], _REGION_CODES)),
    (ID_SEED, _meanings(_FILE["regions"]["id"], _REGION_CODES)),
    (ROLE_SEED, _meanings(_FILE["regions"]["role"], _REGION_CODES)),
    (REL_SEED, {token: 1 << bit for bit, token in enumerate(_REL_TOKENS)}),
    (META_SEED, META_NAMES),
    (ITEMPROP_SEED, _dates("itemprop")),
    (TIME_CLASS_SEED, _dates("class")),
)


def _table() -> tuple[NDArray[np.uint64], NDArray[np.int32]]:
    hashes = np.zeros(TABLE_SIZE, np.uint64)
    codes = np.full(TABLE_SIZE, -1, np.int32)
    for seed, names in _FAMILIES:
        for name, code in names.items():
            h = fnv(name, seed)
            slot = (h >> 20) & (TABLE_SIZE - 1)
            while hashes[slot]:
                slot = (slot + 1) & (TABLE_SIZE - 1)
            hashes[slot], codes[slot] = h, code
    return hashes, codes


def _element_flags() -> NDArray[np.int32]:
    flags = np.zeros(len(ELEMENTS) + 1, np.int32)
    for group, flag in _FLAGS.items():
        for name in _FILE["elements"][group].split():
            flags[ELEMENTS[name]] |= flag
    return flags


def _link_elements() -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Kind and attribute of the link that each element is, -1 for the others."""
    kinds, attributes = (np.full(len(ELEMENTS) + 1, -1, np.int32) for _ in range(2))
    for element, (attribute, kind) in _FILE["links"].items():
        kinds[ELEMENTS[element]], attributes[ELEMENTS[element]] = KINDS.index(kind), ATTRIBUTES[attribute]
    return kinds, attributes


HASHES, CODES = _table()
ELEMENT_FLAGS: Final = _element_flags()
LINK_KINDS, LINK_ATTRIBUTES = _link_elements()
