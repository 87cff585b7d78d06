"""One file a step. scripts/make_migration.py writes them; what was released is never changed again."""
