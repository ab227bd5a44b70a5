"""A real node as a process, for tests: `imagenode run` with a settings file in a folder of its own."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self

import imagezmq
import yaml
import zmq

from imagehub.errors import ImagehubError
from imagehub.node import status
from running import DEADLINE_SECONDS, until

IMAGENODE = [sys.executable, "-c", "from imagehub.node.cli import entry; entry()"]
SCENE = {"viewname": "Yard", "src": "synthetic", "framerate": 10, "resolution": "(320, 240)"}
MOTION = {"motion": {"send_frames": "detected event", "send_count": 3, "min_motion_frames": 2, "min_still_frames": 2}}


class RunningNode:
    """A node called Barn; its output is kept in `node.log` of its folder."""

    def __init__(self, folder: Path, *hubs: str, **sections: Any) -> None:
        self.folder = folder
        self.path = folder / "imagenode.yaml"
        self.log = folder / "node.log"
        self._hubs = hubs
        self.process: subprocess.Popen[bytes] | None = None
        self.configure(**sections)

    def configure(self, **sections: Any) -> None:
        """Write the settings file: `node` has keys beside the name, other sections are as given."""
        self.folder.mkdir(parents=True, exist_ok=True)
        document: dict[str, Any] = {
            "node": {"name": "Barn", "patience": 1} | sections.pop("node", {}),
            "hub_address": {f"H{number}": hub for number, hub in enumerate(self._hubs, 1)},
            "cameras": {"W1": SCENE | {"detectors": MOTION}},
        }
        self.path.write_text(yaml.safe_dump(document | sections))

    def start(self, **environment: str) -> None:
        """Start it, and wait until it answers."""
        with self.log.open("ab") as log:
            command = [*IMAGENODE, "run", "--path", str(self.folder)]
            self.process = subprocess.Popen(command, stdout=log, stderr=log, env=os.environ | environment)
        until(self.status, f"the node's status; it says {self.output()[-2000:]}")

    def status(self) -> dict[str, Any] | None:
        """Return its status, None where it has none yet."""
        assert self.process is None or self.process.poll() is None, self.output()
        try:
            return status.query(self.folder / "imagenode_run")
        except ImagehubError:
            return None

    def output(self) -> str:
        """Return what it has printed."""
        return self.log.read_text(errors="replace") if self.log.exists() else ""

    def signal(self, number: int) -> None:
        """Send it a signal."""
        assert self.process is not None
        self.process.send_signal(number)

    def stop(self) -> int:
        """End it, and return its exit code."""
        assert self.process is not None
        if self.process.poll() is None:
            self.signal(signal.SIGTERM)
        return self.process.wait(DEADLINE_SECONDS)


@contextmanager
def running_node(folder: Path, *hubs: str, **sections: Any) -> Iterator[RunningNode]:
    """Give a node that runs; end it afterwards, however the test went."""
    node = RunningNode(folder, *hubs, **sections)
    try:
        node.start()
        yield node
    finally:
        if node.process is not None:
            node.stop()


class StockHub:
    """A stock imagezmq.ImageHub in a thread; `answer` gives the reply to each text. It keeps what it got."""

    def __init__(self, port: int, answer: Callable[[str], str] = lambda _: "OK") -> None:
        self.endpoint = f"tcp://127.0.0.1:{port}"
        self.got: list[tuple[str, bytes]] = []
        self._answer = answer
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._serve, daemon=True)

    def texts(self) -> list[str]:
        """Return all texts so far."""
        return [text for text, _ in self.got]

    def gets(self, text: str, times: int = 1) -> None:
        """Wait until it has got a text so often."""
        until(lambda: self.texts().count(text) >= times, f"{times} x {text} in {self.texts()}")

    def _serve(self) -> None:
        with imagezmq.ImageHub(self.endpoint) as hub:
            hub.zmq_socket.setsockopt(zmq.LINGER, 200)
            while not self._stop.is_set():
                if hub.zmq_socket.poll(20):
                    text, body = hub.recv_jpg()
                    self.got.append((text, bytes(body)))
                    hub.send_reply(self._answer(text).encode())

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()
