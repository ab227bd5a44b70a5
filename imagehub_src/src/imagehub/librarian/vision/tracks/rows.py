"""The catalog's rows around one image: what its camera saw before and after, and what becomes of it."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, Row, Table, and_, delete, exists, func, insert, or_, select, update
from sqlalchemy.exc import IntegrityError

from imagehub.librarian.schema import cameras, detections, followers, images, jobs, models, objects, tracks
from imagehub.librarian.vision.box import Box
from imagehub.librarian.vision.seeing import ImageRow, Model
from imagehub.librarian.vision.tracks.matching import Look, absence

HOUR_US, WEEK_US = 3_600_000_000, 7 * 24 * 3_600_000_000
MOST_IMAGES = 6_000


@dataclass
class Track:
    """A thing that a camera saw, and where it was seen around the time of an image."""

    id: int
    object_id: int
    quiet: bool
    score: float
    image_id: int | None
    images: int
    look: Look
    first_us: int
    last_us: int
    absent_us: int
    ended: bool
    near: list[Look] = field(default_factory=list)


@dataclass(frozen=True)
class Loose:
    """A detection that no track has yet."""

    id: int
    object_id: int
    image_id: int | None
    score: float
    look: Look


def lock(connection: Connection, image: ImageRow) -> bool:
    """Keep others from the tracks of the image's camera until the transaction ends; tell whether the image is there."""
    # Ingest goes on meanwhile where the database can tell a row that is worked on from one that is about to go.
    ours = select(cameras.c.id).where(cameras.c.id == image.camera_id).with_for_update(key_share=True)
    there = select(images.c.id).where(images.c.id == image.id, images.c.state == "stored")
    return connection.execute(ours).first() is not None and connection.execute(there).first() is not None


def turn(connection: Connection) -> None:
    """Wait until nobody else adds what rules follow, and keep others from it until the transaction ends.

    Rules look for higher ids: a row must not become visible after one with a higher id.
    """
    connection.execute(select(followers.c.name).where(followers.c.name == "rules").with_for_update()).first()


def number_of(connection: Connection, table: Table, **words: str) -> int:
    """Return the id of the row with these words, made if need be."""
    same = select(table.c.id).where(*(table.c[name] == word for name, word in words.items()))
    found = connection.execute(same).scalar()
    if found is None:
        try:
            with connection.begin_nested():
                connection.execute(insert(table).values(**words))
        except IntegrityError:
            pass  # another worker made it
        # A lock reads what is there now, and not what was when the transaction began.
        found = connection.execute(same.with_for_update(read=True)).scalar_one()
    return int(found)


def model_number(connection: Connection, model: Model) -> int:
    """Return the id of a model, made if need be."""
    return number_of(connection, models, **model._asdict())


def object_numbers(connection: Connection, labels: Iterable[str]) -> dict[str, int]:
    """Return the ids of labels, made if need be."""
    return {label: number_of(connection, objects, label=label) for label in sorted(set(labels))}


def take_out(connection: Connection, image: ImageRow) -> Counter[int]:
    """Delete what was found in the image before; return how many detections each track lost."""
    of = detections.c.image_id == image.id
    lost = Counter(connection.execute(select(detections.c.track_id).where(of)).scalars())
    connection.execute(delete(detections).where(of))
    del lost[None]
    return lost


def loose_in(connection: Connection, image: ImageRow) -> Sequence[Row[Any]]:
    """Return the detections of the image that no track has, with their labels."""
    ours = (detections.c.image_id == image.id) & detections.c.track_id.is_(None)
    return connection.execute(select(detections, objects.c.label).join(objects).where(ours)).all()


def around(connection: Connection, image: ImageRow, numbers: Iterable[int], event_us: int) -> Sequence[Row[Any]]:
    """Return what was found with these labels in the other images of the event."""
    of = detections.c
    span = of.time_us.between(image.time_us - event_us, image.time_us + event_us) & (of.time_us != image.time_us)
    ours = (of.camera_id == image.camera_id) & of.object_id.in_(list(numbers))
    return connection.execute(select(detections).where(ours, span).order_by(of.time_us)).all()


def known(connection: Connection, image: ImageRow, numbers: Iterable[int], also: Iterable[int]) -> dict[int, Track]:
    """Return the tracks that the image may continue, by their ids: those that last, and those of about its time."""
    of, time_us = tracks.c, image.time_us
    lasts = of.ended.is_(False)
    late = and_(of.ended.is_(True), of.last_us.between(time_us - HOUR_US, time_us + WEEK_US))
    ours = and_(of.camera_id == image.camera_id, of.object_id.in_(list(numbers)))
    rows = [
        row
        for span in (lasts, and_(late, of.first_us <= time_us + HOUR_US))
        for row in connection.execute(select(tracks).where(ours, span))
    ]
    more = set(also) - {row.id for row in rows}
    if more:
        rows += connection.execute(select(tracks).where(of.id.in_(more), ours)).all()
    return {row.id: _track(row) for row in rows}


def _track(row: Row[Any]) -> Track:
    words = {name: getattr(row, name) for name in Track.__dataclass_fields__ if name not in {"look", "near"}}
    return Track(look=look_of(row, row.last_us), **words)


def look_of(row: Row[Any], time_us: int) -> Look:
    """Return the box of a row as a look."""
    return Look(Box(row.left, row.top, row.width, row.height), time_us)


def absent_us(
    connection: Connection, camera_id: int, since_us: int, until_us: int | None, event_us: int, most_us: int, all_: bool
) -> int:
    """Return how long a camera's images between two times show, at most `most_us`.

    Those that still wait to be looked at count only with `all_`.
    """
    of = images.c
    waiting = exists().where(jobs.c.image_id == of.id, jobs.c.kind == "objects").correlate(images)
    span = (of.camera_id == camera_id) & (of.time_us > since_us)
    if until_us is not None:
        span &= of.time_us < until_us
    wanted = select(of.time_us, waiting.label("waiting")).where(span).order_by(of.time_us).limit(MOST_IMAGES)
    times = ((row.time_us, all_ or not row.waiting) for row in connection.execute(wanted))
    return absence(times, since_us, event_us, most_us)


def gap_us(connection: Connection, image: ImageRow, event_us: int) -> int:
    """Return the time since the image before, at most `event_us`."""
    before = (images.c.camera_id == image.camera_id) & (images.c.time_us < image.time_us)
    last_us = connection.execute(select(func.max(images.c.time_us)).where(before)).scalar()
    return event_us if last_us is None else min(image.time_us - last_us, event_us)


def images_around(connection: Connection, image: ImageRow, event_us: int, most: int) -> int:
    """Return how many images the camera has in the event, this one among them, at most so many."""
    span = images.c.time_us.between(image.time_us - event_us, image.time_us + event_us)
    some = select(images.c.id).where(images.c.camera_id == image.camera_id, span).limit(most).subquery()
    return connection.execute(select(func.count()).select_from(some)).scalar_one()


def miss(connection: Connection, image: ImageRow, seen: Iterable[int], gap: int, most_us: int) -> None:
    """Note that the image does not show what lasts, but for the tracks that were seen."""
    of = tracks.c
    lasting = (of.camera_id == image.camera_id) & of.ended.is_(False) & of.object_id.is_not(None)
    wanted = select(of.id, of.absent_us).where(lasting, of.last_us < image.time_us)
    missed = {row.id: row.absent_us + gap for row in connection.execute(wanted)}
    for number in seen:
        missed.pop(number, None)
    for ended in (False, True):
        some = [number for number, absent in missed.items() if (absent >= most_us) is ended]
        if some:
            values = {"absent_us": of.absent_us + gap, "ended": ended}
            connection.execute(update(tracks).where(of.id.in_(some)).values(**values))


def lasts(connection: Connection, image: ImageRow) -> bool:
    """Tell whether there is anything to miss."""
    lasting = (tracks.c.camera_id == image.camera_id) & tracks.c.ended.is_(False) & (tracks.c.last_us < image.time_us)
    return connection.execute(select(tracks.c.id).where(lasting).limit(1)).first() is not None


def begin(connection: Connection, image: ImageRow, first: Track) -> int:
    """Add a track that the image made sure, and return its id."""
    values = _values(first) | {"camera_id": image.camera_id, "object_id": first.object_id, "time_us": image.time_us}
    made = connection.execute(insert(tracks).values(**values, quiet=first.quiet)).inserted_primary_key
    assert made is not None
    return int(made[0])


def keep(connection: Connection, track: Track) -> None:
    """Write down how a track went on."""
    connection.execute(update(tracks).where(tracks.c.id == track.id).values(**_values(track)))


def _values(track: Track) -> dict[str, Any]:
    plain = ("score", "image_id", "images", "first_us", "last_us", "absent_us", "ended")
    return {name: getattr(track, name) for name in plain} | track.look.box._asdict()


def give(connection: Connection, track_id: int, loose: Iterable[Loose]) -> None:
    """Let detections belong to a track."""
    ids = [one.id for one in loose]
    if ids:
        connection.execute(update(detections).where(detections.c.id.in_(ids)).values(track_id=track_id))


def add(connection: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    """Add detections, in their turn."""
    if rows:
        turn(connection)
        connection.execute(insert(detections), rows)


def remove(connection: Connection, loose: Sequence[Row[Any]]) -> None:
    """Delete detections."""
    connection.execute(delete(detections).where(detections.c.id.in_([row.id for row in loose])))


def settle(connection: Connection, image: ImageRow, lost: Counter[int]) -> None:
    """Let tracks forget what was taken out of an image: those that show nothing any more go."""
    of = tracks.c
    for number, times in sorted(lost.items()):
        connection.execute(update(tracks).where(of.id == number).values(images=of.images - times))
        connection.execute(delete(tracks).where(of.id == number, of.images <= 0))
    best = select(of.id).where(of.id.in_(list(lost)), or_(of.image_id == image.id, of.image_id.is_(None)))
    for number in connection.execute(best).scalars().all():
        shows = select(detections.c.image_id, detections.c.score).where(detections.c.track_id == number)
        top = connection.execute(shows.order_by(detections.c.score.desc()).limit(1)).first()
        if top is not None:
            connection.execute(update(tracks).where(of.id == number).values(image_id=top.image_id, score=top.score))
