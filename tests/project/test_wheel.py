"""What `uvx`, `pipx` and `pip` install works outside this checkout: the wheel, its locked dependencies, its data."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
UV = shutil.which("uv")
MISSING = "import importlib.resources as r; print([n for n in %r if not r.files('inlink').joinpath(n).is_file()])"


def run(*command: str | Path, cwd: Path) -> subprocess.CompletedProcess[str]:
    env = {k: v for k, v in os.environ.items() if not k.startswith(("PYTHON", "VIRTUAL_ENV"))}
    return subprocess.run([str(c) for c in command], cwd=cwd, env=env, capture_output=True, text=True, timeout=3000)


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dist")
    done = run(sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", folder, cwd=ROOT)
    assert done.returncode == 0, done.stderr
    [path] = folder.glob("*.whl")
    return path


def data_files() -> list[str]:
    """Files of the package that are no code: templates, lists, SQL, styles."""
    package = ROOT / "src" / "inlink"
    found = (p for p in package.rglob("*") if p.is_file() and p.suffix != ".py" and p.parent.name != "__pycache__")
    return sorted(p.relative_to(package).as_posix() for p in found)


def test_the_wheel_is_pure_and_carries_every_data_file(wheel: Path) -> None:
    assert wheel.name.endswith("-py3-none-any.whl")
    names = set(zipfile.ZipFile(wheel).namelist())
    assert not [name for name in data_files() if f"inlink/{name}" not in names]
    assert not [name for name in names if "__pycache__" in name or name.startswith("tests")]
    assert any(name.endswith("licenses/LICENSE") for name in names)


def test_the_wheel_runs_with_its_locked_dependencies_alone(wheel: Path, tmp_path: Path) -> None:
    if UV is None:
        pytest.skip("uv is not here: a fresh environment would be downloaded anew")
    venv = tmp_path / "venv"
    assert run(UV, "venv", "--quiet", "--python", sys.executable, venv, cwd=tmp_path).returncode == 0
    python = venv / ("Scripts" if os.name == "nt" else "bin") / "python"
    install: list[str | Path] = [UV, "pip", "install", "--quiet", "--python", python]
    locked = run(*install, "--require-hashes", "-r", ROOT / "requirements.txt", cwd=tmp_path)
    if locked.returncode:
        pytest.skip(f"no package index: {locked.stderr.strip()[-200:]}")
    assert run(*install, "--no-deps", wheel, cwd=tmp_path).returncode == 0
    helped = run(python.parent / "inlink", "--help", cwd=tmp_path)
    assert helped.returncode == 0, helped.stderr
    assert "build" in helped.stdout and "backlinks" in helped.stdout
    missing = run(python, "-c", MISSING % (data_files(),), cwd=tmp_path)
    assert missing.stdout.strip() == "[]", missing.stderr
    whole = run(python, "-c", "import inlink.cli.actions.demo, inlink.web, inlink.workbench", cwd=tmp_path)
    assert whole.returncode == 0, whole.stderr
