"""What is imported is declared: the package by its dependencies, everything else by the group `dev`."""

from __future__ import annotations

import ast
import sys
import tomllib
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
DEV = ("tests", "bench", "gate", "scripts", "docs")


def names(requirements: list[str]) -> set[str]:
    return {canonicalize_name(Requirement(text).name) for text in requirements}


def modules(folder: Path) -> Iterator[tuple[str, Path]]:
    """Top names of the imports of every file, with the file."""
    for path in sorted(folder.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                yield from ((alias.name.partition(".")[0], path) for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
                yield node.module.partition(".")[0], path


def undeclared(folder: Path, declared: set[str]) -> set[str]:
    own = {path.stem for part in DEV for path in (ROOT / part).rglob("*.py")} | {"inlink"}
    distributions = packages_distributions()
    return {
        f"{path.relative_to(ROOT)}: {module}"
        for module, path in modules(folder)
        if module not in sys.stdlib_module_names
        and module not in own
        and not declared & {canonicalize_name(name) for name in distributions.get(module, [module])}
    }


def test_the_package_imports_its_dependencies_only() -> None:
    extras = [name for each in PROJECT["project"]["optional-dependencies"].values() for name in each]
    declared = names([*PROJECT["project"]["dependencies"], *extras])
    assert not undeclared(ROOT / "src", declared)


@pytest.mark.parametrize("folder", DEV)
def test_the_rest_imports_what_is_declared(folder: str) -> None:
    build = {"packaging"}  # locked with the build's own packages and with pytest
    # Measured where they are installed, named where they are not.
    peers = {"graph-tool", "graphblas", "python-graphblas", "networkit", "locust"}
    declared = names([*PROJECT["project"]["dependencies"], *PROJECT["dependency-groups"]["dev"]]) | build
    declared |= peers if folder == "bench" else set()
    assert not undeclared(ROOT / folder, declared)


def test_every_dependency_is_used() -> None:
    distributions = packages_distributions()
    used = {
        canonicalize_name(name) for module, _ in modules(ROOT / "src") for name in distributions.get(module, [module])
    }
    assert not names(PROJECT["project"]["dependencies"]) - used
