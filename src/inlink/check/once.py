"""Properties that are computed when first asked for, without the lock of functools.cached_property."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Generic, TypeVar, overload

T = TypeVar("T")


class Once(Generic[T]):
    """A property whose value stays. For objects that one thread at a time reads."""

    def __init__(self, read: Callable[[Any], T]) -> None:
        self._read, self._name = read, read.__name__
        self.__doc__ = read.__doc__

    @overload
    def __get__(self, owner: None, kind: type) -> Once[T]: ...

    @overload
    def __get__(self, owner: object, kind: type) -> T: ...

    def __get__(self, owner: object | None, kind: type) -> Once[T] | T:
        """The value; from now on it stands in the object itself."""
        if owner is None:
            return self
        value = owner.__dict__[self._name] = self._read(owner)
        return value
