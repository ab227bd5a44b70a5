"""Several readers share a camera that comes back from every loss."""

import threading
from collections.abc import Iterator

import numpy as np
import pytest

from imagehub.node.cameras import painted
from imagehub.node.cameras.camera import Camera, CameraError, EndOfFramesError, Frame, Mode
from imagehub.node.cameras.sharing import Backoff, SharedCamera, _Change
from imagehub.node.cameras.subscription import Subscription
from imagehub.node.cameras.synthetic import SyntheticCamera, scenario
from imagehub.node.cameras.watching import Limits
from passing_time import PassingTime
from running import until

FAST = Mode((160, 120), 200)
SOON = Backoff(0.001, 0.01)


class Bench:
    """Shared cameras that end with the test, and what they told."""

    def __init__(self) -> None:
        self.told: list[str] = []
        self.shared: list[SharedCamera] = []

    def share(self, camera: Camera, mode: Mode = FAST, limits: Limits | None = None) -> SharedCamera:
        """Return a shared camera that is not started."""
        self.shared.append(SharedCamera(camera, mode, self.told.append, limits, SOON))
        return self.shared[-1]

    def synthetic(self, text: str = "", limits: Limits | None = None) -> SharedCamera:
        """Return a shared synthetic camera that is not started; a busy machine makes no gaps in its frames."""
        return self.share(SyntheticCamera(scenario(text), clock=PassingTime().clock), limits=limits)


@pytest.fixture
def bench() -> Iterator[Bench]:
    """Yield a place for shared cameras."""
    bench = Bench()
    yield bench
    for each in bench.shared:
        each.close()


class Unplugged:
    """A camera that is there when `there` says so; it can't do more than 640 columns."""

    name = "unplugged"

    def __init__(self) -> None:
        self.there = False
        self.opened = 0
        self.surprise: Exception | None = None

    def open(self, mode: Mode, first_frame_ns: int | None = None) -> None:
        """Open it, if it is there."""
        self.opened += 1
        if not self.there:
            raise CameraError("the plug is pulled")
        if mode.resolution[0] > 640:
            raise CameraError("too large")
        self._mode = mode

    def read(self, timeout_seconds: float) -> Frame | None:
        """Return a frame; after a surprise raise that once."""
        surprise, self.surprise = self.surprise, None
        if surprise:
            raise surprise
        threading.Event().wait(0.002)
        return Frame(painted.paint(1, 1, self._mode.resolution), 1, 1, 1)

    def close(self) -> None:
        """Close it."""


def some(share: SharedCamera) -> Frame:
    """Return a frame that comes from now on."""
    subscription = share.subscribe(every=False)
    frame = until(lambda: subscription.next(0.2), "a frame")
    subscription.close()
    return frame


def numbers_of(reader: Subscription, count: int) -> list[int]:
    """Return the numbers of so many frames."""
    return [until(lambda: reader.next(1), "a frame").number for _ in range(count)]


def test_all_readers_get_all_frames(bench: Bench) -> None:
    """Each in order, from the first to the last."""
    shared = bench.synthetic()
    readers = [shared.subscribe(every=True) for _ in range(3)]
    shared.start()
    for reader in readers:
        assert numbers_of(reader, 20) == list(range(20))


def test_frames_of_a_closed_subscription_go_nowhere(bench: Bench) -> None:
    """It is forgotten when the next one comes."""
    shared = bench.synthetic()
    shared.subscribe(every=True).close()
    shared.subscribe(every=True)
    assert len(shared._subscriptions) == 1


def test_a_camera_that_is_lost_comes_back(bench: Bench) -> None:
    """It is told once each, and the fault is none while there are frames."""
    shared = bench.synthetic("fail_after=5")
    reader = shared.subscribe(every=True)
    shared.start()
    assert numbers_of(reader, 12) == [0, 1, 2, 3, 4, 0, 1, 2, 3, 4, 0, 1]
    assert bench.told[:4] == ["camera|lost", "camera|back", "camera|lost", "camera|back"]


def test_a_camera_that_is_not_there_is_tried_for_ever_and_told_once(bench: Bench) -> None:
    """Until somebody puts the plug in."""
    camera = Unplugged()
    shared = bench.share(camera)
    shared.start()
    until(lambda: camera.opened >= 4, "four attempts")
    assert (shared.fault, bench.told) == ("the plug is pulled", ["camera|lost"])
    camera.there = True
    some(shared)
    assert (shared.fault, bench.told) == (None, ["camera|lost", "camera|back"])


def test_a_drivers_surprise_is_a_loss_and_no_end(bench: Bench) -> None:
    """Whatever it raises; the log has all of it."""
    camera = Unplugged()
    camera.there = True
    shared = bench.share(camera)
    shared.start()
    some(shared)
    camera.surprise = ZeroDivisionError("a driver's")
    until(lambda: bench.told == ["camera|lost", "camera|back"], "the camera to be lost and back")


def test_pauses_grow_to_a_limit_and_differ_from_camera_to_camera() -> None:
    """Lest all cameras of a switch that lost its power come at once."""
    pauses = [Backoff(1, 60, lambda: 1.0).pause(failures) for failures in (1, 2, 3, 7, 5000)]
    assert pauses == [1, 2, 4, 60, 60]
    assert Backoff(1, 60, lambda: 0.0).pause(3) == 2


def test_another_mode_holds_when_reopen_returns(bench: Bench) -> None:
    """The frames of the former one are gone, and the numbers begin anew."""
    shared = bench.synthetic()
    reader = shared.subscribe(every=True)
    shared.start()
    until(lambda: reader.next(1), "a frame")
    shared.reopen(Mode((320, 240), 200))
    frame = until(lambda: reader.next(1), "a frame")
    assert (frame.number, frame.pixels.shape) == (0, (240, 320, 3))
    assert shared.mode.resolution == (320, 240)
    assert bench.told == []


def test_a_first_frames_instant_is_kept_to(bench: Bench) -> None:
    """As for cameras that record together."""
    shared = bench.synthetic()
    shared.start()
    first_ns = some(shared).wall_ns + 600_000_000_000
    reader = shared.subscribe(every=True)
    shared.reopen(FAST, first_ns)
    frames = [until(lambda: reader.next(1), "a frame") for _ in range(3)]
    assert [frame.wall_ns - first_ns for frame in frames] == [0, 5_000_000, 10_000_000]


def test_a_mode_that_can_not_be_is_refused_and_the_former_one_goes_on(bench: Bench) -> None:
    """Whoever asked gets to know why."""
    camera = Unplugged()
    camera.there = True
    shared = bench.share(camera)
    shared.start()
    some(shared)
    with pytest.raises(CameraError, match="too large"):
        shared.reopen(Mode((4000, 3000)))
    assert some(shared).pixels.shape == (120, 160, 3)
    assert bench.told == []


def test_before_the_start_another_mode_is_just_taken(bench: Bench) -> None:
    """There is nothing to open yet."""
    shared = bench.synthetic()
    shared.reopen(Mode((320, 240), 200))
    shared.start()
    assert some(shared).pixels.shape == (240, 320, 3)


def test_black_pictures_are_told(bench: Bench) -> None:
    """Frames go on being given."""
    shared = bench.synthetic("black_after=3", Limits(black_seconds=0.05, look_seconds=0.01))
    shared.start()
    until(lambda: bench.told == ["camera|black"], "the word of it")
    assert not np.any(some(shared).pixels)


def test_frozen_pictures_are_told(bench: Bench) -> None:
    """Of live cameras."""
    shared = bench.synthetic("freeze_after=3", Limits(frozen_seconds=0.05, look_seconds=0.01))
    shared.start()
    until(lambda: bench.told == ["camera|frozen"], "the word of it")


def test_the_end_of_a_video_is_no_loss(bench: Bench) -> None:
    """Nothing is tried again; the fault says that it ended."""

    class Ended(Unplugged):
        def read(self, timeout_seconds: float) -> Frame | None:
            raise EndOfFramesError("the film is over")

    camera = Ended()
    camera.there = True
    shared = bench.share(camera)
    shared.start()
    until(lambda: shared.fault == "the film is over", "the end")
    shared.close()
    assert (camera.opened, bench.told) == (1, [])


def test_closing_ends_the_subscriptions(bench: Bench) -> None:
    """Who waits for a frame gets None at once."""
    shared = bench.share(Unplugged())
    reader = shared.subscribe(every=True)
    shared.start()
    got: list[Frame | None] = []
    waiting = threading.Thread(target=lambda: got.append(reader.next(60)))
    waiting.start()
    shared.close()
    waiting.join(10)
    assert got == [None]


def test_who_asks_for_a_mode_of_a_camera_that_closes_is_told(bench: Bench) -> None:
    """Nobody waits for a camera that is gone."""
    camera = Unplugged()
    shared = bench.share(camera)
    shared._ended = True
    change = _Change(FAST, None)
    shared._ask(change)
    shared._run()
    assert change.done.is_set()
    assert "closed" in str(change.error)
