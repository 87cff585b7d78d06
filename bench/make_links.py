"""Write the tables of a large made-up snapshot, to measure look-ups on: Zipf-distributed targets, real-looking text.

    python bench/make_links.py OUT [--links 50000000] [--seed 1]

Text comes from a chain of words learnt from the pages in INLINK_TEST_DATA (default ../shared/data), so words, lengths
and compressibility are those of real text, yet no passage repeats as it does when one cuts windows from few pages.
Shares that decide sizes, all assumptions of this generator: 60 % of the links stand in runs of one site-wide link
(same host, target, anchor and context on many pages); 30 % of links have no text before or after them, and the others
some 40 characters, as the external links of the real pages have; 7 % are lost.
All links are external. The largest target holds some 2 % of them. Same seed, same files.
"""

from __future__ import annotations

import argparse
import os
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from fastwarc.warc import ArchiveIterator
from resiliparse.extract.html2text import extract_plain_text

from inlink.schema.columns import TableSchema
from inlink.schema.snapshot import (
    DOMAIN_PAIRS,
    DOMAINS,
    HOSTS,
    INDIRECT_LINKS,
    LINK_VERSIONS,
    SNAPSHOT_CAPTURES,
    SNAPSHOT_LINKS,
)
from inlink.store.tables import FILE_ROWS, GROUP_ROWS, stored_schema
from inlink.urls.surt import host_key

Array = np.ndarray[Any, np.dtype[Any]]
DATA = Path(os.environ.get("INLINK_TEST_DATA") or Path(__file__).resolve().parents[2] / "shared" / "data")
CORPORA = ("article-extraction-benchmark", "autopager", "htmldate-default")
CHUNK_ROWS = 400_000
ZIPF = 0.85
START_S = 1_750_000_000
TLDS = ("com", "org", "net", "de", "co.uk", "io", "fr", "info", "nl", "edu", "it", "pl")
TLD_SHARES = (0.46, 0.09, 0.07, 0.08, 0.05, 0.04, 0.05, 0.04, 0.04, 0.02, 0.03, 0.03)
SUBDOMAINS = ("www.", "", "blog.", "docs.", "shop.")


def words_of_pages() -> list[str]:
    """The words of all corpora, in the order of the pages."""
    words: list[str] = []
    for name in CORPORA:
        with (DATA / "html-corpora" / f"{name}.warc.gz").open("rb") as file:
            for record in ArchiveIterator(file, parse_http=True):
                if "html" in (record.http_content_type or ""):
                    words += extract_plain_text(record.reader.read().decode("utf-8", "replace")).split()
    return [word for word in words if len(word) < 30]


@dataclass
class Texts:
    """Pools of text to draw from."""

    before: pa.Array
    after: pa.Array
    phrase: pa.Array
    heading: pa.Array
    title: pa.Array
    slugs: list[str]


def make_texts(dice: np.random.Generator, n: int) -> Texts:
    """n contexts, each a walk through the words: title, heading, before, phrase, after."""
    words = words_of_pages()
    ids: dict[str, int] = {}
    codes = np.array([ids.setdefault(word, len(ids)) for word in words], np.int32)
    names = pa.array(list(ids))
    order = np.argsort(codes[:-1], kind="stable")
    first = np.searchsorted(codes[:-1][order], np.arange(len(ids) + 1))
    lengths = {"title": 8, "heading": 5, "before": 17, "phrase": 3, "after": 17}
    at = codes[dice.integers(0, len(codes) - 1, n)]
    walk = np.empty((n, sum(lengths.values())), np.int32)
    for step in range(walk.shape[1]):
        walk[:, step] = at
        count = first[at + 1] - first[at]
        pick = order[np.minimum(first[at] + (dice.random(n) * count).astype(np.int64), len(order) - 1)]
        at = np.where(count > 0, codes[pick + 1], codes[dice.integers(0, len(codes), n)])
    pools: dict[str, pa.Array] = {}
    column = 0
    for name, longest in lengths.items():
        size = np.maximum(1, np.minimum(longest, dice.geometric(1.6 / longest, n)))
        if name in ("before", "after"):
            size = np.where(dice.random(n) < 0.18, longest, np.minimum(longest, dice.geometric(0.22, n)))
        pools[name] = _joined(names, walk[:, column : column + longest], size)
        column += longest
    slugs = sorted({re.sub(r"[^a-z0-9]+", "", word.lower()) for word in ids} - {""})
    return Texts(slugs=[slug for slug in slugs if 2 < len(slug) < 12], **pools)


def _joined(names: pa.Array, walk: Array, size: Array) -> pa.Array:
    """The first `size` words of each row, joined by spaces."""
    is_in = np.arange(walk.shape[1])[None, :] < size[:, None]
    flat = names.take(pa.array(walk[is_in]))
    offsets = np.concatenate([[0], np.cumsum(size)]).astype(np.int32)
    return pc.binary_join(pa.ListArray.from_arrays(pa.array(offsets), flat), " ").slice(0)


@dataclass
class Web:
    """Domains in the order of their keys, and source pages in the order of their URLs."""

    domains: list[str]
    keys: list[str]
    n_in: Array  # links to each domain
    strength: Array
    source_of_page: Array  # page → domain number
    page_url: pa.Array
    page_path: pa.Array
    page_host: list[str]  # domain → host of its pages
    captured_s: Array  # page → first capture
    recaptured_s: Array  # page → second capture, or 0


def make_web(dice: np.random.Generator, texts: Texts, n_links: int) -> Web:
    """Domains with their popularity, and the pages that link."""
    n_domains = max(50, n_links // 80)
    slugs = np.array(texts.slugs)
    found: dict[str, None] = {}
    while len(found) < n_domains:
        pairs = dice.integers(0, len(slugs), (n_domains, 2))
        joints = dice.choice(["", "-"], n_domains)
        tlds = dice.choice(TLDS, n_domains, p=TLD_SHARES)
        found.update(
            dict.fromkeys(f"{slugs[a]}{j}{slugs[b]}.{t}" for (a, b), j, t in zip(pairs, joints, tlds, strict=True))
        )
    keyed = sorted((host_key(name), name) for name in list(found)[:n_domains])
    rank = dice.permutation(n_domains) + 1.0
    weight = rank**-ZIPF
    n_in = np.maximum(1, (weight / weight.sum() * n_links).astype(np.int64))
    n_in[np.argmax(n_in)] += n_links - n_in.sum()
    strength = np.minimum((n_in * 0.4).astype(np.int64), n_domains // 2)
    n_pages = np.maximum(1, (dice.pareto(1.1, n_domains) * 2).astype(np.int64))
    n_pages = np.minimum(n_pages, 50_000)
    n_pages = np.maximum(1, (n_pages * (n_links / 10 / n_pages.sum())).astype(np.int64))
    names = [name for _, name in keyed]
    hosts = [SUBDOMAINS[n] + name for n, name in zip(dice.choice(3, n_domains, p=(0.6, 0.3, 0.1)), names, strict=True)]
    order = np.argsort(np.array(hosts))
    source = np.repeat(order, n_pages[order])
    n = len(source)
    number = np.arange(n) - np.repeat(np.cumsum(n_pages[order]) - n_pages[order], n_pages[order])
    section = np.array(["blog", "news", "articles", "wiki", "forum", "p"])[source % 6]
    slug = pa.array(slugs).take(pa.array(dice.integers(0, len(slugs), n)))
    slug2 = pa.array(slugs).take(pa.array(dice.integers(0, len(slugs), n)))
    padded = pc.utf8_lpad(pa.array(number).cast(pa.string()), 6, "0")
    path = pc.binary_join_element_wise("/", pa.array(section), "/", padded, "-", slug, "-", slug2, "")
    host = pa.array(hosts).take(pa.array(source))
    seen = START_S + dice.integers(0, 60 * 86_400, n)
    again = np.where(dice.random(n) < 0.3, seen + dice.integers(86_400, 30 * 86_400, n), 0)
    url = pc.binary_join_element_wise("https://", host, path, "")
    return Web(names, [key for key, _ in keyed], n_in, strength, source, url, path, hosts, seen, again)


def link_chunks(dice: np.random.Generator, web: Web, texts: Texts) -> Iterator[pa.Table]:
    """All links, in the snapshot's order, some CHUNK_ROWS at a time."""
    start = 0
    ends = np.cumsum(web.n_in)
    while start < len(ends):
        base = ends[start] - web.n_in[start]
        stop = max(start + 1, int(np.searchsorted(ends, base + CHUNK_ROWS)))
        yield _chunk(dice, web, texts, np.arange(start, stop))
        start = stop


def _chunk(dice: np.random.Generator, web: Web, texts: Texts, domains: Array) -> pa.Table:
    domain = np.repeat(domains, web.n_in[domains])
    n = len(domain)
    n_pages = np.maximum(1, web.n_in[domain] ** 0.7).astype(np.int64)
    page = np.where(dice.random(n) < 0.35, 0, (dice.random(n) ** 3 * n_pages).astype(np.int64))
    pages, which = np.unique(domain * (1 << 24) + page, return_inverse=True)
    keys, urls, hosts = _target_pages(web, texts, pages)
    rank = np.empty(len(keys), np.int64)
    rank[np.argsort(np.array(keys, object), kind="stable")] = np.arange(len(keys))
    target = np.sort(rank[which])
    of_rank = np.argsort(rank)
    size = np.where(dice.random(n) < 0.9, 1, 2 + dice.geometric(0.08, n))
    burst = np.repeat(np.arange(n), size)[:n]
    step = np.arange(n) - np.searchsorted(burst, burst)
    n_source = len(web.source_of_page)
    source = (dice.integers(0, n_source, n)[burst] + step) % n_source
    domain = pages[of_rank[target]] >> 24
    source = np.where(web.source_of_page[source] == domain, (source + 50_021) % n_source, source)
    strength = web.strength[web.source_of_page[source]]
    ordinal = dice.integers(0, 200, n)
    order = np.lexsort((ordinal, source, -strength, target))
    target, source, strength, ordinal, burst = (a[order] for a in (target, source, strength, ordinal, burst))
    columns = _attributes(dice, texts, burst, web, source)
    columns |= {
        "ordinal": pa.array(ordinal, pa.int32()),
        "source_url": web.page_url.take(pa.array(source)),
        "source_host": pa.array(web.page_host).take(pa.array(web.source_of_page[source])),
        "source_domain": pa.array(web.domains).take(pa.array(web.source_of_page[source])),
        "target_url": pa.array(urls).take(pa.array(of_rank[target])),
        "target_key": pa.array(keys).take(pa.array(of_rank[target])),
        "target_host": pa.array(hosts).take(pa.array(of_rank[target])),
        "target_domain": pa.array(web.domains).take(pa.array(pages[of_rank[target]] >> 24)),
        "strength": pa.array(strength),
    }
    columns["source_key"] = pc.binary_join_element_wise(
        pa.array([_folded_key(host) for host in web.page_host]).take(pa.array(web.source_of_page[source])),
        ")", web.page_path.take(pa.array(source)), "",
    )  # fmt: skip
    schema = stored_schema(SNAPSHOT_LINKS)
    return pa.table(
        [columns[f.name].cast(f.type) if f.name in columns else pa.nulls(n, f.type) for f in schema], schema=schema
    )


def _folded_key(host: str) -> str:
    return host_key(host.removeprefix("www."))


def _target_pages(web: Web, texts: Texts, pages: Array) -> tuple[list[str], list[str], list[str]]:
    """Keys, URLs and hosts of target pages: number 0 is the home page; some stand on a subdomain."""
    keys, urls, hosts = [], [], []
    n_slugs = len(texts.slugs)
    for code in pages.tolist():
        domain, page = code >> 24, code & 0xFFFFFF
        mix = (code * 0x9E3779B97F4A7C15) & 0xFFFFFFFFFFFFFFFF
        sub = "" if page == 0 or mix % 10 < 8 else SUBDOMAINS[2 + (mix >> 8) % 3]
        name = web.domains[domain]
        host = sub + name if sub else ("www." if domain % 5 < 3 else "") + name
        path = "/"
        if page:
            one, two = texts.slugs[(mix >> 16) % n_slugs], texts.slugs[(mix >> 36) % n_slugs]
            section = texts.slugs[(domain * 7 + page % 6) % n_slugs]
            path = f"/{one}-{two}-{page}" if mix % 3 else f"/{section}/{2010 + mix % 15}/{one}-{two}-{page}"
        keys.append(f"{_folded_key(host)}){path}")
        urls.append(f"https://{host}{path}")
        hosts.append(host)
    return keys, urls, hosts


def _attributes(dice: np.random.Generator, texts: Texts, burst: Array, web: Web, source: Array) -> dict[str, pa.Array]:
    """What a link looks like; the links of one burst look alike."""
    n = len(burst)
    is_run = np.isin(burst, np.flatnonzero(np.bincount(burst) > 1))
    u = dice.random((7, n + 1))[:, burst]
    context = dice.integers(0, len(texts.before), n + 1)[burst]
    kind = np.where(u[0] < 0.93, "anchor", np.where(u[0] < 0.97, "image", "frame"))
    nofollow = u[1] < 0.22
    sponsored = u[1] < 0.02
    ugc = (u[1] > 0.15) & nofollow
    rel = np.where(sponsored, "sponsored nofollow", np.where(ugc, "nofollow ugc", "nofollow"))
    region = np.where(
        is_run,
        np.select([u[2] < 0.45, u[2] < 0.6, u[2] < 0.75, u[2] < 0.9], ["footer", "nav", "aside", "header"], "main"),
        np.select([u[2] < 0.75, u[2] < 0.85, u[2] < 0.95], ["main", "comment", "aside"], "bio"),
    )
    first, again = web.captured_s[source], web.recaptured_s[source]
    state = dice.random(n)
    is_lost = (again > 0) & (state < 0.23)
    is_new = (again > 0) & (state > 0.8)
    last = np.where((again > 0) & ~is_lost, again, first)
    return {
        "link_id": pa.array(dice.integers(0, 1 << 63, n), pa.uint64()),
        "capture_id": pa.array(_capture_ids(source, (last == again) & (again > 0))),
        "kind": pa.array(kind.astype(object)),
        "rel": pa.array(rel.astype(object), mask=~nofollow),
        "nofollow": pa.array(nofollow),
        "ugc": pa.array(ugc),
        "sponsored": pa.array(sponsored),
        "rel_origin": pa.array(np.full(n, "rel", object), mask=~nofollow),
        "anchor": _anchors(texts, context, u[3], kind == "anchor"),
        "alt": _masked(texts.phrase.take(pa.array((context * 7) % len(texts.phrase))), kind == "image"),
        "text_before": _masked(texts.before.take(pa.array(context)), u[4] > 0.3),
        "text_after": _masked(texts.after.take(pa.array(context)), u[5] > 0.3),
        "heading": _masked(texts.heading.take(pa.array(context)), u[6] > 0.3),
        "region": pa.array(region.astype(object)),
        "position_share": pa.array(np.round(dice.random(n), 3).astype(np.float32)),
        "block_link_share": pa.array(np.round(u[2], 2).astype(np.float32)),
        "is_internal": pa.array(np.zeros(n, bool)),
        "first_seen": _times(np.where(is_new, again, first)),
        "last_seen": _times(last),
        "is_live": pa.array(~is_lost),
        "lost_at": _times(again, ~is_lost),
        "lost_reason": pa.array(np.full(n, "removed", object), mask=~is_lost),
        "n_seen": pa.array(np.where((again > 0) & ~is_lost & ~is_new, 2, 1), pa.int32()),
    }  # fmt: skip


def _anchors(texts: Texts, context: Array, u: Array, has_text: Array) -> pa.Array:
    """Phrases mostly; some words that everybody uses; some very long."""
    common = pa.array(["here", "website", "read more", "click here", "link", "source", "home", "this article"])
    chosen = np.where(u < 0.2, (u * 5 * len(common)).astype(np.int64), len(common) + context)
    pool = pa.concat_arrays([common, texts.phrase])
    return _masked(pool.take(pa.array(np.minimum(chosen, len(pool) - 1))), has_text)


def _masked(values: pa.Array, keep: Array) -> pa.Array:
    return pc.if_else(pa.array(keep), values, None)


def _times(seconds: Array, is_null: Array | None = None) -> pa.Array:
    return pa.array((seconds * 1_000_000).astype("datetime64[us]"), pa.timestamp("us", tz="UTC"), mask=is_null)


def _capture_ids(page: Array, is_second: Array) -> Array:
    return (page.astype(np.uint64) * np.uint64(2) + is_second.astype(np.uint64)) * np.uint64(0x9E3779B97F4A7C15)


class Sheet:
    """A table of the snapshot, written as the index writes it."""

    def __init__(self, folder: Path, name: str, table: TableSchema) -> None:
        self._folder = folder / name
        self._folder.mkdir(parents=True, exist_ok=True)
        self.schema = stored_schema(table)
        self._n_files = self._n_rows = 0
        self._file: pq.ParquetWriter | None = None
        self._rest: pa.Table = self.schema.empty_table()

    def write(self, table: pa.Table) -> None:
        """Append rows, in whole row groups."""
        self._rest = pa.concat_tables([self._rest, table])
        n_whole = self._rest.num_rows // GROUP_ROWS * GROUP_ROWS
        self._flush(self._rest.slice(0, n_whole))
        self._rest = self._rest.slice(n_whole)

    def close(self) -> None:
        """Write what is left."""
        if self._rest.num_rows or not self._n_files:
            self._flush(self._rest, is_last=True)
        if self._file:
            self._file.close()

    def _flush(self, table: pa.Table, *, is_last: bool = False) -> None:
        if not table.num_rows and not is_last:
            return
        if self._file is None or self._n_rows >= FILE_ROWS:
            if self._file:
                self._file.close()
            path = self._folder / f"{self._n_files:05d}.parquet"
            self._file = pq.ParquetWriter(path, self.schema, compression="zstd", compression_level=3)
            self._n_files, self._n_rows = self._n_files + 1, 0
        self._file.write_table(table, row_group_size=GROUP_ROWS)
        self._n_rows += table.num_rows


def write_captures(dice: np.random.Generator, web: Web, texts: Texts, out: Path) -> None:
    """One or two captures of every page that links, in the order of their keys."""
    sheet = Sheet(out, "captures", SNAPSHOT_CAPTURES)
    folded = [_folded_key(host) for host in web.page_host]
    rank = np.empty(len(folded), np.int64)
    rank[np.argsort(np.array(folded, object), kind="stable")] = np.arange(len(folded))
    order = np.lexsort((np.arange(len(web.source_of_page)), rank[web.source_of_page]))
    ips = pa.array([f"{100 + i % 90}.{i // 90 % 256}.{i // 23040 % 256}.{1 + i % 250}" for i in range(200_000)])
    for start in range(0, len(order), 500_000):
        page = order[start : start + 500_000]
        n_captures = 1 + (web.recaptured_s[page] > 0)
        page = np.repeat(page, n_captures)
        is_second = np.concatenate([[False], page[1:] == page[:-1]])
        is_last = np.concatenate([page[1:] != page[:-1], [True]])
        n = len(page)
        source = web.source_of_page[page]
        at = np.where(is_second, web.recaptured_s[page], web.captured_s[page])
        columns: dict[str, pa.Array] = {
            "capture_id": pa.array(_capture_ids(page, is_second)),
            "url_key": pc.binary_join_element_wise(
                pa.array(folded).take(pa.array(source)), ")", web.page_path.take(pa.array(page)), ""),
            "url": web.page_url.take(pa.array(page)),
            "url_raw": web.page_url.take(pa.array(page)),
            "host": pa.array(web.page_host).take(pa.array(source)),
            "domain": pa.array(web.domains).take(pa.array(source)),
            "fetched_at": _times(at),
            "http_status": pa.array(np.full(n, 200), pa.int16()),
            "depth": pa.array(np.full(n, "warc", object)),
            "ip": ips.take(pa.array(source * 7919 % len(ips))),
            "content_type": pa.array(np.full(n, "text/html", object)),
            "is_revisit": pa.array(np.zeros(n, bool)),
            "evidence_file": pa.array(np.full(n, "made.warc.gz", object)),
            "evidence_offset": pa.array(page * 30_000),
            "evidence_length": pa.array(np.full(n, 20_000)),
            "title": texts.title.take(pa.array(page * 31 % len(texts.title))),
            "lang": pa.array(np.array(["en", "en", "en", "de", "fr", "es"], object)[source % 6]),
            "robots_noindex": pa.array(np.zeros(n, bool)),
            "robots_nofollow": pa.array(np.zeros(n, bool)),
            "n_internal_links": pa.array(page % 97, pa.int32()),
            "n_external_links": pa.array(page % 23, pa.int32()),
            "n_words": pa.array(page % 1999, pa.int32()),
            "page_kind": pa.array(np.array(["article", "article", "home", "list", "forum"], object)[page % 5]),
            "is_conclusive": pa.array(np.ones(n, bool)),
            "is_current": pa.array(is_last),
        }  # fmt: skip
        sheet.write(_conformed(columns, sheet.schema, n))
    sheet.close()


def _conformed(columns: dict[str, pa.Array], schema: pa.Schema, n: int) -> pa.Table:
    return pa.table(
        [columns[f.name].cast(f.type) if f.name in columns else pa.nulls(n, f.type) for f in schema], schema=schema
    )


def write_names(web: Web, hosts: set[str], out: Path) -> None:
    """Hosts and domains. The sums in them are left at zero: look-ups do not read them."""
    number = {name: n for n, name in enumerate(web.domains)}
    rows = []
    for host in hosts | set(web.page_host):
        sub = next((s for s in SUBDOMAINS if s and host.startswith(s) and host.removeprefix(s) in number), "")
        rows.append((host_key(host), host, host.removeprefix(sub)))
    rows.sort()
    zero = {c.name for c in HOSTS if pa.types.is_int64(c.type)}
    sheet = Sheet(out, "hosts", HOSTS)
    columns: dict[str, pa.Array] = dict(
        zip(("host_key", "host", "domain"), map(pa.array, zip(*rows, strict=True)), strict=True)
    )
    columns |= {name: pa.array(np.zeros(len(rows), np.int64)) for name in zero}
    sheet.write(_conformed(columns, sheet.schema, len(rows)))
    sheet.close()
    sheet = Sheet(out, "domains", DOMAINS)
    n = len(web.domains)
    flags: list[list[str]] = [["infrastructure"] if i % 5000 == 7 else [] for i in range(n)]
    columns = {"domain": pa.array(web.domains), "domain_key": pa.array(web.keys), "flags": pa.array(flags)}
    columns |= {c.name: pa.array(np.zeros(n, np.int64)) for c in DOMAINS if pa.types.is_int64(c.type)}
    sheet.write(_conformed(columns, sheet.schema, n))
    sheet.close()


_PAIRS = """
SELECT source_domain, target_domain, count(*) FILTER (is_live) AS n_links,
       count(*) FILTER (is_live AND NOT nofollow) AS n_follow_links, 0 AS n_unknown_follow_links,
       count(DISTINCT source_url) FILTER (is_live) AS n_pages, count(*) FILTER (NOT is_live) AS n_lost_links,
       min(first_seen) AS first_seen, max(last_seen) AS last_seen, max(strength) AS strength,
       min_by(link_id, (NOT is_live, nofollow)) AS best_link_id
FROM links WHERE kind <> 'image' GROUP BY ALL ORDER BY target_domain, strength DESC, source_domain
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path)
    parser.add_argument("--links", type=int, default=50_000_000)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    began = time.perf_counter()
    dice = np.random.default_rng(given.seed)
    texts = make_texts(dice, min(800_000, max(20_000, given.links // 10)))
    web = make_web(dice, texts, given.links)
    print(
        f"{len(web.domains):,} domains, {len(web.source_of_page):,} pages, {time.perf_counter() - began:.0f} s",
        flush=True,
    )
    links, pairs = Sheet(given.out, "links", SNAPSHOT_LINKS), Sheet(given.out, "pairs", DOMAIN_PAIRS)
    hosts: set[str] = set()
    n_links = 0
    with duckdb.connect() as db:
        db.execute("SET TimeZone = 'UTC'").fetchall()
        for chunk in link_chunks(dice, web, texts):
            links.write(chunk)
            db.register("links", chunk)
            pairs.write(db.sql(_PAIRS).to_arrow_table().cast(pairs.schema))
            hosts.update(pc.unique(chunk["target_host"]).to_pylist())
            n_links += chunk.num_rows
            print(f"\r{n_links:,} links, {time.perf_counter() - began:.0f} s", end="", flush=True)
    links.close()
    pairs.close()
    write_captures(dice, web, texts, given.out)
    write_names(web, hosts, given.out)
    for name, table in (("indirect", INDIRECT_LINKS), ("versions", LINK_VERSIONS)):
        Sheet(given.out, name, table).close()
    n_bytes = sum(p.stat().st_size for p in (given.out / "links").glob("*.parquet"))
    print(f"\n{n_links:,} links, {n_bytes / n_links:.1f} bytes each in Parquet, {time.perf_counter() - began:.0f} s")


if __name__ == "__main__":
    main()
