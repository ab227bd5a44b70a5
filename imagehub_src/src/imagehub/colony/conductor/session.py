"""One recording of all cameras while it goes on: how each camera stands, and which have failed."""

import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from imagehub.colony.conductor.gathering import GatheredLog
from imagehub.colony.conductor.plans import Acquisition
from imagehub.colony.conductor.remote import CameraFailedError, Remote
from imagehub.colony.recording.plan import Plan
from imagehub.colony.settings import ColonySettings
from imagehub.errors import ImagehubError

if TYPE_CHECKING:
    from imagehub.colony.synchrony.clocks import Offset

UNKNOWN = "unknown"
FIGURES = ("frames", "missed", "bytes", "free_bytes", "elapsed_seconds")

OnFailure = Callable[[str, str], None]


@dataclass(slots=True)
class Standing:
    """How one camera stands: what its agent told last, and `failed`, why it does not do its part, or nothing."""

    name: str
    remote: Remote
    plan: Plan
    source: str
    state: str = UNKNOWN
    figures: dict[str, float] = field(default_factory=lambda: dict.fromkeys(FIGURES, 0))
    ended: str = ""
    failed: str = ""
    life: str = ""
    log_from: int = 0
    files: dict[str, str] = field(default_factory=dict)
    before: frozenset[str] = frozenset()
    offsets: "list[Offset]" = field(default_factory=list)
    keeper: Mapping[str, Any] = field(default_factory=dict)
    """What keeps its clock."""

    def update(self, fields: Mapping[str, Any]) -> None:
        """Take in the fields of a reply to `state`; what is no figure of one is left out."""
        self.state = str(fields["state"])
        for name in FIGURES:
            value = fields.get(name)
            if type(value) in {int, float}:
                self.figures[name] = value or 0
        self.ended = str(fields.get("ended", ""))
        files = fields.get("files")
        if isinstance(files, dict):
            self.files = {str(kind): str(path) for kind, path in files.items()}


@dataclass(slots=True)
class Session:
    """A recording under way. `start_ns` is the agreed instant (this machine's clock), 0 before there is one."""

    settings: ColonySettings
    acquisition: Acquisition
    folder: Path
    standings: dict[str, Standing]
    log: GatheredLog
    on_failure: OnFailure
    start_ns: int = 0
    _guard: threading.Lock = field(default_factory=threading.Lock)

    def good(self) -> list[Standing]:
        """Return the cameras that have not failed."""
        return [standing for standing in self.standings.values() if not standing.failed]

    def failures(self) -> dict[str, str]:
        """Return the cameras that have failed, and why."""
        return {name: standing.failed for name, standing in self.standings.items() if standing.failed}

    def fail(self, name: str, why: str) -> None:
        """Name a camera that failed, at once and once."""
        standing = self.standings[name]
        with self._guard:
            if standing.failed:
                return
            standing.failed = why
        self.log.say("ERROR", f"{name} FAILED: {why}")
        self.on_failure(name, why)

    def fail_all(self, failed: Mapping[str, ImagehubError]) -> None:
        """Name all cameras with which something went wrong."""
        for name, error in failed.items():
            self.fail(name, error.why if isinstance(error, CameraFailedError) else str(error).removeprefix(f"{name}: "))

    def check(self) -> None:
        """Raise CameraFailedError where a camera failed and none may, or none is left."""
        failures = self.failures()
        if failures and (self.settings.general.on_camera_failure == "stop" or not self.good()):
            first, *others = failures
            more = "".join(f"; {name}: {failures[name]}" for name in others)
            raise CameraFailedError(first, failures[first] + more)


def remotes(standings: Iterable[Standing]) -> list[Remote]:
    """Return the agents of some cameras."""
    return [standing.remote for standing in standings]
