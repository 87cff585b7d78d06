"""Settings of a workspace: `inlink.toml`, read into frozen dataclasses; a wrong one is a clear error."""

from __future__ import annotations

import ipaddress
import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from inlink.errors import BadInput

FILE_NAME = "inlink.toml"
_UNITS = {"": 1, "kb": 10**3, "mb": 10**6, "gb": 10**9, "kib": 2**10, "mib": 2**20, "gib": 2**30}
_HOST = re.compile(r"[^\s/:@?#]+\Z")
_MAIL = re.compile(r"[^\s@<>,;:\"()\[\]\\]+@[^\s@<>,;:\"()\[\]\\]+\Z")
_DATABASE = re.compile(r"(postgresql|sqlite)://[^\s\x00-\x1f]+\Z")
_SCHEMA = re.compile(r"(?!pg_)[a-z_][a-z0-9_]{0,62}\Z")
_BASE = re.compile(r"https?://[^\s/:@?#]+(:\d{1,5})?/?\Z")
_SECRET = (("database", "url"),)  # settings that are not shown where they are wrong
_SMTP = re.compile(r"smtps?://([^\s:@/]+(@[^\s:@/]+)?@)?[^\s:@/]+(:\d{1,5})?/?\Z")


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


TEMPLATE = """\
# Settings of this workspace. Every line is optional; what stands here after "#" is the default or an example.

[site]
# domain = "example.org"                # your own site
# aliases = ["example.com"]             # other names of it
# competitors = ["example.net"]

[suffixes]
# Names below which everybody has a domain of their own, beside those of the Public Suffix List.
# own = ["university.example"]

[build]
# workers = 2                           # processes that read inputs
# memory = "1.5GiB"                     # for all processes together

[limits]
# Bounds on what one record may cost; all names are in docs/settings.md.
# max_body_bytes = "32MiB"

[fetch]
# contact = "https://example.org/bot"   # who asks, for webmasters: a URL or an e-mail address; crawls need it
# delay_s = 1.0                         # seconds from one request to a host to the next; a longer Crawl-delay counts
# opt_out = ["example.net"]             # domains and hosts that are never asked
# test_hosts = ["localhost"]            # hosts that may resolve to private addresses
# routes = ["*.example=http://127.0.0.1:8080"]  # where test hosts are, whatever DNS says

[monitor]
# mail_to = ["you@example.org"]         # who is told what became of watched links
# mail_from = "inlink@example.org"
# smtp = "smtps://user@mail.example.org:465"    # or smtp:// (STARTTLS where offered); password: INLINK_SMTP_PASSWORD
# webhook = "https://example.org/hook"  # gets JSON; signed where INLINK_WEBHOOK_SECRET is set
# feed = true                           # alerts.atom.xml in the workspace
# alerts = "digest"                     # one message in digest_hours; or "at-once"
# digest_hours = 24
# robots = ["googlebot"]                # named robots whose noindex and nofollow count as those for all do
# lost_after_days = 30                  # a page that does not answer for so long is lost

[retention]
# snapshots = 3                         # how many `inlink gc` keeps
# archive_days = 365                    # `inlink gc` removes older copies (`inlink add --keep`); left out: never
# looks_days = 400                      # `inlink monitor run` and `inlink gc` forget older looks and alerts
# checks_days = 400                     # `inlink gc` forgets older checks; what they say together stays
# ledger_days = 365                     # what was asked of whom is listed for so long, then counted by month

[database]
# url = "postgresql://inlink@db.example.org/inlink"  # left out: workspace.db here; a password: better in ~/.pgpass
# schema = "team_a"                     # of PostgreSQL: one each for workspaces that share a database

[import]
# roots = ["/srv/crawls"]               # folders from which people with accounts may import, beside uploads/ and data/
#                                         here; the command line, and a site without users, may import any file

[server]
# base_url = "https://links.example.org"  # where people reach the site, behind a reverse proxy say
# hosts = ["links.example.net"]         # further names that it answers to
# trusted_proxies = ["127.0.0.1"]       # whose X-Forwarded-For and X-Forwarded-Proto count: addresses and networks
# requests_per_minute = 600             # of the API, by a token or an address; 0: no limit
# session_hours = 72                    # a sign-in that is not used ends
# session_days = 30                     # every sign-in ends
# question_s = 30                       # a question to the index that takes longer is ended; from the next start on
# max_upload = "256MiB"                 # one file
"""


def read_settings(path: Path) -> Settings:
    """The settings in a file; the defaults where there is no file.

    Raises: BadInput that names the file, the setting and what it should be.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return Settings()
    except UnicodeDecodeError as error:
        raise BadInput(f"{path} is not UTF-8 text", hint="save it as UTF-8") from error
    return parse_settings(text, name=str(path))


def parse_settings(text: str, *, name: str = FILE_NAME) -> Settings:
    """The settings in a text. Raises: BadInput."""
    try:
        found = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise BadInput(f"{name} cannot be read: {error}", hint="see docs/settings.md for the format") from error
    reader = _Reader(name)
    reader.only(
        "",
        found,
        ("site", "suffixes", "build", "limits", "fetch", "monitor", "retention", "database", "import", "server"),
    )
    return Settings(
        site=Site(**reader.section(found, "site", {"domain": _host, "aliases": _hosts, "competitors": _hosts})),
        suffixes=reader.section(found, "suffixes", {"own": _suffixes}).get("own", ()),
        build=_build(reader.section(found, "build", {"workers": _workers, "memory": _memory})),
        limits=reader.limits(found),
        fetch=Fetch(**reader.section(found, "fetch", _FETCH)),
        monitor=Monitor(**reader.section(found, "monitor", _MONITOR)),
        retention=Retention(**reader.section(found, "retention", _RETENTION)),
        database=Database(**reader.section(found, "database", {"url": _database, "schema": _schema})),
        imports=Imports(**reader.section(found, "import", {"roots": _folders})),
        server=_server(reader.section(found, "server", _SERVER)),
    )


def setting_names() -> tuple[str, ...]:
    """Names of all settings, as they are written in the file."""
    own = {"build.memory_bytes": "build.memory", "server.max_upload_bytes": "server.max_upload"}
    sections = (
        *(("site", Site), ("build", Build), ("fetch", Fetch), ("monitor", Monitor), ("retention", Retention)),
        *(("database", Database), ("import", Imports), ("server", Server)),
    )
    names = [f"{section}.{f.name}" for section, kind in sections for f in fields(kind)]
    return (*(own.get(name, name) for name in names), "suffixes.own", "limits.*")


def _build(found: dict[str, Any]) -> Build:
    if "memory" in found:
        found["memory_bytes"] = found.pop("memory")
    return Build(**found)


def _server(found: dict[str, Any]) -> Server:
    if "max_upload" in found:
        found["max_upload_bytes"] = found.pop("max_upload")
    return Server(**found)


class _WrongError(Exception):
    """A value is not what it should be; the text says what it should be."""


@dataclass(frozen=True, slots=True)
class _Reader:
    name: str

    def only(self, section: str, found: Mapping[str, object], known: tuple[str, ...]) -> None:
        for key in found:
            if key not in known:
                where = f"{section}.{key}" if section else key
                raise BadInput(f"{self.name}: there is no setting {where}", hint=f"use one of {', '.join(known)}")

    def table(self, found: Mapping[str, object], section: str) -> dict[str, object]:
        value = found.get(section, {})
        if not isinstance(value, dict):
            raise BadInput(
                f"{self.name}: {section} should be a section", hint=f"write [{section}] on a line of its own"
            )
        return value

    def section(
        self, found: Mapping[str, object], section: str, known: Mapping[str, Callable[[object], object]]
    ) -> dict[str, Any]:
        table = self.table(found, section)
        self.only(section, table, tuple(known))
        return {key: self._value(section, key, value, known[key]) for key, value in table.items()}

    def limits(self, found: Mapping[str, object]) -> dict[str, int]:
        table = self.table(found, "limits")
        return {key: self._value("limits", key, value, _bound) for key, value in table.items()}

    def _value(self, section: str, key: str, value: object, read: Callable[[object], Any]) -> Any:
        try:
            return read(value)
        except _WrongError as error:
            shown = "" if (section, key) in _SECRET else f" = {value!r}"
            raise BadInput(f"{self.name}: {section}.{key}{shown} is not right", hint=f"it should be {error}") from None


def _host(value: object) -> str:
    if not isinstance(value, str) or not _HOST.match(value.strip(".")):
        raise _WrongError('a host name in quotation marks, such as "example.org"')
    return value.strip(".").lower()


def _hosts(value: object) -> tuple[str, ...]:
    if not isinstance(value, list):
        raise _WrongError('a list of host names, such as ["example.org", "example.net"]')
    return tuple(dict.fromkeys(map(_host, value)))


def _suffixes(value: object) -> tuple[str, ...]:
    return tuple(sorted(_hosts(value)))


def _texts(value: object) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        raise _WrongError("a list of texts in quotation marks")
    return tuple(value)


def _time_given(value: object) -> float:
    if not isinstance(value, int | float) or isinstance(value, bool) or not 1 <= value <= 3_600:
        raise _WrongError("a number of seconds from 1 to 3600")
    return float(value)


def _folders(value: object) -> tuple[str, ...]:
    found = _texts(value)
    if not all(text.strip() and text.isprintable() for text in found):
        raise _WrongError('a list of folders, such as ["/srv/crawls"]')
    return found


def _contact(value: object) -> str:
    if not isinstance(value, str) or not value.isprintable() or not ("://" in value or "@" in value):
        raise _WrongError('a URL or an e-mail address in quotation marks, such as "https://example.org/bot"')
    return value


def _addresses(value: object) -> tuple[str, ...]:
    if not isinstance(value, list):
        raise _WrongError('a list of e-mail addresses, such as ["you@example.org"]')
    return tuple(dict.fromkeys(map(_address, value)))


def _address(value: object) -> str:
    if not isinstance(value, str) or not _MAIL.match(value):
        raise _WrongError('an e-mail address in quotation marks, such as "you@example.org"')
    return value


def _smtp(value: object) -> str:
    if not isinstance(value, str) or not _SMTP.match(value):
        raise _WrongError('an address such as "smtps://user@mail.example.org:465" (no password in it)')
    return value


def _web(value: object) -> str:
    if not isinstance(value, str) or not value.isprintable() or not value.startswith(("https://", "http://")):
        raise _WrongError("an http(s) address in quotation marks")
    return value


def _database(value: object) -> str:
    if not isinstance(value, str) or not (value == "" or _DATABASE.match(value)):
        raise _WrongError('an address such as "postgresql://inlink@db.example.org/inlink"')
    return value


def _schema(value: object) -> str:
    if not isinstance(value, str) or not (value == "" or _SCHEMA.match(value)):
        raise _WrongError('a name of a schema of PostgreSQL: small letters, digits and _, such as "team_a"')
    return value


def _base_url(value: object) -> str:
    if not isinstance(value, str) or not (value == "" or _BASE.match(value)):
        raise _WrongError('an address without a path, such as "https://links.example.org"')
    return value.rstrip("/")


def _networks(value: object) -> tuple[str, ...]:
    try:
        return tuple(str(ipaddress.ip_network(text)) for text in _texts(value))
    except ValueError:
        raise _WrongError('a list of addresses or networks, such as ["127.0.0.1", "10.0.0.0/8"]') from None


def _alerts(value: object) -> str:
    if value not in ("digest", "at-once"):
        raise _WrongError('"digest" or "at-once"')
    return str(value)


def _flag(value: object) -> bool:
    if not isinstance(value, bool):
        raise _WrongError("true or false")
    return value


def _robots(value: object) -> tuple[str, ...]:
    return tuple(name.lower() for name in _texts(value))


def _seconds(value: object) -> float:
    if not isinstance(value, int | float) or isinstance(value, bool) or not 0 <= value <= 86_400:
        raise _WrongError("a number of seconds from 0 to 86400")
    return float(value)


def _positive(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        raise _WrongError("a whole number of at least 1")
    return value


def _rate(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= 10**6:
        raise _WrongError("a whole number from 0 (no limit) to 1000000")
    return value


def _workers(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value <= 256:
        raise _WrongError("a whole number from 1 to 256")
    return value


def _memory(value: object) -> int:
    size = _size(value)
    if size < 512 * 2**20:
        raise _WrongError('at least "512MiB"')
    return size


def _bound(value: object) -> int:
    return value if isinstance(value, bool) else _size(value)


def _size(value: object) -> int:
    match = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*([a-z]*)\s*", value.lower()) if isinstance(value, str) else None
    if match is not None and match[2] in _UNITS:
        return int(float(match[1]) * _UNITS[match[2]])
    if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
        return value
    raise _WrongError('a number, or a size such as "1.5GiB"')


_FETCH: Mapping[str, Callable[[object], object]] = {
    "test_hosts": _hosts,
    "routes": _texts,
    "contact": _contact,
    "opt_out": _hosts,
    "delay_s": _seconds,
}

_MONITOR: Mapping[str, Callable[[object], object]] = {
    "mail_to": _addresses,
    "mail_from": _address,
    "smtp": _smtp,
    "webhook": _web,
    "feed": _flag,
    "alerts": _alerts,
    "digest_hours": _positive,
    "robots": _robots,
    "lost_after_days": _positive,
}
_RETENTION: Mapping[str, Callable[[object], object]] = {
    "snapshots": _positive,
    "archive_days": _positive,
    "looks_days": _positive,
    "checks_days": _positive,
    "ledger_days": _positive,
}
_SERVER: Mapping[str, Callable[[object], object]] = {
    "base_url": _base_url,
    "hosts": _hosts,
    "trusted_proxies": _networks,
    "requests_per_minute": _rate,
    "session_hours": _positive,
    "session_days": _positive,
    "question_s": _time_given,
    "max_upload": _size,
}
