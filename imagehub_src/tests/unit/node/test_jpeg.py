"""Pictures as JPEG."""

import sys

import numpy as np
import pytest

from imagehub.errors import MissingExtraError
from imagehub.node import jpeg
from media import decoded

PIXELS = np.zeros((48, 64, 3), np.uint8)
PIXELS[:, :32] = (200, 40, 10)


@pytest.fixture(params=["simplejpeg", "cv2"])
def encoder(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Run a test with each encoder."""
    if request.param == "cv2":
        monkeypatch.setattr(jpeg, "_simplejpeg", lambda: None)
    return str(request.param)


@pytest.mark.usefixtures("encoder")
def test_colours_and_size_are_kept() -> None:
    """Blue stays blue, with both encoders."""
    back = decoded(jpeg.encode(PIXELS, 95))
    assert back.shape == PIXELS.shape
    assert np.abs(back[20, 10].astype(int) - [200, 40, 10]).max() < 12


@pytest.mark.usefixtures("encoder")
def test_grey_pictures_and_cut_outs_are_encoded() -> None:
    """An array that is a part of another one lies in pieces in memory."""
    assert decoded(jpeg.encode(PIXELS[:, :, 0], 90)).shape == PIXELS.shape
    assert decoded(jpeg.encode(PIXELS[10:20, 5:60:2], 90)).shape == (10, 28, 3)


@pytest.mark.usefixtures("encoder")
def test_a_scale_makes_it_smaller() -> None:
    """Half the width, half the height; never nothing."""
    assert decoded(jpeg.encode(PIXELS, 80, 0.5)).shape == (24, 32, 3)
    assert decoded(jpeg.encode(PIXELS[:1, :1], 80, 0.25)).shape == (1, 1, 3)


def test_quality_costs_bytes() -> None:
    """The lower, the smaller."""
    noisy = np.random.default_rng(1).integers(0, 255, (120, 160, 3), dtype=np.uint8)
    sizes = [len(jpeg.encode(noisy, quality)) for quality in (30, 60, 90)]
    assert sizes == sorted(sizes)


def test_without_the_extra_the_error_names_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """One line says what to install."""
    monkeypatch.setattr(jpeg, "_simplejpeg", lambda: None)
    monkeypatch.setitem(sys.modules, "cv2", None)
    with pytest.raises(MissingExtraError, match=r"imagehub\[node\]"):
        jpeg.encode(PIXELS, 90)
