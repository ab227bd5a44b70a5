"""Which parts of a camera's picture have a name, or are not looked at?"""

import json
import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from itertools import combinations
from typing import NamedTuple, TypeVar

from sqlalchemy import Connection, delete, insert, select

from imagehub.librarian import audit
from imagehub.librarian.audit import Actor
from imagehub.librarian.catalog import CatalogError
from imagehub.librarian.queries import cameras
from imagehub.librarian.queries.faults import ValueFault
from imagehub.librarian.schema import NAME
from imagehub.librarian.schema import regions as table

ZONE, IGNORE = "zone", "ignore"
USES = (ZONE, IGNORE)
P = TypeVar("P", bound=tuple[float, float])
MOST_REGIONS, MOST_CORNERS = 50, 100


class Point(NamedTuple):
    """A place in a picture, each from 0 to 1."""

    x: float
    y: float


@dataclass(frozen=True, slots=True)
class Region:
    """A part of a camera's picture: a `zone` that rules name, or one to `ignore`; corners are from 0 to 1."""

    name: str
    use: str
    polygon: tuple[tuple[float, float], ...]

    def holds(self, x: float, y: float) -> bool:
        """Tell whether a point is in it; one on its edge may be or not."""
        inside = False
        for (x1, y1), (x2, y2) in _edges(self.polygon):
            if (y1 > y) != (y2 > y) and x < x1 + (y - y1) * (x2 - x1) / (y2 - y1):
                inside = not inside
        return inside


def of_camera(connection: Connection, camera_id: int) -> list[Region]:
    """Return a camera's regions, by name."""
    wanted = select(table).where(table.c.camera_id == camera_id).order_by(table.c.name)
    return [Region(row.name, row.use, _read(row.polygon)) for row in connection.execute(wanted)]


def change(connection: Connection, actor: Actor, camera_id: int, regions: Sequence[Region]) -> None:
    """Give a camera these regions instead of those that it has; the audit log says which.

    Raises:
        ValueFault: a region can't be as it is given; the text names it.
        CatalogError: there is no such camera.
    """
    camera = cameras.camera(connection, None, camera_id)
    if camera is None:
        raise CatalogError(f"there is no camera {camera_id}: it was deleted, or never there")
    wanted = sorted((_checked(region) for region in regions), key=lambda region: region.name)
    _check_together(wanted)
    if wanted == of_camera(connection, camera_id):
        return
    connection.execute(delete(table).where(table.c.camera_id == camera_id))
    for region in wanted:
        row = asdict(region) | {"polygon": json.dumps(region.polygon)}
        connection.execute(insert(table).values(camera_id=camera_id, **row))
    audit.note(connection, actor, "camera.regions", camera.name, regions=[asdict(region) for region in wanted])


def _read(polygon: str) -> tuple[tuple[float, float], ...]:
    return tuple((float(x), float(y)) for x, y in json.loads(polygon))


def _checked(region: Region) -> Region:
    name = region.name.strip()
    if not name or len(name) > NAME or not name.isprintable() or "," in name:
        raise ValueFault("regions", f"give each a name of at most {NAME} characters, without commas")
    if region.use not in USES:
        raise ValueFault("regions", f"{name}: is either for `{ZONE}` or for `{IGNORE}`")
    corners = [Point(float(x), float(y)) for x, y in region.polygon]
    # Whoever draws may click twice, or once more on the first corner.
    corners = [one for one, after in _edges(corners) if one != after]
    _check_polygon(name, corners)
    return Region(name, region.use, tuple((x, y) for x, y in corners))


def _check_together(regions: Sequence[Region]) -> None:
    if len(regions) > MOST_REGIONS:
        raise ValueFault("regions", f"give at most {MOST_REGIONS}")
    # Databases disagree about whether Door and door are one name.
    (name, count), *_ = Counter(region.name.casefold() for region in regions).most_common(1) or [("", 0)]
    if count > 1:
        raise ValueFault("regions", f"{name}: {count} regions have this name")


def _check_polygon(name: str, corners: Sequence[Point]) -> None:
    if not 3 <= len(corners) <= MOST_CORNERS:
        raise ValueFault("regions", f"{name}: has {len(corners)} corners; give 3 to {MOST_CORNERS}")
    if not all(math.isfinite(value) and 0 <= value <= 1 for corner in corners for value in corner):
        raise ValueFault("regions", f"{name}: a corner lies outside of the picture")
    if _area(corners) < 1e-6:
        raise ValueFault("regions", f"{name}: holds no part of the picture")
    edges = _edges(corners)
    beside = {(number, (number + 1) % len(edges)) for number in range(len(edges))}
    for one, other in combinations(range(len(edges)), 2):
        if (one, other) not in beside and (other, one) not in beside and _cross(edges[one], edges[other]):
            raise ValueFault("regions", f"{name}: its edges cross")


def _edges(corners: Sequence[P]) -> list[tuple[P, P]]:
    return list(zip(corners, [*corners[1:], *corners[:1]], strict=True))


def _area(corners: Sequence[Point]) -> float:
    return abs(sum(one.x * other.y - other.x * one.y for one, other in _edges(corners))) / 2


def _cross(one: tuple[Point, Point], other: tuple[Point, Point]) -> bool:
    """Tell whether two edges have a point in common."""
    sides = [_side(one, other[0]), _side(one, other[1]), _side(other, one[0]), _side(other, one[1])]
    if sides[0] * sides[1] < 0 and sides[2] * sides[3] < 0:
        return True
    ends = [(one, other[0]), (one, other[1]), (other, one[0]), (other, one[1])]
    return any(side == 0 and _spans(*end) for side, end in zip(sides, ends, strict=True))


def _side(edge: tuple[Point, Point], point: Point) -> float:
    """Return on which side of an edge a point is: the sign of the area of the three."""
    (x1, y1), (x2, y2) = edge
    return (x2 - x1) * (point.y - y1) - (y2 - y1) * (point.x - x1)


def _spans(edge: tuple[Point, Point], point: Point) -> bool:
    one, other = edge
    return min(one.x, other.x) <= point.x <= max(one.x, other.x) and min(one.y, other.y) <= point.y <= max(
        one.y, other.y
    )
