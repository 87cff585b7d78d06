"""What can be set, as frozen dataclasses with their defaults."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Site:
    """The user's own place: a domain with the names that redirect to it."""

    domain: str | None = None
    aliases: tuple[str, ...] = ()
    competitors: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Build:
    """How much a build may take. Units: memory_bytes for all its processes together."""

    workers: int = 2
    memory_bytes: int = 1536 * 2**20


@dataclass(frozen=True, slots=True)
class Fetch:
    """What may be fetched, and how. `test_hosts` may resolve to private addresses; `routes` say where some are.

    Units: delay_s seconds from one request to a host to the next.
    """

    test_hosts: tuple[str, ...] = ()
    routes: tuple[str, ...] = ()
    contact: str = ""
    opt_out: tuple[str, ...] = ()
    delay_s: float = 1.0


@dataclass(frozen=True, slots=True)
class Monitor:
    """Who is told of what became of watched links, and how.

    alerts: digest (one message in `digest_hours`) or at-once. smtp: smtp:// or smtps:// address of a mail server; its
    password is read from INLINK_SMTP_PASSWORD. feed: alerts.atom.xml is written. robots: named robots whose noindex and
    nofollow count as those for all do. Units: lost_after_days days without an answer.
    """

    mail_to: tuple[str, ...] = ()
    mail_from: str = ""
    smtp: str = ""
    webhook: str = ""
    feed: bool = True
    alerts: str = "digest"
    digest_hours: int = 24
    robots: tuple[str, ...] = ("googlebot",)
    lost_after_days: int = 30


@dataclass(frozen=True, slots=True)
class Retention:
    """How long things are kept. Units: archive_days days since `add --keep` made a copy; None keeps it for good;
    looks_days days since a look of the monitor and what it told; checks_days days since a check (what all checks of an
    address say stays); ledger_days days since a request.
    """

    snapshots: int = 3
    archive_days: int | None = None
    looks_days: int | None = 400
    checks_days: int | None = 400
    ledger_days: int = 365


@dataclass(frozen=True, slots=True)
class Database:
    """Where projects, notes, people, checks and watches are: a file of SQLite in the workspace, or PostgreSQL by a URL.

    INLINK_DATABASE_URL counts for more. The URL may hold a password: it is not for showing.
    schema: of PostgreSQL, in which the tables are, so that several workspaces can use one database.
    """

    url: str = field(default="", repr=False)
    schema: str = ""


@dataclass(frozen=True, slots=True)
class Imports:
    """What people with accounts may import. roots: folders of the server, beside its own uploads/ and data/."""

    roots: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Server:
    """How `inlink serve` is reached, and how much one may ask of it.

    base_url: where people reach the site, when that is not its own address. hosts: further names it answers to.
    trusted_proxies: addresses and networks whose forwarded headers count. Units: requests_per_minute of the API by a
    token or an address, 0 for no limit; session_hours since a sign-in was used; session_days since it began;
    question_s until a question to the index is ended;
    max_upload_bytes of one file.
    """

    base_url: str = ""
    hosts: tuple[str, ...] = ()
    trusted_proxies: tuple[str, ...] = ()
    requests_per_minute: int = 600
    session_hours: int = 72
    session_days: int = 30
    question_s: float = 30.0
    max_upload_bytes: int = 256 * 2**20


@dataclass(frozen=True, slots=True)
class Settings:
    """All settings. `suffixes` are the user's own public suffixes; `limits` override bounds on records by name."""

    site: Site = field(default_factory=Site)
    suffixes: tuple[str, ...] = ()
    build: Build = field(default_factory=Build)
    limits: Mapping[str, int] = field(default_factory=dict)
    fetch: Fetch = field(default_factory=Fetch)
    monitor: Monitor = field(default_factory=Monitor)
    retention: Retention = field(default_factory=Retention)
    database: Database = field(default_factory=Database)
    server: Server = field(default_factory=Server)
    imports: Imports = field(default_factory=Imports)
