"""A purge deletes the oldest images that the limits ask for, and no others; interrupted, it is finished later."""

import os
import shutil
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hubdata import (
    DAY_SECONDS,
    JPEG,
    NOON,
    TODAY,
    Flusher,
    acknowledged,
    event,
    image,
    keep,
    largest_file,
    open_store,
    pictures,
    tiny_disk,
    tree,
)
from imagehub import check, deleted, journal, purge
from imagehub.errors import DataDirectoryError, SettingsError
from imagehub.lock import DataDirectoryLock
from imagehub.purge import Limits, Stored, choose
from imagehub.store import Store
from imagehub.testing import FakeClock

DATE = date(2026, 11, 21)
SIZE = len(JPEG)


@pytest.fixture
def clock() -> FakeClock:
    """Noon three days ago."""
    return FakeClock(NOON - timedelta(days=3))


@pytest.fixture
def store(tmp_path: Path, clock: FakeClock) -> Store:
    """A store with two images and an event on each of four days, today's included."""
    store = open_store(tmp_path, clock.now, Flusher())
    for _ in range(4):
        keep(store, image(), event(), image())
        clock.pass_(DAY_SECONDS)
    clock.pass_(-DAY_SECONDS)
    return store


@pytest.fixture
def full(tmp_path: Path, store: Store) -> Path:
    """The data directory of that store."""
    assert store.fault is None
    return tmp_path


def days(root: Path) -> list[str]:
    """Return the day of each image that is there."""
    return [path.split("/")[1][-2:] for path in pictures(root)]


def run(root: Path, dry_run: bool = False, **limits: int) -> int:
    """Purge as of today."""
    return purge.run(root, Limits(**limits), dry_run, DATE)


def test_days_are_kept_whole(full: Path) -> None:
    """--keep-days 2 keeps today and yesterday, and every image of both."""
    run(full, keep_days=2)
    assert days(full) == ["20", "20", "21", "21"]
    assert check.check(full).differences == []
    assert check.check(full).purged == 4


def test_a_folder_that_is_empty_goes(full: Path) -> None:
    """Of a purged day nothing is left among the images; its journal stays."""
    run(full, keep_days=1)
    assert os.listdir(full / "images") == [TODAY]
    assert len(journal.segments(full / "journal")) == 4
    assert len(acknowledged(full)) == 12


def test_bytes_are_kept_to(full: Path) -> None:
    """--max-bytes deletes the oldest until the rest fits, and no image more."""
    run(full, max_bytes=5 * SIZE)
    assert days(full) == ["19", "20", "20", "21", "21"]
    run(full, max_bytes=5 * SIZE - 1)
    assert days(full) == ["20", "20", "21", "21"]


def test_free_space_is_made(full: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """--keep-free deletes until so much is free, measured on the disk that holds the images."""
    asked: list[str] = []
    real = shutil.disk_usage

    def measured(path: Path) -> object:
        asked.append(path.name)
        return real(path)._replace(total=10**6, free=1000)

    monkeypatch.setattr(shutil, "disk_usage", measured)
    run(full, keep_free=1000 + 3 * SIZE)
    assert days(full) == ["19", "20", "20", "21", "21"]
    assert asked == ["images"]


def test_limits_add_up(full: Path) -> None:
    """Each limit given is kept to."""
    run(full, keep_days=3, max_bytes=3 * SIZE)
    assert days(full) == ["20", "21", "21"]


def test_the_newest_image_of_today_stays(full: Path) -> None:
    """Whatever is asked for, the last thing seen can be shown."""
    newest = acknowledged(full)[-1]["path"]
    run(full, max_bytes=0)
    assert pictures(full) == [newest]
    assert check.check(full).differences == []


def test_the_newest_image_of_an_older_day_goes(full: Path) -> None:
    """A hub that is off for a month keeps nothing that is too old."""
    purge.run(full, Limits(keep_days=30), False, DATE + timedelta(days=40))
    assert pictures(full) == []


def test_nothing_is_deleted_that_fits(full: Path) -> None:
    """Limits that are kept to already ask for nothing, and write no watermark."""
    before = tree(full)
    run(full, keep_days=4, max_bytes=8 * SIZE, keep_free=0)
    assert {name for name in tree(full) if name != "purge.lock"} == set(before)
    assert journal.read_watermark(full / "journal") == 0


def test_a_dry_run_deletes_nothing(full: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """It says what would go, and neither image nor watermark changes."""
    before = tree(full)
    run(full, dry_run=True, keep_days=2)
    assert {name: data for name, data in tree(full).items() if name != "purge.lock"} == before
    assert capsys.readouterr().out == f"would delete 4 images of 2 days, {4 * SIZE} bytes; 4 images stay\n"


def test_what_was_done_is_said(full: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """One line tells images, days, bytes and what stays; the exit code is 0."""
    assert run(full, keep_days=2) == 0
    assert capsys.readouterr().out == f"deleted 4 images of 2 days, {4 * SIZE} bytes; 4 images stay\n"


# Interrupted, and beside others


def test_an_interrupted_purge_is_finished_by_the_next(full: Path) -> None:
    """What was marked and not deleted goes first, though the limits don't ask for it any more."""
    chosen = choose(list(purge.inventory(full, DATE)), Limits(keep_days=2), DATE, 0)
    journal.write_watermark(full / "journal", chosen[-1].sequence)
    (full / chosen[0].path).unlink()
    assert len(check.check(full).differences) == 3
    run(full, dry_run=True, keep_days=9)
    assert len(check.check(full).differences) == 3
    run(full, keep_days=9)
    assert days(full) == ["20", "20", "21", "21"]
    assert check.check(full).differences == []


def test_the_mark_comes_before_the_first_deletion(full: Path) -> None:
    """A purge that can't say what it deletes deletes nothing."""
    with largest_file(0), pytest.raises(DataDirectoryError, match="File too large"):
        run(full, keep_days=2)
    assert len(pictures(full)) == 8


def test_a_disk_without_a_free_byte_can_be_purged(tmp_path: Path) -> None:
    """That is when a purge is wanted: neither the lock nor the mark needs space, and the hub stores again."""
    with tiny_disk(tmp_path / "disk") as disk:
        clock = FakeClock(NOON)
        store = open_store(disk, clock.now, Flusher())
        keep(store, image(body=JPEG * 2000))
        while keep(store, image(body=JPEG))[0].outcome.fault is None:
            clock.pass_(1)
        assert store.fault == "disk full"
        assert run(disk, max_bytes=20_000) == 0
        assert keep(store, image(body=JPEG))[0].outcome.fault is None
        assert check.check(disk).differences == []


def test_a_hub_may_store_meanwhile(full: Path, store: Store) -> None:
    """What is committed after the purge looked stays, and so does what is not committed yet."""
    stored = list(purge.inventory(full, DATE))
    keep(store, image("jpg|new"))
    store.write([store.item("waiting", image("jpg|waiting"))])
    purge.delete(full, choose(stored, Limits(max_bytes=0), DATE, 0))
    store.commit()
    assert len(pictures(full)) == 3
    assert check.check(full).differences == []


def test_the_first_image_of_a_day_is_no_day_from_before_the_journal(full: Path) -> None:
    """Its folder is there a moment before today's journal: an image that is being stored is not purged."""
    new = full / "images" / "2026-11-22"
    new.mkdir()
    (new / "being-stored.jpg").write_bytes(JPEG)
    purge.run(full, Limits(max_bytes=0), False, DATE + timedelta(days=1))
    assert (new / "being-stored.jpg").exists()


def test_one_purge_at_a_time(full: Path) -> None:
    """The second is told about the first; a running hub is no obstacle."""
    other = DataDirectoryLock(full, purge.LOCK_NAME)
    with other, pytest.raises(DataDirectoryError, match=f"another purge .process {os.getpid()}. uses"):
        run(full, keep_days=2)
    with DataDirectoryLock(full):
        run(full, keep_days=2)
    assert len(pictures(full)) == 4


def test_a_file_that_can_not_be_deleted_is_an_error_that_says_so(full: Path) -> None:
    """The error names what is in the way; mended, the next purge goes on."""
    oldest = full / acknowledged(full)[0]["path"]
    oldest.unlink()
    oldest.mkdir()
    with pytest.raises(DataDirectoryError, match=f"can't purge .*{oldest.name}: .*purge again"):
        run(full, keep_days=2)
    oldest.rmdir()
    run(full, keep_days=2)
    assert len(pictures(full)) == 4


# Days from before the journal


def old_day(root: Path, day: str, count: int) -> None:
    """Lay out images of a hub that kept no journal."""
    folder = root / "images" / day
    folder.mkdir(parents=True)
    for number in range(count):
        (folder / f"node{number}.jpg").write_bytes(JPEG)


def test_days_from_before_the_journal_go_first_and_whole(full: Path) -> None:
    """Their files tell no order among cameras: once one of a day goes, all of it goes."""
    old_day(full, "2026-11-02", 3)
    old_day(full, "2026-11-01", 3)
    run(full, max_bytes=13 * SIZE)
    assert [path for path in pictures(full) if "2026-11-0" in path] == [
        f"images/2026-11-02/node{n}.jpg" for n in range(3)
    ]
    assert len(pictures(full)) == 3 + 8
    run(full, max_bytes=7 * SIZE)
    assert days(full) == ["18", "19", "19", "20", "20", "21", "21"]
    assert check.check(full).differences == []


def test_old_days_go_by_their_age(full: Path) -> None:
    """--keep-days counts for days without a journal as well."""
    old_day(full, "2026-11-01", 2)
    run(full, keep_days=4)
    assert len(pictures(full)) == 8


def test_what_is_no_image_s_folder_is_left_alone(full: Path) -> None:
    """Folders and files of others among the images are not touched."""
    old_day(full, "thumbnails", 2)
    (full / "images" / "2026-11-01" / "folder").mkdir(parents=True)
    (full / "images" / "notes.txt").write_text("mine")
    run(full, max_bytes=0)
    assert len(list((full / "images" / "thumbnails").iterdir())) == 2
    assert (full / "images" / "2026-11-01" / "folder").is_dir()
    assert (full / "images" / "notes.txt").exists()


def test_files_that_no_entry_knows_are_left_alone(full: Path) -> None:
    """A stray file in a day that has a journal is for `check` to name."""
    (full / "images" / "2026-11-18" / "stray.jpg").write_bytes(b"x")
    run(full, keep_days=1)
    assert "images/2026-11-18/stray.jpg" in pictures(full)


# What is chosen

stored_images = st.lists(st.tuples(st.integers(-9, 3), st.integers(0, 100)), max_size=30).map(
    lambda pairs: [Stored(f"{n}", str(DATE + timedelta(days=day)), size, n) for n, (day, size) in enumerate(pairs, 1)]
)
some_limits = st.builds(
    Limits,
    st.none() | st.integers(1, 12),
    st.none() | st.integers(0, 2000),
    st.none() | st.integers(0, 2000),
)


@given(stored_images, some_limits, st.integers(0, 1000))
def test_the_oldest_go_and_the_newest_of_today_stays(stored: list[Stored], limits: Limits, free: int) -> None:
    """Whatever the clock did, the choice is the beginning of the inventory and never all of today."""
    chosen = choose(stored, limits, DATE, free)
    assert chosen == stored[: len(chosen)]
    assert not (stored and len(chosen) == len(stored) and stored[-1].day == str(DATE))


@given(stored_images, some_limits, st.integers(0, 1000))
def test_sizes_are_kept_to(stored: list[Stored], limits: Limits, free: int) -> None:
    """Afterwards the bytes fit and so much is free, unless no image but the newest is left."""
    chosen = choose(stored, limits, DATE, free)
    rest, gone = sum(i.bytes for i in stored[len(chosen) :]), sum(i.bytes for i in chosen)
    fits = limits.max_bytes is None or rest <= limits.max_bytes
    has_room = limits.keep_free is None or free + gone >= limits.keep_free
    assert (fits and has_room) or len(stored) - len(chosen) <= 1


@given(stored_images, some_limits, st.integers(0, 1000))
def test_no_more_goes_than_has_to(stored: list[Stored], limits: Limits, free: int) -> None:
    """The last image that goes had to: it is too old, or without it a size is not kept to."""
    chosen = choose(stored, limits, DATE, free)
    if chosen:
        last, rest = chosen[-1], sum(i.bytes for i in stored[len(chosen) - 1 :])
        gone = sum(i.bytes for i in chosen[:-1])
        too_old = limits.keep_days is not None and last.day <= str(DATE - timedelta(days=limits.keep_days))
        too_much = limits.max_bytes is not None and rest > limits.max_bytes
        too_full = limits.keep_free is not None and free + gone < limits.keep_free
        assert too_old or too_much or too_full


@given(st.integers(-9, 0).map(lambda day: str(DATE + timedelta(days=day))), st.integers(1, 9))
def test_an_image_goes_when_its_days_are_over(day: str, keep_days: int) -> None:
    """With N days to keep, today is the first of them."""
    old, new = Stored("a", day, 1, 1), Stored("b", str(DATE), 1, 2)
    gone = choose([old, new], Limits(keep_days=keep_days), DATE, 0)
    assert gone == ([old] if (DATE - date.fromisoformat(day)).days >= keep_days else [])


def test_a_day_to_come_holds_nothing_back() -> None:
    """After a leap of the clock into the future and back, purging by age goes on behind the odd image."""
    days = ["2026-10-01", "2036-01-01", "2026-10-02", TODAY, TODAY]
    stored = [Stored(str(n), day, 1, n) for n, day in enumerate(days, 1)]
    assert len(choose(stored, Limits(keep_days=7), DATE, 0)) == 3
    assert len(choose(stored[:2] + stored[3:], Limits(keep_days=7), DATE, 0)) == 1


# What is typed


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("0", 0), ("500", 500), ("500B", 500), ("1K", 1024), ("1.5 M", 1536 * 1024), ("200g", 200 << 30),
        ("2TiB", 2 << 40), (" 1GB ", 1 << 30), ("", None), ("G", None), ("-1", None), ("1,5G", None), ("1X", None),
        ("many", None), ("1e9", None),
    ],
)  # fmt: skip
def test_a_size_is_read_as_people_write_it(text: str, size: int | None) -> None:
    """Bytes, or K, M, G, T (powers of 1024) in either case, with or without B; anything else is no size."""
    assert purge.parse_size(text) == size


def faults(keep_days: int | None = None, max_bytes: str | None = None, keep_free: str | None = None) -> list[str]:
    """Return what is said about limits that make no sense."""
    with pytest.raises(SettingsError) as caught:
        Limits.parse(keep_days, max_bytes, keep_free)
    return caught.value.faults


def test_limits_are_read() -> None:
    """What is not given is no limit."""
    assert Limits.parse(30, None, None) == Limits(30, None, None)
    assert Limits.parse(None, "2G", "500M") == Limits(None, 2 << 30, 500 << 20)


def test_a_purge_without_a_limit_is_an_error() -> None:
    """Nothing is deleted because somebody forgot what to keep."""
    assert faults() == ["purge needs --keep-days, --max-bytes or --keep-free"]


@pytest.mark.parametrize("keep_days", [0, -1, 999_999_999])
def test_silly_days_are_an_error(keep_days: int) -> None:
    """Fewer than one or more than a century is a slip."""
    [fault] = faults(keep_days)
    assert fault.startswith(f"--keep-days {keep_days}: expected ")


def test_every_fault_is_told_at_once() -> None:
    """Each line names its option and what is expected."""
    assert faults(0, "much", "1X") == [
        "--keep-days 0: expected 1 or more; today is never purged by its age",
        "--max-bytes much: expected bytes such as 500M or 200G",
        "--keep-free 1X: expected bytes such as 500M or 200G",
    ]


def test_more_free_space_than_the_disk_has_is_an_error(full: Path) -> None:
    """Such a limit would delete everything and never be met."""
    with pytest.raises(SettingsError, match="--keep-free"):
        run(full, keep_free=1 << 80)
    assert len(pictures(full)) == 8


def test_a_directory_that_is_no_hub_s_is_an_error(tmp_path: Path) -> None:
    """The error says how to name the right one, and nothing is made there."""
    with pytest.raises(DataDirectoryError, match="--path"):
        run(tmp_path, keep_days=1)
    assert os.listdir(tmp_path) == []


def test_deleted_images_take_no_room(full: Path) -> None:
    """What a librarian deleted counts neither against the limit nor as purged."""
    path = pictures(full)[-2]
    deleted.add(full, [path])
    (full / path).unlink()
    stored = [entry["path"] for entry in acknowledged(full) if entry["kind"] == "image" and entry["path"] != path]
    assert [image.path for image in purge.inventory(full, DATE)] == stored
