"""Recordings for tests, made with the synthetic camera, and what is read back from their pictures."""

import queue
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import av
import numpy as np

from imagehub.colony.recording import timestamps
from imagehub.colony.recording.plan import Plan, Recording
from imagehub.colony.recording.recorder import Recorder, Surroundings
from imagehub.colony.recording.timestamps import Instant
from imagehub.node.cameras import opening, painted
from imagehub.node.cameras.camera import Frame, Mode
from running import until

SOON_NS = 30_000_000
START = 1_800_000_000_000_000_000
FRAME_NS = 16_666_667
WORLD = Surroundings(settle_seconds=0.1, stream_address="127.0.0.1", clock_state=lambda: {"kind": "chrony"})
PLAN = Plan("cam1", "acq", "", "20260102_030405", Mode((320, 240), 60), ttl_in_pin=-1, ttl_out_pin=-1)


def plan(**changes: Any) -> Plan:
    """Return a plan for a small recording without pins."""
    return replace(PLAN, **changes)


def recorder(folder: Path, source: str = "synthetic", **changes: Any) -> Recorder:
    """Return a recorder of a camera that starts at an instant."""
    return Recorder(opening.camera(source), plan(**changes), folder, world=WORLD)


def soon() -> int:
    """Return an instant that a recorder can be started for."""
    return time.time_ns() + SOON_NS


def record(made: Recorder, frames: int) -> Recording:
    """Record so many frames at least, or until the recording ends of itself."""
    made.arm()
    made.start(soon())
    until(lambda: made.ended or made.progress().frames >= frames, f"{frames} frames")
    return made.stop()


def finished(made: Recorder) -> Recording:
    """Record until the recording ends of itself."""
    made.arm()
    made.start(soon())
    until(lambda: made.ended, "the end of the recording")
    return made.stop()


def rows(recording: Recording) -> list[Instant]:
    """Return the instants in `timestamps.frames.csv`."""
    return list(timestamps.read_frames(recording.files["frames"]))


def painted_in(video: Path) -> list[tuple[int, int] | None]:
    """Return (number, nanoseconds since 1970) as they are painted into each picture of a video."""
    with av.open(str(video)) as container:
        return [strip(frame) for frame in container.decode(video=0)]


def strip(picture: av.VideoFrame) -> tuple[int, int] | None:
    """Return (number, nanoseconds since 1970) as they are painted into a picture."""
    return painted.read_strip(np.asarray(picture.to_ndarray(format="bgr24"), np.uint8))


def times_in(video: Path) -> list[int]:
    """Return when each frame of a video is shown, in microseconds."""
    with av.open(str(video)) as container:
        packets = [packet for packet in container.demux(video=0) if packet.size]
    return [round((packet.pts or 0) * packet.time_base * 1_000_000) for packet in packets]


class HandCamera:
    """A camera whose frames a test hands over; an exception among them is raised. It begins at the instant given."""

    punctual = True

    def __init__(self) -> None:
        self.name = "hand"
        self.is_open = False
        self.openings: list[int | None] = []
        self._handed: queue.SimpleQueue[Frame | Exception] = queue.SimpleQueue()

    def open(self, mode: Mode, first_frame_ns: int | None = None) -> None:
        """See `Camera.open`."""
        self.is_open = True
        self.openings.append(first_frame_ns)

    def read(self, timeout_seconds: float) -> Frame | None:
        """See `Camera.read`."""
        try:
            handed = self._handed.get(timeout=timeout_seconds)
        except queue.Empty:
            return None
        if isinstance(handed, Exception):
            raise handed
        return handed

    def close(self) -> None:
        """See `Camera.close`."""
        self.is_open = False

    def hand(self, *handed: Frame | Exception) -> None:
        """Give these next."""
        for each in handed:
            self._handed.put(each)


def handed(folder: Path, camera: HandCamera, frames: Sequence[Frame], **changes: Any) -> Recorder:
    """Return a recorder that has recorded these frames from its start at `START`, and goes on."""
    made = Recorder(camera, plan(max_seconds=1e9, **changes), folder, world=WORLD)
    made.arm()
    made.start(START)
    camera.hand(*frames)
    until(lambda: made.progress().frames == len(frames), "the frames")
    return made


def frames(count: int, start: int = 0) -> list[Frame]:
    """Return so many frames, 60 a second."""
    return [frame(number, START + number * FRAME_NS) for number in range(start, start + count)]


def frame(number: int, wall_ns: int, resolution: tuple[int, int] = (320, 240)) -> Frame:
    """Return a painted frame whose sensor's clock began a second before 1970."""
    return Frame(painted.paint(number, wall_ns, resolution), number, wall_ns + 1_000_000_000, wall_ns)
