"""A graph on disk whose links lead out of it is refused when it is opened, whatever its size."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from inlink.errors import CorruptIndex
from inlink.graph import graph_checks
from inlink.graph.arrays import save_arrays
from inlink.graph.explain_prepared import PARTS, open_core
from inlink.graph.graph import Graph, open_graph, save_graph
from inlink.graph.names import Names, Texts
from inlink.kernels.csr import csr_of_edges, transpose
from inlink.kernels.push_core import out_core_of

N = 50


@pytest.fixture(params=[1, 1 << 40], ids=["noted", "checked each time"])
def folder(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A small graph with weights and its core."""
    monkeypatch.setattr(graph_checks, "MANY", request.param)
    rng = np.random.default_rng(1)
    outward = csr_of_edges(rng.integers(0, N // 2, 300), rng.integers(0, N, 300), N, rng.random(300))
    inward = transpose(outward, N)
    weight = np.asarray(np.bincount(inward.neighbours, np.asarray(inward.weights), minlength=N), np.float64)
    words = [f"n{k:02}" for k in range(N)]
    core = out_core_of(inward, outward, weight, threads=1)
    save_arrays(tmp_path, {f"core_{name}": getattr(core, name) for name in PARTS})
    save_graph(Graph(Names("hosts", Texts.of(words), Texts.of(words)), inward, outward, weight, "hosts", {}), tmp_path)
    opened(tmp_path)
    return tmp_path


def opened(folder: Path) -> None:
    assert open_graph(folder).n == N
    assert open_core(folder, N) is not None


def spoil(folder: Path, name: str, at: int, value: float) -> None:
    """Other bytes in place, later than those that were checked."""
    path = folder / f"{name}.npy"
    before = path.stat().st_mtime_ns
    array = np.load(path, mmap_mode="r+")
    array[at] = value
    array.flush()
    os.utime(path, ns=(before + 1, before + 1))


@pytest.mark.parametrize(
    ("name", "at", "value"),
    [
        ("in_neighbours", 7, N),
        ("out_neighbours", -1, 2**32 - 1),
        ("in_offsets", 3, 10**6),
        ("in_offsets", 0, 1),
        ("out_offsets", -1, 5),
        ("out_offsets", 3, -1),
        ("core_neighbours", 2, N - 1),
        ("core_offsets", 2, 10**6),
        ("core_places", 2, N),
        ("core_nodes", 2, N),
    ],
)
def test_links_out_of_the_graph_are_refused(folder: Path, name: str, at: int, value: int) -> None:
    opened(folder)
    spoil(folder, name, at, value)
    for _ in range(2):
        with pytest.raises(CorruptIndex) as found:
            opened(folder)
        assert "inlink rank" in (found.value.hint or "")


@pytest.mark.parametrize("name", ["in_neighbours", "out_weights", "out_weight", "in_offsets", "core_nodes"])
def test_arrays_of_another_length_are_refused(folder: Path, name: str) -> None:
    np.save(folder / f"{name}.npy", np.load(folder / f"{name}.npy")[:-1])
    with pytest.raises(CorruptIndex):
        opened(folder)


def test_what_was_checked_is_noted_but_not_where_it_cannot_be(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert (folder / graph_checks.FILE_NAME).exists() == (graph_checks.MANY == 1)
    (folder / graph_checks.FILE_NAME).write_text("[]", "utf-8")
    opened(folder)

    def refused(*_: object) -> None:
        raise PermissionError

    monkeypatch.setattr(graph_checks, "replace_text", refused)
    (folder / graph_checks.FILE_NAME).unlink()
    opened(folder)
