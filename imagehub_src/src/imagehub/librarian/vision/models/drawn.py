"""Pictures drawn by arithmetic alone, the same everywhere: what freshly installed models are tried on."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from imagehub.librarian.vision.seeing import Picture

# Letters of five columns and seven rows, each row a number in binary.
LETTERS = {
    "B": (30, 17, 17, 30, 17, 17, 30),
    "H": (17, 17, 17, 31, 17, 17, 17),
    "O": (14, 17, 17, 17, 17, 17, 14),
    "P": (30, 17, 17, 30, 16, 16, 16),
    "S": (14, 17, 16, 14, 1, 17, 14),
    "T": (31, 4, 4, 4, 4, 4, 4),
    "U": (17, 17, 17, 17, 17, 17, 14),
    "2": (14, 17, 1, 2, 4, 8, 31),
    "4": (2, 6, 10, 18, 31, 2, 2),
    "7": (31, 1, 2, 4, 8, 8, 8),
}
WHITE, RED, GREY, GREEN = (245, 245, 245), (35, 25, 190), (135, 130, 130), (70, 120, 90)


def stop_sign() -> "Picture":
    """Return a stop sign on its post, 300 by 300 pixels."""
    import numpy as np

    y, x = np.mgrid[0:300, 0:300]
    picture = np.stack([235 - y // 4, 190 - y // 10, 150 - y // 10], 2).astype(np.uint8)
    picture[y > 210] = GREEN
    picture[(abs(x - 150) < 6) & (y > 130)] = GREY
    for radius, color in ((75, WHITE), (70, RED)):
        wide, high = abs(x - 150), abs(y - 110)
        picture[(wide <= radius) & (high <= radius) & ((wide + high) * 100 <= radius * 141)] = color
    letters = lettering("STOP", 5)
    high, wide = letters.shape
    picture[93 : 93 + high, 92 : 92 + wide][letters] = WHITE
    return picture


def sign(text: str, height: int, width: int) -> "Picture":
    """Return black letters in the middle of a white picture, half as high as it is."""
    import numpy as np

    letters = lettering(text, height // 14)
    high, wide = letters.shape
    top, left = (height - high) // 2, (width - wide) // 2
    picture = np.full((height, width, 3), WHITE, np.uint8)
    picture[top : top + high, left : left + wide][letters] = 20
    return picture


def lettering(text: str, size: int) -> "NDArray[np.bool_]":
    """Return where a text has ink, in pixels; each dot of a letter is a square of `size` pixels."""
    import numpy as np

    dots = np.zeros((7, len(text) * 6 - 1), np.bool_)
    for index, letter in enumerate(text):
        rows = np.array(LETTERS[letter])[:, None]
        dots[:, index * 6 : index * 6 + 5] = rows >> np.arange(4, -1, -1) & 1
    return np.kron(dots, np.ones((size, size), np.bool_))
