"""An account of every `OK`, kept outside the hub: what was acknowledged must be found on disk, byte for byte."""

import hashlib
import threading
import time
from collections import Counter
from pathlib import Path

import imagezmq

from running import until

JOIN_SECONDS = 30.0


def picture(sender: int, number: int, size: int) -> bytes:
    """Return bytes that begin as a JPEG does and that no other image shares."""
    head = b"\xff\xd8" + f"{sender}/{number}/".encode()
    return head.ljust(size, b"\x5a")


class LedgerSender(threading.Thread):
    """A stock `imagezmq.ImageSender` that sends at a steady pace and notes the SHA-256 of what got an `OK`."""

    def __init__(self, endpoint: str, number: int, rate: float, size: int = 20_000) -> None:
        super().__init__(daemon=True)
        self.acknowledged: list[str] = []
        self.refused: list[str] = []
        self._endpoint, self._number, self._rate, self._size = endpoint, number, rate, size
        self._enough = threading.Event()

    def run(self) -> None:
        """Be a sender until `end`."""
        with imagezmq.ImageSender(connect_to=self._endpoint) as sender:
            # A failed test must not wait, when it ends, for what a gone hub never fetches.
            sender.zmq_socket.linger = 0
            self._send_until_ended(sender)

    def _send_until_ended(self, sender: imagezmq.ImageSender) -> None:
        due, count = time.monotonic(), 0
        while not self._enough.wait(max(0.0, due - time.monotonic())):
            body = picture(self._number, count, self._size)
            reply = sender.send_jpg(f"node{self._number} view|jpg|{count}", body)
            (self.acknowledged if reply == b"OK" else self.refused).append(hashlib.sha256(body).hexdigest())
            due, count = due + 1 / self._rate if self._rate else time.monotonic(), count + 1

    def end(self) -> None:
        """Stop after the image under way."""
        self._enough.set()


class Ledger:
    """Many ledger senders, started and ended together."""

    def __init__(self, endpoint: str, senders: int, rate: float, size: int = 20_000) -> None:
        self.senders = [LedgerSender(endpoint, number, rate, size) for number in range(senders)]

    def start(self) -> None:
        """Let all senders send."""
        for sender in self.senders:
            sender.start()

    def count(self) -> int:
        """Return how many images were acknowledged up to now."""
        return sum(len(sender.acknowledged) for sender in self.senders)

    def wait_for(self, more: int, seconds: float = 60.0) -> None:
        """Wait until so many more images were acknowledged."""
        goal = self.count() + more
        until(lambda: self.count() >= goal, f"{more} more acknowledged images", seconds)

    def finish(self) -> int:
        """End all senders and return how many hang."""
        for sender in self.senders:
            sender.end()
        deadline = time.monotonic() + JOIN_SECONDS
        for sender in self.senders:
            sender.join(max(0.0, deadline - time.monotonic()))
        return sum(sender.is_alive() for sender in self.senders)

    def acknowledged(self) -> set[str]:
        """Return the SHA-256 of every image that got an `OK`."""
        return {digest for sender in self.senders for digest in sender.acknowledged}

    def refused(self) -> set[str]:
        """Return the SHA-256 of every image that got another reply."""
        return {digest for sender in self.senders for digest in sender.refused}


def digests(images: list[Path]) -> Counter[str]:
    """Return how often each image, by its SHA-256, lies among these files."""
    return Counter(hashlib.sha256(path.read_bytes()).hexdigest() for path in images)
