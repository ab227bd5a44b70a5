"""A librarian as a process of its own, beside the demo's hub: its settings, start, address and end."""

import re
import subprocess
import sys
from pathlib import Path

from imagehub.demo.hubprocess import ADDRESS, DATA, STOP_SECONDS
from imagehub.errors import ImagehubError

LOG = "librarian.log"
SETTINGS = f"""\
# Written anew by each `imagehub demo`.
librarian:
  hub_directory: {DATA}
web:
  address: {ADDRESS}
  port: {{port}}
"""


class LibrarianProcess:
    """A librarian that follows the hub in `folder`; its page is for this machine only."""

    def __init__(self, folder: Path, port: int) -> None:
        self._folder = folder
        self._port = port
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Write the settings and start; what it prints goes to a file in the folder.

        Raise ImagehubError where the folder can't be written.
        """
        command = [sys.executable, "-P", "-m", "imagehub.librarian", "run", "--path", str(self._folder)]
        try:
            (self._folder / "librarian.yaml").write_text(SETTINGS.format(port=self._port))
            with (self._folder / LOG).open("wb") as log:
                self._process = subprocess.Popen(command, stderr=log, start_new_session=True)
        except OSError as error:
            raise ImagehubError(f"can't use the folder {self._folder}: {error.strerror}") from error

    @property
    def page(self) -> str:
        """The address to open: at first the one that makes an account; empty until it is served."""
        text = (self._folder / LOG).read_text(errors="replace")
        if "web page: " not in text:
            return ""
        first = re.search(r"open (\S+/first/\S+)", text)
        return first[1] if first else f"http://localhost:{self._port}"

    def stop(self) -> None:
        """Let it finish what it has begun, and end."""
        if self._process is None:
            return
        self._process.terminate()
        try:
            self._process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
