"""Links of every page of the corpora and sites against Chromium with JavaScript off.

    python gate/browser_judge.py

Takes some eight minutes. Writes gate/browser_judge.json: precision and recall over all links, the share of pages that
are exactly equal, and what differs, with the reason where one is known.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from urllib.parse import unquote

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "gate"), str(ROOT / "tests" / "extract")]

from chromium_pages import Verdict, browser, judge, pages_in  # noqa: E402

from frame import Gate  # noqa: E402

DATA = Path(os.environ.get("INLINK_TEST_DATA") or ROOT.parent / "shared" / "data")
FOLDERS = [DATA / "html-corpora", DATA / "sites"]


def reason(verdict: Verdict) -> str:
    """Why the links of a page differ, as far as it can be told."""
    is_web = any(href.startswith(("http:", "https:")) for href in (*verdict.extra, *verdict.missing))
    if not is_web and sorted(map(_bare, verdict.extra)) == sorted(map(_bare, verdict.missing)):
        return "Chromium writes spaces of a URL without host otherwise than the URL standard (javascript:, mailto:)"
    return "unknown"


def _bare(href: str) -> str:
    return unquote(href).replace(" ", "")


def main() -> int:
    gate = Gate("browser_judge", data=FOLDERS)
    pages = pages_in(FOLDERS)
    verdicts, unseen = [], []
    with browser() as chromium:
        for number, page in enumerate(pages):
            verdict = judge(chromium, page)
            if verdict is None:
                unseen.append(page.url)
            else:
                verdicts.append(verdict)
            if number % 100 == 99:
                print(f"{number + 1} of {len(pages)} pages", file=sys.stderr)
    n_same = sum(verdict.n_same for verdict in verdicts)
    n_extra = sum(len(verdict.extra) for verdict in verdicts)
    n_missing = sum(len(verdict.missing) for verdict in verdicts)
    differing = [verdict for verdict in verdicts if not verdict.is_exact]
    gate.measure("links.precision", n_same / max(n_same + n_extra, 1), unit="share")
    gate.measure("links.recall", n_same / max(n_same + n_missing, 1), unit="share")
    gate.measure("pages.exact", 1 - len(differing) / max(len(verdicts), 1), unit="share")
    gate.note("pages", len(verdicts))
    gate.note("links", n_same + n_missing)
    gate.note("pages that the browser did not show", unseen)
    gate.note(
        "differing",
        [{"page": v.url, "ours": v.extra, "browser's": v.missing, "why": reason(v)} for v in differing],
    )
    return gate.finish()


if __name__ == "__main__":
    sys.exit(main())
