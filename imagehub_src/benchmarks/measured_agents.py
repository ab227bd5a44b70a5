"""Real agents to measure: processes with painted cameras, watched from outside."""

import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Self

import zmq

from measured_hub import TICKS, free_port

COMMAND = "import sys; from imagehub.colony.cli import main; sys.exit(main(sys.argv[1:]))"
READY_MILLISECONDS = 60_000


class MeasuredAgents:
    """So many agents on this machine, each with a synthetic camera, a port and a data folder of its own."""

    def __init__(self, folder: Path, count: int) -> None:
        self._folder = folder
        self.ports = {f"camera{number:02}": free_port() for number in range(1, count + 1)}
        self._processes: list[subprocess.Popen[bytes]] = []

    def __enter__(self) -> Self:
        for number, (name, port) in enumerate(self.ports.items()):
            self._processes.append(self._start(number, name, port))
        for port in self.ports.values():
            _wait_for(port)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for process in self._processes:
            process.send_signal(signal.SIGTERM)
        for process in self._processes:
            process.wait(60)

    def cpu_seconds(self) -> float:
        """Return the CPU time of all agents up to now."""
        return sum(_cpu_seconds(process.pid) for process in self._processes)

    def _start(self, number: int, name: str, port: int) -> subprocess.Popen[bytes]:
        words = ["agent", "--instance-name", name, "--port", str(port), "--bind-address", "127.0.0.1"]
        words += ["--source", f"synthetic:seed={number}", "--data-path", str(self._folder / name)]
        (self._folder / name).mkdir(parents=True)
        with (self._folder / f"{name}.log").open("wb") as log:
            return subprocess.Popen([sys.executable, "-c", COMMAND, *words], stdout=log, stderr=log)


def settings_file(folder: Path, ports: dict[str, int], resolution: Sequence[int], framerate: int) -> Path:
    """Write the settings of a colony with these agents, and return the path."""
    general = ["[general]", "acquisition_name = 'bench'", f"session_path = '{folder / 'sessions'}'"]
    lines = [*general, "[log]", "log_to_console = False", "log_to_file = False", "[controllers]"]
    for name, port in ports.items():
        lines += [f"[[{name}]]", "address = '127.0.0.1'", f"control_port = {port}", f"framerate = {framerate}"]
        lines += [f"resolution = ({resolution[0]}, {resolution[1]})", "ttl_in_pin = -1", "ttl_out_pin = -1"]
    path = folder / "colony.config"
    path.write_text("\n".join(lines) + "\n")
    return path


def _cpu_seconds(process: int) -> float:
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def _wait_for(port: int) -> None:
    """Wait until somebody takes connections at a port."""
    with _monitored(port) as monitor:
        if not monitor.poll(READY_MILLISECONDS):
            raise SystemExit(f"the agent at port {port} did not start")


@contextmanager
def _monitored(port: int) -> "Iterator[zmq.Socket[bytes]]":
    with zmq.Context() as context, context.socket(zmq.DEALER) as dealer:
        dealer.linger = 0
        dealer.reconnect_ivl = 20
        monitor = dealer.get_monitor_socket(zmq.EVENT_HANDSHAKE_SUCCEEDED)
        dealer.connect(f"tcp://127.0.0.1:{port}")
        yield monitor
        dealer.disable_monitor()
