"""`python -m imagehub.colony`."""

from imagehub.colony.cli import entry

entry()
