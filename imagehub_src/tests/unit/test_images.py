"""An image has one name, which earlier versions would have given it, and is there whole or not at all."""

import errno
import os
import tempfile
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hubdata import JPEG, NOON, largest_file, tree
from imagehub import failpoints, images, wire
from imagehub.errors import RefusedError
from requirements_here import require

WIDE_LETTER = "\U00010400"  # four bytes in UTF-8


@pytest.fixture(autouse=True)
def _no_failpoints() -> Iterator[None]:
    yield
    failpoints.arm("")


def accepted(name: str) -> bool:
    """Tell whether the hub takes a message under this name."""
    try:
        wire.camera(name)
    except RefusedError:
        return False
    return True


names = st.text(st.characters(categories=["L", "M", "Nd"], include_characters=" _.-"), max_size=100).filter(accepted)
times = st.datetimes()


def test_a_path_is_the_one_of_earlier_versions() -> None:
    """The day is the folder; blanks become dashes, colons dots, and the microseconds end the name."""
    path = images.relative_path("Barn Front Door", NOON)
    assert path == "images/2026-11-21/Barn-Front-Door-2026-11-21T12.00.00.123456.jpg"


def test_a_whole_second_has_its_fraction_too() -> None:
    """Names of a camera sort by time because all have the same length."""
    assert images.relative_path("Barn", NOON.replace(microsecond=0)).endswith("Barn-2026-11-21T12.00.00.000000.jpg")


@given(names, times)
def test_every_accepted_name_gives_a_legal_path(name: str, time: datetime) -> None:
    """A path has three parts, none that leads elsewhere, and a file name that every file system takes."""
    folder, day, file = images.relative_path(name, time).split("/")
    assert (folder, day) == ("images", str(time.date()))
    assert len(file.encode()) <= 255
    assert not file.startswith(".")
    assert "\0" not in file


@given(names, times)
def test_a_name_is_read_as_it_was_written(name: str, time: datetime) -> None:
    """Stem and time can be told from a file name."""
    file = images.relative_path(name, time).split("/")[2]
    told = images.read_name(file)
    assert told is not None
    assert told[1] == time
    assert file.startswith(told[0])


@pytest.mark.parametrize("name", ["notes.txt", "Barn.jpg", "Barn-2026-13-21T12.00.00.000000.jpg", ".jpg", "-.jpg"])
def test_what_is_no_name_of_an_image_is_not_read_as_one(name: str) -> None:
    """A stray file has no time in its name."""
    assert images.read_name(name) is None


def test_a_name_without_a_fraction_is_read() -> None:
    """Earlier versions left the fraction away when it was zero."""
    assert images.read_name("Barn-P1-2026-11-21T12.00.00.jpg") == (
        "Barn-P1",
        NOON.replace(microsecond=0, tzinfo=None),
    )


def test_a_hundred_letters_of_a_wide_script_can_be_stored(tmp_path: Path) -> None:
    """The longest name that is accepted, in the widest letters, makes a file."""
    relative = images.write_new(tmp_path, WIDE_LETTER * 100, NOON, JPEG)
    assert (tmp_path / relative).read_bytes() == JPEG


def test_long_names_that_begin_alike_stay_apart() -> None:
    """Two cameras whose names differ in the last letter only don't share a file name."""
    first, second = (images.relative_path(WIDE_LETTER * 99 + end, NOON) for end in "ab")
    assert first != second


def test_the_folder_of_a_new_day_is_made(tmp_path: Path) -> None:
    """The first image of a day needs nothing prepared."""
    assert (tmp_path / images.write_new(tmp_path, "Barn", NOON, JPEG)).read_bytes() == JPEG


def test_two_images_in_one_microsecond_get_two_names(tmp_path: Path) -> None:
    """Neither of two images of a camera in the same microsecond is lost."""
    paths = [images.write_new(tmp_path, "Barn P1", NOON, body) for body in (b"one", b"two")]
    assert [path[-10:] for path in paths] == ["123456.jpg", "123457.jpg"]
    assert [(tmp_path / path).read_bytes() for path in paths] == [b"one", b"two"]


def test_a_name_that_is_taken_is_never_overwritten(tmp_path: Path) -> None:
    """What lies there, whoever put it there, stays as it is."""
    there = tmp_path / images.relative_path("Barn", NOON)
    there.parent.mkdir(parents=True)
    there.write_bytes(b"mine")
    images.write_new(tmp_path, "Barn", NOON, JPEG)
    assert there.read_bytes() == b"mine"


def test_images_in_the_last_microsecond_of_a_day_stay_in_its_folder(tmp_path: Path) -> None:
    """The folder is that of the journal which vouches for the image, however many want one microsecond."""
    last = NOON.replace(hour=23, minute=59, second=59, microsecond=999_998)
    paths = [images.write_new(tmp_path, "Barn", last, JPEG) for _ in range(4)]
    assert {path.split("/")[1] for path in paths} == {"2026-11-21"}
    assert len(set(paths)) == 4


@pytest.mark.parametrize("fault", ["ENOSPC", "EIO", "EDQUOT"])
def test_nothing_is_left_of_an_image_that_the_disk_did_not_take(tmp_path: Path, fault: str) -> None:
    """An image that fails in its middle leaves no file, and the reason is told."""
    failpoints.arm(f"mid_write={fault}")
    with pytest.raises(OSError, match="failpoint") as caught:
        images.write_new(tmp_path, "Barn", NOON, JPEG)
    assert caught.value.errno == getattr(errno, fault)
    assert tree(tmp_path) == {}


def test_nothing_is_left_when_the_kernel_takes_a_part_only(tmp_path: Path) -> None:
    """A write that the kernel cuts short and then refuses leaves no file either."""
    with largest_file(10_000), pytest.raises(OSError, match="too large"):
        images.write_new(tmp_path, "Barn", NOON, bytes(30_000))
    assert tree(tmp_path) == {}


def test_a_folder_that_can_not_be_made_is_told(tmp_path: Path) -> None:
    """A file in the place of the day's folder is an error, not an endless loop."""
    (tmp_path / "images").mkdir()
    (tmp_path / "images" / "2026-11-21").write_bytes(b"")
    with pytest.raises(NotADirectoryError):
        images.write_new(tmp_path, "Barn", NOON, JPEG)


def test_a_memory_view_is_written_as_bytes_are(tmp_path: Path) -> None:
    """Images are written from the memory in which they arrived."""
    relative = images.write_new(tmp_path, "Barn", NOON, memoryview(b"--" + JPEG)[2:])
    assert (tmp_path / relative).read_bytes() == JPEG


def test_files_set_aside_never_overwrite_each_other(tmp_path: Path) -> None:
    """Three files that had one name are three files in recovered/."""
    relative = images.relative_path("Barn", NOON)
    (tmp_path / relative).parent.mkdir(parents=True)
    for body in (b"one", b"two", b"three"):
        (tmp_path / relative).write_bytes(body)
        images.set_aside(tmp_path, relative)
    assert sorted(tree(tmp_path).values()) == [b"one", b"three", b"two"]
    assert {Path(name).parts[:2] for name in tree(tmp_path)} == {("recovered", "2026-11-21")}


def test_a_file_is_set_aside_from_another_disk(tmp_path: Path) -> None:
    """Where images/ is a disk of its own, its files still find their way into recovered/."""
    require(Path("/dev/shm").stat().st_dev != tmp_path.stat().st_dev, "two file systems that can be written")
    with tempfile.TemporaryDirectory(dir="/dev/shm") as elsewhere:
        (tmp_path / "images").symlink_to(elsewhere)
        relative = images.write_new(tmp_path, "Barn", NOON, JPEG)
        target = images.set_aside(tmp_path, relative)
        assert target.read_bytes() == JPEG
        assert not (tmp_path / relative).exists()


def test_a_file_name_that_is_no_text_can_be_printed() -> None:
    """A stray file with a name in an old code page is named with an escape."""
    name = os.fsdecode(b"caf\xe9 \xc3\xa9.jpg")
    assert images.printable(name) == "caf\\xe9 é.jpg"


def test_names_go_on_where_the_microseconds_run_over(tmp_path: Path) -> None:
    """The nearest free microsecond may belong to the next second."""
    end = NOON.replace(microsecond=999_999)
    images.write_new(tmp_path, "Barn", end, JPEG)
    assert images.write_new(tmp_path, "Barn", end, JPEG) == images.relative_path(
        "Barn", end + timedelta(microseconds=1)
    )
