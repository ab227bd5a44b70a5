"""An agent: it listens for conductors, and has one camera record at their word."""

import logging
import threading
import time
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path

import zmq

from imagehub import keys, transport
from imagehub.colony import protocol
from imagehub.colony.agent.desk import Answer, Desk
from imagehub.colony.agent.logring import LogRing
from imagehub.colony.agent.stage import REAL, Surroundings, Terms
from imagehub.colony.recording.plan import Plan
from imagehub.colony.states import FAULT, IDLE
from imagehub.errors import ImagehubError

log = logging.getLogger(__name__)

KEYS = "agent"
LOOK_MILLISECONDS, BUSY_MILLISECONDS = 100, 10
MOST_WAITING = 1024

Socket = zmq.Socket[bytes]


@dataclass(frozen=True, slots=True)
class Place:
    """Where an agent listens. With `keys_directory` only conductors whose keys lie there are let in."""

    port: int = protocol.DEFAULT_PORT
    bind_address: str = "*"
    keys_directory: Path | None = None

    @property
    def stream_address(self) -> str:
        """Where pictures are shown that may be watched: where the agent listens, in the words of sockets."""
        return "" if self.bind_address == "*" else self.bind_address


class Agent:
    """Runs in a thread of its own from `start` until `close`, which finishes a recording that is under way."""

    def __init__(self, place: Place, terms: Terms, world: Surroundings = REAL) -> None:
        self._place = place
        self._name = terms.name
        self._logring = LogRing()
        self._desk = Desk(terms, self._logring, world)
        self._world = world
        self._waiting: list[tuple[bytes, Future[protocol.Reply]]] = []
        self._admission = transport.Admission()
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._run, name="agent", daemon=True)
        self.turned = time.monotonic()
        """When its loop last went round, by `time.monotonic`: it has hung where that is long ago."""

    @property
    def state(self) -> str:
        """What the agent does now."""
        return self._desk.stage.state

    @property
    def is_done(self) -> bool:
        """Whether nothing is recorded, or about to be."""
        return self.state in {IDLE, FAULT}

    def record(self, plan: Plan) -> None:
        """Record at once, without a conductor; raise ImagehubError where that can't be."""
        self._desk.record(plan)

    def start(self) -> None:
        """Listen.

        Raises:
            ImagehubError: the port can't be had, or the keys are no good.
        """
        curve = self._curve()
        self._admission.set((), curve)
        self._context: zmq.Context[Socket] = zmq.Context()
        self._zap = self._context.socket(zmq.REP)
        self._zap.bind(transport.ZAP_ENDPOINT)
        self._socket = transport.router(self._context, protocol.MAX_REQUEST_BYTES, curve)
        where = transport.endpoint(self._place.bind_address, self._place.port)
        try:
            self._socket.bind(where)
        except zmq.ZMQError as error:
            self._close_sockets()
            raise ImagehubError(f"can't listen at {where}: {error.strerror}; is another agent there?") from error
        logging.getLogger("imagehub").addHandler(self._logring)
        self._desk.recover()
        self._thread.start()
        log.info("agent %s listens at %s", self._name or "without a name", where)

    def close(self) -> None:
        """Finish what is under way and listen no longer."""
        self._closing.set()
        self._thread.join()
        logging.getLogger("imagehub").removeHandler(self._logring)

    def _curve(self) -> transport.CurveKeys | None:
        directory = self._place.keys_directory
        if directory is None:
            return None
        return transport.CurveKeys(*keys.load_server(directory, KEYS), keys.load_admitted(directory, KEYS))

    def _run(self) -> None:
        poller = zmq.Poller()
        poller.register(self._socket, zmq.POLLIN)
        poller.register(self._zap, zmq.POLLIN)
        while not self._closing.is_set():
            self.turned = time.monotonic()
            ready = dict(poller.poll(BUSY_MILLISECONDS if self._waiting else LOOK_MILLISECONDS))
            if self._zap in ready:
                self._zap.send_multipart(self._admission.answer(self._zap.recv_multipart()))
            if self._socket in ready:
                self._hear()
            self._send_finished()
            self._look()
        self._desk.close()
        self._send_finished()
        self._close_sockets()

    def _look(self) -> None:
        try:
            self._desk.look()
        except Exception:  # no surprise of a camera may end the loop: the recording goes on
            log.exception("the recording can't be looked at")

    def _hear(self) -> None:
        frames = self._socket.recv_multipart()
        received_ns = self._world.wall_ns()
        if len(frames) != 2:
            log.warning("a request of %s frames was ignored", len(frames) - 1)
            return
        self._give(frames[0], self._desk.answer(frames[1], received_ns))

    def _give(self, sender: bytes, answer: Answer) -> None:
        if isinstance(answer, Future):
            if len(self._waiting) < MOST_WAITING:
                self._waiting.append((sender, answer))
        else:
            self._socket.send_multipart([sender, *protocol.encode_reply(answer)])

    def _send_finished(self) -> None:
        """Send the replies that were to come; whoever asked twice gets the same twice."""
        finished = [pair for pair in self._waiting if pair[1].done()]
        self._waiting = [pair for pair in self._waiting if not pair[1].done()]
        for sender, future in finished:
            self._give(sender, future.result())

    def _close_sockets(self) -> None:
        self._socket.close()
        self._zap.close()
        self._context.term()
