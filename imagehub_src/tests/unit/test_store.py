"""What a store returns without a fault is stored, what has a fault is not, and both hold for the fake that it ships."""

import errno
import json
import os
import random
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, timezone
from functools import partial
from pathlib import Path
from typing import Any, Protocol
from zoneinfo import ZoneInfo

import pytest

from hubdata import (
    DAY_SECONDS,
    JPEG,
    NOON,
    TODAY,
    Flusher,
    acknowledged,
    event,
    every_line,
    image,
    keep,
    largest_file,
    open_store,
    pictures,
    tree,
    write,
)
from imagehub import check, failpoints, images, journal
from imagehub import store as storing
from imagehub.store import DAILY_LIMIT, DISK_FULL, Item, Store
from imagehub.testing import FakeClock, MemoryStore

EIO = OSError(errno.EIO, os.strerror(errno.EIO))
BROKEN = "disk error: Input/output error"


@pytest.fixture(autouse=True)
def _no_failpoints() -> Iterator[None]:
    yield
    failpoints.arm("")


# What every store promises


class Rig(Protocol):
    """A store whose disk can be made to fail."""

    @property
    def store(self) -> Store | MemoryStore:
        """The store."""

    def fill(self) -> None:
        """Let the disk be full."""

    def break_(self) -> None:
        """Let flushes fail."""

    def heal(self) -> None:
        """Let the disk be well again."""

    def stored(self) -> list[str]:
        """Return the texts of what is stored, in order."""


@dataclass
class MemoryRig:
    """The fake that is shipped."""

    store: MemoryStore = field(default_factory=MemoryStore)

    def fill(self) -> None:
        """See `Rig`."""
        self.store.disk_fault = DISK_FULL

    def break_(self) -> None:
        """See `Rig`."""
        self.store.flush_fault = BROKEN

    def heal(self) -> None:
        """See `Rig`."""
        self.store.disk_fault = self.store.flush_fault = None

    def stored(self) -> list[str]:
        """See `Rig`."""
        return [message.text for message in self.store.stored]


class DiskRig:
    """The real one."""

    def __init__(self, root: Path) -> None:
        self.root, self.flush = root, Flusher()
        self.store = open_store(root, FakeClock(NOON).now, self.flush)

    def fill(self) -> None:
        """See `Rig`."""
        failpoints.arm("mid_write=ENOSPC")

    def break_(self) -> None:
        """See `Rig`."""
        self.flush.error = EIO

    def heal(self) -> None:
        """See `Rig`."""
        failpoints.arm("")
        self.flush.error = None

    def stored(self) -> list[str]:
        """See `Rig`."""
        return [entry["text"] for entry in acknowledged(self.root)]


@pytest.fixture(params=["memory", "disk"])
def rig(request: pytest.FixtureRequest, tmp_path: Path) -> Rig:
    """Each store in turn."""
    return MemoryRig() if request.param == "memory" else DiskRig(tmp_path)


def faults(items: list[Item]) -> list[str | None]:
    """Return why each item was not stored."""
    return [item.outcome.fault for item in items]


def test_what_is_committed_without_a_fault_is_stored(rig: Rig) -> None:
    """Images and events are stored in the order in which they were written."""
    rig.store.write([rig.store.item("1", image("jpg|1"), "a"), rig.store.item("2", event("motion|2"), "b")])
    rig.store.write([rig.store.item("3", image("jpg|3"), "c")])
    items = rig.store.commit()
    assert [item.ticket for item in items] == ["a", "b", "c"]
    assert faults(items) == [None, None, None]
    assert rig.stored() == ["Barn P1|jpg|1", "Barn P1|motion|2", "Barn P1|jpg|3"]


def test_nothing_is_promised_before_the_commit(rig: Rig) -> None:
    """What was only written is not stored, and is returned by one commit only."""
    rig.store.write([rig.store.item("1", image())])
    assert rig.stored() == []
    assert len(rig.store.commit()) == 1
    assert rig.store.commit() == []


def test_what_the_disk_does_not_take_has_the_reason(rig: Rig) -> None:
    """A full disk is told with the item and in the store's fault, and nothing is stored."""
    rig.fill()
    rig.store.write([rig.store.item("1", image())])
    assert faults(rig.store.commit()) == [DISK_FULL]
    assert rig.store.fault == DISK_FULL
    assert rig.stored() == []


def test_what_a_flush_does_not_confirm_has_the_reason(rig: Rig) -> None:
    """Everything that waited for the flush is told that it is not stored."""
    rig.break_()
    rig.store.write([rig.store.item("1", image()), rig.store.item("2", event())])
    assert faults(rig.store.commit()) == [BROKEN, BROKEN]
    assert rig.store.fault == BROKEN
    assert rig.stored() == []


def test_a_later_flush_does_not_vouch_for_what_one_did_not_confirm(rig: Rig) -> None:
    """What got a fault keeps it, whatever the disk says afterwards."""
    rig.break_()
    lost = write_one(rig, "1", "jpg|lost")
    rig.store.commit()
    rig.heal()
    write_one(rig, "2", "jpg|kept")
    assert faults(rig.store.commit()) == [None]
    assert lost.outcome.fault == BROKEN
    assert rig.stored() == ["Barn P1|jpg|kept"]


def write_one(rig: Rig, request: str, rest: str = "jpg|") -> Item:
    """Write one image under a request id and return its item."""
    item = rig.store.item(request, image(rest))
    rig.store.write([item])
    return item


def test_a_request_that_comes_again_is_stored_once(rig: Rig) -> None:
    """A repeat gets the good answer of the first, after its commit as before it."""
    write_one(rig, "1")
    again = write_one(rig, "1")
    rig.store.commit()
    later = write_one(rig, "1")
    rig.store.commit()
    assert faults([again, later]) == [None, None]
    assert again.message is None
    assert len(rig.stored()) == 1


def test_a_repeat_shares_the_fault_of_the_first(rig: Rig) -> None:
    """As long as the first is on its way, a repeat is as good or as bad as that."""
    rig.break_()
    write_one(rig, "1")
    again = write_one(rig, "1")
    assert faults(rig.store.commit()) == [BROKEN, BROKEN]
    assert again.message is None


def test_a_request_with_a_fault_is_stored_anew(rig: Rig) -> None:
    """A sender that tries again after NOT STORED gets its image stored."""
    rig.break_()
    write_one(rig, "1")
    rig.store.commit()
    rig.heal()
    again = write_one(rig, "1")
    rig.store.commit()
    assert again.outcome.fault is None
    assert len(rig.stored()) == 1


def test_a_disk_that_fails_takes_back_nothing_that_was_stored(rig: Rig) -> None:
    """A repeat of a stored request is answered as stored, even in a group that is not."""
    write_one(rig, "1", "jpg|kept")
    rig.store.commit()
    rig.break_()
    again = write_one(rig, "1")
    lost = write_one(rig, "2")
    rig.store.commit()
    rig.heal()
    once_more = write_one(rig, "1")
    rig.store.commit()
    assert faults([again, lost, once_more]) == [None, BROKEN, None]
    assert rig.stored() == ["Barn P1|jpg|kept"]


def test_a_repeat_alone_wants_nothing_of_the_disk(rig: Rig) -> None:
    """What is stored already can be said while the disk fails."""
    write_one(rig, "1")
    rig.store.commit()
    rig.break_()
    assert faults([write_one(rig, "1")]) == faults(rig.store.commit()) == [None]


def test_a_fault_lasts_until_the_disk_was_tried(rig: Rig) -> None:
    """`probe` clears the fault; a small message that still fits does not."""
    rig.fill()
    write_one(rig, "1")
    rig.store.commit()
    rig.heal()
    write_one(rig, "2")
    rig.store.commit()
    assert rig.store.fault == DISK_FULL
    assert rig.store.probe()
    assert rig.store.fault is None


def test_notes_are_taken_in_any_state(rig: Rig) -> None:
    """A word of the hub's own never fails."""
    rig.store.note("The hub begins.")
    rig.break_()
    rig.store.note("The disk fails.")


# What lies on disk


@pytest.fixture
def clock() -> FakeClock:
    """Noon, an hour ahead of UTC."""
    return FakeClock(NOON)


@pytest.fixture
def flush() -> Flusher:
    """The flush that the store is given."""
    return Flusher()


@pytest.fixture
def store(tmp_path: Path, clock: FakeClock, flush: Flusher) -> Store:
    """A store in `tmp_path`."""
    return open_store(tmp_path, clock.now, flush)


def log_lines(root: Path) -> list[str]:
    """Return the lines of the event log."""
    path = root / "logs" / "imagehub.log"
    return path.read_text().splitlines() if path.exists() else []


def test_an_image_is_a_file_and_a_line(tmp_path: Path, store: Store) -> None:
    """The file has the name of earlier versions; the line tells all about it."""
    keep(store, image("jpg|7"), request="hub-7")
    path = f"images/{TODAY}/Barn-P1-2026-11-21T12.00.00.123456.jpg"
    assert (tmp_path / path).read_bytes() == JPEG
    assert acknowledged(tmp_path) == [
        {
            "sequence": 1,
            "time": "2026-11-21T12:00:00.123456+01:00",
            "node": "Barn",
            "view": "P1",
            "kind": "image",
            "type": "jpg",
            "text": "Barn P1|jpg|7",
            "request": "hub-7",
            "path": path,
            "bytes": len(JPEG),
            "checksum": journal.checksum(JPEG),
        }
    ]
    assert log_lines(tmp_path) == []


def test_an_event_is_a_line_in_both_logs(tmp_path: Path, store: Store) -> None:
    """The event log has it as earlier versions wrote it, the journal as an entry; it has no file."""
    keep(store, event("motion|moving"), request="hub-8")
    assert log_lines(tmp_path) == ["2026-11-21 12:00:00,123 ~ Barn P1|motion|moving"]
    [entry] = acknowledged(tmp_path)
    assert (entry["kind"], entry["type"], entry["text"]) == ("event", "motion", "Barn P1|motion|moving")
    assert "path" not in entry
    assert pictures(tmp_path) == []


def test_images_of_one_microsecond_are_all_stored(tmp_path: Path, store: Store) -> None:
    """A group has one time; its images have names of their own."""
    keep(store, *(image(body=JPEG + bytes([n])) for n in range(5)))
    assert len(pictures(tmp_path)) == 5
    assert check.check(tmp_path).differences == []


def test_an_image_that_fails_costs_the_others_nothing(tmp_path: Path, store: Store) -> None:
    """Of a group, what the disk took is stored; what it did not take leaves no file."""
    failpoints.arm("mid_write=ENOSPC@2*1")
    items = keep(store, image("jpg|1"), image("jpg|2"), event(), image("jpg|3"))
    assert faults(items) == [None, DISK_FULL, None, None]
    assert [entry["text"][-1] for entry in acknowledged(tmp_path)] == ["1", "g", "3"]
    assert len(pictures(tmp_path)) == 2
    assert check.check(tmp_path).differences == []


def test_a_journal_that_takes_no_line_takes_the_images_back(tmp_path: Path, store: Store) -> None:
    """No image is left without a line, no event stays in the log, and none counts."""
    keep(store, event("motion|before"))
    with largest_file(2000):
        items = write(store, *(image(f"jpg|{'x' * 200}") for _ in range(9)), event("motion|gone"))
        store.commit()
    assert set(faults(items)) == {"disk error: File too large"}
    assert pictures(tmp_path) == []
    assert len(log_lines(tmp_path)) == 1
    assert len(acknowledged(tmp_path)) == 1
    assert faults(keep(store, image())) == [None]
    assert check.check(tmp_path).differences == []


def test_a_fault_at_the_first_event_after_a_start_keeps_the_log(tmp_path: Path, store: Store, clock: FakeClock) -> None:
    """What the log held before the start is there after the fault."""
    keep(store, *(event(f"motion|{'x' * 100}") for _ in range(3)))
    os.utime(tmp_path / "logs" / "imagehub.log", (NOON.timestamp(), NOON.timestamp()))
    store.close()
    store = open_store(tmp_path, clock.now, Flusher())
    with largest_file((tmp_path / "journal" / f"{TODAY}.jsonl").stat().st_size + 50):
        items = keep(store, event())
    assert faults(items) == ["disk error: File too large"]
    assert len(log_lines(tmp_path)) == 3


def test_a_flush_is_asked_for_all_that_is_acknowledged(tmp_path: Path, store: Store, flush: Flusher) -> None:
    """Each image and the journal's segment are named, for systems that flush file by file; once."""
    keep(store, image(), event())
    keep(store, event())
    segment = str(tmp_path / "journal" / f"{TODAY}.jsonl")
    assert flush.asked == [[segment, str(tmp_path / pictures(tmp_path)[0])], [segment]]


def test_nothing_is_shown_to_readers_before_the_flush(tmp_path: Path, store: Store, flush: Flusher) -> None:
    """While the disk flushes, whoever follows the journal does not see the entry yet."""
    seen: list[int] = []
    flush.meanwhile = lambda: seen.append(len(acknowledged(tmp_path)))
    keep(store, image())
    assert seen == [0]
    assert len(acknowledged(tmp_path)) == 1


def test_written_asks_for_no_flush(tmp_path: Path, store: Store) -> None:
    """With durability `written` the kernel's word is enough, and readers see the entry."""
    store.flush = None
    assert faults(keep(store, image())) == [None]
    assert len(acknowledged(tmp_path)) == 1


def test_nothing_written_means_nothing_to_flush(store: Store, flush: Flusher) -> None:
    """A group that was refused does not make the disk work."""
    store.max_images_a_day = 0
    keep(store, image())
    assert flush.asked == []


# A flush that fails


def test_a_failed_flush_gives_up_all_that_waited(tmp_path: Path, store: Store, flush: Flusher) -> None:
    """The journal ends at the mark again, the images lie in recovered/, and the next lines begin a new segment."""
    keep(store, image("jpg|kept"))
    mark = journal.read_mark(tmp_path / "journal")
    flush.error = EIO
    lost = keep(store, image("jpg|lost"), event())
    assert faults(lost) == [BROKEN, BROKEN]
    assert journal.read_mark(tmp_path / "journal") == mark
    assert len(every_line(tmp_path)) == 1
    assert len(list((tmp_path / "recovered" / TODAY).iterdir())) == 1
    flush.error = None
    keep(store, image("jpg|next"))
    assert [entry["text"][8:] for entry in acknowledged(tmp_path)] == ["jpg|kept", "jpg|next"]
    assert sorted(path.name for path in (tmp_path / "journal").glob("*.jsonl")) == [
        f"{TODAY}.2.jsonl",
        f"{TODAY}.jsonl",
    ]
    assert check.check(tmp_path).differences == []


def test_a_failed_flush_gives_up_what_was_written_meanwhile(tmp_path: Path, store: Store, flush: Flusher) -> None:
    """What the other thread wrote during the flush is returned with a fault by the same commit."""
    late: list[Item] = []
    flush.error = EIO
    flush.meanwhile = lambda: late.extend(write(store, image("jpg|late")))
    early = write(store, image("jpg|early"))
    returned = store.commit()
    assert [id(item) for item in returned] == [id(item) for item in early + late]
    assert faults(returned) == [BROKEN, BROKEN]
    assert store.commit() == []
    assert every_line(tmp_path) == []
    assert pictures(tmp_path) == []


def test_a_failed_flush_gives_up_the_group_whose_files_are_being_written(
    tmp_path: Path, store: Store, flush: Flusher, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Files are written without a lock; a flush that fails meanwhile may have had them in its hands."""
    early = store.item("1", image("jpg|early"))
    store.write([early])
    write_new = images.write_new

    def while_the_flush_fails(*args: Any) -> str:
        path: str = write_new(*args)
        flush.error = EIO
        store.commit()
        flush.error = None
        return path

    monkeypatch.setattr(images, "write_new", while_the_flush_fails)
    late = store.item("2", image("jpg|late"))
    store.write([late])
    monkeypatch.undo()
    assert faults([early, late]) == [BROKEN, BROKEN]
    store.write([store.item("3", image("jpg|kept"))])
    store.commit()
    assert [entry["text"] for entry in acknowledged(tmp_path)] == ["Barn P1|jpg|kept"]
    assert len(pictures(tmp_path)) == 1
    check.run(tmp_path)


def test_a_good_flush_leaves_what_was_written_meanwhile_to_the_next(
    store: Store, flush: Flusher, tmp_path: Path
) -> None:
    """An item is answered by the flush that began after it was written."""
    late: list[Item] = []
    flush.meanwhile = lambda: late.extend(write(store, image("jpg|late")))
    write(store, image("jpg|early"))
    assert len(store.commit()) == 1
    assert len(acknowledged(tmp_path)) == 1
    assert [id(item) for item in store.commit()] == [id(item) for item in late]
    assert len(acknowledged(tmp_path)) == 2


def test_a_commit_with_nothing_new_vouches_for_nothing(tmp_path: Path, store: Store, flush: Flusher) -> None:
    """After a failed flush an empty commit that succeeds leaves the mark where it was."""
    keep(store, image("jpg|kept"))
    mark = journal.read_mark(tmp_path / "journal")
    flush.error = EIO
    keep(store, image("jpg|lost"))
    flush.error = None
    assert store.commit() == []
    assert journal.read_mark(tmp_path / "journal") == mark


def test_a_mark_that_can_not_be_written_is_a_failed_flush(tmp_path: Path, store: Store) -> None:
    """Readers and recovery rely on the mark: without it nothing is acknowledged."""
    (tmp_path / "journal" / "committed").mkdir()
    assert faults(keep(store, image())) == ["disk error: Is a directory"]
    assert every_line(tmp_path) == []


@pytest.mark.parametrize("place", ["before_flush", "after_flush"])
def test_a_fault_around_the_flush_is_a_failed_flush(store: Store, place: str) -> None:
    """Wherever the commit stops, nothing is acknowledged."""
    failpoints.arm(f"{place}=EIO*1")
    assert faults(keep(store, image())) == [f"{BROKEN} (failpoint {place})"]


def test_while_the_journal_can_not_be_cut_nothing_is_written(tmp_path: Path, store: Store, flush: Flusher) -> None:
    """The lines that were given up are still there: writes are refused until they are cut off, then go on."""
    keep(store, image("jpg|kept"))
    there, elsewhere = tmp_path / "journal", tmp_path / "elsewhere"
    flush.meanwhile = partial(os.rename, there, elsewhere)
    flush.error = EIO
    keep(store, image("jpg|lost"))
    flush.error = None
    refused = keep(store, image("jpg|refused"))
    assert faults(refused) == ["disk error: No such file or directory"]
    assert pictures(tmp_path) == pictures(tmp_path)[:1]
    elsewhere.rename(there)
    keep(store, image("jpg|next"))
    assert [entry["text"][8:] for entry in acknowledged(tmp_path)] == ["jpg|kept", "jpg|next"]
    assert check.check(tmp_path).differences == []


def test_a_stop_with_a_broken_journal_is_not_a_clean_one(tmp_path: Path, store: Store, flush: Flusher) -> None:
    """The next start looks at what was given up."""
    keep(store, image())
    there, elsewhere = tmp_path / "journal", tmp_path / "elsewhere"
    flush.meanwhile = partial(os.rename, there, elsewhere)
    flush.error = EIO
    keep(store, image())
    store.close()
    elsewhere.rename(there)
    mark = journal.read_mark(there)
    assert mark is not None
    assert not mark.clean


def test_a_stop_whose_last_flush_fails_is_quiet(tmp_path: Path, store: Store, flush: Flusher) -> None:
    """All that was acknowledged is stable already."""
    keep(store, image())
    flush.error = EIO
    store.close()
    assert len(acknowledged(tmp_path)) == 1


# The daily limit


def test_the_daily_limit_refuses_images_and_not_events(tmp_path: Path, store: Store) -> None:
    """Over the limit an image has its reason and no file; the disk has no fault."""
    store.max_images_a_day = 2
    assert faults(keep(store, image(), image(), image(), event())) == [None, None, DAILY_LIMIT, None]
    assert len(pictures(tmp_path)) == 2
    assert store.fault is None


def test_the_daily_limit_counts_over_restarts(tmp_path: Path, store: Store, clock: FakeClock) -> None:
    """What was stored before a restart, clean or not, is counted from the journal."""
    keep(store, image(), event(), image())
    for clean in (True, False):
        if clean:
            store.close()
        store = open_store(tmp_path, clock.now, Flusher())
        store.max_images_a_day = 3 if clean else 4
        assert faults(keep(store, image(), image())) == [None, DAILY_LIMIT]


def test_the_daily_limit_begins_anew_at_midnight(store: Store, clock: FakeClock) -> None:
    """The next day has its own count."""
    store.max_images_a_day = 1
    assert faults(keep(store, image(), image())) == [None, DAILY_LIMIT]
    clock.pass_(DAY_SECONDS)
    assert faults(keep(store, image(), image())) == [None, DAILY_LIMIT]


def test_a_clock_that_goes_back_and_forth_does_not_lift_the_limit(store: Store, clock: FakeClock) -> None:
    """Each day that was seen keeps its count."""
    store.max_images_a_day = 1
    keep(store, image())
    clock.pass_(-DAY_SECONDS)
    assert faults(keep(store, image(), image())) == [None, DAILY_LIMIT]
    clock.pass_(DAY_SECONDS)
    assert faults(keep(store, image())) == [DAILY_LIMIT]


def test_what_was_not_stored_does_not_count(store: Store, flush: Flusher) -> None:
    """Images that a full disk or a failed flush took back leave room under the limit."""
    store.max_images_a_day = 1
    failpoints.arm("mid_write=ENOSPC*1")
    keep(store, image())
    failpoints.arm("")
    flush.error = EIO
    keep(store, image())
    flush.error = None
    with largest_file(100):
        keep(store, image(body=JPEG))
    assert faults(keep(store, image())) == [None]


# Time


def test_midnight_turns_all_three_over(tmp_path: Path, store: Store, clock: FakeClock) -> None:
    """Folder, segment and event log belong to the day of acceptance."""
    clock.time = NOON.replace(hour=23, minute=59, second=59)
    keep(store, image(), event())
    clock.pass_(2)
    keep(store, image(), event())
    assert [path.split("/")[1] for path in pictures(tmp_path)] == ["2026-11-21", "2026-11-22"]
    assert journal.segments(tmp_path / "journal") == ["2026-11-21.jsonl", "2026-11-22.jsonl"]
    assert sorted(os.listdir(tmp_path / "logs")) == ["imagehub.log", "imagehub.log.2026-11-21"]


@pytest.mark.parametrize("leap_seconds", [-400 * DAY_SECONDS, -DAY_SECONDS, -1.0, 1.0, 400 * DAY_SECONDS])
def test_a_clock_that_leaps_loses_nothing(tmp_path: Path, store: Store, clock: FakeClock, leap_seconds: float) -> None:
    """There and back again: every image is stored, in the order of acceptance, and a restart agrees."""
    for number, leap in enumerate([0, leap_seconds, -leap_seconds, leap_seconds]):
        clock.pass_(leap)
        keep(store, image(f"jpg|{number}"), event(f"motion|{number}"))
    store = open_store(tmp_path, clock.now, Flusher())
    keep(store, image("jpg|4"))
    assert [entry["text"][-1] for entry in acknowledged(tmp_path)] == list("001122334")
    assert check.check(tmp_path).differences == []
    assert len(pictures(tmp_path)) == 5


def test_the_hour_that_comes_twice_is_told_apart(tmp_path: Path) -> None:
    """When summer time ends, 02:30 comes twice: each time has its right offset, and no file is overwritten."""
    clock = FakeClock(datetime(2026, 10, 25, 2, 30, tzinfo=ZoneInfo("Europe/Berlin")))
    store = open_store(tmp_path, clock.now, Flusher())
    keep(store, image(body=b"\xff\xd8 first"))
    clock.pass_(3600)
    keep(store, image(body=b"\xff\xd8 second"))
    assert [entry["time"] for entry in acknowledged(tmp_path)] == [
        "2026-10-25T02:30:00.000000+02:00",
        "2026-10-25T02:30:00.000000+01:00",
    ]
    bodies = [(tmp_path / entry["path"]).read_bytes() for entry in acknowledged(tmp_path)]
    assert bodies == [b"\xff\xd8 first", b"\xff\xd8 second"]


def test_the_hour_that_is_left_out_is_left_out(tmp_path: Path) -> None:
    """When summer time begins, an hour after 01:30 is 03:30."""
    clock = FakeClock(datetime(2026, 3, 29, 1, 30, tzinfo=ZoneInfo("Europe/Berlin")))
    store = open_store(tmp_path, clock.now, Flusher())
    clock.pass_(3600)
    keep(store, event())
    assert acknowledged(tmp_path)[0]["time"] == "2026-03-29T03:30:00.000000+02:00"


# Requests


def test_a_request_is_remembered_across_a_restart(tmp_path: Path, store: Store, clock: FakeClock) -> None:
    """The front hands over again what it has no reply for: what the journal has is not stored twice."""
    keep(store, image(), request="hub-1")
    store = open_store(tmp_path, clock.now, Flusher())
    [again] = keep(store, image(), request="hub-1")
    assert again.message is None
    assert again.outcome.fault is None
    assert len(acknowledged(tmp_path)) == 1


def test_a_disk_that_fails_takes_back_nothing_remembered(tmp_path: Path, store: Store, clock: FakeClock) -> None:
    """What was stored before a restart is answered as stored, even in a group whose flush fails."""
    keep(store, image(), request="hub-1")
    flush = Flusher(EIO)
    store = open_store(tmp_path, clock.now, flush)
    items = [store.item("hub-1", image()), store.item("hub-2", image())]
    store.write(items)
    store.commit()
    assert faults(items) == [None, BROKEN]


def test_a_request_is_remembered_across_midnight(tmp_path: Path, store: Store, clock: FakeClock) -> None:
    """Stored before midnight, handed over again after it and after a restart: stored once."""
    keep(store, image(), request="hub-1")
    clock.pass_(DAY_SECONDS)
    keep(store, image(), request="hub-2")
    store = open_store(tmp_path, clock.now, Flusher())
    assert [keep(store, image(), request=name)[0].message for name in ("hub-1", "hub-2")] == [None, None]


def test_memory_of_requests_is_bounded(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """The oldest are forgotten; one that was tried again counts as new."""
    monkeypatch.setattr(storing, "REMEMBERED_REQUESTS", 3)
    store.max_images_a_day = 0
    keep(store, image(), request="1")
    store.max_images_a_day = 9
    for request in ("2", "3", "1", "4"):
        keep(store, image(), request=request)
    repeats = [store.item(request, image()).message is None for request in ("1", "3", "4")]
    assert repeats == [True, True, True]
    assert store.item("2", image()).message is not None


# Health


def test_the_reasons_are_few_words() -> None:
    """Senders and counters get the same short reason for the same trouble."""
    reasons = [storing.reason_of(OSError(getattr(errno, name), os.strerror(getattr(errno, name)))) for name in (
        "ENOSPC", "EDQUOT", "EROFS", "EIO",
    )]  # fmt: skip
    assert reasons == ["disk full", "disk full", "disk full or read-only", BROKEN]
    assert storing.reason_of(OSError("odd")) == "disk error: odd"


def test_a_probe_that_fails_keeps_the_fault(tmp_path: Path, store: Store) -> None:
    """A disk that does not take a megabyte has no space for images, and no part of the probe stays."""
    store.fault = DISK_FULL
    with largest_file(storing.PROBE_BYTES // 2):
        assert not store.probe()
    assert store.fault == DISK_FULL
    assert [name for name in tree(tmp_path) if "probe" in name] == []
    assert store.probe()
    assert [name for name in tree(tmp_path) if "probe" in name] == []


def test_a_note_stands_in_the_event_log_only(tmp_path: Path, store: Store) -> None:
    """The hub's own words are for people; they are no event of a node."""
    store.note("No messages received for 10 minutes.")
    assert log_lines(tmp_path) == ["2026-11-21 12:00:00,123 ~ No messages received for 10 minutes."]
    assert every_line(tmp_path) == []


# Two threads


@pytest.mark.parametrize("seed", range(3))
def test_writer_and_committer_agree_whatever_the_disk_does(tmp_path: Path, seed: int) -> None:
    """Flushes fail at random, days pass, one thread writes, one commits: OK means stored, once, and nothing else is."""
    chance = random.Random(seed)
    clock = FakeClock(NOON)
    flush = Flusher()
    store = open_store(tmp_path, clock.now, flush)
    done = threading.Event()
    settled: list[Item] = []

    def commit_on_and_on() -> None:
        while not done.is_set():
            flush.error = EIO if chance.random() < 0.1 else None
            settled.extend(store.commit())

    committer = threading.Thread(target=commit_on_and_on)
    committer.start()
    for number in range(600):
        clock.time = NOON + timedelta(days=(number // 50) % 3, microseconds=number)
        write(store, image(f"jpg|{number}"), event(f"motion|{number}"), request="")
    done.set()
    committer.join()
    flush.error = None
    settled += store.commit()
    stored = sorted(item.request for item in settled if item.outcome.fault is None)
    assert len(settled) == 1200
    assert sorted(entry["request"] for entry in acknowledged(tmp_path)) == stored
    assert len(pictures(tmp_path)) == sum(entry["kind"] == "image" for entry in acknowledged(tmp_path))
    assert check.check(tmp_path).differences == []


def test_a_journal_line_is_json_of_its_own(tmp_path: Path, store: Store) -> None:
    """Names and texts of any script stand in the journal as they are, one line an entry."""
    keep(store, image("jpg|\n\u2028é", name="Größe Ñ"), event("motion|\x00"))
    lines = (tmp_path / "journal" / f"{TODAY}.jsonl").read_bytes().split(b"\n")
    assert [json.loads(line)["text"] for line in lines[:-1]] == ["Größe Ñ|jpg|\n\u2028é", "Barn P1|motion|\x00"]
    assert "Größe".encode() in lines[0]


def test_a_fake_clock_keeps_its_zone() -> None:
    """Passing time is true time: both clocks agree, in any zone."""
    clock = FakeClock(datetime(2026, 10, 25, 0, 0, tzinfo=ZoneInfo("Europe/Berlin")))
    before = clock.time.astimezone(UTC)
    clock.pass_(7200.5)
    assert clock.time.astimezone(UTC) - before == timedelta(seconds=7200.5)
    assert clock.monotonic() == 1000.0 + 7200.5
    assert FakeClock(NOON.astimezone(timezone(timedelta(hours=9)))).now().utcoffset() == timedelta(hours=9)


# Messages that come late


LATE = "2026-11-20T23:00:00.000000-02:00"


def test_a_late_message_is_filed_by_its_arrival_and_its_line_says_when_it_was_taken(tmp_path: Path) -> None:
    """A day that is closed stays as it was: file, folder and journal are those of the day of arrival."""
    store = open_store(tmp_path, lambda: NOON, Flusher())
    keep(store, image()._replace(taken=LATE), event()._replace(taken=LATE), event())
    late, happened, plain = acknowledged(tmp_path)
    assert (late["taken"], late["time"]) == (LATE, NOON.isoformat(timespec="microseconds"))
    assert late["path"].startswith(f"images/{TODAY}/Barn-P1-{TODAY}T12")
    assert happened["taken"] == LATE
    assert "taken" not in plain


@pytest.mark.parametrize(
    ("taken", "shown"),
    [
        (LATE, " (taken 2026-11-21 02:00:00)"),
        ("2026-11-21T11:58:59.000000+01:00", " (taken 2026-11-21 11:58:59)"),
        ("2026-11-21T11:59:30.000000+01:00", ""),
        ("2026-11-21T13:00:00.000000+01:00", ""),
        (None, ""),
        ("", ""),
    ],
)
def test_the_event_log_says_when_an_event_was_taken_that_is_older_than_a_minute(
    tmp_path: Path, taken: str | None, shown: str
) -> None:
    """In local time, behind the text; the line's grammar and its time, that of the arrival, are as ever."""
    store = open_store(tmp_path, lambda: NOON, Flusher())
    keep(store, event()._replace(taken=taken))
    line = (tmp_path / "logs" / "imagehub.log").read_text()
    assert line == f"2026-11-21 12:00:00,123 ~ Barn P1|motion|moving{shown}\n"
    (entry,) = acknowledged(tmp_path)
    assert entry["text"] == "Barn P1|motion|moving"
    assert entry.get("taken") == (taken or None)
