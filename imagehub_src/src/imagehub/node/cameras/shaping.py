"""Pictures as a mode wants them: their size, and which way up they are."""

from typing import TYPE_CHECKING

import cv2
import numpy as np

from imagehub.node.cameras.camera import Mode

if TYPE_CHECKING:
    from imagehub.node.cameras.camera import Pixels


def shaped(pixels: "Pixels", mode: Mode) -> "Pixels":
    """Return the picture in the mode's size, and flipped as it says; what fits already is not copied."""
    if (pixels.shape[1], pixels.shape[0]) != mode.resolution:
        pixels = np.asarray(cv2.resize(pixels, mode.resolution, interpolation=cv2.INTER_AREA), np.uint8)
    return flipped(pixels, mode)


def flipped(pixels: "Pixels", mode: Mode) -> "Pixels":
    """Return the picture upside down where the mode has `vflip`, left to right where it has `hflip`."""
    if not (mode.vflip or mode.hflip):
        return pixels
    code = -1 if mode.vflip and mode.hflip else 0 if mode.vflip else 1
    return np.asarray(cv2.flip(pixels, code), np.uint8)
