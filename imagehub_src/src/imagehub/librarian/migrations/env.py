"""How Alembic runs the steps: on the connection that the catalog gives it."""

from alembic import context

from imagehub.librarian.schema import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
with context.begin_transaction():
    context.run_migrations()
