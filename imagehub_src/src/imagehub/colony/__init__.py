"""The colony: cameras on many Raspberry Pis that record together at the word of one conductor."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from imagehub.colony.conductor.conductor import Conductor
    from imagehub.colony.conductor.process import ConductorAsProcess
    from imagehub.colony.sessions import read_session_data

__all__ = ["Conductor", "ConductorAsProcess", "read_session_data"]

_WHERE = {
    "Conductor": "imagehub.colony.conductor.conductor",
    "ConductorAsProcess": "imagehub.colony.conductor.process",
    "read_session_data": "imagehub.colony.sessions",
}


def __getattr__(name: str) -> Any:
    # Only what is asked for is loaded: an agent needs no pandas, and a reader of recordings no sockets.
    if name not in _WHERE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_WHERE[name]), name)
