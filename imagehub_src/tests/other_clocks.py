"""Another time for a process: libfaketime tells it what a test wants."""

from datetime import datetime
from pathlib import Path

from requirements_here import require


def starting_at(start: str, zone: str = "UTC") -> dict[str, str]:
    """Return the environment of a process for which it is `start` (ISO 8601 with offset) when it begins."""
    return _faked(f"@{datetime.fromisoformat(start).timestamp():.0f}") | {"FAKETIME_FMT": "%s", "TZ": zone}


def ahead(seconds: float) -> dict[str, str]:
    """Return the environment of a process whose clock is so many seconds ahead of this machine's."""
    return _faked(f"{seconds:+g}s")


def _faked(time: str) -> dict[str, str]:
    libraries = sorted(Path("/usr/lib").glob("*/faketime/libfaketime.so.1"))
    require(libraries, "no other time without libfaketime (Debian: faketime)")
    # Waiting and pausing stay as they are: only the wall clock is another.
    plain = {"FAKETIME_DONT_FAKE_MONOTONIC": "1", "NO_FAKE_STAT": "1"}
    return {"LD_PRELOAD": str(libraries[0]), "FAKETIME": time} | plain
