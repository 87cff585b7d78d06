"""The measures of the block format and its manifest. docs/release_format.md describes the bytes."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from typing import Any

import xxhash

from inlink.errors import CorruptIndex

FORMAT = "inlink-release"
VERSION = 3
MANIFEST = "manifest.json"
CARDS, OUTWARD, TAILS_IN, TAILS_OUT = "cards.bin", "outward.bin", "tails_in.bin", "tails_out.bin"
HEAD, CALLED, ORDER, DIRECTORY = "head.bin", "called.bin", "order.bin", "directory.bin"
FILES = (CARDS, OUTWARD, TAILS_IN, TAILS_OUT, HEAD, CALLED, ORDER, DIRECTORY)


@dataclass(frozen=True, slots=True)
class Layout:
    """Measures, chosen when a release is written and kept in its manifest.

    per_leaf: domains of a leaf. prefix: first sources of a list that stand in its leaf. named, named_out: how many of
    these, infrastructure not counted, have their name there, in in-lists and in out-lists. unnamed: how many of these,
    the last that are not in the head, have none there all the same: so few are looked up one by one. chunk: sources of
    a block of a tail. head: domains that most lists hold, whose names stand in a table of their own. per_head: names of
    one block of it, and of one of the names of all nodes, of which per_called stand together. per_page: leaves of a
    directory page. per_order: entries of a block of the table between orders. skip: lists between two entry points.
    keeps_out: whether out-lists are there at all.
    """

    per_leaf: int = 1024
    prefix: int = 128
    named: int = 20
    named_out: int = 10
    unnamed: int = 3
    chunk: int = 4096
    head: int = 1 << 17
    per_head: int = 256
    per_called: int = 4096
    per_page: int = 256
    per_order: int = 4096
    skip: int = 16
    keeps_out: bool = True

    def named_on(self, side: str) -> int:
        """How many of the first neighbours have their name beside the list, inward or outward."""
        return self.named_out if side == "outward" else self.named


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a release says of itself. `digest` is that of everything else in it.

    files: name → (bytes, xxh3-128 of all of them). root: (offset, length, digest) of the directory's root.
    columns: names of the numbers kept for each domain, in order, with "f4" or "u4".
    """

    name: str
    kind: str  # domains or hosts
    n: int
    n_edges_in: int
    n_edges_out: int
    n_linked: int  # domains with in-links: those stand first in the order
    order: str  # the rank that numbers the domains
    layout: Layout
    columns: tuple[tuple[str, str], ...]
    files: dict[str, tuple[int, str]]
    root: tuple[int, int, int]
    is_sorted: bool  # the lines of the text were in order: a domain's place is its line
    n_duplicate_names: int = 0
    meta: dict[str, Any] = field(default_factory=dict)

    @property
    def digest(self) -> str:
        """The identity of the release: of all its facts and of its directory, so of every block."""
        return xxhash.xxh3_128_hexdigest(json.dumps(self._facts(), sort_keys=True).encode())

    def to_json(self) -> str:
        """The text of manifest.json."""
        return json.dumps({**self._facts(), "digest": self.digest}, indent=1, sort_keys=True) + "\n"

    def _facts(self) -> dict[str, Any]:
        return {"format": FORMAT, "version": VERSION, **asdict(self)}

    @classmethod
    def from_json(cls, text: bytes | str, *, name: str) -> Manifest:
        """The manifest in a text.

        Raises: CorruptIndex for another format, a newer version, missing facts or a digest that does not match.
        """
        try:
            facts = json.loads(text)
            if facts.pop("format") != FORMAT:
                raise ValueError("another format")
            version = facts.pop("version")
            if version != VERSION:
                raise CorruptIndex(
                    f"{name} has version {version} of the release format, this program reads {VERSION}",
                    hint="use a newer inlink, or convert the release again: inlink cc import RELEASE",
                )
            digest = facts.pop("digest")
            found = cls(
                **{
                    **facts,
                    "layout": Layout(**facts["layout"]),
                    "columns": tuple((str(a), str(b)) for a, b in facts["columns"]),
                    "files": {file: (int(a), str(b)) for file, (a, b) in facts["files"].items()},
                    "root": tuple(map(int, facts["root"])),
                }
            )
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise CorruptIndex(
                f"{name}: not the manifest of a release",
                hint="check the address; if it is a release of yours: inlink cc import RELEASE converts it again",
            ) from error
        if found.digest != digest:
            raise CorruptIndex(f"{name}: the manifest does not match its digest", hint="fetch the release again")
        return found
