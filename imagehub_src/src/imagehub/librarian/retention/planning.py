"""What retention deletes now: by age, by size, and because the disk is nearly full; nothing that is held.

Whole days of cameras are reckoned with; single images are looked at only where a part of a day goes, or is held.
"""

import shutil
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import groupby
from pathlib import Path

from sqlalchemy import Connection, select

from imagehub.librarian.catalog import CatalogError, clean
from imagehub.librarian.ingest import LARGEST
from imagehub.librarian.retention import forecast, places
from imagehub.librarian.retention.places import Place
from imagehub.librarian.retention.policy import Policy, keep_days, policies
from imagehub.librarian.schema import hubs, images
from imagehub.terminal import units


@dataclass(frozen=True, slots=True)
class Going:
    """Images of a camera's day that go; with `until_us`, those up to that time only."""

    day: str
    camera_id: int
    images: int
    bytes: int
    reason: str
    until_us: int | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """What goes, the disk now, and in how many days it is full; None: not within ten years."""

    going: tuple[Going, ...]
    free_bytes: int
    total_bytes: int
    bytes_a_day: int
    days_left: int | None
    days_left_without_policies: int | None

    @property
    def images(self) -> int:
        """How many images go."""
        return sum(part.images for part in self.going)

    @property
    def bytes(self) -> int:
        """How much they have together."""
        return sum(part.bytes for part in self.going)


def plan(connection: Connection, hub_directory: Path, now: datetime, min_free_bytes: int = 0) -> Plan:
    """Return what retention deletes if it runs now. `now` is the hub's local time.

    Raises:
        CatalogError: the catalog knows nothing of that hub.
    """
    known, planner = policies(connection), Planner(connection, hub_directory)
    rates = forecast.rates(planner.places, now.date())
    disk = shutil.disk_usage(hub_directory)
    expected = forecast.Expected(planner.places, rates, known, now.date())
    left = (expected.days_until(disk.free), forecast.Expected((), rates, [], now.date()).days_until(disk.free))
    planner.by_age(known, now.date())
    planner.by_size(known)
    planner.by_space(min_free_bytes - disk.free - sum(part.bytes for part in planner.going))
    return Plan(tuple(planner.going), disk.free, disk.total, round(sum(rates.values())), *left)


class Planner:
    """Gathers in `going` what goes, reason by reason; what goes for one is not there any more for the next."""

    def __init__(self, connection: Connection, hub_directory: Path) -> None:
        self._connection = connection
        self.places = places.load(connection, hub_id(connection, hub_directory))
        self.going: list[Going] = []

    def by_age(self, known: list[Policy], today: date) -> None:
        """Let images go that are older than the closest policy says."""
        for place in self.places:
            keep = keep_days(known, place.camera_id, place.eventful)
            if keep is not None and place.day <= str(today - timedelta(days=keep)):
                self._take(place, f"older than {units.counted(keep, 'day')}")

    def by_size(self, known: Iterable[Policy]) -> None:
        """Let the oldest images go where there is more than a policy allows."""
        for policy in known:
            if policy.keep_bytes is not None:
                scope = [place for place in self.places if policy.covers(place.camera_id, place.eventful)]
                excess = sum(place.bytes for place in scope) - policy.keep_bytes
                self._take_oldest(scope, excess, f"more than {units.size(policy.keep_bytes)}")

    def by_space(self, needed: int) -> None:
        """Let the oldest images of all cameras go until so many bytes have."""
        self._take_oldest(self.places, needed, "the disk is nearly full")

    def _take_oldest(self, scope: Sequence[Place], needed: int, reason: str) -> None:
        for _, group in groupby(scope, key=lambda place: place.day):
            if needed <= 0:
                return
            of_day = list(group)
            free = sum(self._settled(place).free_bytes for place in of_day)
            if free > needed:
                self._take_part(of_day, needed, reason)
            else:
                for place in of_day:
                    self._take(place, reason)
            needed -= free

    def _settled(self, place: Place) -> Place:
        places.settle(self._connection, place)
        return place

    def _take(self, place: Place, reason: str, number: int | None = None, size: int = 0, until: int = LARGEST) -> None:
        """Take all of a place that is free, or so many images up to a time."""
        self._settled(place)
        whole = number is None
        number, size = (place.free_images, place.free_bytes) if number is None else (number, size)
        if number:
            part = Going(place.day, place.camera_id, number, size, reason, None if whole else until)
            self.going.append(part)
            place.drop(number, size, until)

    def _take_part(self, of_day: Sequence[Place], needed: int, reason: str) -> None:
        """Take the oldest images of one day, until there are `needed` bytes of them."""
        found = sorted(
            (time, size, index)
            for index, place in enumerate(of_day)
            if place.free_images
            for time, size in self._connection.execute(
                select(images.c.time_us, images.c.bytes).where(*places.free_in(place))
            )
        )
        until, taken = -1, [[0, 0] for _ in of_day]
        for time, size, index in found:
            if needed <= 0 and time != until:  # images of one time go together
                break
            until, needed = time, needed - size
            taken[index][0] += 1
            taken[index][1] += size
        for place, (number, total) in zip(of_day, taken, strict=True):
            self._take(place, reason, number, total, until)


def hub_id(connection: Connection, hub_directory: Path) -> int:
    """Return the id of a hub.

    Raises:
        CatalogError: the catalog knows nothing of it.
    """
    number = find_hub(connection, hub_directory)
    if number is None:
        raise CatalogError(f"the catalog has nothing of {hub_directory}: imagehub-librarian run, or import")
    return number


def find_hub(connection: Connection, hub_directory: Path) -> int | None:
    """Return the id of a hub, None if nothing of it was taken in yet."""
    name = clean(str(hub_directory.absolute()))
    return connection.execute(select(hubs.c.id).where(hubs.c.data_directory == name)).scalar()
