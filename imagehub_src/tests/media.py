"""Pictures and videos for tests, made on the spot."""

from pathlib import Path

import cv2
import numpy as np


def picture(level: int = 90, width: int = 160, height: int = 120) -> bytes:
    """Return a JPEG with something on it; `level` (0 to 255) is its brightness."""
    image = np.full((height, width, 3), level, np.uint8)
    cv2.circle(image, (width // 2, height // 2), height // 4, (0, 0, 255), cv2.FILLED)
    _, jpeg = cv2.imencode(".jpg", image)
    return jpeg.tobytes()


def decoded(jpeg: bytes) -> np.ndarray:
    """Return the pixels of a JPEG (rows, columns, blue-green-red)."""
    image = cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR)
    assert image is not None
    return np.asarray(image)


def video(path: Path, frames: int) -> Path:
    """Write a video of so many pictures, each brighter than the one before, and return its path."""
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), 10, (160, 120))
    assert writer.isOpened()
    for number in range(frames):
        writer.write(np.full((120, 160, 3), 10 + 20 * number, np.uint8))
    writer.release()
    return path
