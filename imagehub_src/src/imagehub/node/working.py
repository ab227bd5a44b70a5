"""The parts of a node at work, each in its thread: cameras with their views, sensors, lamps, agents that record."""

import logging
import threading
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Protocol

from imagehub.errors import ImagehubError
from imagehub.node.cameras.camera import Camera, Mode
from imagehub.node.delivery.post import Outbox
from imagehub.node.events import event
from imagehub.node.secrets import without_password
from imagehub.node.settings.settings import (
    CameraSettings,
    LightSwitch,
    NodeSettings,
    RecordingSettings,
    SensorSettings,
)
from imagehub.node.stall import Pulse
from imagehub.node.stop import Stop
from imagehub.node.view import Subscription, Tools, View

log = logging.getLogger(__name__)

CLOSE_SECONDS = 4.0
FREE = frozenset({"idle", "fault"})
"""The states of an agent in which it has no camera, and nothing under way that an end would cut."""


class Runs(Protocol):
    """What works in a thread of its own until it is told to stop."""

    def run(self, stop: Stop) -> None:
        """Work until `stop` is set; raise ImagehubError where that can't be."""


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


class Agent(Protocol):
    """What records at a conductor's word; `colony.agent` has it."""

    @property
    def state(self) -> str:
        """What it does now; see `FREE`."""

    def start(self) -> None:
        """Listen; raise ImagehubError where the port can't be had."""

    def close(self) -> None:
        """Finish what is under way, and listen no longer."""


@dataclass(frozen=True, slots=True)
class Makers:
    """How the parts are made; `making` has the real ones."""

    camera: Callable[[str, str, str], Camera]
    shared: Callable[[Camera, Mode, Callable[[str], None]], Shared]
    tools: Tools
    sensor: Callable[[SensorSettings, str, Outbox], Runs]
    lamps: Callable[[tuple[LightSwitch, ...], Callable[[str], None]], Runs]
    agent: Callable[[RecordingSettings, Shared], Agent]


class CameraAtWork:
    """One camera: its frames, its view, and the thread that brings the one to the other."""

    def __init__(self, node: NodeSettings, settings: CameraSettings, makers: Makers, outbox: Outbox) -> None:
        self.settings = settings
        self.view = View(node, settings, outbox, makers.tools)
        self.agents: list[Agent] = []
        camera = makers.camera(settings.source, settings.label, "")
        self._shared = makers.shared(camera, settings.mode, self.view.tell)
        self.pulse = Pulse(f"camera {settings.label}", max(node.patience, 3 / settings.mode.framerate))
        self._frames: Subscription | None = None
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"view {settings.label}", daemon=True)

    def lend(self, settings: RecordingSettings, makers: Makers) -> Agent:
        """Return a new agent that records with this camera."""
        self.agents.append(makers.agent(settings, self._shared))
        return self.agents[-1]

    @property
    def lent(self) -> bool:
        """Whether an agent has the camera: then its mode is not the node's to choose, nor when its frames begin."""
        return any(agent.state not in FREE for agent in self.agents)

    def start(self) -> None:
        """Open the camera and look at its frames."""
        self._frames = self._shared.subscribe(every=False)
        self._shared.start()
        self._thread.start()

    def close(self) -> None:
        """Look at no more frames, and give the camera free."""
        self._stop.set()
        if self._frames is not None:
            self._frames.close()
            self._thread.join()
        self._shared.close()

    def set_resolution(self, size: tuple[int, int]) -> None:
        """Run the camera with another width and height; raise CameraError where it can't, or records at present."""
        if self.lent:
            raise ImagehubError(f"{self.settings.label} is at a conductor's disposal")
        self._shared.reopen(replace(self._shared.mode, resolution=size))

    def status(self) -> dict[str, Any]:
        """Return what it does, for people to look at."""
        size = self.view.size
        return {
            "label": self.settings.label,
            "name": self.view.name,
            "source": without_password(self.settings.source),
            "frames": self.view.rate.count,
            "frames_per_second": round(self.view.rate.per_second(), 2),
            "resolution": None if size is None else list(size),
            "fault": self._shared.fault or self.view.fault,
            "lent": self.lent,
        }

    def _run(self) -> None:
        assert self._frames is not None
        while not self._stop.is_set():
            # A camera whose fault is known, or that waits for a recording's first frame, has not stalled.
            if self.view.look(self._frames) or self._shared.fault is not None or self.lent:
                self.pulse.beat()


class Worker:
    """Something that runs in a thread; one that can't is logged and left away, for the others shall go on."""

    def __init__(self, name: str, make: Callable[[], Runs]) -> None:
        self._name = name
        self._make = make
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self.fault: str | None = None

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def close(self) -> None:
        """End."""
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        try:
            self._make().run(self._stop)
        except ImagehubError as error:
            self.fault = str(error)
            log.error("%s does not work: %s", self._name, error)
        except Exception as error:  # a driver's surprise: cameras go on
            self.fault = str(error)
            log.exception("%s failed", self._name)


class Works:
    """All parts that settings ask for. Making them opens nothing; raise CameraError where a source can be no camera."""

    def __init__(self, settings: NodeSettings, makers: Makers, outbox: Outbox) -> None:
        def tell(words: str) -> None:
            outbox.put(event(f"{settings.name}|{words}", datetime.now().astimezone()))

        self.settings = settings
        self.cameras = [CameraAtWork(settings, one, makers, outbox) for one in settings.cameras]
        self.workers = [
            Worker(f"sensor {one.label}", _later(makers.sensor, one, settings.name, outbox)) for one in settings.sensors
        ]
        if settings.lights:
            self.workers.append(Worker("lamps", _later(makers.lamps, settings.lights, tell)))
        by_label = {one.settings.label: one for one in self.cameras}
        self.agents = [by_label[one.camera].lend(one, makers) for one in settings.recordings]
        self._started: list[CameraAtWork | Worker | Agent] = []

    def start(self) -> None:
        """Start all; raise ImagehubError where an agent can't listen."""
        parts: list[CameraAtWork | Worker | Agent] = [*self.cameras, *self.workers, *self.agents]
        for part in parts:
            part.start()
            self._started.append(part)

    def close(self) -> None:
        """End all: agents first, because a recording is to be finished, then the rest at once."""
        close_all([part for part in self._started if part in self.agents], None)
        close_all([part for part in self._started if part not in self.agents], CLOSE_SECONDS)
        self._started.clear()

    def busy(self) -> bool:
        """Tell whether an agent has something under way that must not be cut."""
        return any(agent.state not in FREE for agent in self.agents)

    def of_view(self, view: str) -> Iterator[CameraAtWork]:
        """Yield the cameras whose view or label this is; all where none is named."""
        yield from (one for one in self.cameras if view in {"", one.settings.view, one.settings.label})

    def pulses(self) -> list[Pulse]:
        """Return the signs of life of the cameras' loops."""
        return [one.pulse for one in self.cameras]

    def faults(self) -> list[str]:
        """Return what does not work beside the cameras."""
        return [one.fault for one in self.workers if one.fault]


def close_all(parts: "Iterable[CameraAtWork | Worker | Agent]", seconds: float | None) -> None:
    """Close parts at the same time; those that have not ended after so many seconds are left to the program's end."""
    threads = [threading.Thread(target=part.close, daemon=True) for part in parts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(seconds)
        if thread.is_alive():
            log.warning("a part of the node does not end; going on without it")


def _later(make: Callable[..., Runs], *words: Any) -> Callable[[], Runs]:
    return lambda: make(*words)
