"""The newest picture of a PUB sender, for viewers that are slower than the camera.

A SUB socket queues what its reader did not fetch yet, so a viewer that is a little too slow shows an ever older past.
Here whatever waits is fetched before each picture, and only the newest of each camera is kept.
"""

import json
import math
import time
from typing import NamedTuple, Self

import zmq

from imagehub.errors import ImagehubError
from imagehub.sender import CurveKeys

RECEIVE_MARK = 2  # with 1 a CURVE connection never gets a message through
RECEIVE_BUFFER_BYTES = 256 << 10
DRAIN_SECONDS = 0.25
NEXT_MILLISECONDS = 3  # so long ZeroMQ's thread has to fetch the next message after one was taken
MAX_CAMERAS = 1000


class Picture(NamedTuple):
    """What was published: `text` is `node view|type`, `body` a JPEG, or a uint8 array's bytes where `shape` is set."""

    text: str
    body: bytes
    shape: tuple[int, ...] | None = None


class NewestImages:
    """Iterates over the newest pictures of a PUB sender (imageZMQ's format), waiting for the next one where needed.

    With several cameras behind one endpoint the newest of each comes, in turn. It is for one thread, and closes its
    socket at the end of a `with`:

        with NewestImages("tcp://barn:5556") as pictures:
            for picture in pictures:
                show(picture.text, picture.body)
    """

    def __init__(self, endpoint: str, keys: CurveKeys | None = None) -> None:
        """`endpoint` is such as `tcp://barn:5556`; `keys` where the sender is guarded by CURVE.

        Raises:
            ImagehubError: it is no endpoint.
        """
        context: zmq.Context[zmq.Socket[bytes]] = zmq.Context.instance()
        self._socket = context.socket(zmq.SUB)
        self._socket.linger = 0
        self._socket.rcvhwm = RECEIVE_MARK
        self._socket.rcvbuf = RECEIVE_BUFFER_BYTES
        self._socket.subscribe(b"")
        self._newest: dict[str, Picture] = {}
        self.passed_over = 0
        """How many pictures were fetched and made way for newer ones."""
        try:
            if keys is not None:
                keys.guard(self._socket)
            self._socket.connect(endpoint)
        except (zmq.ZMQError, ValueError) as error:
            self._socket.close()
            raise ImagehubError(f"can't connect to {endpoint!r} ({error}); expected tcp://HOST:5556") from None

    def next_within(self, timeout_seconds: float) -> Picture | None:
        """Return the newest picture, waiting so long for one; None where none came."""
        deadline = time.monotonic() + timeout_seconds
        self._drain()
        while not self._newest:
            left = deadline - time.monotonic()
            if left <= 0:
                return None
            self._socket.poll(None if left == math.inf else math.ceil(left * 1000))
            self._drain()
        return self._newest.pop(next(iter(self._newest)))

    def close(self) -> None:
        """Give up the connection."""
        self._socket.close()

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> Picture:
        picture = self.next_within(math.inf)
        assert picture is not None
        return picture

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _drain(self) -> None:
        """Fetch all that waits, on its way through ZeroMQ's and the system's buffers too."""
        deadline = time.monotonic() + DRAIN_SECONDS
        patience = 0
        while self._socket.poll(patience) and time.monotonic() < deadline:
            picture = _read(self._socket.recv_multipart())
            if picture is not None:
                self._keep(picture)
            patience = NEXT_MILLISECONDS

    def _keep(self, picture: Picture) -> None:
        name = picture.text.partition("|")[0]
        if name in self._newest:
            self.passed_over += 1  # and the newer one takes its place in the turn
        elif len(self._newest) >= MAX_CAMERAS:
            self.passed_over += 1
            self._newest.pop(next(iter(self._newest)))
        self._newest[name] = picture


def _read(frames: list[bytes]) -> Picture | None:
    """Return what a message's frames hold; None where they are no picture in imageZMQ's format."""
    try:
        head, body = frames
        header = json.loads(head)
        text, shape = header["msg"], header.get("shape")
        return Picture(str(text), body, None if shape is None else tuple(map(int, shape)))
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
        return None
