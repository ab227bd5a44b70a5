"""`python -m imagehub`."""

from imagehub.cli import entry

entry()
