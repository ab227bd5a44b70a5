"""Faults to order: named places, where images are stored and where they are deleted, that a test can make fail.

`IMAGEHUB_FAILPOINTS="before_flush=crash@20,mid_write=ENOSPC"` arms them when the process starts: an action is
`crash` (SIGKILL to itself) or the name of an errno; `@N` waits for the Nth pass, `*N` acts on N passes only.
Nothing is armed unless the variable is set.
"""

import errno
import os
import re
import signal
from collections.abc import Mapping
from dataclasses import dataclass

NAMES = ("after_receive", "mid_write", "before_flush", "after_flush", "before_reply")
DELETING = ("after_going", "after_ledger", "after_unlink", "before_forget", "after_forget")
CRASH = "crash"

_SPEC = re.compile(r"(?P<name>\w+)=(?P<action>\w+)(?:@(?P<at>\d+))?(?:\*(?P<times>\d+))?")
_NUMBERS = {name: number for number, name in errno.errorcode.items()}


@dataclass(slots=True)
class _Armed:
    action: str
    at: int
    times: int
    passes: int = 0

    def due(self) -> bool:
        self.passes += 1
        return self.at <= self.passes < self.at + self.times


_armed: dict[str, _Armed] = {}


def arm(specification: str) -> None:
    """Arm the failpoints of a specification in place of those armed before.

    Raises:
        ValueError: a part of it can't be read, or names a place or an action that does not exist.
    """
    wanted = dict(_read(part.strip()) for part in specification.split(",") if part.strip())
    _armed.clear()
    _armed.update(wanted)


def _read(part: str) -> tuple[str, _Armed]:
    match = _SPEC.fullmatch(part)
    if match is None or match["name"] not in NAMES + DELETING:
        raise ValueError(f"IMAGEHUB_FAILPOINTS: can't read {part!r}; the names are {', '.join(NAMES + DELETING)}")
    if match["action"] != CRASH and match["action"] not in _NUMBERS:
        raise ValueError(f"IMAGEHUB_FAILPOINTS: {part!r} asks for neither {CRASH} nor an errno such as ENOSPC")
    return match["name"], _Armed(match["action"], int(match["at"] or 1), int(match["times"] or 1 << 60))


def arm_from(environment: Mapping[str, str]) -> None:
    """Arm what the environment asks for."""
    arm(environment.get("IMAGEHUB_FAILPOINTS", ""))


def armed(name: str) -> bool:
    """Tell whether the failpoint `name` is armed."""
    return name in _armed


def hit(name: str) -> None:
    """Pass the failpoint `name`: nothing happens unless it is armed; raise OSError or die if it is."""
    if not _armed:
        return
    point = _armed.get(name)
    if point is None or not point.due():
        return
    if point.action == CRASH:
        os.kill(os.getpid(), signal.SIGKILL)
    number = _NUMBERS[point.action]
    raise OSError(number, f"{os.strerror(number)} (failpoint {name})")
