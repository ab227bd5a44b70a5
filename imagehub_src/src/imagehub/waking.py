"""Waking senders whose request went down with an earlier front.

A stock REQ sender waits for its reply even when the process that took its request is gone; it connects again and
waits on. ROUTER numbers its connections upwards (its routing ids are a zero byte and a 32-bit count), so a fresh front
can answer a sender that it never heard. It tells those that connect and stay quiet that their request is lost;
to one that was not waiting the answer means nothing: REQ drops what comes unasked before its next request.
"""

import struct
import time
from collections.abc import Callable

import zmq
from zmq.utils.monitor import recv_monitor_message

TEXT = b"NOT STORED hub restarted"
QUIET_SECONDS = 3.0
WATCH_SECONDS = 180.0  # longer than a sender takes to find its way back after the hub's machine was away

_PROBE = "inproc://imagehub-routing-id"
_ROUTING_ID = struct.Struct(">BI")


class Waker:
    """Watches the connections of a front's first minutes. Used by the thread that owns the ROUTER."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._until = monotonic() + WATCH_SECONDS
        self._last = 0
        self._quiet: dict[bytes, float] = {}
        self._unanswered: dict[bytes, int | None] = {}
        self._late: set[int] = set()

    def start(self, context: zmq.Context[zmq.Socket[bytes]], router: zmq.Socket[bytes]) -> zmq.Socket[bytes]:
        """Learn where the router counts from, before it is bound to a port; return what is readable on connections."""
        router.bind(_PROBE)
        with context.socket(zmq.DEALER) as dealer:
            dealer.connect(_PROBE)
            dealer.send(b"")
            self._last = _ROUTING_ID.unpack(router.recv_multipart()[0])[1]
        router.unbind(_PROBE)
        return router.get_monitor_socket(zmq.EVENT_HANDSHAKE_SUCCEEDED)

    def connected(self, monitor: zmq.Socket[bytes]) -> None:
        """Note a connection."""
        recv_monitor_message(monitor)
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
            self._unanswered[identity] = None
        if number in self._late:
            self._late.remove(number)
            return True
        return False

    def pause_seconds(self) -> float | None:
        """Return when to `wake` next, or None once the time for that is over."""
        now = self._monotonic()
        if now >= self._until:
            self._quiet.clear()
            return None
        return max(0.0, min(self._quiet.values(), default=self._until) - now)

    def wake(self, router: zmq.Socket[bytes]) -> None:
        """Answer those that have been quiet for long enough."""
        now = self._monotonic()
        for identity in [identity for identity, due in self._quiet.items() if due <= now]:
            del self._quiet[identity]
            self._unanswered[identity] = None
            router.send_multipart([identity, b"", TEXT])
