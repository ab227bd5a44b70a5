"""`imagehub demo`: a hub, three simulated cameras that send to it, and a live view of both."""

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
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from imagehub import cells, screen, table, units
from imagehub.errors import ImagehubError, MissingExtraError
from imagehub.hubprocess import HubProcess, free_port
from imagehub.wakeup import Wakeup

if TYPE_CHECKING:
    from imagehub.cameras import Camera

DEFAULT_FOLDER = "imagehub_demo"
DEFAULT_PORT = 5555
NODES = ("Barn P1", "BackDeck P1", "Driveway P1")
NEEDED = ("cv2", "imagezmq", "numpy")
VIEW_SECONDS = 1.0
PLAIN_SECONDS = 5.0
START_SECONDS = 30.0
CAMERA_STOP_SECONDS = 1.0

Document = dict[str, Any]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what `imagehub demo` takes."""
    parser.add_argument(
        "--folder", type=Path, default=Path(DEFAULT_FOLDER), help="where all files go (default: ./%(default)s)"
    )
    parser.add_argument("--seconds", type=float, default=math.inf, metavar="N", help="stop after so long")
    parser.add_argument("--plain", action="store_true", help="print lines instead of the live view")
    pictures = parser.add_mutually_exclusive_group()
    pictures.add_argument("--video", type=Path, metavar="FILE", help="send the pictures of a video")
    pictures.add_argument("--images", type=Path, metavar="DIR", help="send the JPEGs of a folder")


def run(args: argparse.Namespace) -> int:
    """Run the demo until Ctrl-C, SIGTERM or its time is over; return 0, or 1 if the hub ended by itself.

    Raise MissingExtraError where the simulated cameras lack a package, and ImagehubError where folder, video or
    images are no good.
    """
    if not all(map(importlib.util.find_spec, NEEDED)):
        raise MissingExtraError("the demo", "demo")
    hub = HubProcess(args.folder.absolute(), free_port(DEFAULT_PORT))
    demo = Demo(hub, plain=args.plain or not sys.stdout.isatty())
    cameras = demo.cameras(args.video, args.images)
    return demo.run(cameras, args.seconds)


class Demo:
    """One run of the demo, from the start of the hub to the last line."""

    def __init__(self, hub: HubProcess, plain: bool) -> None:
        self._hub = hub
        self._plain = plain
        self._wakeup = Wakeup()
        self._stop_cameras = threading.Event()

    def cameras(self, video: Path | None, images: Path | None) -> "list[Camera]":
        """Return the cameras, which film a scene of their own unless they shall show a video or a folder's images."""
        from imagehub import cameras
        from imagehub.scene import Scene

        made = []
        for seed, name in enumerate(NODES, start=1):
            scene = Scene(seed, name)
            frames = scene.frame
            if video is not None:
                frames = cameras.video_frames(video)
            elif images is not None:
                frames = cameras.folder_frames(images)
            made.append(cameras.Camera(scene, frames, self._hub.endpoint, self._stop_cameras))
        return made

    def run(self, cameras: "Sequence[Camera]", seconds: float) -> int:
        """Start all, show it for so long, stop all in the opposite order; return the exit code."""
        self._wakeup.on_signals((signal.SIGINT, signal.SIGTERM))
        print(*self._welcome(), sep="\n", flush=True)
        self._hub.start(quiet=not self._plain)
        started = time.monotonic()
        if self._wait_until_ready(started + START_SECONDS):
            for camera in cameras:
                camera.start()
            self._show(time.monotonic() + seconds)
        code = self._hub.exit_code
        self._stop(cameras)
        print(*(self._farewell(cameras, time.monotonic() - started) if code is None else self._why(code)), sep="\n")
        return 0 if code is None else 1
