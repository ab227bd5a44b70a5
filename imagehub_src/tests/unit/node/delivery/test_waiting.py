"""The line of messages: memory first, then disk, in order, through kills, and never without a word."""

import errno
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some

from imagehub.node.delivery.post import Post
from imagehub.node.delivery.telling import HUB
from posting import NOON, Line, event, image, number_of


def files(folder: Path) -> list[Path]:
    """Return the messages on disk."""
    return sorted(folder.glob("*.message"))


def put(line: Line, *numbers: int) -> None:
    """Put events of these numbers."""
    for number in numbers:
        line.waiting.put(event(number))


def numbers(posts: list[Post]) -> list[int]:
    """Return the numbers of events."""
    return [number_of(post.text) for post in posts]


def test_a_card_is_not_written_while_a_hub_answers(tmp_path: Path) -> None:
    """What is taken within two seconds never was on disk."""
    line = Line(tmp_path, spill_seconds=2.0)
    put(line, 1, 2)
    line.clock.pass_(1.9)
    line.waiting.spill()
    assert numbers(line.deliver_all()) == [1, 2]
    assert files(tmp_path) == []


def test_what_waits_too_long_goes_to_disk_and_stays_in_line(tmp_path: Path) -> None:
    """The oldest is on disk, the newest in memory, and a hub gets them in the order of `put`."""
    line = Line(tmp_path, spill_seconds=2.0)
    put(line, 1, 2)
    line.clock.pass_(2.0)
    line.waiting.spill()
    put(line, 3)
    counts = line.waiting.counts()
    assert (counts.on_disk, counts.in_memory, len(files(tmp_path))) == (2, 1, 2)
    assert numbers(line.deliver_all()) == [1, 2, 3]
    assert files(tmp_path) == []
    assert line.waiting.counts().sent == 3


@pytest.mark.parametrize("limits", [{"messages": 3}, {"crowded_bytes": 4 * 800}])
def test_what_is_too_much_for_memory_goes_to_disk_at_once(tmp_path: Path, limits: dict[str, Any]) -> None:
    """The keeper of the spool is woken, and makes memory small again."""
    line = Line(tmp_path, **limits)
    put(line, *range(10))
    assert line.waiting.crowded.is_set()
    line.waiting.spill()
    assert 0 < line.waiting.counts().in_memory <= 4
    assert numbers(line.deliver_all()) == list(range(10))


def test_a_message_under_way_may_go_to_disk_and_is_sent_once(tmp_path: Path) -> None:
    """A kill while a hub is slow to answer loses nothing; its answer removes the file."""
    line = Line(tmp_path)
    put(line, 1)
    letter = line.waiting.next(0)
    assert letter is not None
    line.waiting.spill(everything=True)
    assert len(files(tmp_path)) == 1
    line.waiting.done(letter)
    assert files(tmp_path) == []
    assert line.waiting.next(0) is None


def test_an_answer_while_the_message_is_written_leaves_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Were the file kept, the next start would send it again."""
    line = Line(tmp_path)
    put(line, 1)
    letter = line.waiting.next(0)
    assert letter is not None
    assert line.spool is not None
    write = line.spool.write

    def answered_meanwhile(number: int, data: bytes) -> None:
        write(number, data)
        line.waiting.done(letter)

    monkeypatch.setattr(line.spool, "write", answered_meanwhile)
    line.waiting.spill(everything=True)
    assert files(tmp_path) == []
    assert line.waiting.is_empty()


def test_after_a_kill_the_same_id_and_time_are_sent(tmp_path: Path) -> None:
    """By the id a hub knows the repeat of a message whose answer was lost with the node."""
    line = Line(tmp_path)
    line.waiting.put(image(5))
    line.waiting.spill(everything=True)
    before = line.waiting.next(0)
    line.end()
    line.open()
    after = line.waiting.next(0)
    assert before == after
    assert after is not None
    assert after.post.taken.isoformat() == "2026-03-14T12:00:05+01:00"


def test_a_full_spool_drops_the_oldest_and_tells_it_once(tmp_path: Path) -> None:
    """The newest pictures are kept; one text says how many are lost, and since when."""
    line = Line(tmp_path, max_bytes=1000)
    for number in range(20):
        line.waiting.put(image(number, b"\xff\xd8" + b"x" * 100))
    line.waiting.spill(everything=True)
    counts = line.waiting.counts()
    assert counts.bytes_on_disk <= 1000
    assert counts.dropped == 20 - counts.on_disk > 10
    assert line.telling.due(HUB) == [
        f"dropped {counts.dropped} images, oldest 2026-03-14T12:00:00+01:00, the spool is full"
    ]
    assert line.deliver_all() == [image(n, b"\xff\xd8" + b"x" * 100) for n in range(counts.dropped, 20)]


def test_a_full_spool_may_drop_the_newest_instead(tmp_path: Path) -> None:
    """Then what came first is kept, on disk and in memory, and what comes has to go."""
    line = Line(tmp_path, drop="newest", max_bytes=4000, memory_bytes=5000)
    for number in range(40):
        line.waiting.put(event(number))
        line.waiting.spill(everything=True)
    counts = line.waiting.counts()
    kept = counts.on_disk + counts.in_memory
    assert counts.on_disk > 3
    assert counts.in_memory > 3
    assert numbers(line.deliver_all()) == list(range(kept))
    assert counts.dropped == 40 - kept
    assert line.telling.due(HUB)[0].startswith(f"dropped {40 - kept} events, oldest 2026-03-14T12:00:{kept}")


def test_the_message_under_way_is_never_dropped(tmp_path: Path) -> None:
    """A hub may be storing it at this moment."""
    line = Line(tmp_path, max_bytes=1200)
    put(line, 0)
    line.waiting.spill(everything=True)
    letter = line.waiting.next(0)
    assert letter is not None
    put(line, *range(1, 6))
    line.waiting.spill(everything=True)
    line.waiting.done(letter)
    assert line.waiting.counts().sent == 1
    assert numbers(line.deliver_all())[-1] == 5


def test_without_a_folder_memory_has_its_bounds() -> None:
    """As many messages as queuemax says; the oldest makes way and is told."""
    line = Line(None, messages=3)
    put(line, *range(10))
    assert line.waiting.counts().dropped == 7
    assert numbers(line.deliver_all()) == [7, 8, 9]
    assert "7 events" in line.telling.due(HUB)[0]


def test_a_disk_that_takes_nothing_leaves_messages_in_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is told once, tried again now and then, and goes on by itself; the order stays."""
    line = Line(tmp_path, messages=2, spill_seconds=0.0)
    assert line.spool is not None
    write, tries = line.spool.write, []

    def fail(number: int, data: bytes) -> None:
        tries.append(number)
        raise OSError(errno.EROFS, "Read-only file system")

    monkeypatch.setattr(line.spool, "write", fail)
    put(line, *range(10))
    for _ in range(10):
        line.waiting.spill()
    assert len(tries) == 1
    assert line.waiting.counts().in_memory == 10
    assert line.waiting.counts().disk_fault == "the spool can't be written (Read-only file system)"
    assert line.telling.due(HUB) == ["the spool can't be written (Read-only file system): messages wait in memory"]
    monkeypatch.setattr(line.spool, "write", write)
    line.clock.pass_(10)
    line.waiting.spill()
    assert (line.waiting.counts().on_disk, line.waiting.counts().disk_fault) == (10, None)
    assert numbers(line.deliver_all()) == list(range(10))


def test_a_damaged_file_is_told_and_the_next_message_is_sent(tmp_path: Path) -> None:
    """One bad block does not stop the line."""
    line = Line(tmp_path)
    put(line, 1, 2)
    line.waiting.spill(everything=True)
    files(tmp_path)[0].write_bytes(b"")
    assert line.waiting.next(0) is None
    assert numbers(line.deliver_all()) == [2]
    assert line.telling.due(HUB)[0].startswith("set aside 1 file, damaged in the spool: 000000000001.message")


def test_a_refused_message_makes_way(tmp_path: Path) -> None:
    """What no hub will ever take is set aside with the reason, and told; a refused word about it is not."""
    line = Line(tmp_path)
    for post in (image(1), Post("Barn|Spool|refused 1 image", b"", NOON), event(2)):
        line.waiting.put(post)
    for _ in range(2):
        letter = line.waiting.next(0)
        assert letter is not None
        line.waiting.refused(letter, "the image is not a JPEG")
    assert numbers(line.deliver_all()) == [2]
    assert line.waiting.counts().refused == 2
    assert len(files(tmp_path / "refused")) == 2
    assert line.telling.due(HUB) == ["refused 1 image, oldest 2026-03-14T12:00:01+01:00, the image is not a JPEG"]


def test_heartbeats_don_t_pile_up() -> None:
    """Where something waits it will tell that the node lives; alone, a heartbeat is a message."""
    line = Line(None)
    beat = Post("Barn|Heartbeat", b"", NOON)
    for _ in range(5):
        line.waiting.put(beat)
    put(line, 1)
    line.waiting.put(beat)
    assert [post.text for post in line.deliver_all()] == ["Barn|Heartbeat", "Barn P1|count|1"]


def test_the_oldest_one_s_time_is_known(tmp_path: Path) -> None:
    """In memory as on disk."""
    line = Line(tmp_path)
    assert line.waiting.oldest_taken() is None
    put(line, 3, 4)
    in_memory = line.waiting.oldest_taken()
    line.waiting.spill(everything=True)
    assert in_memory == line.waiting.oldest_taken() == event(3).taken


STEPS = some.lists(
    some.sampled_from(["put", "put", "deliver", "take", "spill", "spill all", "kill", "wait"]), max_size=40
)


@given(STEPS)
def test_whatever_happens_order_is_kept_and_what_was_on_disk_arrives_once(steps: list[str]) -> None:
    """Puts, deliveries, answers that never came, spills and kills in any order, against a plain list."""
    with tempfile.TemporaryDirectory() as folder:
        line = Line(Path(folder), messages=3)
        expected: list[int] = []  # what waits
        arrived: list[str] = []
        put_so_far = 0
        for step in [*steps, "spill all", "kill"]:
            if step == "put":
                put_so_far += 1
                put(line, put_so_far)
                expected.append(put_so_far)
            elif step == "deliver":
                post = line.deliver()
                assert (number_of(post.text) if post else None) == (expected.pop(0) if expected else None)
                arrived += [post.text] if post else []
            elif step == "take":
                line.waiting.next(0)
            elif step.startswith("spill"):
                line.waiting.spill(everything=step == "spill all")
            elif step == "kill":
                on_disk = line.waiting.counts().on_disk
                line.end()
                line.open()
                expected = expected[:on_disk]
                assert line.waiting.counts().on_disk == on_disk
            else:
                line.clock.pass_(1)
        arrived += [post.text for post in line.deliver_all()]
        assert [number_of(text) for text in arrived][len(arrived) - len(expected) :] == expected
        assert len(set(arrived)) == len(arrived)
        line.end()
