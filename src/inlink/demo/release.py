"""A made-up release of a web graph in the exact text formats of Common Crawl, with its traps and known counts.

Names are invented (syllables below real suffixes), sorted by their reversed form, except `no.hedmark-trafikk`, which
stands before `no.hedmark` as in a real release; host graphs keep or strip `www.`; sources repeat edges and link to
themselves now and then; a release may span two years by its name. The same arguments give the same text.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from isal import isal_zlib
from numpy.typing import NDArray

from inlink.demo.release_rows import make_rows, write_edges, write_vertices

NAME = "cc-main-2025-26-dec-jan-feb"
_SUFFIXES = {
    "at": 2, "au": 2, "be": 2, "br": 3, "ca": 2, "ch": 2, "cn": 3, "com": 42, "cz": 1, "de": 7, "dk": 1, "es": 2,
    "eu": 1, "fr": 3, "info": 2, "io": 1, "it": 3, "jp": 2, "net": 4, "nl": 3, "no": 1, "org": 5, "pl": 2, "ru": 2,
    "se": 1, "us": 1,
}  # fmt: skip
_TRAP_SUFFIX, _TRAPS = "no", (b"no.hedmark-trafikk", b"no.hedmark")
_SYLLABLES = np.array([list(f"{c}{v}".encode()) for c in "bcdfghjklmnprstvwxyz" for v in "aeiou"], np.uint8)
_TAILS = {"stripped": (b"", b".blog", b".shop"), "kept": (b"", b".blog", b".shop", b".www"), "folded": (b"",)}
_CHUNK = 2**18  # vertices or sources at a time
_EDGES = 2**21
_RANK_ROWS = 100_000


@dataclass(frozen=True, slots=True)
class ReleaseTruth:
    """What was made. n_edges: distinct ones between two vertices; the others were added as traps."""

    name: str
    kind: str
    n: int
    n_edges: int
    n_self_loops: int
    n_duplicates: int
    n_names_out_of_order: int
    text_bytes: dict[str, int]
    gzip_bytes: dict[str, int]


def make_release(
    root: Path,
    n: int,
    n_edges: int,
    *,
    name: str = NAME,
    kind: str = "domain",
    www: str = "stripped",
    parts: int = 1,
    seed: int = 1,
) -> ReleaseTruth:
    """A release with n vertices and about n_edges edges below `root`, laid out as published, and listed there.

    parts: files that the vertices and edges of a host graph are cut into, listed in reverse.
    Cost: memory 20 bytes a vertex; some 60 ns an edge.
    """
    folder = root / "projects" / "hyperlinkgraph" / name / kind
    folder.mkdir(parents=True, exist_ok=True)
    stem = f"{name}-{kind}"
    sizes: dict[str, tuple[int, int]] = {}
    with _Text(folder, stem, "vertices", n, parts if kind == "host" else 1) as text:
        n_traps = _vertices(text, n, "folded" if kind == "domain" else www, seed)
        sizes["vertices"] = text.close()
    in_degrees, counts = np.zeros(n, np.uint32), np.zeros(3, np.int64)
    with _Text(folder, stem, "edges", n, parts if kind == "host" else 1) as text:
        _edges(text, n, n_edges, seed, in_degrees, counts)
        sizes["edges"] = text.close()
    with _Text(folder, stem, "ranks", n, 1) as text:
        _ranks(text, folder, stem, in_degrees, kind)
        sizes["ranks"] = text.close()
    truth = ReleaseTruth(
        name, kind, n, int(counts[0]), int(counts[1]), int(counts[2]), n_traps,
        {part: size[0] for part, size in sizes.items()}, {part: size[1] for part, size in sizes.items()},
    )  # fmt: skip
    _list(root, truth)
    return truth


class _Text:
    """Gzipped text in one file, or in parts by vertex, with a list of them."""

    def __init__(self, folder: Path, stem: str, part: str, n: int, parts: int) -> None:
        self._folder, self._stem, self._part = folder, stem, part
        self._width = -(-n // parts)
        self._open = ExitStack()
        self._n_bytes = self._n_packed = 0
        paths = [folder / f"{stem}-{part}.txt.gz"]
        if parts > 1:
            (folder / part).mkdir(exist_ok=True)
            paths = [folder / part / f"part-{k:05d}.txt.gz" for k in range(parts)]
            below = folder.parts[folder.parts.index("projects") :]
            text = "".join(f"{'/'.join(below)}/{part}/{path.name}\n" for path in reversed(paths))
            (folder / f"{stem}-{part}.paths.gz").write_bytes(isal_zlib.compress(text.encode(), 2, 31))
        self._files = [self._open.enter_context(path.open("wb")) for path in paths]
        self._packers = [isal_zlib.compressobj(2, isal_zlib.DEFLATED, 31) for _ in paths]

    def __enter__(self) -> _Text:
        return self

    def __exit__(self, *_: object) -> None:
        self._open.close()

    def limit(self, vertex: int) -> int:
        """The first vertex of the part after that of a vertex."""
        return (vertex // self._width + 1) * self._width

    def write(self, vertex: int, data: bytes | NDArray[np.uint8]) -> None:
        """Text of vertices from `vertex` on, all of one part."""
        k = vertex // self._width
        packed = self._packers[k].compress(data)
        self._n_bytes += len(data)
        self._n_packed += self._files[k].write(packed)

    def close(self) -> tuple[int, int]:
        """End the files; gives their bytes of text, and gzipped."""
        for file, packer in zip(self._files, self._packers, strict=True):
            self._n_packed += file.write(packer.flush())
        return self._n_bytes, self._n_packed


def _vertices(text: _Text, n: int, www: str, seed: int) -> int:
    """Write the vertices; gives how many names stand before a smaller one."""
    tails = _TAILS[www]
    tail_bytes = np.frombuffer(b"".join(tails), np.uint8)
    tail_ends = np.cumsum([0, *map(len, tails)])
    first = 0
    n_traps = 0
    shares = np.cumsum([0, *_SUFFIXES.values()]) / sum(_SUFFIXES.values())
    for suffix, end in zip(_SUFFIXES, (shares[1:] * n).astype(np.int64).tolist(), strict=True):
        count = end - first
        width = next(w for w in range(2, 9) if 100**w >= 8 * count)
        rng = np.random.default_rng([seed, first])
        done = 0
        step = 100**width / (count + 1)
        while done < count:
            size = min(_CHUNK, count - done, text.limit(first) - first)
            groups = np.arange(size) + done  # a domain has as many hosts in a row as there are tails
            which = (groups // len(tails) + rng.random(size) * (0.9 if len(tails) == 1 else 0)) * step * len(tails)
            labels = _labels(np.minimum(which, 100**width - 1).astype(np.int64), width)
            tail_of = (groups % len(tails)).astype(np.uint8)
            n_hosts = (1 + rng.geometric(0.6, size)).astype(np.uint32) if www == "folded" else np.empty(0, np.uint32)
            out = np.empty(size * (11 + 8 + 2 * width + 8 + 11), np.uint8)
            tld = np.frombuffer(suffix.encode(), np.uint8)
            if suffix == _TRAP_SUFFIX and not n_traps and size >= 3:
                text.write(first, _with_traps(first, suffix, labels, tails, tail_of, n_hosts))
                n_traps = 1
            else:
                used = write_vertices(first, tld, labels, tail_bytes, tail_ends, tail_of, n_hosts, out)
                text.write(first, out[:used])
            first += size
            done += size
    return n_traps


def _labels(numbers: NDArray[np.int64], width: int) -> NDArray[np.uint8]:
    """Numbers as syllables, in the same order. Shapes: (k, 2 * width)."""
    digits = [numbers // 100**place % 100 for place in range(width - 1, -1, -1)]
    return np.concatenate([_SYLLABLES[each] for each in digits], axis=1)


def _with_traps(
    first: int,
    suffix: str,
    labels: NDArray[np.uint8],
    tails: tuple[bytes, ...],
    tail_of: NDArray[np.uint8],
    n_hosts: NDArray[np.uint32],
) -> bytes:
    """Lines of one block of names, two of them replaced by the pair that is out of order."""
    names = [b"%s.%s%s" % (suffix.encode(), row.tobytes(), tails[k]) for row, k in zip(labels, tail_of, strict=True)]
    names = sorted(names[: len(names) - 2])
    place = next((k for k, name in enumerate(names) if name > min(_TRAPS)), len(names))
    names[place:place] = _TRAPS
    hosts = [b"\t%d" % count for count in n_hosts.tolist()] or [b""] * len(names)
    return b"".join(b"%d\t%s%s\n" % (first + k, name, hosts[k]) for k, name in enumerate(names))


def _edges(
    text: _Text, n: int, n_edges: int, seed: int, in_degrees: NDArray[np.uint32], counts: NDArray[np.int64]
) -> None:
    """Write the edges."""
    mean = n_edges / n / (1 - 0.62)
    least = max(1.0, mean * 0.3 / 1.3)
    targets = np.empty(max(_EDGES, n // 4 + 2), np.uint32)
    out = np.empty(len(targets) * 30, np.uint8)
    first = 0
    while first < n:
        ends = np.empty(min(_CHUNK, text.limit(first) - first), np.int64)
        rows = make_rows(first, n, seed, least, targets, ends)
        used = write_edges(first, targets, ends[:rows], in_degrees, out, counts)
        text.write(first, out[:used])
        first += rows


def _ranks(text: _Text, folder: Path, stem: str, in_degrees: NDArray[np.uint32], kind: str) -> None:
    """Write ranks that follow the in-degrees, ordered by the harmonic one."""
    n = len(in_degrees)
    noise = np.random.default_rng(len(in_degrees)).random(n)
    harmonic = np.sqrt(in_degrees + noise).astype(np.float32) * np.float32(1.1e6)
    pagerank = (0.15 + 0.85 * (in_degrees + noise / 3) / max(1.0, float(in_degrees.mean()))) / n
    order = np.argsort(-harmonic, kind="stable")
    position = np.empty(n, np.int64)
    position[np.argsort(-pagerank, kind="stable")] = np.arange(1, n + 1)
    header = "#harmonicc_pos\t#harmonicc_val\t#pr_pos\t#pr_val\t#host_rev"
    text.write(0, (header + ("\t#n_hosts\n" if kind == "domain" else "\n")).encode())
    names = list(_names(folder, stem))
    for start in range(0, n, _RANK_ROWS):
        nodes = order[start : start + _RANK_ROWS]
        columns = zip(
            range(start + 1, n + 1), map(str, harmonic[nodes]), position[nodes].tolist(),
            map(repr, pagerank[nodes].tolist()), nodes.tolist(), strict=False,
        )  # fmt: skip
        lines = [f"{p}\t{java(h)}\t{q}\t{java(r)}\t{names[node]}\n" for p, h, q, r, node in columns]
        text.write(0, "".join(lines).encode())


def java(number: str) -> str:
    """A number as Java writes it: 1.0E-9."""
    digits, _, power = number.partition("e")
    return f"{digits if '.' in digits else digits + '.0'}E{int(power)}" if power else digits


def _names(folder: Path, stem: str) -> Iterator[str]:
    """Names (and numbers of hosts) from the text of vertices, in the order of the ids."""
    single = folder / f"{stem}-vertices.txt.gz"
    for path in [single] if single.exists() else sorted((folder / "vertices").glob("part-*.txt.gz")):
        text = isal_zlib.decompress(path.read_bytes(), 31).decode()
        yield from (line.partition("\t")[2] for line in text.splitlines())


def _list(root: Path, truth: ReleaseTruth) -> None:
    """Add the release to graphinfo.json, and what is known of it to truth.json."""
    path = root / "graphinfo.json"
    known = json.loads(path.read_text()) if path.exists() else []
    row = next((row for row in known if row["id"] == truth.name), None)
    if row is None:
        place = f"projects/hyperlinkgraph/{truth.name}/"
        row = {
            "id": truth.name,
            "crawls": ["CC-MAIN-2025-51", "CC-MAIN-2026-04", "CC-MAIN-2026-08"],
            "index": f"https://data.commoncrawl.org/{place}index.html",
            "location": f"s3://commoncrawl/{place}",
            "stats": {},
        }
        known.insert(0, row)
    row["stats"][truth.kind] = {"nodes": truth.n, "arcs": truth.n_edges}
    path.write_text(json.dumps(known, indent=2) + "\n")
    (root / f"truth-{truth.name}-{truth.kind}.json").write_text(json.dumps(asdict(truth), indent=2) + "\n")
