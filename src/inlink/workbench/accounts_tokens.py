"""Tokens in the workspace's database: what programs show to ask in a user's name. Only a hash of each is kept."""

from __future__ import annotations

import secrets
from dataclasses import dataclass

from sqlalchemy import Select, select, update

from inlink.errors import BadInput, Busy, NotFound, Refused, Unreachable
from inlink.store.db import WorkDatabase
from inlink.store.db.base import Micros
from inlink.store.db.users import TokenRow, UserRow
from inlink.workbench.accounts_results import MadeToken, Token
from inlink.workbench.accounts_sessions import SECRET_BYTES, SEEN_EVERY_US, key_of
from inlink.workbench.accounts_users import key_of as folded
from inlink.workbench.accounts_users import now
from inlink.workbench.audit import record
from inlink.workbench.people import Role, Who

PREFIX = "inlink_"  # by it tools that look for secrets in code find a token
LONGEST_LABEL = 100
LONGEST_DAYS = 3650
_DAY_US = 86_400_000_000


@dataclass(frozen=True, slots=True)
class Wish:
    """What a new token is for, what it may do, and for how many days (None: for good)."""

    label: str
    role: Role
    days: int | None


def add(database: WorkDatabase, who: Who, wish: Wish, user: str | None) -> MadeToken:
    """A new token. Raises: Refused for a role above the user's, or for another's user; NotFound; BadInput."""
    label = _label(wish.label)
    if wish.days is not None and not 1 <= wish.days <= LONGEST_DAYS:
        raise BadInput(f"a token holds from 1 to {LONGEST_DAYS:,} days", hint="or for good")
    secret = PREFIX + secrets.token_urlsafe(SECRET_BYTES)
    row = TokenRow(label=label, token_key=key_of(secret), role=wish.role, made_at=now(), used_at=None)
    row.expires_at = None if wish.days is None else Micros(row.made_at + wish.days * _DAY_US)
    with database.step() as step:
        owner = step.scalar(_owner_of(who, user))
        if owner is None:
            raise NotFound(f"there is no user {user or who.name!r}", hint="inlink user list names them all")
        if owner.user_id != who.user_id:
            who.require(Role.ADMIN)
        if not Role(owner.role).covers(wish.role):
            raise Refused(f"{owner.name} is {owner.role}: a token can do no more", hint=f"role {owner.role} or less")
        row.user_id = owner.user_id
        step.add(row)
        step.flush()
        about = {"role": wish.role, "days": wish.days or "for good", "label": label}
        record(step, who, "token.add", owner.name, about)
        return MadeToken(secret, _token(row, owner.name))


def _owner_of(who: Who, user: str | None) -> Select[UserRow]:
    if user is None:
        return select(UserRow).where(UserRow.user_id == who.user_id)
    return select(UserRow).where(UserRow.name_key == folded(user))


def listed(database: WorkDatabase, who: Who, everybodys: bool) -> list[Token]:
    """One's own tokens, or to admins everybody's, the newest first. Raises: Refused."""
    query = select(TokenRow, UserRow.name).join(UserRow, UserRow.user_id == TokenRow.user_id)
    if everybodys:
        who.require(Role.ADMIN)
    else:
        query = query.where(TokenRow.user_id == who.user_id)
    with database.reading() as step:
        return [_token(row, name) for row, name in step.execute(query.order_by(TokenRow.token_id.desc()))]


def remove(database: WorkDatabase, who: Who, token_id: int) -> None:
    """End a token. Raises: NotFound, also for another's token where the one who asks is no admin."""
    with database.step() as step:
        row = step.get(TokenRow, token_id)
        if row is None or (row.user_id != who.user_id and not who.role.covers(Role.ADMIN)):
            raise NotFound(f"there is no token {token_id}", hint="look at the list of tokens again")
        owner = step.get_one(UserRow, row.user_id)
        record(step, who, "token.remove", owner.name, {"label": row.label})
        step.delete(row)


def whose(database: WorkDatabase, secret: str) -> Who | None:
    """In whose name a program asks; None where the token has ended or never was."""
    if not secret.startswith(PREFIX):
        return None
    query = (
        select(
            *(UserRow.user_id, UserRow.name, UserRow.role, UserRow.disabled),
            *(TokenRow.token_id, TokenRow.role.label("may"), TokenRow.expires_at, TokenRow.used_at),
        )
        .join(TokenRow, TokenRow.user_id == UserRow.user_id)
        .where(TokenRow.token_key == key_of(secret))
    )
    with database.reading() as step:
        row = step.execute(query).first()
    at = now()
    if row is None or row.disabled or (row.expires_at is not None and at >= row.expires_at):
        return None
    if row.used_at is None or at - row.used_at >= SEEN_EVERY_US:
        _used(database, row.token_id, at)
    role, may = Role(row.role), Role(row.may)
    return Who(row.user_id, row.name, may if role.covers(may) else role, "token")


def _used(database: WorkDatabase, token_id: int, at: Micros) -> None:
    """Note that a token was used. An answer is given even where that cannot be written just now."""
    try:
        with database.step() as step:
            step.execute(update(TokenRow).where(TokenRow.token_id == token_id).values(used_at=at))
    except (Busy, Unreachable):
        return


def _label(label: str) -> str:
    label = " ".join(label.split())
    if not label or len(label) > LONGEST_LABEL or not label.isprintable():
        raise BadInput("a token needs a few words that say what it is for", hint=f"at most {LONGEST_LABEL} characters")
    return label


def _token(row: TokenRow, user: str) -> Token:
    return Token(row.token_id, user, row.label, Role(row.role), row.made_at, row.expires_at, row.used_at)
