"""Reading a camera on a thread of its own, from when it is armed to the last frame of the recording."""

import threading
import time
from collections.abc import Callable
from typing import Any

from imagehub.colony.recording.errors import RecordingError
from imagehub.node.cameras.camera import Camera, CameraError, EndOfFramesError, Frame
from imagehub.node.cameras.times import NANOSECONDS
from imagehub.terminal import units

READ_SECONDS = 0.1
SILENT_SECONDS = 10.0


class Capture:
    """Reads an open camera until told to stop, gives the recording's frames to `take`, and keeps the newest of all.

    Frames before the recording's first instant only keep the exposure up to date. `take` must not wait. `ended` is
    called once, with what the fault was, or None where the recording is complete.
    """

    def __init__(
        self,
        camera: Camera,
        take: Callable[[Frame], None],
        ended: Callable[[str | None], None],
        wall_ns: Callable[[], int] = time.time_ns,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._camera = camera
        self._take = take
        self._ended = ended
        self._wall_ns = wall_ns
        self._monotonic = monotonic
        self._from_ns: int | None = None
        self._until_ns = 0
        self._stopping = threading.Event()
        self._over = threading.Event()
        self._seen = threading.Condition()
        self._thread = threading.Thread(target=self._run, name="capture", daemon=True)
        self._heard = 0.0
        self._frames = 0
        self.newest: Frame | None = None
        self.fault: str | None = None

    def start(self) -> None:
        """Begin to read."""
        self._heard = self._monotonic()
        self._thread.start()

    def settle(self, frames: int, seconds: float) -> None:
        """Wait until so many frames have come.

        Raises:
            RecordingError: they have not within so many seconds, or the camera failed.
        """
        with self._seen:
            self._seen.wait_for(lambda: self._frames >= frames or self._over.is_set(), seconds)
        if self._over.is_set():
            raise RecordingError(f"the camera can't record: {self.fault or 'it has no more frames'}")
        if self._frames < frames:
            raise RecordingError(
                f"{self._camera.name} gave {self._frames} of {units.counted(frames, 'frame')} within {seconds:g} s: "
                "see its cable, and whether another program uses it"
            )

    def record(self, first_frame_ns: int, max_seconds: float) -> None:
        """Give frames to the recording from this instant on, and for so long."""
        self._until_ns = first_frame_ns + round(max_seconds * NANOSECONDS)
        self._from_ns = first_frame_ns

    def end(self) -> None:
        """Let it stop reading soon."""
        self._stopping.set()

    def stop(self) -> None:
        """Stop reading, and wait until it has; `ended` has been called then."""
        self.end()
        if self._thread.ident is not None and self._thread is not threading.current_thread():
            self._thread.join()

    def _run(self) -> None:
        try:
            self._read_all()
        except EndOfFramesError:
            pass
        except CameraError as error:
            self.fault = str(error)
        except Exception as error:  # noqa: BLE001 - whatever a driver raises ends this recording, and is told
            self.fault = f"{self._camera.name}: {type(error).__name__}: {error}"
        finally:
            self._over.set()
            with self._seen:
                self._seen.notify_all()
            self._ended(self.fault)

    def _read_all(self) -> None:
        while not self._stopping.is_set():
            frame = self._camera.read(READ_SECONDS)
            if self._is_over(self._wall_ns() if frame is None else frame.wall_ns):
                return
            if frame is None:
                self._check_silence()
            else:
                self._got(frame)

    def _is_over(self, wall_ns: int) -> bool:
        return self._from_ns is not None and wall_ns >= self._until_ns

    def _check_silence(self) -> None:
        if self._from_ns is not None and self._wall_ns() < self._from_ns:
            self._heard = self._monotonic()
        elif self._monotonic() - self._heard > SILENT_SECONDS:
            raise CameraError(f"{self._camera.name} gave no frame for {SILENT_SECONDS:g} s")

    def _got(self, frame: Frame) -> None:
        self._heard = self._monotonic()
        self.newest = frame
        if self._from_ns is not None and frame.wall_ns >= self._from_ns:
            self._take(frame)
        with self._seen:
            self._frames += 1
            self._seen.notify_all()


def is_punctual(camera: Any) -> bool:
    """Return whether a camera starts at the instant that `open` is given; others run before, and are waited for."""
    return bool(getattr(camera, "punctual", False))
