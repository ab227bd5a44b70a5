"""Waking senders that wait for a reply which can't come any more.

A stock REQ sender waits for its reply even when the connection broke, or the process that took its request is gone;
it connects again and waits on. ROUTER numbers its connections upwards (its routing ids are a zero byte and a 32-bit
count), so a front can address a connection that it never heard. It tells one that is new and says nothing that its
reply is lost. To a sender that was not waiting this means nothing: REQ drops what comes unasked before its next
request.
"""

import struct
import time
from collections.abc import Callable

import zmq

TEXT = b"NOT STORED connection lost"
QUIET_SECONDS = 3.0

_PROBE = "inproc://imagehub-routing-id"
_ROUTING_ID = struct.Struct(">BI")


class Waker:
    """Knows which connections are new and quiet. Used by the thread that owns the ROUTER."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._last = 0
        self._quiet: dict[bytes, float] = {}
        self._unanswered: dict[bytes, int | None] = {}
        self._late: set[int] = set()

    def start(self, context: zmq.Context[zmq.Socket[bytes]], router: zmq.Socket[bytes]) -> zmq.Socket[bytes]:
        """Learn where the router counts from, before it has a port; return a socket that tells of connections."""
        router.bind(_PROBE)
        with context.socket(zmq.DEALER) as dealer:
            dealer.connect(_PROBE)
            dealer.send(b"")
            self._last = _ROUTING_ID.unpack(router.recv_multipart()[0])[1]
        router.unbind(_PROBE)
        return router.get_monitor_socket(zmq.EVENT_HANDSHAKE_SUCCEEDED)

    def connected(self, monitor: zmq.Socket[bytes]) -> None:
        """Note a connection."""
        monitor.recv_multipart()
        self._last = (self._last + 1) & 0xFFFFFFFF
        self._quiet[_ROUTING_ID.pack(0, self._last)] = self._monotonic() + QUIET_SECONDS

    def heard(self, identity: bytes, number: int) -> None:
        """Note that a request came from a connection."""
        self._quiet.pop(identity, None)
        if identity in self._unanswered:
            # It sends again without this reply: it took being woken for the answer to the request before.
            earlier, self._unanswered[identity] = self._unanswered[identity], number
            if earlier is not None:
                self._late.add(earlier)

    def silences(self, identity: bytes, number: int) -> bool:
        """Tell whether the reply to a request comes too late to be sent."""
        if self._unanswered.get(identity) == number:
            del self._unanswered[identity]  # an answer in time: nothing is left of having been woken
        if number in self._late:
            self._late.remove(number)
            return True
        return False

    def begin_again(self) -> None:
        """Give all quiet connections their time anew: until now nobody listened to them."""
        due = self._monotonic() + QUIET_SECONDS
        self._quiet = dict.fromkeys(self._quiet, due)

    def pause_seconds(self) -> float | None:
        """Return how long there is nobody to wake; None: no connection is new and quiet."""
        if not self._quiet:
            return None
        return max(0.0, next(iter(self._quiet.values())) - self._monotonic())

    def wake(self, router: zmq.Socket[bytes]) -> None:
        """Answer those that have been quiet for long enough."""
        now = self._monotonic()
        while self._quiet:
            identity, due = next(iter(self._quiet.items()))
            if due > now:
                return
            del self._quiet[identity]
            self._unanswered[identity] = None
            router.send_multipart([identity, b"", TEXT])
