"""A reader gets every frame in order, or the newest, and never holds up the camera."""

import threading

import numpy as np

from imagehub.node.cameras.camera import Frame
from imagehub.node.cameras.subscription import LEAST_FRAMES, MOST_FRAMES, Subscription

SMALL = np.zeros((12, 16, 3), np.uint8)


def frame(number: int, pixels: np.ndarray = SMALL) -> Frame:
    """Return a frame of this number."""
    return Frame(pixels, number, number, number)


def test_every_frame_comes_in_order() -> None:
    """As long as there is room."""
    share = Subscription(every=True)
    for number in range(MOST_FRAMES):
        share.give(frame(number))
    got = [share.next(0) for _ in range(MOST_FRAMES)]
    assert [each.number for each in got if each] == list(range(MOST_FRAMES))
    assert share.missed == 0


def test_what_does_not_fit_is_counted() -> None:
    """What waits already is not given up for it."""
    share = Subscription(every=True)
    for number in range(MOST_FRAMES + 3):
        share.give(frame(number))
    assert share.missed == 3
    first = share.next(0)
    assert first is not None
    assert first.number == 0


def test_large_pictures_have_less_room() -> None:
    """Memory is bounded; the pictures here share theirs."""
    share = Subscription(every=True)
    large = np.broadcast_to(np.uint8(0), (3000, 4000, 3))
    for number in range(LEAST_FRAMES + 1):
        share.give(frame(number, large))
    assert share.missed == 1


def test_who_wants_the_newest_never_gets_an_old_one() -> None:
    """Nothing queues, and nothing counts as missed."""
    share = Subscription(every=False)
    for number in range(5):
        share.give(frame(number))
    newest = share.next(0)
    assert newest is not None
    assert (newest.number, share.next(0), share.missed) == (4, None, 0)


def test_closing_wakes_the_one_who_waits() -> None:
    """It gets None, and so does everyone later."""
    share = Subscription(every=True)
    got: list[Frame | None] = []
    waiting = threading.Thread(target=lambda: got.append(share.next(60)))
    waiting.start()
    share.close()
    waiting.join(10)
    assert got == [None]
    share.give(frame(1))
    assert share.next(0) is None
