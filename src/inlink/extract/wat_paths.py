"""Element paths of WAT link objects (`A@/href`) and the kinds of link they are."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from inlink.kernels.jit import compiled_bare
from inlink.schema import EMBED_KINDS, KINDS

# Most frequent first: the kernel looks through them in order. A path that is not here is no link of ours:
# onclick and data-href are guesses at scripts, background and STYLE/#text decorate the page.
PATH_KINDS: dict[str, str] = {
    "A@/href": "anchor",
    "IMG@/src": "image",
    "LINK@/href": "rel_link",  # its rel may make it canonical, alternate or style
    "SCRIPT@/src": "script",
    "FORM@/action": "form",
    "IFRAME@/src": "frame",
    "AREA@/href": "area",
    "FRAME@/src": "frame",
    "INPUT@/src": "image",
    "INPUT@/formaction": "form",
    "BUTTON@/formaction": "form",
    "VIDEO@/src": "media",
    "AUDIO@/src": "media",
    "SOURCE@/src": "media",
    "TRACK@/src": "media",
    "EMBED@/src": "media",
    "OBJECT@/data": "media",
    "Q@/cite": "cite",
    "BLOCKQUOTE@/cite": "cite",
    "DEL@/cite": "cite",
    "INS@/cite": "cite",
}
HEADER_KINDS = ("redirect", "refresh", "canonical", "alternate", "style", "rel_link")


def header_path(kind: str) -> str:
    """A path for links that HTTP headers and meta refresh give; no element has it."""
    return f"HTTP@/{kind}"


_PRIME = np.uint64(0x100000001B3)
_BASIS = np.uint64(0xCBF29CE484222325)


@compiled_bare
def path_hash(data: NDArray[np.uint8], start: int, stop: int) -> np.uint64:
    """FNV-1a of data[start:stop]."""
    h = _BASIS
    for i in range(start, stop):
        h = (h ^ np.uint64(data[np.uint64(i)])) * _PRIME
    return h


def _python_hash(path: str) -> int:
    h = int(_BASIS)
    for byte in path.encode():
        h = (h ^ byte) * int(_PRIME) % 2**64
    return h


_ALL_KINDS = PATH_KINDS | {header_path(kind): kind for kind in HEADER_KINDS}
# Hash of each path, and its code: the position of its kind in KINDS, plus one (zero is for no link).
PATH_HASHES: NDArray[np.uint64] = np.array([_python_hash(path) for path in _ALL_KINDS], np.uint64)
PATH_CODES: NDArray[np.uint8] = np.array([KINDS.index(kind) + 1 for kind in _ALL_KINDS.values()], np.uint8)
ANCHOR_CODE = KINDS.index("anchor") + 1
LINK_CODE = KINDS.index("rel_link") + 1
CODE_EMBEDS: NDArray[np.bool_] = np.array([False, *(kind in EMBED_KINDS for kind in KINDS)])  # by code
