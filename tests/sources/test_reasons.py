"""The list of reasons is closed: code names no other, the page in docs shows exactly these, and each is in use."""

from __future__ import annotations

import ast
from pathlib import Path

from inlink.sources.reasons import REASONS, errors_page, is_loss

ROOT = Path(__file__).parents[2]


def strings() -> set[str]:
    """Every string in the package's code, but for the list itself."""
    found: set[str] = set()
    for path in (ROOT / "src/inlink").rglob("*.py"):
        if path.name != "reasons.py":
            found.update(
                node.value
                for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
                if isinstance(node, ast.Constant) and isinstance(node.value, str)
            )
    return found


def named() -> set[str]:
    """The reasons that BadRecord, Fault and Decoded are made with."""
    found: set[str] = set()
    for path in (ROOT / "src/inlink").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name) or len(node.args) < 2:
                continue
            if node.func.id in ("BadRecord", "Fault", "Decoded"):
                constants = (n.value for n in ast.walk(node.args[1]) if isinstance(n, ast.Constant))
                found.update(value for value in constants if isinstance(value, str) and value)
    return found


def test_code_names_no_other() -> None:
    assert named() <= set(REASONS)


def test_each_is_in_use() -> None:
    assert set(REASONS) <= strings()


def test_the_page_shows_these() -> None:
    assert (ROOT / "docs/errors.md").read_text(encoding="utf-8") == errors_page()
    assert all(f"| `{slug}` |" in errors_page() for slug in REASONS)


def test_loss() -> None:
    assert is_loss("no-url")
    assert not is_loss("record-cut")
