"""Recording sessions of a colony as they lie on disk: which there are, and what their own files say of them.

`ROOT/GROUP/NAME/`, or `ROOT/NAME/` without a group, with files `ACQUISITION.INSTANCE.YYYYMMDD_HHMMSS.rcc.KIND`, and of
the audit `report.json`, `report.svg` and, where it failed, `AUDIT-FAILED.txt`. Whatever of it is missing, or is not as
it should be, is left out: a session that was cut short is shown as far as it is there.

A session is asked for by a key made of its folder's name, and a file by a name that is looked for in the folder, so
no text from outside is ever a path. Links are not followed.
"""

import hashlib
import json
import math
import os
import re
import stat
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from imagehub.errors import ImagehubError

REPORT, PICTURE, FAILED = "report.json", "report.svg", "AUDIT-FAILED.txt"
OF_AUDIT = {REPORT, PICTURE, FAILED}
METADATA, VIDEO = "metadata.json", "video.h264.mp4"
MAX_JSON_BYTES = 32 << 20
LARGEST = 1 << 53
SHOWN_TEXT = 1000

_FILE = re.compile(r".+\.(?P<instance>[^.]+)\.(?P<stamp>\d{8}_\d{6})\.rcc\.(?P<kind>[\w.-]+)", re.ASCII)

Document = Mapping[str, Any]


class NoSuchSessionError(ImagehubError):
    """There is no such session, or no such file in it."""


@dataclass(frozen=True, slots=True)
class Place:
    """A session's folder: `parts` below the root, its files by name with their sizes; `stamp` is when it began."""

    key: str
    parts: tuple[str, ...]
    files: Mapping[str, int]
    stamp: str

    @property
    def name(self) -> str:
        """The acquisition's name."""
        return self.parts[-1]

    @property
    def group(self) -> str:
        """The group's name; it may be empty."""
        return self.parts[0] if len(self.parts) > 1 else ""

    @property
    def started(self) -> str:
        """When it began, by the cameras' local clock, as `2026-11-21 02:00:00`; empty: not known."""
        day, _, clock = self.stamp.partition("_")
        return f"{day[:4]}-{day[4:6]}-{day[6:]} {clock[:2]}:{clock[2:4]}:{clock[4:]}" if clock else ""


@dataclass(frozen=True, slots=True)
class Camera:
    """What one camera left. None is "not known"; `finished` is False for a recording that was cut off.

    `delay_seconds` is how much later than the first of all cameras it began; `fault` what ended it, if anything did.
    """

    instance: str
    stamp: str
    video: str | None
    files: tuple[str, ...]
    frames: int | None
    dropped: int | None
    framerate: float | None
    finished: bool | None
    fault: str
    delay_seconds: float

    @property
    def seconds(self) -> float | None:
        """How long it recorded."""
        if self.frames is None or not self.framerate:
            return None
        return (self.frames + (self.dropped or 0)) / self.framerate


@dataclass(frozen=True, slots=True)
class Session:
    """A session as its files tell it.

    `verdict` is that of the audit, `passed` or `failed`, or `none` where there was no audit.
    """

    place: Place
    cameras: tuple[Camera, ...]
    verdict: str
    reasons: tuple[str, ...]

    @property
    def seconds(self) -> float | None:
        """How long the camera recorded that recorded longest."""
        return max((camera.seconds for camera in self.cameras if camera.seconds is not None), default=None)

    @property
    def frames(self) -> int | None:
        """How many frames all cameras have together."""
        known = [camera.frames for camera in self.cameras if camera.frames is not None]
        return sum(known) if known else None


def places(root: Path) -> list[Place]:
    """Return the sessions' folders, the newest first; raise NoSuchSessionError where the root can't be read."""
    try:
        found = [place for parts in _folders(root) if (place := _place(root, parts)) is not None]
    except OSError as error:
        raise NoSuchSessionError(f"{root}: {error.strerror}") from error
    return sorted(found, key=lambda place: (place.stamp, place.parts), reverse=True)


def find(root: Path, key: str) -> Place:
    """Return the folder with this key; raise NoSuchSessionError where there is none."""
    try:
        for parts in _folders(root):
            if _key(parts) == key and (place := _place(root, parts)) is not None:
                return place
    except OSError as error:
        raise NoSuchSessionError(f"{root}: {error.strerror}") from error
    raise NoSuchSessionError(f"no session {key[:40]!r}")


def read(root: Path, place: Place) -> Session:
    """Return what the files of a session tell."""
    report = _json(root, place, REPORT)
    of_camera = {_text(one.get("instance")): one for one in _mappings(report.get("cameras"))}
    delays = [delay for one in of_camera.values() if (delay := _number(one.get("start_delay_ms"))) is not None]
    recorded = _recordings(place.files)
    unseen = [(name, "") for name in of_camera if name not in {instance for instance, _ in recorded}]
    cameras = [
        _camera(root, place, of, recorded.get(of, {}), of_camera.get(of[0], {}), min(delays, default=0.0))
        for of in [*sorted(recorded), *unseen]
    ]
    return Session(place, tuple(cameras), _verdict(place, report), tuple(_texts(report.get("reasons"))))


def open_file(root: Path, place: Place, name: str) -> BinaryIO:
    """Open a file of a session; raise NoSuchSessionError where it has none of that name."""
    if name not in place.files:
        raise NoSuchSessionError(f"{place.name} has no file {name[:100]!r}")
    try:
        return os.fdopen(_open_without_links(root, [*place.parts, name]), "rb")
    except (OSError, ValueError) as error:
        raise NoSuchSessionError(f"{name}: {getattr(error, 'strerror', None) or error}") from error


def _folders(root: Path) -> Iterator[tuple[str, ...]]:
    for group in _folders_in(root):
        yield (group,)
        yield from ((group, name) for name in _folders_in(root / group))


def _folders_in(folder: Path) -> list[str]:
    with os.scandir(folder) as entries:
        return [entry.name for entry in entries if _shown(entry.name) and entry.is_dir(follow_symlinks=False)]


def _shown(name: str) -> bool:
    # What can't be printed, as bytes that are no UTF-8, can't stand on a page either.
    return not name.startswith(".") and name.isprintable()


def _place(root: Path, parts: tuple[str, ...]) -> Place | None:
    """Return a folder as a session's; None where nothing of one is in it."""
    with os.scandir(root.joinpath(*parts)) as entries:
        files = {
            entry.name: entry.stat(follow_symlinks=False).st_size
            for entry in entries
            if _shown(entry.name) and entry.is_file(follow_symlinks=False)
        }
    stamps = [match["stamp"] for name in files if (match := _FILE.fullmatch(name))]
    if not stamps and not OF_AUDIT & set(files):
        return None
    return Place(_key(parts), parts, dict(sorted(files.items())), min(stamps, default=""))


def _key(parts: tuple[str, ...]) -> str:
    return hashlib.sha256("/".join(parts).encode()).hexdigest()[:24]


def _recordings(files: Iterable[str]) -> dict[tuple[str, str], dict[str, str]]:
    """Return the names of files by kind, for each instance and beginning of a recording."""
    found: dict[tuple[str, str], dict[str, str]] = defaultdict(dict)
    for name in files:
        if match := _FILE.fullmatch(name):
            found[match["instance"], match["stamp"]][match["kind"]] = name
    return found


def _camera(
    root: Path, place: Place, of: tuple[str, str], files: Mapping[str, str], audited: Document, first_ms: float
) -> Camera:
    metadata = _json(root, place, files.get(METADATA, ""))
    finished = metadata.get("finished")
    delay_ms = _number(audited.get("start_delay_ms"))
    return Camera(
        instance=of[0],
        stamp=of[1],
        video=files.get(VIDEO),
        files=tuple(sorted(files.values())),
        frames=_first(_count, audited.get("frames"), metadata.get("frames")),
        dropped=_first(_count, audited.get("dropped"), metadata.get("missed")),
        framerate=_first(_number, audited.get("framerate"), metadata.get("framerate")),
        finished=finished if isinstance(finished, bool) else None,
        fault=_text(metadata.get("fault")),
        delay_seconds=0.0 if delay_ms is None else (delay_ms - first_ms) / 1000,
    )


def _verdict(place: Place, report: Document) -> str:
    # One word against it is enough: a session must not pass because one of its files is lost.
    if report.get("passed") is False or FAILED in place.files:
        return "failed"
    return "passed" if report.get("passed") is True else "none"


def _json(root: Path, place: Place, name: str) -> Document:
    """Return what a JSON file of the session holds; nothing where that is no object."""
    if not name or place.files.get(name, MAX_JSON_BYTES + 1) > MAX_JSON_BYTES:
        return {}
    try:
        with open_file(root, place, name) as file:
            found = json.loads(file.read(MAX_JSON_BYTES))
    except (NoSuchSessionError, OSError, ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _mappings(value: object) -> list[Document]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def _texts(value: object) -> list[str]:
    return [text for one in value if (text := _text(one))] if isinstance(value, list) else []


def _text(value: object) -> str:
    """Return a text that can stand on a page; empty for what is none."""
    return value.encode(errors="replace").decode()[:SHOWN_TEXT] if isinstance(value, str) else ""


def _count(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < LARGEST else None


def _number(value: object) -> float | None:
    plain = isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < LARGEST
    return float(value) if plain and math.isfinite(value) else None  # type: ignore[arg-type]


def _first(kind: Any, *values: object) -> Any:
    """Return the first of the values that is one of that kind."""
    return next((found for value in values if (found := kind(value)) is not None), None)


def _open_without_links(root: Path, parts: list[str]) -> int:
    folder = os.open(root, os.O_RDONLY | os.O_DIRECTORY)
    try:
        for part in parts[:-1]:
            inner = os.open(part, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=folder)
            os.close(folder)
            folder = inner
        descriptor = os.open(parts[-1], os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK, dir_fd=folder)
    finally:
        os.close(folder)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise ValueError("not a file")
    return descriptor
