"""What the fetcher remembers does not grow without end."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from inlink.fetch import Memory
from inlink.fetch.memory import Asked
from inlink.fetch.robots import rules_of


def at(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()) * 1_000_000


@pytest.fixture
def memory(tmp_path: Path) -> Iterator[Memory]:
    made = Memory(tmp_path / "courtesy.db")
    for day in ("2025-01-01", "2025-01-31", "2025-02-01"):
        for host in ("a.example", "b.example"):
            made.note(Asked(at(day), host, f"https://{host}/", "page", 200, None, 100))
    for day in ("2025-02-02", "2025-03-01"):
        made.note(Asked(at(day), "a.example", "https://a.example/x", "page", None, "timeout", 0))
    yield made
    made.close()


def test_old_lines_of_the_ledger_become_counts(memory: Memory) -> None:
    assert memory.forget(at("2025-02-02")) == 6
    assert [line.at_us for line in memory.ledger("a.example")] == [at("2025-02-02"), at("2025-03-01")]
    assert memory.asked_before("a.example") == [("2025-01", 2, 200), ("2025-02", 1, 100)]
    assert memory.forget(at("2025-02-02")) == 0
    assert memory.forget(at("2025-02-03")) == 1
    assert memory.asked_before("a.example") == [("2025-01", 2, 200), ("2025-02", 2, 100)]
    assert memory.asked_before("c.example") == []


def test_rules_that_are_too_old_go_too(memory: Memory) -> None:
    memory.keep_robots("https://a.example:443", rules_of(200, b"", at("2025-01-01")))
    memory.keep_robots("https://b.example:443", rules_of(200, b"", at("2025-03-01")))
    memory.forget(at("2025-02-01"))
    assert memory.robots("https://a.example:443") is None
    assert memory.robots("https://b.example:443") is not None
