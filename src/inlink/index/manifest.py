"""manifest.json of a snapshot: what went in, by which rules, and what came out."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import inlink
from inlink.errors import CorruptIndex
from inlink.index.arrange import TABLES
from inlink.store.files import replace_text
from inlink.store.parts import PartInfo
from inlink.store.tables import Written
from inlink.urls.domains import SuffixRules

# The version of how parts are arranged: it rises whenever the same parts would give another snapshot.
CODE = "1"
FILE_NAME = "manifest.json"


@dataclass(frozen=True, slots=True)
class Manifest:
    """key: digest of all that decides what the snapshot holds; two snapshots of one key are equal."""

    snapshot: str
    key: str
    code: str
    made_by: str
    schemas: dict[str, int]
    suffixes: dict[str, Any]
    inputs: list[dict[str, Any]]
    errors: dict[str, int]
    tables: dict[str, dict[str, Any]]


def snapshot_key(parts: Sequence[str], rules: SuffixRules) -> str:
    """What decides the content of a snapshot: the parts, whatever their order, the suffix rules, code and schemas."""
    words = json.dumps([sorted(parts), rules.digest, CODE, schemas()], sort_keys=True)
    return hashlib.sha256(words.encode()).hexdigest()[:32]


def schemas() -> dict[str, int]:
    """Versions of the tables of a snapshot."""
    return {step.table.name: step.table.version for step in TABLES}


def make_manifest(
    name: str, parts: Sequence[PartInfo], rules: SuffixRules, suffixes: Sequence[str], written: Mapping[str, Written]
) -> Manifest:
    """The manifest of a snapshot that was just written."""
    errors: Counter[str] = Counter()
    for part in parts:
        errors.update(part.errors)
    inputs = [
        {
            "name": p.input,
            "digest": p.input_digest,
            "part": p.part,
            "format": p.format,
            "rows": p.rows,
            "errors": p.errors,
        }
        for p in sorted(parts, key=lambda part: part.part)
    ]
    return Manifest(
        snapshot=name,
        key=snapshot_key([part.part for part in parts], rules),
        code=CODE,
        made_by=f"inlink {inlink.__version__}",
        schemas=schemas(),
        suffixes={"digest": rules.digest, "own": sorted(suffixes)},
        inputs=inputs,
        errors=dict(sorted(errors.items())),
        tables={name: asdict(one) for name, one in written.items()},
    )


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Put the manifest into a snapshot's folder."""
    replace_text(folder / FILE_NAME, json.dumps(asdict(manifest), indent=1, ensure_ascii=False) + "\n")


def read_manifest(folder: Path) -> Manifest:
    """The manifest in a snapshot's folder.

    Raises: CorruptIndex where it is missing, cannot be read, or was made with other schemas.
    """
    path = folder / FILE_NAME
    try:
        manifest = Manifest(**json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError) as error:
        raise CorruptIndex(f"{path} cannot be read", hint="run inlink build: it makes the snapshot anew") from error
    if manifest.schemas != schemas():
        raise CorruptIndex(
            f"the snapshot {folder.name} was made by {manifest.made_by} with other tables than this inlink reads",
            hint="run inlink build: it makes a new snapshot from the parts",
        )
    return manifest
