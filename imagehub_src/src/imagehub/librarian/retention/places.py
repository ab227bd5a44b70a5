"""Days of cameras, and what of each may go: what retention reckons with in place of single images."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, func, select

from imagehub.librarian.catalog import CatalogError
from imagehub.librarian.deletion import unheld
from imagehub.librarian.ingest import microseconds
from imagehub.librarian.schema import cameras, days, holds, images, nodes

# A local day begins so much earlier than the same day in UTC, and ends so much later, at most.
EARLIER, LATER = timedelta(hours=14), timedelta(hours=12)


@dataclass(slots=True)
class Place:
    """A day of a camera: what is stored there, and how much of that nobody holds.

    `exact` is false while the free numbers are those of all images and some may be held. Images up to `until_us`
    are not counted any more.
    """

    day: str
    camera_id: int
    eventful: bool
    images: int
    bytes: int
    free_images: int = 0
    free_bytes: int = 0
    exact: bool = True
    until_us: int = -1

    def drop(self, number: int, size: int, until_us: int) -> None:
        """Count images that go no more."""
        self.images, self.free_images = self.images - number, self.free_images - number
        self.bytes, self.free_bytes = self.bytes - size, self.free_bytes - size
        self.until_us = until_us


def load(connection: Connection, hub: int) -> list[Place]:
    """Return the days that have images, oldest first."""
    wanted = (
        select(days.c.day, days.c.camera_id, days.c.events > 0, days.c.images, days.c.bytes)
        .join(cameras, cameras.c.id == days.c.camera_id)
        .join(nodes)
        .where(nodes.c.hub_id == hub, days.c.images > 0)
        .order_by(days.c.day, days.c.camera_id)
    )
    places = [Place(day, camera, bool(eventful), *rest) for day, camera, eventful, *rest in connection.execute(wanted)]
    flagged = select(images.c.day, images.c.camera_id).where(images.c.hold)  # as the index of what is held has it
    touched = {tuple(row) for row in connection.execute(flagged)}
    spans = [tuple(row) for row in connection.execute(select(holds.c.camera_id, holds.c.start_us, holds.c.end_us))]
    for place in places:
        _mark(place, (place.day, place.camera_id) in touched, spans)
    return places


def settle(connection: Connection, place: Place) -> None:
    """Let the free numbers of a place be exact."""
    if not place.exact:
        totals = select(func.count(), func.coalesce(func.sum(images.c.bytes), 0)).where(*free_in(place))
        number, size = connection.execute(totals).one()
        place.free_images, place.free_bytes, place.exact = number, int(size), True


def free_in(place: Place) -> Iterator[Any]:
    """Yield the conditions that hold for the images of a place that may go."""
    yield images.c.camera_id == place.camera_id
    yield images.c.day == place.day
    yield images.c.state == "stored"
    yield images.c.time_us > place.until_us
    yield unheld()


def _mark(place: Place, flagged: bool, spans: list[Any]) -> None:
    first, last = _bounds(place.day)
    ours = [(start, end) for camera, start, end in spans if camera in {None, place.camera_id}]
    if any(start <= first and last <= end for start, end in ours):
        return
    place.free_images, place.free_bytes = place.images, place.bytes
    # Images of a day may have been taken on any day before it.
    place.exact = not flagged and not any(start < last for start, _ in ours)


def _bounds(day: str) -> tuple[int, int]:
    """Return times before and after everything that was taken on a day, wherever the hub is."""
    try:
        midnight = datetime.fromisoformat(day).replace(tzinfo=UTC)
        return microseconds(midnight - EARLIER), microseconds(midnight + timedelta(days=1) + LATER)
    except (ValueError, OverflowError):
        raise CatalogError(f"{day!r} is no day; imagehub-librarian check, then rebuild") from None
