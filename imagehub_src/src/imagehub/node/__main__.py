"""`python -m imagehub.node`."""

from imagehub.node.cli import entry

entry()
