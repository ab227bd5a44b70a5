"""Reading what a session recorded: the facts, instants and video files of each of its cameras.

The result has the shape of RPi Camera Colony's `read_session_data`, so that analyses go on as they are; recordings of
the colony have `timestamps.frames` besides. Files that RPi Camera Colony wrote are read too.
"""

import json
import logging
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from imagehub.colony.recording import names
from imagehub.colony.recording.errors import RecordingError
from imagehub.errors import MissingExtraError

LEFT_OUT = "DLC_resnet"  # what DeepLabCut puts beside a video bears the video's name

_log = logging.getLogger(__name__)


def read_session_data(session_dir: str | Path, namespace_signature: str = names.SIGNATURE) -> dict[str, dict[str, Any]]:
    """Return what is known of each camera, by the instance's name.

    Of each camera there are `metadata` (a dict), `has_h264` and `has_mp4`, where so `video_file_h264` and
    `video_file_mp4` (relative to `session_dir`), and as pandas DataFrames `timestamps.ttl.out` (columns
    `timestamp_frame`, `timestamp_ttl`, `sys_time`), `timestamps.ttl.in` (`timestamp_frame`, `sys_time`) and
    `timestamps.frames` (`frame`, `sensor_ns`, `wall_ns`). Of several recordings of a camera the newest is returned.
    A table that is empty or is none is an empty DataFrame, metadata that are no JSON an empty dict.

    Raises:
        RecordingError: there is no such folder.
        MissingExtraError: pandas is not installed.
    """
    folder = Path(session_dir)
    if not folder.is_dir():
        raise RecordingError(
            f"{folder} is no folder: give that of an acquisition, with files named *{namespace_signature}*"
        )
    session: dict[str, dict[str, Any]] = {}
    for path, name in _newest(_files(folder, namespace_signature)):
        camera = session.setdefault(name.instance, {"has_h264": False, "has_mp4": False})
        camera.update(_content(path, name.kind.replace("_", "."), folder))
    return session


def _files(folder: Path, signature: str) -> list[tuple[Path, names.FileName]]:
    found = [(path, names.parse(path.name, signature)) for path in sorted(folder.glob(f"*{signature}*"))]
    return [(path, name) for path, name in found if name is not None and LEFT_OUT not in path.name]


def _newest(files: Sequence[tuple[Path, names.FileName]]) -> list[tuple[Path, names.FileName]]:
    """Return the files of each camera's newest recording: those of two would not fit together."""
    stamps: dict[str, str] = {}
    for _, name in files:
        stamps[name.instance] = max(name.stamp, stamps.get(name.instance, ""))
    return [(path, name) for path, name in files if name.stamp == stamps[name.instance]]


def _content(path: Path, kind: str, folder: Path) -> Mapping[str, Any]:
    if kind == "metadata.json":
        return {"metadata": _json(path)}
    if kind.endswith(".csv"):
        return {kind.removesuffix(".csv"): _table(path)}
    if kind == "video.h264":
        return {"has_h264": True, "video_file_h264": str(path.relative_to(folder))}
    if kind == "video.h264.mp4":
        return {"has_mp4": True, "video_file_mp4": str(path.relative_to(folder))}
    return {}


def _json(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except ValueError:
        found = None
    if not isinstance(found, dict):
        _log.warning("%s has no metadata", path)
        return {}
    return found


def _table(path: Path) -> Any:
    """Return a DataFrame; columns of RPi Camera Colony's early files have a `#` before their names."""
    try:
        import pandas as pd
    except ImportError:
        raise MissingExtraError("reading a session as tables", "sessions") from None
    try:
        table = pd.read_csv(path)
    except (pd.errors.EmptyDataError, pd.errors.ParserError):
        return pd.DataFrame()
    if table.shape[1] > 3:
        return pd.DataFrame()
    return table.rename(columns=lambda name: str(name).strip("#").strip())
