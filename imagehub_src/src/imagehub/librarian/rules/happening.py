"""What rules look at: one image, event, detection or reading of a plate, and the camera that it came from."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Happening:
    """Something that happened. `cause` names it, the same after a rebuild of the catalog; `text` is as it was sent."""

    trigger: str
    cause: str
    camera_id: int
    time_us: int
    text: str = ""
    kind: str = ""
    type: str = ""
    value: float | None = None
    name: str = ""  # label of an object, or text of a plate
    score: float = 0.0
    image_id: int | None = None
    event_id: int | None = None

    @property
    def words(self) -> str:
        """What was sent behind `node view|`."""
        _, bar, rest = self.text.partition("|")
        return rest if bar else self.text


@dataclass(frozen=True)
class CameraOf:
    """What rules need to know of a camera."""

    name: str
    message: str
    notifies: bool
