"""The lock files hold what pyproject.toml asks for, by hash, and nothing about the machine that made them."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[2]
LOCKS = ("requirements.txt", "requirements-dev.txt", "requirements-build.txt")


def locked(name: str) -> dict[str, list[tuple[Requirement, int]]]:
    """Package → its pinned requirements, each with its number of hashes."""
    found: dict[str, list[tuple[Requirement, int]]] = {}
    for pin, hashes in entries((ROOT / name).read_text(encoding="utf-8")):
        found.setdefault(canonicalize_name(pin.name), []).append((pin, hashes))
    return found


def entries(text: str) -> Iterator[tuple[Requirement, int]]:
    for entry in re.sub(r"\\\n", " ", text).splitlines():
        if entry.strip() and not entry.startswith("#"):
            pin, *hashes = re.split(r"\s+--hash=", entry.strip())
            assert all(re.fullmatch(r"sha256:[0-9a-f]{64}", h) for h in hashes), entry[:80]
            yield Requirement(pin), len(hashes)


def project() -> dict[str, Any]:
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def wanted(lock: str) -> list[Requirement]:
    table = project()
    groups = {
        "requirements.txt": table["project"]["dependencies"],
        "requirements-dev.txt": [*table["project"]["dependencies"], *table["dependency-groups"]["dev"]],
        "requirements-build.txt": table["build-system"]["requires"],
    }
    return [Requirement(text) for text in groups[lock]]


@pytest.mark.parametrize("lock", LOCKS)
def test_every_pin_is_exact_and_has_hashes(lock: str) -> None:
    for name, pins in locked(lock).items():
        for pin, n_hashes in pins:
            assert re.fullmatch(r"==[^,*]+", str(pin.specifier)), name
            assert n_hashes > 0, name


@pytest.mark.parametrize("lock", LOCKS)
def test_the_lock_satisfies_the_project(lock: str) -> None:
    pins = locked(lock)
    for requirement in wanted(lock):
        found = pins.get(canonicalize_name(requirement.name), [])
        assert found, f"{requirement.name} is not in {lock}: run `make lock`"
        for pin, _ in found:
            [specifier] = pin.specifier
            assert requirement.specifier.contains(specifier.version, prereleases=True), f"{lock}: {pin}"


def test_the_locks_agree_with_each_other() -> None:
    """What is tested is what runs, and both fit into one environment with what builds it."""
    dev = {name: {str(pin.specifier) for pin, _ in pins} for name, pins in locked("requirements-dev.txt").items()}
    for lock in LOCKS:
        for name, pins in locked(lock).items():
            if name in dev:
                assert {str(pin.specifier) for pin, _ in pins} == dev[name]
            else:
                assert lock == "requirements-build.txt", name


@pytest.mark.parametrize("lock", LOCKS)
def test_the_lock_names_no_index_and_no_path(lock: str) -> None:
    text = (ROOT / lock).read_text(encoding="utf-8")
    assert "://" not in text
    assert not re.search(r"^\s*--(?!hash=)", text, re.MULTILINE)
    assert "@ file" not in text
