"""Commands for nodes: they wait in `commands/` of the data directory until a reply takes them along.

A command is one file, `NUMBER-RANDOM.json`, so that any number of processes may queue and cancel while the hub
hands out. It gets its name when it is whole and stable; the hub deletes it before the reply leaves, so that no
node obeys a command twice. Names of nodes stand in the files and never in a path.
"""

import json
import os
import re
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import NoReturn

from imagehub import wire
from imagehub.errors import DataDirectoryError, ImagehubError, RefusedError
from imagehub.flush import flush_folders
from imagehub.wire import Camera

FOLDER = "commands"
MAX_CHARACTERS = 200
MOST_WAITING = 1000
LOOK_SECONDS = 0.25
LEFTOVER_SECONDS = 3600.0
REPLIES_OF_THE_HUB = ("OK", "NOT STORED")

_NAME = re.compile(r"(?P<number>\d{12})-(?P<random>[0-9a-f]{8})\.json")
_MAX_BYTES = 8192


@dataclass(frozen=True, slots=True)
class Command:
    """A command that waits for the next message of `node`: a node's name, or that of one `node view`."""

    id: str
    node: str
    text: str
    queued: str

    def is_for(self, who: Camera) -> bool:
        """Tell whether a sender is the one that is meant."""
        meant = wire.camera(self.node)
        return meant.node == who.node and meant.view in {"", who.view}


def check(node: str, text: str) -> tuple[str, str]:
    """Return name and command as they are kept.

    Raises:
        ImagehubError: the name is none that a node can have, or a reply can't carry the command.
    """
    try:
        name = wire.camera(node).name
    except RefusedError as error:
        raise ImagehubError(f"nobody is called {node!r}: {error}") from None
    text = text.strip(" ")
    if not 0 < len(text) <= MAX_CHARACTERS or not text.isprintable():
        raise ImagehubError(f"a command is 1 to {MAX_CHARACTERS} printable characters")
    if text.startswith(REPLIES_OF_THE_HUB):
        raise ImagehubError(f"a command can't begin with {text.split(maxsplit=1)[0]}, as the hub's own replies do")
    return name, text


def add(data_directory: Path, node: str, text: str, now: datetime) -> Command:
    """Queue a command; it survives a power cut when this returns.

    Raises:
        ImagehubError: the name or the command is none, or too many wait.
        DataDirectoryError: the folder can't be written.
    """
    name, words = check(node, text)
    folder = data_directory / FOLDER
    try:
        _make(folder)
        numbers = [int(match["number"]) for match in _matches(folder)]
        if len(numbers) >= MOST_WAITING:
            raise ImagehubError(f"{MOST_WAITING} commands wait already: imagehub command --list")
        stem = f"{max(numbers, default=0) + 1:012d}-{os.urandom(4).hex()}"
        made = Command(_id(stem), name, words, now.isoformat(timespec="seconds"))
        _write(folder, stem, {"node": made.node, "text": made.text, "queued": made.queued})
    except OSError as error:
        _unusable(folder, error)
    return made


def listed(data_directory: Path) -> list[Command]:
    """Return the commands that wait, the one that goes first first.

    Raises:
        DataDirectoryError: the folder can't be read.
    """
    folder = data_directory / FOLDER
    try:
        return [command for match in _matches(folder) for command in [_read(folder, match.string)] if command]
    except OSError as error:
        _unusable(folder, error)


def damaged(data_directory: Path) -> list[str]:
    """Return the paths of commands that can't be read, relative to the data directory."""
    folder = data_directory / FOLDER
    # Looked at again: one that was handed over meanwhile is none.
    names = [match.string for match in _matches(folder) if _read(folder, match.string) is None]
    return [f"{FOLDER}/{name}" for name in names if (folder / name).exists()]


def cancel(data_directory: Path, number: str) -> Command:
    """Take back the command with this id, and return it.

    Raises:
        ImagehubError: none with this id waits; perhaps it was handed over.
        DataDirectoryError: the folder can't be written.
    """
    for command in listed(data_directory):
        if command.id == number:
            try:
                _forget(data_directory / FOLDER, command)
            except FileNotFoundError:
                break
            except OSError as error:
                _unusable(data_directory / FOLDER, error)
            return command
    raise ImagehubError(f"no command {number} waits; it may have been handed over: see the event log")


def tidy(data_directory: Path) -> None:
    """Make the folder, and delete what was left there by one who was ended while queueing."""
    folder = data_directory / FOLDER
    _make(folder)
    for path in folder.glob(".*.new"):
        with suppress(OSError):
            if time.time() - path.stat().st_mtime > LEFTOVER_SECONDS:
                path.unlink()


class Queue:
    """The hub's end: what waits, known without a look at the disk for each message. For use by any thread."""

    def __init__(self, data_directory: Path, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._folder = data_directory / FOLDER
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._due = 0.0
        self._known: dict[str, Command] = {}
        self._waiting: list[Command] = []

    def is_empty(self) -> bool:
        """Tell whether nothing waits, as of the last quarter of a second."""
        if self._monotonic() >= self._due:
            with self._lock:
                self._look()
        return not self._waiting

    def take(self, who: Camera) -> Command | None:
        """Return the next command for a sender, which is forgotten: whoever gets it must hand it over.

        Raises:
            OSError: it can't be forgotten, so it must wait.
        """
        with self._lock:
            for command in [command for command in self._waiting if command.is_for(who)]:
                self._waiting.remove(command)
                with suppress(FileNotFoundError):  # cancelled
                    _forget(self._folder, command)
                    return command
        return None

    def _look(self) -> None:
        self._due = self._monotonic() + LOOK_SECONDS
        try:
            names = [match.string for match in _matches(self._folder)]
        except OSError:
            names = []
        # Listed, and not compared by the folder's time, which two changes of one moment may share.
        found = [(name, self._known.get(name) or _read(self._folder, name)) for name in names]
        self._known = {name: command for name, command in found if command}
        self._waiting = list(self._known.values())


def _make(folder: Path) -> None:
    if not folder.is_dir():
        folder.mkdir(exist_ok=True)
        _give(folder, folder.parent)


def _give(path: Path | int, like: Path) -> None:
    """Let root's file belong to whom the folder belongs to: the hub, which runs as somebody else, must get at it."""
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        owner = like.stat()
        os.chown(path, owner.st_uid, owner.st_gid)


def _matches(folder: Path) -> list[re.Match[str]]:
    """Return the names of commands, in their order."""
    try:
        names = sorted(os.listdir(folder))
    except FileNotFoundError:
        return []
    return [match for match in map(_NAME.fullmatch, names) if match]


def _id(stem: str) -> str:
    return stem.lstrip("0")


def _read(folder: Path, name: str) -> Command | None:
    """Return a command; None for one that went, or that is none."""
    try:
        with (folder / name).open("rb") as file:
            members = json.loads(file.read(_MAX_BYTES))
        node, text = check(members["node"], members["text"])
        return Command(_id(name.removesuffix(".json")), node, text, str(members["queued"]))
    except (OSError, ValueError, LookupError, TypeError, AttributeError, RecursionError, ImagehubError):
        return None


def _write(folder: Path, stem: str, members: dict[str, str]) -> None:
    """Make the file with all that is in it stable, then give it its name, and make that stable."""
    fresh = folder / f".{stem}.new"
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644)
    try:
        with os.fdopen(descriptor, "wb") as file:
            _give(descriptor, folder)
            file.write(json.dumps(members, ensure_ascii=False).encode())
            file.flush()
            os.fsync(file.fileno())
        fresh.rename(folder / f"{stem}.json")
    except OSError:
        with suppress(OSError):
            fresh.unlink()
        raise
    flush_folders([folder, folder.parent])


def _forget(folder: Path, command: Command) -> None:
    number, _, random = command.id.partition("-")
    (folder / f"{number:0>12}-{random}.json").unlink()
    with suppress(OSError):  # it is gone: only a power cut on a disk that fails could bring it back
        flush_folders([folder])


def _unusable(folder: Path, error: OSError) -> NoReturn:
    raise DataDirectoryError(
        f"can't use {folder}: {error.strerror}; be the user that the hub runs as, and give its settings with --path"
    ) from error
