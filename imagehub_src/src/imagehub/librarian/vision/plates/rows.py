"""The catalog's rows around one image whose plates were read."""

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import Connection, Row, and_, delete, exists, func, insert, or_, select, update

from imagehub.librarian.schema import cameras, followers, images, models, plate_aliases, plate_sightings, plates, tracks
from imagehub.librarian.vision.plates.matching import number_of
from imagehub.librarian.vision.seeing import ImageRow, Model

HOUR_US, ABSENT_US = 3_600_000_000, 60_000_000
MOST_IMAGES = 6_000
of, stays = plate_sightings.c, tracks.c


def lock(connection: Connection, image: ImageRow) -> bool:
    """Keep others from the tracks of the image's camera until the transaction ends; tell whether the image is there."""
    ours = select(cameras.c.id).where(cameras.c.id == image.camera_id).with_for_update(key_share=True)
    there = select(images.c.id).where(images.c.id == image.id, images.c.state == "stored")
    return connection.execute(ours).first() is not None and connection.execute(there).first() is not None


def turn(connection: Connection) -> None:
    """Wait until nobody else adds what rules follow: a row must not become visible after one with a higher id."""
    connection.execute(select(followers.c.name).where(followers.c.name == "rules").with_for_update()).first()


def model_number(connection: Connection, model: Model) -> int:
    """Return the id of a model, made if need be."""
    return number_of(connection, models, model._asdict())


def take_out(connection: Connection, condition: Any) -> tuple[set[int], set[int]]:
    """Delete sightings; return the tracks and the plates that they were of."""
    found = connection.execute(select(of.track_id, of.plate_id).where(condition)).all()
    connection.execute(delete(plate_sightings).where(condition))
    return {row.track_id for row in found if row.track_id is not None}, {row.plate_id for row in found}


def loose_in(connection: Connection, image: ImageRow) -> Sequence[Row[Any]]:
    """Return the sightings of an image that have no track, with the regions of their plates."""
    wanted = select(plate_sightings, plates.c.region).join(plates)
    return connection.execute(wanted.where(of.image_id == image.id, of.track_id.is_(None)).order_by(of.id)).all()


def around(connection: Connection, image: ImageRow, event_us: int) -> Sequence[Row[Any]]:
    """Return the sightings in the other images of the event, with the regions of their plates."""
    span = of.time_us.between(image.time_us - event_us, image.time_us + event_us)
    other = or_(of.image_id.is_(None), of.image_id != image.id)
    wanted = select(plate_sightings, plates.c.region).join(plates).where(of.camera_id == image.camera_id, span, other)
    return connection.execute(wanted.order_by(of.time_us)).all()


def of_track(connection: Connection, track_id: int) -> Sequence[Row[Any]]:
    """Return the surest sightings of a track: enough of them for a vote."""
    wanted = select(plate_sightings, plates.c.region).join(plates).where(of.track_id == track_id)
    return connection.execute(wanted.order_by(of.score.desc(), of.id).limit(50)).all()


def lone(connection: Connection, image: ImageRow, event_us: int) -> bool:
    """Tell whether the camera has no other image in the event."""
    span = images.c.time_us.between(image.time_us - event_us, image.time_us + event_us)
    other = select(images.c.id).where(images.c.camera_id == image.camera_id, span, images.c.id != image.id)
    return connection.execute(other.limit(1)).first() is None


def stays_around(connection: Connection, image: ImageRow, event_us: int) -> Sequence[Row[Any]]:
    """Return the stays that the image may belong to; mark those that are over."""
    late = and_(stays.ended, stays.last_us >= image.time_us - HOUR_US, stays.first_us <= image.time_us + HOUR_US)
    ours = (stays.camera_id == image.camera_id) & stays.plate_id.is_not(None)
    wanted = select(tracks, plates.c.text, plates.c.identified).join(plates, plates.c.id == stays.plate_id)
    found = []
    for condition in (~stays.ended, late):
        for row in connection.execute(wanted.where(ours, condition)).all():
            if _absent(connection, row, image, event_us):
                _end(connection, row, image)
            else:
                found.append(row)
    return found


def _absent(connection: Connection, stay: Row[Any], image: ImageRow, event_us: int) -> bool:
    """Tell whether the camera's images between a stay and an image, altogether a minute, show it no more."""
    begin, end = (stay.last_us, image.time_us) if image.time_us > stay.last_us else (image.time_us, stay.first_us)
    if begin >= end:
        return False
    between = (images.c.camera_id == image.camera_id) & (images.c.time_us > begin) & (images.c.time_us < end)
    times = select(images.c.time_us).where(between).order_by(images.c.time_us).limit(MOST_IMAGES)
    absent, before = 0, begin
    for time_us in (*connection.execute(times).scalars(), end):
        absent, before = absent + min(time_us - before, event_us), time_us
    return absent > ABSENT_US


def _end(connection: Connection, stay: Row[Any], image: ImageRow) -> None:
    if not stay.ended and image.time_us > stay.last_us:
        connection.execute(update(tracks).where(stays.id == stay.id).values(ended=True, absent_us=ABSENT_US))


def begin(connection: Connection, image: ImageRow, plate_id: int, quiet: bool) -> int:
    """Add a stay that the image made sure, and return its id; `settle` fills in the rest."""
    values = {"camera_id": image.camera_id, "plate_id": plate_id, "image_id": image.id, "quiet": quiet}
    times = dict.fromkeys(("time_us", "first_us", "last_us"), image.time_us)
    rest = dict.fromkeys(("images", "score", "left", "top", "width", "height", "absent_us"), 0)
    made = connection.execute(insert(tracks).values(**values, **times, **rest, ended=False)).inserted_primary_key
    assert made is not None
    return int(made[0])


def add(connection: Connection, rows: Sequence[dict[str, Any]]) -> None:
    """Add sightings, in their turn."""
    if rows:
        turn(connection)
        connection.execute(insert(plate_sightings), list(rows))


def give(connection: Connection, track_id: int, plate_id: int, loose: Iterable[int]) -> None:
    """Let sightings without a track belong to one, and all sightings of it be of its plate."""
    ids = list(loose)
    if ids:
        connection.execute(update(plate_sightings).where(of.id.in_(ids)).values(track_id=track_id))
    connection.execute(update(plate_sightings).where(of.track_id == track_id).values(plate_id=plate_id))
    connection.execute(update(tracks).where(stays.id == track_id).values(plate_id=plate_id))


def settle(connection: Connection, track_id: int) -> None:
    """Write down what a track's sightings tell of it; without any it goes."""
    own = of.track_id == track_id
    times = select(func.count(of.id), func.min(of.time_us), func.max(of.time_us)).where(own)
    count, first_us, last_us = connection.execute(times).one()
    if not count:
        connection.execute(delete(tracks).where(stays.id == track_id))
        return
    best = (
        connection.execute(select(of.image_id, of.score).where(own).order_by(of.score.desc()).limit(1)).mappings().one()
    )
    last = select(of.left, of.top, of.width, of.height).where(own).order_by(of.time_us.desc()).limit(1)
    box = connection.execute(last).mappings().one()
    spans = {"images": count, "first_us": first_us, "last_us": last_us}
    connection.execute(update(tracks).where(stays.id == track_id).values(**spans, **best, **box))


def forget(connection: Connection, plate_ids: Iterable[int]) -> None:
    """Delete plates that nothing shows any more and nobody knows: they were misread."""
    told = or_(*(plates.c[name] != "" for name in ("owner", "vehicle", "color", "note")))
    for number in sorted(plate_ids):
        used = [exists().where(table.c.plate_id == number) for table in (plate_sightings, tracks, plate_aliases)]
        unknown = and_(~plates.c.identified, ~plates.c.watched, ~told)
        connection.execute(delete(plates).where(plates.c.id == number, unknown, ~or_(*used)))
