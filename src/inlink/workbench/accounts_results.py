"""What the door of accounts answers with. No hash of a password and no token stands in any of it but `MadeToken`."""

from __future__ import annotations

from dataclasses import dataclass, field

from inlink.workbench.people import Role, Who


@dataclass(frozen=True, slots=True)
class Terms:
    """How long sign-ins hold. Units: idle_hours since a session was used; session_days since it began."""

    idle_hours: int = 72
    session_days: int = 30


@dataclass(frozen=True, slots=True)
class User:
    """A person who may sign in. Units: microseconds since 1970 UTC; None: never, or not known."""

    user_id: int
    name: str
    email: str | None
    role: Role
    disabled: bool
    made_at: int
    login_at: int | None
    n_tokens: int


@dataclass(frozen=True, slots=True)
class Session:
    """A browser in which somebody is signed in; `key` names it and opens nothing."""

    key: str
    made_at: int
    seen_at: int
    address: str
    agent: str
    is_this: bool = False


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A new session: what its cookie is to hold, and whose it is."""

    secret: str = field(repr=False)
    who: Who


@dataclass(frozen=True, slots=True)
class Token:
    """A token of a user, without the token itself. Its role counts no further than the user's."""

    token_id: int
    user: str
    label: str
    role: Role
    made_at: int
    expires_at: int | None
    used_at: int | None


@dataclass(frozen=True, slots=True)
class MadeToken:
    """A new token. `secret` is kept nowhere: it can be shown this once."""

    secret: str = field(repr=False)
    token: Token
