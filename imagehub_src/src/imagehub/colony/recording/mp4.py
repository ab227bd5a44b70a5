"""H.264 into MP4 without encoding again: each frame is shown when it was taken."""

import contextlib
import itertools
from collections.abc import Iterable, Iterator
from fractions import Fraction
from pathlib import Path

from imagehub.colony.recording import names
from imagehub.colony.recording.errors import RecordingError
from imagehub.colony.recording.timestamps import Instant
from imagehub.colony.synchrony import video
from imagehub.errors import MissingExtraError
from imagehub.terminal import units

try:
    import av
except ImportError:
    raise MissingExtraError("making MP4 files", "colony") from None

MICROSECONDS = Fraction(1, 1_000_000)


def remux(h264: Path, mp4: Path, instants: Iterable[Instant]) -> int:
    """Write an MP4 of the frames of an H.264 stream, with their instants by the sensor's clock, from 0 µs.

    Frames without an instant at the end are left out, and so are instants without a frame. The file's index stands at
    its beginning, so that it plays while it is fetched. An MP4 that is there is left alone.

    Returns:
        how many frames the MP4 has.

    Raises:
        RecordingError: the stream can't be read or has no frame, or the MP4 can't be written or lacks frames.
    """
    if mp4.exists():
        raise RecordingError(f"{mp4} is there already")
    part = names.scratch(mp4, "part")
    try:
        written = _written(h264, part, instants)
        found, _ = video.packets(part)
        if found != written:
            raise RecordingError(f"{mp4} would have {found} of {units.counted(written, 'frame')}: is the disk full?")
        part.rename(mp4)
    except (av.FFmpegError, OSError, IndexError) as error:
        raise RecordingError(f"can't make {mp4} of {h264}: {getattr(error, 'strerror', None) or error}") from None
    finally:
        with contextlib.suppress(OSError):
            part.unlink(missing_ok=True)
    return written


def _written(h264: Path, part: Path, instants: Iterable[Instant]) -> int:
    with av.open(str(h264), format="h264") as source:
        stream = source.streams.video[0]
        options = {"movflags": "+faststart"}
        with av.open(str(part), "w", format="mp4", options=options) as target:
            track = target.add_stream_from_template(stream)
            track.time_base = MICROSECONDS
            written = 0
            for packet, shown in zip(_pictures(source, stream), times(instants), strict=False):
                packet.stream = track
                packet.time_base = MICROSECONDS
                packet.pts = packet.dts = shown
                target.mux(packet)
                written += 1
    if not written:
        raise RecordingError(f"{h264} has no frame")
    return written


def _pictures(
    source: "av.container.InputContainer", stream: "av.video.stream.VideoStream"
) -> Iterator["av.Packet[av.video.stream.VideoStream]"]:
    return (packet for packet in source.demux(stream) if packet.size)


def times(instants: Iterable[Instant]) -> Iterator[int]:
    """Yield microseconds from the first instant; each is later than the one before, as MP4 wants it."""
    rows = iter(instants)
    first = next(rows, None)
    if first is None:
        return
    last = -1
    for instant in itertools.chain([first], rows):
        last = max(last + 1, (instant.sensor_ns - first.sensor_ns) // 1000)
        yield last
