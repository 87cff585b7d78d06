"""Large kernels are made before the first page, in another order by each worker, and said where it takes time."""

from __future__ import annotations

import pytest

from inlink.extract import warming


@pytest.mark.parametrize(("format", "n"), [("warc", 2), ("wat", 2), ("links", 1)])
def test_what_is_missing_is_made_and_said(monkeypatch: pytest.MonkeyPatch, format: str, n: int) -> None:
    made: list[str] = []
    steps = {
        name: tuple((kernel, lambda make=make: made.append(make.__name__)) for kernel, make in of)
        for name, of in warming._STEPS.items()
    }
    monkeypatch.setattr(warming, "_STEPS", steps)
    monkeypatch.setattr(warming, "_RESOLVING", steps["warc"][0])
    monkeypatch.setattr(warming, "is_kept", lambda kernel: False)
    said: list[str] = []
    warming.warm(format, 0, said.append)
    warming.warm(format, 1, said.append)
    assert said == [warming.NOTE] * 2
    assert made[:n] == made[n:][::-1]
    assert len(made) == 2 * n


def test_the_pages_that_warm_are_read() -> None:
    for steps in warming._STEPS.values():
        for _, make in steps:
            make()


def test_nothing_is_done_where_kernels_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(warming, "is_kept", lambda kernel: True)
    warming.warm("warc", 0, pytest.fail)
