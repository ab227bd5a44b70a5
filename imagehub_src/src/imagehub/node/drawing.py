"""What a detector's settings draw on the images that a node sends: its region, and the time."""

from datetime import datetime
from typing import TYPE_CHECKING

import cv2

from imagehub.node.detectors import region
from imagehub.node.settings.settings import DrawnTime, Look

if TYPE_CHECKING:
    from imagehub.node.cameras.camera import Pixels


def draw(image: "Pixels", look: Look, size: tuple[int, int], when: datetime) -> "Pixels":
    """Return the image with what `draw_roi` and `draw_time` ask for; a copy, or itself where nothing is drawn.

    `size` is the image's (width, height). The time is drawn as `when` has it, to the microsecond, without its offset.
    Draw after detecting: what is drawn is no part of the scene.
    """
    if look.draw_roi is None and look.draw_time is None:
        return image
    drawn = image.copy()
    if look.draw_roi is not None:
        place = region.of(look.roi, size)
        cv2.rectangle(drawn, (place.left, place.top), (place.right, place.bottom), *look.draw_roi)
    if look.draw_time is not None:
        _draw_time(drawn, look.draw_time, size, when)
    return drawn


def _draw_time(drawn: "Pixels", time: DrawnTime, size: tuple[int, int], when: datetime) -> None:
    origin = time.origin[0] * size[0] // 100, time.origin[1] * size[1] // 100
    text = when.replace(tzinfo=None).isoformat(sep=" ", timespec="microseconds")
    font = cv2.FONT_HERSHEY_SIMPLEX
    cv2.putText(drawn, text, origin, font, time.font_scale, time.colour, time.width, cv2.LINE_AA)
