"""Sessions in the workspace's database: begun at sign-in, ended by age, by hand, or with the user."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass

from sqlalchemy import delete, or_, select, update
from sqlalchemy.orm import Session as Step

from inlink.errors import Busy, NotFound, Refused, Unreachable
from inlink.store.db import WorkDatabase
from inlink.store.db.base import Micros
from inlink.store.db.users import SessionRow, UserRow
from inlink.workbench.accounts_results import Session, SignedIn, Terms
from inlink.workbench.accounts_users import now
from inlink.workbench.audit import record
from inlink.workbench.people import Role, Who

SECRET_BYTES = 32
LONGEST_AGENT = 300
SEEN_EVERY_US = 60_000_000
_HOUR_US = 3_600_000_000


@dataclass(frozen=True, slots=True)
class Browser:
    """Where somebody signs in from; `old` is the secret of the session that this browser had."""

    address: str
    agent: str
    old: str = ""


def key_of(secret: str) -> str:
    """What is kept of a secret: it has so much chance in it that a plain hash cannot be undone."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


def failed(database: WorkDatabase, user: UserRow | None, address: str) -> None:
    """Write down a sign-in that failed; but no name that nobody has: it may be a password in the wrong field."""
    nobody = Who(None, "nobody", Role.VIEWER, "session")
    with database.step() as step:
        record(step, nobody, "login.fail", user.name if user else "a name that nobody has", {"address": address})


def begin(database: WorkDatabase, user: UserRow, browser: Browser, terms: Terms, renewed: str | None) -> SignedIn:
    """A new session, always of a new secret. renewed: a hash of the password by today's parameters.

    Raises: Refused where the user was changed or removed since the password was judged.
    """
    secret = secrets.token_urlsafe(SECRET_BYTES)
    who = Who(user.user_id, user.name, Role(user.role), "session")
    at = now()
    with database.step() as step:
        _clear_out(step, terms)
        judged = select(UserRow.password_hash).where(UserRow.user_id == user.user_id).with_for_update()
        if step.scalar(judged) != user.password_hash:
            raise Refused("the password was just changed", hint="sign in with the new one")
        if browser.old:
            step.execute(delete(SessionRow).where(SessionRow.session_key == key_of(browser.old)))
        row = SessionRow(session_key=key_of(secret), user_id=user.user_id, made_at=at, seen_at=at)
        row.address, row.agent = browser.address, browser.agent[:LONGEST_AGENT]
        step.add(row)
        values: dict[str, object] = {"login_at": at, **({"password_hash": renewed} if renewed else {})}
        step.execute(update(UserRow).where(UserRow.user_id == user.user_id).values(values))
        record(step, who, "login", user.name, {"address": browser.address})
    return SignedIn(secret, who)


def whose(database: WorkDatabase, secret: str, terms: Terms) -> Who | None:
    """Whose session it is; None where it has ended or never was."""
    key = key_of(secret)
    query = (
        select(UserRow.user_id, UserRow.name, UserRow.role, UserRow.disabled, SessionRow.made_at, SessionRow.seen_at)
        .join(SessionRow, SessionRow.user_id == UserRow.user_id)
        .where(SessionRow.session_key == key)
    )
    with database.reading() as step:
        row = step.execute(query).first()
    at = now()
    if row is None or row.disabled or is_over(row.made_at, row.seen_at, terms, at):
        return None
    if at - row.seen_at >= SEEN_EVERY_US:
        _seen(database, key, at)
    return Who(row.user_id, row.name, Role(row.role), "session")


def is_over(made_at: int, seen_at: int, terms: Terms, at: int) -> bool:
    """Whether a session has not been used for too long, or began too long ago."""
    return at - seen_at > terms.idle_hours * _HOUR_US or at - made_at > terms.session_days * 24 * _HOUR_US


def _seen(database: WorkDatabase, key: str, at: Micros) -> None:
    """Note that a session was used. A page is shown even where that cannot be written just now."""
    try:
        with database.step() as step:
            step.execute(update(SessionRow).where(SessionRow.session_key == key).values(seen_at=at))
    except (Busy, Unreachable):
        return


def end(database: WorkDatabase, secret: str) -> None:
    """End a session; nothing happens where there is none."""
    with database.step() as step:
        row = step.get(SessionRow, key_of(secret))
        user = step.get(UserRow, row.user_id) if row else None
        if row is None or user is None:
            return
        record(step, Who(user.user_id, user.name, Role(user.role), "session"), "logout", user.name)
        step.delete(row)


def of_user(database: WorkDatabase, who: Who, secret: str, terms: Terms) -> list[Session]:
    """Where a user is signed in, the latest use first."""
    key, at = key_of(secret), now()
    query = select(SessionRow).where(SessionRow.user_id == who.user_id).order_by(SessionRow.seen_at.desc())
    with database.reading() as step:
        rows = step.scalars(query).all()
    return [
        Session(row.session_key, row.made_at, row.seen_at, row.address, row.agent, row.session_key == key)
        for row in rows
        if not is_over(row.made_at, row.seen_at, terms, at)
    ]


def end_one(database: WorkDatabase, who: Who, key: str) -> None:
    """End one of one's own sessions. Raises: NotFound."""
    with database.step() as step:
        row = step.get(SessionRow, key)
        if row is None or row.user_id != who.user_id:
            raise NotFound("that session has ended", hint="look at the list again")
        record(step, who, "session.end", who.name, {"address": row.address})
        step.delete(row)


def _clear_out(step: Step, terms: Terms) -> None:
    """Forget sessions that are over, so that the table does not grow."""
    at = now()
    idle, old = at - terms.idle_hours * _HOUR_US, at - terms.session_days * 24 * _HOUR_US
    step.execute(delete(SessionRow).where(or_(SessionRow.seen_at < idle, SessionRow.made_at < old)))
