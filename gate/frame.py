"""The frame of every gate: measured figures, their floors, and the digest of the data they were measured on.

A gate is a script `gate/<name>.py`:

    gate = Gate("browser_judge", data=[folder / "sites", folder / "html-corpora"])
    gate.measure("links.recall", 0.99981)
    gate.measure("pages.exact", 0.9967, unit="share")
    sys.exit(gate.finish())

Floors stand in gate/floors.json, not in the scripts, as a history per figure: {"floor": 0.9995, "why": "…"} for a
figure that must be at least that, {"ceiling": 0, "why": "…"} for one that must be at most that. The last entry holds.
An entry that is weaker than the one before it must own up to that (`"weaker": true`) and say why; one that does not is
refused, by `finish` and by tests/project. A figure that has a floor and is not measured fails too.
"""

from __future__ import annotations

import hashlib
import json
import platform
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
FLOORS = HERE / "floors.json"
Floor = dict[str, Any]


def digest(paths: Iterable[Path]) -> str:
    """sha256 over names (from the given path down) and bytes of all files, in name order.

    Cost: reads every byte once.
    """
    total = hashlib.sha256()
    for name, file in sorted(_files(paths)):
        total.update(f"{name}\0{file.stat().st_size}\0".encode())
        with file.open("rb") as stream:
            total.update(hashlib.file_digest(stream, "sha256").digest())
    return f"sha256:{total.hexdigest()}"


def _files(paths: Iterable[Path]) -> Iterator[tuple[str, Path]]:
    for path in paths:
        if path.is_dir():
            for file in path.rglob("*"):
                if file.is_file():
                    yield f"{path.name}/{file.relative_to(path).as_posix()}", file
        else:
            yield path.name, path


def read_floors(path: Path = FLOORS) -> dict[str, dict[str, list[Floor]]]:
    """Gate → figure → history of floors."""
    if not path.exists():
        return {}
    floors: dict[str, dict[str, list[Floor]]] = json.loads(path.read_text(encoding="utf-8"))
    return floors


def is_weaker(new: Floor, old: Floor) -> bool:
    """Whether `new` allows what `old` forbade."""
    if "floor" in old:
        return "floor" not in new or bool(new["floor"] < old["floor"])
    return "ceiling" not in new or bool(new["ceiling"] > old["ceiling"])


def faults(history: list[Floor]) -> list[str]:
    """What is wrong with a figure's history of floors: no reason, no bound, or weakened silently."""
    found = []
    for i, entry in enumerate(history):
        if ("floor" in entry) == ("ceiling" in entry):
            found.append(f"entry {i} needs either floor or ceiling")
        if not entry.get("why"):
            found.append(f"entry {i} does not say why")
        if i and is_weaker(entry, history[i - 1]) and not entry.get("weaker"):
            found.append(f"entry {i} is weaker than entry {i - 1} and does not own up to it (weaker: true)")
    return found


def holds(value: float, floor: Floor) -> bool:
    """Whether the value is on the right side of the bound; NaN never is."""
    return bool(value >= floor["floor"]) if "floor" in floor else bool(value <= floor["ceiling"])


@dataclass(slots=True)
class Gate:
    """The figures of one gate. `facts` are words worth keeping beside them (exceptions, versions)."""

    name: str
    data: Iterable[Path] = ()
    folder: Path = HERE
    figures: dict[str, dict[str, Any]] = field(default_factory=dict)
    facts: dict[str, Any] = field(default_factory=dict)

    def measure(self, figure: str, value: float, *, unit: str = "") -> None:
        """Record a figure; whether it is good enough is said by `finish`."""
        self.figures[figure] = {"value": value, **({"unit": unit} if unit else {})}

    def note(self, name: str, value: Any) -> None:
        """Record something that is not judged."""
        self.facts[name] = value

    def failures(self) -> list[str]:
        """Why the gate fails; empty if it passes."""
        found = []
        for figure, history in read_floors(self.folder / "floors.json").get(self.name, {}).items():
            found += [f"{figure}: {fault}" for fault in faults(history)]
            if not history or faults(history):
                continue
            if figure not in self.figures:
                found.append(f"{figure}: has a floor and was not measured")
            elif not holds(self.figures[figure]["value"], history[-1]):
                found.append(f"{figure}: {self.figures[figure]['value']} against {_bound(history[-1])}")
        return found

    def finish(self) -> int:
        """Write gate/<name>.json, print the figures, and return the exit code: 0 if every floor holds."""
        floors = read_floors(self.folder / "floors.json").get(self.name, {})
        for figure, found in self.figures.items():
            if floors.get(figure):
                found.update({k: v for k, v in floors[figure][-1].items() if k in ("floor", "ceiling")})
        failures = self.failures()
        report = {
            "gate": self.name,
            "passed": not failures,
            "data": digest(self.data),
            "python": platform.python_version(),
            "figures": self.figures,
            "facts": self.facts,
            "failures": failures,
        }
        text = json.dumps(report, indent=2, ensure_ascii=False, sort_keys=False)
        (self.folder / f"{self.name}.json").write_text(text + "\n", encoding="utf-8")
        self._print(failures)
        return 1 if failures else 0

    def _print(self, failures: list[str]) -> None:
        for figure, found in self.figures.items():
            bound = f"   ({_bound(found)})" if {"floor", "ceiling"} & found.keys() else ""
            print(f"  {figure:32} {found['value']}{' ' + found['unit'] if 'unit' in found else ''}{bound}")
        for failure in failures:
            print(f"  FAILED {failure}", file=sys.stderr)


def _bound(entry: Floor) -> str:
    return f"at least {entry['floor']}" if "floor" in entry else f"at most {entry['ceiling']}"
