"""How a hub is, as its files tell it: nothing is asked of its process."""

import os
import shutil
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection

from imagehub import journal, lock
from imagehub.librarian.queries import statistics


@dataclass(frozen=True)
class Health:
    """State of one hub's data directory.

    `behind` entries are acknowledged and not in the catalog yet; `damaged` lines of the journal could not be read.
    `stored_us` is when the hub stored last; None: never, or its files can't be read.
    """

    data_directory: str
    state: str
    sequence: int
    behind: int
    damaged: int
    stored_us: int | None
    free_bytes: int
    total_bytes: int


def of_all(connection: Connection) -> list[Health]:
    """Return the health of each hub that the catalog knows."""
    return [_health(hub) for hub in statistics.hubs(connection)]


def _health(hub: statistics.Hub) -> Health:
    root = Path(hub.data_directory)
    mark = journal.read_mark(root / journal.FOLDER)
    disk = shutil.disk_usage(root) if root.is_dir() else None
    return Health(
        hub.data_directory,
        _state(root, mark),
        hub.sequence,
        max(0, mark.position.sequence - hub.sequence) if mark else 0,
        hub.damaged,
        _changed_us(root / journal.FOLDER / journal.MARK_NAME),
        disk.free if disk else 0,
        disk.total if disk else 0,
    )


def _state(root: Path, mark: journal.Mark | None) -> str:
    """Return `running`, `stopped`, `broken off` (it did not stop cleanly) or `not there`."""
    if mark is None:
        return "not there"
    if mark.clean:
        return "stopped"
    return "running" if _runs(root / lock.NAME) else "broken off"


def _runs(path: Path) -> bool:
    """Tell whether the process that a hub's lock names is there."""
    try:
        os.kill(int(path.read_text(encoding="ascii")), 0)
    except PermissionError:
        return True
    except (OSError, ValueError):
        return False
    return True


def _changed_us(path: Path) -> int | None:
    try:
        return path.stat().st_mtime_ns // 1000
    except OSError:
        return None
