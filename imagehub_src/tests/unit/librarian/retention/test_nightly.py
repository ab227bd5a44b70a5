"""The night's work is done once, also when the librarian was down, and the disk is looked after each minute."""

import logging
import shutil
import threading
from collections import namedtuple
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from imagehub import failpoints
from imagehub.librarian import deletion, settings
from imagehub.librarian.retention.carrying_out import PATIENCE_SECONDS, Guard
from imagehub.librarian.retention.nightly import Keeper, last_night, part
from kept import SIZE, Kept

Disk = namedtuple("Disk", "total used free")  # noqa: PYI024 - as shutil has it

GO_ON = threading.Event()


@pytest.fixture
def keeper(kept: Kept, tmp_path: Path) -> Callable[[], Keeper]:
    """Give what makes a keeper, as each start of the librarian does."""
    text = "librarian:\n  hub_directory: hub\nretention:\n  min_free_bytes: 0\n"
    loaded = settings.parse(text, tmp_path)
    return lambda: Keeper(kept.engine, loaded, deletion.nothing, lambda: kept.now)


@pytest.fixture
def disk(kept: Kept, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Give a disk with room for 30 images and what is added to the list in bytes; each file takes its size."""
    taken = [0]
    usage = lambda _: Disk(30 * SIZE, 0, 30 * SIZE - sum(taken) - SIZE * len(kept.files()))  # noqa: E731
    monkeypatch.setattr(shutil, "disk_usage", usage)
    return taken


def test_each_night_has_one_deletion(kept: Kept, keeper: Callable[[], Keeper]) -> None:
    """At half past three; a restart on the same day does not repeat it."""
    keeper().look(GO_ON)
    kept.policy(days=3)
    first = keeper()
    first.look(GO_ON)
    assert len(kept.stored()) == 18
    kept.now = kept.now.replace(hour=3, minute=29) + timedelta(days=1)
    first.look(GO_ON)
    assert len(kept.stored()) == 18
    kept.now += timedelta(minutes=1)
    first.look(GO_ON)
    assert kept.days("Gate P1") == ["20", "21"]


def test_a_night_that_was_missed_is_made_up_for(kept: Kept, keeper: Callable[[], Keeper]) -> None:
    """At the next start, whatever time it is."""
    keeper().look(GO_ON)
    kept.policy(days=3)
    kept.now += timedelta(days=1)
    keeper().look(GO_ON)
    assert kept.days("Gate P1") == ["20", "21"]


def test_a_night_that_was_broken_off_is_done_again(kept: Kept, keeper: Callable[[], Keeper]) -> None:
    """A stop ends the deletion between two batches, and the next start goes on."""
    kept.policy(days=3)
    stopped = threading.Event()
    stopped.set()
    keeper().look(stopped)
    assert len(kept.stored()) == 18
    keeper().look(GO_ON)
    assert kept.days("Gate P1") == ["19", "20", "21"]


def test_a_hub_that_has_sent_nothing_is_waited_for(kept: Kept, tmp_path: Path) -> None:
    """Before the first entry is taken in there is nothing to do, and no error."""
    loaded = replace(settings.parse("librarian:", tmp_path), hub_directory=tmp_path / "new")
    Keeper(kept.engine, loaded, deletion.nothing, lambda: kept.now).look(GO_ON)


def test_the_part_finishes_what_was_begun(kept: Kept, tmp_path: Path) -> None:
    """Before anything else."""
    failpoints.arm("after_ledger=EIO")
    with pytest.raises(OSError, match="after_ledger"):
        deletion.delete(kept.engine, kept.root, kept.ids()[:3], "ada")
    failpoints.arm("")
    loaded = settings.parse("librarian:\n  hub_directory: hub", tmp_path)
    stopped, forgotten = threading.Event(), list[int]()
    stopped.set()
    part(kept.engine, loaded, forgotten.append)(stopped)
    assert len(forgotten) == 3
    kept.assert_whole()


def test_last_night_begins_at_the_hour(kept: Kept) -> None:
    """Before it, it is still the night before."""
    noon = kept.now
    assert [str(last_night(noon.replace(hour=hour, minute=30), "03:30")) for hour in (2, 3, 4)] == [
        "2026-11-20", "2026-11-21", "2026-11-21",
    ]  # fmt: skip


# The guard


def guard(kept: Kept) -> Guard:
    """Return a guard of room for ten images."""
    return Guard(kept.engine, kept.root, 10 * SIZE)


def test_with_enough_space_nothing_goes(kept: Kept, disk: list[int]) -> None:
    """Also with just enough."""
    disk.append(2 * SIZE)
    guard(kept).look(0, GO_ON)
    assert len(kept.stored()) == 18


def test_the_oldest_go_until_there_is_space(kept: Kept, disk: list[int], caplog: pytest.LogCaptureFixture) -> None:
    """Over all cameras, a little more than need be; one line tells."""
    disk.append(5 * SIZE)
    guard(kept).look(0, GO_ON)
    assert len(kept.stored()) == 14
    assert kept.days()[0] == "17"
    assert [record.levelno for record in caplog.records] == [logging.WARNING]
    kept.assert_whole()


def test_what_does_not_help_is_given_up(kept: Kept, disk: list[int], monkeypatch: pytest.MonkeyPatch,
                                        caplog: pytest.LogCaptureFixture) -> None:  # fmt: skip
    """Where something else keeps the space, no more than it seemed to need go, and one line an hour tells."""
    monkeypatch.setattr(shutil, "disk_usage", lambda _: Disk(30 * SIZE, 0, 9 * SIZE))
    one = guard(kept)
    for minute in range(10):
        one.look(minute * 60, GO_ON)
    assert len(kept.stored()) == 15
    assert [record.levelno for record in caplog.records] == [logging.ERROR]
    one.look(PATIENCE_SECONDS, GO_ON)
    assert len(kept.stored()) == 12
    assert len(caplog.records) == 2


def test_nothing_to_delete_is_told_once(kept: Kept, disk: list[int], caplog: pytest.LogCaptureFixture) -> None:
    """An empty catalog does not keep the guard busy."""
    disk.append(1 << 40)
    one = guard(kept)
    one.look(0, GO_ON)
    one.look(60, GO_ON)
    assert kept.stored() == set()
    assert caplog.text.count("freed nothing") == 1
