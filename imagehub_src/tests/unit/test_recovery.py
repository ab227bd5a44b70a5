"""After any kind of end the next start keeps what was acknowledged, shows what is whole, and deletes nothing."""

import json
import os
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

import imagehub
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
from imagehub import check, deleted, journal
from imagehub.errors import RefusedError
from imagehub.journal import Entry, Journal, Position
from imagehub.recovery import Recovered, recover
from imagehub.store import DayCount, Store
from imagehub.testing import FakeClock

TESTS = Path(__file__).parents[1]
SEGMENT = f"{TODAY}.jsonl"


@pytest.fixture
def clock() -> FakeClock:
    """Noon, an hour ahead of UTC."""
    return FakeClock(NOON)


@pytest.fixture
def store(tmp_path: Path, clock: FakeClock) -> Store:
    """A store in `tmp_path`, whose process may end at any time."""
    return open_store(tmp_path, clock.now, Flusher())


def segment(root: Path, name: str = SEGMENT) -> Path:
    """Return the path of a segment."""
    return root / "journal" / name


def serve(root: Path, clock: FakeClock) -> Recovered:
    """Recover, and commit the end as a hub does that starts; return what recovery says."""
    recovered = recover(root, clock.now())
    if recovered.position is not None:
        Journal(root / "journal", recovered.position).commit(recovered.position)
    return recovered


def texts(root: Path) -> list[Any]:
    """Return the texts of what readers see."""
    return [entry.get("text", entry["kind"]) for entry in acknowledged(root)]


def test_a_first_start_makes_the_folders(tmp_path: Path) -> None:
    """Nothing needs to be prepared, and there is nothing to go on from."""
    recovered = recover(tmp_path / "new" / "data", NOON)
    assert sorted(os.listdir(tmp_path / "new" / "data")) == ["commands", "images", "journal", "logs"]
    assert recovered == Recovered(None, DayCount(TODAY, 0), [], [], [])


def test_what_was_committed_is_found_again(tmp_path: Path, store: Store, clock: FakeClock) -> None:
    """Where the journal ends, how many images today has, and which requests came."""
    keep(store, image(), request="1")
    keep(store, event(), request="2")
    keep(store, image(), request="3")
    end = journal.read_mark(tmp_path / "journal")
    assert end is not None
    recovered = recover(tmp_path, clock.now())
    assert recovered.position == end.position
    assert recovered.images_today == DayCount(TODAY, 2)
    assert recovered.remembered == ["1", "2", "3"]
    assert recovered.findings == []


def test_todays_entries_are_replayed_in_order(tmp_path: Path, store: Store, clock: FakeClock) -> None:
    """Images and events of today, over all of its segments, and none of another day."""
    for rest, seconds in (("jpg|1", DAY_SECONDS), ("jpg|2", -DAY_SECONDS), ("motion|3", 0.0)):
        keep(store, image(rest) if rest.startswith("jpg") else event(rest))
        clock.pass_(seconds)
    replayed: list[Entry] = []
    recover(tmp_path, clock.now(), replayed.append)
    assert [entry["text"][-1] for entry in replayed] == ["1", "3"]


@pytest.mark.parametrize("error", [ValueError("not a time"), RefusedError("not a name")])
def test_an_entry_that_can_not_be_counted_does_not_stop_the_hub(tmp_path: Path, store: Store, error: Exception) -> None:
    """A flipped bit in a name or a time costs its place in the counts, no more."""
    keep(store, image("jpg|1"), image("jpg|2"))
    replayed = []

    def replay(entry: Entry) -> None:
        if entry["text"].endswith("1"):
            raise error
        replayed.append(entry)

    assert recover(tmp_path, NOON, replay).images_today.images == 2
    assert len(replayed) == 1


# After a crash


def test_a_torn_last_line_is_cut_off_and_told(tmp_path: Path, store: Store, clock: FakeClock) -> None:
    """Half a line goes, the whole ones stay, and the next line begins where it ended."""
    keep(store, image("jpg|kept"))
    whole = segment(tmp_path).read_bytes()
    segment(tmp_path).write_bytes(whole + whole[:30])
    assert serve(tmp_path, clock).findings == [f"cut a torn last line of 30 bytes off {SEGMENT}"]
    assert segment(tmp_path).read_bytes() == whole
    keep(open_store(tmp_path, clock.now), image("jpg|next"))
    assert [text[8:] for text in texts(tmp_path)] == ["jpg|kept", "jpg|next"]


def test_a_torn_line_longer_than_a_block_is_cut_off(tmp_path: Path, store: Store, clock: FakeClock) -> None:
    """The end of the last whole line is found however far back it is, and where there is none."""
    keep(store, event("motion|kept"))
    with segment(tmp_path).open("ab") as file:
        file.write(b"x" * 200_000)
    serve(tmp_path, clock)
    assert len(every_line(tmp_path)) == 1
    segment(tmp_path).write_bytes(b"x" * 200_000)
    serve(tmp_path, clock)
    assert segment(tmp_path).read_bytes() == b""


@pytest.mark.parametrize("body", [None, b"", JPEG[:-1], JPEG[:-1] + b"\0"])
def test_a_line_without_its_whole_image_is_made_void(
    tmp_path: Path, store: Store, clock: FakeClock, body: bytes | None
) -> None:
    """Behind the mark: missing, empty, cut or changed: the line keeps its place and its length, and says `void`."""
    keep(store, image("jpg|kept"))
    write(store, image("jpg|lost"), image("jpg|whole"))
    before = segment(tmp_path).stat().st_size
    lost = tmp_path / every_line(tmp_path)[1]["path"]
    lost.unlink()
    if body is not None:
        lost.write_bytes(body)
    findings = serve(tmp_path, clock).findings
    assert [text.split("|")[-1] for text in texts(tmp_path)] == ["kept", "void", "whole"]
    assert every_line(tmp_path)[1] == {"sequence": 2, "kind": "void"}
    assert segment(tmp_path).stat().st_size == before
    assert findings[0].startswith(f"entry 2 in {SEGMENT} is not whole")
    kept = {name: data for name, data in tree(tmp_path).items() if name.startswith("recovered")}
    assert list(kept.values()) == ([] if body is None else [body])
    assert check.check(tmp_path).differences == []


def test_lines_behind_the_mark_with_whole_images_count(tmp_path: Path, store: Store, clock: FakeClock) -> None:
    """They may have been acknowledged: the mark is written a moment before the replies."""
    keep(store, image("jpg|1"))
    write(store, image("jpg|2"))
    write(store, event("motion|3"), request="9")
    recovered = serve(tmp_path, clock)
    assert [text[-1] for text in texts(tmp_path)] == ["1", "2", "3"]
    assert recovered.findings == []
    assert recovered.images_today.images == 2
    assert recovered.remembered[-1] == "9"


def test_what_was_perhaps_never_flushed_is_named(tmp_path: Path, store: Store, clock: FakeClock) -> None:
    """Before it counts as stored, systems that flush file by file are to flush the segment and its images."""
    keep(store, image("jpg|flushed"))
    write(store, image("jpg|unflushed"), event())
    path = every_line(tmp_path)[1]["path"]
    assert recover(tmp_path, clock.now()).unflushed == [str(segment(tmp_path)), str(tmp_path / path)]


def test_lines_before_the_mark_are_taken_at_their_word(tmp_path: Path, store: Store, clock: FakeClock) -> None:
    """What was acknowledged is never made void, though its image is gone: `check` is to say so."""
    keep(store, image("jpg|gone"))
    (tmp_path / pictures(tmp_path)[0]).unlink()
    assert serve(tmp_path, clock).findings == []
    assert [text[8:] for text in texts(tmp_path)] == ["jpg|gone"]
    assert len(check.check(tmp_path).differences) == 1


def test_a_damaged_line_behind_the_mark_is_made_void(tmp_path: Path, store: Store, clock: FakeClock) -> None:
    """A power cut may leave zeros where a line was: it gets the number that it must have had."""
    keep(store, event("motion|1"))
    at = segment(tmp_path).stat().st_size
    write(store, event("motion|2"), event("motion|3"))
    data = bytearray(segment(tmp_path).read_bytes())
    end = data.index(b"\n", at)
    data[at:end] = bytes(end - at)
    segment(tmp_path).write_bytes(data)
    findings = serve(tmp_path, clock).findings
    assert findings == [f"entry 2 in {SEGMENT} is not whole, nor acknowledged as far as known: made void"]
    assert [text[-1] for text in texts(tmp_path)] == ["1", "d", "3"]


def test_a_file_without_a_line_is_set_aside(tmp_path: Path, store: Store, clock: FakeClock) -> None:
    """An image whose line never came is kept, out of sight, with its bytes."""
    keep(store, image("jpg|kept"))
    stray = tmp_path / "images" / TODAY / "Barn-P1-2026-11-21T12.00.01.000000.jpg"
    stray.write_bytes(b"\xff\xd8 half")
    findings = serve(tmp_path, clock).findings
    target = f"recovered/{TODAY}/{stray.name}"
    assert findings == [f"no journal entry vouches for images/{TODAY}/{stray.name}: set aside as {target}"]
    assert (tmp_path / target).read_bytes() == b"\xff\xd8 half"
    assert len(pictures(tmp_path)) == 1
    assert check.check(tmp_path).differences == []


def test_what_is_set_aside_never_overwrites(tmp_path: Path, store: Store, clock: FakeClock) -> None:
    """The same name, stray after two crashes, is two files in recovered/."""
    keep(store, image())
    for body in (b"one", b"two"):
        (tmp_path / "images" / TODAY / "stray.jpg").write_bytes(body)
        serve(tmp_path, clock)
    kept = {data for name, data in tree(tmp_path).items() if name.startswith("recovered")}
    assert kept == {b"one", b"two"}


def test_a_file_that_can_not_be_set_aside_does_not_stop_the_hub(tmp_path: Path, store: Store, clock: FakeClock) -> None:
    """It stays where it is, and that is told."""
    keep(store, image())
    (tmp_path / "images" / TODAY / "stray.jpg").write_bytes(b"one")
    (tmp_path / "recovered").write_bytes(b"in the way")
    findings = serve(tmp_path, clock).findings
    assert findings == [
        f"no journal entry vouches for images/{TODAY}/stray.jpg, but it can't be set aside: Not a directory"
    ]
    assert (tmp_path / "images" / TODAY / "stray.jpg").exists()


def test_a_file_name_that_is_no_text_is_set_aside_too(tmp_path: Path, store: Store, clock: FakeClock) -> None:
    """A stray name in an old code page is told in a form that any log takes."""
    keep(store, image())
    Path(os.fsdecode(os.fsencode(tmp_path / "images" / TODAY) + b"/caf\xe9.jpg")).write_bytes(b"x")
    [finding] = serve(tmp_path, clock).findings
    assert "caf\\xe9.jpg" in finding.encode("ascii").decode()


def test_folders_of_others_in_images_are_left_alone(tmp_path: Path, store: Store, clock: FakeClock) -> None:
    """Only folders of days are looked through, and of those only days that have a journal."""
    keep(store, image())
    for name in ("thumbnails", "2027-01-01", "2020-01-01"):
        (tmp_path / "images" / name).mkdir()
        (tmp_path / "images" / name / "a.jpg").write_bytes(b"x")
    assert serve(tmp_path, clock).findings == []
    assert len(pictures(tmp_path)) == 4


def test_an_image_of_a_new_day_that_got_no_line_is_set_aside(tmp_path: Path, store: Store, clock: FakeClock) -> None:
    """The first image of a day may be written when the hub ends, before the day has a segment."""
    keep(store, image())
    clock.pass_(DAY_SECONDS)
    new = tmp_path / "images" / "2026-11-22"
    new.mkdir()
    (new / "a.jpg").write_bytes(b"x")
    assert len(serve(tmp_path, clock).findings) == 1


def test_a_clock_that_went_back_hides_no_stray_file(tmp_path: Path, store: Store, clock: FakeClock) -> None:
    """Lines behind the mark may belong to an earlier day than the mark does."""
    keep(store, image())
    clock.pass_(-DAY_SECONDS)
    write(store, image())
    stray = tmp_path / "images" / "2026-11-20" / "stray.jpg"
    stray.write_bytes(b"x")
    clock.pass_(3 * DAY_SECONDS)
    serve(tmp_path, clock)
    assert not stray.exists()
    assert len(pictures(tmp_path)) == 2


def test_lines_over_midnight_are_mended_in_both_segments(tmp_path: Path, store: Store, clock: FakeClock) -> None:
    """What waited for one flush may lie in two days."""
    keep(store, image("jpg|1"))
    write(store, image("jpg|2"))
    clock.pass_(DAY_SECONDS)
    write(store, image("jpg|3"))
    for path in pictures(tmp_path)[1:]:
        (tmp_path / path).write_bytes(b"")
    serve(tmp_path, clock)
    assert [text.split("|")[-1] for text in texts(tmp_path)] == ["1", "void", "void"]


def test_a_purged_image_behind_an_old_mark_is_no_loss(tmp_path: Path, store: Store, clock: FakeClock) -> None:
    """A power cut may take the mark back further than the purge: what was purged is not made void."""
    keep(store, event("motion|1"))
    mark = (tmp_path / "journal" / "committed").read_bytes()
    keep(store, image("jpg|2"), image("jpg|3"))
    journal.write_watermark(tmp_path / "journal", 2)
    (tmp_path / acknowledged(tmp_path)[1]["path"]).unlink()
    (tmp_path / "journal" / "committed").write_bytes(mark)
    assert serve(tmp_path, clock).findings == []
    assert [text[-1] for text in texts(tmp_path)] == ["1", "2", "3"]


def test_a_deleted_image_behind_an_old_mark_is_no_loss(tmp_path: Path, store: Store, clock: FakeClock) -> None:
    """What a librarian deleted is neither made void nor flushed."""
    keep(store, event("motion|1"))
    mark = (tmp_path / "journal" / "committed").read_bytes()
    keep(store, image("jpg|2"), image("jpg|3"))
    path = acknowledged(tmp_path)[1]["path"]
    deleted.add(tmp_path, [path])
    (tmp_path / path).unlink()
    (tmp_path / "journal" / "committed").write_bytes(mark)
    recovered = serve(tmp_path, clock)
    assert recovered.findings == []
    assert str(tmp_path / path) not in recovered.unflushed
    assert [text[-1] for text in texts(tmp_path)] == ["1", "2", "3"]


# The mark


def test_a_clean_stop_spares_the_look(tmp_path: Path, store: Store, clock: FakeClock) -> None:
    """After a clean stop no image is read and no file searched for: the start is quick."""
    keep(store, image())
    store.close()
    (tmp_path / "images" / TODAY / "stray.jpg").write_bytes(b"x")
    (tmp_path / pictures(tmp_path)[0]).write_bytes(b"")
    recovered = recover(tmp_path, clock.now())
    assert recovered.findings == []
    assert recovered.unflushed == []
    assert recovered.position is not None


@pytest.mark.parametrize("change", ["longer", "shorter", "another"])
def test_a_clean_mark_that_does_not_fit_the_journal_is_not_believed(
    tmp_path: Path, store: Store, clock: FakeClock, change: str
) -> None:
    """With durability `written` a power cut after a clean stop may have kept the mark and lost lines."""
    keep(store, event("motion|1"))
    keep(store, event("motion|2"))
    store.close()
    line = segment(tmp_path).read_bytes().splitlines(keepends=True)[0]
    if change == "longer":
        with segment(tmp_path).open("ab") as file:
            file.write(line[:20])
    elif change == "shorter":
        os.truncate(segment(tmp_path), len(line) + 5)
    else:
        segment(tmp_path, "2026-11-22.jsonl").write_bytes(line.replace(b":1,", b":3,", 1) + b"{")
    assert len(serve(tmp_path, clock).findings) == 1
    keep(open_store(tmp_path, clock.now), event("motion|next"))
    assert texts(tmp_path)[0] == "Barn P1|motion|1"
    assert texts(tmp_path)[-1] == "Barn P1|motion|next"
    assert "damaged" not in texts(tmp_path)


@pytest.mark.parametrize("mark", [None, b"", b"\0" * 128])
def test_a_lost_mark_loses_nothing(tmp_path: Path, store: Store, clock: FakeClock, mark: bytes | None) -> None:
    """Without a mark that can be read, all whole entries count, and there is one again."""
    keep(store, image("jpg|1"))
    clock.pass_(DAY_SECONDS)
    keep(store, image("jpg|2"))
    path = tmp_path / "journal" / "committed"
    path.unlink() if mark is None else path.write_bytes(mark)
    serve(tmp_path, clock)
    assert [text[-1] for text in texts(tmp_path)] == ["1", "2"]


def test_a_mark_whose_segment_is_gone_is_no_end(tmp_path: Path, store: Store, clock: FakeClock) -> None:
    """Somebody deleted the newest segment: the hub goes on, and gives no number twice."""
    keep(store, event("motion|1"))
    clock.pass_(DAY_SECONDS)
    keep(store, event("motion|2"), event("motion|3"))
    segment(tmp_path, "2026-11-22.jsonl").unlink()
    keep(open_store(tmp_path, clock.now), event("motion|4"))
    assert [(entry["sequence"], entry["text"][-1]) for entry in acknowledged(tmp_path)] == [(1, "1"), (4, "4")]


def test_a_journal_that_was_deleted_gives_no_number_that_was_purged(
    tmp_path: Path, store: Store, clock: FakeClock
) -> None:
    """New images never count as purged ones, whatever was deleted by hand: a purge must not take them."""
    keep(store, image("jpg|1"), image("jpg|2"), image("jpg|3"))
    journal.write_watermark(tmp_path / "journal", 3)
    for path in (tmp_path / "journal").glob("*.jsonl"):
        path.unlink()
    (tmp_path / "journal" / "committed").unlink()
    for path in (tmp_path / "images" / TODAY).iterdir():
        path.unlink()
    keep(open_store(tmp_path, clock.now), image("jpg|new"))
    assert acknowledged(tmp_path)[0]["sequence"] == 4
    assert check.check(tmp_path).differences == []


def test_an_end_that_is_damaged_gives_no_number_twice(tmp_path: Path, store: Store, clock: FakeClock) -> None:
    """Numbers go on above the mark's, even where the last lines can't be read."""
    keep(store, event(), event(), event())
    store.close()
    size = segment(tmp_path).stat().st_size
    segment(tmp_path).write_bytes(b"\0" * (size - 1) + b"\n")
    recovered = recover(tmp_path, clock.now())
    assert recovered.position == Position(SEGMENT, size, 3)


# Data of a hub that kept no journal


def old_hub(root: Path, day: str, *names: str) -> None:
    """Lay out images as earlier versions left them."""
    folder = root / "images" / day
    folder.mkdir(parents=True)
    for name in names:
        (folder / name).write_bytes(JPEG + name.encode())


def test_todays_images_of_an_older_hub_are_taken_in(tmp_path: Path, clock: FakeClock) -> None:
    """They become entries in the order of the times in their names, and count for today."""
    early, late = "Deck-2026-11-21T08.30.00.jpg", "Barn-P1-x-2026-11-21T09.00.00.000001.jpg"
    old_hub(tmp_path, TODAY, late, early)
    recovered = serve(tmp_path, clock)
    assert recovered.findings == ["took in 2 images of today that an older hub stored without a journal"]
    assert recovered.images_today == DayCount(TODAY, 2)
    first, second = acknowledged(tmp_path)
    assert (first["sequence"], first["node"], first["view"]) == (1, "Deck", "")
    assert (second["node"], second["view"]) == ("Barn", "P1-x")
    assert [first["time"], second["time"]] == [
        "2026-11-21T08:30:00.000000+01:00",
        "2026-11-21T09:00:00.000001+01:00",
    ]
    assert first["path"] == f"images/{TODAY}/{early}"
    assert check.check(tmp_path).differences == []


def test_older_days_of_an_older_hub_are_left_alone(tmp_path: Path, clock: FakeClock) -> None:
    """Nobody judges what was stored before there was a journal."""
    old_hub(tmp_path, "2026-11-20", "Barn-2026-11-20T08.30.00.000000.jpg")
    before = tree(tmp_path / "images")
    assert serve(tmp_path, clock).findings == []
    assert tree(tmp_path / "images") == before
    assert check.check(tmp_path).unjournaled_days == 1


def test_an_older_hub_s_odd_names_don_t_stop_the_hub(tmp_path: Path, clock: FakeClock) -> None:
    """Names that this version refuses, or that tell no time, are taken in as they are; what is no text is set aside."""
    old_hub(tmp_path, TODAY, "Barn (1)#-2026-11-21T08.30.00.000000.jpg", ".jpg", "x.jpg", "notes.txt")
    Path(os.fsdecode(os.fsencode(tmp_path / "images" / TODAY) + b"/caf\xe9.jpg")).write_bytes(b"x")
    (tmp_path / "images" / TODAY / "folder.jpg").mkdir()
    open_store(tmp_path, clock.now)
    assert len(acknowledged(tmp_path)) == 3
    assert len(pictures(tmp_path)) == 3
    assert check.check(tmp_path).differences == []


def test_a_disk_that_is_full_while_images_are_taken_in_loses_none(tmp_path: Path, clock: FakeClock) -> None:
    """All of them are taken in or none: what has no entry yet must not look like a stray file."""
    old_site(tmp_path)
    with largest_file(400), pytest.raises(OSError, match="too large"):
        recover(tmp_path, clock.now())
    assert serve(tmp_path, clock).images_today == DayCount(TODAY, 4)
    assert len(pictures(tmp_path)) == 4


def test_only_a_hub_without_a_journal_is_taken_over(tmp_path: Path, store: Store, clock: FakeClock) -> None:
    """Where there is a journal, a file without a line is a stray one."""
    keep(store, event())
    old_hub(tmp_path, TODAY, "Barn-2026-11-21T08.30.00.000000.jpg")
    serve(tmp_path, clock)
    assert pictures(tmp_path) == []


# Again and again


def crash_site(root: Path) -> None:
    """Lay out all that a crash may leave: a torn line, lines without whole images, files without lines, two days."""
    clock = FakeClock(NOON - timedelta(days=1))
    store = open_store(root, clock.now)
    keep(store, image("jpg|1"), event("motion|2"))
    write(store, image("jpg|3"), event("motion|4"), image("jpg|5"))
    clock.time = NOON
    write(store, image("jpg|6"), image("jpg|7"))
    for number in (2, 3):
        (root / pictures(root)[number]).write_bytes(b"\xff\xd8 torn")
    (root / "images" / TODAY / "stray.jpg").write_bytes(b"stray")
    (root / "recovered" / TODAY).mkdir(parents=True)
    (root / "recovered" / TODAY / "stray.jpg").write_bytes(b"an older stray")
    with segment(root).open("ab") as file:
        file.write(b'{"sequence":8,')


def old_site(root: Path) -> None:
    """Lay out what an older hub leaves."""
    old_hub(root, TODAY, *(f"Barn-2026-11-21T08.30.0{number}.000000.jpg" for number in range(4)))


def test_recovery_twice_is_recovery_once(tmp_path: Path) -> None:
    """A second recovery finds nothing to mend and changes nothing."""
    crash_site(tmp_path)
    assert len(recover(tmp_path, NOON).findings) >= 5
    after = tree(tmp_path)
    again = recover(tmp_path, NOON)
    assert again.findings == []
    assert tree(tmp_path) == after


@pytest.mark.parametrize("site", [crash_site, old_site])
def test_recovery_may_be_killed_at_any_step(tmp_path: Path, site: Any) -> None:
    """Killed anywhere and started again, it leaves what it would have left undisturbed."""
    site(tmp_path / "data")
    command = [sys.executable, str(TESTS / "interrupting.py"), str(tmp_path / "data"), NOON.isoformat(), "5"]
    environment = {**os.environ, "PYTHONPATH": str(Path(imagehub.__file__).parents[1])}
    done = subprocess.run(command, env=environment, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()
    report = json.loads(done.stdout)
    assert report["steps"] > 200
    assert report["wrong"] == []
