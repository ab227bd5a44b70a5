"""Who passes before a simulated camera: a person, a coyote or a car. Needs OpenCV."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from imagehub.demo.scene import Passage
from imagehub.demo.yard import WIDTH, Colour, Pixels

HALF_LENGTH = {"person": 30, "coyote": 70, "car": 115}
STRIDES_A_SECOND = 0.9

SHADOW: Colour = (40, 38, 35)
SKIN: Colour = (150, 180, 220)
HAIR: Colour = (35, 50, 70)
SHIRT: Colour = (60, 70, 180)
TROUSERS: Colour = (95, 60, 40)
COAT: Colour = (95, 125, 155)
PAINT: Colour = (150, 75, 45)
GLASS: Colour = (205, 195, 180)
TYRE: Colour = (45, 42, 40)
STEEL: Colour = (175, 175, 175)
LAMP: Colour = (190, 240, 250)

Point = tuple[float, float]


def paint(picture: Pixels, passage: Passage, time: float, line: int) -> None:
    """Paint whoever passes, with the feet or wheels at the row `line`."""
    half = HALF_LENGTH[passage.who]
    way = passage.progress(time) * (WIDTH + 2 * half) - half
    brush = Brush(picture, WIDTH - way if passage.leftwards else way, line, -1 if passage.leftwards else 1)
    brush.shadow(half)
    swing = math.sin(time * STRIDES_A_SECOND * math.tau)
    {"person": _person, "coyote": _coyote, "car": _car}[passage.who](brush, swing)


@dataclass(frozen=True)
class Brush:
    """Paints relative to a walker: x is ahead of its middle, in the direction it goes, y above its feet."""

    picture: Pixels
    x: float
    line: int
    direction: int

    def limb(self, start: Point, end: Point, colour: Colour, thickness: int) -> None:
        """Paint a thick line with round ends."""
        cv2.line(self.picture, self._at(start), self._at(end), colour, thickness, cv2.LINE_AA)

    def disc(self, middle: Point, radius: int, colour: Colour) -> None:
        """Paint a filled circle."""
        cv2.circle(self.picture, self._at(middle), radius, colour, cv2.FILLED, cv2.LINE_AA)

    def oval(self, middle: Point, radii: tuple[int, int], colour: Colour) -> None:
        """Paint a filled ellipse."""
        cv2.ellipse(self.picture, self._at(middle), radii, 0, 0, 360, colour, cv2.FILLED, cv2.LINE_AA)

    def shape(self, corners: Sequence[Point], colour: Colour) -> None:
        """Paint a filled polygon."""
        places = np.array([self._at(corner) for corner in corners], dtype=np.int32)
        cv2.fillPoly(self.picture, [places], colour, cv2.LINE_AA)

    def shadow(self, half_length: int) -> None:
        """Darken the ground below the walker."""
        light = self.picture.copy()
        self.oval((0, 0), (half_length, 7), SHADOW)
        cv2.addWeighted(self.picture, 0.45, light, 0.55, 0, self.picture)

    def _at(self, point: Point) -> tuple[int, int]:
        return round(self.x + self.direction * point[0]), round(self.line - point[1])


def _person(brush: Brush, swing: float) -> None:
    for side in (-1, 1):
        brush.limb((0, 62), (side * swing * 24, 2), TROUSERS, 11)
        brush.limb((0, 104), (-side * swing * 20, 64), SHIRT, 8)
    brush.shape(((-14, 112), (14, 112), (11, 56), (-11, 56)), SHIRT)
    brush.disc((0, 130), 14, HAIR)
    brush.disc((3, 126), 12, SKIN)


def _coyote(brush: Brush, swing: float) -> None:
    for hip, side in ((-32, 1), (-27, -1), (26, 1), (31, -1)):
        brush.limb((hip, 38), (hip + side * swing * 12, 2), COAT, 6)
    brush.limb((-36, 42), (-68, 26 + swing * 3), COAT, 9)
    brush.oval((0, 42), (42, 13), COAT)
    brush.limb((32, 46), (48, 58), COAT, 15)
    brush.shape(((44, 66), (72, 56), (71, 52), (46, 50)), COAT)
    brush.shape(((43, 64), (46, 78), (52, 65)), COAT)


def _car(brush: Brush, _swing: float) -> None:
    side = ((-112, 16), (-112, 50), (-70, 56), (-48, 86), (22, 86), (52, 56), (104, 48), (112, 28), (112, 16))
    brush.shape(side, PAINT)
    brush.shape(((-60, 58), (-44, 80), (-14, 80), (-14, 58)), GLASS)
    brush.shape(((-8, 58), (-8, 80), (19, 80), (42, 58)), GLASS)
    for axle in (-66, 66):
        brush.disc((axle, 18), 20, TYRE)
        brush.disc((axle, 18), 9, STEEL)
    brush.disc((105, 37), 5, LAMP)
