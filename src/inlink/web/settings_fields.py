"""The settings that the page of settings shows: how each is asked for, and what a change of it needs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

NEXT_BUILD, NEXT_CRAWL = "the next build", "the next crawl, check or look"
NEXT_RUN, NEXT_GC, AT_ONCE = "the next look", "the next clean-up", "at once"
NOT_HERE = ("database.", "server.", "limits.")  # set where the server is: inlink.toml itself


@dataclass(frozen=True, slots=True)
class Setting:
    """A setting. kind: text, names (one a line), number, size, flag or one of `options`. counts: from when on."""

    name: str
    label: str
    kind: str = "text"
    hint: str = ""
    example: str = ""
    counts: str = AT_ONCE
    options: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Section:
    """Settings that belong together."""

    id: str
    title: str
    settings: tuple[Setting, ...]


SECTIONS = (
    Section("site", "Your site", (
        Setting("site.domain", "Domain", hint="Your own place: pages begin with it.", example="example.org"),
        Setting("site.aliases", "Other names of it", "names", "Domains that redirect to it. One a line."),
        Setting("site.competitors", "Competitors", "names", "Compare and gap begin with these. One a line."),
    )),
    Section("suffixes", "Suffixes", (
        Setting("suffixes.own", "Suffixes of your own", "names",
                "Names below which everybody has a domain of their own, beside those of the Public Suffix List. "
                "One a line.", "university.example", NEXT_BUILD),
    )),
    Section("fetch", "Asking for pages", (
        Setting("fetch.contact", "Contact in the user agent", "text",
                "A URL or an e-mail address, so that webmasters can reach you. Crawls, checks and looks need it.",
                "https://example.org/bot", NEXT_CRAWL),
        Setting("fetch.delay_s", "Seconds between requests to a host", "number",
                "A longer Crawl-delay counts for more.", "1", NEXT_CRAWL),
        Setting("fetch.opt_out", "Never ask", "names", "Domains and hosts. One a line.", "", NEXT_CRAWL),
        Setting("fetch.test_hosts", "Test hosts", "names",
                "Hosts of your own that may lie at private addresses. One a line.", "localhost", NEXT_CRAWL),
        Setting("fetch.routes", "Routes of test hosts", "names", "Where they are, whatever DNS says. One a line.",
                "*.example=http://127.0.0.1:8080", NEXT_CRAWL),
    )),
    Section("monitor", "Telling of lost links", (
        Setting("monitor.mail_to", "Mail to", "names", "One address a line.", "you@example.org", NEXT_RUN),
        Setting("monitor.mail_from", "Mail from", "text", "", "inlink@example.org", NEXT_RUN),
        Setting("monitor.smtp", "Mail server", "text",
                "Its password is read from INLINK_SMTP_PASSWORD, never from a file.",
                "smtps://user@mail.example.org:465", NEXT_RUN),
        Setting("monitor.webhook", "Webhook", "text", "Gets JSON.", "https://example.org/hook", NEXT_RUN),
        Setting("monitor.feed", "A feed (alerts.atom.xml) in the workspace", "flag", "", "", NEXT_RUN),
        Setting("monitor.alerts", "When", "choice", "", "", NEXT_RUN,
                (("digest", "together, in one message"), ("at-once", "at once"))),
        Setting("monitor.digest_hours", "Hours between such messages", "number", "", "24", NEXT_RUN),
        Setting("monitor.robots", "Robots whose noindex counts", "names", "One a line.", "googlebot", NEXT_RUN),
        Setting("monitor.lost_after_days", "Days without an answer until a page is lost", "number", "", "30", NEXT_RUN),
    )),
    Section("retention", "How long things are kept", (
        Setting("retention.snapshots", "Snapshots", "number", "The newest so many.", "3", NEXT_GC),
        Setting("retention.archive_days", "Days of copies in the archive", "number", "Empty: for good.", "", NEXT_GC),
        Setting("retention.looks_days", "Days of looks and alerts", "number", "", "400", NEXT_GC),
        Setting("retention.checks_days", "Days of checks", "number", "", "400", NEXT_GC),
        Setting("retention.ledger_days", "Days of what was asked of whom", "number", "", "365", NEXT_GC),
    )),
    Section("import", "Imports", (
        Setting("import.roots", "Folders of the server", "names",
                "From these, and from uploads and data of the workspace, people with accounts may import. One a line.",
                "/srv/crawls"),
    )),
    Section("build", "Builds", (
        Setting("build.workers", "Processes", "number", "", "2", NEXT_BUILD),
        Setting("build.memory", "Memory of all of them", "size", "", "1.5GiB", NEXT_BUILD),
    )),
)  # fmt: skip
SETTINGS = {setting.name: setting for section in SECTIONS for setting in section.settings}


def shown(setting: Setting, value: Any) -> str:
    """A value as its field shows it."""
    if value is None:
        return "1" if setting.name == "monitor.feed" else ""
    if isinstance(value, list):
        return "\n".join(map(str, value))
    if isinstance(value, bool):
        return "1" if value else ""
    return str(value)


def given(setting: Setting, text: str) -> Any:
    """What a field says, as inlink.toml has it; None where the default is to hold."""
    text = text.replace("\r\n", "\n").strip()
    if setting.kind == "flag":
        return bool(text)
    if not text:
        return None
    if setting.kind == "names":
        return [line.strip() for line in text.split("\n") if line.strip()]
    if setting.kind in ("number", "size"):
        return _number(text)
    return text


def _number(text: str) -> int | float | str:
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text
