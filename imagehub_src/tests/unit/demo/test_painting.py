"""How a simulated camera's pictures look."""

from imagehub.demo.painting import DAY_SECONDS, Painter
from media import decoded

SIZE = (640, 480)


def test_the_sky_changes_with_the_time_of_day() -> None:
    """A picture from the evening is darker and redder than one from noon."""
    painter = Painter(0, "Barn P1", SIZE)
    noon, evening = (decoded(painter.paint(hour * DAY_SECONDS / 4, None)).astype(int) for hour in (1, 3))
    assert evening[300:].mean() < noon[300:].mean() - 10
    redness = [(picture[40:120, :, 2] - picture[40:120, :, 0]).mean() for picture in (noon, evening)]
    assert redness[1] > redness[0] + 20


def test_clouds_drift() -> None:
    """A second later the sky is not the same, although nobody passes."""
    painter = Painter(1, "Barn P1", SIZE)
    now, later = (decoded(painter.paint(time, None)).astype(int) for time in (100.0, 110.0))
    assert abs(now - later)[:100].mean() > 3
    assert abs(now - later)[440:].mean() < abs(now - later)[:100].mean()


def test_a_name_that_the_font_does_not_have_is_no_error() -> None:
    """Any node name can be simulated."""
    assert decoded(Painter(1, "穀倉 前", SIZE).paint(0.0, None)).shape == (480, 640, 3)
