"""Text that both databases take: PostgreSQL knows no NUL, and neither knows half a character."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

_REPLACED = "\ufffd"


def storable(
    _connection: object, _cursor: object, statement: str, parameters: Any, _context: object, many: bool
) -> tuple[str, Any]:
    """The statement with parameters that the database takes; SQLAlchemy calls it before each."""
    if many:
        return statement, [_row(row) for row in parameters]
    return statement, _row(parameters)


def _row(values: Any) -> Any:
    if _are_plain(values.values() if isinstance(values, dict) else values):
        return values
    if isinstance(values, dict):
        if all(map(_is_storable, values.values())):
            return values
        return {key: _value(value) for key, value in values.items()}
    if all(map(_is_storable, values)):
        return values
    return tuple(map(_value, values))


def _are_plain(values: Iterable[object]) -> bool:
    """Whether all texts are ASCII without NUL: nearly all are, and one look is cheaper than one each."""
    text = "".join([value for value in values if isinstance(value, str)])
    return text.isascii() and "\0" not in text


def _is_storable(value: object) -> bool:
    if not isinstance(value, str):
        return True
    if "\0" in value:
        return False
    if value.isascii():
        return True
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True


def _value(value: object) -> object:
    return kept(value) if isinstance(value, str) else value


def kept(value: str) -> str:
    """The text as the database gives it back."""
    if _is_storable(value):
        return value
    return value.replace("\0", _REPLACED).encode("utf-16", "surrogatepass").decode("utf-16", "replace")
