"""What a conductor knows of a session and no camera's file tells: `clocks.json`, in the session's folder.

With it and the cameras' files a session can be audited again at any time, on any machine.
"""

import json
import os
from dataclasses import dataclass, field
from pathlib import Path

from imagehub.colony.synchrony.clocks import Offset
from imagehub.colony.synchrony.documents import from_document, to_document
from imagehub.colony.synchrony.figures import Limits
from imagehub.colony.synchrony.sources import ClockState

FILE = "clocks.json"
VERSION = 1


@dataclass(frozen=True, slots=True)
class CameraClock:
    """A camera's nominal framerate, all offsets that were measured, and what keeps its clock."""

    instance: str
    framerate: float | None = None
    offsets: tuple[Offset, ...] = ()
    state: ClockState | None = None


@dataclass(frozen=True, slots=True)
class SessionClocks:
    """A session: the instant that was agreed for the first frame (conductor's clock), its limits, all cameras.

    The first camera is the one that the others are compared with. `failures` are sentences on cameras that did not do
    their part: no file tells of them, and no audit passes that has some.
    """

    name: str = ""
    start_ns: int | None = None
    limits: Limits = field(default_factory=Limits)
    cameras: tuple[CameraClock, ...] = ()
    failures: tuple[str, ...] = ()
    version: int = VERSION


def write(clocks: SessionClocks, folder: Path) -> Path:
    """Write `clocks.json`, whole or not at all, and return its path. Raise OSError where the disk won't take it."""
    return write_whole(folder / FILE, json.dumps(to_document(clocks), indent=1) + "\n")


def read(folder: Path) -> tuple[SessionClocks, tuple[str, ...]]:
    """Read `clocks.json`; where it is missing or torn return an empty record, and a sentence that says so."""
    try:
        document = json.loads((folder / FILE).read_text(encoding="utf-8"))
        clocks = from_document(SessionClocks, document)
    except OSError as error:
        return SessionClocks(), (f"{FILE} can't be read: {error.strerror or 'it is missing'}",)
    except ValueError as error:
        return SessionClocks(), (f"{FILE} is torn or no record of clocks: {error}",)
    if clocks.version != VERSION:
        return clocks, (f"{FILE} has version {clocks.version}; this program knows version {VERSION}",)
    return clocks, ()


def write_whole(path: Path, text: str) -> Path:
    """Write a file so that a reader sees the old one or the new one, and return its path."""
    new = path.with_name(f".{path.name}.new")
    with new.open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    return new.replace(path)
