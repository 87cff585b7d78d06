"""A release in blocks: bytes an edge, look-ups on a memory map, requests and bytes from a web server.

    python bench/who.py FOLDER [--domains 2_000_000] [--edges 72_000_000] [--release EXISTING] [--only PART]

Without --release a seeded one is made: in-degrees as C / (k + 15) and out-degrees as C / (k + 40) for the k-th domain,
which gives the newest Common Crawl graphs' mean (36), largest in-degree (0.4 % of all edges) and largest out-degree;
62 % of the domains link to nobody; a fifth of the links go near in name. Masses follow in-degrees, with noise.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests" / "graph"))
from range_server import serving_folder

from inlink.fetch import Client, Policy
from inlink.graph.blocks import Card, Layout, Release
from inlink.graph.blocks.source import FolderSource
from inlink.graph.blocks.writer import write_release
from inlink.graph.release_lists import degrees_of
from inlink.sources.releases_http import HttpSource

Ids = NDArray[np.uint32]
DANGLING = 0.62


def made_edges(n: int, m: int, random: np.random.Generator) -> tuple[Ids, Ids, NDArray[np.float64]]:
    """Distinct edges (sources, targets) by line, ordered by source; and a mass for each line."""
    by_strength = random.permutation(n).astype(np.uint32)
    n_linking = int(n * (1 - DANGLING))
    score = 0.5 * np.log(np.arange(1, n + 1)) + 2.5 * random.standard_normal(n)
    linking = by_strength[np.argsort(score)[:n_linking]]
    keys = []
    for start in range(0, m, 1 << 24):
        size = min(1 << 24, m - start)
        sources = linking[_ranks(n_linking, 40, size, random)]
        targets = by_strength[_ranks(n, 15, size, random)]
        near = random.random(size) < 0.2
        step = random.integers(1, 2000, size).astype(np.uint32)
        targets = np.where(near, (sources + step) % np.uint32(n), targets)
        keys.append(sources.astype(np.uint64) << np.uint64(32) | targets)
    edges = np.concatenate(keys)
    keys.clear()
    edges.sort()
    edges = edges[np.concatenate([[True], edges[1:] != edges[:-1]])]
    sources, targets = (edges >> np.uint64(32)).astype(np.uint32), edges.astype(np.uint32)
    mass = (np.bincount(targets, minlength=n) + 0.1) * np.exp(0.7 * random.standard_normal(n))
    return sources, targets, mass / mass.sum()


def _ranks(n: int, flat: int, size: int, random: np.random.Generator) -> NDArray[np.int64]:
    """Numbers below n, the k-th as often as 1 / (k + flat)."""
    found = flat * ((n + flat) / flat) ** random.random(size) - flat
    return np.minimum(found.astype(np.int64), n - 1)


def made_names(n: int, random: np.random.Generator) -> list[bytes]:
    """Distinct reversed names, in order."""
    letters = np.array(list("etaoinsrhldcumfpgwybvkxjqz"))
    weight = np.array([12, 9, 8, 7.5, 7, 6.7, 6.3, 6, 6, 4, 4.2, 2.8, 2.8, 2.4, 2.2, 1.9, 2, 2.3, 2, 1.5, 1, 0.8, 0.2,
                       0.2, 0.1, 0.1])  # fmt: skip
    syllables = ["".join(random.choice(letters, random.integers(2, 5), p=weight / weight.sum())) for _ in range(3000)]
    tops = ["com"] * 46 + ["de", "net", "org", "ru", "uk.co", "fr", "nl", "it", "br.com", "pl", "info", "eu", "jp",
            "au.com", "ch", "es", "xyz", "io", "top", "shop", "online", "cz", "se", "in", "be", "dk"] * 2  # fmt: skip
    found: set[str] = set()
    while len(found) < n:
        size = n - len(found) + 1000
        parts = random.integers(0, len(syllables), (size, 4))
        counts, top = random.integers(2, 5, size), random.integers(0, len(tops), size)
        found.update(
            f"{tops[t]}.{''.join(syllables[i] for i in row[:c])}"
            for row, c, t in zip(parts.tolist(), counts.tolist(), top.tolist(), strict=True)
        )
    return sorted(name.encode() for name in sorted(found)[:: max(1, len(found) // n)][:n])


def batches(names: list[bytes]) -> Iterator[list[bytes]]:
    for start in range(0, len(names), 1 << 16):
        yield names[start : start + (1 << 16)]


def make(folder: Path, n: int, m: int, layout: Layout) -> None:
    random = np.random.default_rng(1)
    sources, targets, mass = made_edges(n, m, random)
    out_offsets = np.concatenate([[0], np.cumsum(np.bincount(sources, minlength=n))]).astype(np.int64)
    in_offsets = np.concatenate([[0], np.cumsum(np.bincount(targets, minlength=n))]).astype(np.int64)
    order = np.argsort(targets, kind="stable")
    inward = sources[order]
    del order, sources
    names = made_names(n, random)
    noise = np.exp(0.3 * random.standard_normal(n))
    harmonic = np.log1p(np.diff(in_offsets)) * 1e6 * noise
    ranks = {"mass": mass, "cc_pagerank": mass * noise, "cc_harmonic": harmonic}
    for key in ("cc_pagerank", "cc_harmonic"):
        position = np.empty(n)
        position[np.argsort(-ranks[key], kind="stable")] = np.arange(1, n + 1)
        ranks[f"{key}_position"] = position
    n_hosts = random.geometric(0.6, n).astype(np.uint32)
    start = time.perf_counter()
    write_release(
        folder, name="made", kind="domain", names=batches(names), n_hosts=n_hosts, inward=(in_offsets, inward),
        outward=(out_offsets, targets), ranks=ranks, meta={}, layout=layout,
    )  # fmt: skip
    took = time.perf_counter() - start
    print(f"written in {took:.1f} s: {2 * len(targets) / took / 1e6:.1f} M list entries/s, 2 threads")


def sizes(release: Release) -> None:
    """Bytes of each part."""
    manifest = release.manifest
    m, n = manifest.n_edges_in, manifest.n
    page_parts = {"names": 0, "numbers": 0, "inward": 0, "outward": 0}
    named = {"inward": 0, "outward": 0}
    n_deep = {"inward": 0, "outward": 0}
    for number in range(len(release.blocks.root.pages)):
        page = release.blocks.pages([number])[0]
        for leaf in range(page._lengths.shape[1]):
            for part in page_parts:
                page_parts[part] += page.span(leaf, part).length
            for side in named:
                head = np.frombuffer(release.blocks.read([page.span(leaf, side)])[0][:20], np.uint32)
                named[side] += int(head[4])
                n_deep[side] += int(head[3])
    files = {name: size for name, (size, _) in manifest.files.items()}
    total = sum(files.values())
    print(f"{n:,} domains, {m:,} edges; {total:,} bytes = {total / m:.3f} B/edge, {total / n:.1f} B/domain")
    lists_in = page_parts["inward"] - named["inward"] + files["tails_in.bin"]
    lists_out = page_parts["outward"] - named["outward"] + files["tails_out.bin"]
    print(f"in-lists {lists_in / m:.3f} B/edge, out-lists {lists_out / m:.3f} B/edge (codes and their indexes)")
    for side, size in named.items():
        print(f"names in {side} leaves {size / n:.2f} B/domain ({size / max(n_deep[side], 1):.2f} B/name)")
    print(f"names {page_parts['names'] / n:.2f}, numbers {page_parts['numbers'] / n:.2f} B/domain")
    print("other: " + ", ".join(f"{name} {files[name]:,}" for name in ("head.bin", "order.bin", "directory.bin")))
    floor(release)
    entropy(release)


def floor(release: Release) -> None:
    """What any code of one direction must take that knows the degrees and nothing of who is near whom.

    log2 of the number of graphs with these degrees, m! / (prod of out-degrees! x prod of in-degrees!), an edge.
    """
    n_in, n_out = (each[each > 0].astype(np.float64) for each in degrees_of(release))
    m = n_in.sum()
    known = sum(float((each * np.log2(each)).sum()) for each in (n_in, n_out))
    bits = np.log2(m) - known / m + np.log2(np.e)
    print(f"a graph of these degrees without locality: {bits:.2f} bits an edge, {bits / 8:.3f} bytes")


def entropy(release: Release) -> None:
    """The entropy of the gaps of 2,000 in-lists chosen by edge, and of a gap at a time."""
    random = np.random.default_rng(3)
    for label, least, most in (("<=128", 1, 128), ("129..10,000", 129, 10_000), (">10,000", 10_001, 10**9)):
        n_gaps, bits, model = 0, 0.0, 0.0
        for node in random.integers(0, release.n, 4000).tolist() if most <= 10_000 else range(200):
            card = release.card(node)
            if least <= card.n_in <= most:
                gaps = np.diff(release.neighbours(card, "inward").astype(np.int64), prepend=-1)
                model += len(gaps) * (np.log2(gaps.mean()) + 1.4427)
                n_gaps += len(gaps)
        bits += model
        if n_gaps:
            print(f"gap entropy of one mean a list, {label}: {bits / n_gaps:.2f} bits ({n_gaps:,} gaps)")


def asked_for(release: Release) -> dict[str, list[Card]]:
    """Domains to ask for, by what they are called in the output."""
    random = np.random.default_rng(5)
    classes: dict[str, list[Card]] = {"any": [release.card(int(node)) for node in random.integers(0, release.n, 1000)]}
    strongest = map(release.card, random.integers(0, release.n // 10, 1000).tolist())
    classes["in-degree 100 to 10,000"] = [card for card in strongest if 100 <= card.n_in <= 10_000]
    strong = max(map(release.card, range(200)), key=lambda card: card.n_in)
    classes[f"the most linked ({strong.n_in:,})"] = [strong] * 100
    return classes


def cold(release: Release, folder: Path) -> None:
    """As `lookups`, each asked once, of a release whose files are out of the system's memory when a class begins."""
    assert isinstance(release.blocks.source, FolderSource)
    for label, cards in asked_for(release).items():
        fresh = Release.open(folder)
        for name, (size, _) in release.manifest.files.items():
            release.blocks.source.let_go(name, 0, -(-size // 4096) * 4096)  # mapped pages would stay
            with (folder / name).open("rb") as stream:
                os.posix_fadvise(stream.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
        took = []
        for card in dict.fromkeys(card.name for card in cards):
            start = time.perf_counter()
            fresh.referring(fresh.find(card) or fresh.card(0), 100)
            took.append(1e3 * (time.perf_counter() - start))
        p50, p99 = np.percentile(took, [50, 99])
        print(f"top 100, {label}, from the disk: wall p50 {p50:.2f} ms, p99 {p99:.2f} ms ({len(took)} domains)")


def lookups(release: Release) -> None:
    """Times of the strongest 100 referring domains with names, warm."""
    classes = asked_for(release)
    strong = next(reversed(classes.values()))[0]
    for label, cards in classes.items():
        for card in cards:
            release.referring(release.find(card.name) or card, 100)
        for what in ("as it comes", "nothing remembered"):
            took, cpu = [], []
            for card in cards:
                if what == "nothing remembered":
                    release.blocks._known.clear()
                start, busy = time.perf_counter(), time.thread_time()
                release.referring(release.find(card.name) or card, 100)
                took.append(1e3 * (time.perf_counter() - start))
                cpu.append(1e3 * (time.thread_time() - busy))
            times = "; ".join(
                f"{kind} p50 {np.percentile(each, 50):.2f} ms, p99 {np.percentile(each, 99):.2f} ms"
                for kind, each in (("wall", took), ("CPU", cpu))
            )
            print(f"top 100, {label}, {what}: {times} ({len(cards)} domains)")
    start = time.perf_counter()
    nodes = release.neighbours(strong, "inward")
    print(f"the whole list of {len(nodes):,}: {1e3 * (time.perf_counter() - start):.1f} ms")


def requests(release: Release, folder: Path) -> None:
    """Requests and bytes of one question each, from nothing but a URL."""
    random = np.random.default_rng(7)
    nodes = [int(node) for node in random.integers(0, release.n, 40)]
    cards = {"any domain": [release.card(node) for node in nodes]}
    cards["in-degree 30 to 1,000"] = [
        card for card in map(release.card, random.integers(0, release.n // 4, 60).tolist()) if 30 <= card.n_in <= 1000
    ]
    cards["the strongest ten"] = [release.card(node) for node in range(10)]
    client = Client(Policy(test_hosts=frozenset({"127.0.0.1"})))
    with serving_folder(folder) as served:
        for label, chosen in cards.items():
            named = release.manifest.layout
            for side, limit in (("inward", named.named), ("outward", named.named_out), ("inward", 50)):
                asked, came = [], []
                for card in chosen:
                    served.reset()
                    remote = Release.open(HttpSource(served.url, client=client))
                    found = remote.find(card.name, "inward" if side == "inward" else "outward")
                    assert found is not None
                    (remote.referring if side == "inward" else remote.outgoing)(found, limit)
                    asked.append(len(served.asked))
                    came.append(served.n_bytes)
                print(f"{label}, {side} {limit}: requests median {np.median(asked):.0f}, most {max(asked)}; "
                      f"bytes median {np.median(came):,.0f}, most {max(came):,}")  # fmt: skip
    client.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--domains", type=int, default=2_000_000)
    parser.add_argument("--edges", type=int, default=72_000_000)
    parser.add_argument("--release", type=Path)
    parser.add_argument("--named", type=int, default=Layout().named)
    parser.add_argument("--head", type=int, default=Layout().head)
    parser.add_argument("--only", choices=["sizes", "lookups", "cold", "requests"])
    parser.add_argument("--per-leaf", type=int, default=Layout().per_leaf)
    asked = parser.parse_args()
    folder = asked.release or asked.folder / f"release-{asked.domains}-{asked.per_leaf}-{asked.named}-{asked.head}"
    if not folder.exists():
        layout = Layout(named=asked.named, head=asked.head, per_leaf=asked.per_leaf)
        make(folder, asked.domains, asked.edges, layout)
    release = Release.open(folder)
    parts: dict[str, Callable[[Release], None]] = {
        "sizes": sizes, "cold": lambda release: cold(release, folder), "lookups": lookups,
        "requests": lambda release: requests(release, folder),
    }  # fmt: skip
    for name, part in parts.items():
        if asked.only in (None, name):
            part(release)


if __name__ == "__main__":
    main()
