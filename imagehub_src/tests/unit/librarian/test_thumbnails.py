"""Small copies are made once, of pictures only."""

import io
from pathlib import Path

import pytest
from PIL import Image

from imagehub.librarian.files import NoSuchImageError
from imagehub.librarian.thumbnails import MAX_PIXELS, SIZES, NoPictureError, Thumbnails

PATH = "images/2026-11-21/a.jpg"


@pytest.fixture
def hub(tmp_path: Path) -> Path:
    """Give a data directory with a picture of 1600 by 1200 pixels."""
    folder = tmp_path / "hub"
    (folder / PATH).parent.mkdir(parents=True)
    Image.new("RGB", (1600, 1200), "teal").save(folder / PATH)
    return folder


@pytest.fixture
def thumbnails(hub: Path, tmp_path: Path) -> Thumbnails:
    """Give the copies of that directory."""
    return Thumbnails(tmp_path / "copies", hub)


@pytest.mark.parametrize("size", SIZES)
def test_a_copy_is_as_large_as_it_may_be(size: str, thumbnails: Thumbnails) -> None:
    """With the sides of the picture."""
    with Image.open(thumbnails.get(size, 7, PATH)) as copy:
        assert (copy.format, copy.size) == ("JPEG", (SIZES[size], SIZES[size] * 3 // 4))


def test_a_small_picture_is_not_blown_up(hub: Path, thumbnails: Thumbnails) -> None:
    """It stays as it is."""
    Image.new("L", (40, 30)).save(hub / PATH)
    with Image.open(thumbnails.get("small", 7, PATH)) as copy:
        assert copy.size == (40, 30)


def test_a_copy_is_kept(hub: Path, thumbnails: Thumbnails) -> None:
    """The picture is not read again, until the copy is forgotten."""
    first = thumbnails.get("small", 7, PATH)
    (hub / PATH).unlink()
    assert thumbnails.get("small", 7, PATH) == first
    thumbnails.forget(7)
    assert not first.exists()
    with pytest.raises(NoSuchImageError):
        thumbnails.get("small", 7, PATH)


def test_what_was_never_copied_can_be_forgotten(thumbnails: Thumbnails) -> None:
    """Nothing happens."""
    thumbnails.forget(8)


def whole() -> bytes:
    """Return a JPEG."""
    file = io.BytesIO()
    Image.new("RGB", (640, 480), "teal").save(file, "JPEG")
    return file.getvalue()


@pytest.mark.parametrize(
    "body", [b"", b"no picture", whole()[:300], b"GIF89a" + bytes(100), b"<svg/>", b"\xff\xd8" + bytes(100)]
)
def test_what_is_no_picture_is_named_so(body: bytes, hub: Path, thumbnails: Thumbnails, tmp_path: Path) -> None:
    """Cameras may send anything; nothing is left behind of it."""
    (hub / PATH).write_bytes(body)
    with pytest.raises(NoPictureError):
        thumbnails.get("small", 7, PATH)
    assert [path for path in (tmp_path / "copies").rglob("*") if path.is_file()] == []


@pytest.mark.parametrize(("width", "allowed"), [(20_000, MAX_PIXELS), (2_000, 2_000 * 10_000 - 1)])
def test_a_picture_that_would_fill_the_memory_is_refused(
    width: int, allowed: int, hub: Path, thumbnails: Thumbnails, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A small file can claim to be a huge picture: above our limit as above the library's own."""
    monkeypatch.setattr("imagehub.librarian.thumbnails.MAX_PIXELS", allowed)
    Image.new("1", (width, 10_000)).save(hub / PATH, "PNG")
    with pytest.raises(NoPictureError):
        thumbnails.get("small", 7, PATH)


def test_a_turned_camera_is_turned_back(hub: Path, thumbnails: Thumbnails) -> None:
    """The copy stands upright, as the camera says."""
    turned = Image.Exif()
    turned[0x0112] = 6
    Image.new("RGB", (1600, 1200)).save(hub / PATH, exif=turned)
    with Image.open(thumbnails.get("small", 7, PATH)) as copy:
        assert copy.size == (240, 320)
