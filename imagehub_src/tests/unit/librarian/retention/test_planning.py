"""What goes: by age, by size, for want of space, and never what is held."""

import shutil
from collections import namedtuple
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import update

from imagehub import deleted
from imagehub.librarian.catalog import CatalogError, writing
from imagehub.librarian.retention.carrying_out import carry_out
from imagehub.librarian.retention.holding import hold_image, hold_span
from imagehub.librarian.retention.planning import Plan, plan
from imagehub.librarian.schema import images
from kept import ADA, SIZE, Kept

Disk = namedtuple("Disk", "total used free")  # noqa: PYI024 - as shutil has it

DAY_US = 86_400_000_000
NOON_16 = 1_794_826_800_000_000  # 2026-11-16 12:00 at the hub, which is an hour ahead of UTC


def planned(kept: Kept, min_free_bytes: int = 0) -> Plan:
    """Return the plan of this moment."""
    with kept.engine.connect() as connection:
        return plan(connection, kept.root, kept.now, min_free_bytes)


def retain(kept: Kept, min_free_bytes: int = 0) -> Plan:
    """Carry the plan of this moment out; what goes is what it said."""
    before, made = kept.stored(), planned(kept, min_free_bytes)
    done = carry_out(kept.engine, kept.root, made.going)
    assert (done.images, done.bytes) == (made.images, made.bytes)
    assert len(before - kept.stored()) == made.images
    kept.assert_whole()
    return made


def test_without_a_policy_nothing_goes(kept: Kept) -> None:
    """However old it is."""
    assert retain(kept).going == ()
    assert len(kept.stored()) == 18


def test_old_images_go(kept: Kept) -> None:
    """Of three days to keep one is today; the hub's ledger says what went."""
    kept.policy(days=3)
    retain(kept)
    assert kept.days() == ["19", "19", "20", "20", "21", "21"]
    assert kept.days("Gate P1") == ["19", "20", "21"]
    assert deleted.days(kept.root) == ["2026-11-16", "2026-11-17", "2026-11-18"]
    assert not (kept.root / "images" / "2026-11-16").exists()


def test_the_closest_policy_tells_the_age(kept: Kept) -> None:
    """Camera and class before camera, camera before class, class before all."""
    kept.policy(days=1)
    kept.policy(day_class="eventful", days=5)
    kept.policy("Gate P1", days=2)
    kept.policy("Gate P1", day_class="quiet", days=4)
    retain(kept)
    assert kept.days() == ["17", "17", "19", "19", "21", "21"]
    assert kept.days("Gate P1") == ["18", "19", "20", "21"]


def test_a_policy_of_size_alone_says_nothing_of_age(kept: Kept) -> None:
    """The next closest one does."""
    kept.policy(days=2)
    kept.policy("Gate P1", size=1 << 40)
    retain(kept)
    assert kept.days("Gate P1") == ["20", "21"]


def test_too_much_of_a_camera_lets_its_oldest_go(kept: Kept) -> None:
    """Only as many as need be, of a day in part; no other camera is touched."""
    kept.policy("Barn P1", size=9 * SIZE + 1)
    made = retain(kept)
    assert kept.days() == ["17", "18", "18", "19", "19", "20", "20", "21", "21"]
    assert len(kept.days("Gate P1")) == 6
    assert {part.reason for part in made.going} == {f"more than {9 * SIZE + 1} B"}


def test_too_much_of_all_lets_the_oldest_of_all_go(kept: Kept) -> None:
    """In the order of time, whichever camera it is; images of one time go together."""
    kept.policy(size=16 * SIZE)
    retain(kept)
    assert len(kept.stored()) == 15
    assert kept.days()[0] == "17"
    assert kept.days("Gate P1")[0] == "17"


def test_each_policy_limits_its_own(kept: Kept) -> None:
    """What goes for one counts for the others, also where both cut the same day."""
    kept.policy(size=14 * SIZE)
    kept.policy("Barn P1", size=7 * SIZE)
    kept.policy("Barn P1", day_class="eventful", size=3 * SIZE)
    retain(kept)
    assert kept.days() == ["18", "19", "20", "20", "21", "21"]
    assert kept.days("Gate P1") == ["17", "18", "19", "20", "21"]


@pytest.mark.parametrize(("days", "size"), [(1, None), (None, 1)])
def test_what_is_held_stays(kept: Kept, days: int | None, size: int | None) -> None:
    """An image, and a span of one camera, whatever the policy."""
    first, *_ = kept.ids()
    with writing(kept.engine) as connection:
        hold_image(connection, ADA, first, hold=True)
        span = (NOON_16 + 2 * DAY_US, NOON_16 + 3 * DAY_US)
        hold_span(connection, ADA, kept.camera("Gate P1"), *span, "a theft")
    kept.policy(days=days, size=size)
    retain(kept)
    today = ["21"] if days else []
    assert kept.days() == ["16", *today, *today]
    assert kept.days("Gate P1") == ["18", *today]


def test_a_span_of_all_cameras_holds_whole_days_and_parts(kept: Kept) -> None:
    """From the second image of the 17th until before the second one of the 20th."""
    with writing(kept.engine) as connection:
        hold_span(connection, ADA, None, NOON_16 + DAY_US + 1_500_000, NOON_16 + 4 * DAY_US + 1_500_000, "")
    kept.policy(size=1)
    retain(kept)
    assert kept.days() == ["17", "18", "18", "19", "19", "20"]
    assert kept.days("Gate P1") == ["17", "18", "19"]


def test_an_image_that_goes_already_is_not_planned_again(kept: Kept) -> None:
    """What was begun is finished by others; the rest of that day is cut where it has to be."""
    with writing(kept.engine) as connection:
        connection.execute(update(images).where(images.c.id == kept.ids()[0]).values(state="going"))
        hold_image(connection, ADA, kept.ids()[1], hold=True)
    kept.policy(days=5)
    assert planned(kept).images == 1


def test_want_of_space_takes_the_oldest(kept: Kept, monkeypatch: pytest.MonkeyPatch) -> None:
    """As many as need be, after what goes anyway."""
    monkeypatch.setattr(shutil, "disk_usage", lambda _: Disk(1000 * SIZE, 0, 10 * SIZE))
    kept.policy("Gate P1", days=5)
    made = retain(kept, min_free_bytes=14 * SIZE)
    assert kept.days() == ["17", "18", "18", "19", "19", "20", "20", "21", "21"]
    assert made.images == 4
    assert [part.reason for part in made.going] == ["older than 5 days", *["the disk is nearly full"] * 2]
    assert (made.free_bytes, made.total_bytes) == (10 * SIZE, 1000 * SIZE)


def test_a_day_to_come_is_the_newest(kept: Kept) -> None:
    """A clock that was wrong neither makes an image old nor holds the others back."""
    kept.now -= timedelta(days=2)
    kept.policy(days=2)
    retain(kept)
    assert kept.days("Gate P1") == ["18", "19", "20", "21"]


def test_a_hub_that_nobody_knows_is_an_error(kept: Kept, tmp_path: Path) -> None:
    """It says what to do."""
    with kept.engine.connect() as connection, pytest.raises(CatalogError, match="import"):
        plan(connection, tmp_path / "other", kept.now)
