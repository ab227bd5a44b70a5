"""Recordings that a crash or a power cut left open: closed afterwards with what is there."""

import logging
from pathlib import Path
from typing import Any

from imagehub.colony.recording import files, metadata, mp4, names, timestamps
from imagehub.colony.recording.errors import RecordingError
from imagehub.colony.synchrony import video
from imagehub.terminal import units

_log = logging.getLogger(__name__)


def recover(folder: Path) -> list[str]:
    """Close all recordings below a folder that nobody writes and nobody closed; return a line on each.

    Each gets its MP4, rows beyond the last frame of its video are cut off, and its metadata says `recovered`. A
    recording that lacks only its MP4, as after a full disk, gets that. No picture is removed.
    """
    said = []
    for path in sorted(folder.rglob(f"*{names.SIGNATURE}{names.ENDINGS['metadata']}")):
        try:
            line = _recover(path)
        except (OSError, RecordingError) as error:
            line = f"{path} can't be recovered: {error}"
        if line:
            _log.warning("%s", line)
            said.append(line)
    return said


def _recover(path: Path) -> str | None:
    paths = names.paths(path.parent, path.name.partition(f"{names.SIGNATURE}metadata")[0])
    if not paths["video"].exists() or files.is_being_written(paths["video"]):
        return None
    known = _known(path)
    if known.get("finished", True) and not _lacks_mp4(known, paths["mp4"]):
        return None
    names.scratch(path, files.RESERVE).unlink(missing_ok=True)
    return _closed(paths, known)


def _known(path: Path) -> dict[str, Any]:
    """Return the metadata; those that a crash left empty are as good as none."""
    if path.stat().st_size == 0:
        return {"finished": False}
    return metadata.read(path)


def _lacks_mp4(known: dict[str, Any], path: Path) -> bool:
    return bool(known.get("mp4_fault") and known.get("frames")) and not path.exists()


def _closed(paths: dict[str, Path], known: dict[str, Any]) -> str:
    in_video = video.packets(paths["video"])[0] or 0
    rows = timestamps.cut(paths["frames"], in_video)
    timestamps.cut(paths["ttl.out"], in_video)
    instants = list(timestamps.read_frames(paths["frames"])) if rows else []
    fault = _remuxed(paths, rows)
    found: dict[str, Any] = {"frames": rows, "frames_without_instant": in_video - rows, "mp4_fault": fault}
    if instants:
        found |= {"first_frame_ns": instants[0].wall_ns, "last_frame_ns": instants[-1].wall_ns}
        found["missed"] = instants[-1].number - instants[0].number + 1 - len(instants)
    if not known.get("finished"):
        found |= {"recovered": True, "finished": True, "fault": "the recording was cut off"}
    found["bytes"] = paths["video"].stat().st_size
    metadata.write(paths["metadata"], known | found)
    return f"recovered {paths['video']}: {units.counted(rows, 'frame')}" + (f"; no MP4: {fault}" if fault else "")


def _remuxed(paths: dict[str, Path], rows: int) -> str | None:
    if paths["mp4"].exists():
        return None
    if not rows:
        return "there is no frame"
    try:
        mp4.remux(paths["video"], paths["mp4"], timestamps.read_frames(paths["frames"]))
    except RecordingError as error:
        return str(error)
    return None
