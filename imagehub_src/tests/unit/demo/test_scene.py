"""What happens before a simulated camera."""

from itertools import pairwise

import pytest

from imagehub.demo.scene import TEMPERATURE_SECONDS, Scene
from media import decoded

BEGIN = 1_800_000_000.0


def test_motion_begins_and_ends_with_whoever_passes() -> None:
    """A passage is told by two events: when somebody comes into the picture, and when it is empty again."""
    scene = Scene(1, "Barn P1")
    for since, until in pairwise(BEGIN + step / 10 for step in range(3000)):
        before, now = scene.passage(since) is not None, scene.passage(until) is not None
        expected = [] if now == before else [f"Barn P1|motion|{'moving' if now else 'still'}"]
        assert [text for text in scene.events(since, until) if "motion" in text] == expected


def test_no_event_is_lost_or_told_twice_however_often_one_asks() -> None:
    """Asking for many short spans gives the same events, in the same order, as asking for a long one."""
    scene = Scene(2, "BackDeck P1")
    whole = scene.events(BEGIN, BEGIN + 300)
    parts = [text for step in range(1500) for text in scene.events(BEGIN + step / 5, BEGIN + (step + 1) / 5)]
    assert parts == whole
    assert len(whole) > 20


def test_a_thermometer_tells_its_temperature_for_the_node() -> None:
    """Temperatures come now and then, as imagenode sends them, and don't jump."""
    texts = [text for text in Scene(1, "Barn P1").events(BEGIN, BEGIN + 20 * TEMPERATURE_SECONDS) if "Temp" in text]
    assert len(texts) == 20
    values = [int(text.removeprefix("Barn|Temp|").removesuffix(" F")) for text in texts]
    assert all(55 <= value <= 80 for value in values)
    assert max(abs(after - before) for before, after in pairwise(values)) <= 3


def test_a_picture_depends_on_seed_name_and_time_alone() -> None:
    """The same camera shows the same at the same time; another seed, name or time shows something else."""
    picture = Scene(1, "Barn P1").frame(BEGIN)
    assert Scene(1, "Barn P1").frame(BEGIN) == picture
    others = [
        Scene(2, "Barn P1").frame(BEGIN),
        Scene(1, "Barn P2").frame(BEGIN),
        Scene(1, "Barn P1").frame(BEGIN + 1),
    ]
    assert len({picture, *others}) == 4


def test_a_picture_has_the_size_asked_for_and_that_of_a_camera_in_bytes() -> None:
    """A simulated camera is as heavy on hub and network as a real one of 640 x 480."""
    picture = Scene(1, "Barn P1").frame(BEGIN)
    assert decoded(picture).shape == (480, 640, 3)
    assert 30_000 < len(picture) < 70_000
    assert decoded(Scene(1, "Barn P1", (320, 240)).frame(BEGIN)).shape == (240, 320, 3)


def test_whoever_passes_is_in_the_middle_of_the_picture_halfway() -> None:
    """What moves is where the passage says it is."""
    scene = Scene(3, "Driveway P1")
    who = next(filter(None, (scene.passage(BEGIN + second) for second in range(60))))
    halfway = decoded(scene.frame((who.enters + who.leaves) / 2)).astype(int)
    empty = decoded(scene.frame(who.enters - 0.5)).astype(int)
    moved = abs(halfway - empty).max(axis=2)[250:420] > 60
    assert moved.any(axis=0).nonzero()[0].mean() == pytest.approx(320, abs=60)
