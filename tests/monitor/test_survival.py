"""Recheck times: the published rates are met, young and endangered links are looked at sooner, bounds hold."""

from __future__ import annotations

import math

import pytest

from inlink.monitor.states import DAY_US, HOUR_US, Standing
from inlink.monitor.survival import (
    LEAST_US,
    MOST_US,
    RISK,
    SCALE_YEARS,
    SHAPE,
    YEAR_US,
    Seen,
    chance_of_loss,
    interval_us,
    next_look_us,
)


@pytest.mark.parametrize(("years", "share"), [(0.25, 0.0803), (7.0, 0.44)])
def test_published_points(years: float, share: float) -> None:
    assert chance_of_loss(0, years * YEAR_US) == pytest.approx(share, rel=1e-12)


def test_other_studies_are_near() -> None:
    assert 0.35 < chance_of_loss(0, 9 * YEAR_US) < 0.70  # Ahrefs 2022: 66.5 % since 2013; Pew: 38 % of 2013's pages
    assert (round(SHAPE, 3), round(SCALE_YEARS, 1)) == (0.581, 17.9)


@pytest.mark.parametrize("age", [0.1, 0.25, 1.0, 2.0])
def test_the_interval_reaches_the_risk(age: float) -> None:
    wait = interval_us(age * YEAR_US)
    if LEAST_US < wait < MOST_US:
        assert chance_of_loss(age * YEAR_US, wait) == pytest.approx(RISK, rel=1e-6)


def test_young_links_and_links_in_bad_company_are_looked_at_sooner() -> None:
    ages = [interval_us(days * DAY_US) for days in (0, 30, 90, 365, 3650)]
    assert ages == sorted(ages)
    assert ages[0] < DAY_US
    assert ages[-1] == MOST_US
    assert interval_us(90 * DAY_US, rate=3) < interval_us(90 * DAY_US) < interval_us(90 * DAY_US, rate=0.5)


def test_what_is_seen_here_counts_as_much_as_there_is_of_it() -> None:
    assert Seen().rate == 1
    assert Seen(0, 0.1).rate == pytest.approx(1, abs=0.03)
    assert Seen(100, 10).rate == pytest.approx(7)
    assert Seen(0, 95).rate == pytest.approx(0.05)


def look(standing: Standing, at_us: int, *, every_us: int | None = None) -> float:
    return (next_look_us(standing, at_us, age_us=YEAR_US, rate=1, every_us=every_us, seed="x") - at_us) / HOUR_US


def test_suspicions_are_confirmed_soon() -> None:
    assert 1 < look(Standing("suspect", doubt="lost", doubt_since_us=0), 0) < 1.2
    assert 0 < look(Standing("suspect", doubt="lost", doubt_since_us=0), 2 * HOUR_US) < 0.2


def test_three_tries_over_a_day_then_fewer() -> None:
    first = look(Standing("suspect", n_failed=1, failing_since_us=0), 0)
    second = look(Standing("suspect", n_failed=2, failing_since_us=0), int(first * HOUR_US))
    assert 24 < first + second < 26
    waits = [look(Standing("unreachable", n_failed=n, failing_since_us=0), 40 * HOUR_US) for n in (3, 5, 9, 40)]
    assert waits == sorted(waits)
    assert (waits[0], waits[-1]) == (24, 7 * 24)


def test_own_interval_bounds_and_spread() -> None:
    assert 24 * 0.89 < look(Standing("alive"), 0, every_us=DAY_US) < 24 * 1.11
    assert look(Standing("changed"), 0) <= 7 * 24 * 1.11
    assert look(Standing("lost", since_us=0), 10 * DAY_US) == pytest.approx(5 * 24, rel=0.11)
    drawn = {next_look_us(Standing("alive"), 0, age_us=0, rate=1, every_us=None, seed=str(n)) for n in range(50)}
    assert len(drawn) == 50
    assert math.isclose(sum(drawn) / 50, interval_us(0), rel_tol=0.05)
