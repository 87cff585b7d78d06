"""How likely a link is lost soon, and so when to look at it again.

Links die young: the chance that a link of age t lives is taken as S(t) = exp(-H(t)), H(t) = r (t/λ)^k (Weibull), with
k and λ from two published points: 8.03 % of links lost after 3 months, 44 % after 7 years.

    k = ln(H₂/H₁) / ln(t₂/t₁) = 0.581      λ = t₂ / H₂^(1/k) = 17.9 years

so that the chance to be lost within d is 1 - exp(H(t) - H(t + d)). The next look is due when that reaches
`RISK`, one half per cent: after 17 hours for a new link, 10 days at three months, the upper bound from some years on.

r is how much faster than that the links of this workspace die in the same place (a domain, a region of the page):
deaths seen over deaths expected, each with A more (a gamma prior of mean 1): r = (n + A) / (Σ H(age) + A).

Source: Linkody, link rot study (8.03 % in 3 months, 44 % in 7 years, Kaplan-Meier); the same order as Ahrefs 2022
(66.5 % of links since 2013 rotted) and Pew 2024 (38 % of pages of 2013 gone in 2023). The prior is Gamma-Poisson:
Marshall, Biometrics 47 (1991).
"""

from __future__ import annotations

import math
import zlib
from dataclasses import dataclass

from inlink.monitor.states import CONFIRM_US, DAY_US, FAILED_TRIES, FAILED_US, HOUR_US, Standing

YEAR_US = 365.25 * DAY_US
_EARLY, _LATE = (0.25, 0.0803), (7.0, 0.44)  # years, share lost
_H_EARLY, _H_LATE = (-math.log(1 - share) for _, share in (_EARLY, _LATE))
SHAPE = math.log(_H_LATE / _H_EARLY) / math.log(_LATE[0] / _EARLY[0])
SCALE_YEARS = _LATE[0] / _H_LATE ** (1 / SHAPE)
RISK = 0.005
PRIOR = 5.0  # deaths that the published rates count for, beside those seen here
LEAST_US, MOST_US = DAY_US // 2, 30 * DAY_US
_SPREAD = 0.1  # looks of links that were added together drift apart by so much either way


@dataclass(frozen=True, slots=True)
class Seen:
    """What happened to the links of one place: how many died, and how many should have by the published rates."""

    n_lost: float = 0.0
    n_expected: float = 0.0

    @property
    def rate(self) -> float:
        """How much faster than published they die."""
        return (self.n_lost + PRIOR) / (self.n_expected + PRIOR)


def hazard(age_us: float) -> float:
    """H(t) by the published rates: minus the logarithm of the share that lives."""
    return float((max(age_us, 0.0) / YEAR_US / SCALE_YEARS) ** SHAPE)


def chance_of_loss(age_us: float, within_us: float, rate: float = 1.0) -> float:
    """How likely a link of an age is lost within a time."""
    return 1.0 - math.exp(rate * (hazard(age_us) - hazard(age_us + within_us)))


def interval_us(age_us: float, rate: float = 1.0, risk: float = RISK) -> int:
    """How long until the chance of loss reaches `risk`, within LEAST_US and MOST_US."""
    reached = hazard(age_us) - math.log(1.0 - risk) / max(rate, 1e-6)
    wait = reached ** (1 / SHAPE) * SCALE_YEARS * YEAR_US - max(age_us, 0.0)
    return int(min(max(wait, LEAST_US), MOST_US))


def next_look_us(standing: Standing, at_us: int, *, age_us: float, rate: float, every_us: int | None, seed: str) -> int:
    """When to look again after a look at `at_us`. every_us: the user's own interval, in place of the risk."""
    if standing.doubt:
        return max(at_us + HOUR_US // 12, standing.doubt_since_us + CONFIRM_US + HOUR_US // 12)
    if standing.n_failed and standing.state not in ("lost", "changed"):
        return at_us + _after_failure_us(standing, at_us)
    if standing.state == "lost":
        wait = min(max((at_us - standing.since_us) // 2, DAY_US), MOST_US)
    else:
        wait = every_us or interval_us(age_us, rate)
    if standing.state == "changed":
        wait = min(wait, 7 * DAY_US)
    return at_us + int(wait * (1 + _SPREAD * _drawn(seed, at_us // DAY_US)))


def _after_failure_us(standing: Standing, at_us: int) -> int:
    """Three tries over 24 hours; then every day, then less often."""
    if standing.state != "unreachable":
        left = max(FAILED_TRIES - standing.n_failed, 1)
        return max((standing.failing_since_us + FAILED_US - at_us) // left + HOUR_US // 12, HOUR_US)
    return min(DAY_US << min(max(standing.n_failed - FAILED_TRIES, 0) // 2, 3), 7 * DAY_US)


def _drawn(seed: str, day: int) -> float:
    """A number in [-1, 1) that is the same on every run."""
    return zlib.crc32(f"{seed} {day}".encode()) / 2**31 - 1
