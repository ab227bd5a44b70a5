"""What all detectors have in common: they watch a region of a camera's images, and tell when its state changes."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from imagehub.node.settings.settings import Look

if TYPE_CHECKING:
    from imagehub.node.cameras.camera import Pixels

UNKNOWN = "unknown"
"""The state of a detector that has not seen enough images."""


@dataclass(frozen=True, slots=True)
class Change:
    """A region is in another `state` than it was; `previous` is `unknown` at a detector's first."""

    state: str
    previous: str


class Detector(Protocol):
    """Watches one region. `type` is `light` or `motion`, `state` what the region is in since the last change."""

    type: str
    look: Look
    state: str

    def detect(self, image: "Pixels") -> Change | None:
        """Look at the next image (uint8, blue, green, red), without changing it; return the change that it brings.

        Raises:
            ImagehubError: the image has not the size that the detector was made for.
        """

    def test_images(self) -> list[tuple[str, "Pixels"]]:
        """Return the steps from the last image to its state, each with the text that it is sent under.

        They help to find good settings. Some are grey (two dimensions). The list is empty before the first image.
        """


def changed(previous: str, state: str) -> Change | None:
    """Return the change from one state to another; None where they are the same."""
    return Change(state, previous) if state != previous else None


def change_text(camera: str, detector: Detector, change: Change) -> str:
    """Return the event's text, such as `Barn Yard|motion|moving`; `camera` is the name of node and view.

    The region's name stands at the end where `log_roi_name` is set.
    """
    region = [detector.look.roi_name] if detector.look.log_roi_name else []
    return "|".join([camera, detector.type, change.state, *region])
