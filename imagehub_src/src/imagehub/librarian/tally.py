"""What each camera has on each day: counts that go with the rows that come and go, in the same transaction."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, RowMapping, delete, insert, update

from imagehub.librarian.schema import days, images

Row = Mapping[str, Any] | RowMapping
Place = tuple[str, int]  # a day and the id of a camera


def add(connection: Connection, new_images: Sequence[Row], new_events: Sequence[Row]) -> None:
    """Count rows that are being added."""
    image_counts, event_counts = Counter(map(_place, new_images)), Counter(map(_place, new_events))
    sizes = _sizes(new_images)
    # Always in this order: two transactions that change days don't wait for each other in a circle.
    for place in sorted({*image_counts, *event_counts}):
        _change(connection, place, image_counts[place], event_counts[place], sizes[place])


def forget(connection: Connection, gone: Sequence[Row]) -> None:
    """Delete rows of images, of which `id`, `day`, `camera_id` and `bytes` are given, and count them no more."""
    if not gone:
        return
    counts, sizes = Counter(map(_place, gone)), _sizes(gone)
    connection.execute(delete(images).where(images.c.id.in_([row["id"] for row in gone])))
    for place in sorted(counts):
        _change(connection, place, -counts[place], 0, -sizes[place])


def _change(connection: Connection, place: Place, more_images: int, more_events: int, more_bytes: int) -> None:
    day, camera = place
    values = {"images": more_images, "events": more_events, "bytes": more_bytes}
    change = {name: days.c[name] + number for name, number in values.items()}
    row = update(days).where(days.c.day == day, days.c.camera_id == camera).values(**change)
    if connection.execute(row).rowcount == 0:
        connection.execute(insert(days).values(day=day, camera_id=camera, **values))


def _sizes(rows: Iterable[Row]) -> Counter[Place]:
    sizes: Counter[Place] = Counter()
    for row in rows:
        sizes[_place(row)] += row["bytes"]
    return sizes


def _place(row: Row) -> Place:
    return row["day"], row["camera_id"]
