"""The folder of messages: whole files in order, damaged ones set aside, one node at a time."""

import errno
import os
from pathlib import Path

import pytest

from imagehub.node.delivery import letter as letters
from imagehub.node.delivery import spool as spools
from imagehub.node.delivery.letter import Letter
from imagehub.node.delivery.spool import Spool, SpoolInUseError
from posting import image


def letter(number: int) -> Letter:
    """Return a letter."""
    return Letter(number, f"a.b-{number}", image(number))


def put(spool: Spool, *numbers: int) -> None:
    """Write messages into the spool."""
    for number in numbers:
        data = letters.encode(letter(number))
        spool.write(number, data)
        spool.admit(number, len(data))


def opened(folder: Path, **options: int) -> Spool:
    """Return a spool that is open."""
    spool = Spool(folder, **{"max_bytes": 1 << 20, **options})
    spool.open()
    return spool


def names(folder: Path) -> list[str]:
    """Return the names of the files in a folder, without the spool's own."""
    return sorted(path.name for path in folder.iterdir() if path.is_file() and path.name != "lock")


def test_messages_come_back_in_their_order_after_a_restart(tmp_path: Path) -> None:
    """The order is the names', however the folder lists them; the largest number is told."""
    first = opened(tmp_path)
    put(first, 9, 10, 100)
    first.close()
    again = Spool(tmp_path, 1 << 20)
    assert again.open() == 100
    assert (len(again), again.oldest(), again.oldest(but=9)) == (3, 9, 10)
    assert again.read(9) == letter(9)
    again.close()


def test_a_second_node_is_refused_and_told_why(tmp_path: Path) -> None:
    """Two nodes that share a folder would send everything twice."""
    first = opened(tmp_path)
    with pytest.raises(SpoolInUseError, match=r"another node uses the spool .*a spool directory of its own"):
        opened(tmp_path)
    first.close()
    opened(tmp_path).close()


@pytest.mark.parametrize("wreck", [lambda data: data[:40], lambda _: b"", lambda data: data[:-1] + b"X"])
def test_a_file_that_is_not_whole_is_set_aside(tmp_path: Path, wreck: object) -> None:
    """After a power cut it is known, kept for who wants to look, and never sent."""
    assert callable(wreck)
    spool = opened(tmp_path)
    put(spool, 1, 2)
    path = tmp_path / "000000000001.message"
    path.write_bytes(wreck(path.read_bytes()))
    assert spool.read(1) is None
    assert spool.damaged == ["000000000001.message (the checksum does not fit)"]
    assert names(tmp_path / "damaged") == ["000000000001.message"]
    assert spool.read(2) == letter(2)
    spool.close()


def test_what_was_being_written_is_finished_or_set_aside_at_the_next_start(tmp_path: Path) -> None:
    """A node may be killed before the rename: a whole message counts, half a one does not."""
    opened(tmp_path).close()
    data = letters.encode(letter(5))
    (tmp_path / ".000000000005.part").write_bytes(data)
    (tmp_path / ".000000000006.part").write_bytes(data[:60])
    again = Spool(tmp_path, 1 << 20)
    assert again.open() == 6
    assert again.read(5) == letter(5)
    assert again.damaged == ["000000000006.message (it was half written)"]
    assert names(tmp_path) == ["000000000005.message"]
    again.close()


def test_a_refused_message_is_kept_with_its_reason(tmp_path: Path) -> None:
    """Who mends the cause can put the file back; the next start sends it."""
    spool = opened(tmp_path)
    put(spool, 1)
    spool.refuse(letter(1), "the node name has the character U+002F")
    spool.forget(1)
    spool.refuse(letter(2), "the image is not a JPEG")
    assert names(tmp_path / "refused") == [
        "000000000001.message", "000000000001.reason", "000000000002.message", "000000000002.reason",
    ]  # fmt: skip
    assert (tmp_path / "refused" / "000000000001.reason").read_text() == "the node name has the character U+002F\n"
    (tmp_path / "refused" / "000000000002.message").rename(tmp_path / "000000000002.message")
    spool.close()
    again = opened(tmp_path)
    assert again.read(2) == letter(2)
    again.close()


def test_what_is_set_aside_never_fills_the_disk(tmp_path: Path) -> None:
    """A node whose every picture is refused keeps the latest of them, in a tenth of the spool's bytes."""
    size = len(letters.encode(letter(10)))
    spool = opened(tmp_path, max_bytes=30 * size)
    for number in range(10, 20):
        spool.refuse(letter(number), "the node is not on the hub's list allow_nodes")
    assert names(tmp_path / "refused") == [
        f"0000000000{number}.{kind}" for number in (17, 18, 19) for kind in ("message", "reason")
    ]
    spool.close()


def test_the_last_free_bytes_of_a_disk_are_left_to_others(tmp_path: Path) -> None:
    """A spool that is allowed more than the card has does not take the system's room."""
    free = os.statvfs(tmp_path)
    spool = opened(tmp_path, keep_free_bytes=free.f_bavail * free.f_frsize + (1 << 30))
    with pytest.raises(OSError, match="No space left") as caught:
        put(spool, 1)
    assert caught.value.errno == errno.ENOSPC
    assert names(tmp_path) == []
    spool.close()


def test_each_message_is_flushed_once_and_then_the_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a power cut spares is decided here: files first, then their names; nothing where nothing changed."""
    flushed: list[str] = []
    monkeypatch.setattr(spools, "_sync", lambda path, how: flushed.append(f"{how.__name__} {path.name}"))
    spool = opened(tmp_path / "spool")
    flushed.clear()
    put(spool, 1, 2)
    spool.flush()
    assert flushed == ["fdatasync 000000000001.message", "fdatasync 000000000002.message", "fsync spool"]
    spool.flush()
    assert len(flushed) == 3
    spool.forget(1)
    spool.delete(1)
    spool.flush()
    assert flushed[3:] == ["fsync spool"]
    spool.close()


def test_a_message_that_was_sent_before_the_flush_needs_none(tmp_path: Path) -> None:
    """Its file is gone; that is no fault of the disk."""
    spool = opened(tmp_path)
    put(spool, 1, 2)
    spool.delete(1)
    spool.flush()
    spool.close()
