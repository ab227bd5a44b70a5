"""What the files of a recording are called, and how a name is claimed without overwriting anything.

The names are RPi Camera Colony's: `DATA/group/acquisition/acquisition.instance.YYYYMMDD_HHMMSS.rcc.KIND`. They come
over the network, so they are checked before they are used in a path.
"""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from imagehub.colony.recording.errors import RecordingError

LONGEST = 100  # two of them and the rest of a file's name stay below the 255 bytes that file systems take
SIGNATURE = ".rcc."
STAMP = "%Y%m%d_%H%M%S"
ENDINGS: Mapping[str, str] = {
    "metadata": "metadata.json",
    "video": "video.h264",
    "mp4": "video.h264.mp4",
    "frames": "timestamps.frames.csv",
    "ttl.out": "timestamps.ttl.out.csv",
    "ttl.in": "timestamps.ttl.in.csv",
}
_INSTANCE = re.compile(rf"[A-Za-z0-9_-]{{1,{LONGEST}}}")
_ACQUISITION = re.compile(rf"(?!.*\.\.)[A-Za-z0-9_-][A-Za-z0-9_.-]{{0,{LONGEST - 1}}}")
_SECONDS_TO_TRY = 60


@dataclass(frozen=True, slots=True)
class FileName:
    """A file's name in its parts; `kind` is what follows `.rcc.`."""

    acquisition: str
    instance: str
    stamp: str
    kind: str


def check_acquisition(name: str) -> str:
    """Return the name of an acquisition or a group; raise RecordingError where it is none."""
    if not _ACQUISITION.fullmatch(name):
        raise _refused("acquisition", name, "A-Z a-z 0-9 _ . -, no dot first and no two together")
    return name


def check_instance(name: str) -> str:
    """Return the name of an instance, which has no dot; raise RecordingError where it is none."""
    if not _INSTANCE.fullmatch(name):
        raise _refused("instance", name, "A-Z a-z 0-9 _ -")
    return name


def _refused(what: str, name: str, allowed: str) -> RecordingError:
    return RecordingError(f"{name[:LONGEST]!r} can't be the name of an {what}: use up to {LONGEST} of {allowed}")


def folder(data_directory: Path, group: str, acquisition: str) -> Path:
    """Return the folder of an acquisition below the data directory; raise RecordingError for names that are none."""
    parts = [check_acquisition(group)] if group else []
    return data_directory.joinpath(*parts, check_acquisition(acquisition))


def parse(name: str, signature: str = SIGNATURE) -> FileName | None:
    """Read a file's name; None where it is not one of a recording. An acquisition may have dots in its name."""
    base, found, kind = name.rpartition(signature)
    parts = base.rsplit(".", 2)
    if not found or len(parts) != 3 or not all(parts) or not kind:
        return None
    return FileName(parts[0], parts[1], parts[2], kind)


def claim(place: Path, acquisition: str, instance: str, now: datetime) -> dict[str, Path]:
    """Make the folder, and an empty metadata file in it that nobody else has; return the paths of all kinds.

    Where another recording has this second's name, the next free second is taken.

    Raises:
        RecordingError: the folder can't be made or written, or a minute's names are all taken.
    """
    base = f"{check_acquisition(acquisition)}.{check_instance(instance)}"
    try:
        place.mkdir(parents=True, exist_ok=True)
        for later in range(_SECONDS_TO_TRY):
            files = paths(place, f"{base}.{(now + timedelta(seconds=later)).strftime(STAMP)}")
            if _is_free(files):
                return files
    except OSError as error:
        raise RecordingError(
            f"can't record to {place}: {error.strerror}; the agent needs a directory that it may write to, with space"
        ) from None
    raise RecordingError(f"{place} has recordings of {base} with the names of all seconds of this minute")


def paths(place: Path, base: str) -> dict[str, Path]:
    """Return the paths of all kinds; `base` is the name up to `.rcc.`."""
    return {kind: place / f"{base}{SIGNATURE}{ending}" for kind, ending in ENDINGS.items()}


def scratch(path: Path, ending: str) -> Path:
    """Return the path of a file that helps to make another one, and that nobody takes for one of the recording."""
    return path.with_name(f".{path.name.replace(SIGNATURE, '.')}.{ending}")


def _is_free(files: Mapping[str, Path]) -> bool:
    if any(os.path.lexists(path) for path in files.values()):
        return False
    try:
        files["metadata"].open("x").close()
    except FileExistsError:
        return False
    return True
