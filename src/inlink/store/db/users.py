"""People with accounts: who they are, where they are signed in, and the tokens of their programs."""

from __future__ import annotations

from sqlalchemy import Boolean, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from inlink.store.db.base import Base, Micros, Number


class UserRow(Base):
    """A person who may sign in."""

    __tablename__ = "users"
    __table_args__ = ({"sqlite_autoincrement": True},)  # the audit log must not mean another by an old number

    user_id: Mapped[Number] = mapped_column(primary_key=True, doc="its number")
    name: Mapped[str] = mapped_column(Text, doc="as it was given")
    name_key: Mapped[str] = mapped_column(Text, unique=True, doc="the name folded: no two users differ by case")
    email: Mapped[str | None] = mapped_column(Text, doc="null: not known")
    role: Mapped[str] = mapped_column(String(10), doc="viewer, editor or admin")
    disabled: Mapped[bool] = mapped_column(Boolean, default=False, doc="may not sign in for now")
    password_hash: Mapped[str] = mapped_column(Text, doc="argon2id with its parameters and salt")
    made_at: Mapped[Micros] = mapped_column(doc="when it was made")
    password_at: Mapped[Micros] = mapped_column(doc="when the password was set")
    login_at: Mapped[Micros | None] = mapped_column(doc="when the user signed in last; null: never")


class SessionRow(Base):
    """A browser in which somebody is signed in."""

    __tablename__ = "sessions"
    __table_args__ = (Index("ix_sessions_user", "user_id"),)

    session_key: Mapped[str] = mapped_column(String(64), primary_key=True, doc="SHA-256 of what the cookie holds")
    user_id: Mapped[Number] = mapped_column(ForeignKey("users.user_id", ondelete="CASCADE"), doc="whose it is")
    made_at: Mapped[Micros] = mapped_column(doc="when the user signed in")
    seen_at: Mapped[Micros] = mapped_column(doc="when it was used last, to a minute")
    address: Mapped[str] = mapped_column(Text, doc="where the user signed in from")
    agent: Mapped[str] = mapped_column(Text, doc="what the browser calls itself")


class TokenRow(Base):
    """What a program shows to ask in a user's name."""

    __tablename__ = "tokens"
    __table_args__ = (Index("ix_tokens_user", "user_id"),)

    token_id: Mapped[Number] = mapped_column(primary_key=True, doc="its number")
    user_id: Mapped[Number] = mapped_column(ForeignKey("users.user_id", ondelete="CASCADE"), doc="whose it is")
    label: Mapped[str] = mapped_column(Text, doc="what it is for")
    token_key: Mapped[str] = mapped_column(String(64), unique=True, doc="SHA-256 of the token")
    role: Mapped[str] = mapped_column(String(10), doc="what it may do, if its user may")
    made_at: Mapped[Micros] = mapped_column(doc="when it was made")
    expires_at: Mapped[Micros | None] = mapped_column(doc="null: never")
    used_at: Mapped[Micros | None] = mapped_column(doc="when it was used last, to a minute; null: never")
