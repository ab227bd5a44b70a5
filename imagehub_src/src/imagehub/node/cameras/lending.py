"""A shared camera for one who wants a camera of their own for a while, such as a recording."""

from typing import Any

from imagehub.node.cameras.camera import CameraError, CameraLostError, Frame, Mode
from imagehub.node.cameras.sharing import SharedCamera
from imagehub.node.cameras.subscription import Subscription


class LentCamera:
    """A `Camera` in front of a shared one: `open` sets the mode for all its readers, `close` sets it back.

    It gives every frame in order, from the first in that mode until the camera is lost; then it is to be opened again.
    """

    def __init__(self, shared: SharedCamera) -> None:
        self.name = shared.camera.name
        self.live = getattr(shared.camera, "live", True)
        self.punctual = bool(getattr(shared.camera, "punctual", False))
        self._shared = shared
        self._share: Subscription | None = None
        self._former: Mode | None = None

    @property
    def missed(self) -> int:
        """How many frames the camera gave and nobody took in time, since `open`."""
        return self._share.missed if self._share else 0

    def open(self, mode: Mode, first_frame_ns: int | None = None) -> None:
        """See `Camera.open`. The shared camera must have been started."""
        if self._share is None:
            self._former = self._shared.mode
        else:
            self._share.close()
        self._share = self._shared.subscribe(every=True, until_lost=True)
        try:
            self._shared.reopen(mode, first_frame_ns)
        except CameraError:
            self._share.close()
            self._share = None
            raise

    def read(self, timeout_seconds: float) -> Frame | None:
        """See `Camera.read`."""
        if self._share is None:
            raise CameraError(f"{self.name} is not open")
        frame = self._share.next(timeout_seconds)
        if frame is None and self._share.lost is not None:
            raise CameraLostError(self._share.lost)
        return frame

    def close(self) -> None:
        """See `Camera.close`. Raises CameraError where the former mode can't be had again."""
        if self._share is None:
            return
        self._share.close()
        self._share = None
        if self._former is not None and self._former != self._shared.mode:
            self._shared.reopen(self._former)


class LentModule(LentCamera):
    """A shared camera module, with what its encoders need."""

    @property
    def native(self) -> Any:
        """The Picamera2 object; raises CameraError where it is not open."""
        return self._shared.camera.native  # type: ignore[attr-defined]


def lend(shared: SharedCamera) -> LentCamera:
    """Return a camera in front of a shared one; only that of a module has `native`, by which recorders know it."""
    return LentModule(shared) if hasattr(type(shared.camera), "native") else LentCamera(shared)
