"""Who asks, and what they may do: a face hands the role that a thing needs to `require`."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Self

from inlink.errors import Refused


class Role(StrEnum):
    """What a person or a token may do; each may do all that those before it may."""

    VIEWER = "viewer"
    EDITOR = "editor"
    ADMIN = "admin"

    def covers(self, needed: Role) -> bool:
        """Whether this role may do what `needed` may."""
        order = list(Role)
        return order.index(self) >= order.index(needed)


@dataclass(frozen=True, slots=True)
class Who:
    """The one who asks. user_id: None where nobody had to log in (this machine only, no users made)."""

    user_id: int | None
    name: str
    role: Role
    via: str  # local, session, token

    @classmethod
    def local(cls) -> Self:
        """Whoever sits at this machine, before any user was made."""
        return cls(None, "local", Role.ADMIN, "local")

    def require(self, needed: Role) -> None:
        """Raises: Refused where the role does not reach."""
        if not self.role.covers(needed):
            raise Refused(
                f"this needs the role {needed}; {self.name} is {self.role}", hint="ask an admin", needs=needed
            )
