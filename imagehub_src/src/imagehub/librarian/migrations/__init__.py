"""Steps that bring an older catalog's tables to the form of this version, run by Alembic."""
