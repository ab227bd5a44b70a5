"""What is drawn on images on their way to the hub."""

from datetime import datetime

import numpy as np

from imagehub.node.drawing import draw
from imagehub.node.settings.settings import DrawnTime, Look

SIZE = (640, 480)
WHEN = datetime.fromisoformat("2026-03-14T09:26:53.589793+01:00")
BLUE = (255, 0, 0)


def black() -> np.ndarray:
    """Return an image on which nothing is."""
    return np.zeros((480, 640, 3), np.uint8)


def test_an_image_is_itself_where_nothing_is_to_be_drawn() -> None:
    """No copy is made."""
    image = black()
    assert draw(image, Look(), SIZE, WHEN) is image


def test_the_region_is_framed_in_its_colour_and_width() -> None:
    """`draw_roi: ((255,0,0),5)` is a blue line of about 5 pixels, with the region's edge as its middle."""
    image = draw(black(), Look(roi=((40, 40), (60, 60)), draw_roi=(BLUE, 5)), SIZE, WHEN)
    assert (image[240, 254:259] == BLUE).all()
    assert not image[240, [252, 260]].any()
    assert (image[192, 256:384] == BLUE).all()
    assert (image[288, 256:384] == BLUE).all()
    assert not image[240, 300:340].any()


def test_what_is_drawn_on_is_a_copy() -> None:
    """Detectors and other receivers of the frame see the scene alone."""
    image = black()
    draw(image, Look(draw_roi=(BLUE, 5), draw_time=DrawnTime(BLUE, 1, (5, 5))), SIZE, WHEN)
    assert not image.any()


def test_the_time_stands_where_and_as_large_as_the_settings_have_it() -> None:
    """Its lower left corner is given in percent."""
    image = draw(black(), Look(draw_time=DrawnTime((0, 200, 0), 1, (5, 50), 0.5)), SIZE, WHEN)
    rows, columns = np.nonzero(image.any(axis=2))
    assert 220 < rows.min() < rows.max() < 250
    assert 30 < columns.min() < 40
    large = draw(black(), Look(draw_time=DrawnTime((0, 200, 0), 1, (5, 50), 1.0)), SIZE, WHEN)
    assert np.nonzero(large.any(axis=2))[1].max() > columns.max() + 150
    assert set(image[:, :, 1].ravel()) > {0, 200}
    assert not image[:, :, [0, 2]].any()


def test_each_microsecond_looks_different() -> None:
    """The time is drawn to the microsecond."""
    look = Look(draw_time=DrawnTime(BLUE, 1, (5, 50)))
    later = WHEN.replace(microsecond=589794)
    assert (draw(black(), look, SIZE, WHEN) != draw(black(), look, SIZE, later)).any()
