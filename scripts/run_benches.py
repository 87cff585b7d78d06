"""Run the benchmarks one after the other; each pins itself and prints its figures. Write them down in bench/RESULTS.md.

make bench                               those that need nothing but INLINK_TEST_DATA
make bench BIG=1                         with the large made-up index and graphs too (hours, and much disk)
python scripts/run_benches.py urls wat   only these
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PLAIN = {
    "startup": [["startup.py"]],
    "urls": [["urls.py"]],
    "sources": [["sources.py"]],
    "extract": [["extract.py"]],
    "wat": [["wat.py"]],
    "workers": [["workers.py"]],
    "crawl": [["crawl.py"], ["crawl.py", "--spacing"]],
    "verdicts": [["verdicts.py"], ["verdicts.py", "--polite"]],
}
# SCRATCH stands for a temporary folder that is removed afterwards.
BIG = {
    "lookups": [
        ["make_links.py", "SCRATCH/web"],
        ["lookups.py", "SCRATCH/web", "SCRATCH/web.duckdb", "--build"],
        ["export.py", "SCRATCH/web.duckdb"],
    ],
    "build": [["build.py", "links", "SCRATCH/links"], ["build.py", "pages", "SCRATCH/pages"]],
    "rank": [["make_links.py", "SCRATCH/web"], ["rank.py", "SCRATCH/web", "domains"]],
    "pagerank": [["pagerank.py"]],
    "pagerank_huge": [["pagerank_huge.py", "SCRATCH/huge"]],
    "packed": [["packed.py", part, "SCRATCH/graph"] for part in ("make", "sizes", "sweeps", "push", "components")],
    "explain": [["explain.py"]],
    "who": [["who.py", "SCRATCH/releases"]],
    "release_huge": [
        ["release_huge.py", "SCRATCH/huge"],
        ["who.py", "SCRATCH/huge", "--release", "SCRATCH/huge/release", "--only", "lookups"],
    ],
    "release_lists": [
        ["release_lists.py", "SCRATCH/lists"],
        ["who.py", "SCRATCH/lists", "--release", "SCRATCH/lists/release", "--only", "lookups"],
    ],
    "release": [
        ["make_release.py", "SCRATCH/release", "--vertices", "10000000", "--edges", "400000000"],
        ["release.py", "SCRATCH/release", "SCRATCH/imported", "--keep"],
        ["rank.py", "SCRATCH/imported", "--release"],
        ["rank.py", "SCRATCH/imported", "--release", "--own", "20000"],
    ],
}
TOOLS = ("make_wat", "make_graph", "pagerank_peers", "verdicts_web", "verdicts_peers", "web_users")  # for other scripts


def run(name: str, commands: list[list[str]]) -> bool:
    """Whether all commands of a benchmark succeeded."""
    print(f"== {name}", flush=True)
    with tempfile.TemporaryDirectory() as scratch:
        for script, *arguments in commands:
            words = [word.replace("SCRATCH", scratch) for word in arguments]
            if subprocess.run([sys.executable, str(ROOT / "bench" / script), *words], cwd=ROOT).returncode:
                return False
    return True


def main(wanted: list[str]) -> int:
    """Run them; fail if one failed, or is not known."""
    known = {**PLAIN, **BIG}
    if unknown := sorted(set(wanted) - set(known)):
        print(f"error: no benchmark {', '.join(unknown)}\nhint: there are {', '.join(known)}", file=sys.stderr)
        return 2
    default = known if os.environ.get("BIG") else PLAIN
    failed = [name for name in wanted or default if not run(name, known[name])]
    print(f"\n{len(wanted or default) - len(failed)} benchmarks done, {len(failed)} failed {' '.join(failed)}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
