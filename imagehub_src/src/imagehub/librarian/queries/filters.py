"""Which images are meant, and which indexes give them without a look at the others?

What is rarest leads: a plate, then holds, then an object, then events. The rest is looked up for each image that the
leading index gives.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date

from sqlalchemy import ColumnElement, Connection, FromClause, Table, exists, func, select

from imagehub.librarian.queries import hours
from imagehub.librarian.queries.paging import Place, Source, Span, bounded, in_order, together
from imagehub.librarian.schema import cameras, days, detections, events, holds, images, objects, plate_sightings, plates
from imagehub.librarian.sight import Sight, condition

AFTER_US = 60_000_000
# Up to so many events of a camera are looked behind one by one; with more, images are looked at one by one.
FEW = 50
SLICE_US = 3_600_000_000
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
    """Images by one index, in spans of which the closest come first."""

    where: tuple[ColumnElement[bool], ...]
    spans: Iterable[Span]
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
    whole = bounded(filters.start_us, filters.end_us) & begin.ahead & _extent(connection)
    lanes = list(_lanes(connection, ids, filters, whole, begin.newer))
    clock = None
    if filters.hours:
        open_hours = hours.spans(_days(connection, ids), filters.hours, filters.zone)
        clock = in_sequence(open_hours, whole, begin.newer)
    return in_order([_read(lane, clock) for lane in lanes], begin.newer)


def like(pattern: str) -> str:
    """Return a pattern of SQL, with `/` as escape, for a text in which `*` stands for anything."""
    escaped = pattern.strip().upper().replace("/", "//").replace("%", "/%").replace("_", "/_")
    return escaped.replace("*", "%")


def plate_ids(connection: Connection, pattern: str) -> list[int]:
    """Return the plates whose text is as a pattern; how letters are written does not matter."""
    same = func.upper(plates.c.text).like(like(pattern), escape="/")
    return list(connection.execute(select(plates.c.id).where(same)).scalars())


def _read(lane: Lane, clock: list[Span] | None) -> Iterator[Source]:
    for span in lane.spans:
        for near in (span,) if clock is None else (span & other for other in clock):
            if near.start_us < near.end_us:
                yield Source(lane.time, lane.id, lane.where, near)


def _lanes(connection: Connection, ids: list[int] | None, filters: Filters, whole: Span, newer: bool) -> Iterator[Lane]:
    if filters.plate:
        yield from _plate_lanes(connection, ids, filters, whole, newer)
    elif filters.held:
        yield from _held_lanes(connection, ids, filters, whole, newer)
    elif filters.object:
        yield from _object_lanes(connection, ids, filters, whole)
    elif filters.event:
        yield from _event_lanes(connection, every(connection, ids), filters.event, whole, newer)
    else:
        yield from (Lane((STORED, *camera), (whole,)) for camera in each(images.c.camera_id, ids))


def each(column: ColumnElement[int], ids: list[int] | None) -> list[tuple[ColumnElement[bool], ...]]:
    """Return a condition for each camera; for all cameras one that is none."""
    return [()] if ids is None else [(column == number,) for number in ids]


def _plate_lanes(
    connection: Connection, ids: list[int] | None, filters: Filters, whole: Span, newer: bool
) -> Iterator[Lane]:
    seen, also = plate_sightings.c, _also(filters, "object", "held", "event")
    known = plate_ids(connection, filters.plate)
    if len(known) > FEW:
        pattern = like(filters.plate)
        for number in every(connection, ids):
            here = (seen.camera_id == number, reads(plate_sightings, pattern))
            first = ~_before(plate_sightings, lambda other: reads(other, pattern))
            yield Lane(
                (*here, first, *_image_of(plate_sightings), *also), sliced(whole, newer), seen.time_us, seen.image_id
            )
        return
    for number in known:
        one = (seen.plate_id == number, condition(seen.camera_id, as_sight(ids)))
        first = ~_before(plate_sightings, lambda other: other.c.plate_id == plate_sightings.c.plate_id)
        yield Lane((*one, first, *_image_of(plate_sightings), *also), (whole,), seen.time_us, seen.image_id)


def _object_lanes(connection: Connection, ids: list[int] | None, filters: Filters, whole: Span) -> Iterator[Lane]:
    found, also = detections.c, _also(filters, "event")
    wanted = select(objects.c.id).where(objects.c.label == filters.object)
    first = ~_before(detections, lambda other: other.c.object_id == detections.c.object_id)
    for number in connection.execute(wanted).scalars():
        for camera in each(found.camera_id, ids):
            where = (found.object_id == number, *camera, first, *_image_of(detections), *also)
            yield Lane(where, (whole,), found.time_us, found.image_id)


def _held_lanes(
    connection: Connection, ids: list[int] | None, filters: Filters, whole: Span, newer: bool
) -> Iterator[Lane]:
    also = _also(filters, "object", "event")
    seen = condition(images.c.camera_id, as_sight(ids))
    yield Lane((images.c.hold, STORED, seen, *also), (whole,))
    held = list(connection.execute(select(holds.c.camera_id, holds.c.start_us, holds.c.end_us)))
    for number in every(connection, ids) if held else ():
        own = (Span(row.start_us, row.end_us) for row in held if row.camera_id in {None, number})
        spans = in_sequence(own, whole, newer)
        if spans:
            yield Lane((images.c.camera_id == number, ~images.c.hold, STORED, *also), spans)


def _event_lanes(connection: Connection, ids: list[int], kind: str, whole: Span, newer: bool) -> Iterator[Lane]:
    causes = Span(whole.start_us - AFTER_US, whole.end_us)
    caused = _nearest(connection, events, ids, causes, newer, events.c.kind == kind)
    taken = _nearest(connection, images, ids, whole, newer)
    for number in ids:
        where = (images.c.camera_id == number, STORED)
        times, pictures = caused.get(number, []), taken.get(number, [])
        if len(times) <= FEW:
            yield Lane(where, in_sequence(map(_behind, times), whole, newer))
        elif len(pictures) > FEW and abs(pictures[-1] - pictures[0]) < abs(times[-1] - times[0]):
            yield Lane(where, _behind_each(connection, number, kind, causes, newer))
        else:
            yield Lane((*where, after_event(kind)), sliced(whole, newer))


def _behind(time: int) -> Span:
    return Span(time, time + AFTER_US + 1)


def _behind_each(connection: Connection, camera: int, kind: str, causes: Span, newer: bool) -> Iterator[Span]:
    """Yield the spans after the events of a camera, which are read as far as somebody wants to know."""
    while times := _nearest(connection, events, [camera], causes, newer, events.c.kind == kind).get(camera):
        yield from in_sequence(map(_behind, times), causes, newer)
        causes = Span(times[-1] + 1, causes.end_us) if newer else Span(causes.start_us, times[-1])


def _nearest(
    connection: Connection, of: Table, ids: list[int], span: Span, newer: bool, *more: ColumnElement[bool]
) -> dict[int, list[int]]:
    """Return a few times of each camera that has any, the closest first."""
    time = of.c.time_us
    within = select(of.c.camera_id, time).where(time >= span.start_us, time < span.end_us, *more).limit(FEW + 1)
    ordered = within.order_by(time.asc() if newer else time.desc())
    found: dict[int, list[int]] = {}
    rows = together(connection, [ordered.where(of.c.camera_id == number) for number in ids])
    for camera, when in sorted(map(tuple, rows), reverse=not newer):
        found.setdefault(camera, []).append(when)
    return found


def sliced(span: Span, newer: bool) -> list[Span]:
    """Return a span in parts, the larger the farther: one camera is not searched far where another has a page full."""
    parts, length, rest = [], SLICE_US, span
    while length < rest.end_us - rest.start_us:
        middle = rest.start_us + length if newer else rest.end_us - length
        near, far = Span(rest.start_us, middle), Span(middle, rest.end_us)
        parts.append(near if newer else far)
        rest, length = (far if newer else near), length * 8
    return [*parts, rest]


def in_sequence(spans: Iterable[Span], whole: Span, newer: bool) -> list[Span]:
    """Return what of the spans lies in another one, those that touch made one, the closest first."""
    found: list[Span] = []
    for span in sorted(near for span in spans if (near := span & whole).start_us < near.end_us):
        if found and span.start_us <= found[-1].end_us:
            found[-1] = Span(found[-1].start_us, max(found[-1].end_us, span.end_us))
        else:
            found.append(span)
    return found if newer else found[::-1]


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
    conditions: dict[str, Callable[[], ColumnElement[bool]]] = {
        "object": lambda: shows(filters.object),
        "held": is_held,
        "event": lambda: after_event(filters.event),
    }
    return tuple(conditions[name]() for name in names if getattr(filters, name))


def shows(label: str) -> ColumnElement[bool]:
    """Return the condition that an object was found in an image."""
    same = (detections.c.object_id == objects.c.id) & (objects.c.label == label)
    return exists().where(detections.c.image_id == images.c.id, same).correlate(images)


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


def _extent(connection: Connection) -> Span:
    oldest, newest = select(func.min(images.c.time_us)), select(func.max(images.c.time_us))
    first, last = connection.execute(select(oldest.scalar_subquery(), newest.scalar_subquery())).one()
    return Span(0, 0) if first is None else Span(first, last + 1)


def _days(connection: Connection, ids: list[int] | None) -> list[date]:
    """Return the days that may have images, wherever the viewer's midnight is."""
    seen = condition(days.c.camera_id, as_sight(ids))
    wanted = select(days.c.day).where(seen, days.c.images > 0).distinct()
    found = {date.fromisoformat(day).toordinal() for day in connection.execute(wanted).scalars()}
    # A hub's day and a viewer's differ by up to 26 hours, and hours may begin on the day before.
    around = {number + more for number in found for more in range(-3, 4)}
    return [date.fromordinal(number) for number in sorted(around) if 0 < number <= date.max.toordinal() - 2]
