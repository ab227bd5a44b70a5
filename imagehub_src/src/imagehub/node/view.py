"""What a node does with the images of one camera: detect, and send what the settings ask for."""

import logging
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

from imagehub.errors import MissingExtraError
from imagehub.node.cameras.camera import Frame
from imagehub.node.delivery.post import Outbox, Post
from imagehub.node.detectors.detector import Change, Detector, change_text
from imagehub.node.events import event
from imagehub.node.rate import Rate
from imagehub.node.settings.settings import CameraSettings, DetectorSettings, MotionSettings, NodeSettings
from imagehub.node.shots import Draw, Encode, Finish, Shot

if TYPE_CHECKING:
    from imagehub.node.cameras.camera import Pixels

log = logging.getLogger(__name__)

WAIT_SECONDS = 1.0

Size = tuple[int, int]


class Subscription(Protocol):
    """The frames of a camera; `cameras.sharing` has them."""

    missed: int

    def next(self, timeout_seconds: float) -> Frame | None:
        """Return the newest frame that was not returned yet; None where none came in time."""

    def close(self) -> None:
        """Take no more."""


class Line(Protocol):
    """How much the network takes; `bandwidth` has one that is narrow."""

    def settings_now(self) -> tuple[int, float]:
        """Return the JPEG quality at most, and the scale, for the next image."""

    def sent(self, size: int) -> None:
        """Count the bytes of an image."""


class _Wide:
    def settings_now(self) -> tuple[int, float]:
        return 100, 1.0

    def sent(self, size: int) -> None:
        pass


WIDE: Line = _Wide()
"""A network that takes everything."""


@dataclass(frozen=True, slots=True)
class Tools:
    """What a view works with: detectors for a size of images, drawing, encoding, and the line to the hub."""

    detector: Callable[[DetectorSettings, Size], Detector]
    draw: Draw
    encode: Encode
    line: Line = WIDE
    publish: Callable[[str, bytes], None] | None = None


class View:
    """One camera of the node. `see` is for the thread that has its frames; the others are for any thread."""

    def __init__(self, node: NodeSettings, settings: CameraSettings, outbox: Outbox, tools: Tools) -> None:
        self.name = f"{node.name} {settings.view}".strip()
        self.settings = settings
        self.rate = Rate()
        self.fault: str | None = None
        self._outbox = outbox
        self._tools = tools
        self._finish = Finish(tuple(one.look for one in settings.detectors), tools.draw, tools.encode, self._quality)
        self._recent: deque[Shot] = deque(maxlen=max(1, min(node.queuemax, _most_asked_for(settings))))
        self._watchers: list[tuple[DetectorSettings, Detector]] = []
        self._size: Size | None = None
        self._owed = 0

    @property
    def size(self) -> Size | None:
        """Width and height of the images as they are sent; None before the first."""
        return self._size

    def send_next(self, count: int) -> None:
        """Send so many of the images that come next, whatever the detectors say."""
        self._owed = max(self._owed, count)

    def tell(self, words: str) -> None:
        """Send an event of this camera, such as `camera|lost`, that happens now."""
        self._outbox.put(event(f"{self.name}|{words}", datetime.now().astimezone()))

    def look(self, frames: Subscription) -> bool:
        """Wait a second for the next frame and see it; tell whether there was one."""
        try:
            frame = frames.next(WAIT_SECONDS)
            if frame is not None:
                self.see(frame)
                self.fault = None
        except Exception as error:  # one image that can't be seen is no reason to miss the next
            if self.fault != str(error):  # logged once, however many images it meets
                log.exception("%s: can't use an image", self.name)
                self.fault = str(error)
            return True
        return frame is not None

    def see(self, frame: Frame) -> None:
        """Detect on a frame, and put what it brings into the outbox."""
        image = _resized(frame.pixels, self.settings.resize_width)
        self._fit((image.shape[1], image.shape[0]))
        shot = Shot(image, datetime.fromtimestamp(frame.wall_ns / 1e9).astimezone(), self._finish)
        self._recent.append(shot)
        self.rate.happened()
        changes = [
            (settings, detector, change)
            for settings, detector in self._watchers
            if (change := detector.detect(image)) is not None
        ]
        everything = self._sends_everything()
        if everything:
            self._send(shot)
        self._send_test_images(shot.taken)
        for _, detector, change in changes:
            self._outbox.put(event(change_text(self.name, detector, change), shot.taken))
        sent = everything
        if not everything:
            count = max((_asked_for(settings, change) for settings, _, change in changes), default=0)
            sent = self._send_recent(count)
        self._pay(shot, sent)
        if self._tools.publish is not None:
            self._tools.publish(f"{self.name}|jpg", shot.jpeg())

    def _quality(self) -> tuple[int, float]:
        quality, scale = self._tools.line.settings_now()
        return min(quality, self.settings.jpeg_quality), scale

    def _fit(self, size: Size) -> None:
        """Have detectors for images of this size; what they knew of another size is gone."""
        if size != self._size:
            self._watchers = [(one, self._tools.detector(one, size)) for one in self.settings.detectors]
            self._recent.clear()
            self._size = size
            log.info("%s: images of %dx%d pixels", self.name, *size)

    def _sends_everything(self) -> bool:
        looks = [one.look.send_frames for one in self.settings.detectors]
        return "continuous" in (looks or [self.settings.send_frames])

    def _send_recent(self, count: int) -> bool:
        """Send the last images in the order of time; tell whether the newest was among them."""
        for shot in list(self._recent)[-count:] if count else []:
            self._send(shot)
        return count > 0

    def _pay(self, shot: Shot, sent: bool) -> None:
        if self._owed > 0:
            self._owed -= 1
            if not sent:
                self._send(shot)

    def _send(self, shot: Shot) -> None:
        kind = self.settings.send_type
        pixels = None if kind == "jpg" else shot.drawn()
        body, shape = (shot.jpeg(), None) if pixels is None else (pixels.tobytes(), pixels.shape)
        self._outbox.put(Post(f"{self.name}|{kind}", body, shot.taken, shape))
        if shape is None:
            self._tools.line.sent(len(body))

    def _send_test_images(self, taken: datetime) -> None:
        for settings, detector in self._watchers:
            if settings.look.send_test_images:
                for label, pixels in detector.test_images():
                    self._outbox.put(self._test_post(label, pixels, taken))

    def _test_post(self, label: str, pixels: "Pixels", taken: datetime) -> Post:
        if self.settings.send_type == "image":
            return Post(label, pixels.tobytes(), taken, pixels.shape)
        return Post(label, self._tools.encode(pixels, self.settings.jpeg_quality, 1.0), taken)


def _most_asked_for(settings: CameraSettings) -> int:
    return max((one.look.send_count for one in settings.detectors), default=0)


def _asked_for(settings: DetectorSettings, change: Change) -> int:
    """Return how many images a change asks for."""
    unwanted = isinstance(settings, MotionSettings) and not settings.print_still_frames and change.state == "still"
    if unwanted or settings.look.send_frames != "detected event":
        return 0
    return settings.look.send_count


def _resized(pixels: "Pixels", percent: int | None) -> "Pixels":
    """Return the image with that width, height in proportion; itself where there is nothing to do."""
    if percent in (None, 100):
        return pixels
    try:
        import cv2
        import numpy as np
    except ImportError:
        raise MissingExtraError("resizing images", "node") from None
    height, width = pixels.shape[:2]
    wanted = max(1, width * percent // 100)
    size = (wanted, max(1, int(height * wanted / width)))
    return np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), np.uint8)
