"""Rules about what lasts: a camera that is silent, a disk that is low. They are checked each minute."""

from collections.abc import Iterator
from datetime import tzinfo
from pathlib import Path

from sqlalchemy import Connection, select, update

from imagehub import journal
from imagehub.librarian import notify
from imagehub.librarian.catalog import clean
from imagehub.librarian.rules import finding, firing, kept, wording
from imagehub.librarian.rules.deciding import SECOND, fits_clock
from imagehub.librarian.rules.kept import Kept
from imagehub.librarian.schema import hubs, rules

MINUTE_US = 60 * SECOND
EASED = 1.05  # the disk is low until so many times the limit are free, lest it be low again the next minute


def caught_up(connection: Connection, hub_directory: Path) -> bool:
    """Tell whether all that the hub acknowledged by now is in the catalog: before, nobody is silent for sure."""
    mark = journal.read_mark(hub_directory / journal.FOLDER)
    if mark is None:
        return True
    same = hubs.c.data_directory == clean(str(hub_directory.absolute()))
    taken = connection.execute(select(hubs.c.sequence).where(same)).scalar()
    return taken is not None and taken >= mark.position.sequence


def check(connection: Connection, now_us: int, free_bytes: int, zone: tzinfo | None = None) -> int:
    """Look at what lasts; return how many notifications came of it."""
    put = 0
    for one in kept.listed(connection):
        if not one.rule.enabled:
            continue
        if one.rule.when.trigger == "silent":
            put += _silence(connection, one, now_us, zone)
        elif one.rule.when.trigger == "disk":
            put += _disk(connection, one, now_us, free_bytes, zone)
    return put


def _silence(connection: Connection, one: Kept, now_us: int, zone: tzinfo | None) -> int:
    if not fits_clock(one.rule.when, now_us, zone):
        return 0
    cameras = finding.all_cameras(connection)
    put = 0
    for camera_id, last_us in _silent(connection, one, now_us):
        camera = cameras[camera_id]
        text = wording.of_silence(last_us, now_us, camera, zone)
        cause = f"camera {camera_id} silent since {last_us}"
        draft = notify.Draft(cause, "", "", wording.title(one.rule, camera), text, now_us, camera_id=camera_id)
        put += firing.fire(connection, one, draft, now_us)
    return put


def _silent(connection: Connection, one: Kept, now_us: int) -> Iterator[tuple[int, int]]:
    """Yield the cameras whose silence is news, and when each was heard of last."""
    when, cooldown = one.rule.when, firing.cooldown(connection)
    for camera_id, camera in finding.all_cameras(connection).items():
        if not camera.notifies or (when.cameras and camera_id not in when.cameras):
            continue
        last_us = finding.last_heard(connection, camera_id, now_us)
        since_us = None if last_us is None else last_us + (when.silent_minutes or 0) * MINUTE_US
        if last_us is None or since_us is None or not one.created_us <= since_us <= now_us:
            continue
        told_us = cooldown.last(one.id, camera_id)
        told = told_us is not None and told_us > last_us
        if not told and cooldown.over(one.id, camera_id, now_us, one.rule.cooldown_seconds):
            yield camera_id, last_us


def _disk(connection: Connection, one: Kept, now_us: int, free_bytes: int, zone: tzinfo | None) -> int:
    limit = one.rule.when.free_bytes or 0
    if one.low_us is not None:
        if free_bytes > limit * EASED:
            _set_low(connection, one, None)
        return 0
    may = fits_clock(one.rule.when, now_us, zone)
    may = may and firing.cooldown(connection).over(one.id, None, now_us, one.rule.cooldown_seconds)
    if free_bytes >= limit or not may:
        return 0
    _set_low(connection, one, now_us)
    text = wording.of_disk(free_bytes, limit)
    draft = notify.Draft(f"disk low since {now_us}", "", "", wording.title(one.rule), text, now_us)
    return firing.fire(connection, one, draft, now_us)


def _set_low(connection: Connection, one: Kept, low_us: int | None) -> None:
    connection.execute(update(rules).where(rules.c.id == one.id).values(low_us=low_us))
