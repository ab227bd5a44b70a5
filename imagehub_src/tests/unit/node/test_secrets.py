"""Passwords of cameras are in no output."""

import pytest

from imagehub.node.secrets import without_password


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("rtsp://me:p@ss@barn:8554/live?key=1", "rtsp://barn:8554/live"),
        ("rtsp://admin:pa@ss@10.0.0.9:554/a", "rtsp://10.0.0.9:554/a"),
        ("http://10.0.0.9/a?user=u&pwd=p", "http://10.0.0.9/a"),
        ("source: rtsp://u:p@cam/a?k=1\nview: b@c", "source: rtsp://cam/a\nview: b@c"),
        ("/home/pi/film.mp4?once", "/home/pi/film.mp4?once"),
        ("synthetic:seed=3", "synthetic:seed=3"),
    ],
)
def test_addresses_are_shown_without_user_and_query(text: str, shown: str) -> None:
    """All other text stays."""
    assert without_password(text) == shown
