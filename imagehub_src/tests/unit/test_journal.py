"""Whoever follows the journal gets each acknowledged entry once, in order, and none that may be taken back."""

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hubdata import largest_file
from imagehub import journal
from imagehub.journal import Entry, Journal, Mark, Position

DAY, NEXT_DAY = "2026-11-21", "2026-11-22"

json_text = st.text(st.characters(exclude_categories=["Cs"]))


def event(text: str = "") -> Entry:
    """Return an event's entry."""
    return {
        "time": "2026-11-21T12:00:00.000000+01:00", "node": "Barn", "view": "", "kind": "event", "type": "motion",
        "text": text, "request": "r",
    }  # fmt: skip


def picture(name: str = "a.jpg") -> Entry:
    """Return an image's entry."""
    return event() | {"kind": "image", "path": f"images/{DAY}/{name}", "bytes": 1, "checksum": "crc32:00000000"}


@pytest.fixture
def lines(tmp_path: Path) -> Iterator[Journal]:
    """A new journal in `tmp_path`."""
    lines = Journal(tmp_path, None)
    yield lines
    lines.close()


def add(lines: Journal, *texts: str, day: str = DAY) -> None:
    """Append an event for each text and commit them."""
    lines.append([event(text) for text in texts], day)
    lines.commit(lines.written)


def texts(folder: Path, after: Position | None = None) -> list[Any]:
    """Return the texts of the acknowledged entries after a position."""
    return [entry.get("text", entry["kind"]) for entry, _ in journal.read(folder, after)]


def flip(path: Path, at: int) -> None:
    """Flip one bit of a file, as an old disk does."""
    data = bytearray(path.read_bytes())
    data[at] ^= 0x01
    path.write_bytes(data)


# Lines


@given(st.dictionaries(json_text, json_text | st.integers() | st.none() | st.booleans()))
def test_an_entry_is_one_line_that_gives_it_back(entry: Entry) -> None:
    """Whatever the values hold, a line is JSON, ends with the only newline, and is read as it was written."""
    line = journal.encode(entry)
    assert line.count(b"\n") == 1
    assert json.loads(line) == entry


@given(st.lists(st.lists(json_text, min_size=1, max_size=3), max_size=6))
def test_entries_are_read_as_they_were_appended(
    tmp_path_factory: pytest.TempPathFactory, groups: list[list[str]]
) -> None:
    """Groups of any texts come back in order, numbered from 1 without a gap."""
    folder = tmp_path_factory.mktemp("journal")
    lines = Journal(folder, None)
    for group in groups:
        add(lines, *group)
    lines.close()
    read = [entry for entry, _ in journal.read(folder)]
    flat = [text for group in groups for text in group]
    assert read == [{"sequence": number, **event(text)} for number, text in enumerate(flat, 1)]


def test_a_line_begins_with_its_number(tmp_path: Path, lines: Journal) -> None:
    """The order of segments can be told from the first bytes of each."""
    add(lines, "one")
    assert (tmp_path / f"{DAY}.jsonl").read_bytes().startswith(b'{"sequence":1,"time":')


def test_a_checksum_has_a_name_and_eight_digits() -> None:
    """The kind of checksum is told with it; the value is the one that zlib, gzip and PNG use."""
    assert journal.checksum(b"123456789") == "crc32:cbf43926"
    assert journal.checksum(b"") == "crc32:00000000"


# Readers


def test_nobody_sees_what_is_not_committed(tmp_path: Path, lines: Journal) -> None:
    """Lines that a power cut may take back are shown to nobody, before the first commit and after it."""
    lines.append([event("one")], DAY)
    assert texts(tmp_path) == []
    lines.commit(lines.written)
    lines.append([event("two")], DAY)
    assert texts(tmp_path) == ["one"]


def test_a_commit_covers_what_was_written_when_its_flush_began(tmp_path: Path, lines: Journal) -> None:
    """Lines that were written during the flush wait for the next."""
    lines.append([event("one")], DAY)
    flushed = lines.written
    lines.append([event("two")], DAY)
    lines.commit(flushed)
    assert texts(tmp_path) == ["one"]
    assert not lines.is_committed


def test_a_reader_goes_on_where_it_stopped(tmp_path: Path, lines: Journal) -> None:
    """A kept position leads to what came after it, over segments and midnight, without a repeat or a gap."""
    seen: list[str] = []
    after = None
    for number in range(30):
        add(lines, f"{number}a", f"{number}b", day=DAY if number < 15 else NEXT_DAY)
        if number % 7 == 3:
            lines.abandon()
        if number % 4 == 0:
            for entry, position in journal.read(tmp_path, after):
                seen.append(entry["text"])
                after = position
    seen += texts(tmp_path, after)
    assert seen == [f"{number}{letter}" for number in range(30) for letter in "ab"]


def test_a_position_inside_a_group_is_a_position(tmp_path: Path, lines: Journal) -> None:
    """A reader may stop after any entry."""
    add(lines, "one", "two", "three")
    positions = [position for _, position in journal.read(tmp_path)]
    assert [texts(tmp_path, position) for position in positions] == [["two", "three"], ["three"], []]
    assert [position.sequence for position in positions] == [1, 2, 3]


def test_a_reader_may_begin_with_a_day(tmp_path: Path, lines: Journal) -> None:
    """A position at the beginning of a segment leads to that segment and the later ones."""
    add(lines, "old")
    add(lines, "new", day=NEXT_DAY)
    assert texts(tmp_path, Position(f"{NEXT_DAY}.jsonl", 0, 0)) == ["new"]


def test_a_reader_whose_segment_is_gone_sees_the_later_ones(tmp_path: Path, lines: Journal) -> None:
    """Somebody deleted an old segment: nothing is repeated, nothing later is missed."""
    add(lines, "one")
    position = lines.committed
    add(lines, "two", day=NEXT_DAY)
    (tmp_path / position.segment).unlink()
    assert texts(tmp_path, position) == ["two"]
    assert texts(tmp_path) == ["two"]
    newest = lines.committed
    (tmp_path / newest.segment).unlink()
    assert texts(tmp_path, newest) == []


def test_a_mark_whose_segment_is_gone_lets_nobody_see_too_much(tmp_path: Path, lines: Journal) -> None:
    """The sequence number in the mark bounds what is shown, even where its segment was deleted."""
    add(lines, "one")
    add(lines, "two", day=NEXT_DAY)
    lines.append([event("three")], "2026-11-23")
    (tmp_path / f"{NEXT_DAY}.jsonl").unlink()
    assert texts(tmp_path) == ["one"]


def test_a_directory_without_a_mark_has_no_acknowledged_entry(tmp_path: Path) -> None:
    """What nobody acknowledged is not shown."""
    (tmp_path / f"{DAY}.jsonl").write_bytes(journal.encode({"sequence": 1, **event("one")}))
    assert texts(tmp_path) == []


@pytest.mark.parametrize("text", ["", "x", "2026-11-21.jsonl 5", "2026-11-21.jsonl a b running", "\0" * 128])
def test_a_mark_that_can_not_be_read_is_none(tmp_path: Path, text: str) -> None:
    """A damaged mark vouches for nothing, and stops nobody."""
    (tmp_path / "committed").write_text(text)
    assert journal.read_mark(tmp_path) is None


def test_a_mark_tells_how_the_hub_stopped(tmp_path: Path) -> None:
    """While the hub runs the mark says so; a clean stop is told, with the same position."""
    lines = Journal(tmp_path, None)
    add(lines, "one")
    at = lines.written
    assert journal.read_mark(tmp_path) == Mark(at, clean=False)
    lines.close()
    assert journal.read_mark(tmp_path) == Mark(at, clean=True)
    assert (tmp_path / "committed").stat().st_size == journal.MARK_BYTES


def test_a_journal_that_never_had_an_entry_leaves_no_mark(tmp_path: Path) -> None:
    """Starting and stopping a hub without senders writes nothing."""
    Journal(tmp_path, None).close()
    assert os.listdir(tmp_path) == []


# Damage


@given(st.data())
def test_one_flipped_bit_hides_one_entry_at_most(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    """Wherever a bit flips, the other entries are read, in order, and no reader fails."""
    folder = tmp_path_factory.mktemp("journal")
    lines = Journal(folder, None)
    for day in (DAY, NEXT_DAY):
        lines.append([picture(f"{number}.jpg") for number in range(4)], day)
    lines.commit(lines.written)
    sound = [entry for entry, _ in journal.read(folder)]
    path = folder / data.draw(st.sampled_from([f"{DAY}.jsonl", f"{NEXT_DAY}.jsonl"]))
    size = path.stat().st_size
    newlines = [at for at, byte in enumerate(path.read_bytes()) if byte == 0x0A]
    at = data.draw(st.integers(0, size - 1).filter(lambda at: at not in newlines))
    flip(path, at)
    read = [entry for entry, _ in journal.read(folder)]
    hidden = [entry for entry in sound if entry not in read]
    assert len(hidden) <= 1
    assert [entry for entry in read if entry in sound] == [entry for entry in sound if entry not in hidden]


def test_a_damaged_line_is_told_in_its_place(tmp_path: Path, lines: Journal) -> None:
    """It is an entry of kind `damaged`, and the rest follows."""
    add(lines, "one", "two", "three")
    flip(tmp_path / f"{DAY}.jsonl", len(journal.encode({"sequence": 1, **event("one")})))
    assert texts(tmp_path) == ["one", "damaged", "three"]


@pytest.mark.parametrize(
    "change",
    [
        {"kind": "imafe"},
        {"kind": None},
        {"sequence": "1"},
        {"sequence": True},
        {"path": "images/2026-11-21/../../etc/passwd"},
        {"path": "images.2026-11-21.jpg"},
        {"path": None},
        {"bytes": "1"},
        {"checksum": 5},
        {"node": None},
        {"taken": 1795222800},
    ],
)
def test_a_line_that_lacks_what_its_kind_promises_is_damaged(tmp_path: Path, change: Entry) -> None:
    """Whoever reads an entry may rely on its keys, their types, and that its path leads into images/."""
    line = journal.encode({"sequence": 1, **picture(), **change})
    (tmp_path / f"{DAY}.jsonl").write_bytes(line)
    assert [entry for entry, _ in journal.lines(tmp_path, Position(f"{DAY}.jsonl", 0, 0))] == [{"kind": "damaged"}]


def test_a_damaged_first_line_does_not_move_a_day(tmp_path: Path, lines: Journal) -> None:
    """The order of the segments, and with it the newest one, survives a bad first line in an old one."""
    for day in ("2026-11-19", "2026-11-20", DAY):
        add(lines, f"{day} one", f"{day} two", day=day)
    flip(tmp_path / "2026-11-19.jsonl", 0)
    flip(tmp_path / "2026-11-20.jsonl", 12)
    assert [name[:10] for name in journal.segments(tmp_path)] == ["2026-11-19", "2026-11-20", DAY]
    assert texts(tmp_path)[1:] == [
        "2026-11-19 two", "2026-11-20 one", "2026-11-20 two", f"{DAY} one", f"{DAY} two",
    ]  # fmt: skip


def test_numbers_never_fall_in_a_position(tmp_path: Path) -> None:
    """A number that was damaged into a smaller one does not make the next entries repeat numbers."""
    data = b"".join(journal.encode({"sequence": number, **event()}) for number in (7, 8, 1))
    (tmp_path / f"{DAY}.jsonl").write_bytes(data)
    positions = [position for _, position in journal.lines(tmp_path, Position(f"{DAY}.jsonl", 0, 0))]
    assert [position.sequence for position in positions] == [7, 8, 8]


def test_a_torn_last_line_is_not_read(tmp_path: Path) -> None:
    """Half a line is no entry."""
    line = journal.encode({"sequence": 1, **event()})
    (tmp_path / f"{DAY}.jsonl").write_bytes(line + line[:20])
    assert len(list(journal.lines(tmp_path, Position(f"{DAY}.jsonl", 0, 0)))) == 1


# Segments


def test_each_day_has_its_segment(tmp_path: Path, lines: Journal) -> None:
    """At midnight a new file begins; numbers go on."""
    add(lines, "one")
    add(lines, "two", day=NEXT_DAY)
    assert journal.segments(tmp_path) == [f"{DAY}.jsonl", f"{NEXT_DAY}.jsonl"]
    assert lines.committed.sequence == 2


def test_a_clock_that_goes_back_gets_a_new_segment(tmp_path: Path, lines: Journal) -> None:
    """Entries of a day that has a segment already follow in another; readers keep the order of acceptance."""
    for number, day in enumerate([DAY, NEXT_DAY, DAY, NEXT_DAY, NEXT_DAY]):
        add(lines, str(number), day=day)
    expected = [f"{DAY}.jsonl", f"{NEXT_DAY}.jsonl", f"{DAY}.2.jsonl", f"{NEXT_DAY}.2.jsonl"]
    assert journal.segments(tmp_path) == expected
    assert texts(tmp_path) == list("01234")


@given(st.lists(st.tuples(st.sampled_from(["2026-01-01", "2026-01-02", "1970-01-01"]), st.booleans()), max_size=12))
def test_segments_are_in_the_order_of_acceptance(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[str, bool]]
) -> None:
    """Whatever the clock does and however often a flush fails, numbers rise from segment to segment."""
    folder = tmp_path_factory.mktemp("journal")
    lines = Journal(folder, None)
    kept = []
    for number, (day, flushed) in enumerate(steps):
        lines.append([event(str(number))], day)
        if flushed:
            lines.commit(lines.written)
            kept.append(str(number))
        else:
            lines.abandon()
    lines.close()
    assert texts(folder) == kept
    numbers = [entry["sequence"] for entry, _ in journal.read(folder)]
    assert numbers == sorted(set(numbers))


def test_a_tenth_segment_follows_the_ninth(tmp_path: Path) -> None:
    """Parts are ordered as numbers where the lines don't tell, and what is no segment is no segment."""
    for name in (
        "2026-11-21.10.jsonl",
        "2026-11-21.9.jsonl",
        "2026-11-21.jsonl",
        "notes.jsonl",
        "2026-11-21.jsonl.new",
    ):
        (tmp_path / name).touch()
    assert journal.segments(tmp_path) == ["2026-11-21.jsonl", "2026-11-21.9.jsonl", "2026-11-21.10.jsonl"]


def test_a_restart_goes_on_in_the_same_segment(tmp_path: Path) -> None:
    """The same day after a restart is the same file."""
    lines = Journal(tmp_path, None)
    add(lines, "one")
    lines.close()
    lines = Journal(tmp_path, lines.committed)
    add(lines, "two")
    lines.close()
    assert journal.segments(tmp_path) == [f"{DAY}.jsonl"]
    assert texts(tmp_path) == ["one", "two"]
    assert lines.committed.sequence == 2


# Faults


def test_a_write_that_fails_leaves_nothing(tmp_path: Path, lines: Journal) -> None:
    """The kernel takes a part of the lines and refuses the rest: none of them stays, and the next ones fit."""
    add(lines, "one")
    with largest_file(4000), pytest.raises(OSError, match="too large"):
        lines.append([event("x" * 1500)] * 4, DAY)
    add(lines, "two")
    assert texts(tmp_path) == ["one", "two"]
    assert lines.committed.sequence == 2


@pytest.mark.parametrize("day", [DAY, NEXT_DAY])
def test_what_could_not_be_undone_is_cut_before_the_next_lines(
    tmp_path: Path, lines: Journal, monkeypatch: pytest.MonkeyPatch, day: str
) -> None:
    """Lines that stayed behind a failed write are shown to nobody, even when a later day is committed."""
    add(lines, "one")
    monkeypatch.setattr(os, "ftruncate", failing)
    with largest_file(4000), pytest.raises(OSError, match="the disk failed"):
        lines.append([event("x" * 1500)] * 4, DAY)
    monkeypatch.undo()
    assert len((tmp_path / f"{DAY}.jsonl").read_bytes()) == 4000
    add(lines, "two", day=day)
    add(lines, "three", day=NEXT_DAY)
    assert texts(tmp_path) == ["one", "two", "three"]


def failing(descriptor: int, size: int) -> None:
    """A disk that does not cut a file."""
    raise OSError("the disk failed")


def test_a_day_that_can_not_begin_costs_no_file_and_no_number(tmp_path: Path, lines: Journal) -> None:
    """A full disk at midnight: however often it is tried, the new day has one segment and the mark stays."""
    add(lines, "one")
    before = lines.written
    for _ in range(3):
        with largest_file(50), pytest.raises(OSError, match="too large"):
            lines.append([event("two")], NEXT_DAY)
        assert lines.written == before
        assert lines.is_committed
    add(lines, "two", day=NEXT_DAY)
    assert journal.segments(tmp_path) == [f"{DAY}.jsonl", f"{NEXT_DAY}.jsonl"]
    assert lines.committed.sequence == 2


def test_what_a_flush_did_not_confirm_is_cut_off(tmp_path: Path, lines: Journal) -> None:
    """After a failed flush the segment ends at the committed mark, and the next lines begin another."""
    add(lines, "one")
    end = lines.committed
    lines.append([event("two")], DAY)
    lines.abandon()
    assert (tmp_path / f"{DAY}.jsonl").stat().st_size == end.offset
    add(lines, "three")
    assert journal.segments(tmp_path) == [f"{DAY}.jsonl", f"{DAY}.2.jsonl"]
    assert texts(tmp_path) == ["one", "three"]
    assert lines.committed == Position(f"{DAY}.2.jsonl", lines.committed.offset, 3)


def test_what_was_given_up_can_not_be_committed_later(tmp_path: Path, lines: Journal) -> None:
    """Right after giving up, nothing waits for a commit, and the mark stays where it was."""
    add(lines, "one")
    end = lines.committed
    lines.append([event("two")], DAY)
    lines.abandon()
    assert lines.is_committed
    assert (lines.written.segment, lines.written.offset) == (end.segment, end.offset)


def test_giving_up_spans_midnight(tmp_path: Path, lines: Journal) -> None:
    """Lines of two days that waited for one flush are given up in both segments."""
    add(lines, "one")
    lines.append([event("two")], DAY)
    lines.append([event("three")], NEXT_DAY)
    lines.abandon()
    add(lines, "four", day=NEXT_DAY)
    assert texts(tmp_path) == ["one", "four"]
    assert (tmp_path / f"{NEXT_DAY}.jsonl").stat().st_size == 0


def test_giving_up_keeps_a_segment_that_was_committed_meanwhile(tmp_path: Path, lines: Journal) -> None:
    """A flush that began before midnight confirms its day although the next day has begun already."""
    lines.append([event("one")], DAY)
    flushed = lines.written
    lines.append([event("two")], NEXT_DAY)
    lines.commit(flushed)
    lines.abandon()
    assert texts(tmp_path) == ["one"]
    add(lines, "three", day=NEXT_DAY)
    assert texts(tmp_path) == ["one", "three"]


def test_giving_up_before_the_first_commit_leaves_nothing(tmp_path: Path, lines: Journal) -> None:
    """The very first flush may fail too."""
    lines.append([event("one")], DAY)
    lines.abandon()
    add(lines, "two")
    assert texts(tmp_path) == ["two"]


def test_giving_up_can_be_tried_again(tmp_path: Path, lines: Journal) -> None:
    """While the lines can't be cut off the call fails; once they can, it does what it promises."""
    add(lines, "one")
    lines.append([event("two")], DAY)
    hidden = tmp_path.with_name("elsewhere")
    tmp_path.rename(hidden)
    with pytest.raises(FileNotFoundError):
        lines.abandon()
    hidden.rename(tmp_path)
    lines.abandon()
    add(lines, "three")
    assert texts(tmp_path) == ["one", "three"]


def test_a_flush_is_told_which_segments_changed(tmp_path: Path, lines: Journal) -> None:
    """Every segment that was written or cut since the last time is named once."""
    lines.append([event("one")], DAY)
    lines.append([event("two")], DAY)
    lines.append([event("three")], NEXT_DAY)
    first, second = (str(tmp_path / f"{day}.jsonl") for day in (DAY, NEXT_DAY))
    assert lines.take_changed() == [first, second]
    assert lines.take_changed() == []
    lines.commit(lines.written)
    lines.append([event("four")], NEXT_DAY)
    lines.take_changed()
    lines.abandon()
    assert lines.take_changed() == [second]


# Behind the mark


def test_lines_behind_the_mark_can_be_found(tmp_path: Path, lines: Journal) -> None:
    """They begin at the mark and go on in every later segment."""
    add(lines, "one")
    at = lines.committed
    lines.append([event("two")], NEXT_DAY)
    assert journal.beyond_mark(tmp_path) == [at, Position(f"{NEXT_DAY}.jsonl", 0, 0)]


def test_without_a_mark_the_last_two_segments_are_in_doubt(tmp_path: Path, lines: Journal) -> None:
    """One flush covers no more, so that a lost mark does not put years in doubt."""
    for number in range(1, 5):
        add(lines, str(number), day=f"2026-11-2{number}")
    (tmp_path / "committed").unlink()
    (tmp_path / "2026-11-25.jsonl").touch()
    assert [start.segment for start in journal.beyond_mark(tmp_path)] == ["2026-11-23.jsonl", "2026-11-24.jsonl"]


# The watermark


def test_the_watermark_is_kept(tmp_path: Path) -> None:
    """It is 0 where nothing was purged; a smaller number leaves nothing of a greater one."""
    assert journal.read_watermark(tmp_path) == 0
    for number in (123_456, 7):
        journal.write_watermark(tmp_path, number)
        assert journal.read_watermark(tmp_path) == number


def test_the_watermark_takes_no_new_space(tmp_path: Path) -> None:
    """The file keeps its length and its place, because it is written when the disk is full."""
    journal.write_watermark(tmp_path, 0)
    before = (tmp_path / "purged").stat()
    journal.write_watermark(tmp_path, 10**12)
    after = (tmp_path / "purged").stat()
    assert (before.st_ino, before.st_size) == (after.st_ino, after.st_size)


def test_a_damaged_watermark_says_that_nothing_was_purged(tmp_path: Path) -> None:
    """What can't be read deletes nothing."""
    (tmp_path / "purged").write_bytes(b"\xff\0 nonsense")
    assert journal.read_watermark(tmp_path) == 0
