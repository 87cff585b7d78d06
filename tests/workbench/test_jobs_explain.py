"""The job that follows all of a target's mass to where it began, against the answer of the workbench."""

from __future__ import annotations

import io
import math
import shutil
from collections.abc import Iterator
from pathlib import Path

import pyarrow.csv as pa_csv
import pyarrow.parquet as pq
import pytest

from inlink.errors import BadInput, NotFound
from inlink.workbench import Workbench
from inlink.workbench.jobs_child import Telling
from inlink.workbench.jobs_work import work

TARGET = "crumbandcrust.example"


@pytest.fixture
def bench(ranked_bench: Workbench, tmp_path: Path) -> Iterator[Workbench]:
    folder = tmp_path / "workspace"
    shutil.copytree(ranked_bench.path, folder, ignore=shutil.ignore_patterns("*.lock", "*.lease"))
    with Workbench.open(folder) as made:
        yield made


def done(bench: Workbench, **about: object) -> tuple[str, dict[str, object]]:
    order = {"kind": "explain", "arguments": about, "folder": str(bench.path), "job_id": 7, "is_again": False}
    return work({**order, "began_us": 0}, Telling(io.StringIO(), is_polite=False))


def test_all_of_the_mass_is_in_the_file(bench: Workbench) -> None:
    said, result = done(bench, target=TARGET)
    table = pa_csv.read_csv(bench.path / "exports" / str(result["file"]))
    assert table.column_names == ["name", "began", "share"]
    mass = bench.authority(TARGET).mass
    assert math.fsum(table["began"].to_pylist()) == pytest.approx(mass, rel=1e-9)
    assert math.fsum(table["share"].to_pylist()) == pytest.approx(1, rel=1e-9)
    exact = bench.explain(TARGET, origins=True, exact=True, limit=None)
    assert table["name"].to_pylist() == [row.name for row in exact.rows]
    assert table["began"].to_pylist() == pytest.approx([row.carried for row in exact.rows], rel=1e-12)
    assert said == f"{exact.n_sources} sources of all its mass"
    assert (result["run"], result["n_sources"], result["n_others"]) == (exact.about.run, exact.n_sources, 0)


def test_what_is_not_in_the_file_is_summed(bench: Workbench) -> None:
    said, result = done(bench, target=TARGET, limit=3, format="parquet")
    table = pq.read_table(bench.path / "exports" / str(result["file"]))
    mass, others = bench.authority(TARGET).mass, result["others"]
    assert table.num_rows == 3
    assert isinstance(others, float)
    assert math.fsum([*table["began"].to_pylist(), others]) == pytest.approx(mass, rel=1e-9)
    assert f"; {result['n_others']} more gave " in said


def test_what_cannot_be_explained_is_said(bench: Workbench) -> None:
    with pytest.raises(NotFound, match=r"nobody\.example"):
        done(bench, target="nobody.example")
    with pytest.raises(BadInput, match="limit"):
        done(bench, target=TARGET, limit=0)
