"""Frames wait in bounded memory."""

import numpy as np

from imagehub.colony.recording.queueing import Backlog, Packet, Picture
from imagehub.colony.recording.timestamps import Instant

PIXELS = np.zeros((1, 1, 3), np.uint8)


def picture(number: int) -> Picture:
    """Return a picture with a number."""
    return Picture(Instant(number, 0, 0), PIXELS)


def packet(number: int, keyframe: bool = False) -> Packet:
    """Return a packet with a number."""
    return Packet(Instant(number, 0, 0), b"", keyframe)


def numbers(backlog: Backlog) -> list[int]:
    """Return what is in a backlog that has been ended."""
    found = []
    while (item := backlog.get()) is not None:
        found.append(item.instant.number)
    return found


def test_pictures_for_which_there_is_no_room_are_left_out_and_counted() -> None:
    """Two seconds of them may wait."""
    backlog = Backlog((320, 240), 5)
    assert [backlog.put(picture(number)) for number in range(12)] == [True] * 10 + [False] * 2
    assert backlog.get() is not None
    assert backlog.put(picture(12))
    assert backlog.get() is not None
    backlog.end()
    assert (numbers(backlog), backlog.missed) == ([2, 3, 4, 5, 6, 7, 8, 9, 12], 2)


def test_large_pictures_wait_in_no_more_than_64_megabytes() -> None:
    """A Raspberry Pi has not much more."""
    backlog = Backlog((4056, 3040), 30)
    assert [backlog.put(picture(number)) for number in range(5)] == [True] * 4 + [False]


def test_after_a_packet_without_room_those_that_build_on_it_are_left_out_too() -> None:
    """A stream goes on with a keyframe, or its pictures would be wrong."""
    backlog = Backlog((320, 240), 2)
    for number in range(5):
        backlog.put(packet(number, keyframe=number == 0))
    backlog.get()
    assert not backlog.put(packet(5))
    assert backlog.put(packet(6, keyframe=True))
    backlog.get()
    assert backlog.put(packet(7))
    backlog.get()
    backlog.end()
    assert (numbers(backlog), backlog.missed) == ([3, 6, 7], 2)
