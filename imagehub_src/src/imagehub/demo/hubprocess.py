"""A hub as a process of its own, for who needs one for a while: its settings, start, status and end."""

import contextlib
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

from imagehub import status
from imagehub.errors import ImagehubError

ADDRESS = "127.0.0.1"
STOP_SECONDS = 10.0
LAST_LINES = 8
DATA = "imagehub_data"
LOG = "hub.log"
SETTINGS = f"""\
# Written anew by each `imagehub demo`.
hub:
  port: {{port}}
  bind_address: {ADDRESS}
  data_directory: {DATA}
  max_images_write: 1000000
"""


class HubProcess:
    """A hub that listens on this machine only, with all its files in `folder`."""

    def __init__(self, folder: Path, port: int) -> None:
        self.folder = folder
        self.data = folder / DATA
        self.port = port
        self.log = folder / LOG
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def endpoint(self) -> str:
        """Where senders connect."""
        return f"tcp://{ADDRESS}:{self.port}"

    @property
    def exit_code(self) -> int | None:
        """The exit code, or None while it runs."""
        assert self._process is not None
        return self._process.poll()

    def start(self, quiet: bool) -> None:
        """Write the settings and start; `quiet` sends what the hub prints to a file in the folder.

        Raise ImagehubError where the folder can't be written, or a hub runs in it already.
        """
        if self._document() is not None:
            raise ImagehubError(f"a hub runs in {self.folder} already: stop it, or use another folder (--folder)")
        command = [sys.executable, "-P", "-m", "imagehub", "run", "--path", str(self.folder)]
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            (self.folder / "imagehub.yaml").write_text(SETTINGS.format(port=self.port))
            with self.log.open("wb") as log:
                # A session of its own: Ctrl-C reaches whoever started the hub, and not the hub.
                self._process = subprocess.Popen(command, stderr=log if quiet else None, start_new_session=True)
        except OSError as error:
            raise ImagehubError(f"can't use the folder {self.folder}: {error.strerror}") from error

    def status(self) -> dict[str, Any] | None:
        """Return the status of the hub if it listens, else None."""
        document = self._document()
        return document if document is not None and document["endpoint"] else None

    def _document(self) -> dict[str, Any] | None:
        with contextlib.suppress(ImagehubError):
            return status.query(self.data / "run")
        return None

    def last_words(self) -> list[str]:
        """Return the last lines of what it printed, if that went to the file."""
        return self.log.read_text(errors="replace").splitlines()[-LAST_LINES:]

    def stop(self) -> None:
        """Let it finish what it has begun, and end."""
        assert self._process is not None
        self._process.terminate()
        try:
            self._process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()


def free_port(preferred: int) -> int:
    """Return a TCP port that nobody uses on this machine: `preferred` if possible."""
    for port in (preferred, 0):
        with contextlib.suppress(OSError), socket.create_server((ADDRESS, port)) as stream:
            return int(stream.getsockname()[1])
    raise ImagehubError(f"no TCP port is free on {ADDRESS}")
