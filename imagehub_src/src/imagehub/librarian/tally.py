"""What each camera has on each day: counts that go with the rows that come and go, in the same transaction."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, RowMapping, bindparam, delete, insert, select, update

from imagehub.librarian.schema import days, images

Row = Mapping[str, Any] | RowMapping
Place = tuple[str, int]  # a day and the id of a camera
COUNTS = ("images", "events", "bytes")
NAMES = ("of_day", "of_camera", *(f"more_{name}" for name in COUNTS))
# One statement for all cameras: to build one for each took a core longer than all the rest of a batch.
SAME = (days.c.day == bindparam("of_day")) & (days.c.camera_id == bindparam("of_camera"))
MORE = update(days).where(SAME).values({name: days.c[name] + bindparam(f"more_{name}") for name in COUNTS})
FIRST = insert(days).values(dict(zip(("day", "camera_id", *COUNTS), map(bindparam, NAMES), strict=True)))


def add(connection: Connection, new_images: Sequence[Row], new_events: Sequence[Row]) -> None:
    """Count rows that are being added."""
    image_counts, event_counts = Counter(map(_place, new_images)), Counter(map(_place, new_events))
    sizes = _sizes(new_images)
    places = {*image_counts, *event_counts}
    _change(connection, {place: (image_counts[place], event_counts[place], sizes[place]) for place in places})


def forget(connection: Connection, gone: Sequence[Row]) -> None:
    """Delete rows of images, of which `id`, `day`, `camera_id` and `bytes` are given, and count them no more."""
    if not gone:
        return
    counts, sizes = Counter(map(_place, gone)), _sizes(gone)
    connection.execute(delete(images).where(images.c.id.in_([row["id"] for row in gone])))
    _change(connection, {place: (-counts[place], 0, -sizes[place]) for place in counts})


def _change(connection: Connection, more: Mapping[Place, tuple[int, int, int]]) -> None:
    """Add to the images, events and bytes of days."""
    if not more:
        return
    # Always in this order: two transactions that change days don't wait for each other in a circle.
    changes = [dict(zip(NAMES, (*place, *more[place]), strict=True)) for place in sorted(more)]
    known = _known(connection, more)
    if old := [change for change in changes if (change["of_day"], change["of_camera"]) in known]:
        connection.execute(MORE, old)
    if new := [change for change in changes if (change["of_day"], change["of_camera"]) not in known]:
        connection.execute(FIRST, new)


def _known(connection: Connection, places: Iterable[Place]) -> set[Place]:
    """Return those of the places that have a row."""
    of_day, of_camera = ({place[part] for place in places} for part in (0, 1))
    wanted = select(days.c.day, days.c.camera_id).where(days.c.day.in_(of_day), days.c.camera_id.in_(of_camera))
    return {(day, camera) for day, camera in connection.execute(wanted)}


def _sizes(rows: Iterable[Row]) -> Counter[Place]:
    sizes: Counter[Place] = Counter()
    for row in rows:
        sizes[_place(row)] += row["bytes"]
    return sizes


def _place(row: Row) -> Place:
    return row["day"], row["camera_id"]
