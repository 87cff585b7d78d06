"""Referring domains over time, counted again from the rows of backlinks, and around one's neighbours."""

from __future__ import annotations

import itertools
from datetime import date, timedelta

import pytest

from inlink.workbench import Workbench
from inlink.workbench.over_time import next_start, step_start

TARGETS = ("crumbandcrust.example", "ryeandshine.example", "https://crumbandcrust.example/", "brd.example")


@pytest.mark.parametrize("target", TARGETS)
def test_steps_are_those_of_the_rows(demo_bench: Workbench, target: str) -> None:
    found = demo_bench.over_time(target)
    columns = ("source_domain", "first_seen", "last_seen", "lost_at", "is_live", "change")
    links = demo_bench.backlinks(target, state="all", limit=None, columns=columns).to_dicts()
    domains = {str(link["source_domain"]) for link in links}
    assert found.steps
    for step in found.steps:
        there = set()
        for name in domains:
            own = [link for link in links if link["source_domain"] == name]
            first = min(link["first_seen"].date() for link in own)  # type: ignore[attr-defined]
            is_live = any(link["is_live"] for link in own)
            lost = None if is_live else max(link["lost_at"].date() for link in own)  # type: ignore[attr-defined]
            if first < step.end and (lost is None or lost >= step.end):
                there.add(name)
        assert step.n_domains == len(there)
    last = found.steps[-1]
    assert last.n_domains == demo_bench.overview(target).n_domains
    assert sum(s.n_new + s.n_found for s in found.steps) == len(domains)
    assert sum(s.n_new + s.n_found - s.n_lost for s in found.steps) == last.n_domains
    assert all(0 <= s.n_unseen <= s.n_domains for s in found.steps)


def test_what_the_first_look_finds_is_not_new(demo_bench: Workbench) -> None:
    found = demo_bench.over_time("crumbandcrust.example")
    assert found.is_compared
    assert found.unit == "week"
    assert [step.n_new for step in found.steps[:-1]] == [0] * (len(found.steps) - 1)
    assert found.steps[-1].n_new == 1


def test_without_rows_there_are_no_steps(demo_bench: Workbench) -> None:
    found = demo_bench.over_time("nobody.example")
    assert (found.steps, found.is_compared) == ((), False)


@pytest.mark.parametrize("unit", ["day", "week", "month", "year"])
def test_steps_leave_no_day_out(unit: str) -> None:
    day = date(2023, 11, 30)
    for n in range(500):
        here = day + timedelta(days=n)
        start = step_start(here, unit)
        assert start <= here < next_start(start, unit)
        assert step_start(next_start(start, unit), unit) == next_start(start, unit)


def test_the_neighbourhood_is_that_of_the_lists(ranked_bench: Workbench) -> None:
    target = "crumbandcrust.example"
    found = ranked_bench.neighbourhood(target)
    assert found == ranked_bench.neighbourhood(target)
    names = [node.domain for node in found.nodes]
    assert names[0] == target
    assert len(names) == len(set(names)) <= 40
    inward = {str(row["source_domain"]): row for row in ranked_bench.domains(target).to_dicts()}
    outward = {str(row["target_domain"]): row for row in ranked_bench.outdomains(target).to_dicts()}
    assert set(names[1:]) == {*inward, *outward}
    for node in found.nodes[1:]:
        assert node.n_in == inward.get(node.domain, {"n_links": 0})["n_links"]
        assert node.n_out == outward.get(node.domain, {"n_links": 0})["n_links"]
        assert node.weight == pytest.approx(ranked_bench.authority(node.domain).mass)
    for edge in found.edges:
        assert {edge.source, edge.target} <= set(names)
        n = ranked_bench.backlinks(
            edge.target, scope="domain", where=f"source_domain = '{edge.source}'", limit=None, infrastructure=True
        ).n_total
        assert edge.n_links == n or target not in (edge.source, edge.target)


def test_the_neighbourhood_is_bounded_and_drawn_apart(demo_bench: Workbench) -> None:
    found = demo_bench.neighbourhood("crumbandcrust.example", limit=8)
    assert len(found.nodes) == 8
    assert found.run is None
    assert found.sized_by == "referring domains"
    assert (found.nodes[0].x, found.nodes[0].y) == (0, 0)
    assert all(-1 <= node.x <= 1 and -1 <= node.y <= 1 and 0 <= node.size <= 1 for node in found.nodes)
    for a, b in itertools.combinations(found.nodes, 2):
        assert (a.x - b.x) ** 2 + (a.y - b.y) ** 2 > 0.02


def test_nobody_has_no_neighbours(demo_bench: Workbench) -> None:
    found = demo_bench.neighbourhood("nobody.example")
    assert [node.domain for node in found.nodes] == ["nobody.example"]
    assert found.edges == ()
