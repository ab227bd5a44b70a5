"""Frames for viewers: a PUB socket that never makes a camera wait, and never shows a slow viewer the past."""

import json
import threading
from typing import Self

import zmq

from imagehub.errors import ImagehubError

# What waits for a viewer: one frame here, one more on its way, and what the socket's buffer takes.
SEND_MARK = 1
SEND_BUFFER_BYTES = 128 << 10
CLOSE_SECONDS = 5.0


class Publisher:
    """Publishes JPEGs in imageZMQ's format (`imagezmq.ImageHub(..., REQ_REP=False)` reads it); for any thread.

    One frame of each view waits to be sent, the newest: an older one that still waits makes way.
    """

    def __init__(self, port: int, address: str = "*") -> None:
        """Bind the port; 0 takes a free one.

        Raises:
            ImagehubError: the port is taken, or is none.
        """
        context: zmq.Context[zmq.Socket[bytes]] = zmq.Context.instance()
        self._socket = context.socket(zmq.PUB)
        self._socket.linger = 0
        self._socket.sndhwm = SEND_MARK
        self._socket.sndbuf = SEND_BUFFER_BYTES
        try:
            self._socket.bind(f"tcp://{address}:{port}")
        except zmq.ZMQError as error:
            self._socket.close()
            raise ImagehubError(
                f"can't publish on port {port} ({error}): choose another one for publish_port, or end what uses it"
            ) from None
        bound = bytes(self._socket.get(zmq.LAST_ENDPOINT)).rstrip(b"\0").decode()
        self.port = int(bound.rpartition(":")[2])
        self._changed = threading.Condition()
        self._newest: dict[str, tuple[bytes, bytes]] = {}
        self._closing = False
        self._thread = threading.Thread(target=self._publish_all, name="publishing", daemon=True)
        self._thread.start()

    def publish(self, text: str, jpeg: bytes) -> None:
        """Give the newest frame of a view to who watches; `text` is `node view|jpg`. It waits for nobody."""
        header = json.dumps({"msg": text}).encode()
        with self._changed:
            self._newest[text.partition("|")[0]] = header, jpeg
            self._changed.notify()

    def close(self) -> None:
        """Stop publishing."""
        with self._changed:
            self._closing = True
            self._changed.notify()
        self._thread.join(CLOSE_SECONDS)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _publish_all(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._newest or self._closing)
                if self._closing:
                    break
                frames = self._newest.pop(next(iter(self._newest)))
            self._socket.send_multipart(frames)
        self._socket.close()
