"""Where what workers find goes: votes, tracks, sightings."""

from collections.abc import Sequence

from sqlalchemy import Connection

from imagehub.librarian.vision import tracking
from imagehub.librarian.vision.plates import sightings
from imagehub.librarian.vision.seeing import ImageRow, Model, Reading, Thing
from imagehub.librarian.vision.tracking import Least, Votes


class Catalog:
    """Records into the catalog."""

    def objects(
        self,
        connection: Connection,
        image: ImageRow,
        model: Model,
        things: Sequence[Thing],
        votes: Votes,
        least: Least,
        quiet: bool,
    ) -> bool:
        """Record the objects of an image; tell whether its votes are to be counted later."""
        return tracking.record(connection, image, model, things, votes, least, quiet)

    def plates(
        self,
        connection: Connection,
        image: ImageRow,
        model: Model,
        readings: Sequence[Reading],
        votes: Votes,
        quiet: bool,
    ) -> bool:
        """Record the plates of an image; tell whether its votes are to be counted later."""
        return sightings.record(connection, image, model, readings, quiet, votes.event_us)

    def lone(self, connection: Connection, image: ImageRow, votes: Votes) -> None:
        """Decide on an image that no other came beside."""
        tracking.lone(connection, image, votes)
        sightings.lone(connection, image, votes.event_us)
