"""`imagehub send`, against hubs in memory."""

import argparse
from itertools import repeat
from pathlib import Path

import pytest

from fake_hubs import World
from imagehub import send
from imagehub.errors import RefusedError, SettingsError
from imagehub.sender import NoAnswerError
from media import picture, video

FIRST = "tcp://first:5555"


@pytest.fixture
def files(tmp_path: Path) -> list[Path]:
    """Three files, the one in the middle no picture."""
    paths = [tmp_path / name for name in ("a.jpg", "notes.txt", "b.jpg")]
    for path in paths:
        path.write_bytes(b"no picture" if path.suffix == ".txt" else picture())
    return paths


def parsed(*words: str) -> argparse.Namespace:
    """The words of a command line, read."""
    parser = argparse.ArgumentParser()
    send.add_arguments(parser)
    return parser.parse_args(words)


def test_files_are_sent_in_their_order_for_the_camera_named(
    files: list[Path], capsys: pytest.CaptureFixture[str]
) -> None:
    """Each file arrives as it is, and the last line says how many are stored."""
    world = World(first=repeat(b"OK"))
    assert send.send_files(world.sender(), "Barn P1", [files[0], files[2]]) == 0
    hub = world.hubs[FIRST]
    assert [body for _, body in hub.heard] == [files[0].read_bytes(), files[2].read_bytes()]
    assert hub.texts() == ["Barn P1|jpg"] * 2
    assert capsys.readouterr().out == "sent 2 images, 2 stored, 0 not stored\n"


def test_what_is_no_jpeg_is_named_and_all_else_is_sent(files: list[Path], capsys: pytest.CaptureFixture[str]) -> None:
    """One bad file of many costs the exit code, and no picture."""
    assert send.send_files(World(first=repeat(b"OK")).sender(), "Barn P1", files) == 1
    said = capsys.readouterr()
    assert said.out == "sent 2 images, 2 stored, 0 not stored\n"
    assert f"not sent: {files[1]}: not a JPEG (it does not begin with FF D8)\n" in said.err


def test_what_the_hub_refuses_is_named_with_its_reason(files: list[Path], capsys: pytest.CaptureFixture[str]) -> None:
    """Whoever sends learns which picture is not stored, and why."""
    world = World(first=[b"NOT STORED disk full", b"OK"])
    assert send.send_files(world.sender(), "Barn P1", [files[0], files[2]]) == 1
    said = capsys.readouterr()
    assert said.out == "sent 2 images, 1 stored, 1 not stored\n"
    assert f"{files[0]}: NOT STORED disk full\n" in said.err


def test_what_was_sent_is_said_even_when_the_hub_goes_away(
    files: list[Path], capsys: pytest.CaptureFixture[str]
) -> None:
    """After an error one knows where to go on."""
    world = World(first=[b"OK", *repeat(None, 1000)])
    with pytest.raises(NoAnswerError):
        send.send_files(world.sender(), "Barn P1", [files[0], files[2]])
    assert capsys.readouterr().out == "sent 1 image, 1 stored, 0 not stored\n"


def test_a_video_is_sent_picture_by_picture(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A video becomes as many images as it has pictures."""
    world = World(first=repeat(b"OK"))
    assert send.send_video(world.sender(), "Barn P1", video(tmp_path / "walk.avi", frames=4)) == 0
    assert capsys.readouterr().out == "sent 4 images, 4 stored, 0 not stored\n"


def test_an_event_is_sent_for_the_camera_named(capsys: pytest.CaptureFixture[str]) -> None:
    """The text of an event is put behind `node view`."""
    world = World(first=[b"OK"])
    assert send.send_event(world.sender(), "Barn P1", "motion|moving") == 0
    assert world.hubs[FIRST].texts() == ["Barn P1|motion|moving"]
    assert capsys.readouterr().out == "sent 1 event, 1 stored, 0 not stored\n"


@pytest.mark.parametrize("words", [[], ["a.jpg", "--event", "motion|moving"], ["--video", "a.avi", "--event", "x"]])
def test_just_one_kind_of_thing_is_sent(words: list[str]) -> None:
    """What to send is never guessed."""
    with pytest.raises(SettingsError, match=r"one of these: FILE\.\.\., --video FILE or --event TEXT"):
        send.run(parsed("--node", "Barn", *words))


def test_a_name_that_no_hub_takes_is_refused_before_anything_is_sent() -> None:
    """A bar in a name would make another message of it."""
    with pytest.raises(RefusedError, match=r"U\+007C"):
        send.run(parsed("--node", "Barn|P1", "--event", "motion|moving"))


def test_keys_come_in_twos() -> None:
    """The hub's key is no good without one's own, nor the other way round."""
    with pytest.raises(SettingsError, match="--hub-key and --key go together"):
        send.run(parsed("--node", "Barn", "--event", "motion|moving", "--hub-key", "hub.key"))
