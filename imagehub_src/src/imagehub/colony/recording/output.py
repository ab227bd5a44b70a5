"""What a recording leaves: its folder, its files, and in the end an MP4 and the metadata."""

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from imagehub.colony.recording import metadata, mp4, names, timestamps
from imagehub.colony.recording.errors import RecordingError
from imagehub.colony.recording.files import Files
from imagehub.colony.recording.plan import Plan, Progress
from imagehub.terminal import units


class Output:
    """The files of one recording, made when it is armed."""

    def __init__(self, plan: Plan, data_directory: Path, known: Mapping[str, Any], now: datetime) -> None:
        """`known` goes into the metadata beside the plan's facts.

        Raises:
            RecordingError: the names are none, or the files can't be made.
        """
        self.folder = names.folder(data_directory, plan.acquisition_group, plan.acquisition_name)
        self._paths = names.claim(self.folder, plan.acquisition_name, plan.instance, now)
        self._facts = metadata.facts(plan, data_directory, self._paths) | dict(known)
        try:
            metadata.write(self._paths["metadata"], self._facts)
            self.files = Files(self._paths)
        except (OSError, RecordingError) as error:
            self._paths["metadata"].unlink(missing_ok=True)
            self._remove_empty_folder()
            raise RecordingError(f"can't record to {self.folder}: {error}") from None

    def finish(self, progress: Progress, known: Mapping[str, Any]) -> str | None:
        """Make the MP4 of files that are closed, and say in the metadata how it went; return what went wrong, or None.

        A disk without room for an MP4 is no fault of the recording: `mp4_fault` in the metadata says it.
        """
        self._facts |= metadata.counts(progress) | dict(known) | {"mp4_fault": self._make_mp4(progress.frames)}
        try:
            metadata.write(self._paths["metadata"], self._facts)
        except OSError as error:
            return f"the metadata of {self.folder} can't be written: {error.strerror}"
        return None

    def there(self) -> dict[str, Path]:
        """Return the files that there are, by their kind."""
        return {kind: path for kind, path in self._paths.items() if path.exists()}

    def discard(self) -> None:
        """Remove the files of a recording that never began, and the folder where nothing else is in it."""
        self.files.discard()
        self._paths["metadata"].unlink(missing_ok=True)
        self._remove_empty_folder()

    def _make_mp4(self, frames: int) -> str | None:
        if not frames:
            return "there is no frame"
        try:
            made = mp4.remux(self._paths["video"], self._paths["mp4"], timestamps.read_frames(self._paths["frames"]))
        except RecordingError as error:
            return str(error)
        return None if made == frames else f"it has {made} of {units.counted(frames, 'frame')}"

    def _remove_empty_folder(self) -> None:
        try:
            self.folder.rmdir()
        except OSError:
            return  # another recording has files there
