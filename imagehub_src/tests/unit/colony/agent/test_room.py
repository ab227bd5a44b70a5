"""A recording for which the disk has no room is refused before it begins."""

from dataclasses import replace
from pathlib import Path

import pytest

from imagehub.colony.agent import room
from imagehub.colony.recording.plan import Plan
from imagehub.node.cameras.camera import Mode

PLAN = Plan("left", "a", "", "20260131_120000", Mode((640, 480), 30), max_seconds=60)


def test_longer_larger_and_faster_recordings_need_more() -> None:
    """In proportion, but for a part that is kept free."""
    least = room.needed(PLAN)
    longer, faster = replace(PLAN, max_seconds=120), replace(PLAN, mode=Mode((640, 480), 60))
    assert room.needed(longer) == room.needed(faster) == 2 * least - room.SPARE_BYTES


def test_what_is_not_saved_needs_nothing() -> None:
    """A camera may run on a full disk."""
    room.check(replace(PLAN, save_data=False), Path("/data"), 0)


def test_too_small_a_disk_is_told_with_both_figures() -> None:
    """And how to mend it."""
    room.check(PLAN, Path("/data"), room.needed(PLAN))
    with pytest.raises(
        room.NoRoomError, match=r"/data has 1\.00 GiB free and 2 h 00 min may take .* max_acquisition_time"
    ):
        room.check(replace(PLAN, max_seconds=7200), Path("/data"), 1 << 30)


def test_a_folder_that_is_not_there_yet_is_where_it_would_be_made(tmp_path: Path) -> None:
    """The disk is the same."""
    assert room.free(tmp_path / "not" / "yet") > 0
