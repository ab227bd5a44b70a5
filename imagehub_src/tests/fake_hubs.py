"""Hubs in memory, for tests of senders: their answers are given beforehand, their clock is moved by hand."""

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

from imagehub.sender import CurveKeys, Frames, Sender, Surroundings
from imagehub.testing import FakeClock


@dataclass
class FakeHub:
    """A hub that answers what it is told to; None is silence. It keeps what it heard."""

    answers: Iterator[bytes | None]
    heard: list[Frames] = field(default_factory=list)
    opened: int = 0
    closed: int = 0

    def texts(self) -> list[str]:
        """The texts of the messages that it heard."""
        return [json.loads(header)["msg"] for header, _ in self.heard]

    def ids(self) -> list[str]:
        """The ids of the messages that it heard."""
        return [json.loads(header)["id"] for header, _ in self.heard]


@dataclass
class FakeConnection:
    """A connection to a hub in memory: silence takes as long as the sender waits for an answer."""

    hub: FakeHub
    clock: FakeClock

    def exchange(self, frames: Frames, timeout_seconds: float) -> bytes | None:
        """Hear a request and answer it."""
        self.hub.heard.append(frames)
        answer = next(self.hub.answers)
        if answer is None:
            self.clock.pass_(timeout_seconds)
        return answer

    def close(self) -> None:
        """Note the end."""
        self.hub.closed += 1


class World:
    """Hubs by endpoint, a clock, and the pauses that were made."""

    def __init__(self, **answers: Iterable[bytes | None]) -> None:
        self.clock = FakeClock()
        self.hubs = {f"tcp://{name}:5555": FakeHub(iter(given)) for name, given in answers.items()}
        self.pauses: list[float] = []

    def sender(
        self,
        deadline_seconds: float = 5.0,
        give_up_seconds: float = 60.0,
        random: Callable[[], float] = lambda: 1.0,
        not_now: Callable[[bytes], bool] = lambda _: False,
    ) -> Sender:
        """Return a sender to all hubs, in the order they were given."""
        surroundings = Surroundings(self._connect, self.clock.monotonic, self._sleep, random)
        return Sender(list(self.hubs), deadline_seconds, give_up_seconds, surroundings=surroundings, not_now=not_now)

    def _connect(self, endpoint: str, _keys: CurveKeys | None) -> FakeConnection:
        self.hubs[endpoint].opened += 1
        return FakeConnection(self.hubs[endpoint], self.clock)

    def _sleep(self, seconds: float) -> None:
        self.pauses.append(seconds)
        self.clock.pass_(seconds)
