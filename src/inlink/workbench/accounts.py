"""What can be asked of the accounts of a workspace: `bench.accounts`."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from inlink.errors import BadInput, Refused
from inlink.workbench import accounts_sessions as sessions
from inlink.workbench import accounts_tokens as tokens
from inlink.workbench import accounts_users as users
from inlink.workbench.accounts_passwords import Passwords, check_password
from inlink.workbench.accounts_results import MadeToken, Session, SignedIn, Terms, Token, User
from inlink.workbench.accounts_throttle import Throttle
from inlink.workbench.people import Role, Who

if TYPE_CHECKING:
    from inlink.store.db import WorkDatabase

__all__ = ["Accounts", "MadeToken", "Session", "SignedIn", "Terms", "Token", "User"]


class Accounts:
    """Users, where they are signed in, and their tokens. Safe to share between threads.

    Every change takes the one who asks for it, refuses who may not, and is written to the audit log with it.
    """

    def __init__(
        self,
        database: Callable[[], WorkDatabase],
        terms: Terms | None = None,
        *,
        passwords: Passwords | None = None,
        throttle: Throttle | None = None,
    ) -> None:
        self._database = database
        self.terms = terms or Terms()
        self._passwords = passwords or Passwords()
        self._throttle = throttle or Throttle()
        self._known = False

    def exist(self) -> bool:
        """Whether there are users, so that everybody has to sign in. Once there are, the last admin stays."""
        if not self._known:
            self._known = users.exist(self._database())
        return self._known

    # users

    def users(self, who: Who) -> list[User]:
        """All users by name, to admins. Raises: Refused."""
        who.require(Role.ADMIN)
        return users.everybody(self._database())

    def me(self, who: Who) -> User:
        """The one who asks. Raises: NotFound where nobody had to sign in."""
        return users.by_id(self._database(), who.user_id)

    def add(self, who: Who, name: str, password: str, role: Role, *, email: str | None = None) -> User:
        """A new user. Raises: Refused; BadInput for a name that is taken or no name, a poor password, or a first user
        who is no admin.
        """
        who.require(Role.ADMIN)
        name = users.check_name(name)
        check_password(password, name)
        return users.add(self._database(), who, name, self._passwords.hash(password), role, users.check_email(email))

    def change(
        self,
        who: Who,
        name: str,
        *,
        role: Role | None = None,
        disabled: bool | None = None,
        password: str | None = None,
    ) -> User:
        """Change a user, all that is named or nothing; another password or being disabled ends all sessions.

        Raises: Refused, also for the last admin; NotFound; BadInput for a poor password, or where nothing is named.
        """
        who.require(Role.ADMIN)
        if role is None and disabled is None and password is None:
            raise BadInput("nothing is to change", hint="say role, password or disabled")
        if password is not None:
            check_password(password, name)
        kept = None if password is None else self._passwords.hash(password)
        return users.change(self._database(), who, name, users.Change(role, disabled, kept))

    def set_role(self, who: Who, name: str, role: Role) -> User:
        """Another role for a user; it counts at once. Raises: as `change`."""
        return self.change(who, name, role=role)

    def set_email(self, who: Who, name: str, email: str | None) -> User:
        """Another e-mail address for a user, or none. Raises: Refused; NotFound; BadInput."""
        who.require(Role.ADMIN)
        return users.change(self._database(), who, name, users.Change(email=users.check_email(email) or ""))

    def set_disabled(self, who: Who, name: str, disabled: bool) -> User:
        """Let a user sign in no more, or again; ends all sessions. Raises: as `change`."""
        return self.change(who, name, disabled=disabled)

    def set_password(self, who: Who, name: str, password: str) -> User:
        """Another password for a user; ends all sessions. Raises: as `change`."""
        return self.change(who, name, password=password)

    def change_password(self, who: Who, old: str, new: str, *, address: str = "", secret: str = "") -> User:
        """Another password of one's own; ends all sessions but the one of `secret`.

        Raises: Refused where the old one is wrong or was tried too often; NotFound; BadInput.
        """
        _in_person(who)
        name, kept = users.password_of(self._database(), who.user_id)
        self._throttle.count(self._database(), users.key_of(name), address)
        if not self._passwords.is_right(kept, old):
            raise Refused("the present password is not right", hint="type it again")
        self._throttle.forgive(self._database(), users.key_of(name))
        check_password(new, name)
        kept_key = sessions.key_of(secret) if secret else ""
        new_one = users.Change(password_hash=self._passwords.hash(new), kept_key=kept_key)
        return users.change(self._database(), who, name, new_one)

    def remove(self, who: Who, name: str) -> None:
        """Remove a user with sessions and tokens. Raises: Refused, also for the last admin; NotFound."""
        who.require(Role.ADMIN)
        users.remove(self._database(), who, name)

    # sessions

    def sign_in(self, name: str, password: str, *, address: str = "", agent: str = "", old: str = "") -> SignedIn:
        """A new session of a user; the session `old` of the same browser ends.

        One answer, after as long, for a wrong password, an unknown name and a user who is disabled.
        Raises: Refused; its `retry_after_s` says how long where it was tried too often.
        """
        self._throttle.count(self._database(), users.key_of(name), address)
        self._passwords.ready()
        user = users.asked_for(self._database(), name)
        is_right = self._passwords.is_right(user.password_hash if user else None, password)
        if user is None or user.disabled or not is_right:
            sessions.failed(self._database(), user, address)
            raise Refused("name and password do not fit", hint="type both again; an admin can set another password")
        self._throttle.forgive(self._database(), users.key_of(name))
        renewed = self._passwords.hash(password) if self._passwords.is_outdated(user.password_hash) else None
        return sessions.begin(self._database(), user, sessions.Browser(address, agent, old), self.terms, renewed)

    def sign_out(self, secret: str) -> None:
        """End a session; nothing happens where there is none."""
        sessions.end(self._database(), secret)

    def who_of_session(self, secret: str) -> Who | None:
        """Whose session it is; None where it has ended or never was."""
        return sessions.whose(self._database(), secret, self.terms)

    def sessions(self, who: Who, secret: str = "") -> list[Session]:
        """Where the one who asks is signed in, the latest use first; `secret` is that of this browser."""
        return sessions.of_user(self._database(), who, secret, self.terms)

    def end_session(self, who: Who, key: str) -> None:
        """End one of one's own sessions. Raises: NotFound."""
        sessions.end_one(self._database(), who, key)

    # tokens

    def add_token(
        self, who: Who, label: str, role: Role, *, days: int | None = 90, user: str | None = None
    ) -> MadeToken:
        """A new token for a program, of one's own or (for admins) of another `user`. days: None keeps it for good.

        Raises: Refused for a role above the user's, and where a token asks; NotFound; BadInput.
        """
        _in_person(who)
        return tokens.add(self._database(), who, tokens.Wish(label, role, days), user)

    def tokens(self, who: Who, *, everybodys: bool = False) -> list[Token]:
        """One's own tokens, or to admins everybody's. Raises: Refused."""
        return tokens.listed(self._database(), who, everybodys)

    def remove_token(self, who: Who, token_id: int) -> None:
        """End a token of one's own, or (for admins) of anybody. Raises: NotFound."""
        tokens.remove(self._database(), who, token_id)

    def who_of_token(self, secret: str) -> Who | None:
        """In whose name a program asks; None where the token has ended or never was."""
        return tokens.whose(self._database(), secret)


def _in_person(who: Who) -> None:
    """Raises: Refused where a token asks: who finds one should not be able to make more of it."""
    if who.via == "token":
        raise Refused("a token cannot do this", hint="sign in, or use `inlink token` on the server")
