"""Puts the images of whole days into the queue again, as when a model or a threshold changed."""

from collections.abc import Callable, Collection

from sqlalchemy import Engine, delete, or_, select

from imagehub.librarian.catalog import writing
from imagehub.librarian.schema import cameras, days, images
from imagehub.librarian.schema import jobs as table
from imagehub.librarian.vision.queue import jobs


def put_again(
    engine: Engine,
    first_day: str,
    last_day: str,
    camera_ids: Collection[int],
    now_us: int,
    advance: Callable[[int], None] = lambda _: None,
) -> int:
    """Have images looked at again, after those that arrive; return how many.

    The days are the hub's, as `2026-11-21`, and both belong to it. No camera named means those whose images are looked
    into. What waits already is not put twice; what was put aside is tried anew. `advance` is told how many were put,
    day by day.
    """
    engine, total = jobs.engine_for(engine), 0
    for camera, day in _days(engine, first_day, last_day, camera_ids):
        put = _put(engine, camera, day, now_us)
        advance(put)
        total += put
    return total


def _days(engine: Engine, first_day: str, last_day: str, camera_ids: Collection[int]) -> list[tuple[int, str]]:
    """Return camera and day of what is there, the newest day first."""
    looked = or_(cameras.c.check_objects, cameras.c.alpr)
    meant = cameras.c.id.in_(sorted(camera_ids)) if camera_ids else looked
    within = days.c.day.between(first_day, last_day) & (days.c.images > 0)
    wanted = select(days.c.camera_id, days.c.day).select_from(days.join(cameras)).where(within, meant)
    with engine.connect() as connection:
        return [(row.camera_id, row.day) for row in connection.execute(wanted.order_by(days.c.day.desc()))]


def _put(engine: Engine, camera: int, day: str, now_us: int) -> int:
    ours = (images.c.camera_id == camera) & (images.c.day == day)
    with writing(engine) as connection:
        aside = table.c.image_id.in_(select(images.c.id).where(ours)) & (table.c.state == jobs.DEAD)
        connection.execute(delete(table).where(aside))
        return jobs.put(connection, jobs.OBJECTS, ours, jobs.AGAIN, now_us)
