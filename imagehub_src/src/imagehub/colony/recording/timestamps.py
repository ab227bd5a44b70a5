"""The instants of a recording's frames and pulses, as CSV files.

`timestamps.frames.csv` has a row for each frame in the video: the sensor's number of it, where gaps are frames that are
not in the video, and its instant by the sensor's clock (CLOCK_BOOTTIME) and by the machine's, in nanoseconds.
The two TTL files are RPi Camera Colony's: microseconds by the sensor's clock, and seconds since 1970.
"""

import itertools
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from imagehub.colony.recording.errors import RecordingError

FRAMES_HEADER = b"frame,sensor_ns,wall_ns\n"
TTL_OUT_HEADER = b"timestamp_frame,timestamp_ttl,sys_time\n"
TTL_IN_HEADER = b"timestamp_frame,sys_time\n"
HEADERS = {"frames": FRAMES_HEADER, "ttl.out": TTL_OUT_HEADER, "ttl.in": TTL_IN_HEADER}


class Instant(NamedTuple):
    """When a frame was taken: `number` is the sensor's, from 0 at the opening of the camera."""

    number: int
    sensor_ns: int
    wall_ns: int


def frame_row(instant: Instant) -> bytes:
    """Return the row of a frame in `timestamps.frames.csv`."""
    return b"%d,%d,%d\n" % instant


def ttl_out_row(instant: Instant, pulse_ns: int | None) -> bytes:
    """Return the row of a frame in `timestamps.ttl.out.csv`; `pulse_ns` is its pulse by the sensor's clock, or None."""
    pulse = b"" if pulse_ns is None else b"%d" % (pulse_ns // 1000)
    return b"%d,%s,%s\n" % (instant.sensor_ns // 1000, pulse, seconds(instant.wall_ns))


def ttl_in_row(sensor_ns: int, wall_ns: int) -> bytes:
    """Return the row of a pulse that came in."""
    return b"%d,%s\n" % (sensor_ns // 1000, seconds(wall_ns))


def seconds(wall_ns: int) -> bytes:
    """Return seconds since 1970 with 9 decimals; a float would lose the last ones."""
    return b"%d.%09d" % divmod(wall_ns, 1_000_000_000)


def read_frames(path: Path) -> Iterator[Instant]:
    """Yield the instants of a recording's frames in order. A last row that was cut off is left out.

    Raises:
        RecordingError: the file can't be read, or a row within it is not one.
    """
    try:
        with path.open("rb") as file:
            for line, row in enumerate(file, 1):
                if line > 1 and row.endswith(b"\n"):
                    yield _instant(row, path, line)
    except OSError as error:
        raise RecordingError(f"can't read {path}: {error.strerror}") from None


def _instant(row: bytes, path: Path, line: int) -> Instant:
    try:
        number, sensor_ns, wall_ns = map(int, row.split(b","))
    except ValueError:
        raise RecordingError(f"{path}:{line}: expected 'frame,sensor_ns,wall_ns', got {row[:60]!r}") from None
    return Instant(number, sensor_ns, wall_ns)


def cut(path: Path, rows: int) -> int:
    """Shorten a file to its header and so many whole rows; return how many are left, 0 where there is no file."""
    if not path.exists():
        return 0
    with path.open("r+b") as file:
        kept = [len(line) for line in itertools.islice(file, rows + 1) if line.endswith(b"\n")]
        file.truncate(sum(kept))
    return max(0, len(kept) - 1)
