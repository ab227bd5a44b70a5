"""Sending to a hub without ever hanging: with deadlines, repeats, and other hubs where one does not answer.

A stock REQ sender waits for ever once its request or the reply is lost. This one is the Lazy Pirate of the
ZeroMQ guide (chapter 4): it drops a connection that stays silent, opens a new one and sends the same message
again. A message carries an `id` in its JSON header, by which imagehub knows the repeat and stores it once;
other hubs ignore it.
"""

import json
import math
import random
import time
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Protocol, Self

import zmq
import zmq.auth

from imagehub.errors import ImagehubError

FIRST_HUB_AGAIN_SECONDS = 60.0
FIRST_PAUSE_SECONDS = 0.2
LONGEST_PAUSE_SECONDS = 10.0
REQUEST_LOST = b"NOT STORED connection lost"  # what imagehub answers to a sender whose request it may have lost

# A JPEG of 3 x 3 black pixels: what goes with an event, as imagenode sends it.
BLACK_JPEG = bytes.fromhex(
    "ffd8ffe000104a46494600010100000100010000ffdb004300100b0c0e0c0a100e0d0e1211101318281a181616183123251d283a333d3c"
    "3933383740485c4e404457453738506d51575f626768673e4d71797064785c656763ffc0000b080003000301011100ffc4001400010000"
    "0000000000000000000000000007ffc40014100100000000000000000000000000000000ffda0008010100003f003f7fffd9"
)

Frames = tuple[bytes, bytes]


class NoAnswerError(ImagehubError):
    """No hub answered in time. Whether the message is stored is not known: the answer may have been lost."""


@dataclass(frozen=True, slots=True)
class CurveKeys:
    """What a sender needs where CURVE guards the hub: the hub's public key and its own pair, as Z85 texts."""

    server: bytes
    public: bytes
    secret: bytes

    def guard(self, socket: zmq.Socket[bytes]) -> None:
        """Have a socket that is not connected yet use them; raise ValueError where one is no key."""
        socket.curve_serverkey = self.server
        socket.curve_publickey = self.public
        socket.curve_secretkey = self.secret

    @classmethod
    def load(cls, hub_key: Path, own_key: Path) -> "CurveKeys":
        """Read the files that `imagehub keys new` makes: the hub's `.key`, and the sender's `.key_secret`.

        Raise ImagehubError where one can't be read, or has not the key that it should have.
        """
        server, _ = _load(hub_key)
        public, secret = _load(own_key)
        if secret is None:
            raise ImagehubError(f"{own_key} has no secret key: give the file that ends in .key_secret")
        return cls(server, public, secret)


def _load(path: Path) -> tuple[bytes, bytes | None]:
    try:
        return zmq.auth.load_certificate(path)
    except OSError as error:
        raise ImagehubError(f"can't read the key file {path}: {error.strerror or 'no such file'}") from None
    except ValueError:
        raise ImagehubError(f"{path} has no key; make keys with: imagehub keys new NAME") from None


class Connection(Protocol):
    """A connection to one hub, good for one request after the other."""

    def exchange(self, frames: Frames, timeout_seconds: float) -> bytes | None:
        """Send a request and return its reply; None where none came in time: then the connection is spent."""

    def close(self) -> None:
        """Give up the connection and whatever is under way on it."""


class ReqConnection:
    """A REQ socket connected to one endpoint. Raises ImagehubError where the endpoint is none."""

    def __init__(self, endpoint: str, keys: CurveKeys | None = None) -> None:
        context: zmq.Context[zmq.Socket[bytes]] = zmq.Context.instance()
        self._socket = context.socket(zmq.REQ)
        self._socket.linger = 0
        try:
            if keys is not None:
                keys.guard(self._socket)
            self._socket.connect(endpoint)
        except (zmq.ZMQError, ValueError) as error:
            self._socket.close()
            raise ImagehubError(f"can't connect to {endpoint!r} ({error}); expected tcp://HOST:5555") from None

    def exchange(self, frames: Frames, timeout_seconds: float) -> bytes | None:
        """See `Connection.exchange`."""
        self._socket.sndtimeo = math.ceil(timeout_seconds * 1000)
        try:
            self._socket.send_multipart(frames, copy=False)
        except zmq.Again:
            return None
        return self._socket.recv_multipart()[0] if self.answered(timeout_seconds) else None

    def answered(self, timeout_seconds: float) -> bool:
        """Wait for a reply; tell whether one came in time."""
        return bool(self._socket.poll(math.ceil(timeout_seconds * 1000)))

    def close(self) -> None:
        """See `Connection.close`."""
        self._socket.close()


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a sender takes from outside: connections, seconds that never go back, pauses, and chance."""

    connect: Callable[[str, CurveKeys | None], Connection] = ReqConnection
    monotonic: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    random: Callable[[], float] = random.random


REAL = Surroundings()


class Sender:
    """Sends to the first of `hubs` that answers, one message at a time; only one thread may use it.

    A hub that has not answered after `deadline_seconds` is left for the next one in the list; once a minute a
    new message is tried with the first one again. After `give_up_seconds` without any answer NoAnswerError is
    raised. A message may end up on two hubs, where the one stored it and was too slow to say so.
    """

    def __init__(
        self,
        hubs: Sequence[str],
        deadline_seconds: float = 5.0,
        give_up_seconds: float = 60.0,
        keys: CurveKeys | None = None,
        surroundings: Surroundings = REAL,
        not_now: Callable[[bytes], bool] = lambda _: False,
    ) -> None:
        """`hubs` are endpoints such as `tcp://192.168.1.5:5555`, the preferred one first.

        A message whose reply is `not_now` is sent again, to the next hub first, as if no reply had come.
        """
        self._hubs = tuple(hubs)
        self._deadline_seconds = deadline_seconds
        self._give_up_seconds = give_up_seconds
        self._keys = keys
        self._world = surroundings
        self._not_now = not_now
        self._at = 0
        self._connection: Connection | None = None
        self._first_tried = -math.inf

    @property
    def hub(self) -> str:
        """The endpoint of the hub that the next message is tried with."""
        return self._hubs[self._at]

    def send(
        self,
        text: str,
        body: bytes,
        *,
        shape: tuple[int, ...] | None = None,
        taken: datetime | None = None,
        id: str | None = None,  # noqa: A002 - the header's own word
    ) -> str:
        """Send a message and return the hub's reply: `OK`, or from imagehub `NOT STORED` and a reason.

        `text` is `node view|type|rest`. `body` is a JPEG, or where `shape` is given the bytes in C order of a uint8
        array (rows, columns) or (rows, columns, channels), as `send_image` of imageZMQ sends it. `taken` is when the
        picture was taken or the event happened, with its UTC offset. `id` (1 to 64 ASCII characters) is by what
        imagehub knows a repeat; without one the message gets its own. Stock hubs ignore both.

        Raise NoAnswerError where no hub answers, ImagehubError where one of `hubs` is no endpoint.
        """
        header: dict[str, Any] = {"msg": text, "id": id or uuid.uuid4().hex}
        if taken is not None:
            header["taken"] = taken.isoformat()
        if shape is not None:
            header |= {"dtype": "uint8", "shape": list(shape)}
        return self._deliver((json.dumps(header).encode(), body)).decode(errors="replace")

    def send_jpg(self, text: str, jpg: bytes) -> str:
        """Send a JPEG and return the hub's reply; `text` is `node view|jpg`. See `send`."""
        return self.send(text, jpg)

    def send_event(self, text: str) -> str:
        """Send an event, such as `node view|motion|moving`, and return the hub's reply; see `send`."""
        return self.send(text, BLACK_JPEG)

    def close(self) -> None:
        """Give up the connection."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _deliver(self, frames: Frames) -> bytes:
        end = self._world.monotonic() + self._give_up_seconds
        self._prefer_first()
        rounds = 0
        while True:
            for _ in self._hubs:
                reply = self._try(frames, end)
                if reply is not None:
                    return reply
            self._pause(rounds, end)
            rounds += 1

    def _prefer_first(self) -> None:
        if self._at != 0 and self._world.monotonic() - self._first_tried >= FIRST_HUB_AGAIN_SECONDS:
            self._turn_to(0)

    def _try(self, frames: Frames, end: float) -> bytes | None:
        """Return the present hub's reply; None where the message must be sent again, to whichever hub."""
        now = self._world.monotonic()
        if now >= end:
            raise NoAnswerError(
                f"no answer within {self._give_up_seconds:g} s from {', '.join(self._hubs)}: "
                "does a hub run there, and does a firewall let its port through?"
            )
        if self._at == 0:
            self._first_tried = now
        if self._connection is None:
            self._connection = self._world.connect(self._hubs[self._at], self._keys)
        reply = self._connection.exchange(frames, min(self._deadline_seconds, end - now))
        if reply == REQUEST_LOST:
            return None
        if reply is not None and not self._not_now(reply):
            return reply
        self._turn_to((self._at + 1) % len(self._hubs))
        return None

    def _turn_to(self, index: int) -> None:
        self.close()
        self._at = index

    def _pause(self, rounds: int, end: float) -> None:
        """Wait before all hubs are tried again: longer each time, and not in step with other senders."""
        pause = min(LONGEST_PAUSE_SECONDS, FIRST_PAUSE_SECONDS * 2**rounds) * (0.5 + self._world.random() / 2)
        self._world.sleep(max(0.0, min(pause, end - self._world.monotonic())))
