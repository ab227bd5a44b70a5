"""docs/ref/mqtt.md has all that is published and asked."""

from pathlib import Path

from imagehub.librarian.mqtt import messages, requests, topics
from imagehub.librarian.mqtt.news import Camera, Happening

PAGE = (Path(__file__).parents[5] / "docs/ref/mqtt.md").read_text()


def test_every_topic_is_described() -> None:
    """Those of cameras, and those of requests and their answers."""
    for last in (topics.PICTURE, topics.STATE, topics.EVENT, *topics.READINGS):
        assert f"`{topics.camera('imagehub', 'NODE', 'VIEW', last)}`" in PAGE
    assert f"`{topics.status('imagehub')}`" in PAGE
    for topic in (requests.OBJECTS, requests.COUNT, requests.LICENSE, requests.RESULTS, requests.INFORMATION):
        assert f"`{topic}`" in PAGE


def test_every_key_is_described() -> None:
    """Of states and of events."""
    state = messages.state(Camera(1, "Barn", "P1", "", None, {}, None, "", 0, 0), 0)
    event = messages.event(Happening(1, 0, "Barn", "P1", "motion", "motion", None, ""))
    for key in (*state, *event):
        assert f"`{key}`" in PAGE
