"""Users in the workspace's database: added, changed, removed; an admin is always left."""

from __future__ import annotations

import re
import time
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import delete, exists, func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session as Step

from inlink.errors import BadInput, NotFound, Refused
from inlink.store.db import WorkDatabase
from inlink.store.db.base import Micros
from inlink.store.db.users import SessionRow, TokenRow, UserRow
from inlink.workbench.accounts_results import User
from inlink.workbench.audit import record
from inlink.workbench.people import Role, Who

LONGEST_NAME = 64
_NAME = re.compile(r"[^\W_][\w .@+'-]*\Z")
_MAIL = re.compile(r"[^\s@<>,;:\"()\[\]\\]+@[^\s@<>,;:\"()\[\]\\]+\Z")


def now() -> Micros:
    """This moment."""
    return Micros(time.time_ns() // 1000)


def check_name(name: str) -> str:
    """A name as it is kept. Raises: BadInput."""
    name = unicodedata.normalize("NFKC", name).strip()
    if len(name) > LONGEST_NAME or not _NAME.match(name):
        raise BadInput(
            "that is no name of a user",
            hint=f"letters, digits, spaces and . @ + ' - _, a letter or digit first, at most {LONGEST_NAME} characters",
        )
    return name


def check_email(email: str | None) -> str | None:
    """An e-mail address, or None where none is given. Raises: BadInput."""
    email = (email or "").strip()
    if not email:
        return None
    if len(email) > 254 or not _MAIL.match(email):
        raise BadInput("that is no e-mail address", hint="such as you@example.org; or leave it out")
    return email


def key_of(name: str) -> str:
    """What two names have in common that differ by case, or by how their letters are put together."""
    return unicodedata.normalize("NFKC", name).strip().casefold()


def exist(database: WorkDatabase) -> bool:
    """Whether there is a user."""
    with database.reading() as step:
        return bool(step.scalar(select(exists().where(UserRow.user_id.is_not(None)))))


def everybody(database: WorkDatabase) -> list[User]:
    """All users by name."""
    with database.reading() as step:
        return [_user(*row) for row in step.execute(_with_tokens().order_by(UserRow.name_key))]


def by_id(database: WorkDatabase, user_id: int | None) -> User:
    """The user of a number. Raises: NotFound."""
    with database.reading() as step:
        row = step.execute(_with_tokens().where(UserRow.user_id == user_id)).first()
    if row is None:
        raise NotFound("you have no account here", hint="make one: inlink user add, or Settings › Users")
    return _user(*row)


def asked_for(database: WorkDatabase, name: str) -> UserRow | None:
    """The user that somebody wants to be."""
    with database.reading() as step:
        return step.scalar(select(UserRow).where(UserRow.name_key == key_of(name)[: 4 * LONGEST_NAME]))


def password_of(database: WorkDatabase, user_id: int | None) -> tuple[str, str]:
    """Name of a user and what is kept of the password. Raises: NotFound."""
    with database.reading() as step:
        row = step.execute(select(UserRow.name, UserRow.password_hash).where(UserRow.user_id == user_id)).first()
    if row is None:
        raise NotFound("you have no account here", hint="make one: inlink user add, or Settings › Users")
    return row.name, row.password_hash


def add(database: WorkDatabase, who: Who, name: str, password_hash: str, role: Role, email: str | None) -> User:
    """A new user. Raises: BadInput for a name that is taken, and for a first user who is no admin."""
    user = UserRow(name=name, name_key=key_of(name), email=email, role=role, disabled=False)
    user.password_hash, user.made_at, user.password_at, user.login_at = password_hash, now(), now(), None
    try:
        with database.step() as step:
            if role is not Role.ADMIN and not _admins(step):
                raise BadInput("the first user should be an admin", hint="role admin: somebody has to add the others")
            step.add(user)
            step.flush()
            record(step, who, "user.add", name, {"role": role})
    except IntegrityError:
        raise BadInput(f"there is a user {name} already", hint="choose another name") from None
    return _user(user, 0)


@dataclass(frozen=True, slots=True)
class Change:
    """What is to become of a user; None: as it was. email: empty takes it away. kept_key: a session that goes on."""

    role: Role | None = None
    disabled: bool | None = None
    password_hash: str | None = None
    email: str | None = None
    kept_key: str = ""

    @property
    def could_end_an_admin(self) -> bool:
        """Whether it may leave one admin less."""
        return bool(self.disabled) or self.role not in (None, Role.ADMIN)


def change(database: WorkDatabase, who: Who, name: str, new: Change) -> User:
    """Change a user: all of it or nothing, in one transaction. Raises: NotFound; Refused for the last admin."""
    with database.step() as step:
        admins = _admins(step) if new.could_end_an_admin else []
        user = _found(step, name)
        if new.could_end_an_admin:
            _keep_an_admin(admins, user)
        if new.role is not None:
            record(step, who, "user.role", user.name, {"from": user.role, "to": new.role})
            user.role = new.role
        if new.email is not None:
            record(step, who, "user.email", user.name)
            user.email = new.email or None
        if new.password_hash is not None:
            _end_sessions(step, user, new.kept_key)
            record(step, who, "user.password", user.name)
            user.password_hash, user.password_at = new.password_hash, now()
        if new.disabled is not None:
            _end_sessions(step, user)
            record(step, who, "user.disable" if new.disabled else "user.enable", user.name)
            user.disabled = new.disabled
        return _counted(step, user)


def _end_sessions(step: Step, user: UserRow, kept_key: str = "") -> None:
    step.execute(delete(SessionRow).where(SessionRow.user_id == user.user_id, SessionRow.session_key != kept_key))


def remove(database: WorkDatabase, who: Who, name: str) -> None:
    """Remove a user with sessions and tokens. Raises: NotFound; Refused for the last admin."""
    with database.step() as step:
        admins = _admins(step)
        user = _found(step, name)
        _keep_an_admin(admins, user)
        record(step, who, "user.remove", user.name, {"role": user.role})
        step.delete(user)  # sessions and tokens go with it


def _with_tokens() -> Any:
    n_tokens = select(func.count()).where(TokenRow.user_id == UserRow.user_id).scalar_subquery()
    return select(UserRow, n_tokens)


def _counted(step: Step, user: UserRow) -> User:
    n_tokens = step.scalar(select(func.count()).where(TokenRow.user_id == user.user_id))
    return _user(user, n_tokens or 0)


def _found(step: Step, name: str) -> UserRow:
    user = step.scalar(select(UserRow).where(UserRow.name_key == key_of(name)).with_for_update())
    if user is None:
        raise NotFound(f"there is no user {name!r}", hint="inlink user list, or Settings › Users, names them all")
    return user


def _keep_an_admin(admins: Sequence[UserRow], user: UserRow) -> None:
    """Raises: Refused where nobody but this user is an admin who can sign in."""
    if [admin.user_id for admin in admins] == [user.user_id]:
        raise Refused(f"{user.name} is the last admin", hint="make somebody else an admin first")


def _admins(step: Step) -> Sequence[UserRow]:
    """Admins who can sign in, locked in one order and before anybody else: two cannot end each other at once."""
    query = select(UserRow).where(UserRow.role == Role.ADMIN, ~UserRow.disabled).order_by(UserRow.user_id)
    return step.scalars(query.with_for_update()).all()


def _user(row: UserRow, n_tokens: int) -> User:
    return User(row.user_id, row.name, row.email, Role(row.role), row.disabled, row.made_at, row.login_at, n_tokens)
