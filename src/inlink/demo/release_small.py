"""Releases of the demo web: which of its domains referenced which, at either crawl, in Common Crawl's text formats."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from pathlib import Path

from isal import isal_zlib

from inlink.demo.truth import Truth

NAMES = ("cc-main-2026-jul-aug-sep", "cc-main-2026-aug-sep-oct")  # of the first and the second crawl
_HEADER = "#harmonicc_pos\t#harmonicc_val\t#pr_pos\t#pr_val\t#host_rev\t#n_hosts\n"


def write_demo_releases(root: Path, truth: Truth) -> None:
    """A domain graph for each crawl below `root`, laid out as published, and the list of them."""
    listing = []
    for name, time in zip(NAMES, truth.times[-2:], strict=True):
        day = time[:10]
        edges = {
            (row["source_domain"], row["target_domain"])
            for row in truth.links
            if row["first_seen"][:10] <= day and (row["lost_at"] is None or row["lost_at"][:10] > day)
        }
        hosts = {host["host"] for host in truth.hosts}
        write_release_text(root, name, sorted(edges), hosts)
        domains = {domain for edge in edges for domain in edge}
        listing.append({"id": name, "crawls": [], "stats": {"domain": {"nodes": len(domains), "arcs": len(edges)}}})
    (root / "graphinfo.json").write_text(json.dumps(listing[::-1], indent=2) + "\n", encoding="utf-8")


def write_release_text(root: Path, name: str, edges: Sequence[tuple[str, str]], hosts: Iterable[str] = ()) -> None:
    """The text of a domain graph: vertices, edges and ranks (by the number of in-links)."""
    domains = {domain for edge in edges for domain in edge}
    keys = sorted(".".join(reversed(domain.split("."))) for domain in domains)
    ids = {".".join(reversed(key.split("."))): k for k, key in enumerate(keys)}
    n_hosts = [max(1, sum(_is_below(host, domain) for host in hosts)) for domain in ids]
    n_in = [sum(target == domain for _, target in edges) for domain in ids]
    order = sorted(range(len(keys)), key=lambda k: (-n_in[k], k))
    share = [(count + 0.5) / (len(edges) + len(keys) / 2) for count in n_in]
    ranks = [
        f"{position}\t{float(n_in[k])}\t{position}\t{share[k]!r}\t{keys[k]}\t{n_hosts[k]}\n"
        for position, k in enumerate(order, 1)
    ]
    folder = root / "projects" / "hyperlinkgraph" / name / "domain"
    folder.mkdir(parents=True, exist_ok=True)
    texts = {
        "vertices": "".join(f"{k}\t{key}\t{n_hosts[k]}\n" for k, key in enumerate(keys)),
        "edges": "".join(f"{a}\t{b}\n" for a, b in sorted((ids[a], ids[b]) for a, b in edges)),
        "ranks": _HEADER + "".join(ranks),
    }
    for part, text in texts.items():
        (folder / f"{name}-domain-{part}.txt.gz").write_bytes(isal_zlib.compress(text.encode(), 2, 31))


def _is_below(host: str, domain: str) -> bool:
    return host == domain or host.endswith(f".{domain}")
