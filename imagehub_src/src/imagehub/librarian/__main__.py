"""`python -m imagehub.librarian`."""

from imagehub.librarian.cli import entry

entry()
