"""Tables of tries."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the step."""
    op.create_table(
        "sign_in_tries",
        sa.Column("what_digest", sa.String(length=32), nullable=False),
        sa.Column("tried_at", sa.Text(), nullable=False),
        sa.Column("last_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("what_digest", name=op.f("pk_sign_in_tries")),
    )
    op.create_index("ix_sign_in_tries_last", "sign_in_tries", ["last_at"], unique=False)
