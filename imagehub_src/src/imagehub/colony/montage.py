"""A contact sheet of a session: what each camera saw at the same instants, side by side."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from imagehub.colony.recording import mp4, names, timestamps
from imagehub.colony.recording.errors import RecordingError
from imagehub.colony.recording.timestamps import Instant
from imagehub.errors import MissingExtraError

try:
    import av
    import cv2
    import numpy as np
except ImportError:
    raise MissingExtraError("a contact sheet", "colony") from None

if TYPE_CHECKING:
    from av.container import InputContainer

    from imagehub.node.cameras.camera import Pixels

COLUMNS = 6
WIDTH = 320
MARGIN = 4
HEADING = 22
ENDINGS = {".jpg": [cv2.IMWRITE_JPEG_QUALITY, 90], ".jpeg": [cv2.IMWRITE_JPEG_QUALITY, 90], ".png": []}
INK, PAPER = (235, 235, 235), 24


@dataclass(frozen=True, slots=True)
class Video:
    """One camera's video, and the instants of its frames."""

    camera: str
    path: Path
    instants: Sequence[Instant]


@dataclass(frozen=True, slots=True)
class Shown:
    """A picture at a place of the sheet; None where the camera has none of that instant."""

    heading: str
    pixels: "Pixels | None"


def run(session_dir: str | Path, out: Path, columns: int = COLUMNS, width: int = WIDTH) -> Path:
    """Write a sheet with a row for each camera and a column for each of so many instants, and return its path.

    The instants are spread over the time that all cameras together recorded. Each picture is `width` pixels wide, and
    says its camera, its instant in UTC and the sensor's number of the frame. `out` ends in `.jpg` or `.png`.

    Raises:
        RecordingError: there is no video with its instants, or the sheet can't be written.
    """
    if out.suffix.lower() not in ENDINGS or columns < 1:
        raise RecordingError(f"a contact sheet is a .jpg or .png with one column at least, not {out} with {columns}")
    found = videos(Path(session_dir))
    when = instants(found, columns)
    sheet = _sheet([[*_row(video, when, width)] for video in found], width)
    done, content = cv2.imencode(out.suffix.lower(), sheet, ENDINGS[out.suffix.lower()])
    try:
        out.write_bytes(content.tobytes() if done else b"")
    except OSError as error:
        raise RecordingError(f"can't write {out}: {error.strerror}") from None
    return out


def videos(session_dir: Path) -> list[Video]:
    """Return the newest video of each camera, in the order of their names; MP4 goes before H.264.

    Raises:
        RecordingError: there is none.
    """
    found: dict[str, Video] = {}
    for path in sorted(session_dir.glob(f"*{names.SIGNATURE}{names.ENDINGS['frames']}")):
        name = names.parse(path.name)
        files = names.paths(session_dir, path.name.removesuffix(f"{names.SIGNATURE}{names.ENDINGS['frames']}"))
        there = [files[kind] for kind in ("mp4", "video") if files[kind].exists()]
        rows = list(timestamps.read_frames(path))
        if name and there and rows:
            found[name.instance] = Video(name.instance, there[0], rows)
    if not found:
        raise RecordingError(f"{session_dir} has no video with its {names.ENDINGS['frames']}")
    return [found[camera] for camera in sorted(found)]


def instants(found: Sequence[Video], columns: int) -> list[int]:
    """Return instants in nanoseconds since 1970, evenly from the first frame of all to the last."""
    first = min(video.instants[0].wall_ns for video in found)
    last = max(video.instants[-1].wall_ns for video in found)
    return [first + (last - first) * column // max(1, columns - 1) for column in range(columns)]


def _row(video: Video, when: Sequence[int], width: int) -> Iterator[Shown]:
    chosen = [_nearest(video.instants, instant) for instant in when]
    pictures = _pictures(video, {index for index in chosen if index is not None}, width)
    for index in chosen:
        if index is None:
            yield Shown(video.camera, None)
            continue
        instant = video.instants[index]
        time = datetime.fromtimestamp(instant.wall_ns / 1e9, UTC).strftime("%H:%M:%S.%f")[:-3]
        yield Shown(f"{video.camera}  {time}  #{instant.number}", pictures.get(index))


def _nearest(rows: Sequence[Instant], wall_ns: int) -> int | None:
    """Return the row of the frame that was taken next to an instant; None where that is before or after all."""
    usual_ns = (rows[-1].wall_ns - rows[0].wall_ns) / max(1, len(rows) - 1)
    index = min(range(len(rows)), key=lambda row: abs(rows[row].wall_ns - wall_ns))
    outside = wall_ns < rows[0].wall_ns - usual_ns or wall_ns > rows[-1].wall_ns + usual_ns
    return None if outside else index


def _pictures(video: Video, wanted: set[int], width: int) -> dict[int, "Pixels"]:
    """Return the pictures of these frames, counted from 0, as far as the video can be decoded."""
    found: dict[int, Pixels] = {}
    try:
        with av.open(str(video.path)) as container:
            frames = _sought if video.path.suffix == ".mp4" else _counted
            for index, frame in frames(container, video, wanted):
                found[index] = _scaled(frame, width)
    except (av.FFmpegError, IndexError):
        if not found:
            raise RecordingError(f"{video.path} can't be decoded") from None
    return found


def _counted(container: "InputContainer", _video: Video, wanted: set[int]) -> Iterator[tuple[int, "av.VideoFrame"]]:
    """Yield the frames with these numbers; a stream without an index is decoded from its beginning."""
    last = max(wanted, default=-1)
    for index, frame in enumerate(container.decode(video=0)):
        if index in wanted:
            yield index, frame
        if index >= last:
            return


def _sought(container: "InputContainer", video: Video, wanted: set[int]) -> Iterator[tuple[int, "av.VideoFrame"]]:
    """Yield the frames with these numbers, each found by its time from the keyframe before it."""
    stream = container.streams.video[0]
    assert stream.time_base is not None
    for index, microseconds in enumerate(mp4.times(video.instants)):
        if index not in wanted:
            continue
        due = round(microseconds * mp4.MICROSECONDS / stream.time_base)
        container.seek(due, stream=stream)
        frame = next((frame for frame in container.decode(stream) if frame.pts is not None and frame.pts >= due), None)
        if frame is not None:
            yield index, frame


def _scaled(frame: "av.VideoFrame", width: int) -> "Pixels":
    height = max(1, round(frame.height * width / frame.width))
    return np.asarray(cv2.resize(frame.to_ndarray(format="bgr24"), (width, height), interpolation=cv2.INTER_AREA))


def _sheet(rows: Sequence[Sequence[Shown]], width: int) -> "Pixels":
    return np.vstack([_band(row, width) for row in rows])


def _band(row: Sequence[Shown], width: int) -> "Pixels":
    height = max((each.pixels.shape[0] for each in row if each.pixels is not None), default=width * 3 // 4)
    return np.hstack([_cell(each, width, height) for each in row])


def _cell(shown: Shown, width: int, height: int) -> "Pixels":
    cell = np.full((HEADING + height + MARGIN, width + MARGIN, 3), PAPER, np.uint8)
    cv2.putText(cell, shown.heading, (2, HEADING - 7), cv2.FONT_HERSHEY_SIMPLEX, width / 800, INK, 1, cv2.LINE_AA)
    if shown.pixels is not None:
        cell[HEADING : HEADING + shown.pixels.shape[0], :width] = shown.pixels
    return cell
