"""The parts of a node for tests: frames by hand, cameras without a thread, an office that remembers."""

import threading
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import numpy as np

from imagehub.node.cameras.camera import Camera, CameraError, Frame, Mode
from imagehub.node.delivery.post import Post
from imagehub.node.detectors.detector import Change
from imagehub.node.running import Office, World
from imagehub.node.settings.settings import DetectorSettings, LightSettings, Look, NodeSettings
from imagehub.node.view import Tools
from imagehub.node.working import Makers
from imagehub.notify import Notifier

Pixels = np.ndarray[tuple[int, ...], np.dtype[np.uint8]]
SIZE = (32, 24)


def frame(number: int, size: tuple[int, int] = SIZE) -> Frame:
    """Return a frame whose pixels all have its number, taken at that second of 1970."""
    pixels = np.full((size[1], size[0], 3), number, np.uint8)
    return Frame(pixels, number, number * 10**9, number * 10**9)


class Box:
    """An outbox that keeps what is put into it."""

    def __init__(self) -> None:
        self.posts: list[Post] = []

    def put(self, post: Post) -> None:
        """Keep it."""
        self.posts.append(post)

    def texts(self) -> list[str]:
        """Return the texts since the last time, and forget them."""
        posts, self.posts = self.posts, []
        return [post.text for post in posts]


class FakeFrames:
    """A subscription with frames that the test gives; an exception among them is raised."""

    def __init__(self, frames: Sequence[Frame | Exception] = ()) -> None:
        self.missed = 0
        self.closed = False
        self.frames = deque(frames)
        self._news = threading.Condition()

    def give(self, one: Frame | Exception) -> None:
        """Give one more."""
        with self._news:
            self.frames.append(one)
            self._news.notify_all()

    def next(self, timeout_seconds: float) -> Frame | None:
        """Return the next one."""
        with self._news:
            self._news.wait_for(lambda: self.frames or self.closed, timeout_seconds)
            found = self.frames.popleft() if self.frames else None
        if isinstance(found, Exception):
            raise found
        return found

    def close(self) -> None:
        """Wake who waits."""
        with self._news:
            self.closed = True
            self._news.notify_all()


class FakeShared:
    """A shared camera without a thread; it refuses modes wider than 4000 pixels."""

    def __init__(self, camera: Camera, mode: Mode, tell: Callable[[str], None]) -> None:
        self.camera, self.mode, self.tell = camera, mode, tell
        self.fault: str | None = None
        self.subscriptions: list[FakeFrames] = []
        self.modes: list[tuple[Mode, int | None]] = []
        self.started = self.closed = False

    def start(self) -> None:
        """Note it."""
        self.started = True

    def close(self) -> None:
        """Note it."""
        self.closed = True
        for one in self.subscriptions:
            one.close()

    def subscribe(self, every: bool) -> FakeFrames:
        """Return a new one."""
        self.subscriptions.append(FakeFrames())
        return self.subscriptions[-1]

    def reopen(self, mode: Mode, first_frame_ns: int | None = None) -> None:
        """Note it."""
        if mode.resolution[0] > 4000:
            raise CameraError("too wide")
        self.mode = mode
        self.modes.append((mode, first_frame_ns))


class FakeDetector:
    """Changes to the state that the script has for an image, by the image's number."""

    type = "motion"

    def __init__(self, look: Look, script: dict[int, str]) -> None:
        self.look = look
        self.state = "unknown"
        self._script = script

    def detect(self, image: Pixels) -> Change | None:
        """Look up the first pixel."""
        state = self._script.get(int(image[0, 0, 0]))
        if state is None:
            return None
        change = Change(state, self.state)
        self.state = state
        return change

    def test_images(self) -> list[tuple[str, Pixels]]:
        """Return one grey image."""
        return [("ROI", np.zeros((2, 4), np.uint8))]


@dataclass
class Bench:
    """Tools for views that write down what is drawn and encoded. `scripts` are those of the detectors, in order."""

    scripts: list[dict[int, str]] = field(default_factory=list)
    drawn: list[int] = field(default_factory=list)
    encoded: list[tuple[int, int, float]] = field(default_factory=list)
    sizes: list[tuple[int, int]] = field(default_factory=list)

    def detector(self, settings: DetectorSettings, size: tuple[int, int]) -> FakeDetector:
        """Return a detector with the next script."""
        self.sizes.append(size)
        made = FakeDetector(settings.look, self.scripts[(len(self.sizes) - 1) % len(self.scripts)])
        made.type = "light" if isinstance(settings, LightSettings) else "motion"
        return made

    def draw(self, image: Pixels, look: Look, size: tuple[int, int], when: datetime) -> Pixels:
        """Write it down, and draw nothing."""
        self.drawn.append(int(image[0, 0, 0]))
        return image

    def encode(self, pixels: Pixels, quality: int, scale: float) -> bytes:
        """Return the image's number as bytes."""
        self.encoded.append((int(pixels.flat[0]), quality, scale))
        return b"jpeg %d" % pixels.flat[0]

    def tools(self, **more: Any) -> Tools:
        """Return the tools."""
        return Tools(self.detector, self.draw, self.encode, **more)


class FakeOffice(Box):
    """An office that remembers; `opened` has all that were made, `broken` addresses make `start` fail."""

    def __init__(self, settings: NodeSettings, tell_reply: Callable[[str], None]) -> None:
        super().__init__()
        self.settings, self.tell_reply = settings, tell_reply
        self.closed = False
        self.document = Delivered()

    def start(self) -> None:
        """Fail where the hub is called broken."""
        if "broken" in self.settings.hubs[0]:
            raise CameraError("the spool is in use")

    def close(self, patience_seconds: float) -> None:
        """Note it."""
        self.closed = True

    def status(self) -> "Delivered":
        """Return how it goes."""
        return self.document


@dataclass
class Delivered:
    """A delivery's status."""

    hub: str = "tcp://hub:5555"
    answering: bool = True
    waiting_in_memory: int = 0
    waiting_on_disk: int = 0
    bytes_on_disk: int = 0
    oldest_waiting: datetime | None = None
    sent: int = 0
    dropped: int = 0
    refused: int = 0
    last_error: str | None = None


class FakePart:
    """A sensor, lamps or an agent that does nothing."""

    def __init__(self, *words: Any) -> None:
        self.words = words
        self.state = "idle"
        self.started = self.closed = False

    def run(self, stop: Any) -> None:
        """Wait."""
        self.started = True
        stop.wait(60)
        self.closed = True

    def start(self) -> None:
        """Note it."""
        self.started = True

    def close(self) -> None:
        """Note it."""
        self.closed = True


class FakePublisher:
    """Keeps what is published."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.published: list[tuple[str, bytes]] = []
        self.closed = False

    def publish(self, text: str, jpeg: bytes) -> None:
        """Keep it."""
        self.published.append((text, jpeg))

    def close(self) -> None:
        """Note it."""
        self.closed = True


class Noted(Notifier):
    """What systemd would be told."""

    def __init__(self) -> None:
        super().__init__({})
        self.lines: list[str] = []

    def tell(self, *lines: str) -> None:
        """Keep it."""
        self.lines += lines


class Surroundings:
    """A world of fakes; what was made is kept in the order of its making."""

    def __init__(self, bench: Bench | None = None) -> None:
        self.bench = bench or Bench([{}])
        self.offices: list[FakeOffice] = []
        self.publishers: list[FakePublisher] = []
        self.shared: list[FakeShared] = []
        self.parts: list[FakePart] = []
        self.notifier = Noted()
        self.seconds = 1000.0
        self.prepare: Callable[[FakePart], object] = lambda part: None

    def world(self) -> World:
        """Return the world."""
        return World(
            office=self._office,
            publisher=self._publisher,
            makers=self.makers,
            restart_text=lambda settings: f"{settings.name}|Restart|host",
            heartbeat_text=lambda name: f"{name}|Heartbeat",
            notifier=self.notifier,
            monotonic=lambda: self.seconds,
        )

    def makers(self, settings: NodeSettings, publish: Callable[[str, bytes], None] | None = None) -> Makers:
        """Return makers of fakes; a camera whose source is `none` can't be made."""
        tools = self.bench.tools(publish=publish)
        return Makers(self._camera, self._shared, tools, self._part, self._part, self._part)

    def _office(self, settings: NodeSettings, tell_reply: Callable[[str], None]) -> Office:
        self.offices.append(FakeOffice(settings, tell_reply))
        return self.offices[-1]

    def _publisher(self, port: int) -> FakePublisher:
        self.publishers.append(FakePublisher(port))
        return self.publishers[-1]

    def _camera(self, source: str, label: str, name: str) -> Any:
        if source.endswith("none"):
            raise CameraError(f"{source} is no camera")
        return f"camera {source}"

    def _shared(self, camera: Camera, mode: Mode, tell: Callable[[str], None]) -> FakeShared:
        self.shared.append(FakeShared(camera, mode, tell))
        return self.shared[-1]

    def _part(self, *words: Any) -> FakePart:
        self.parts.append(FakePart(*words))
        self.prepare(self.parts[-1])
        return self.parts[-1]
