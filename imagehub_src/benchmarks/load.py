"""Many senders in one process: real imageZMQ sockets, polled, so that one core drives hundreds of them.

Each sends an image, waits for its `OK`, and sends the next: at once, or at a steady pace.
Run as a program it prints its result as JSON: `load.py ENDPOINT SENDERS SIZE SECONDS [IMAGES_A_SECOND]`.
"""

import json
import math
import os
import resource
import sys
import time
from dataclasses import asdict, dataclass

import zmq
from imagezmq.imagezmq import SerializingContext


@dataclass(frozen=True)
class Load:
    """What senders saw: acknowledged images, the time it took, latencies and CPU of the senders, in seconds."""

    acknowledged: int
    seconds: float
    p50: float
    p99: float
    cpu: float

    @property
    def rate(self) -> float:
        """Acknowledged images a second."""
        return self.acknowledged / self.seconds


class Sender:
    """One REQ socket and its next image."""

    def __init__(self, context: SerializingContext, endpoint: str, number: int, body: bytes) -> None:
        self.socket = context.socket(zmq.REQ)
        self.socket.linger = 0
        self.socket.connect(endpoint)
        self._text, self._body = f"node{number} view|jpg|", body
        self.sent = 0.0

    def send(self) -> None:
        """Send as `ImageSender.send_jpg` does, but don't wait."""
        self.sent = time.perf_counter()
        self.socket.send_jpg(self._text, self._body, copy=False)

    def receive(self) -> float:
        """Take the reply, which must be `OK`, and return the seconds since sending."""
        reply = self.socket.recv()
        if reply != b"OK":
            raise SystemExit(f"the hub answered {reply!r}")
        return time.perf_counter() - self.sent


def drive(endpoint: str, count: int, size: int, seconds: float, rate: float = 0.0) -> Load:
    """Send for so many seconds; `rate` is in images a second and sender, 0 is as fast as it is answered."""
    body = b"\xff\xd8" + os.urandom(size - 2)
    context, poller = SerializingContext(), zmq.Poller()
    senders = {}
    for number in range(count):
        sender = Sender(context, endpoint, number, body)
        senders[sender.socket] = sender
        poller.register(sender.socket, zmq.POLLIN)
    start = time.perf_counter()
    pace = 1 / rate if rate else 0.0
    due = [(start + number * pace / count, sender) for number, sender in enumerate(senders.values())]
    latencies: list[float] = []
    while time.perf_counter() - start < seconds:
        wait = _send_due(due, start + seconds)
        for socket, _ in poller.poll(wait):
            latencies.append(senders[socket].receive())
            due.append((senders[socket].sent + pace, senders[socket]))
    return _load(latencies, time.perf_counter() - start)


def _send_due(due: list[tuple[float, Sender]], end: float) -> int:
    """Let those send whose time has come; return the milliseconds until the next one's, or until the end."""
    now = time.perf_counter()
    while due and due[0][0] <= now:
        due.pop(0)[1].send()
    next_time = min(due[0][0], end) if due else end
    return math.ceil(max(0.0, next_time - now) * 1000)


def _load(latencies: list[float], seconds: float) -> Load:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    latencies.sort()
    p50, p99 = (latencies[int(len(latencies) * share)] for share in (0.5, 0.99))
    return Load(len(latencies), seconds, p50, p99, usage.ru_utime + usage.ru_stime)


if __name__ == "__main__":
    endpoint, count, size, seconds, *rest = sys.argv[1:]
    print(
        json.dumps(asdict(drive(endpoint, int(count), int(size), float(seconds), *map(float, rest)))),
        flush=True,
    )
    # Requests under way are not waited for: closing the context would.
    os._exit(0)
