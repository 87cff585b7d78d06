"""Kernels made before they are needed: machine code is compiled once on a machine and kept.

Workers that start together begin with different kernels, and load from disk what the other one has finished meanwhile.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

import numpy as np
import pyarrow as pa

from inlink.extract import wat_scan
from inlink.extract.layout import Buffers
from inlink.extract.pages import Scan, scan_record
from inlink.extract.scan import scan_page
from inlink.kernels.jit import is_kept
from inlink.sources.limits import DEFAULT_LIMITS
from inlink.sources.records import Record
from inlink.urls import batch_kernel
from inlink.urls.batch import resolve

NOTE = "compiling kernels, once on this machine"
_PAGE = b"<base href=/><p>x<a rel=nofollow href=//b.example/y?z>x</a><img src=z alt=y>"


def _resolve() -> None:
    resolve(pa.array(["y?z", "//b.example/"]), np.zeros(2, np.int32), ["https://a.example/"])


def _scan_html() -> None:
    record = Record("https://a.example/", 0, 200, (("Content-Type", "text/html"),), _PAGE, 0, len(_PAGE), "")
    scan_record(Scan(Buffers(DEFAULT_LIMITS)), record, 0, "a.example", DEFAULT_LIMITS)


def _scan_wat() -> None:
    text = np.frombuffer(b'[{"path":"A@/href","url":"/","text":"x"}]', np.uint8)
    hosts = pa.array(["a.example"])
    wat_scan.scan(text, np.array([len(text)]), hosts, external_only=False, max_links=1, max_bytes=9)


# What each format of input needs: the kernel whose code takes longest, and what makes it.
_RESOLVING = (batch_kernel.resolve_rows, _resolve)
_STEPS: Final[Mapping[str, tuple[tuple[object, Callable[[], None]], ...]]] = {
    "warc": (_RESOLVING, (scan_page, _scan_html)),
    "arc": (_RESOLVING, (scan_page, _scan_html)),
    "wat": (_RESOLVING, (wat_scan._scan, _scan_wat)),
}


def warm(format: str, worker: int, say: Callable[[str], None]) -> None:
    """Have the large kernels for inputs of a format; where one must be compiled, that is said first.

    Cost: nothing where they are kept; else some 30 s of processor time, shared among workers that start together.
    """
    steps = _STEPS.get(format, (_RESOLVING,))
    if all(is_kept(kernel) for kernel, _ in steps):
        return
    say(NOTE)
    first = worker % len(steps)
    for _, make in (*steps[first:], *steps[:first]):
        make()
