"""The register of inputs: what was added to a workspace, once each, whatever its name."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from inlink.errors import BadInput, CorruptIndex, NotFound
from inlink.store.files import replace_text

_DIGEST = re.compile(r"[0-9a-f]{4,64}\Z")
SHORT = 12  # characters of a digest that lists show


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
    """The register with one more input, and what happened: added, known, or copy (known under another name).

    Where the workspace keeps a copy now and did not before, the copy is what is read from now on.
    """
    old = known.get(entry.digest)
    if old is None:
        return {**known, entry.digest: entry}, "added"
    is_kept_now = "kept_from" in entry.facts and "kept_from" not in old.facts
    same = replace(old, facts=entry.facts) if is_kept_now else old
    if entry.name == old.name or entry.name in old.copies:
        return {**known, entry.digest: same}, "known"
    return {**known, entry.digest: replace(same, copies=(*old.copies, entry.name))}, "copy"


def named(known: Mapping[str, Input], spec: str) -> list[Input]:
    """The inputs that a spec stands for: the one of that name, path or address, all below a folder, or the one whose
    digest begins so (four characters or more).

    Raises: NotFound where there is none; BadInput where a name or digest stands for several.
    """
    place = str(Path(spec).absolute()) if spec.strip() and "\0" not in spec else spec
    found = [entry for entry in known.values() if not {spec, place}.isdisjoint(_names(entry))]
    if not found and (below := [entry for entry in known.values() if _is_below(entry, place)]):
        return below
    if not found and _DIGEST.match(spec.lower()):
        found = [entry for digest, entry in known.items() if digest.startswith(spec.lower())]
    if not found:
        raise NotFound(f"there is no input {spec} in this workspace", hint="inlink inputs lists them", input=spec)
    if len(found) > 1:
        shown = ", ".join(entry.digest[:SHORT] for entry in found[:5]) + (", …" if len(found) > 5 else "")
        raise BadInput(
            f"{spec} stands for {len(found)} inputs: {shown}",
            hint="name one by more of its digest, as inlink inputs lists it",
        )
    return found


def _names(entry: Input) -> set[str]:
    places = (entry.facts.get(fact) for fact in ("path", "kept_from"))
    return {entry.name, *entry.copies, *(place for place in places if place)}


def _is_below(entry: Input, folder: str) -> bool:
    place = entry.facts.get("kept_from") or entry.facts.get("path")
    return bool(place) and Path(folder) in Path(str(place)).parents
