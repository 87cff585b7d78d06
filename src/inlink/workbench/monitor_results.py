"""What is told to the monitor, and what it answers with: options, rows and reports."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from inlink.fetch import Manners
from inlink.monitor.keeping import Looked, Told
from inlink.monitor.running import Clock
from inlink.monitor.watches import Expected

COLUMNS = ("watch_id", "state", "since", "source_url", "target", "reasons", "last_look", "next_look", "label", "place")
ALERT_COLUMNS = ("event_id", "at", "kind", "source_url", "target", "reasons", "sent", "anchor", "label", "place")


@dataclass(frozen=True, slots=True)
class WatchOptions:
    """How links are watched. origin: placement (somebody agreed to it: indexed and canonical from the beginning),
    list or site. anchor, follows: what the link has to be, whatever is seen first. every_s: own interval.
    """

    origin: str = "placement"
    label: str = ""
    anchor: str | None = None
    follows: bool = False
    scope: str | None = None
    every_s: float | None = None


@dataclass(frozen=True, slots=True)
class WatchesAdded:
    """What became of watches that were asked for. refused: line or page, and why."""

    n_new: int
    n_known: int
    refused: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class WatchRow:
    """A watch as it stands. reasons, label: None where there are none."""

    watch_id: int
    state: str
    since: datetime | None
    source_url: str
    target: str
    reasons: str | None
    last_look: datetime | None
    next_look: datetime | None
    label: str | None
    place: str | None


@dataclass(frozen=True, slots=True)
class WatchHistory:
    """A watch with its looks and what was told of it, in order of time."""

    watch: WatchRow
    looks: tuple[Looked, ...]
    events: tuple[Told, ...]
    expected: Expected | None


@dataclass(frozen=True, slots=True)
class AlertRow:
    """An event with what became of it by channel ("mail sent, webhook waiting")."""

    event_id: int
    at: datetime
    kind: str
    source_url: str
    target: str
    reasons: str | None
    sent: str | None
    anchor: str
    label: str | None
    place: str | None


@dataclass(frozen=True, slots=True)
class MonitorReport:
    """What a run did. findings: looks by what they found; events: what was new by kind; messages: by what became of
    them; states: all watches by state; unconfirmed: messages of which nobody can say whether they arrived. n_same:
    pages that are the same as before by their servers' word. faults: pages that inlink itself failed on, and how; they
    are put off.
    """

    n_pages: int
    n_watches: int
    n_put_off: int
    n_forgotten: int
    n_unconfirmed: int
    took_s: float
    is_stopped: bool
    next_look: datetime | None
    findings: Mapping[str, int] = field(default_factory=dict)
    events: Mapping[str, int] = field(default_factory=dict)
    messages: Mapping[str, int] = field(default_factory=dict)
    states: Mapping[str, int] = field(default_factory=dict)
    n_same: int = 0
    faults: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Wish:
    """A page worth a capture: what the index knows of it is not so any more."""

    url: str
    reason: str
    wished_at: datetime | None


@dataclass(frozen=True, slots=True)
class RunOptions:
    """How a run goes. looks_at_all: whether due or not. manners, clock: for tests; else the workspace's, the time."""

    looks_at_all: bool = False
    renders: bool = True
    manners: Manners | None = None
    clock: Clock | None = None
