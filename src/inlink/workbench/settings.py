"""Settings read and changed from a face: `inlink.toml` keeps its comments, its order, and what nobody asked about."""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import tomlkit
from filelock import FileLock
from tomlkit.exceptions import TOMLKitError

from inlink.config import FILE_NAME, parse_settings
from inlink.errors import BadInput, Outdated
from inlink.store.files import replace_text

WAIT_S = 30.0


@dataclass(frozen=True, slots=True)
class SettingsRead:
    """The settings as they are written. values: by name, None where the default holds; version: of the whole file."""

    values: Mapping[str, Any]
    version: str


class _Values(dict[str, Any]):
    """Values by name; None for what is not written."""

    def __missing__(self, name: str) -> None:
        return None


def read(folder: Path) -> SettingsRead:
    """The settings of a workspace. Raises: BadInput where the file is no TOML."""
    text = _text(folder)
    values = _Values()
    for section, table in _parsed(text).unwrap().items():
        if isinstance(table, dict):
            values.update({f"{section}.{name}": value for name, value in table.items()})
    return SettingsRead(values, _version(text))


def change(folder: Path, version: str, values: Mapping[str, Any]) -> SettingsRead:
    """Write settings by name, None for the default; all of them or none.

    Raises: Outdated where somebody else has changed the file since `version`; BadInput where values are wrong, with
    facts["fields"] saying of each what it should be.
    """
    with FileLock(folder / "locks" / "settings.lock", timeout=WAIT_S):
        text = _text(folder)
        if _version(text) != version:
            raise Outdated(
                f"somebody else has changed {FILE_NAME} since you opened this page",
                hint="nothing was written: open the page again, then change what you wanted to",
            )
        wrong = {name: hint for name, value in values.items() if (hint := _wrong(text, name, value))}
        if wrong:
            raise BadInput("some settings are not right; nothing was written", hint="see beside them", fields=wrong)
        new = _with(text, values)
        parse_settings(new)
        if new != text:
            replace_text(folder / FILE_NAME, new)
    return read(folder)


def _wrong(text: str, name: str, value: Any) -> str:
    """What the value should be; nothing where it is right."""
    try:
        parse_settings(_with(text, {name: value}))
    except BadInput as error:
        return (error.hint or error.message).replace(" in quotation marks", "")
    return ""


def _with(text: str, values: Mapping[str, Any]) -> str:
    document = _parsed(text)
    for name, value in values.items():
        section, _, key = name.partition(".")
        if value is None:
            with contextlib.suppress(KeyError, TOMLKitError):
                document[section].remove(key)
        else:
            if section not in document:
                document[section] = tomlkit.table()
            document[section][key] = value
    return tomlkit.dumps(document)


def _version(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def _text(folder: Path) -> str:
    try:
        return (folder / FILE_NAME).read_bytes().decode("utf-8")
    except FileNotFoundError:
        return ""


def _parsed(text: str) -> tomlkit.TOMLDocument:
    try:
        return tomlkit.parse(text)
    except TOMLKitError as error:
        raise BadInput(f"{FILE_NAME} cannot be read: {error}", hint="mend it in an editor") from error
