"""Settings read from `inlink.toml`; a wrong one is a clear error."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from inlink.config import values
from inlink.config.settings import Build, Database, Fetch, Imports, Monitor, Retention, Server, Settings, Site
from inlink.errors import BadInput

FILE_NAME = "inlink.toml"
_SECRET = (("database", "url"),)  # settings that are not shown where they are wrong

_SITE: Mapping[str, Callable[[object], object]] = {
    "domain": values.host,
    "aliases": values.hosts,
    "competitors": values.hosts,
}
_FETCH: Mapping[str, Callable[[object], object]] = {
    "test_hosts": values.hosts,
    "routes": values.texts,
    "contact": values.contact,
    "opt_out": values.hosts,
    "delay_s": values.seconds,
}
_MONITOR: Mapping[str, Callable[[object], object]] = {
    "mail_to": values.addresses,
    "mail_from": values.address,
    "smtp": values.smtp,
    "webhook": values.web,
    "feed": values.flag,
    "alerts": values.alerts,
    "digest_hours": values.positive,
    "robots": values.robots,
    "lost_after_days": values.positive,
}
_RETENTION: Mapping[str, Callable[[object], object]] = {
    "snapshots": values.positive,
    "archive_days": values.positive,
    "looks_days": values.positive,
    "checks_days": values.positive,
    "ledger_days": values.positive,
}
_SERVER: Mapping[str, Callable[[object], object]] = {
    "base_url": values.base_url,
    "hosts": values.hosts,
    "trusted_proxies": values.networks,
    "requests_per_minute": values.rate,
    "session_hours": values.positive,
    "session_days": values.positive,
    "question_s": values.seconds_given,
    "max_upload": values.size,
}


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
        return {key: self._value("limits", key, value, values.bound) for key, value in table.items()}

    def _value(self, section: str, key: str, value: object, read: Callable[[object], Any]) -> Any:
        try:
            return read(value)
        except values.WrongError as error:
            shown = "" if (section, key) in _SECRET else f" = {value!r}"
            raise BadInput(f"{self.name}: {section}.{key}{shown} is not right", hint=f"it should be {error}") from None


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
        site=Site(**reader.section(found, "site", _SITE)),
        suffixes=reader.section(found, "suffixes", {"own": values.suffixes}).get("own", ()),
        build=_build(reader.section(found, "build", {"workers": values.workers, "memory": values.memory})),
        limits=reader.limits(found),
        fetch=Fetch(**reader.section(found, "fetch", _FETCH)),
        monitor=Monitor(**reader.section(found, "monitor", _MONITOR)),
        retention=Retention(**reader.section(found, "retention", _RETENTION)),
        database=Database(**reader.section(found, "database", {"url": values.database, "schema": values.schema})),
        imports=Imports(**reader.section(found, "import", {"roots": values.folders})),
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
