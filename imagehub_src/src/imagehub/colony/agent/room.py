"""Whether a disk has room for a recording, before it begins."""

import os
from pathlib import Path

from imagehub.colony.recording.plan import Plan
from imagehub.errors import ImagehubError
from imagehub.terminal import units

BITS_A_PIXEL = 0.1  # what H.264 takes for scenes with much motion, at the quality that is the default
COPIES = 2  # the stream as it came, and the MP4 made of it
SPARE_BYTES = 64 << 20


class NoRoomError(ImagehubError):
    """The disk has less room than the recording may take."""


def needed(plan: Plan) -> int:
    """Return the bytes that a recording may take if it lasts as long as it may."""
    if not plan.save_data:
        return 0
    width, height = plan.mode.resolution
    bytes_a_second = width * height * plan.mode.framerate * BITS_A_PIXEL / 8
    return round(bytes_a_second * plan.max_seconds) * COPIES + SPARE_BYTES


def free(folder: Path) -> int:
    """Return the bytes free where a folder is, or would be made."""
    place = folder
    while not place.exists() and place != place.parent:
        place = place.parent
    found = os.statvfs(place)
    return found.f_bavail * found.f_frsize


def check(plan: Plan, folder: Path, free_bytes: int) -> None:
    """Raise NoRoomError where the disk is too small for the recording."""
    wanted = needed(plan)
    if free_bytes < wanted:
        raise NoRoomError(
            f"{folder} has {units.size(free_bytes)} free and {units.span(plan.max_seconds)} may take"
            f" {units.size(wanted)}: delete recordings there, or set a shorter max_acquisition_time"
        )
