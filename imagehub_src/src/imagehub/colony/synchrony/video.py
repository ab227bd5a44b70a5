"""How many frames are in a video file: its packets are counted, and nothing is decoded."""

from pathlib import Path

from imagehub.errors import MissingExtraError


def packets(path: Path) -> tuple[int | None, str]:
    """Return the number of coded frames in an H.264 stream or an MP4 file, and what is wrong with it, or "".

    The number is None where the file can't be read at all. Raise MissingExtraError without PyAV.
    """
    try:
        import av
    except ImportError:
        raise MissingExtraError("counting the frames of a video", "colony") from None
    try:
        size = path.stat().st_size
    except OSError as error:
        return None, f"{path.name} can't be read: {error.strerror or 'it is missing'}"
    if size == 0:
        return 0, f"{path.name} is empty"
    count: int | None = None
    try:
        with av.open(str(path), format="h264" if path.suffix == ".h264" else None) as container:
            count = 0
            for packet in container.demux(container.streams.video[0]):
                count += packet.size > 0
    except (av.FFmpegError, IndexError, ValueError) as error:
        return count, f"{path.name} is torn or no video: {getattr(error, 'strerror', None) or error}"
    return count, ""
