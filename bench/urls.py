"""Resolving the real links of the saved pages: µs per link, side by side.

    taskset -c 0 .venv/bin/python bench/urls.py [--data ../shared/data] [--rounds 7]

Every href of every page in html-corpora and sites, resolved against its page's base, by
    resolve         inlink.urls.batch.resolve: URL, same-page key and host columns; 400 pages at once
    ada loop        ada_url.join_url and the host by ada_url.URL, a Python loop; no key
    urllib loop     urllib.parse.urljoin and urlsplit, a Python loop; no key and not WHATWG
and the registrable domains of the distinct hosts. `resolve` is compared with ada link by link in the same run. Times
are CPU time of this one thread, so that other work on the machine does not count.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from urllib.parse import urljoin, urlsplit

import ada_url
import numpy as np
import numpy.typing as npt
import pyarrow as pa
from fastwarc.warc import ArchiveIterator, WarcRecordType
from publicsuffixlist import PublicSuffixList
from resiliparse.parse.encoding import bytes_to_str, detect_encoding
from selectolax.lexbor import LexborHTMLParser

from inlink.urls.batch import WEB, resolve
from inlink.urls.domains import SuffixRules
from inlink.urls.parse import parse


@dataclass(frozen=True, slots=True)
class Links:
    """Every href of a corpus with the base it stands under."""

    raws: pa.StringArray
    page: npt.NDArray[np.int32]
    bases: list[str]


def read_links(files: list[Path]) -> Links:
    """The hrefs as written, in file order; `<base>` is applied to the page's URL."""
    raws: list[str] = []
    page: list[int] = []
    bases: list[str] = []
    for path in files:
        with path.open("rb") as stream:
            for record in ArchiveIterator(stream, record_types=WarcRecordType.response, parse_http=True):
                body = record.reader.read()
                tree = LexborHTMLParser(bytes_to_str(body, detect_encoding(body) or "utf-8"))
                base = record.headers["WARC-Target-URI"].strip("<>")
                declared = tree.css_first("base[href]")
                written = declared.attributes.get("href") if declared is not None else None
                joined = parse(written, base) if written else None
                base = joined.href if joined is not None else base
                for node in tree.css("a[href], area[href], link[href]"):
                    raws.append(node.attributes.get("href") or "")
                    page.append(len(bases))
                bases.append(base)
    return Links(pa.array(raws, pa.string()), np.array(page, np.int32), bases)


def batches(links: Links) -> list[Links]:
    """The corpus in pieces of 400 pages, about what extraction takes at once."""
    firsts = range(0, len(links.bases), 400)
    edges = [*np.searchsorted(links.page, firsts).tolist(), len(links.page)]
    return [
        Links(links.raws.slice(at, stop - at), links.page[at:stop] - first, links.bases[first : first + 400])
        for first, at, stop in zip(firsts, edges[:-1], edges[1:], strict=True)
    ]


def by_resolve(links: Links) -> object:
    """The product's way."""
    return [resolve(part.raws, part.page, part.bases) for part in batches(links)]


def by_ada(links: Links) -> list[tuple[str, str] | None]:
    """A loop over ada, URL and host."""
    bases = links.bases
    found: list[tuple[str, str] | None] = []
    for raw, at in zip(links.raws.to_pylist(), links.page.tolist(), strict=True):
        try:
            url = ada_url.URL(raw, bases[at])
            found.append((url.href, url.hostname))
        except ValueError:
            found.append(None)
    return found


def by_ada_join(links: Links) -> list[str | None]:
    """A loop over ada, URL only."""
    bases = links.bases
    found: list[str | None] = []
    for raw, at in zip(links.raws.to_pylist(), links.page.tolist(), strict=True):
        try:
            found.append(ada_url.join_url(bases[at], raw))
        except ValueError:
            found.append(None)
    return found


def by_urllib(links: Links) -> list[tuple[str, str | None] | None]:
    """A loop over urllib, URL and host."""
    bases = links.bases
    found: list[tuple[str, str | None] | None] = []
    for raw, at in zip(links.raws.to_pylist(), links.page.tolist(), strict=True):
        try:
            url = urljoin(bases[at], raw)
            found.append((url, urlsplit(url).hostname))
        except ValueError:
            found.append(None)
    return found


WAYS: dict[str, Callable[[Links], object]] = {
    "resolve (URL, key, host)": by_resolve,
    "ada loop (URL, host)": by_ada,
    "ada join loop (URL)": by_ada_join,
    "urllib loop (URL, host)": by_urllib,
}


def n_wrong(links: Links) -> int:
    """Links whose URL or host differs from ada's."""
    got = resolve(links.raws, links.page, links.bases)
    urls, hosts = got.url.to_pylist(), got.host.to_pylist()
    wrong = 0
    for i, answer in enumerate(by_ada(links)):
        is_web = answer is not None and answer[0].startswith(("http:", "https:"))
        want = (answer[0].partition("#")[0], answer[1]) if answer is not None and is_web else (None, None)
        wrong += (urls[i], hosts[i]) != want or (got.status[i] == WEB) != is_web
    return wrong


def time_hosts(links: Links, rounds: int) -> None:
    """The registrable domain of each distinct host: first time and from memory, and by the suffix list's package."""
    hosts = resolve(links.raws, links.page, links.bases).host.dictionary.to_pylist()
    package = PublicSuffixList()
    times: dict[str, list[float]] = {"domains, first time": [], "domains, again": [], "publicsuffixlist": []}
    for _ in range(rounds):
        rules = SuffixRules()
        for name in ("domains, first time", "domains, again"):
            times[name].append(seconds(partial(rules.domains, hosts)))
        times["publicsuffixlist"].append(seconds(lambda: [package.privatesuffix(host) for host in hosts]))
    print(f"{len(hosts):,} distinct hosts")
    report(times, len(hosts), "host")


def seconds(work: Callable[[], object]) -> float:
    """CPU time that it took."""
    start = time.process_time()
    work()
    return time.process_time() - start


def report(times: dict[str, list[float]], n: int, unit: str) -> None:
    """Median and least per unit."""
    for name, taken in times.items():
        middle, least = statistics.median(taken) / n * 1e6, min(taken) / n * 1e6
        print(f"{name:28} {middle:8.3f} µs/{unit} median {least:8.3f} least")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path(__file__).resolve().parents[2] / "shared" / "data")
    parser.add_argument("--rounds", type=int, default=7)
    options = parser.parse_args()
    files = sorted(options.data.glob("html-corpora/**/*.warc.gz*")) + sorted(options.data.glob("sites/*.warc.gz"))
    links = read_links(files)
    print(f"{len(links.raws):,} links, {len(links.bases):,} pages, {n_wrong(links)} differ from ada")
    times: dict[str, list[float]] = {name: [] for name in WAYS}
    for _ in range(options.rounds):
        for name, way in WAYS.items():
            times[name].append(seconds(partial(way, links)))
    report(times, len(links.raws), "link")
    time_hosts(links, options.rounds)


if __name__ == "__main__":
    main()
