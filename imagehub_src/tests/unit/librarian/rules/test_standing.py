"""Silent cameras and low disks are told once."""

from collections.abc import Iterator
from datetime import UTC
from pathlib import Path

import pytest

from catalogs import entry, write_journal
from happenings import HOUR, MINUTE, NOON, SECOND, World, rule, world
from imagehub.librarian import catalog
from imagehub.librarian.ingest import Ingest
from imagehub.librarian.rules import standing
from imagehub.librarian.schema import images

PLENTY = 1 << 40


@pytest.fixture
def barn(tmp_path: Path) -> Iterator[World]:
    """Give a catalog."""
    with world(tmp_path) as made:
        yield made


def check(barn: World, now_us: int, free_bytes: int = PLENTY) -> int:
    """Check once."""
    with catalog.writing(barn.engine) as connection:
        return standing.check(connection, now_us, free_bytes, UTC)


def test_a_silence_is_told_once(barn: World) -> None:
    """After its minutes, whether images or events were last; the next silence is told again."""
    camera = barn.camera(message="Look at the plug.")
    barn.add_rule(rule("Silent", trigger="silent", silent_minutes=10))
    barn.image(camera, NOON - SECOND)
    barn.event(camera, NOON)
    assert [check(barn, NOON + at) for at in (10 * MINUTE - 1, 10 * MINUTE, 11 * MINUTE, 5 * HOUR)] == [0, 1, 0, 0]
    barn.image(camera, NOON + 6 * HOUR)
    assert [check(barn, NOON + 6 * HOUR + at * MINUTE) for at in (9, 11, 12)] == [0, 1, 0]
    assert barn.outbox()[0].text == (
        "Barn P1 has been silent for 10 minutes: nothing since 2026-11-21 12:00:00.\nLook at the plug."
    )


def test_a_silence_whose_last_image_was_deleted_is_still_the_same(barn: World) -> None:
    """What was told is not told again."""
    camera = barn.camera()
    barn.add_rule(rule(trigger="silent", silent_minutes=10))
    barn.image(camera, NOON - HOUR)
    last = barn.image(camera, NOON)
    assert check(barn, NOON + 10 * MINUTE) == 1
    with catalog.writing(barn.engine) as connection:
        connection.execute(images.delete().where(images.c.id == last))
    assert check(barn, NOON + 11 * MINUTE) == 0


def test_only_watched_cameras_are_missed(barn: World) -> None:
    """Not those of other rules, not silenced ones, and none that fell silent before the rule was made."""
    watched, other, quiet = barn.camera(), barn.camera("Yard"), barn.camera("Den", notifications=False)
    gone = barn.camera("Old")
    barn.add_rule(rule(trigger="silent", silent_minutes=10, cameras=[watched, quiet, gone]), created_us=NOON)
    for camera in (watched, other, quiet):
        barn.image(camera, NOON)
    barn.image(gone, NOON - 24 * HOUR)
    assert check(barn, NOON + HOUR) == 1
    assert barn.outbox()[0].camera_id == watched


def test_a_silence_outside_the_hours_is_told_when_they_begin(barn: World) -> None:
    """If it still lasts."""
    camera = barn.camera()
    barn.add_rule(rule(trigger="silent", silent_minutes=10, hours=["14:00", "15:00"]))
    barn.image(camera, NOON)
    assert [check(barn, NOON + at) for at in (HOUR, 2 * HOUR - 1, 2 * HOUR)] == [0, 0, 1]


def test_a_low_disk_is_told_once_until_there_is_room_again(barn: World) -> None:
    """A little above the limit is not room enough."""
    barn.add_rule(rule("Disk", trigger="disk", free_bytes=1000))
    free = (1000, 999, 10, 1001, 999, 1051, 999)
    assert [check(barn, NOON + at, bytes_) for at, bytes_ in enumerate(free)] == [0, 1, 0, 0, 0, 0, 1]
    assert [row.camera_id for row in barn.outbox()] == [None, None]


def test_nobody_is_silent_while_the_catalog_is_behind_the_hub(barn: World, tmp_path: Path) -> None:
    """After a pause of the librarian all cameras seem silent at first."""
    root = tmp_path / "hub"
    with barn.engine.connect() as connection:
        assert standing.caught_up(connection, root)
    write_journal(root, [entry(number) for number in range(1, 11)]).close()
    with barn.engine.connect() as connection:
        assert not standing.caught_up(connection, root)
    Ingest(barn.engine, root).follow()
    with barn.engine.connect() as connection:
        assert standing.caught_up(connection, root)
