"""One recording with one camera: armed, started at an instant, and stopped with its files whole.

Three threads share the work. One reads the camera and never waits; one encodes and writes, and closes the files in the
end; one gives the pulses. What the encoder is too slow for is left out, counted, and seen as gaps in the rows.
"""

import logging
import math
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from imagehub.colony.recording import names
from imagehub.colony.recording.capture import Capture, is_punctual
from imagehub.colony.recording.errors import RecordingError
from imagehub.colony.recording.h264 import Encoder
from imagehub.colony.recording.output import Output
from imagehub.colony.recording.plan import Plan, Progress, Recording
from imagehub.colony.recording.pulses import Pins, PulseIn, PulseOut, sensor_clock_ns
from imagehub.colony.recording.queueing import Backlog, Packet, Picture
from imagehub.colony.recording.ribbon import RibbonEncoding, as_ribbon, hold_exposure
from imagehub.colony.recording.stream import MjpegServer
from imagehub.colony.recording.timestamps import Instant
from imagehub.colony.recording.writing import Edges, Writer
from imagehub.colony.synchrony import sources
from imagehub.node.cameras.camera import Camera, Frame
from imagehub.node.cameras.times import NANOSECONDS

FIRST_FRAMES_SECONDS = 10.0

_log = logging.getLogger(__name__)


def _clock_state() -> dict[str, Any]:
    return asdict(sources.state())


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a recorder takes from outside.

    A camera that runs before its recording is watched for `settle_seconds`, so that its exposure has settled.
    `clock_state` tells what keeps this machine's clock; it goes into the metadata.
    """

    wall_ns: Callable[[], int] = time.time_ns
    now: Callable[[], datetime] = datetime.now
    settle_seconds: float = 2.0
    stream_address: str = "127.0.0.1"
    clock_state: Callable[[], Mapping[str, Any]] = _clock_state


REAL = Surroundings()


class Recorder:
    """Records with a camera that nobody else uses; `arm`, `start` and `stop` are called by one thread at a time."""

    def __init__(
        self, camera: Camera, plan: Plan, data_directory: Path, pins: Pins | None = None, world: Surroundings = REAL
    ) -> None:
        self._camera = camera
        self._plan = plan
        self._data_directory = data_directory
        self._pins = pins or Pins()
        self._world = world
        self._backlog = Backlog(plan.mode.resolution, plan.mode.framerate)
        self._capture = Capture(camera, self._take, self._capture_ended, world.wall_ns)
        self._thread = threading.Thread(target=self._run, name="recording", daemon=True)
        self._devices = ExitStack()
        self._output: Output | None = None
        self._writer: Writer | None = None
        self._pulses: PulseOut | None = None
        self._pulses_in: PulseIn | None = None
        self._encoding: RibbonEncoding | None = None
        self._edges: Edges = Edges()
        self._edges_from_ns: float = math.inf
        self._last_number: int | None = None
        self._missed = 0
        self._fault: str | None = None
        self._recording: Recording | None = None

    @property
    def ended(self) -> bool:
        """Whether the recording is over and its files are closed, by `stop` or of itself."""
        return self._recording is not None

    def newest(self) -> Frame | None:
        """Return the newest frame of the camera, recorded or not; None before the first."""
        return self._capture.newest

    def arm(self) -> None:
        """Make ready: pins, camera and files are open, and the exposure has settled.

        Raises:
            RecordingError: names, resolution, pins or disk are such that nothing can be recorded.
            CameraError: the camera can't be opened.
        """
        names.folder(self._data_directory, self._plan.acquisition_group, self._plan.acquisition_name)
        names.check_instance(self._plan.instance)
        try:
            mode, quality = self._plan.mode, self._plan.quality
            encoder = Encoder(mode.resolution, mode.framerate, quality) if self._plan.save_data else None
            self._open_pins()
            self._open_camera()
            if self._plan.save_data:
                self._output = Output(self._plan, self._data_directory, self._known(), self._world.now())
        except Exception:
            self._free_devices()
            raise
        files = self._output.files if self._output else None
        self._writer = Writer(self._backlog, encoder, files, self._pulses, self._edges)
        self._open_stream()

    def start(self, first_frame_ns: int) -> None:
        """Record frames from this instant on (since 1970, this machine's clock); returns at once.

        Raises:
            RecordingError: the camera's own encoder can't run. Nothing is left of the recording then.
            CameraError: the camera can't be opened any more. The same.
        """
        self._edges_from_ns = first_frame_ns
        try:
            self._start_encoding(first_frame_ns)
            self._start_camera(first_frame_ns)
        except Exception:
            self._give_up()
            raise
        if self._pulses is not None:
            self._pulses.start()
        self._thread.start()

    def progress(self) -> Progress:
        """Return how it goes; any thread may ask."""
        writer = self._writer
        if writer is None:
            return Progress(fault=self._fault)
        missed = self._missed + self._backlog.missed
        return Progress(writer.frames, missed, writer.bytes, writer.last_frame_ns, self._fault)

    def stop(self) -> Recording:
        """End the recording, and return when its files are closed; what has ended gives the same again.

        A recorder that was only armed leaves nothing.
        """
        if self._thread.ident is None:
            self._give_up()
        else:
            self._capture.stop()
            self._thread.join()
        assert self._recording is not None
        return self._recording

    def _open_pins(self) -> None:
        plan = self._plan
        if not plan.save_data:
            return
        if plan.ttl_out_duration >= 1 / plan.mode.framerate:
            raise RecordingError(
                f"ttl_out_duration {plan.ttl_out_duration:g} s is no shorter than a frame at {plan.mode.framerate:g} a "
                "second: pulses would run into each other"
            )
        self._pulses = self._pins.out(plan.ttl_out_pin, plan.ttl_out_duration)
        if self._pulses is not None:
            self._devices.callback(self._pulses.close)
        self._pulses_in = self._pins.into(plan.ttl_in_pin, self._edge)
        if self._pulses_in is not None:
            self._devices.callback(self._pulses_in.close)

    def _open_camera(self) -> None:
        self._devices.callback(self._camera.close)
        self._camera.open(self._plan.mode)
        if is_punctual(self._camera):
            self._camera.close()  # it can be opened, which is what was to be known
            return
        self._run_camera()
        seconds = self._world.settle_seconds
        frames = max(1, math.ceil(seconds * self._plan.mode.framerate))
        self._capture.settle(frames, seconds + FIRST_FRAMES_SECONDS)
        ribbon = as_ribbon(self._camera)
        if ribbon is not None:
            hold_exposure(ribbon)

    def _run_camera(self) -> None:
        self._capture.start()
        self._devices.callback(self._capture.stop)

    def _open_stream(self) -> None:
        if self._plan.stream_port is None:
            return
        stream = MjpegServer(self._plan.stream_port, self.newest, self._world.stream_address)
        try:
            stream.start()
        except RecordingError as error:  # who wants to watch must not end what shall be kept
            _log.warning("No preview of %s: %s", self._camera.name, error)
        else:
            self._devices.callback(stream.close)

    def _start_camera(self, first_frame_ns: int) -> None:
        if is_punctual(self._camera):
            self._camera.open(self._plan.mode, first_frame_ns)
        self._capture.record(first_frame_ns, self._plan.max_seconds)
        if is_punctual(self._camera):
            self._run_camera()

    def _start_encoding(self, first_frame_ns: int) -> None:
        """Let a camera that has an encoder of its own encode."""
        ribbon = as_ribbon(self._camera)
        if ribbon is None or self._output is None:
            return
        offset = self._world.wall_ns() - sensor_clock_ns()
        until_ns = first_frame_ns + round(self._plan.max_seconds * NANOSECONDS)
        encoding = RibbonEncoding(ribbon, self._plan.mode.framerate, self._admit, self._plan.quality)
        encoding.start(first_frame_ns - offset, until_ns - offset, offset)
        self._encoding = encoding

    def _known(self) -> dict[str, Any]:
        """Return what only the recorder knows before the first frame."""
        return {
            "camera": self._camera.name,
            "ttl_out": self._pulses is not None,
            "ttl_in": self._pulses_in is not None,
            "clock_state": dict(self._world.clock_state()),
        }

    def _take(self, frame: Frame) -> None:
        if self._encoding is None:
            self._admit(Picture(Instant(frame.number, frame.sensor_ns, frame.wall_ns), frame.pixels))

    def _admit(self, item: Picture | Packet) -> None:
        number = item.instant.number
        if self._last_number is not None:
            self._missed += max(0, number - self._last_number - 1)
        self._last_number = number
        if self._backlog.put(item):
            if self._pulses is not None:
                self._pulses.ask()
        elif self._backlog.missed == 1:
            _log.warning("%s: the encoder is too slow, frames are left out", self._camera.name)

    def _edge(self, sensor_ns: int, wall_ns: int) -> None:
        if wall_ns >= self._edges_from_ns:
            self._edges.put((sensor_ns, wall_ns))

    def _capture_ended(self, fault: str | None) -> None:
        self._note(fault)
        if self._encoding is not None:
            try:
                self._encoding.stop()
            except (OSError, RuntimeError, LookupError) as error:
                self._note(f"the camera's encoder failed: {error}")
        self._backlog.end()

    def _writing_failed(self, fault: str) -> None:
        self._note(fault)
        self._capture.end()

    def _note(self, fault: str | None) -> None:
        if fault is not None:
            _log.error("%s", fault)
            self._fault = self._fault or fault

    def _run(self) -> None:
        assert self._writer is not None
        self._writer.run(self._writing_failed)
        self._free_devices()
        try:
            self._note(self._writer.close())
            self._recording = self._finished()
        except Exception as error:  # noqa: BLE001 - whoever waits in `stop` must be told
            _log.exception("The recording could not be finished.")
            self._note(f"the recording could not be finished: {type(error).__name__}: {error}")
            self._recording = Recording(None, {}, self.progress())

    def _finished(self) -> Recording:
        if self._output is None:
            return Recording(None, {}, self.progress())
        out = self._pulses.count if self._pulses else None
        into = self._pulses_in.count if self._pulses_in else None
        assert self._writer is not None
        known = {"first_frame_ns": self._writer.first_frame_ns, "pulses_out": out, "pulses_in": into}
        self._note(self._output.finish(self.progress(), known))
        return Recording(self._output.folder, self._output.there(), self.progress())

    def _give_up(self) -> None:
        """Free everything, and leave no file of a recording that has no frame."""
        self._free_devices()
        if self._output is not None:
            self._output.discard()
            self._output = None
        if self._recording is None:
            self._recording = Recording(None, {}, self.progress())

    def _free_devices(self) -> None:
        try:
            self._devices.close()
        except Exception:  # noqa: BLE001 - a driver that fails must not keep the files open
            _log.exception("%s could not be closed in order", self._camera.name)
