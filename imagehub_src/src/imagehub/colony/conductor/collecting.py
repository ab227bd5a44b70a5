"""Fetching the files of a recording from its camera: whole, with checksums, and after a broken connection the rest."""

import logging
import time
from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import Any

from imagehub.colony import protocol
from imagehub.colony.agent.shelf import Session, sha256
from imagehub.colony.conductor.link import NoReplyError
from imagehub.colony.conductor.plans import Acquisition
from imagehub.colony.conductor.remote import CameraFailedError, Remote
from imagehub.colony.recording.plan import Plan
from imagehub.errors import ImagehubError

log = logging.getLogger(__name__)

PART = ".part"
PATIENCE_SECONDS = 60.0
SUMS_SECONDS = 600.0
POLL_SECONDS = 0.05


class Collector:
    """Fetches what one camera recorded in one acquisition into a folder, where nothing is overwritten."""

    def __init__(self, remote: Remote, session: Session, data_path: str, folder: Path) -> None:
        self._remote = remote
        self._session = session
        self._where = {"data_path": data_path, **session._asdict()}
        self._folder = folder

    def names(self) -> set[str]:
        """Return the names of the files that the camera has of this acquisition; raise ImagehubError without answer."""
        return {str(entry["path"]) for entry in self._list()}

    def collect(self, wanted: Collection[str], told: Callable[[int], None] = lambda _: None) -> list[Path]:
        """Return those files, fetched or there already; `told` gets the number of bytes of each piece that came.

        Raises:
            ImagehubError: one can't be had; those before it are there.
        """
        self._folder.mkdir(parents=True, exist_ok=True)
        return [
            self._file({**entry, "sha256": self._sum(entry)}, told) for entry in self._list() if entry["path"] in wanted
        ]

    def _list(self) -> list[Mapping[str, Any]]:
        return [self._checked(entry) for entry in self._patiently("files", {})["files"]]

    def _checked(self, entry: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return the entry of a file; the agent is not trusted with the names of files here."""
        path, size = entry.get("path"), entry.get("size")
        if not isinstance(path, str) or not self._session.has(path):
            raise CameraFailedError(self._remote.name, f"{path!r} is no name of a file of {self._session.name}")
        if type(size) is not int or size < 0:
            raise CameraFailedError(self._remote.name, f"{path} has no size")
        return entry

    def _sum(self, entry: Mapping[str, Any]) -> str:
        """Return the checksum of a file, once the agent has worked it out."""
        deadline = time.monotonic() + SUMS_SECONDS
        while True:
            found = self._patiently("sum", {"path": entry["path"]}).get("sha256")
            if isinstance(found, str):
                return found
            if time.monotonic() > deadline:
                raise CameraFailedError(self._remote.name, f"no checksum of {entry['path']} within {SUMS_SECONDS:g} s")
            time.sleep(POLL_SECONDS)

    def _file(self, entry: Mapping[str, Any], told: Callable[[int], None]) -> Path:
        path = self._folder / str(entry["path"])
        if path.exists():
            if path.stat().st_size == entry["size"] and sha256(path) == entry["sha256"]:
                return path
            raise CameraFailedError(self._remote.name, f"{path} is here already, and is another file: move it away")
        for _ in range(2):
            part = self._fetch(path, entry, told)
            if sha256(part) == entry["sha256"]:
                part.rename(path)
                return path
            log.warning("%s: %s came damaged, it is fetched anew", self._remote.name, path.name)
            part.unlink()
        raise CameraFailedError(self._remote.name, f"{path.name} came damaged twice; it is still on the camera")

    def _fetch(self, path: Path, entry: Mapping[str, Any], told: Callable[[int], None]) -> Path:
        """Return the part file, complete; one that is there already is gone on with."""
        part = path.with_name(path.name + PART)
        try:
            with part.open("ab") as stream:
                while stream.tell() < entry["size"]:
                    data = self._piece(path.name, stream.tell())
                    stream.write(data)
                    told(len(data))
        except OSError as error:
            raise ImagehubError(f"{self._remote.name}: can't write {part}: {error.strerror}") from error
        return part

    def _piece(self, file: str, offset: int) -> bytes:
        asked = {"path": file, "offset": offset, "size": protocol.MAX_FETCH_BYTES}
        data = self._patiently("fetch", asked)["data"]
        if not data:
            raise CameraFailedError(self._remote.name, f"{file} became shorter while it was fetched")
        return bytes(data)

    def _patiently(self, ask: str, asked: Mapping[str, Any]) -> Mapping[str, Any]:
        """Ask, for a minute again and again where the connection is broken."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while True:
            try:
                reply = self._remote.ask(ask, **self._where, **asked).reply
            except NoReplyError:
                if time.monotonic() > deadline:
                    raise
            else:
                return {**reply.fields, "data": reply.data}


def session_of(acquisition: Acquisition, plan: Plan) -> Session:
    """Return what a camera's files belong to."""
    return Session(acquisition.group, acquisition.name, plan.instance)
