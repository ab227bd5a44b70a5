"""What an agent is told to record, and what came of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from imagehub.node.cameras.camera import Mode


@dataclass(frozen=True, slots=True)
class Plan:
    """A recording to come, as one agent gets it.

    The pins are numbers of the header (BOARD), -1 for none, as the settings of the conductor have them; `metadata` goes
    into the metadata file as it is. `quality` is that of the H.264, 1 to 51: a smaller number is better, and takes more
    bytes. With `save_data` False nothing is written, and no pulse is given.
    """

    instance: str
    acquisition_name: str
    acquisition_group: str
    acquisition_time: str
    mode: Mode
    save_data: bool = True
    max_seconds: float = 7200
    ttl_in_pin: int = 16
    ttl_out_pin: int = 8
    ttl_out_duration: float = 0.001
    stream_port: int | None = None
    quality: int = 23
    metadata: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Progress:
    """How a recording goes: `missed` frames were never got from the camera, `fault` is what ended it, or None.

    `last_frame_ns` is the newest frame's instant (since 1970, the agent's clock), 0 before the first.
    """

    frames: int = 0
    missed: int = 0
    bytes: int = 0
    last_frame_ns: int = 0
    fault: str | None = None


@dataclass(frozen=True, slots=True)
class Recording:
    """What a finished recording left: files by kind (`video`, `mp4`, `frames`, `ttl.out`, `ttl.in`, `metadata`).

    `folder` holds them; it is None where nothing was to be saved.
    """

    folder: Path | None
    files: Mapping[str, Path]
    progress: Progress
