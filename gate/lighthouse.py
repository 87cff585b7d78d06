"""Lighthouse on main pages over the demo web: performance, accessibility and best practices; and what a page weighs.

    python gate/lighthouse.py

Takes some four minutes. Writes gate/lighthouse.json. The scores are those of Lighthouse's desktop settings on this
machine; weight is what the first visit of a page fetches, compressed, with fonts, styles and scripts. Where npm cannot
give Lighthouse, the gate fails: it measures nothing else.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "gate"), str(ROOT / "scripts")]

from docs_tour import TARGET, demo_site  # noqa: E402
from frame import Gate  # noqa: E402
from vendor_web import installed  # noqa: E402

PAGES = {
    "home": "/",
    "overview": f"/overview?q={TARGET}",
    "backlinks": f"/backlinks?q={TARGET}",
    "domains": f"/domains?q={TARGET}",
    "compare": f"/compare?q={TARGET}&with=ryeandshine.example",
    "gap": "/gap?q=ryeandshine.example",
    "what-if": f"/what-if?q={TARGET}&best=5",
    "neighbourhood": f"/neighbourhood?q={TARGET}",
    "jobs": "/jobs",
}
KINDS = ("performance", "accessibility", "best-practices")
WAIT_S = 300
HEAVY = 10  # audits that are told where a score is below 1


def judged(tool: Path, url: str, chromium: str) -> dict[str, Any]:
    """Lighthouse's report on a page."""
    program = tool / "node_modules" / "lighthouse" / "cli" / "index.js"
    command = [
        *("node", str(program), url, "--quiet", "--output=json", "--preset=desktop"),
        f"--only-categories={','.join(KINDS)}",
        "--chrome-flags=--headless=new --no-sandbox",
    ]
    env = {**os.environ, "CHROME_PATH": chromium}
    done = subprocess.run(command, capture_output=True, text=True, timeout=WAIT_S, env=env)
    if done.returncode:
        raise RuntimeError(done.stderr[-2000:])
    report: dict[str, Any] = json.loads(done.stdout)
    return report


def missed(report: dict[str, Any]) -> list[str]:
    """Audits that cost points."""
    audits = report["audits"].values()
    return sorted(audit["id"] for audit in audits if audit["score"] is not None and audit["score"] < 0.9)[:HEAVY]


def main() -> int:
    chromium = shutil.which(os.environ.get("INLINK_CHROMIUM") or "chromium")
    tool = installed("lighthouse")
    if tool is None or chromium is None:
        print("error: no Lighthouse or no Chromium\nhint: npm and chromium are needed", file=sys.stderr)
        return 1
    gate = Gate("lighthouse", data=[ROOT / "src" / "inlink" / "web"])
    scores: dict[str, dict[str, float]] = {}
    notes: dict[str, list[str]] = {}
    weights: dict[str, int] = {}
    with tempfile.TemporaryDirectory() as folder, demo_site(Path(folder)) as url:
        for name, path in PAGES.items():
            report = judged(tool, url + path, chromium)
            scores[name] = {kind: 100 * report["categories"][kind]["score"] for kind in KINDS}
            weights[name] = int(report["audits"]["total-byte-weight"]["numericValue"])
            notes[name] = missed(report)
            print(name, scores[name], weights[name], notes[name], file=sys.stderr, flush=True)
    for kind in KINDS:
        gate.measure(f"{kind}.least", min(score[kind] for score in scores.values()), unit="score")
    gate.measure("first_page.bytes", max(weights[name] for name in ("home", "overview")), unit="bytes")
    gate.note("scores", scores)
    gate.note("bytes of a first visit", weights)
    gate.note("audits below 0.9", notes)
    return gate.finish()


if __name__ == "__main__":
    sys.exit(main())
