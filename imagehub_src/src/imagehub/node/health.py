"""How a node is: what it tells of its machine at its start, and its sign of life."""

import contextlib
import os
import platform
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

UNKNOWN = "unknown"


def heartbeat_text(node_name: str) -> str:
    """Return the text of a sign of life."""
    return f"{node_name}|Heartbeat"


@dataclass(frozen=True)
class System:
    """The machine that the node runs on. `hub` is the first hub's endpoint, `tcp://HOST:PORT`."""

    hub: str = ""
    root: Path = Path("/")
    kernel: str = field(default_factory=platform.system)
    host: str = field(default_factory=socket.gethostname)
    resolve: Callable[..., list[Any]] = socket.getaddrinfo

    def type(self) -> str:
        """Return `RPi`, `Ubuntu`, `Linux`, `Mac`, or the name of another operating system.

        A Raspberry Pi tells what it is by its device tree: Raspberry Pi OS of 64 bits calls itself Debian.
        """
        if self.kernel != "Linux":
            return {"Darwin": "Mac"}.get(self.kernel, self.kernel or UNKNOWN)
        release = self._text("etc/os-release").lower()
        if "raspbian" in release:
            return "RPi"
        if "ubuntu" in release:
            return "Ubuntu"
        return "RPi" if "Raspberry Pi" in self._text("proc/device-tree/model") else "Linux"

    def address(self) -> str:
        """Return the address of the interface that leads to the hub, `unknown` where there is no way to it."""
        for family, kind, _, _, there in self._ways():
            with contextlib.suppress(OSError), socket.socket(family, kind) as probe:
                probe.connect(there)  # of UDP: it chooses a way, and sends nothing
                return str(probe.getsockname()[0])
        return UNKNOWN

    def memory_mb(self) -> int:
        """Return the size of its memory, in MB of 1024 * 1024 bytes."""
        for line in self._text("proc/meminfo").splitlines():
            name, _, size = line.partition(":")
            if name == "MemTotal":
                return round(int(size.split()[0]) / 1024)
        return round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1024**2)

    def hours(self) -> float:
        """Return the hours since it was started, to two decimals."""
        uptime = self._text("proc/uptime").split()
        seconds = float(uptime[0]) if uptime else time.monotonic()
        return round(seconds / 3600, 2)

    def _ways(self) -> list[Any]:
        try:
            hub = urlsplit(self.hub)
            return self.resolve(hub.hostname, hub.port, type=socket.SOCK_DGRAM) if hub.hostname else []
        except (OSError, ValueError):
            return []

    def _text(self, path: str) -> str:
        try:
            return (self.root / path).read_text(encoding="utf-8", errors="replace")
        except OSError:
            return ""


def restart_text(node_name: str, system: System) -> str:
    """Return what a node tells at its start: `NAME|Restart|host|type|address|MB|hours since the machine's start`."""
    facts = (system.host, system.type(), system.address(), str(system.memory_mb()), str(system.hours()))
    return "|".join([node_name, "Restart", *facts])
