"""Telling systemd how the service is (sd_notify(3)); does nothing where systemd did not ask."""

import os
import socket
from collections.abc import Mapping
from contextlib import suppress


class Notifier:
    """Sends state to the service manager named by NOTIFY_SOCKET."""

    def __init__(self, environment: Mapping[str, str] = os.environ) -> None:
        path = environment.get("NOTIFY_SOCKET", "")
        self._address = "\0" + path[1:] if path.startswith("@") else path

    def tell(self, *lines: str) -> None:
        """Send assignments such as `READY=1`; a manager that can't be reached is no fault of the service."""
        if self._address:
            with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as stream:
                stream.sendto("\n".join(lines).encode(), self._address)
