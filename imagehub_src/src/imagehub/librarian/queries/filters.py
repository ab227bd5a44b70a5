"""Which images are meant, and which indexes give them without a look at the others?

What is rarest leads: a plate, then an object, then holds, then events. The rest is looked up for each image that the
leading index gives.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date

from sqlalchemy import ColumnElement, Connection, FromClause, Select, Table, exists, func, select

from imagehub.librarian.queries import hours
from imagehub.librarian.queries.paging import Place, Source, Span, bounded, in_order, together
from imagehub.librarian.schema import cameras, days, detections, events, holds, images, objects, plate_sightings, plates
from imagehub.librarian.sight import Sight, condition

AFTER_US = 60_000_000
# Up to so many events of a camera are looked behind one by one; with more, images are looked at one by one.
FEW = 50
STORED = images.c.state == "stored"


@dataclass(frozen=True, slots=True)
class Filters:
    """Which images are meant; what is left out does not matter.

    `hours` are those of the viewer's day, in the zone or UTC offset `zone`, and may pass midnight; the second one is
    not part of it. `event` is a kind: images up to 60 s after such an event of their camera. In `plate`, `*` stands
    for anything.
    """

    camera_ids: tuple[int, ...] = ()
    start_us: int | None = None
    end_us: int | None = None
    hours: tuple[int, int] | None = None
    zone: str = "UTC"
    event: str = ""
    object: str = ""
    plate: str = ""
    held: bool = False


@dataclass(frozen=True, slots=True)
class Lane:
    """Images by one index, in spans that do not overlap and come oldest first."""

    where: tuple[ColumnElement[bool], ...]
    spans: tuple[Span, ...]
    time: ColumnElement[int] = images.c.time_us
    id: ColumnElement[int] = images.c.id


def chosen(sight: Sight, camera_ids: Iterable[int]) -> list[int] | None:
    """Return the cameras that are asked for and may be seen; None: all that there are."""
    asked = frozenset(camera_ids)
    if not asked:
        return None if sight is None else sorted(sight)
    return sorted(asked if sight is None else asked & sight)


def as_sight(ids: list[int] | None) -> Sight:
    """Return the sight of these cameras only."""
    return None if ids is None else frozenset(ids)


def every(connection: Connection, ids: list[int] | None) -> list[int]:
    """Return the ids of cameras, of all if none are named."""
    return list(connection.execute(select(cameras.c.id)).scalars()) if ids is None else ids


def sources(connection: Connection, sight: Sight, filters: Filters, begin: Place) -> Iterator[Source]:
    """Return where to read the images that are meant, in the order in which a page meets them."""
    ids = chosen(sight, filters.camera_ids)
    whole = bounded(filters.start_us, filters.end_us) & begin.ahead
    lanes = list(_lanes(connection, ids, filters, whole, begin.newer))
    clock = None
    if filters.hours:
        clock = list(hours.spans(_days(connection, ids), filters.hours, filters.zone))
    return in_order([_read(lane, clock, begin.newer) for lane in lanes], begin.newer)


def like(pattern: str) -> str:
    """Return a pattern of SQL, with `/` as escape, for a text in which `*` stands for anything."""
    escaped = pattern.strip().upper().replace("/", "//").replace("%", "/%").replace("_", "/_")
    return escaped.replace("*", "%")


def plate_ids(connection: Connection, pattern: str) -> list[int]:
    """Return the plates whose text is as a pattern; how letters are written does not matter."""
    same = func.upper(plates.c.text).like(like(pattern), escape="/")
    return list(connection.execute(select(plates.c.id).where(same)).scalars())


def _read(lane: Lane, clock: list[Span] | None, newer: bool) -> Iterator[Source]:
    both = lane.spans if clock is None else [one & other for one in lane.spans for other in clock]
    for span in both if newer else reversed(both):
        if span.start_us < span.end_us:
            yield Source(lane.time, lane.id, lane.where, span)


def _lanes(connection: Connection, ids: list[int] | None, filters: Filters, whole: Span, newer: bool) -> Iterator[Lane]:
    if filters.plate:
        yield from _plate_lanes(connection, ids, filters, whole)
    elif filters.object:
        yield from _object_lanes(connection, ids, filters, whole)
    elif filters.held:
        yield from _held_lanes(connection, ids, filters, whole)
    elif filters.event:
        yield from _event_lanes(connection, every(connection, ids), filters.event, whole, newer)
    else:
        yield from (Lane((STORED, *camera), (whole,)) for camera in each(images.c.camera_id, ids))


def each(column: ColumnElement[int], ids: list[int] | None) -> list[tuple[ColumnElement[bool], ...]]:
    """Return a condition for each camera; for all cameras one that is none."""
    return [()] if ids is None else [(column == number,) for number in ids]


def _plate_lanes(connection: Connection, ids: list[int] | None, filters: Filters, whole: Span) -> Iterator[Lane]:
    seen, also = plate_sightings.c, _also(filters, "object", "held", "event")
    known = plate_ids(connection, filters.plate)
    if len(known) > FEW:
        pattern = like(filters.plate)
        for number in every(connection, ids):
            here = (seen.camera_id == number, reads(plate_sightings, pattern))
            first = ~_before(plate_sightings, lambda other: reads(other, pattern))
            yield Lane((*here, first, *_image_of(plate_sightings), *also), (whole,), seen.time_us, seen.image_id)
        return
    for number in known:
        one = (seen.plate_id == number, condition(seen.camera_id, as_sight(ids)))
        first = ~_before(plate_sightings, lambda other: other.c.plate_id == plate_sightings.c.plate_id)
        yield Lane((*one, first, *_image_of(plate_sightings), *also), (whole,), seen.time_us, seen.image_id)


def _object_lanes(connection: Connection, ids: list[int] | None, filters: Filters, whole: Span) -> Iterator[Lane]:
    found, also = detections.c, _also(filters, "held", "event")
    wanted = select(objects.c.id).where(objects.c.label == filters.object)
    first = ~_before(detections, lambda other: other.c.object_id == detections.c.object_id)
    for number in connection.execute(wanted).scalars():
        for camera in each(found.camera_id, ids):
            where = (found.object_id == number, *camera, first, *_image_of(detections), *also)
            yield Lane(where, (whole,), found.time_us, found.image_id)


def _held_lanes(connection: Connection, ids: list[int] | None, filters: Filters, whole: Span) -> Iterator[Lane]:
    also = _also(filters, "event")
    seen = condition(images.c.camera_id, as_sight(ids))
    yield Lane((images.c.hold, STORED, seen, *also), (whole,))
    held = list(connection.execute(select(holds.c.camera_id, holds.c.start_us, holds.c.end_us)))
    for number in every(connection, ids) if held else ():
        spans = joined(Span(row.start_us, row.end_us) & whole for row in held if row.camera_id in {None, number})
        if spans:
            yield Lane((images.c.camera_id == number, ~images.c.hold, STORED, *also), spans)


def _event_lanes(connection: Connection, ids: list[int], kind: str, whole: Span, newer: bool) -> Iterator[Lane]:
    causes = Span(whole.start_us - AFTER_US, whole.end_us)
    rows = together(connection, [_nearest(number, kind, causes, newer) for number in ids])
    for number in ids:
        times = [time for camera, time in rows if camera == number]
        where = (images.c.camera_id == number, STORED)
        if len(times) > FEW:
            yield Lane((*where, after_event(kind)), (whole,))
        else:
            yield Lane(where, joined(Span(time, time + AFTER_US + 1) & whole for time in times))


def _nearest(camera: int, kind: str, causes: Span, newer: bool) -> Select[tuple[int, int]]:
    time = events.c.time_us
    own = (events.c.camera_id == camera) & (events.c.kind == kind) & (time >= causes.start_us) & (time < causes.end_us)
    order = time.asc() if newer else time.desc()
    return select(events.c.camera_id, time).where(own).order_by(order).limit(FEW + 1)


def joined(spans: Iterable[Span]) -> tuple[Span, ...]:
    """Return the spans oldest first, with those that touch made one, and without the empty ones."""
    found: list[Span] = []
    for span in sorted(span for span in spans if span.start_us < span.end_us):
        if found and span.start_us <= found[-1].end_us:
            found[-1] = Span(found[-1].start_us, max(found[-1].end_us, span.end_us))
        else:
            found.append(span)
    return tuple(found)


def is_held() -> ColumnElement[bool]:
    """Return the condition that an image is held, by itself or with a span of time."""
    around = (holds.c.start_us <= images.c.time_us) & (holds.c.end_us > images.c.time_us)
    own = holds.c.camera_id.is_(None) | (holds.c.camera_id == images.c.camera_id)
    return images.c.hold | exists().where(own & around).correlate(images)


def after_event(kind: str) -> ColumnElement[bool]:
    """Return the condition that an image came at most 60 s after such an event of its camera."""
    own = (events.c.camera_id == images.c.camera_id) & (events.c.kind == kind)
    near = events.c.time_us.between(images.c.time_us - AFTER_US, images.c.time_us)
    return exists().where(own & near).correlate(images)


def _also(filters: Filters, *names: str) -> tuple[ColumnElement[bool], ...]:
    """Return the conditions of these filters on images that another one leads to."""
    conditions = {
        "object": lambda: exists().where(
            detections.c.image_id == images.c.id,
            detections.c.object_id == objects.c.id,
            objects.c.label == filters.object,
        ),
        "held": is_held,
        "event": lambda: after_event(filters.event),
    }
    return tuple(conditions[name]() for name in names if getattr(filters, name))


def _image_of(found: Table) -> tuple[ColumnElement[bool], ...]:
    return found.c.image_id == images.c.id, STORED


def _before(found: Table, same: Callable[[FromClause], ColumnElement[bool]]) -> ColumnElement[bool]:
    """Return the condition that the same was found in the same image before: the image comes once."""
    other = found.alias("other")
    return exists().where(other.c.image_id == found.c.image_id, other.c.id < found.c.id, same(other)).correlate(found)


def reads(sightings: FromClause, pattern: str) -> ColumnElement[bool]:
    """Return the condition that a sighting is of a plate whose text is as a pattern of SQL."""
    same = func.upper(plates.c.text).like(pattern, escape="/")
    return exists().where(plates.c.id == sightings.c.plate_id, same).correlate(sightings)


def _days(connection: Connection, ids: list[int] | None) -> list[date]:
    """Return the days that may have images, wherever the viewer's midnight is."""
    seen = condition(days.c.camera_id, as_sight(ids))
    wanted = select(days.c.day).where(seen, days.c.images > 0).distinct()
    found = {date.fromisoformat(day).toordinal() for day in connection.execute(wanted).scalars()}
    # A hub's day and a viewer's differ by up to 26 hours, and hours may begin on the day before.
    around = {number + more for number in found for more in range(-3, 4)}
    return [date.fromordinal(number) for number in sorted(around) if 0 < number <= date.max.toordinal() - 2]
