"""A thread that reads an OpenCV capture, so that its owner never hangs with it."""

import logging
import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import cv2
import numpy as np

from imagehub.node.cameras.camera import CameraError, CameraLostError
from imagehub.node.cameras.times import Clock

if TYPE_CHECKING:
    from imagehub.node.cameras.camera import Pixels

KEPT_FRAMES = 4
_log = logging.getLogger(__name__)


class Capture(Protocol):
    """What is used of cv2.VideoCapture."""

    def read(self) -> tuple[bool, Any]:
        """Return whether there is a picture, and it."""

    def get(self, property_: int, /) -> float:
        """Return a property, 0 where there is none."""

    def release(self) -> None:
        """Give it free."""


@dataclass(frozen=True, slots=True)
class Grabbed:
    """A picture, how many came before it, when it arrived (since the boot), and its CAP_PROP_POS_MSEC."""

    pixels: "Pixels"
    number: int
    arrived_boot_ns: int
    position_ms: float


class Grabber:
    """Opens a capture and reads it in a thread of its own until it fails or is told to end.

    It keeps the newest `KEPT_FRAMES` pictures; what is left out for want of a reader is a gap in the numbers. A call
    into OpenCV that hangs holds up this thread alone: it lets the capture go when it comes back.
    """

    def __init__(self, opened: Callable[[], Capture], clock: Clock) -> None:
        """`opened` opens the capture, and raises CameraError where it can't."""
        self._opened = opened
        self._clock = clock
        self._kept: deque[Grabbed] = deque(maxlen=KEPT_FRAMES)
        self._news = threading.Condition()
        self._is_open = self._ended = False
        self._fault: CameraError | None = None
        self._thread = threading.Thread(target=self._run, name="capture", daemon=True)

    def start(self, timeout_seconds: float) -> None:
        """Return when the capture is open. Raises CameraError where it can't be, or not in time."""
        self._thread.start()
        with self._news:
            self._news.wait_for(lambda: self._is_open or self._fault, timeout_seconds)
            if self._fault is not None:
                raise self._fault
            if not self._is_open:
                self._ended = True
                raise CameraError(f"no answer within {timeout_seconds:g} s")

    def next(self, timeout_seconds: float) -> Grabbed | None:
        """Return the oldest picture kept; None where none came in time. Raises CameraLostError after the last."""
        with self._news:
            self._news.wait_for(lambda: self._kept or self._fault, timeout_seconds)
            if self._kept:
                return self._kept.popleft()
            if self._fault is not None:
                raise self._fault
            return None

    def end(self, patience_seconds: float = 2.0) -> None:
        """Let the capture go, and wait a while for that."""
        with self._news:
            self._ended = True
        if self._thread.is_alive():
            self._thread.join(patience_seconds)

    def _run(self) -> None:
        try:
            self._grab_from(self._opened())
        except CameraError as error:
            self._fail(error)
        except Exception as error:  # noqa: BLE001 - OpenCV raises what it likes
            _log.exception("reading a camera failed")
            self._fail(CameraLostError(f"OpenCV failed: {error}"))

    def _grab_from(self, capture: Capture) -> None:
        try:
            with self._news:
                self._is_open = True
                self._news.notify_all()
            number = 0
            while not self._ended:
                self._keep(capture, number)
                number += 1
        finally:
            capture.release()

    def _keep(self, capture: Capture, number: int) -> None:
        done, pixels = capture.read()
        arrived = self._clock.boot_ns()
        if not done or pixels is None:
            raise CameraLostError("it gives no more pictures")
        grabbed = Grabbed(np.asarray(pixels, np.uint8), number, arrived, capture.get(cv2.CAP_PROP_POS_MSEC))
        with self._news:
            self._kept.append(grabbed)
            self._news.notify_all()

    def _fail(self, error: CameraError) -> None:
        with self._news:
            self._fault = error
            self._news.notify_all()
