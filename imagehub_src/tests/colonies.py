"""Colonies for tests: agents in this process that record without a camera, and agents as processes of their own."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from imagehub.colony.agent.agent import Agent, Place
from imagehub.colony.agent.stage import Surroundings, Terms
from imagehub.colony.recording import names
from imagehub.colony.recording.plan import Plan, Progress, Recording
from imagehub.node.cameras.camera import Camera, CameraError, Frame, Mode
from running import free_port, until

PLENTY = 1 << 50


class NoCamera:
    """A camera that can be had, and gives no frames."""

    name = "no camera"

    def __init__(self) -> None:
        self.opened: list[Mode] = []

    def open(self, mode: Mode, first_frame_ns: int | None = None) -> None:
        """See `Camera.open`."""
        self.opened.append(mode)

    def read(self, timeout_seconds: float) -> Frame | None:
        """See `Camera.read`."""
        return None

    def close(self) -> None:
        """See `Camera.close`."""


class FakeRecorder:
    """Keeps what it was told, and writes a small file for a recording that was started.

    Before a test starts an agent it may set `arm_fault`; `fault` ends what is recorded.
    """

    def __init__(self, plan: Plan, data: Path, arm_fault: str = "") -> None:
        self.plan = plan
        self.started_ns = 0
        self.stops = 0
        self.fault: str | None = None
        self._data = data
        self._arm_fault = arm_fault
        self._files: dict[str, Path] = {}

    def arm(self) -> None:
        """See `Recorder.arm`."""
        if self._arm_fault:
            raise CameraError(self._arm_fault)

    def start(self, first_frame_ns: int) -> None:
        """See `Recorder.start`."""
        self.started_ns = first_frame_ns
        folder = names.folder(self._data, self.plan.acquisition_group, self.plan.acquisition_name)
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"{self.plan.acquisition_name}.{self.plan.instance}.20260131_120000.rcc.video.h264"
        path.write_bytes(os.urandom(100_000))
        self._files = {"video": path}

    def progress(self) -> Progress:
        """See `Recorder.progress`."""
        return Progress(frames=7 if self.started_ns else 0, fault=self.fault)

    def stop(self) -> Recording:
        """See `Recorder.stop`."""
        self.stops += 1
        return Recording(next(iter(self._files.values())).parent if self._files else None, self._files, self.progress())


class FakeWorld:
    """What a fake agent lives in: its recorders so far, the fault of the next ones, its clock, its disk."""

    def __init__(self) -> None:
        self.recorders: list[FakeRecorder] = []
        self.sources: list[str] = []
        self.stream_addresses: list[str] = []
        self.arm_fault = ""
        self.ahead_ns = 0
        self.free_bytes = PLENTY

    def surroundings(self) -> Surroundings:
        """Return it as an agent takes it."""
        return Surroundings(self._camera, self._recorder, lambda _: self.free_bytes, self._wall_ns)

    def _camera(self, source: str) -> Camera:
        self.sources.append(source)
        return NoCamera()

    def _recorder(self, camera: Camera, plan: Plan, data_directory: Path, stream_address: str) -> FakeRecorder:
        self.stream_addresses.append(stream_address)
        self.recorders.append(FakeRecorder(plan, data_directory, self.arm_fault))
        return self.recorders[-1]

    def _wall_ns(self) -> int:
        return time.time_ns() + self.ahead_ns


class FakeColony:
    """Agents in this process, each at a port of its own, and the settings file that names them."""

    def __init__(self, folder: Path, names: tuple[str, ...], keys_directory: Path | None = None) -> None:
        self.folder = folder
        self.ports = {name: free_port() for name in names}
        self.worlds = {name: FakeWorld() for name in names}
        self.agents: dict[str, Agent] = {}
        self._keys = keys_directory

    def start(self, name: str) -> None:
        """Start the agent of a camera."""
        place = Place(self.ports[name], "127.0.0.1", self._keys)
        agent = Agent(place, Terms(name, "", self.folder / name), self.worlds[name].surroundings())
        agent.start()
        self.agents[name] = agent

    def close(self) -> None:
        """End all agents."""
        for agent in self.agents.values():
            agent.close()

    def settings(self, camera: Mapping[str, Any] | None = None, **general: Any) -> Path:
        """Write the settings file and return it; `camera` are keys of all cameras."""
        return write_settings(self.folder, self.ports, camera or {}, general)


@contextmanager
def fake_colony(folder: Path, *names: str, keys_directory: Path | None = None) -> Iterator[FakeColony]:
    """Give agents that run, and end them afterwards."""
    colony = FakeColony(folder, names, keys_directory)
    try:
        for name in names:
            colony.start(name)
        yield colony
    finally:
        colony.close()


def write_settings(
    folder: Path, ports: Mapping[str, int], camera: Mapping[str, Any], general: Mapping[str, Any], **control: Any
) -> Path:
    """Write a settings file for agents on this machine, and return it."""
    defaults = {"acquisition_name": "barn__first", "session_path": "gathered", "start_lead_seconds": 0.3}
    lines = ["[general]", *_pairs({**defaults, **general}), "[log]", "log_to_file = False", "[control]"]
    lines += [*_pairs(control), "[controllers]"]
    for name, port in ports.items():
        lines += [f"[[{name}]]", 'address = "127.0.0.1"', f"control_port = {port}", *_pairs(camera)]
    path = folder / "colony.config"
    path.write_text("\n".join(lines) + "\n")
    return path


def _pairs(values: Mapping[str, Any]) -> list[str]:
    return [f"{name} = {value!r}" for name, value in values.items()]


class AgentProcess:
    """An agent as `colony agent` runs it, with the synthetic camera; its output is kept in `agent.log`."""

    def __init__(self, folder: Path, name: str, source: str = "synthetic", *words: str) -> None:
        self.name = name
        self.port = free_port()
        self.data = folder / name
        self.log = folder / f"{name}.log"
        self._words = ["--name", name, "--port", str(self.port), "--bind-address", "127.0.0.1"]
        self._words += ["--data-path", str(self.data), "--source", source, *words]
        self.environment: dict[str, str] = {}
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it and wait until it listens."""
        already = self.output().count("listens")
        code = "import sys; from imagehub.colony.cli import main; sys.exit(main(sys.argv[1:]))"
        with self.log.open("ab") as log:
            command = [sys.executable, "-c", code, "agent", *self._words]
            self.process = subprocess.Popen(command, stdout=log, stderr=log, env=os.environ | self.environment)
        until(lambda: self.output().count("listens") > already, f"agent {self.name}; it says {self.output()}")

    def output(self) -> str:
        """Return what it has said."""
        return self.log.read_text(errors="replace") if self.log.exists() else ""

    def end(self, number: int = signal.SIGTERM) -> int:
        """End it by a signal and return its exit code."""
        assert self.process is not None
        if self.process.poll() is None:
            self.process.send_signal(number)
        return self.process.wait(30)


@contextmanager
def agent_processes(folder: Path, *names: str, words: tuple[str, ...] = ()) -> Iterator[dict[str, AgentProcess]]:
    """Give agents that run as processes, and end them afterwards."""
    agents = {name: AgentProcess(folder, name, f"synthetic:seed={seed}", *words) for seed, name in enumerate(names)}
    try:
        for agent in agents.values():
            agent.start()
        yield agents
    finally:
        for agent in agents.values():
            if agent.process is not None:
                agent.end()


class Heard:
    """Keeps what a callback was told, for other threads to wait for."""

    def __init__(self) -> None:
        self.told: list[tuple[Any, ...]] = []
        self._news = threading.Condition()

    def __call__(self, *words: Any) -> None:
        """Keep some words."""
        with self._news:
            self.told.append(words)
            self._news.notify_all()

    def wait_for(self, fits: Callable[[tuple[Any, ...]], bool], seconds: float = 15.0) -> tuple[Any, ...]:
        """Return the first words that fit; fail where none come in time."""
        with self._news:
            assert self._news.wait_for(lambda: any(map(fits, self.told)), seconds), f"only {self.told} came"
            return next(words for words in self.told if fits(words))
