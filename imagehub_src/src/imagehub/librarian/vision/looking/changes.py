"""What changed since a camera's last pictures?"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from imagehub.librarian.vision.box import Box

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from imagehub.librarian.vision.looking.decoding import Grey

    Difference = NDArray[np.float32]

# Less than this many steps of brightness, of 255, is no change, nor is what is not far above the picture's own noise.
LEAST_STEPS = 14.0
NOISES = 6.0
# A share of the small picture's longer side: how far light spreads, and below which size a change is none.
LIGHT = 0.12
TINY = 0.012


def changes(now: "Grey", before: "Sequence[Grey]") -> list[Box]:
    """Return where `now` differs from each of the pictures before, the largest first.

    Noise is no change, and neither is light that went up or down, all over or in a large part of the picture. Pictures
    of another size don't count; if none is left, nothing changed.
    """
    import numpy as np

    alike = [picture for picture in before if picture.shape == now.shape]
    if not alike:
        return []
    differing = np.minimum.reduce([_difference(now, picture) for picture in alike])
    return _boxes(differing)


def _difference(now: "Grey", before: "Grey") -> "Difference":
    """Return by how many times the least change each pixel changed, once light and noise are taken off."""
    import cv2
    import numpy as np

    smooth, smooth_before = (np.asarray(cv2.GaussianBlur(each, (0, 0), 1.2), np.uint8) for each in (now, before))
    relit = _relit(smooth_before, smooth)
    # Sun and shade come and go in a part of the picture, too.
    lighter = (_spread(smooth.astype(np.float32)) + 8) / (_spread(relit) + 8)
    left = np.abs(smooth - relit * lighter)
    noise = 1.4826 * float(np.median(left))
    left[_beyond(relit, smooth)] = 0
    return np.asarray(left / max(LEAST_STEPS, NOISES * noise), np.float32)


def _beyond(expected: "Difference", now: "Grey") -> "NDArray[np.bool_]":
    """Tell which pixels are, and were to be, brighter or darker than where a sensor tells light from light."""
    import numpy as np

    least, most = np.minimum(expected, now), np.maximum(expected, now)
    return np.asarray(((most >= 215) & (least >= 185)) | ((least <= 20) & (most <= 45)))


def _relit(before: "Grey", now: "Grey") -> "Difference":
    """Return the earlier picture in the light of the later one: what was so bright is now mostly so bright."""
    import numpy as np

    levels = before >> 4
    counts = np.bincount((levels.astype(np.intp) << 8 | now).ravel(), minlength=16 * 256).reshape(16, 256)
    enough = counts.sum(1) >= 0.002 * now.size
    was = np.bincount(levels.ravel(), before.ravel(), minlength=16)[enough] / counts.sum(1)[enough]
    became = (counts.cumsum(1)[enough] * 2 >= counts.sum(1)[enough, None]).argmax(1)
    lit = np.interp(np.arange(256), *_to_both_ends(was, became))
    return np.asarray(lit, np.float32)[before]


def _to_both_ends(was: "NDArray[Any]", became: "NDArray[Any]") -> "tuple[NDArray[Any], NDArray[Any]]":
    """Return a curve that goes on, from black to white, as straight as it begins and ends."""
    import numpy as np

    steep = np.diff(became) / np.diff(was) if len(was) > 1 else np.ones(1)
    black, white = became[0] - steep[0] * was[0], became[-1] + steep[-1] * (255 - was[-1])
    return np.array([0, *was, 255]), np.clip([black, *became, white], 0, 255)


def _spread(picture: "Difference") -> "Difference":
    """Return what is left of a picture if only large parts of it are told apart."""
    import cv2
    import numpy as np

    height, width = picture.shape
    small = cv2.resize(picture, (-(-width // 8), -(-height // 8)), interpolation=cv2.INTER_AREA)
    small = cv2.GaussianBlur(small, (0, 0), LIGHT / 8 * max(picture.shape))
    return np.asarray(cv2.resize(small, (width, height)), np.float32)


def _boxes(differing: "Difference") -> list[Box]:
    import cv2
    import numpy as np

    high, wide = differing.shape
    least = max(2, round(TINY * max(high, wide)))
    seen = cv2.morphologyEx((differing > 1).astype(np.uint8), cv2.MORPH_OPEN, np.ones((2, 2), np.uint8))
    # Parts of one thing, such as arms and legs, lie close together.
    joined = cv2.dilate(seen, np.ones((2 * least + 1, 2 * least + 1), np.uint8))
    count, labels = cv2.connectedComponents(joined)
    found = []
    for number in range(1, count):
        rows, columns = np.nonzero((labels == number) & (seen > 0))
        left, top = int(columns.min()), int(rows.min())
        width, height = int(columns.max()) + 1 - left, int(rows.max()) + 1 - top
        if max(width, height) >= 2 * least and len(rows) >= least * least:
            found.append(Box(left / wide, top / high, width / wide, height / high))
    return sorted(found, key=lambda box: box.area, reverse=True)
