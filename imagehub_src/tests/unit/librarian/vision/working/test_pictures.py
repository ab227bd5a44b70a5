"""Files of images, and those of the images before."""

from pathlib import Path

import pytest

from happenings import NOON, SECOND, world
from imagehub.librarian.files import NoSuchImageError
from imagehub.librarian.vision.seeing import ImageRow, PictureError
from imagehub.librarian.vision.working import pictures
from imagehub.librarian.vision.working.pictures import Pictures


def store(root: Path, name: str, content: bytes) -> str:
    """Write a file of an image, and return its path."""
    path = f"images/2026-11-21/{name}.jpg"
    (root / path).parent.mkdir(parents=True, exist_ok=True)
    (root / path).write_bytes(content)
    return path


def test_images_before_are_those_of_the_camera_in_the_last_hour(tmp_path: Path) -> None:
    """The newest two of them, the newest first; what is gone is left out."""
    with world(tmp_path) as barn:
        camera, other = barn.camera("A"), barn.camera("B")
        for ago in (3601, 3, 2, 1, 0):
            path = store(tmp_path, str(ago), str(ago).encode())
            barn.image(camera, NOON - ago * SECOND, path=path, state="going" if ago == 2 else "stored")
        barn.image(other, NOON - SECOND // 2, path=store(tmp_path, "other", b"other"))
        image = ImageRow(5, camera, NOON, "images/2026-11-21/0.jpg", "2026-11-21")
        with barn.engine.connect() as connection:
            assert Pictures(tmp_path).before(connection, image) == [b"1", b"3"]
            (tmp_path / "images/2026-11-21/1.jpg").unlink()
            assert Pictures(tmp_path).before(connection, image) == [b"3"]


def test_a_picture_is_read_once_while_memory_for_it_lasts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The ones used last are kept."""
    monkeypatch.setattr(pictures, "KEPT_BYTES", 8)
    paths = [store(tmp_path, name, name.encode() * 4) for name in "abc"]
    kept = Pictures(tmp_path)
    assert [kept.read(paths[number]) for number in (0, 1, 0, 2)] == [b"aaaa", b"bbbb", b"aaaa", b"cccc"]
    for path in paths:
        (tmp_path / path).unlink()
    assert kept.read(paths[0]) == b"aaaa"
    with pytest.raises(NoSuchImageError):
        kept.read(paths[1])


def test_what_is_no_picture_by_its_size_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever its name says."""
    monkeypatch.setattr(pictures, "MAX_BYTES", 10)
    path = store(tmp_path, "a", bytes(11))
    with pytest.raises(PictureError, match="more than 10 bytes"):
        Pictures(tmp_path).read(path)


def test_a_disk_that_is_not_there_is_known(tmp_path: Path) -> None:
    """So that no image is put aside for it."""
    assert not Pictures(tmp_path).there()
    store(tmp_path, "a", b"")
    assert Pictures(tmp_path).there()
