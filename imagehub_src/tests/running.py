"""A real hub as a process, for tests: started from the installed package, spoken to by its port and its socket."""

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self, TypeVar

import yaml
import zmq

from imagehub import status
from imagehub.errors import ImagehubError

DEADLINE_SECONDS = 30.0
JPEG = b"\xff\xd8\xff\xe0 a picture \xff\xd9"

Answer = TypeVar("Answer")


def until(probe: Callable[[], Answer | None], what: str, seconds: float = DEADLINE_SECONDS) -> Answer:
    """Return the first true answer of `probe`; fail after the deadline, saying what never came."""
    deadline = time.monotonic() + seconds
    while True:
        answer = probe()
        if answer:
            return answer
        assert time.monotonic() < deadline, f"waited {seconds} s for {what}"
        threading.Event().wait(0.01)


def free_port() -> int:
    """Return a TCP port that nobody uses."""
    with socket.socket() as stream:
        stream.bind(("127.0.0.1", 0))
        return int(stream.getsockname()[1])


class RunningHub:
    """A hub in a folder of its own. Its output is kept in `hub.log` there."""

    def __init__(self, folder: Path, environment: Mapping[str, str] | None = None, **settings: Any) -> None:
        self.folder = folder
        self.port = int(settings.setdefault("port", free_port()))
        settings.setdefault("bind_address", "127.0.0.1")
        settings.setdefault("max_images_write", 10_000_000)
        self.data = folder / str(settings.get("data_directory", "imagehub_data"))
        self.runtime = Path(settings.get("runtime_directory", self.data / "run"))
        self.log = folder / "hub.log"
        self._environment = {**os.environ, **(environment or {})}
        self.configure(**settings)
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def endpoint(self) -> str:
        """Where senders connect."""
        return f"tcp://127.0.0.1:{self.port}"

    def configure(self, **settings: Any) -> None:
        """Write the settings file."""
        self.folder.mkdir(parents=True, exist_ok=True)
        (self.folder / "imagehub.yaml").write_text(yaml.safe_dump({"hub": settings}))

    def spawn(self, *words: str) -> subprocess.Popen[bytes]:
        """Start `imagehub run` with these words behind it."""
        command = [sys.executable, "-m", "imagehub", "run", "--path", str(self.folder), *words]
        with self.log.open("ab") as log:
            return subprocess.Popen(command, stdout=log, stderr=log, env=self._environment)

    def start(self, *words: str) -> None:
        """Start the hub and wait until it stores."""
        self.process = self.spawn(*words)
        self.wait_ready()

    def wait_ready(self, state: str = "ready") -> dict[str, Any]:
        """Wait until the status says so, and return it."""
        return until(lambda: self.status_if(state), f"state {state}; the log says {self.output()[-2000:]}")

    def status_if(self, state: str) -> dict[str, Any] | None:
        """Return the status if it has this state."""
        try:
            document = self.status()
        except ImagehubError:
            assert self.process is None or self.process.poll() is None, self.output()
            return None
        return document if document["state"] == state else None

    def status(self) -> dict[str, Any]:
        """Return the status document."""
        return status.query(self.runtime)

    def output(self) -> str:
        """Return what the hub has printed."""
        return self.log.read_text(errors="replace") if self.log.exists() else ""

    def wait_replaced(self, gone: int) -> None:
        """Wait until another store process than `gone` stores."""

        def replaced() -> bool:
            document = self.status_if("ready")
            return document is not None and document["pid"] != gone

        until(replaced, "the next store process")

    def kill_store(self, number: int = signal.SIGKILL) -> int:
        """Send a signal to the store process and return its id."""
        process = int(self.status()["pid"])
        os.kill(process, number)
        return process

    def stop(self, number: int = signal.SIGTERM) -> int:
        """End the hub and return its exit code."""
        assert self.process is not None
        if self.process.poll() is None:
            self.process.send_signal(number)
        return self.process.wait(DEADLINE_SECONDS)

    def images(self) -> list[Path]:
        """Return the image files."""
        return sorted((self.data / "images").glob("*/*"))

    def journal(self) -> list[dict[str, Any]]:
        """Return every line of the journal, acknowledged or not."""
        paths = sorted((self.data / "journal").glob("*.jsonl"))
        return [json.loads(line) for path in paths for line in path.read_text().split("\n") if line]


@contextmanager
def running_hub(folder: Path, environment: Mapping[str, str] | None = None, **settings: Any) -> Iterator[RunningHub]:
    """Give a hub that stores; end it afterwards, however the test went."""
    hub = RunningHub(folder, environment, **settings)
    try:
        hub.start()
        yield hub
    finally:
        if hub.process is not None and hub.process.poll() is None:
            hub.stop()


class Node:
    """A REQ socket with a deadline: what a stock sender sends, without its habit of waiting for ever."""

    def __init__(self, endpoint: str) -> None:
        self._socket: zmq.Socket[bytes] = zmq.Context.instance().socket(zmq.REQ)
        self._socket.setsockopt(zmq.LINGER, 0)
        self._socket.setsockopt(zmq.RCVTIMEO, int(DEADLINE_SECONDS * 1000))
        self._socket.connect(endpoint)

    def send(self, text: str, body: bytes = JPEG, **header: Any) -> str:
        """Send one message and return the reply."""
        return self.send_frames(json.dumps({"msg": text, **header}).encode(), body)

    def send_frames(self, *frames: bytes) -> str:
        """Send these frames and return the reply."""
        self._socket.send_multipart(frames)
        return self._socket.recv().decode()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()
