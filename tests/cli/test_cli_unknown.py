"""The terminal says what is not known to be follow, and only where there is such a thing."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from inlink.cli.actions.overview import _lines
from inlink.cli.actions.ranking import _ranked
from inlink.cli.values import for_table
from inlink.workbench import Overview, Target
from inlink.workbench.ranking import RankReport


def overview(n_links: int, n_follow: int, n_unknown: int) -> Overview:
    names = [field.name for field in dataclasses.fields(Overview)]
    facts: dict[str, Any] = dict.fromkeys((name for name in names if name.startswith("n_")), 0)
    facts |= {"n_links": n_links, "n_follow_links": n_follow, "n_unknown_follow_links": n_unknown}
    return Overview(target=Target("me.example", "domain", True), snapshot="s", first_seen=None, last_seen=None, **facts)


@pytest.mark.parametrize(
    ("counts", "said"),
    [
        ((10, 7, 0), "70% follow"),
        ((10, 3, 4), "50% of 6 follow; of 4 it is not known"),
        ((10, 0, 10), "not known whether follow"),
        ((0, 0, 0), "none to be follow"),
    ],
)
def test_the_share_of_follow_is_of_what_is_known(counts: tuple[int, int, int], said: str) -> None:
    lines = {label: more for label, _, more in _lines(overview(*counts))}
    assert lines["Backlinks"] == said


@pytest.mark.parametrize("n_unknown", [None, 0, 3])
def test_a_run_reports_links_that_count_unknown(n_unknown: int | None) -> None:
    report = RankReport("made", "domains-1", "domains", "s", 5, 4, n_unknown, 1, 20, 1e-13, {})
    assert ("3 links count as follow" in _ranked(report)) == (n_unknown == 3)


def test_a_group_of_what_is_not_known_has_a_name() -> None:
    assert (for_table(None, "value"), for_table(None, "lang")) == ("unknown", "–")
