"""A real librarian as a process, for tests: started as a user starts it."""

import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import yaml


class Librarian:
    """A librarian in a folder of its own, which follows a hub's data directory. Its log is `librarian.log` there."""

    def __init__(self, folder: Path, hub_directory: Path, **sections: dict[str, Any]) -> None:
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None
        folder.mkdir(parents=True)
        first = {"librarian": {"hub_directory": str(hub_directory)} | sections.pop("librarian", {})}
        (folder / "librarian.yaml").write_text(yaml.safe_dump(first | sections))

    def start(self) -> None:
        """Start it."""
        command = [sys.executable, "-m", "imagehub.librarian", "run", "--path", str(self._folder)]
        with (self._folder / "librarian.log").open("ab") as log:
            self._process = subprocess.Popen(command, stdout=log, stderr=log)

    def output(self) -> str:
        """Return what it has printed."""
        return (self._folder / "librarian.log").read_text()

    def stop(self, number: int = signal.SIGTERM) -> int:
        """End it and return its exit code."""
        assert self._process is not None
        if self._process.poll() is None:
            self._process.send_signal(number)
        return self._process.wait(30)


@contextmanager
def running_librarian(folder: Path, hub_directory: Path, **sections: dict[str, Any]) -> Iterator[Librarian]:
    """Give a librarian with these sections in its settings; end it afterwards, however the test went."""
    librarian = Librarian(folder, hub_directory, **sections)
    librarian.start()
    try:
        yield librarian
    finally:
        librarian.stop()
