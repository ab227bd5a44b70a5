"""What an agent records with, as it sees it."""

from dataclasses import replace
from pathlib import Path
from typing import Protocol

from imagehub.colony.recording.plan import Plan, Progress, Recording
from imagehub.node.cameras.camera import Camera


class Recorder(Protocol):
    """One recording with one camera; used by one thread at a time, but for `progress`."""

    def arm(self) -> None:
        """Open the camera and make ready; raise ImagehubError where that can't be."""

    def start(self, first_frame_ns: int) -> None:
        """Record from that instant on (since 1970, this machine's clock); return at once."""

    def progress(self) -> Progress:
        """Return how it goes."""

    def stop(self) -> Recording:
        """Finish the files and give the camera free; what was stopped already gives the same again."""


class MakeRecorder(Protocol):
    """Makes the recorder of one recording."""

    def __call__(self, camera: Camera, plan: Plan, data_directory: Path, stream_address: str) -> Recorder:
        """Return it; nothing is opened yet. `stream_address` is where its pictures may be watched."""


def make(camera: Camera, plan: Plan, data_directory: Path, stream_address: str) -> Recorder:
    """Return the recorder of a recording on this machine."""
    from imagehub.colony.recording import recorder

    world = replace(recorder.REAL, stream_address=stream_address)
    return recorder.Recorder(camera, plan, data_directory, world=world)
