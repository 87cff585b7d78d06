"""How often sign-ins were tried: counted where all servers see it, and where a restart leaves it."""

from __future__ import annotations

from sqlalchemy import Index
from sqlalchemy.orm import Mapped, mapped_column

from inlink.store.db.base import Base, Digest, Micros


class SignInTries(Base):
    """Tries of a name or an address that count yet. Names that nobody has stand here too, as digests."""

    __tablename__ = "sign_in_tries"
    __table_args__ = (Index("ix_sign_in_tries_last", "last_at"),)

    what_digest: Mapped[Digest] = mapped_column(primary_key=True, doc="of `name` or `address` with what was typed")
    tried_at: Mapped[str] = mapped_column(doc="JSON list: microseconds since 1970 UTC of each try that counts yet")
    last_at: Mapped[Micros] = mapped_column(doc="the last of them: the row goes when none counts any more")
