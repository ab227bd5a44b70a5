"""Who borrows a shared camera has it like one of their own, and gives it back as it was."""

from collections.abc import Iterator

import pytest

import fake_picamera2
from imagehub.node.cameras.camera import Camera, CameraError, CameraLostError, Mode
from imagehub.node.cameras.lending import LentCamera, LentModule, lend
from imagehub.node.cameras.ribbon import RibbonCamera
from imagehub.node.cameras.sharing import Backoff, SharedCamera
from imagehub.node.cameras.synthetic import SyntheticCamera, scenario
from passing_time import PassingTime
from running import until

SMALL, LARGE = Mode((160, 120), 200), Mode((320, 240), 200)


class Lender:
    """Shared cameras that end with the test."""

    def __init__(self) -> None:
        self.shared: list[SharedCamera] = []

    def started(self, camera: Camera) -> SharedCamera:
        """Return a shared camera that runs."""
        self.shared.append(SharedCamera(camera, SMALL, lambda _: None, backoff=Backoff(0.001, 0.01)))
        self.shared[-1].start()
        return self.shared[-1]

    def synthetic(self, text: str = "") -> SharedCamera:
        """Return a shared synthetic camera that runs; a busy machine makes no gaps in its frames."""
        return self.started(SyntheticCamera(scenario(text), clock=PassingTime().clock))


@pytest.fixture
def lender() -> Iterator[Lender]:
    """Yield one who has shared cameras."""
    lender = Lender()
    yield lender
    for each in lender.shared:
        each.close()


def test_all_frames_come_from_the_first_in_the_new_mode(lender: Lender) -> None:
    """And the instant of the first is kept to."""
    shared = lender.synthetic()
    first_ns = until(lambda: shared.subscribe(every=False).next(0.5), "a frame").wall_ns + 600_000_000_000
    lent: Camera = LentCamera(shared)
    lent.open(LARGE, first_ns)
    frames = [until(lambda: lent.read(0.5), "a frame") for _ in range(20)]
    assert [frame.number for frame in frames] == list(range(20))
    assert frames[0].wall_ns == first_ns
    assert frames[0].pixels.shape == (240, 320, 3)


def test_the_others_get_frames_of_the_former_mode_again_afterwards(lender: Lender) -> None:
    """It is set back when the camera is given back."""
    shared = lender.synthetic()
    other = shared.subscribe(every=False)
    lent = LentCamera(shared)
    lent.open(LARGE)
    assert until(lambda: other.next(0.5), "a frame").pixels.shape == (240, 320, 3)
    lent.open(Mode((640, 480), 100))
    lent.close()
    assert shared.mode == SMALL
    assert until(lambda: other.next(0.5), "a frame").pixels.shape == (120, 160, 3)
    lent.close()


def test_a_loss_is_a_loss_for_the_borrower_too(lender: Lender) -> None:
    """With the words of the camera, after its frames; though it is back at once, it must be opened again."""
    lent = LentCamera(lender.synthetic("fail_after=3"))
    for _ in range(2):
        lent.open(SMALL)
        assert [until(lambda: lent.read(0.5), "a frame").number for _ in range(3)] == [0, 1, 2]
        for _ in range(2):
            with pytest.raises(CameraLostError, match="lost after 3 frames"):
                lent.read(5)


def test_a_mode_that_can_not_be_leaves_everything_as_it_was(lender: Lender) -> None:
    """The borrower has no camera then."""
    shared = lender.synthetic()
    lent = LentCamera(shared)
    with pytest.raises(CameraError, match="160x120"):
        lent.open(Mode((80, 60)))
    with pytest.raises(CameraError, match="not open"):
        lent.read(0)
    assert (shared.mode, lent.missed) == (SMALL, 0)


def test_the_native_camera_can_be_had_of_a_module(lender: Lender, monkeypatch: pytest.MonkeyPatch) -> None:
    """For its encoders; other cameras have none."""
    rig = fake_picamera2.install(monkeypatch, fake_picamera2.Rig(by_hand=False))
    lent = lend(lender.started(RibbonCamera()))
    assert isinstance(lent, LentModule)
    lent.open(SMALL)
    assert lent.native is rig.opened[-1]
    lent.close()
    assert not hasattr(type(lend(lender.synthetic())), "native")
