"""Recordings for audits: tables and small real videos, with the faults that a test wants in them."""

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import av
import numpy as np

START_NS = 1_790_000_000_000_000_000
BOOTED_NS = 1_789_000_000_000_000_000
STEM = "mice.{instance}.20260921_101010.rcc."


def instants(count: int, framerate: float = 30.0, start_ns: int = START_NS) -> list[tuple[int, int]]:
    """Return (sensor's number, instant since 1970 in ns) of so many frames without a fault."""
    return [(number, start_ns + round(number * 1e9 / framerate)) for number in range(count)]


def write_frames(path: Path, frames: Sequence[tuple[int, int]]) -> Path:
    """Write `timestamps.frames.csv`; the sensor's clock began at `BOOTED_NS`."""
    lines = [f"{number},{wall - BOOTED_NS},{wall}\n" for number, wall in frames]
    path.write_text("frame,sensor_ns,wall_ns\n" + "".join(lines))
    return path


def write_ttl_out(path: Path, walls: Sequence[int], without: Sequence[int] = ()) -> Path:
    """Write `timestamps.ttl.out.csv`: a pulse for each frame but those in the rows of `without`."""
    first = walls[0] if walls else 0
    rows = []
    for row, wall in enumerate(walls):
        frame = (wall - first) // 1000
        pulse = "" if row in without else str(frame + 3)
        rows.append(f"{frame},{pulse},{wall // 10**9}.{wall % 10**9:09d}\n")
    path.write_text("timestamp_frame,timestamp_ttl,sys_time\n" + "".join(rows))
    return path


def write_video(path: Path, count: int) -> Path:
    """Write a real H.264 stream, or MP4 file, of so many small frames."""
    with av.open(str(path), "w", format="mp4" if path.suffix == ".mp4" else "h264") as container:
        stream = container.add_stream("libx264", rate=30, options={"preset": "ultrafast", "tune": "zerolatency"})
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        for number in range(count):
            frame = av.VideoFrame.from_ndarray(np.full((48, 64, 3), number % 256, dtype=np.uint8), format="bgr24")
            frame.pts, frame.time_base = number, Fraction(1, 30)
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return path


def write_recording(folder: Path, instance: str, frames: Sequence[tuple[int, int]], **counts: int) -> dict[str, Path]:
    """Write what an agent would for these frames; `video=` and `mp4=` say another number of coded frames."""
    folder.mkdir(parents=True, exist_ok=True)
    stem = STEM.format(instance=instance)
    files = {
        "frames": write_frames(folder / f"{stem}timestamps.frames.csv", frames),
        "ttl.out": write_ttl_out(folder / f"{stem}timestamps.ttl.out.csv", [wall for _, wall in frames]),
        "video": write_video(folder / f"{stem}video.h264", counts.get("video", len(frames))),
    }
    if "mp4" in counts:
        files["mp4"] = write_video(folder / f"{stem}video.h264.mp4", counts["mp4"])
    return files
