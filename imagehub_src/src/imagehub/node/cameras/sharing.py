"""One camera for several readers, opened again for ever when it is lost."""

import logging
import random
import threading
from collections.abc import Callable
from dataclasses import dataclass

from imagehub.node.cameras.camera import Camera, CameraError, EndOfFramesError, Mode
from imagehub.node.cameras.subscription import Subscription
from imagehub.node.cameras.watching import Limits, Watch

READ_SECONDS = 0.2
REOPEN_SECONDS = 20.0
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Backoff:
    """Pauses between attempts: from `first_seconds` doubling to `longest_seconds`, each cut by up to half by chance."""

    first_seconds: float = 1.0
    longest_seconds: float = 60.0
    chance: Callable[[], float] = random.random

    def pause(self, failures: int) -> float:
        """Return the seconds to wait after so many failures in a row, 1 or more."""
        longest = min(self.longest_seconds, self.first_seconds * 2.0 ** min(failures - 1, 30))
        return longest * (0.5 + self.chance() / 2)


class _Change:
    """Another mode that was asked for; `done` is set when it holds, or `error` says why it can't."""

    def __init__(self, mode: Mode, first_frame_ns: int | None) -> None:
        self.mode = mode
        self.first_frame_ns = first_frame_ns
        self.done = threading.Event()
        self.error: CameraError | None = None

    def refuse(self, error: CameraError) -> None:
        """Let the one who asked know why it can't be."""
        self.error = error
        self.done.set()


class SharedCamera:
    """Reads a camera in one thread and gives its frames to all subscriptions.

    `tell` gets the words of an event: `camera|lost`, `camera|back`, `camera|black`, `camera|frozen`,
    `camera|seen again`. `fault` says why there are no frames at present; it is None while there are.
    """

    def __init__(
        self,
        camera: Camera,
        mode: Mode,
        tell: Callable[[str], None],
        limits: Limits | None = None,
        backoff: Backoff = Backoff(),
    ) -> None:
        """Without `limits` all cameras are watched for black pictures, and the live ones for frozen ones."""
        self.fault: str | None = None
        self._camera = camera
        self._mode = mode
        self._tell = tell
        self._backoff = backoff
        self._watch = Watch(limits or Limits(live=getattr(camera, "live", True)))
        self._subscriptions: tuple[Subscription, ...] = ()
        self._lock = threading.Lock()
        self._asking = threading.Lock()  # one change at a time
        self._wake = threading.Event()  # set to end, or for a change of the mode
        self._ended = False
        self._change: _Change | None = None
        self._failures = 0
        self._told_lost = False
        self._thread = threading.Thread(target=self._run, name=f"camera {camera.name}", daemon=True)

    @property
    def camera(self) -> Camera:
        """The camera that is shared; only this reads, opens and closes it."""
        return self._camera

    @property
    def mode(self) -> Mode:
        """The mode that the camera runs in."""
        return self._mode

    def start(self) -> None:
        """Begin to read; returns at once, whether or not the camera is there."""
        self._thread.start()

    def close(self) -> None:
        """Stop reading, give the camera free, and end all subscriptions."""
        self._ended = True
        self._wake.set()
        if self._thread.is_alive():
            self._thread.join()
        for each in self._subscriptions:
            each.close()

    def subscribe(self, every: bool, until_lost: bool = False) -> Subscription:
        """Return a new share of the frames from now on: all of them in order, or the newest only.

        With `until_lost` it ends when the camera is lost, and begins anew with the next `reopen`.
        """
        new = Subscription(every, until_lost)
        with self._lock:
            self._subscriptions = (*(each for each in self._subscriptions if not each.closed), new)
        return new

    def reopen(self, mode: Mode, first_frame_ns: int | None = None) -> None:
        """Run the camera in another mode, its frames numbered anew; frames of the former one are dropped.

        Raises:
            CameraError: it can't run so, and goes on as before; or it did not answer in time.
        """
        if not self._thread.is_alive():
            self._mode = mode
            return
        change = _Change(mode, first_frame_ns)
        with self._asking:
            self._ask(change)
            if not change.done.wait(REOPEN_SECONDS):
                raise CameraError(f"{self._camera.name} did not come back within {REOPEN_SECONDS:g} s")
        if change.error is not None:
            raise change.error

    def _ask(self, change: _Change) -> None:
        with self._lock:
            self._change = change
            self._wake.set()

    def _run(self) -> None:
        while not self._ended:
            try:
                self._opened_and_read()
            except EndOfFramesError as error:
                self._at_the_end(str(error))
            except CameraError as error:
                self._lost(str(error))
            except Exception as error:  # noqa: BLE001 - the outermost loop: a driver's surprise must not end the node
                _log.exception("%s failed", self._camera.name)
                self._lost(str(error))
            finally:
                self._camera.close()
        change = self._taken_change()
        if change is not None:
            change.refuse(CameraError(f"{self._camera.name} is closed"))

    def _opened_and_read(self) -> None:
        change = self._taken_change()
        if self._ended:
            return
        if change is None:
            self._camera.open(self._mode)
        elif not self._changed(change):
            return
        self._watch.forget()
        self._read()

    def _taken_change(self) -> _Change | None:
        with self._lock:
            self._wake.clear()
            change, self._change = self._change, None
        return change

    def _changed(self, change: _Change) -> bool:
        """Open the camera in the mode asked for, and tell the one who asked how that went."""
        try:
            self._camera.open(change.mode, change.first_frame_ns)
        except CameraError as error:
            change.refuse(error)
            return False
        self._mode = change.mode
        for each in self._subscriptions:
            each.forget()
        change.done.set()
        return True

    def _read(self) -> None:
        while not self._wake.is_set():
            frame = self._camera.read(READ_SECONDS)
            if frame is None:
                continue
            self._be_back()
            for each in self._subscriptions:
                each.give(frame)
            news = self._watch.look(frame)
            if news is not None:
                self._tell(f"camera|{news}")

    def _be_back(self) -> None:
        self._failures = 0
        self.fault = None
        if self._told_lost:
            self._told_lost = False
            _log.info("%s is back", self._camera.name)
            self._tell("camera|back")

    def _at_the_end(self, why: str) -> None:
        self.fault = why
        for each in self._subscriptions:
            each.lose(why)
        self._wake.wait()

    def _lost(self, why: str) -> None:
        self.fault = why
        for each in self._subscriptions:
            each.lose(why)
        if not self._told_lost:
            self._told_lost = True
            _log.warning("%s is lost: %s", self._camera.name, why)
            self._tell("camera|lost")
        self._failures += 1
        self._camera.close()
        self._wake.wait(self._backoff.pause(self._failures))
