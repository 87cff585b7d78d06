"""What values of settings may be: each function takes one as it was written, and gives it as it is used."""

from __future__ import annotations

import ipaddress
import re

_UNITS = {"": 1, "kb": 10**3, "mb": 10**6, "gb": 10**9, "kib": 2**10, "mib": 2**20, "gib": 2**30}
_HOST = re.compile(r"[^\s/:@?#]+\Z")
_MAIL = re.compile(r"[^\s@<>,;:\"()\[\]\\]+@[^\s@<>,;:\"()\[\]\\]+\Z")
_DATABASE = re.compile(r"(postgresql|sqlite)://[^\s\x00-\x1f]+\Z")
_SCHEMA = re.compile(r"(?!pg_)[a-z_][a-z0-9_]{0,62}\Z")
_BASE = re.compile(r"https?://[^\s/:@?#]+(:\d{1,5})?/?\Z")
_SMTP = re.compile(r"smtps?://([^\s:@/]+(@[^\s:@/]+)?@)?[^\s:@/]+(:\d{1,5})?/?\Z")


class WrongError(Exception):
    """A value is not what it should be; the text says what it should be."""


def host(value: object) -> str:
    """A host, in lower case."""
    if not isinstance(value, str) or not _HOST.match(value.strip(".")):
        raise WrongError('a host name in quotation marks, such as "example.org"')
    return value.strip(".").lower()


def hosts(value: object) -> tuple[str, ...]:
    """Hosts, each once."""
    if not isinstance(value, list):
        raise WrongError('a list of host names, such as ["example.org", "example.net"]')
    return tuple(dict.fromkeys(map(host, value)))


def suffixes(value: object) -> tuple[str, ...]:
    """Public suffixes, sorted."""
    return tuple(sorted(hosts(value)))


def texts(value: object) -> tuple[str, ...]:
    """A list of texts."""
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        raise WrongError("a list of texts in quotation marks")
    return tuple(value)


def seconds_given(value: object) -> float:
    """What a question may take, in seconds."""
    if not isinstance(value, int | float) or isinstance(value, bool) or not 1 <= value <= 3_600:
        raise WrongError("a number of seconds from 1 to 3600")
    return float(value)


def folders(value: object) -> tuple[str, ...]:
    """Folders of the server."""
    found = texts(value)
    if not all(text.strip() and text.isprintable() for text in found):
        raise WrongError('a list of folders, such as ["/srv/crawls"]')
    return found


def contact(value: object) -> str:
    """Who answers for what is fetched."""
    if not isinstance(value, str) or not value.isprintable() or not ("://" in value or "@" in value):
        raise WrongError('a URL or an e-mail address in quotation marks, such as "https://example.org/bot"')
    return value


def addresses(value: object) -> tuple[str, ...]:
    """Addresses of mail."""
    if not isinstance(value, list):
        raise WrongError('a list of e-mail addresses, such as ["you@example.org"]')
    return tuple(dict.fromkeys(map(address, value)))


def address(value: object) -> str:
    """An address of mail."""
    if not isinstance(value, str) or not _MAIL.match(value):
        raise WrongError('an e-mail address in quotation marks, such as "you@example.org"')
    return value


def smtp(value: object) -> str:
    """A mail server."""
    if not isinstance(value, str) or not _SMTP.match(value):
        raise WrongError('an address such as "smtps://user@mail.example.org:465" (no password in it)')
    return value


def web(value: object) -> str:
    """An address of the web."""
    if not isinstance(value, str) or not value.isprintable() or not value.startswith(("https://", "http://")):
        raise WrongError("an http(s) address in quotation marks")
    return value


def database(value: object) -> str:
    """Where a database is; empty for a file in the workspace."""
    if not isinstance(value, str) or not (value == "" or _DATABASE.match(value)):
        raise WrongError('an address such as "postgresql://inlink@db.example.org/inlink"')
    return value


def schema(value: object) -> str:
    """A schema of PostgreSQL; empty for its usual one."""
    if not isinstance(value, str) or not (value == "" or _SCHEMA.match(value)):
        raise WrongError('a name of a schema of PostgreSQL: small letters, digits and _, such as "team_a"')
    return value


def base_url(value: object) -> str:
    """Where people reach the site; empty for its own address."""
    if not isinstance(value, str) or not (value == "" or _BASE.match(value)):
        raise WrongError('an address without a path, such as "https://links.example.org"')
    return value.rstrip("/")


def networks(value: object) -> tuple[str, ...]:
    """Addresses and networks."""
    try:
        return tuple(str(ipaddress.ip_network(text)) for text in texts(value))
    except ValueError:
        raise WrongError('a list of addresses or networks, such as ["127.0.0.1", "10.0.0.0/8"]') from None


def alerts(value: object) -> str:
    """How alerts are sent."""
    if value not in ("digest", "at-once"):
        raise WrongError('"digest" or "at-once"')
    return str(value)


def flag(value: object) -> bool:
    """Yes or no."""
    if not isinstance(value, bool):
        raise WrongError("true or false")
    return value


def robots(value: object) -> tuple[str, ...]:
    """Names of robots, in lower case."""
    return tuple(name.lower() for name in texts(value))


def seconds(value: object) -> float:
    """A time in seconds, which may be 0."""
    if not isinstance(value, int | float) or isinstance(value, bool) or not 0 <= value <= 86_400:
        raise WrongError("a number of seconds from 0 to 86400")
    return float(value)


def positive(value: object) -> int:
    """A number of things, at least one."""
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        raise WrongError("a whole number of at least 1")
    return value


def rate(value: object) -> int:
    """A number a minute; 0 for no bound."""
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= 10**6:
        raise WrongError("a whole number from 0 (no limit) to 1000000")
    return value


def workers(value: object) -> int:
    """How many processes."""
    if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value <= 256:
        raise WrongError("a whole number from 1 to 256")
    return value


def memory(value: object) -> int:
    """How much memory, in bytes."""
    found = size(value)
    if found < 512 * 2**20:
        raise WrongError('at least "512MiB"')
    return found


def bound(value: object) -> int:
    """A bound on records: a number, or a size in bytes."""
    return value if isinstance(value, bool) else size(value)


def size(value: object) -> int:
    """A number, or a size in bytes."""
    match = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*([a-z]*)\s*", value.lower()) if isinstance(value, str) else None
    if match is not None and match[2] in _UNITS:
        return int(float(match[1]) * _UNITS[match[2]])
    if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
        return value
    raise WrongError('a number, or a size such as "1.5GiB"')
