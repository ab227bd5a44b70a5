"""Small images that show a word or a number, for those who watch a node while they tune its settings."""

from typing import TYPE_CHECKING

import cv2
import numpy as np

if TYPE_CHECKING:
    from imagehub.node.cameras.camera import Pixels

_ROWS, _COLUMNS = 50, 200
_BASELINE = (10, 35)


def state_image(words: str) -> "Pixels":
    """Return the words, white on black: uint8, 50 rows and 200 columns of grey. Too long ones are cut off."""
    image = np.zeros((_ROWS, _COLUMNS), np.uint8)
    cv2.putText(image, words, _BASELINE, cv2.FONT_HERSHEY_SIMPLEX, 1, 255, 2, cv2.LINE_AA)
    return image
