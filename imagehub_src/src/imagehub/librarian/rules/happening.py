"""What rules look at: one image, event, detection or reading of a plate, and the camera that it came from."""

from dataclasses import dataclass


@dataclass(frozen=True)
class PlateOf:
    """What users say of a plate."""

    identified: bool
    watched: bool
    owner: str


@dataclass(frozen=True)
class Happening:
    """Something that happened. `text` is as it was sent.

    `cause` names it, the same after a rebuild of the catalog; it is that of all images of a thing.
    """

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
    track_id: int | None = None
    track_us: int | None = None  # when the thing was sure
    zones: frozenset[str] = frozenset()  # names of the zones that it stands in, in small letters
    together: tuple["Happening", ...] = ()  # the objects of its image, itself among them, where somebody counts them
    plate: PlateOf | None = None

    @property
    def since_us(self) -> int:
        """When it began: a thing may be there for longer than its latest image."""
        return self.time_us if self.track_us is None else self.track_us

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
