"""A node's camera lent to whoever records with it, while the node goes on looking at its frames."""

from typing import Protocol

from imagehub.node.cameras.camera import CameraError, CameraLostError, Frame, Mode
from imagehub.node.view import Subscription


class Shared(Protocol):
    """A camera whose frames several take; `cameras.sharing` has it."""

    fault: str | None

    @property
    def mode(self) -> Mode:
        """The mode that it runs in."""

    def start(self) -> None:
        """Begin to read."""

    def close(self) -> None:
        """Stop reading, and end all subscriptions."""

    def subscribe(self, every: bool) -> Subscription:
        """Return a new share of the frames: all of them in order, or the newest only."""

    def reopen(self, mode: Mode, first_frame_ns: int | None = None) -> None:
        """Run it in another mode; raise CameraError where it can't."""


class BorrowedCamera:
    """A `Camera` that runs the shared one in its own mode from `open` to `close`, and gets all of its frames.

    After `close` the shared camera runs in the mode that it had before.
    """

    def __init__(self, shared: Shared, name: str) -> None:
        self.name = name
        self._shared = shared
        self._frames: Subscription | None = None
        self._before: Mode | None = None

    @property
    def in_use(self) -> bool:
        """Whether it is open: the shared camera's mode is not the node's to choose, nor when its frames begin."""
        return self._before is not None

    def open(self, mode: Mode, first_frame_ns: int | None = None) -> None:
        """See `Camera.open`."""
        before = self._before or self._shared.mode
        self._stop_taking()
        self._before = before
        try:
            self._shared.reopen(mode, first_frame_ns)
        except CameraError:
            self._before = None
            raise
        self._frames = self._shared.subscribe(every=True)

    def read(self, timeout_seconds: float) -> Frame | None:
        """See `Camera.read`."""
        if self._frames is None:
            raise CameraLostError(f"{self.name} is not open")
        frame = self._frames.next(timeout_seconds)
        if frame is None and self._shared.fault is not None:
            raise CameraLostError(f"{self.name}: {self._shared.fault}")
        return frame

    def close(self) -> None:
        """See `Camera.close`."""
        self._stop_taking()
        before, self._before = self._before, None
        if before is not None:
            self._shared.reopen(before)

    def _stop_taking(self) -> None:
        frames, self._frames = self._frames, None
        if frames is not None:
            frames.close()
