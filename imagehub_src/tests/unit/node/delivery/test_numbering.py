"""Numbers that only grow and ids that never come twice."""

from pathlib import Path

import pytest

from imagehub.node.delivery import numbering
from imagehub.node.delivery.numbering import Numbering


def opened(folder: Path, beyond: int = 0) -> Numbering:
    """Return a numbering as a start of the node makes it."""
    made = Numbering()
    made.open(folder, beyond)
    return made


def test_an_id_is_short_and_ascii(tmp_path: Path) -> None:
    """It is what a hub accepts: 64 ASCII characters at most."""
    number, name = opened(tmp_path, 10**12).take()
    assert number == 10**12 + 1
    assert name.isascii()
    assert len(name) <= 64


def test_numbers_grow_over_starts(tmp_path: Path) -> None:
    """Behind a start that was killed comes a greater number, though nothing was left in the folder."""
    last = 0
    for _ in range(3):
        numbers = [opened(tmp_path).take()[0] for _ in range(3)]
        assert min(numbers) > last
        last = numbers[-1]


def test_a_long_run_reserves_again(tmp_path: Path) -> None:
    """The note on disk is ahead of what was given, however long the node runs."""
    made = opened(tmp_path)
    for _ in range(3 * numbering.BLOCK):
        number, _ = made.take()
        if number % 1000 == 0:
            made.reserve()
    assert opened(tmp_path).take()[0] > number


def test_a_folder_that_was_put_back_gives_no_id_again(tmp_path: Path) -> None:
    """With a read-only system each start finds the same folder: its pictures are new ones all the same."""
    first = opened(tmp_path)
    kept = (tmp_path / numbering.NAME).read_bytes()
    ids = {first.take()[1] for _ in range(5)}
    (tmp_path / numbering.NAME).write_bytes(kept)
    assert ids.isdisjoint(opened(tmp_path).take()[1] for _ in range(5))


def test_ids_tell_their_spool(tmp_path: Path) -> None:
    """What came from one folder has its word in front, over all starts."""
    assert opened(tmp_path).take()[1].partition(".")[0] == opened(tmp_path).take()[1].partition(".")[0]


@pytest.mark.parametrize("content", [b"", b"\0\0\0", b"[]", b'{"spool": 5}', b'{"spool": "../x", "reserved": 5}'])
def test_a_damaged_note_is_made_anew(tmp_path: Path, content: bytes) -> None:
    """A power cut may leave anything in the file: the numbers go on behind the files that are there."""
    (tmp_path / numbering.NAME).write_bytes(content)
    assert opened(tmp_path, beyond=41).take()[0] == 42


def test_without_a_folder_that_can_be_written_numbers_are_given_all_the_same(tmp_path: Path) -> None:
    """A disk that takes nothing stops no camera."""
    assert opened(tmp_path / "missing").take()[0] == 1
