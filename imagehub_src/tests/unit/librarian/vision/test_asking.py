"""Who asks what is in an image gets an answer from the catalog, or from a worker that looks at it next."""

import io
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from PIL import Image

from imagehub.errors import ImagehubError
from imagehub.librarian.vision.asking import Asking, Plate
from imagehub.librarian.vision.queue import jobs
from looking_into import Gallery, gallery


@pytest.fixture
def shown(tmp_path: Path) -> Iterator[Gallery]:
    """Give a catalog with pictures."""
    with gallery(tmp_path) as made:
        yield made


def asking(shown: Gallery, seconds: float = 30) -> Asking:
    """Return who asks."""
    return Asking(shown.engine, shown.root, lambda: shown.now_us, seconds)


@contextmanager
def working(shown: Gallery) -> Iterator[None]:
    """Let a worker work meanwhile."""
    stop = threading.Event()
    thread = threading.Thread(target=shown.loop.work, args=(stop,))
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(30)


def test_what_is_known_is_answered_from_the_catalog(shown: Gallery) -> None:
    """No worker is needed."""
    number = shown.picture(shown.barn.camera(check_objects=True), "dog dog cat")
    shown.put(number)
    shown.work()
    assert asking(shown, 0).objects(number) == {"dog": 2, "cat": 1}
    assert shown.jobs() == []


def test_what_is_not_known_is_looked_at_next(shown: Gallery) -> None:
    """Also of cameras whose images are not looked at by themselves; an empty picture is an answer."""
    camera = shown.barn.camera()
    number, empty = shown.picture(camera, "dog"), shown.picture(camera, "", 1)
    with working(shown):
        assert asking(shown).objects(number) == {"dog": 1}
        assert asking(shown).objects(empty) == {}


def test_plates_are_told_in_pixels(shown: Gallery) -> None:
    """The surest first."""
    number = shown.picture(shown.barn.camera(), "car plate:AB12")
    with working(shown):
        with pytest.raises(ImagehubError, match="cannot identify"):
            asking(shown).plates(number)
        jpeg = io.BytesIO()
        Image.new("RGB", (200, 100)).save(jpeg, "JPEG")
        next(shown.root.glob("images/*/*")).write_bytes(jpeg.getvalue())
        assert asking(shown).plates(number) == [Plate("ab12", "de", 0.8, (50, 25, 150, 75))]
        assert asking(shown).plates(shown.picture(1, "dog", 1)) == []


def test_why_it_can_not_be_told_is_said(shown: Gallery) -> None:
    """What is wrong with the picture, or that nobody looks."""
    number = shown.picture(shown.barn.camera(), "broken")
    with pytest.raises(ImagehubError, match="no worker looked at it within 0 s"):
        asking(shown, 0).objects(number)
    with working(shown), pytest.raises(ImagehubError, match="no JPEG"):
        asking(shown).objects(number)
    assert [row[2] for row in shown.jobs()] == [jobs.DEAD]
