"""How long the detectors of a node take for an image, on one core: `python benchmarks/detectors_bench.py`.

The images are a yard in which a block moves, and one in which nothing does. Prints milliseconds an image: the least of
some rounds, as the machine's other work only adds to it.
"""

import argparse
import time

import cv2
import numpy as np

from imagehub.node.detectors.making import detector
from imagehub.node.settings.settings import DetectorSettings, LightSettings, Look, MotionSettings

IMAGES, ROUNDS = 100, 5
QUARTER = Look(roi=((25, 25), (75, 75)))
DETECTORS: dict[str, DetectorSettings] = {
    "motion": MotionSettings(),
    "motion, blur_kernel_size 21": MotionSettings(blur_kernel_size=21),
    "motion in a quarter of the image": MotionSettings(QUARTER),
    "light": LightSettings(),
    "light by percent": LightSettings(percent=40),
    "light in a quarter of the image": LightSettings(QUARTER),
}

Size = tuple[int, int]


def yard(size: Size, speed: int) -> list[np.ndarray]:
    """Return images of this (width, height) in which a block moves by so many pixels each time."""
    width, height = size
    ground = cv2.GaussianBlur(np.random.default_rng(1).integers(60, 190, (height, width, 3), np.uint8), (9, 9), 0)
    images = []
    for number in range(IMAGES):
        image = ground.copy()
        left = 10 + number * speed % (width - 100)
        image[height // 3 : height // 2, left : left + 80] = (200, 220, 240)
        images.append(image)
    return images


def milliseconds(settings: DetectorSettings, size: Size, images: list[np.ndarray]) -> float:
    """Return how long one image takes."""
    watching = detector(settings, size)
    rounds = []
    for _ in range(ROUNDS):
        started = time.perf_counter()
        for image in images:
            watching.detect(image)
        rounds.append(time.perf_counter() - started)
    return 1000 * min(rounds) / len(images)


def main() -> None:
    """Measure, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", default="640x480", help="of the images; default: %(default)s")
    width, height = map(int, parser.parse_args().size.split("x"))
    cv2.setNumThreads(1)
    size = width, height
    scenes = yard(size, 7), yard(size, 0)
    print(f"{f'ms an image of {width}x{height}':36}  moving   still")
    for name, settings in DETECTORS.items():
        print(f"{name:36}", *(f"{milliseconds(settings, size, images):7.3f}" for images in scenes))


if __name__ == "__main__":
    main()
