"""Many senders in one process: real imageZMQ sockets, polled, so that one core drives hundreds of them.

Each sends an image, waits for its `OK`, and sends the next: at once, or at a steady pace.
Run as a program it prints its result as JSON: `load.py ENDPOINT SENDERS SIZE SECONDS [IMAGES_A_SECOND]`.
"""

import json
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
    due = [(start + number / max(rate, 1e-9) / count, sender) for number, sender in enumerate(senders.values())]
    if not rate:
        for sender in senders.values():
            sender.send()
        due = []
    latencies = []
    while (now := time.perf_counter()) - start < seconds:
        while due and due[0][0] <= now:
            due.pop(0)[1].send()
        pause = (min(due[0][0], start + seconds) if due else start + seconds) - now
        for socket, _ in poller.poll(max(0.0, pause) * 1000 + 0.5):
            if socket.recv() != b"OK":
                raise SystemExit("the hub did not answer OK")
            sender = senders[socket]
            latencies.append(time.perf_counter() - sender.sent)
            if rate:
                due.append((sender.sent + 1 / rate, sender))
            else:
                sender.send()
    took = time.perf_counter() - start
    usage = resource.getrusage(resource.RUSAGE_SELF)
    latencies.sort()
    p50, p99 = (latencies[int(len(latencies) * share)] for share in (0.5, 0.99))
    return Load(len(latencies), took, p50, p99, usage.ru_utime + usage.ru_stime)


if __name__ == "__main__":
    endpoint, count, size, seconds, *rest = sys.argv[1:]
    print(json.dumps(asdict(drive(endpoint, int(count), int(size), float(seconds), *map(float, rest)))), flush=True)
    # Requests under way are not waited for: closing the context would.
    os._exit(0)
