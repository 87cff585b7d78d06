"""Passwords: what is one, how it is kept, and whether one is right. They are never stored, logged or shown."""

from __future__ import annotations

import threading
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property

import argon2

from inlink.errors import BadInput, Busy

SHORTEST, LONGEST = 12, 1024  # characters
FEWEST_LETTERS = 5  # different ones
AT_ONCE = 2  # hashes being made at a time: each takes 64 MiB
PATIENCE_S = 10  # for a turn; then others are asked for pages again


class Passwords:
    """Hashes of passwords by argon2id, with 64 MiB, 3 passes and 4 lanes.

    Source: RFC 9106, section 4, second recommended option.
    """

    def __init__(self, hasher: argon2.PasswordHasher | None = None) -> None:
        self._hasher = hasher or argon2.PasswordHasher.from_parameters(argon2.profiles.RFC_9106_LOW_MEMORY)
        self._turns = threading.BoundedSemaphore(AT_ONCE)

    def hash(self, password: str) -> str:
        """What is kept of a password; of another salt each time. Raises: Busy."""
        with self._turn():
            return self._hasher.hash(_normal(password))

    def is_right(self, kept: str | None, password: str) -> bool:
        """Whether a password is the one that was kept. Takes as long where none is kept (None). Raises: Busy."""
        text = _normal(password)
        could_be = kept is not None and len(text) <= LONGEST
        with self._turn():
            try:
                return self._hasher.verify(kept or self._nobodys, text[:LONGEST]) and could_be
            except (argon2.exceptions.Argon2Error, argon2.exceptions.InvalidHashError):
                return False

    @contextmanager
    def _turn(self) -> Iterator[None]:
        """One of the turns. Raises: Busy where many sign in at once: their threads are those of pages too."""
        if not self._turns.acquire(timeout=PATIENCE_S):
            raise Busy("too many people sign in just now", hint="try again in a minute")
        try:
            yield
        finally:
            self._turns.release()

    def is_outdated(self, kept: str) -> bool:
        """Whether a hash was made with other parameters than today's."""
        return self._hasher.check_needs_rehash(kept)

    def ready(self) -> None:
        """Make what unknown names are judged by, so that the first one takes no longer than others."""
        _ = self._nobodys

    @cached_property
    def _nobodys(self) -> str:
        return self._hasher.hash("the password of nobody")


def check_password(password: str, name: str) -> None:
    """Raises: BadInput for a password that could be guessed; what was given is not in the message."""
    text = _normal(password)
    if len(text) < SHORTEST:
        raise BadInput(f"a password has at least {SHORTEST} characters", hint="a few words that only you put together")
    if len(text) > LONGEST:
        raise BadInput(f"a password has at most {LONGEST:,} characters", hint="shorten it")
    if len(set(text)) < FEWEST_LETTERS:
        raise BadInput("the password repeats a few characters", hint="a few words that only you put together")
    if len(name) > 3 and name.casefold() in text.casefold():
        raise BadInput("the password has the user's name in it", hint="a few words that only you put together")


def _normal(password: str) -> str:
    """One form of letters that keyboards put together in different ways (NIST SP 800-63B, 3.1.1.2)."""
    return unicodedata.normalize("NFC", password)
