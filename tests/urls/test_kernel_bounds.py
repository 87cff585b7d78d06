"""The compiled resolver reads and writes inside its arrays only: compiled with bounds checks, on broken references."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

SCRIPT = """
import random
import numpy as np
import pyarrow as pa
from inlink.urls.batch import resolve

dice = random.Random(7)
words = "http: https: // / \\\\ ? # . .. %2e a b.html index.php www. Example.org xn--a 1.2 : :81 @ é 日本".split()
words += ["%", "&", "=", "gclid", " ", "\\t", "", "/../", "é" * 400, "a." * 300]
n = 0
for size in [1] * 100 + [2, 3, 5, 40, 2000, 4000]:
    bases = ["http://" + "".join(dice.choices(words, k=dice.randint(0, 6))) for _ in range(4)] + ["http://a.b/c/d?e"]
    texts = ["".join(dice.choices(words, k=dice.randint(0, 8))) for _ in range(size)]
    raws = [dice.choice(["", "http://", "//"]) + text for text in texts]
    page = np.array([dice.randint(-1, 4) for _ in raws], np.int32)
    got = resolve(pa.array(raws), page, bases, ["latin1", "utf-8", "gbk", "utf-8", "sjis"])
    for column in (got.url, got.key, got.host):
        column.validate(full=True)
    n += len(raws)
print(n)
"""


def test_all_indices_are_inside(tmp_path: Path) -> None:
    environment = {**os.environ, "NUMBA_BOUNDSCHECK": "1", "NUMBA_CACHE_DIR": str(tmp_path)}
    done = subprocess.run([sys.executable, "-c", SCRIPT], env=environment, capture_output=True, text=True, check=False)
    assert done.stderr == ""
    assert int(done.stdout) == 6150
