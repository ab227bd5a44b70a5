"""A plan as text for a terminal."""

from collections import defaultdict
from collections.abc import Iterable
from typing import TextIO

from sqlalchemy import Connection, select

from imagehub.librarian.retention.planning import Going, Plan
from imagehub.librarian.schema import cameras, nodes
from imagehub.terminal import columns, screen, units
from imagehub.terminal.columns import Column, Text

COLUMNS = (
    Column("CAMERA", worth=5, right=False, narrowest=12, widest=40),
    Column("DAYS", worth=3, right=False),
    Column("IMAGES", worth=4),
    Column("SIZE", worth=4),
    Column("WHY", worth=2, right=False, narrowest=10),
)


def show(connection: Connection, plan: Plan, stream: TextIO) -> None:
    """Print what goes, camera by camera, and how long the disk lasts."""
    wanted = select(cameras.c.id, nodes.c.name, cameras.c.view).join(nodes)
    names = {number: f"{node} {view}".rstrip() for number, node, view in connection.execute(wanted)}
    if plan.going:
        width, colour = screen.size(stream).columns, screen.wants_colour(stream)
        print(*columns.table(COLUMNS, _rows(plan.going, names), width, colour), "", sep="\n", file=stream)
    print(*lines(plan), sep="\n", file=stream)


def lines(plan: Plan) -> list[str]:
    """Return the sum of a plan, and the disk's forecast."""
    free, total, more = map(units.size, (plan.free_bytes, plan.total_bytes, plan.bytes_a_day))
    what = f"{units.counted(plan.images, 'image')}, {units.size(plan.bytes)}"
    return [
        f"{what}: would be deleted" if plan.going else "nothing would be deleted",
        f"disk: {free} of {total} free, {more} more each day",
        f"full {_when(plan.days_left)} with these policies, {_when(plan.days_left_without_policies)} without",
    ]


def _when(days: int | None) -> str:
    return "not within ten years" if days is None else f"in {units.counted(days, 'day')}"


def _rows(going: Iterable[Going], names: dict[int, str]) -> list[list[Text]]:
    groups: dict[tuple[str, str], list[Going]] = defaultdict(list)
    for part in going:
        groups[names[part.camera_id], part.reason].append(part)
    return [_row(camera, reason, parts) for (camera, reason), parts in sorted(groups.items())]


def _row(camera: str, reason: str, parts: list[Going]) -> list[Text]:
    first, last = min(part.day for part in parts), max(part.day for part in parts)
    days = first if first == last else f"{first} to {last}"
    number, size = sum(part.images for part in parts), sum(part.bytes for part in parts)
    return [Text(text) for text in (camera, days, units.count(number), units.size(size), reason)]
