"""The tables that an agent writes beside its video, read so that nothing in them can end an audit.

What is missing, torn or no number comes back as a sentence. A last line without its end is torn even where it looks
whole: `12,345` may be what is left of `12,34567`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from imagehub.terminal import units

FRAMES_HEADER = "frame,sensor_ns,wall_ns"
TTL_OUT_HEADER = "timestamp_frame,timestamp_ttl,sys_time"
TTL_IN_HEADER = "timestamp_frame,sys_time"
Row = TypeVar("Row")
LARGEST = 2**62  # far beyond any instant, and safe to calculate with


@dataclass(frozen=True, slots=True)
class Frames:
    """`timestamps.frames.csv`: int64 arrays of one length, a row for each frame, in the order of the file."""

    number: NDArray[np.int64]
    sensor_ns: NDArray[np.int64]
    wall_ns: NDArray[np.int64]
    findings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Pulses:
    """`timestamps.ttl.out.csv`: how many frames have a row, how many of them a pulse, and the first row without."""

    rows: int
    pulses: int
    first_without: int | None
    findings: tuple[str, ...] = ()


def frames(path: Path) -> Frames:
    """Read `timestamps.frames.csv`; rows that can't be read are left out, and a finding counts them."""
    rows, findings = _rows(path, FRAMES_HEADER, _whole_numbers)
    table = np.array(rows, dtype=np.int64).reshape(-1, 3)
    return Frames(table[:, 0], table[:, 1], table[:, 2], findings)


def pulses_out(path: Path) -> Pulses:
    """Read `timestamps.ttl.out.csv`: a row for each frame, with an empty field where no pulse was given."""
    rows, findings = _rows(path, TTL_OUT_HEADER, _ttl_row)
    given = [bool(row[1]) for row in rows]
    return Pulses(len(given), sum(given), given.index(False) if False in given else None, findings)


def pulses_in(path: Path) -> tuple[int, tuple[str, ...]]:
    """Count the pulses of `timestamps.ttl.in.csv`, and return what is wrong with the file."""
    rows, findings = _rows(path, TTL_IN_HEADER, _in_row)
    return len(rows), findings


def _rows(path: Path, header: str, read: Callable[[bytes], Row]) -> tuple[list[Row], tuple[str, ...]]:
    """Return the rows that can be read, and a sentence for all that is wrong with the file."""
    try:
        lines = path.read_bytes().split(b"\n")
    except OSError as error:
        return [], (f"{path.name} can't be read: {error.strerror or 'it is missing'}",)
    torn = lines.pop()
    if not lines:
        return [], (f"{path.name} is empty",)
    findings = [] if lines[0].strip() == header.encode() else [f"{path.name} does not begin with {header!r}"]
    rows, bad = _readable(lines[1:], read)
    if bad:
        findings.append(f"{path.name}: {units.counted(len(bad), 'row')} can't be read, the first of them row {bad[0]}")
    if torn:
        findings.append(f"{path.name} ends in half a line, after {units.counted(len(lines) - 1, 'row')}")
    return rows, tuple(findings)


def _readable(lines: list[bytes], read: Callable[[bytes], Row]) -> tuple[list[Row], list[int]]:
    rows: list[Row] = []
    bad: list[int] = []
    for place, line in enumerate(lines):
        try:
            rows.append(read(line))
        except ValueError:
            bad.append(place)
    return rows, bad


def _whole_numbers(line: bytes) -> tuple[int, int, int]:
    number, sensor, wall = line.split(b",")
    row = int(number), int(sensor), int(wall)
    if max(row) > LARGEST or min(row) < 0:
        raise ValueError
    return row


def _ttl_row(line: bytes) -> tuple[bytes, bytes]:
    frame, pulse, when = line.split(b",")
    float(frame), float(when), float(pulse.strip() or b"0")
    return frame, pulse.strip()


def _in_row(line: bytes) -> bytes:
    frame, when = line.split(b",")
    float(frame or b"0"), float(when)
    return when
