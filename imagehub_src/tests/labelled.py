"""The labelled set: pictures, and what somebody saw in them who looked."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import yaml

from animals import animals
from imagehub.librarian.vision.box import Box
from pictures_of import PLACES, bikes, picture, vtest

LABELS = ("person", "car", "dog", "cat", "bicycle")
TUNING, TESTING = "tuning", "testing"
VIDEOS = {"vtest": vtest, "bikes": bikes}
FILE = Path(__file__).parent / "labels.yaml"
QUALITY = 90
# Frames of videos that are kept: all of them take a gigabyte.
STEP = 10


@dataclass(frozen=True)
class Labelled:
    """A picture as a JPEG file, and what is in it; `unclear` is what may be found or not."""

    name: str
    jpeg: bytes
    things: dict[str, list[Box]]
    unclear: dict[str, list[Box]]

    def before(self) -> list[bytes]:
        """Return the two pictures that a camera took before, a second apart; none of what is no video."""
        video, _, number = self.name.partition(" ")
        if video not in VIDEOS:
            return []
        return [jpeg_of(frame(video, int(number) - STEP * back)) for back in (2, 1)]


def labelled(half: str) -> Iterator[Labelled]:
    """Give the pictures of one half; the test is skipped where they can't be had, and fails where CI=true."""
    for name, found in yaml.safe_load(FILE.read_text())[half].items():
        pixels = _pixels(name)
        height, width = pixels.shape[:2]
        unclear = found.pop("unclear", {})
        yield Labelled(name, jpeg_of(pixels), _boxes(found, width, height), _boxes(unclear, width, height))


def named(name: str) -> Labelled:
    """Return one picture."""
    return next(one for half in (TUNING, TESTING) for one in labelled(half) if one.name == name)


def jpeg_of(pixels: "np.ndarray[Any, Any]", quality: int = QUALITY) -> bytes:
    """Return a picture as a camera would send it."""
    _, jpeg = cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, quality])
    return jpeg.tobytes()


def frame(video: str, number: int) -> "np.ndarray[Any, Any]":
    """Return a frame of `vtest` or `bikes`; the number is one of 0, 10, 20 and so on."""
    return _frames(video)[number]


@cache
def _frames(video: str) -> "dict[int, np.ndarray[Any, Any]]":
    reader, number, found = cv2.VideoCapture(str(VIDEOS[video]())), 0, {}
    while reader.grab():
        if number % STEP == 0:
            found[number] = np.asarray(reader.retrieve()[1])
        number += 1
    return found


def _pixels(name: str) -> "np.ndarray[Any, Any]":
    video, _, number = name.partition(" ")
    if video in VIDEOS:
        return frame(video, int(number))
    content = picture(name).read_bytes() if name in PLACES else animals()[name]
    pixels = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_COLOR)
    assert pixels is not None, name
    return np.asarray(pixels)


def _boxes(found: dict[str, list[list[float]]], width: int, height: int) -> dict[str, list[Box]]:
    return {
        label: [
            Box(left / width, top / height, (right - left) / width, (bottom - top) / height)
            for left, top, right, bottom in boxes
        ]
        for label, boxes in found.items()
    }
