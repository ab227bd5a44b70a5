"""What all pages and calls share, made once when the web page starts."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from imagehub.librarian import catalog
from imagehub.librarian.arrivals import Arrivals
from imagehub.librarian.notify import Channels
from imagehub.librarian.settings import Settings
from imagehub.librarian.thumbnails import Thumbnails

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine


@dataclass(frozen=True)
class Site:
    """What the pages work with.

    `arrivals` tells of new rows, `filled` of notifications to send; `stopping` is set when the page is to end.
    """

    engine: "Engine"
    settings: Settings
    arrivals: Arrivals
    filled: Arrivals
    channels: Channels
    thumbnails: Thumbnails
    stopping: threading.Event = field(default_factory=threading.Event)

    @contextmanager
    def reading(self) -> "Iterator[Connection]":
        """Give a connection that sees one state of the catalog."""
        with self.engine.connect() as connection:
            yield connection

    @contextmanager
    def writing(self) -> "Iterator[Connection]":
        """Give a transaction: all that is done in it happens, or nothing."""
        with catalog.writing(self.engine) as connection:
            yield connection
