"""The camera of an agent and what is done with it: previewed, armed, recorded, each in its time."""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from imagehub.colony import names
from imagehub.colony.agent import recorder as recorders
from imagehub.colony.agent import room
from imagehub.colony.agent.preview import Preview
from imagehub.colony.agent.recorder import MakeRecorder, Recorder
from imagehub.colony.recording.plan import Plan, Progress, Recording
from imagehub.colony.states import ARMED, FAULT, IDLE, PREVIEWING, RECORDING, STOPPING, State, check
from imagehub.errors import ImagehubError
from imagehub.node.cameras.camera import Camera, Mode

log = logging.getLogger(__name__)

LONGEST_LEAD_NS = 600 * 10**9
AT_ONCE_NS = 500_000_000
TIME_IS_UP = "max_acquisition_time"
ASKED = "asked"
AGENT_ENDS = "the agent was stopped"


class NotStartedError(ImagehubError):
    """A recording can't begin as it was asked for."""


@dataclass(frozen=True, slots=True)
class Terms:
    """What an agent was started with, which goes before what a conductor wants; nothing leaves it to the conductor."""

    name: str = ""
    source: str = ""
    data_directory: Path | None = None
    stream_address: str = "127.0.0.1"


def _open(source: str) -> Camera:
    from imagehub.node.cameras import opening

    return opening.camera(source)


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What an agent takes from outside: cameras, recorders, room on disks (bytes), and time."""

    camera: Callable[[str], Camera] = _open
    recorder: MakeRecorder = recorders.make
    free: Callable[[Path], int] = room.free
    wall_ns: Callable[[], int] = time.time_ns
    monotonic: Callable[[], float] = time.monotonic


REAL = Surroundings()


class Stage:
    """One camera. One thread at a time calls what changes it; any may call `status` and `must_end`."""

    def __init__(self, terms: Terms, world: Surroundings = REAL) -> None:
        self._terms = terms
        self._world = world
        self._state = State()
        self._preview: Preview | None = None
        self._recorder: Recorder | None = None
        self._recording: Recording | None = None
        self._plan: Plan | None = None
        self._at_ns = 0
        self._data = terms.data_directory or Path()
        self._fault = self._ended = ""

    @property
    def state(self) -> str:
        """What it does now."""
        return self._state.now

    def data_directory(self, wanted: str) -> Path:
        """Return where recordings are kept: its own folder, or else the one that the conductor wants.

        Raises:
            NotStartedError: neither is one.
        """
        if self._terms.data_directory is not None:
            return self._terms.data_directory
        if not Path(wanted).is_absolute() or ".." in Path(wanted).parts:
            raise NotStartedError(f"remote_data_path {wanted!r} is no path from / on; or give the agent a --data-path")
        return Path(wanted)

    def preview(self, mode: Mode, port: int, source: str) -> None:
        """Show the camera at a port; one that is shown already is opened anew.

        Raises:
            ImagehubError: camera or port can't be had; then nothing is shown.
        """
        check("preview", self.state)
        self._end_preview()
        preview = Preview(self._camera(source), mode, port, self._terms.stream_address)
        preview.start()
        self._preview = preview
        self._state.become(PREVIEWING)
        log.info("showing the camera at port %s", port)

    def arm(self, plan: Plan, source: str, data_path: str) -> None:
        """Open the camera and make ready to record.

        Raises:
            ImagehubError: it is another camera's plan, the disk has no room, or the camera can't be opened; the text
                says which. Then it is idle.
        """
        check("arm", self.state)
        self._check_name(plan.instance)
        data = self.data_directory(data_path)
        room.check(plan, data, self._world.free(data))
        self._end_preview()
        recorder = self._world.recorder(self._camera(source), plan, data, self._terms.stream_address)
        recorder.arm()
        self._plan, self._recorder, self._recording, self._data = plan, recorder, None, data
        self._fault = self._ended = ""
        self._state.become(ARMED)
        log.info("armed for %s in %s", plan.acquisition_name, data)

    def start(self, at_ns: int) -> None:
        """Record from an instant on (since 1970, this machine's clock).

        Raises:
            NotStartedError: that instant is past, or too far away; it stays armed.
            ImagehubError: the recorder can't; it has a fault then.
        """
        check("start", self.state)
        lead = at_ns - self._world.wall_ns()
        if not 0 < lead < LONGEST_LEAD_NS:
            raise NotStartedError(
                f"the start is {lead / 1e9:.3f} s from now: raise start_lead_seconds, or set the clock"
            )
        assert self._recorder is not None
        self._at_ns = at_ns
        try:
            self._recorder.start(at_ns)
        except ImagehubError as error:
            self._fail(str(error))
            raise
        self._state.become(RECORDING)
        log.info("recording starts in %.3f s", lead / 1e9)

    def record(self, plan: Plan) -> None:
        """Arm and start at once, by this agent's own terms; raise as those do."""
        self.arm(plan, "picamera2", "")
        self.start(self._world.wall_ns() + AT_ONCE_NS)

    def stop(self, why: str = ASKED) -> None:
        """Finish the recording, if there is one; what was only armed is given up."""
        if self.state == RECORDING:
            self._finish(why)
        elif self.state != FAULT:
            self.disarm()

    def disarm(self) -> None:
        """Give the camera free, and forget a fault."""
        check("disarm", self.state)
        self._end_preview()
        if self.state == ARMED and self._recorder is not None:
            self._recorder.stop()
        self._fault = ""
        self._state.become(IDLE)

    def must_end(self) -> str:
        """Return why the recording must be finished now: a fault's words, `max_acquisition_time`, or nothing."""
        if self.state != RECORDING or self._recorder is None or self._plan is None:
            return ""
        fault = self._recorder.progress().fault
        if fault:
            return fault
        return TIME_IS_UP if self._world.wall_ns() >= self._at_ns + self._plan.max_seconds * 1e9 else ""

    def status(self) -> dict[str, Any]:
        """Return the fields of the reply to `state`."""
        progress, plan = self._progress(), self._plan
        return {
            "session": {"group": plan.acquisition_group, "name": plan.acquisition_name} if plan else None,
            "frames": progress.frames,
            "missed": progress.missed,
            "bytes": progress.bytes,
            "last_frame_ns": progress.last_frame_ns,
            "fault": self._fault or (self._preview.fault if self._preview else ""),
            "ended": self._ended,
            "files": {kind: path.name for kind, path in self._recording.files.items()} if self._recording else {},
            "free_bytes": self._free(),
            "elapsed_seconds": self._elapsed(),
        }

    def _check_name(self, instance: str) -> None:
        if self._terms.name and names.instance(instance) != self._terms.name:
            raise NotStartedError(f"this agent is {self._terms.name}, not {instance}: exchange addresses or names")

    def _camera(self, wanted: str) -> Camera:
        return self._world.camera(self._terms.source or wanted)

    def _end_preview(self) -> None:
        if self._preview is not None:
            self._preview.close()
            self._preview = None
            self._state.become(IDLE)

    def _finish(self, why: str) -> None:
        assert self._recorder is not None
        self._state.become(STOPPING)
        self._ended = why
        try:
            self._recording = self._recorder.stop()
        except ImagehubError as error:
            self._fail(f"the recording could not be finished: {error}")
            return
        if why in {ASKED, TIME_IS_UP, AGENT_ENDS}:
            self._state.become(IDLE)
            log.info("recorded %s frames (%s); ended: %s", self._progress().frames, self._recording.folder, why)
        else:
            self._fail(why)

    def _fail(self, fault: str) -> None:
        self._fault = fault
        self._state.become(FAULT)
        log.error("%s", fault)

    def _progress(self) -> Progress:
        if self._recording is not None:
            return self._recording.progress
        return self._recorder.progress() if self._recorder is not None else Progress()

    def _free(self) -> int:
        try:
            return self._world.free(self._data)
        except OSError:
            return 0

    def _elapsed(self) -> float:
        if self.state not in {RECORDING, STOPPING}:
            return 0.0
        return max(0.0, (self._world.wall_ns() - self._at_ns) / 1e9)
