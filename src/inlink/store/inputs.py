"""The register of inputs: what was added to a workspace, once each, whatever its name."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from inlink.errors import CorruptIndex
from inlink.store.files import replace_text


@dataclass(frozen=True, slots=True)
class Input:
    """One input that a build reads. Two inputs with one digest are one input; `names` beyond the first are its copies.

    Units: size_bytes bytes, None where a server does not say.
    """

    name: str
    format: str
    size_bytes: int | None
    digest: str
    facts: dict[str, str] = field(default_factory=dict)
    copies: tuple[str, ...] = ()


def read_inputs(path: Path) -> dict[str, Input]:
    """Digest → input, in the order in which they were added.

    Raises: CorruptIndex for a line that is no input.
    """
    if not path.exists():
        return {}
    found: dict[str, Input] = {}
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        try:
            row: dict[str, Any] = json.loads(line)
            entry = Input(**{**row, "copies": tuple(row.get("copies", ()))})
        except (ValueError, TypeError) as error:
            raise CorruptIndex(
                f"{path}, line {number} is not an input", hint="restore the file, or delete it and add the inputs again"
            ) from error
        found[entry.digest] = entry
    return found


def write_inputs(path: Path, inputs: Iterable[Input]) -> None:
    """The register holds exactly these inputs."""
    lines = (json.dumps(asdict(entry), ensure_ascii=False, sort_keys=True) + "\n" for entry in inputs)
    replace_text(path, "".join(lines))


def merged(known: dict[str, Input], entry: Input) -> tuple[dict[str, Input], str]:
    """The register with one more input, and what happened: added, known, or copy (known under another name)."""
    old = known.get(entry.digest)
    if old is None:
        return {**known, entry.digest: entry}, "added"
    if entry.name == old.name or entry.name in old.copies:
        return known, "known"
    copied = Input(old.name, old.format, old.size_bytes, old.digest, old.facts, (*old.copies, entry.name))
    return {**known, entry.digest: copied}, "copy"
