"""A made-up release of any size in Common Crawl's text formats, with its traps; the same arguments give the same text.

python bench/make_release.py FOLDER --vertices 10000000 --edges 400000000
python bench/make_release.py FOLDER --kind host --www kept --parts 8 --vertices 1000000 --edges 30000000

FOLDER is laid out as data.commoncrawl.org, so `inlink cc list --from FOLDER` works, also through a web server.
"""

from __future__ import annotations

import argparse
import json
import time
from dataclasses import asdict
from pathlib import Path

from inlink.demo.release import NAME, make_release


def main() -> None:
    """Make a release and say what is in it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--vertices", type=int, default=1_000_000)
    parser.add_argument("--edges", type=int, default=30_000_000)
    parser.add_argument("--name", default=NAME)
    parser.add_argument("--kind", choices=("domain", "host"), default="domain")
    parser.add_argument("--www", choices=("stripped", "kept"), default="stripped")
    parser.add_argument("--parts", type=int, default=1)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    start = time.monotonic()
    truth = make_release(
        given.folder, given.vertices, given.edges, name=given.name, kind=given.kind, www=given.www, parts=given.parts,
        seed=given.seed,
    )  # fmt: skip
    print(json.dumps({**asdict(truth), "seconds": round(time.monotonic() - start, 1)}, indent=1))


if __name__ == "__main__":
    main()
