"""`imagehub demo`: a hub with a librarian, three simulated cameras that send to it, and a live view."""

import argparse
import importlib.util
import math
import select
import shutil
import signal
import sys
import threading
import time
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from imagehub.demo.hubprocess import HubProcess, free_port
from imagehub.demo.librarianprocess import LibrarianProcess
from imagehub.errors import ImagehubError, MissingExtraError
from imagehub.terminal import cells, screen, table, units
from imagehub.wakeup import Wakeup

if TYPE_CHECKING:
    from imagehub.demo.cameras import Camera

DEFAULT_FOLDER = "imagehub_demo"
DEFAULT_PORT = 5555
PAGE_PORT = 8080
NODES = ("Barn P1", "BackDeck P1", "Driveway P1")
NEEDED = ("cv2", "imagezmq", "numpy", "sqlalchemy", "fastapi", "uvicorn", "PIL")
VIEW_SECONDS = 1.0
PLAIN_SECONDS = 5.0
START_SECONDS = 30.0
START_STEP_SECONDS = 0.05
CAMERA_STOP_SECONDS = 1.0
LATEST_EVENTS = 6

Document = dict[str, Any]
Show = Callable[[Document | None], None]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what `imagehub demo` takes."""
    parser.add_argument(
        "--folder",
        type=Path,
        default=Path(DEFAULT_FOLDER),
        help="where all files go (default: ./%(default)s)",
    )
    parser.add_argument("--seconds", type=float, default=math.inf, metavar="N", help="stop after so long")
    parser.add_argument("--plain", action="store_true", help="print lines instead of the live view")
    pictures = parser.add_mutually_exclusive_group()
    pictures.add_argument("--video", type=Path, metavar="FILE", help="send the pictures of a video")
    pictures.add_argument("--images", type=Path, metavar="DIR", help="send the JPEGs of a folder")


def run(args: argparse.Namespace) -> int:
    """Run the demo until Ctrl-C, SIGTERM or its time is over; return 0, or 1 if the hub ended by itself.

    Raise MissingExtraError where the cameras lack a package, ImagehubError where folder, video or images
    are no good.
    """
    if not all(map(importlib.util.find_spec, NEEDED)):
        raise MissingExtraError("the demo", "demo")
    wakeup = Wakeup()
    wakeup.on_signals((signal.SIGINT, signal.SIGTERM))
    hub = HubProcess(args.folder.absolute(), free_port(DEFAULT_PORT))
    librarian = LibrarianProcess(hub.folder, free_port(PAGE_PORT))
    stop = threading.Event()
    cameras = _cameras(args, hub.endpoint, stop)
    plain = args.plain or not sys.stdout.isatty()
    _print(_welcome(hub))
    hub.start(quiet=not plain)
    try:
        if _wait_until_ready(hub, wakeup):
            for camera in cameras:
                camera.start()
            librarian.start()
            show = _show_lines if plain else _show_live
            show(hub, librarian, wakeup, time.monotonic() + args.seconds)
        ended = hub.exit_code
    finally:
        stop.set()
        _join(cameras)
        librarian.stop()
        hub.stop()
    _print(_farewell(hub, cameras) if ended is None else _explanation(hub, ended, plain))
    return 0 if ended is None else 1


def _cameras(args: argparse.Namespace, endpoint: str, stop: threading.Event) -> "list[Camera]":
    from imagehub.demo import cameras
    from imagehub.demo.scene import Scene

    scenes = [Scene(seed, name) for seed, name in enumerate(NODES, start=1)]
    if args.video is not None:
        shots = [cameras.video_frames(args.video) for _ in scenes]
    elif args.images is not None:
        shots = [cameras.folder_frames(args.images) for _ in scenes]
    else:
        shots = [scene.frame for scene in scenes]
    return [cameras.Camera(scene, shot, endpoint, stop) for scene, shot in zip(scenes, shots, strict=True)]


def _welcome(hub: HubProcess) -> list[str]:
    lines = [f"a hub and three simulated cameras, 5 images a second each; all files go to {_short(hub.folder)}"]
    if hub.port != DEFAULT_PORT:
        lines.append(f"port {DEFAULT_PORT} is taken: the demo's hub listens on {hub.port}")
    return lines


def _wait_until_ready(hub: HubProcess, wakeup: Wakeup) -> bool:
    """Wait until the hub takes images; return False if it ended, or a signal came before that."""
    deadline = time.monotonic() + START_SECONDS
    while hub.exit_code is None and time.monotonic() < deadline:
        document = hub.status()
        if document is not None and document["state"] == "ready":
            return True
        if _pause(wakeup, START_STEP_SECONDS):
            return False
    if hub.exit_code is None:
        raise ImagehubError(f"the hub was not ready after {START_SECONDS:g} s; see {_short(hub.log)}")
    return False


def _show_live(hub: HubProcess, librarian: LibrarianProcess, wakeup: Wakeup, end: float) -> None:
    last: Document = {}
    with screen.Screen(sys.stdout) as terminal:
        while hub.exit_code is None:
            # While a new store process takes over, the front goes on without a status.
            last = hub.status() or {**last, "state": "starting again"}
            picture, footer = table.picture(last, sys.stdout), _footer(hub, librarian, last)
            room = screen.size(sys.stdout).lines - len(picture) - len(footer)
            terminal.draw([*picture, *_latest_events(hub, room)], footer)
            if _pause(wakeup, min(VIEW_SECONDS, end - time.monotonic())):
                return


def _show_lines(hub: HubProcess, librarian: LibrarianProcess, wakeup: Wakeup, end: float) -> None:
    told = ""
    while hub.exit_code is None and not _pause(wakeup, min(PLAIN_SECONDS, end - time.monotonic())):
        if librarian.page != told:
            told = librarian.page
            _print([f"look at the pictures: {told}"])
        document = hub.status()
        if document is not None:
            _print([_line(document)])


def _pause(wakeup: Wakeup, seconds: float) -> bool:
    """Wait; return True if there is nothing more to wait for, because a signal came or the time is over."""
    return seconds <= 0 or bool(select.select([wakeup], [], [], seconds)[0])


def _footer(hub: HubProcess, librarian: LibrarianProcess, status: Document) -> list[str]:
    images, _ = _places(hub)
    return [
        "",
        # As a whole, even where it is longer than a line: it is to be clicked or copied.
        f"page     {librarian.page or 'comes in a moment'}",
        *_fitted(
            [
                f"images   {images}",
                f"try      kill -9 {status['pid']}   ends the process that stores; nothing is lost",
                "stop     Ctrl-C",
            ]
        ),
    ]


def _latest_events(hub: HubProcess, room: int) -> list[str]:
    """Return the end of the event log, under a title, in `room` lines at most."""
    _, log = _places(hub)
    number = min(LATEST_EVENTS, room - 2)
    if number < 1 or not log.exists():
        return []
    return _fitted(["", f"{log}:", *log.read_text(errors="replace").splitlines()[-number:]])


def _fitted(lines: Sequence[str]) -> list[str]:
    columns = screen.size(sys.stdout).columns
    return [cells.fit(cells.clean(line), columns).rstrip() for line in lines]


def _line(status: Document) -> str:
    today = status["today"]
    rate = sum(node["images_per_second"] for node in status["nodes"])
    return (
        f"{status['state']}: {units.counted(today['images'], 'image')} ({units.size(today['bytes'])}) and "
        f"{units.counted(today['events'], 'event')} today, {rate:.1f} images/s, "
        f"ack p99 {units.span(status['ack']['p99_seconds'])}"
    )


def _join(cameras: "Sequence[Camera]") -> None:
    deadline = time.monotonic() + CAMERA_STOP_SECONDS
    for camera in cameras:
        if camera.is_alive():
            camera.join(max(0.0, deadline - time.monotonic()))


def _farewell(hub: HubProcess, cameras: "Sequence[Camera]") -> list[str]:
    images = units.counted(sum(camera.images for camera in cameras), "image")
    size = units.size(sum(camera.bytes for camera in cameras))
    events = units.counted(sum(camera.events for camera in cameras), "event")
    refused = sum(camera.refused for camera in cameras)
    image_folder, event_log = _places(hub)
    return [
        f"stored {images} ({size}) and {events}; {units.count(refused)} refused",
        f"images   {image_folder}",
        f"events   {event_log}",
        f"look     {_command()} check --path {_short(hub.folder)}",
    ]


def _explanation(hub: HubProcess, code: int, plain: bool) -> list[str]:
    how = f"was killed by signal {-code}" if code < 0 else f"ended by itself with code {code}"
    if plain:
        return [f"the hub {how}"]
    return [f"the hub {how}; the end of {_short(hub.log)}:", *hub.last_words()]


def _places(hub: HubProcess) -> tuple[Path, Path]:
    """Return the folder of today's images, and the event log."""
    return _short(hub.data / "images" / f"{datetime.now().astimezone():%Y-%m-%d}"), _short(
        hub.data / "logs" / "imagehub.log"
    )


def _short(path: Path) -> Path:
    """Return a path as one would type it here."""
    return path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path


def _command() -> str:
    """Return what starts imagehub, whether or not its environment is active."""
    return "imagehub" if shutil.which("imagehub") else f"{sys.executable} -m imagehub"


def _print(lines: Sequence[str]) -> None:
    print(*lines, sep="\n", flush=True)
