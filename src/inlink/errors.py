"""The one error tree; leaves are named by what the user can do.

InlinkError
├── BadInput         the input, file, option or filter is wrong: correct it
├── NotFound         nothing of that name is here: look for another
├── NotConfigured    a setting, an extra or a workspace is missing: set it up
├── Unreachable      a server or disk did not answer: try again
├── NotConverged     a kernel stopped before its bound held: carries the last result
├── CorruptIndex     stored data does not match its digest or schema: rebuild or restore
├── Busy             another process holds what this one needs: wait for it
├── Outdated         somebody else changed it since it was read: read it again
└── Refused          robots, consent, policy or a limit forbids it: do not try again as is
    └── TookTooLong  the time that a question may take has run out: ask for less

Domain code knows no HTTP status and no exit code: each face maps classes to its own.
"""

from __future__ import annotations


class InlinkError(Exception):
    """A failure that a user can read: `message` says what and where, `hint` what to do."""

    def __init__(self, message: str, *, hint: str = "", **facts: object) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.facts = facts


class BadInput(InlinkError):
    """The input, file, option or filter is wrong."""


class NotFound(InlinkError):
    """Nothing of that name is here."""


class NotConfigured(InlinkError):
    """A setting, an optional extra or a workspace is missing."""


class Unreachable(InlinkError):
    """A server or a disk did not answer, or is full."""


class NotConverged(InlinkError):
    """A kernel stopped before its bound held; `facts["last"]` is the last result."""


class CorruptIndex(InlinkError):
    """Stored data does not match its digest or its schema."""


class Busy(InlinkError):
    """Another process holds what this one needs."""


class Outdated(InlinkError):
    """Somebody else has changed it since it was read."""


class Refused(InlinkError):
    """Robots, consent, policy or a limit forbids it."""


class TookTooLong(Refused):
    """The time that a question may take has run out."""
