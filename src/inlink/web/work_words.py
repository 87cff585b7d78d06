"""How jobs, times and states are said on a page."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from inlink.check.reasons import REASONS as CHECK_REASONS
from inlink.check.verdicts import STATES as CHECK_STATES
from inlink.check.verdicts import VERDICTS
from inlink.crawl.words import ASIDE, ENDINGS, LEFT_OUT
from inlink.monitor.words import REASONS as WATCH_REASONS
from inlink.monitor.words import STATES as WATCH_STATES
from inlink.workbench.jobs_kinds import KINDS
from inlink.workbench.jobs_results import JobProgress, JobRow

STAGES = {
    "add": "looking at inputs",
    "crawl": "asking for pages",
    "check": "asking for pages",
    "monitor": "looking at pages",
    "extract": "extract links",
    "arrange": "arrange links by target",
    "serve": "make the serving file",
    "verify": "compare digests",
    "explain": "follow all mass to where it began",
}
BADGES = {  # class of a state's badge
    "alive": "follow",
    "new": "new",
    "suspect": "no",
    "changed": "no",
    "failing": "no",
    "unreachable": "hatch",
    "unknown": "hatch",
    "lost": "lost",
    "dead": "lost",
    "restored": "new",
    "failed": "lost",
    "cancelled": "hatch",
    "stopped": "no",
    "queued": "hatch",
    "running": "new",
    "done": "follow",
}


def when(value: datetime | None) -> str:
    """22 Nov 05:00 of this year, 22 Nov 2025 of another."""
    if value is None:
        return "–"
    now = datetime.now(UTC)
    return f"{value.day} {value:%b %H:%M}" if value.year == now.year else f"{value.day} {value:%b %Y}"


def short_day(value: datetime | None) -> str:
    """22 Nov; with its year where it is another."""
    if value is None:
        return "–"
    return f"{value.day} {value:%b}" if value.year == datetime.now(UTC).year else f"{value.day} {value:%b %Y}"


def at_us(micros: int) -> datetime:
    """A time from microseconds since 1970 UTC."""
    return datetime.fromtimestamp(micros / 1e6, UTC)


def took(seconds: float | None) -> str:
    """8 s, 18 min, 2 h 06."""
    if seconds is None:
        return "–"
    if seconds < 1:
        return "<\u00a01\u00a0s"
    if seconds < 100:
        return f"{seconds:.0f}\u00a0s"
    minutes = round(seconds / 60)
    if minutes < 60:
        return f"{minutes}\u00a0min"
    return f"{minutes // 60}\u00a0h\u00a0{minutes % 60:02}"


def until(value: datetime | None) -> str:
    """in 3 h, in 12 days; now, where it is over."""
    if value is None:
        return "–"
    seconds = (value - datetime.now(UTC)).total_seconds()
    if seconds <= 0:
        return "now"
    return f"in {seconds / 86_400:.0f} days" if seconds > 2 * 86_400 else f"in {took(seconds)}"


def size(n_bytes: float | None) -> str:
    """12.5 MB."""
    if n_bytes is None:
        return "–"
    for unit, one in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if n_bytes >= one:
            return f"{n_bytes / one:,.1f}\u00a0{unit}"
    return f"{n_bytes:,.0f}\u00a0bytes"


def kind_word(name: str) -> str:
    """Crawl, Build …"""
    return KINDS[name].word if name in KINDS else name


def facts(job: JobRow) -> list[str]:
    """What is said below a job's bar."""
    far = job.progress
    found = [f"asked to be {job.ending}"] if job.ending else []
    if far is None:
        return found or (["starting"] if job.state == "running" else [])
    stage = STAGES.get(far.stage, far.stage.replace("rank ", "rank of "))
    if far.step:
        found.append(f"step {far.step} of {far.n_steps}: {stage}")
    elif far.stage != job.kind:
        found.append(stage)
    found += _amount(far)
    if job.state != "running":
        return found
    if far.note:
        found += [part.strip() for part in far.note.split(",")] if far.unit == "pages" else [far.note]
    elif far.per_s:
        found.append(f"{far.per_s:,.1f} {far.unit} a second")
    if far.left_s is not None:
        found.append(f"{took(far.left_s)} left")
    return found


def _amount(far: JobProgress) -> list[str]:
    if far.unit == "bytes":
        return [f"{size(far.done)} of {size(far.total)}" if far.total else size(far.done)]
    if far.unit == "steps" or not (far.done or far.total):
        return []
    return [f"{far.done:,} of {far.total:,} {far.unit}" if far.total else f"{far.done:,} {far.unit}"]


def per_cent(share: float | None) -> str:
    """62 %; nothing where nobody knows."""
    return "" if share is None else f"{int(100 * share)}\u00a0%"


def sentence(counts: Mapping[str, int]) -> str:
    """Three run, one needs you, two wait."""
    words = ("No job", "One", "Two", "Three", "Four", "Five", "Six")

    def said(n: int, one: str, more: str) -> str:
        return f"{words[n] if n < len(words) else f'{n:,}'} {one if n == 1 else more}"

    parts = [said(counts["running"], "runs", "run")] if counts["running"] else []
    parts += [said(counts["stopped"], "is stopped", "are stopped")] if counts["stopped"] else []
    parts += [said(counts["queued"], "waits", "wait")] if counts["queued"] else []
    text = (
        ", ".join([*parts[:1], *(part[:1].lower() + part[1:] for part in parts[1:])]) or "Nothing runs, nothing waits"
    )
    return f"{text}."


def word_of(table: str, name: str) -> str:
    """What a word of a closed list means."""
    return str(_TABLES[table].get(name, name.replace("_", " ").replace("-", " ")))


_TABLES: dict[str, Mapping[str, Any]] = {
    "check state": CHECK_STATES,
    "verdict": VERDICTS,
    "check reason": CHECK_REASONS,
    "watch state": WATCH_STATES,
    "watch reason": WATCH_REASONS,
    "watch short": {},
    "left out": LEFT_OUT,
    "failed": ASIDE,
    "ending": ENDINGS,
}
FILTERS = {
    "when": when,
    "short_day": short_day,
    "took": took,
    "until": until,
    "size": size,
    "kind_word": kind_word,
    "facts": facts,
    "per_cent": per_cent,
}
GLOBALS = {"word_of": word_of, "BADGES": BADGES, "at_us": at_us}
