"""The process of a job holds on to it as long as its worker says so."""

from __future__ import annotations

import io
import threading
from collections.abc import Iterator

import pytest

from inlink.workbench import jobs_child


class Heard(threading.Event):
    """An event that was set in some of the looks."""

    def __init__(self, looks: str) -> None:
        super().__init__()
        self.looks: Iterator[str] = iter(looks)

    def wait(self, timeout: float | None = None) -> bool:
        assert timeout == jobs_child.LISTEN_S
        return next(self.looks) == "x"


@pytest.mark.parametrize("looks", ["....", "x....", "...x...x....", "xxx...xx...x...."])
def test_a_job_is_let_go_after_a_lease_of_silence(looks: str) -> None:
    """Looks of half a second, `x` where something was heard: so many without a break end it, and no look less."""
    heard, fallen = Heard(looks), []
    jobs_child._hold(heard, 4 * jobs_child.LISTEN_S, lambda: fallen.append(next(heard.looks, "over")))
    assert fallen == ["over"]


@pytest.mark.parametrize(("said", "word"), [("mine\nmine\nstop\n", "stop\n"), ("mine\n", ""), ("", "")])
def test_words_about_leases_are_no_words_about_the_end(said: str, word: str) -> None:
    prolonged = threading.Event()
    assert jobs_child._word(io.StringIO(said), prolonged) == word
    assert prolonged.is_set() == said.startswith("mine")
