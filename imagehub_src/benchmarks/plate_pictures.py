"""Pictures of cars with licence plates of five regions, drawn by chance: what they read is known."""

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from imagehub.librarian.vision.box import Box

TUNING, MEASURING = 1913, 2026
WIDTHS = 80, 200
LETTERS = "ABCDEFGHJKLMNPRSTUVWXYZ"
Pixels = np.ndarray[Any, np.dtype[np.uint8]]


@dataclass(frozen=True)
class Drawn:
    """A picture, the vehicle in it, and what its plate reads; `width` is the plate's, in pixels."""

    picture: Pixels
    vehicle: Box
    text: str
    region: str
    width: int


@dataclass(frozen=True)
class Style:
    """How plates of a region look: the groups of the text, colours, width by height, font, and what else is on them."""

    text: Callable[[random.Random], tuple[str, ...]]
    paper: tuple[int, int, int]
    ink: tuple[int, int, int]
    ratio: float
    font: str
    squeeze: float
    band: bool = False
    title: str = ""
    gap: str = " "


def _pick(chance: random.Random, letters: str, count: int) -> str:
    return "".join(chance.choice(letters) for _ in range(count))


def _digits(chance: random.Random, count: int) -> str:
    return str(chance.randrange(1, 10)) + _pick(chance, "0123456789", count - 1)


def _de(chance: random.Random) -> tuple[str, ...]:
    district = chance.choice(("B", "M", "HH", "K", "F", "S", "KA", "WI", "OS", "DO", "BO", "SB", "GG", "MTK", "OAL"))
    return district, _pick(chance, LETTERS, chance.choice((1, 2, 2))), _digits(chance, chance.choice((2, 3, 3, 4)))


def _cz(chance: random.Random) -> tuple[str, ...]:
    region = chance.choice("ABCEHJKLMPSTUZ")
    third = chance.choice("0123456789" + "ABCDEFHJKLMNPRSTUVXYZ" * (region == "A"))
    return f"{_digits(chance, 1)}{region}{third}", _pick(chance, "0123456789", 4)


def _gb(chance: random.Random) -> tuple[str, ...]:
    area = chance.choice("ABCDEFGHKLMNOPRSVWY") + chance.choice("ABCDEFGHJKLMNOPRSTUVWXY")
    age = chance.choice(("02", "05", "08", "12", "18", "20", "23", "51", "56", "61", "65", "68", "71", "74"))
    return area + age, _pick(chance, "ABCDEFGHJKLMNOPRSTUVWXYZ", 3)


def _fr(chance: random.Random) -> tuple[str, ...]:
    letters = "ABCDEFGHJKLMNPQRSTVWXYZ"
    return _pick(chance, letters, 2), _pick(chance, "0123456789", 3), _pick(chance, letters, 2)


def _tx(chance: random.Random) -> tuple[str, ...]:
    return _pick(chance, "BCDFGHJKLMNPRSTVWXYZ", 3), _pick(chance, "0123456789", 4)


WHITE, BLACK, YELLOW, NAVY = (238, 240, 240), (24, 22, 20), (40, 200, 245), (90, 40, 20)
STYLES = {
    "us-tx": Style(_tx, WHITE, BLACK, 2.0, "sans", 0.62, title="TEXAS", gap="-"),
    "de": Style(_de, WHITE, BLACK, 4.7, "din", 1.0, band=True),
    "cz": Style(_cz, WHITE, BLACK, 4.7, "din", 1.0, band=True),
    "gb": Style(_gb, YELLOW, BLACK, 4.7, "sans", 0.72),
    "fr": Style(_fr, WHITE, BLACK, 4.7, "din", 1.0, band=True, gap="-"),
}


def drawn(seed: int, count: int, fonts: dict[str, Path]) -> Iterator[Drawn]:
    """Yield so many pictures, as many of each region; `fonts` are the files of `din` and `sans`."""
    chance = random.Random(seed)
    for number in range(count):
        region = list(STYLES)[number % len(STYLES)]
        groups = STYLES[region].text(chance)
        width = chance.randint(*WIDTHS)
        picture, vehicle = _scene(chance, _plate(STYLES[region], groups, fonts), width)
        yield Drawn(picture, vehicle, "".join(groups), region, width)


def _plate(style: Style, groups: tuple[str, ...], fonts: dict[str, Path]) -> Pixels:
    """Draw a plate 600 pixels wide."""
    wide, high = 600, round(600 / style.ratio)
    image = Image.new("RGB", (wide, high), style.paper[::-1])
    pen = ImageDraw.Draw(image)
    pen.rounded_rectangle((3, 3, wide - 4, high - 4), 14, outline=style.ink[::-1], width=5)
    left, top = 16, 12
    if style.band:
        pen.rectangle((6, 6, 50, high - 7), fill=(20, 50, 150))
        left = 58
    if style.title:
        small = ImageFont.truetype(str(fonts["sans"]), round(high * 0.16))
        pen.text((wide / 2, 10), style.title, fill=(150, 40, 40), font=small, anchor="ma")
        top = round(high * 0.24)
    text = _line(style, groups, fonts, high - top - 14)
    room = wide - left - 16
    if text.width > room:
        text = text.resize((room, text.height))
    place = left + (room - text.width) // 2, top + (high - top - 14 - text.height) // 2 + 4
    image.paste(Image.new("RGB", text.size, style.ink[::-1]), place, text)
    return np.asarray(image)[:, :, ::-1].copy()


def _line(style: Style, groups: tuple[str, ...], fonts: dict[str, Path], high: int) -> Image.Image:
    font = ImageFont.truetype(str(fonts[style.font]), high)
    words = style.gap.join(groups)
    box = font.getbbox(words)
    mask = Image.new("L", (round(box[2] - box[0]) + 8, round(box[3] - box[1]) + 4))
    ImageDraw.Draw(mask).text((4 - box[0], 2 - box[1]), words, fill=255, font=font)
    scale = 0.8 * high / mask.height
    return mask.resize((round(mask.width * scale * style.squeeze), round(mask.height * scale)))


def _scene(chance: random.Random, plate: Pixels, width: int) -> tuple[Pixels, Box]:
    """Put a plate on the rear of a car on a street, seen a little from aside, as a camera gives it."""
    wide, high = 1280, 720
    noise = np.random.default_rng(chance.randrange(1 << 30))
    picture = _street(noise, wide, high)
    car_wide = min(round(width * chance.uniform(3.2, 4.2)), 820)
    car_high = round(car_wide * chance.uniform(0.72, 0.9))
    left, top = chance.randint(40, wide - car_wide - 40), max(0, high - car_high - chance.randint(10, 60))
    car_high = min(car_high, high - top)
    _car(picture, chance, left, top, car_wide, car_high)
    middle = left + car_wide * chance.uniform(0.42, 0.58), top + car_high * chance.uniform(0.6, 0.78)
    _paste(picture, plate, chance, middle, width)
    return _camera(picture, chance, noise), Box(left / wide, top / high, car_wide / wide, car_high / high)


def _street(noise: np.random.Generator, wide: int, high: int) -> Pixels:
    coarse = noise.normal(110, 22, (high // 40, wide // 40, 3)).clip(0, 255).astype(np.uint8)
    picture = cv2.resize(coarse, (wide, high), interpolation=cv2.INTER_CUBIC)
    picture[high // 2 :] = picture[high // 2 :] // 2 + 45
    return np.asarray(picture, np.uint8)


def _car(picture: Pixels, chance: random.Random, left: int, top: int, wide: int, high: int) -> None:
    paint = tuple(chance.randint(15, 225) for _ in range(3))
    shade = tuple(value // 2 for value in paint)
    roof = np.array([(0.16, 0.02), (0.84, 0.02), (0.96, 0.42), (0.04, 0.42)]) * (wide, high) + (left, top)
    glass = np.array([(0.21, 0.08), (0.79, 0.08), (0.88, 0.36), (0.12, 0.36)]) * (wide, high) + (left, top)
    cv2.fillPoly(picture, [roof.astype(np.int32)], shade)
    cv2.fillPoly(picture, [glass.astype(np.int32)], (70, 62, 55))
    cv2.rectangle(picture, (left, top + round(high * 0.4)), (left + wide, top + round(high * 0.9)), paint, -1)
    for at in (0.03, 0.82):
        lamp = left + round(wide * at), top + round(high * 0.45)
        cv2.rectangle(picture, lamp, (lamp[0] + round(wide * 0.15), lamp[1] + round(high * 0.1)), (30, 30, 190), -1)
        wheel = left + round(wide * at), top + round(high * 0.88)
        cv2.rectangle(picture, wheel, (wheel[0] + round(wide * 0.15), top + high), (25, 25, 25), -1)
    cv2.line(picture, (left, top + round(high * 0.82)), (left + wide, top + round(high * 0.82)), shade, 3)


def _paste(picture: Pixels, plate: Pixels, chance: random.Random, middle: tuple[float, float], width: int) -> None:
    high, wide = plate.shape[:2]
    size = np.array([width, width * high / wide])
    corners = np.array([(-0.5, -0.5), (0.5, -0.5), (0.5, 0.5), (-0.5, 0.5)]) * size
    lean = chance.uniform(-0.14, 0.14)  # the far side of a plate seen from aside is the shorter one
    corners[:, 1] *= 1 + lean * np.sign(corners[:, 0])
    turn = np.radians(chance.uniform(-7, 7))
    shear = chance.uniform(-0.12, 0.12)
    spin = np.array([(np.cos(turn), -np.sin(turn)), (np.sin(turn), np.cos(turn))])
    corners = (corners + np.stack((corners[:, 1] * shear, np.zeros(4)), 1)) @ spin.T + middle
    # Drawn at four times the size and made smaller, as a lens does: warped at once it would have steps.
    fine = 4
    whole = picture.shape[1], picture.shape[0]
    left, top = np.floor(corners.min(0)).astype(int) - 2
    right, bottom = np.minimum(np.ceil(corners.max(0)).astype(int) + 2, whole)
    source = np.array([(0, 0), (wide, 0), (wide, high), (0, high)], np.float32)
    target = ((corners - (left, top)) * fine).astype(np.float32)
    room = (int(right - left) * fine, int(bottom - top) * fine)
    shape = cv2.getPerspectiveTransform(source, target)
    part = cv2.warpPerspective(plate, shape, room)
    mask = cv2.warpPerspective(np.full((high, wide), 255, np.uint8), shape, room)
    small = room[0] // fine, room[1] // fine
    part = cv2.resize(part, small, interpolation=cv2.INTER_AREA)
    weight = cv2.resize(mask, small, interpolation=cv2.INTER_AREA)[:, :, None] / 255
    under = picture[top:bottom, left:right]
    under[:] = (part * weight + under * (1 - weight)).astype(np.uint8)


def _camera(picture: Pixels, chance: random.Random, noise: np.random.Generator) -> Pixels:
    light, contrast = chance.uniform(-35, 25), chance.uniform(0.65, 1.1)
    seen = cv2.GaussianBlur(picture, (0, 0), chance.uniform(0.3, 1.1))
    if chance.random() < 0.4:
        length = chance.choice((3, 3, 5))
        seen = cv2.filter2D(seen, -1, np.full((1, length), 1 / length))
    grain = noise.normal(0, chance.uniform(2, 9), seen.shape)
    seen = ((seen - 128.0) * contrast + 128 + light + grain).clip(0, 255).astype(np.uint8)
    _, jpeg = cv2.imencode(".jpg", seen, [cv2.IMWRITE_JPEG_QUALITY, chance.randint(60, 92)])
    again = cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR)
    assert again is not None
    return np.asarray(again, np.uint8)
