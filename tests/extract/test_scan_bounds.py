"""The compiled scan reads and writes inside its arrays only: compiled with bounds checks, buffers cut to the byte."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = """
import random
import numpy as np
from scraping import record
from test_markup import CASES, PIECES
from inlink.extract import layout
from inlink.extract.bombs import affordable
from inlink.extract.html import extract_web
from inlink.extract.pages import canonical
from inlink.extract.scan import scan_page
from inlink.sources.limits import DEFAULT_LIMITS
from inlink.urls.domains import SuffixRules

def exact(array, used, more):
    cut = np.empty((used + more, *array.shape[1:]), array.dtype)
    cut[:used] = array[:used]
    return cut

layout._grown = exact
host = np.frombuffer(b"www.example.org", np.uint8)

def scanned(data):
    buffers = layout.Buffers(DEFAULT_LIMITS)
    for _ in range(2):
        scan_page(data, host, layout.TABLES, buffers.room(len(data)))
    affordable(data)

dice = random.Random(11)
PIECES = PIECES + ["&nbsp;", "<img alt='" + "&nbsp;é" * 50 + "' src=//o/>", "<a href=x rel='a,b'>", "é"]
PIECES += ["<script type=application/ld+json>{}</script>", "<time datetime=x pubdate>", "<html lang=de>"]
PIECES += ["<meta name=robots content=x>", "<base href=q>"]
for n in range(700):
    soup = " ".join(dice.choices(PIECES, k=dice.randint(0, 30))).encode()
    written = canonical(soup)
    scanned(np.frombuffer(written, np.uint8))
    scanned(np.frombuffer(written[: dice.randint(0, len(written))], np.uint8))
    scanned(np.frombuffer(soup, np.uint8))
pages = [record(markup) for markup, _ in CASES.values()] + [record("x") for _ in range(3)]
extract_web(pages, "", SuffixRules(), DEFAULT_LIMITS)
print("inside")
"""


@pytest.mark.gate
def test_all_indices_are_inside(tmp_path: Path) -> None:
    paths = os.pathsep.join([str(Path(__file__).parent), *filter(None, [os.environ.get("PYTHONPATH")])])
    checks = {"NUMBA_BOUNDSCHECK": "1", "NUMBA_CACHE_DIR": str(tmp_path), "PYTHONPATH": paths}
    command = [sys.executable, "-c", SCRIPT]
    done = subprocess.run(command, env={**os.environ, **checks}, capture_output=True, text=True, check=False)
    assert done.stderr == ""
    assert done.stdout == "inside\n"
