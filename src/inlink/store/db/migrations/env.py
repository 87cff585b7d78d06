"""What Alembic runs: the missing steps, on the connection and in the transaction that `migrating` hands in."""

from alembic import context

from inlink.store.db.base import Base

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    transactional_ddl=True,
    compare_type=True,
)
context.run_migrations()
