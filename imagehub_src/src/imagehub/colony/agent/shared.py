"""A camera that a node uses for other things too, as a recorder wants it: to itself, in its own mode."""

from typing import Protocol

from imagehub.node.cameras.camera import CameraLostError, Frame, Mode


class Frames(Protocol):
    """A reader's share of a camera."""

    def next(self, timeout_seconds: float) -> Frame | None:
        """Return the next frame, or None where none came in time."""

    def close(self) -> None:
        """Take no more."""


class Shared(Protocol):
    """A camera of a node; see `imagehub.node.cameras.sharing.SharedCamera`."""

    fault: str | None

    @property
    def mode(self) -> Mode:
        """The mode that it runs in."""

    def subscribe(self, every: bool) -> Frames:
        """Return a share of its frames."""

    def reopen(self, mode: Mode, first_frame_ns: int | None = None) -> None:
        """Run it in another mode."""


class RecordedCamera:
    """A camera of a node while it is recorded; closed, it runs again as it did before.

    A camera that is lost ends the recording, also where it comes back at once: its frames are numbered anew then.
    `punctual` tells whether it begins at the instant that `open` is given.
    """

    def __init__(self, shared: Shared, name: str, punctual: bool = False) -> None:
        self.name = name
        self.punctual = punctual
        self._shared = shared
        self._frames: Frames | None = None
        self._before: Mode | None = None
        self._last = -1

    def open(self, mode: Mode, first_frame_ns: int | None = None) -> None:
        """See `Camera.open`; the other readers get frames in this mode too."""
        self.close()
        before = self._shared.mode
        frames = self._shared.subscribe(every=True)
        try:
            self._shared.reopen(mode, first_frame_ns)
        except BaseException:
            frames.close()
            raise
        self._frames, self._before, self._last = frames, before, -1

    def read(self, timeout_seconds: float) -> Frame | None:
        """See `Camera.read`."""
        assert self._frames is not None
        frame = self._frames.next(timeout_seconds)
        if frame is None:
            if self._shared.fault:
                raise CameraLostError(f"{self.name}: {self._shared.fault}")
            return None
        if frame.number < self._last:
            raise CameraLostError(f"{self.name} was lost, and came back with its frames numbered anew")
        self._last = frame.number
        return frame

    def close(self) -> None:
        """See `Camera.close`."""
        if self._frames is not None and self._before is not None:
            self._frames.close()
            self._frames = None
            self._shared.reopen(self._before)
