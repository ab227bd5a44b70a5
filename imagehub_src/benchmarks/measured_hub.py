"""A real hub to measure: started as users start it, watched from outside."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import yaml
import zmq

from imagehub import status
from imagehub.errors import ImagehubError
from load import Load

TICKS = os.sysconf("SC_CLK_TCK")


def free_port() -> int:
    """Return a TCP port that nobody uses."""
    with socket.socket() as stream:
        stream.bind(("127.0.0.1", 0))
        return int(stream.getsockname()[1])


class MeasuredHub:
    """A hub and what the system says of its processes."""

    def __init__(self, folder: Path, durability: str) -> None:
        self.port = free_port()
        self.data = folder / "imagehub_data"
        folder.mkdir(parents=True)
        os.sync()  # what others wrote before is not this hub's to flush
        settings = {"port": self.port, "bind_address": "127.0.0.1", "durability": durability}
        settings["max_images_write"] = 10**9
        (folder / "imagehub.yaml").write_text(yaml.safe_dump({"hub": settings}))
        command = [sys.executable, "-m", "imagehub", "run", "--path", str(folder)]
        started = time.perf_counter()
        self._process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
        self._wait_until_it_answers()
        self.start_seconds = time.perf_counter() - started

    @property
    def endpoint(self) -> str:
        """Where senders connect."""
        return f"tcp://127.0.0.1:{self.port}"

    def processes(self) -> list[int]:
        """Return the ids of the front and the store process."""
        return [self._process.pid, int(status.query(self.data / "run")["pid"])]

    def cpu_seconds(self) -> float:
        """Return the CPU time of all its processes up to now."""
        fields = [Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split() for process in self.processes()]
        return sum(int(field[11]) + int(field[12]) for field in fields) / TICKS

    def memory_bytes(self) -> int:
        """Return the proportional set size of all its processes: shared pages count once."""
        return sum(_pss(process) for process in self.processes())

    def stored(self) -> int:
        """Return how many image files there are."""
        return sum(len(files) for _, _, files in os.walk(self.data / "images"))

    def stop(self) -> None:
        """End it and wait."""
        self._process.send_signal(signal.SIGTERM)
        self._process.wait(60)

    def _wait_until_it_answers(self) -> None:
        """Wait for the reply to a test image: what a sender calls ready."""
        with zmq.Context() as context, context.socket(zmq.REQ) as sender:
            sender.linger = 0
            sender.reconnect_ivl = 5
            sender.connect(self.endpoint)
            sender.send_multipart([json.dumps({"msg": "ready?"}).encode(), b"\xff\xd8"])
            if not sender.poll(30_000):
                raise ImagehubError("the hub to measure did not start")


def _pss(process: int) -> int:
    for line in Path(f"/proc/{process}/smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) * 1024
    raise ImagehubError(f"no memory figures for process {process}")


@contextmanager
def measured_hub(folder: Path, durability: str = "synced") -> Iterator[MeasuredHub]:
    """Give a hub that answers; end it afterwards."""
    hub = MeasuredHub(folder, durability)
    try:
        yield hub
    finally:
        hub.stop()


def load(endpoint: str, senders: int, size: int, seconds: float, rate: float = 0.0) -> Load:
    """Let a process of its own send, and return what it saw."""
    words = [endpoint, str(senders), str(size), str(seconds), str(rate)]
    command = [sys.executable, str(Path(__file__).with_name("load.py")), *words]
    return Load(**json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout))
