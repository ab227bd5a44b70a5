"""`imagehub check` names each difference between journal and disk, and no difference where there is none."""

import os
from pathlib import Path

import pytest

from hubdata import (
    DAY_SECONDS,
    JPEG,
    NOON,
    TODAY,
    Flusher,
    event,
    every_line,
    image,
    keep,
    open_store,
    pictures,
    tree,
    write,
)
from imagehub import check, deleted, journal
from imagehub.check import SETTLE_SECONDS, SETTLE_STEP_SECONDS
from imagehub.errors import DataDirectoryError
from imagehub.store import Store
from imagehub.testing import FakeClock

LONG_AGO = 1_000_000_000.0


@pytest.fixture
def clock() -> FakeClock:
    """Noon, an hour ahead of UTC."""
    return FakeClock(NOON)


@pytest.fixture
def store(tmp_path: Path, clock: FakeClock) -> Store:
    """A store in `tmp_path`."""
    return open_store(tmp_path, clock.now, Flusher())


def settled(root: Path) -> None:
    """Let all files be old: nobody is writing them."""
    for path in root.rglob("*"):
        os.utime(path, (LONG_AGO, LONG_AGO))


def differences(root: Path) -> list[str]:
    """Return what a check says of a directory that nobody writes to; it must not wait."""
    settled(root)
    return check.check(root, pause=lambda seconds: pytest.fail("nothing to wait for")).differences


def test_what_was_stored_agrees(tmp_path: Path, store: Store, clock: FakeClock) -> None:
    """Two days of images and events: all agree, and the report counts them."""
    keep(store, image(), event(), image())
    clock.pass_(DAY_SECONDS)
    keep(store, image(body=JPEG * 2))
    assert differences(tmp_path) == []
    report = check.check(tmp_path)
    assert (report.images, report.events, report.bytes) == (3, 1, 4 * len(JPEG))


def test_a_check_changes_nothing(tmp_path: Path, store: Store) -> None:
    """Every file is as it was, whatever the check found."""
    keep(store, image(), image())
    (tmp_path / pictures(tmp_path)[0]).write_bytes(b"")
    write(store, image())
    before = tree(tmp_path)
    assert differences(tmp_path) != []
    assert tree(tmp_path) == before


def test_a_flipped_bit_is_named(tmp_path: Path, store: Store) -> None:
    """The image, what it has now and what it should have."""
    keep(store, image(), image())
    path = pictures(tmp_path)[0]
    body = JPEG[:-1] + bytes([JPEG[-1] ^ 1])
    (tmp_path / path).write_bytes(body)
    assert differences(tmp_path) == [f"{path}: {journal.checksum(body)}, the journal says {journal.checksum(JPEG)}"]


def test_a_cut_image_is_named(tmp_path: Path, store: Store) -> None:
    """An image that is shorter than it was."""
    keep(store, image())
    path = pictures(tmp_path)[0]
    os.truncate(tmp_path / path, 5)
    assert differences(tmp_path) == [f"{path}: 5 bytes, the journal says {len(JPEG)}"]


def test_a_missing_image_is_named(tmp_path: Path, store: Store) -> None:
    """An image that was acknowledged and is gone."""
    keep(store, event(), image())
    path = pictures(tmp_path)[0]
    (tmp_path / path).unlink()
    assert differences(tmp_path) == [f"{path}: No such file or directory, but entry 2 says it is stored"]


def test_a_file_that_no_entry_knows_is_named(tmp_path: Path, store: Store) -> None:
    """A file that somebody put among the images."""
    keep(store, image())
    (tmp_path / "images" / TODAY / "stray.jpg").write_bytes(b"x")
    assert differences(tmp_path) == [f"images/{TODAY}/stray.jpg: no journal entry"]


def test_a_damaged_line_is_named_with_its_place(tmp_path: Path, store: Store) -> None:
    """The line's end is told, and the image that it vouched for; the other entries are checked."""
    keep(store, image(), image(), image())
    segment = tmp_path / "journal" / f"{TODAY}.jsonl"
    lines = segment.read_bytes().splitlines(keepends=True)
    segment.write_bytes(lines[0] + lines[1].replace(b'"', b"'", 1) + lines[2])
    end = len(lines[0] + lines[1])
    assert differences(tmp_path) == [
        f"journal/{TODAY}.jsonl: the line that ends at byte {end} is damaged",
        f"{pictures(tmp_path)[1]}: no journal entry",
    ]


def test_a_purged_image_that_is_there_is_named(tmp_path: Path, store: Store) -> None:
    """A purge that was interrupted is to be run again; one that was not is counted."""
    keep(store, image(), image(), image())
    paths = [entry["path"] for entry in every_line(tmp_path)]
    (tmp_path / paths[0]).unlink()
    journal.write_watermark(tmp_path / "journal", 2)
    assert differences(tmp_path) == [f"{paths[1]}: purged, but still there; run imagehub purge again"]
    report = check.check(tmp_path)
    assert (report.purged, report.images) == (2, 1)


def test_a_deleted_image_is_counted(tmp_path: Path, store: Store, capsys: pytest.CaptureFixture[str]) -> None:
    """What stands in the ledger is not lost; the summary says how much that is."""
    keep(store, image(), image())
    path = pictures(tmp_path)[0]
    deleted.add(tmp_path, [path])
    (tmp_path / path).unlink()
    assert differences(tmp_path) == []
    assert check.run(tmp_path) == 0
    assert "1 images" in (said := capsys.readouterr().out)
    assert ", 1 deleted, all agree" in said


def test_a_deleted_image_that_is_there_is_named(tmp_path: Path, store: Store) -> None:
    """A deletion that was interrupted is to be finished."""
    keep(store, image(), image())
    path = pictures(tmp_path)[1]
    deleted.add(tmp_path, [path])
    assert differences(tmp_path) == [f"{path}: deleted, but still there; run imagehub-librarian retention"]


def test_an_image_that_was_deleted_and_purged_counts_once(tmp_path: Path, store: Store) -> None:
    """As purged."""
    keep(store, image(), image())
    path = every_line(tmp_path)[0]["path"]
    deleted.add(tmp_path, [path])
    (tmp_path / path).unlink()
    journal.write_watermark(tmp_path / "journal", 1)
    assert differences(tmp_path) == []
    report = check.check(tmp_path)
    assert (report.images, report.purged, report.deleted) == (1, 1, 0)


@pytest.mark.parametrize("mark", [None, b"nonsense"])
def test_a_lost_mark_is_named(tmp_path: Path, store: Store, mark: bytes | None) -> None:
    """Without it nothing counts as acknowledged; the images have lines, though."""
    keep(store, image())
    path = tmp_path / "journal" / "committed"
    path.unlink() if mark is None else path.write_bytes(mark)
    assert differences(tmp_path) == ["journal/committed: missing or damaged; the next start of the hub writes it anew"]


def test_a_journal_that_lost_its_end_is_named(tmp_path: Path, store: Store, clock: FakeClock) -> None:
    """A segment that is shorter than the mark says, or gone."""
    keep(store, event())
    size = (tmp_path / "journal" / f"{TODAY}.jsonl").stat().st_size
    os.truncate(tmp_path / "journal" / f"{TODAY}.jsonl", size - 1)
    expected = f"journal/{TODAY}.jsonl: {size - 1} bytes, journal/committed says {size}"
    assert differences(tmp_path) == [expected]
    (tmp_path / "journal" / f"{TODAY}.jsonl").unlink()
    assert differences(tmp_path) == [expected.replace(f"{size - 1} bytes", "0 bytes")]


def test_days_from_before_the_journal_are_counted_only(tmp_path: Path, store: Store) -> None:
    """Their files have no entries, and that is no difference."""
    keep(store, image())
    (tmp_path / "images" / "2020-01-01").mkdir()
    (tmp_path / "images" / "2020-01-01" / "a.jpg").write_bytes(b"x")
    assert differences(tmp_path) == []
    assert check.check(tmp_path).unjournaled_days == 1


def test_what_recovery_set_aside_is_counted(tmp_path: Path, store: Store) -> None:
    """Files in recovered/ are no difference, and are not forgotten."""
    keep(store, image())
    (tmp_path / "recovered" / TODAY).mkdir(parents=True)
    (tmp_path / "recovered" / TODAY / "a.jpg").write_bytes(b"x")
    assert differences(tmp_path) == []
    assert check.check(tmp_path).recovered == 1


def test_what_a_crash_left_to_the_next_start_is_no_difference(tmp_path: Path, store: Store) -> None:
    """Lines behind the mark and their images were never acknowledged: recovery looks after them."""
    keep(store, image())
    write(store, image())
    (tmp_path / pictures(tmp_path)[1]).write_bytes(b"")
    assert differences(tmp_path) == []


# Beside a running hub


def test_a_running_hub_is_no_difference(tmp_path: Path, store: Store) -> None:
    """Images that wait for their flush while the check looks, and come and are committed meanwhile, agree."""
    keep(store, image())
    write(store, image())
    (tmp_path / "images" / TODAY / "just-written.jpg").write_bytes(JPEG)
    waited = []

    def meanwhile(seconds: float) -> None:
        waited.append(seconds)
        (tmp_path / "images" / TODAY / "just-written.jpg").unlink(missing_ok=True)
        store.commit()
        keep(store, image(), event())

    report = check.check(tmp_path, pause=meanwhile)
    assert report.differences == []
    assert len(waited) == 1


def test_the_first_image_of_a_new_hub_is_no_difference(tmp_path: Path, store: Store) -> None:
    """Before its first commit a hub has lines and no mark."""
    write(store, image())
    assert check.check(tmp_path).differences == []


def test_a_new_stray_file_is_named_after_a_while(tmp_path: Path, store: Store) -> None:
    """It might be an image under way; once enough time has passed it is not, and the check does not wait for ever."""
    keep(store, image())
    (tmp_path / "images" / TODAY / "stray.jpg").write_bytes(b"x")
    waited: list[float] = []
    report = check.check(tmp_path, pause=waited.append)
    assert report.differences == [f"images/{TODAY}/stray.jpg: no journal entry"]
    assert sum(waited) == pytest.approx(SETTLE_SECONDS)
    assert waited[0] == SETTLE_STEP_SECONDS


def test_a_running_purge_is_no_difference(tmp_path: Path, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is purged between the look at the watermark and the look at the image counts as purged."""
    keep(store, image(), image())
    real = journal.read_watermark
    seen: list[int] = []

    def purging(folder: Path) -> int:
        seen.append(real(folder))
        if len(seen) == 1:
            journal.write_watermark(folder, 1)
            (tmp_path / every_line(tmp_path)[0]["path"]).unlink()
        return seen[-1]

    monkeypatch.setattr(check, "read_watermark", purging)
    report = check.check(tmp_path)
    assert report.differences == []
    assert (report.purged, report.images) == (1, 1)


def test_a_running_deletion_is_no_difference(tmp_path: Path, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a librarian deletes between the look at the ledger and the look at the image counts as deleted."""
    keep(store, image(), image())
    path = every_line(tmp_path)[0]["path"]
    real = Path.read_bytes

    def deleting(self: Path) -> bytes:
        if self == tmp_path / path:
            deleted.add(tmp_path, [path])
            self.unlink()
        return real(self)

    monkeypatch.setattr(Path, "read_bytes", deleting)
    report = check.check(tmp_path)
    assert report.differences == []
    assert (report.deleted, report.images) == (1, 1)


def test_a_folder_that_is_purged_meanwhile_is_no_error(tmp_path: Path, store: Store) -> None:
    """A day may be gone between the look at the days and the look into them."""
    keep(store, image())
    assert len(check._names(tmp_path / "images" / TODAY)) == 1
    assert check._names(tmp_path / "images" / "2026-11-01") == []


# As a command


def test_the_command_says_that_all_agree(tmp_path: Path, store: Store, capsys: pytest.CaptureFixture[str]) -> None:
    """Exit code 0 and one line on standard output."""
    keep(store, image(), event())
    assert check.run(tmp_path) == 0
    assert capsys.readouterr().out == f"1 images ({len(JPEG)} bytes) and 1 events in the journal, all agree\n"


def test_the_command_names_every_difference(tmp_path: Path, store: Store, capsys: pytest.CaptureFixture[str]) -> None:
    """Exit code 1, a line for each difference, names that are no text among them, and a line that counts all."""
    keep(store, image(), image())
    (tmp_path / pictures(tmp_path)[0]).unlink()
    Path(os.fsdecode(os.fsencode(tmp_path / "images" / TODAY) + b"/caf\xe9.jpg")).write_bytes(b"x")
    (tmp_path / "images" / "2020-01-01").mkdir()
    (tmp_path / "recovered").mkdir()
    (tmp_path / "recovered" / "a").touch()
    settled(tmp_path)
    assert check.run(tmp_path) == 1
    first, second, summary = capsys.readouterr().out.splitlines()
    assert first.endswith("entry 1 says it is stored")
    assert second == f"images/{TODAY}/caf\\xe9.jpg: no journal entry"
    assert summary == (
        f"2 images ({len(JPEG)} bytes) and 0 events in the journal, 1 days from before there was a journal, "
        "1 files in recovered/, 2 differences"
    )


def test_a_directory_that_is_no_hub_s_is_an_error(tmp_path: Path) -> None:
    """The error says how to name the right one."""
    with pytest.raises(DataDirectoryError, match="--path"):
        check.run(tmp_path)
