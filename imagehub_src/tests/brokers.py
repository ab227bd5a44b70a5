"""A real MQTT broker for tests, and somebody who listens to it."""

import json
import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple, Self

from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion

from requirements_here import require
from running import free_port, until


class Broker:
    """A mosquitto on a port of its own, which may be stopped and started again."""

    def __init__(self, folder: Path, *lines: str) -> None:
        server = shutil.which("mosquitto", path=f"{os.environ['PATH']}:/usr/sbin")
        require(server, "mosquitto: apt-get install mosquitto")
        self.port, self._folder, self._server = free_port(), folder, str(server)
        self._process: subprocess.Popen[bytes] | None = None
        folder.mkdir(parents=True)
        common = [f"listener {self.port} 127.0.0.1", "user root", "persistence false", "log_type all"]
        (folder / "mosquitto.conf").write_text("\n".join([*common, *(lines or ["allow_anonymous true"]), ""]))

    def start(self) -> None:
        """Start it and wait until it listens."""
        with (self._folder / "mosquitto.log").open("ab") as log:
            words = [self._server, "-c", str(self._folder / "mosquitto.conf")]
            self._process = subprocess.Popen(words, stdout=log, stderr=log)
        until(lambda: self.log().count("running") > self._starts, f"mosquitto; it says {self.log()}")
        self._starts += 1

    def stop(self) -> None:
        """End it; retained messages are lost."""
        if self._process is not None:
            self._process.terminate()
            self._process.wait(30)
            self._process = None

    @contextmanager
    def frozen(self) -> Iterator[None]:
        """Let it neither answer nor go away."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self._process.send_signal(signal.SIGCONT)

    def log(self) -> str:
        """Return what it has printed."""
        return (self._folder / "mosquitto.log").read_text()

    _starts = 0


@contextmanager
def running_broker(folder: Path, *lines: str) -> Iterator[Broker]:
    """Give a broker with these lines in its configuration; without, everybody may do everything."""
    broker = Broker(folder, *lines)
    try:
        broker.start()
        yield broker
    finally:
        broker.stop()


class Heard(NamedTuple):
    """A message."""

    topic: str
    payload: bytes
    retained: bool


class Ear:
    """Listens to all topics of a broker, and sends."""

    def __init__(self, port: int, user: str | None = None, password: str | None = None, ca: Path | None = None) -> None:
        self.heard: list[Heard] = []
        self._client = Client(CallbackAPIVersion.VERSION2, reconnect_on_failure=True)
        self._client.reconnect_delay_set(1, 1)
        self._client.on_message = self._hear
        self._client.on_connect = lambda client, *_: client.subscribe("#", qos=1)
        self._subscribed = False
        self._client.on_subscribe = self._note_subscribed
        if user:
            self._client.username_pw_set(user, password)
        if ca:
            self._client.tls_set(str(ca))
        self.port = port

    def __enter__(self) -> Self:
        self._client.connect("127.0.0.1", self.port)
        self._client.loop_start()
        until(lambda: self._subscribed, "the subscription")
        return self

    def __exit__(self, *_: object) -> None:
        self._client.disconnect()
        self._client.loop_stop()

    def send(self, topic: str, payload: bytes | str, retain: bool = False) -> None:
        """Publish a message, and wait until the broker has it."""
        self._client.publish(topic, payload, qos=1, retain=retain).wait_for_publish(30)

    def latest(self, topic: str) -> bytes | None:
        """Return the latest payload of a topic."""
        return next((heard.payload for heard in reversed(self.heard) if heard.topic == topic), None)

    def count(self, topic: str) -> int:
        """Return how many messages of a topic came."""
        return sum(heard.topic == topic for heard in tuple(self.heard))

    def wait_for(self, topic: str, payload: bytes | None = None) -> bytes:
        """Wait for a message, with this payload or with any but an empty one, and return its payload."""

        def found() -> bytes | None:
            wanted = (heard.payload for heard in tuple(self.heard) if heard.topic == topic)
            return next((given for given in wanted if given and payload in {None, given}), None)

        return until(found, f"{topic} {payload!r}; heard {[heard.topic for heard in self.heard]}")

    def wait_for_json(self, topic: str) -> Any:
        """Wait for a message and return what its JSON says."""
        return json.loads(self.wait_for(topic))

    def _hear(self, _client: Any, _data: Any, message: MQTTMessage) -> None:
        self.heard.append(Heard(message.topic, bytes(message.payload), message.retain))

    def _note_subscribed(self, *_: Any) -> None:
        self._subscribed = True
