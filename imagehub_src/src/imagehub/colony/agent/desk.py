"""Answering requests: which part of the agent does what is asked, what takes its time, and what was answered before."""

import logging
import os
import threading
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

from imagehub import __version__
from imagehub.colony import protocol
from imagehub.colony.agent.logring import LogRing
from imagehub.colony.agent.shelf import Session, Shelf
from imagehub.colony.agent.stage import AGENT_ENDS, REAL, Stage, Surroundings, Terms
from imagehub.colony.protocol import Reply, Request
from imagehub.colony.recording.plan import Plan
from imagehub.colony.states import RECORDING, check
from imagehub.errors import ImagehubError

log = logging.getLogger(__name__)

REMEMBERED = 256
DEFAULT_LOST_SECONDS = 10.0
AT_WORK = frozenset({"preview", "arm", "start", "stop", "disarm", "clock_source"})
"""What may take its time, or changes the camera: done one after the other, apart from the loop that answers."""

Answer = Reply | Future[Reply]

_recovering = threading.Lock()  # several agents of a node may share a folder


class Desk:
    """One agent's answers. One thread calls it; what takes its time is done by a thread of its own."""

    def __init__(self, terms: Terms, logring: LogRing, world: Surroundings = REAL) -> None:
        self._world = world
        self._name = terms.name
        self._own_data = terms.data_directory
        self._log = logring
        self._life = os.urandom(8).hex()
        self.stage = Stage(terms, world)
        self._worker = ThreadPoolExecutor(1, "agent work")
        self._counter = ThreadPoolExecutor(1, "agent checksums")
        self._shelves: dict[Path, Shelf] = {}
        self._known: OrderedDict[str, Answer] = OrderedDict()
        self._ending: Future[None] | None = None
        self._heard = world.monotonic()
        self._lost_seconds = DEFAULT_LOST_SECONDS
        self._lost = False

    def answer(self, data: bytes, received_ns: int) -> Answer:
        """Return the reply to a request, perhaps one to come.

        A request whose id is known was sent again: what it asks for is done once, and answered alike.
        """
        self._hear()
        try:
            request = protocol.decode(data)
        except protocol.ProtocolError as error:
            log.warning("a request was refused: %s", error)
            return Reply("?", ok=False, why=str(error), state=self.stage.state)
        if request.ask not in AT_WORK:
            return self._at_once(request, received_ns)
        if request.id not in self._known:
            self._known[request.id] = self._worker.submit(self._work, request)
            while len(self._known) > REMEMBERED:
                self._known.popitem(last=False)
        return self._known[request.id]

    def look(self) -> None:
        """See whether the recording must end, and whether the conductor is still there."""
        why = self.stage.must_end()
        if why and (self._ending is None or self._ending.done()):
            self._ending = self._worker.submit(self._end, why)
        self._look_for_conductor()

    def recover(self) -> None:
        """Close what a crash or a power cut left open; returns at once, and what is asked meanwhile waits for it."""
        if self._own_data is not None and self._own_data.is_dir():
            self._worker.submit(_recover, self._own_data)

    def record(self, plan: Plan) -> None:
        """Record at once, without a conductor; raise ImagehubError where that can't be."""
        self._worker.submit(self.stage.record, plan).result()

    def close(self) -> None:
        """Finish what is under way, with all files closed."""
        self._worker.submit(self.stage.stop, AGENT_ENDS).result()
        self._worker.shutdown()
        self._counter.shutdown(cancel_futures=True)

    def _hear(self) -> None:
        if self._lost:
            log.info("the conductor is back")
        self._heard, self._lost = self._world.monotonic(), False

    def _look_for_conductor(self) -> None:
        silent = self._world.monotonic() - self._heard
        if self.stage.state == RECORDING and silent > self._lost_seconds and not self._lost:
            self._lost = True
            log.warning("no conductor for %.0f s: the recording goes on until max_acquisition_time", silent)

    def _end(self, why: str) -> None:
        if self.stage.state == RECORDING:
            self.stage.stop(why)

    def _work(self, request: Request) -> Reply:
        return self._replying(request, lambda: self._slow(request))

    def _at_once(self, request: Request, received_ns: int) -> Reply:
        return self._replying(request, lambda: self._quick(request, received_ns))

    def _replying(self, request: Request, do: Callable[[], tuple[dict[str, Any], bytes]]) -> Reply:
        try:
            check(request.ask, self.stage.state)
            fields, data = do()
        except ImagehubError as error:
            log.warning("%s was refused: %s", request.ask, error)
            return Reply(request.id, ok=False, why=str(error), state=self.stage.state)
        except Exception as error:  # no request may end the agent, whose recording goes on
            log.exception("%s failed", request.ask)
            return Reply(request.id, ok=False, why=f"{type(error).__name__}: {error}", state=self.stage.state)
        return Reply(request.id, ok=True, why="", state=self.stage.state, fields=fields, data=data)

    def _slow(self, request: Request) -> tuple[dict[str, Any], bytes]:
        if request.ask == "clock_source":
            return clock_source(), b""
        doing = {"preview": self._preview, "arm": self._arm, "start": self._start, "stop": self._stop}
        doing.get(request.ask, self._disarm)(request)
        return self._status(), b""

    def _preview(self, request: Request) -> None:
        fields = request.fields
        self.stage.preview(protocol.mode_from_json(fields["mode"]), fields["port"], fields["source"])

    def _arm(self, request: Request) -> None:
        fields = request.fields
        self._lost_seconds = float(fields["lost_conductor_seconds"])
        self.stage.arm(protocol.plan_from_json(fields["plan"]), fields["source"], fields["data_path"])

    def _start(self, request: Request) -> None:
        self.stage.start(request.fields["at_ns"])

    def _stop(self, request: Request) -> None:
        self.stage.stop()

    def _disarm(self, request: Request) -> None:
        self.stage.disarm()

    def _quick(self, request: Request, received_ns: int) -> tuple[dict[str, Any], bytes]:
        fields = request.fields
        match request.ask:
            case "state":
                return self._status(), b""
            case "clock":
                return {"received_ns": received_ns, "answered_ns": self._world.wall_ns()}, b""
            case "log":
                return {"agent": self._life, **self._log.since(fields["since"])}, b""
            case "files":
                return {"files": self._shelf(fields).files(_session(fields))}, b""
            case "sum":
                return {"sha256": self._shelf(fields).sum(_session(fields), fields["path"])}, b""
        data = self._shelf(fields).read(_session(fields), fields["path"], fields["offset"], fields["size"])
        return {"offset": fields["offset"], "size": len(data)}, data

    def _shelf(self, fields: Any) -> Shelf:
        data = self.stage.data_directory(fields["data_path"])
        return self._shelves.setdefault(data, Shelf(data, self._counter))

    def _status(self) -> dict[str, Any]:
        return {"instance": self._name, "agent": self._life, "version": __version__, **self.stage.status()}


def _session(fields: Any) -> Session:
    return Session(fields["group"], fields["name"], fields["instance"])


def _recover(data_directory: Path) -> None:
    from imagehub.colony.recording.recovery import recover

    try:
        with _recovering:
            recover(data_directory)
    except Exception:  # what is left of an old recording must not keep a new one from being made
        log.exception("old recordings in %s can't be looked at", data_directory)


def clock_source() -> dict[str, Any]:
    """Return what keeps this machine's clock right."""
    from imagehub.colony.synchrony import sources

    found = sources.state()
    return {"kind": found.kind, "synchronised": found.synchronised, "detail": found.detail}
