"""Steps of a long conversion: each is done whole or not at all, and is not done twice for the same inputs."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from inlink.errors import CorruptIndex
from inlink.graph.release_findings import Findings, findings_of
from inlink.store.files import publish, replace_text

_STATE = "state.json"


class Steps:
    """The steps in a folder. What other inputs, or a killed step, left there is thrown away."""

    def __init__(self, folder: Path, inputs: Mapping[str, object]) -> None:
        self.folder = folder
        self._inputs = json.loads(json.dumps(inputs))
        self.done: dict[str, dict[str, object]] = self._read()
        kept = {*self.done, _STATE}
        if folder.exists() and not self.done:
            shutil.rmtree(folder)
        folder.mkdir(parents=True, exist_ok=True)
        for path in folder.iterdir():
            if path.name not in kept:
                _remove(path)

    def _read(self) -> dict[str, dict[str, object]]:
        try:
            found = json.loads((self.folder / _STATE).read_text(encoding="utf-8"))
            is_same = found["inputs"] == self._inputs
            return {str(name): dict(facts) for name, facts in found["done"].items()} if is_same else {}
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            return {}

    def is_done(self, name: str) -> bool:
        """Whether a step was finished, by this run or one before."""
        return name in self.done

    def do(self, name: str, make: Callable[[Path, Findings], Mapping[str, object] | None]) -> None:
        """Do a step: `make` fills a folder, counts what it finds, and gives facts to remember."""
        aside = self.folder / f"{name}.new"
        _remove(aside)
        aside.mkdir()
        findings = Findings()
        facts = make(aside, findings) or {}
        publish(aside, self.folder / name)
        self.done[name] = {"facts": dict(facts), "findings": findings.to_json()}
        replace_text(self.folder / _STATE, json.dumps({"inputs": self._inputs, "done": self.done}) + "\n")

    def forget(self, name: str) -> None:
        """A step counts as not done any more; what it made goes when the steps are begun again, if not before."""
        self.done.pop(name, None)
        replace_text(self.folder / _STATE, json.dumps({"inputs": self._inputs, "done": self.done}) + "\n")

    def facts(self, name: str) -> dict[str, object]:
        """What a finished step gave."""
        found = self.done[name]["facts"]
        return dict(found) if isinstance(found, dict) else {}

    def findings(self) -> Findings:
        """What all finished steps found."""
        total = Findings()
        for step in self.done.values():
            found = step["findings"]
            one = findings_of(found if isinstance(found, dict) else {})
            for name, count in one.counts.items():
                total.add(name, count)
            total.examples.extend(one.examples)
        return total


def save_lists(folder: Path, offsets: NDArray[np.int64]) -> None:
    """Where each list begins, beside the neighbours that are there."""
    np.save(folder / "offsets.npy", offsets)


def open_lists(folder: Path) -> tuple[NDArray[np.int64], NDArray[np.uint32]]:
    """Offsets and neighbours as memory maps. Raises: CorruptIndex."""
    try:
        offsets = np.load(folder / "offsets.npy", mmap_mode="r")
        neighbours = np.memmap(folder / "neighbours", np.uint32, "r", shape=(int(offsets[-1]),))
    except (OSError, ValueError) as error:
        raise CorruptIndex(f"{folder} cannot be read: {error}", hint="import the release again") from error
    return offsets, neighbours


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
