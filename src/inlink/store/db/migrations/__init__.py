"""Steps from an empty database to the models, in order: `versions/vNNNN_<concern>.py`, run by Alembic."""
