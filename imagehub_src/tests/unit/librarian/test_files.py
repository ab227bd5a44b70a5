"""Images are opened below the hub's folder of images, and nothing else is."""

import os
from pathlib import Path

import pytest

from imagehub.librarian.files import NoSuchImageError, open_image


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Give a data directory with one image, and a secret beside it."""
    day = tmp_path / "hub" / "images" / "2026-11-21"
    day.mkdir(parents=True)
    (day / "a.jpg").write_bytes(b"a picture")
    (tmp_path / "secret.jpg").write_bytes(b"secret")
    (tmp_path / "hub" / "images" / "elsewhere").symlink_to(tmp_path)
    (day / "link.jpg").symlink_to(tmp_path / "secret.jpg")
    (day / "folder.jpg").mkdir()
    os.mkfifo(day / "pipe.jpg")
    return tmp_path / "hub"


def test_an_image_is_opened(root: Path) -> None:
    """By its path in the catalog."""
    with open_image(root, "images/2026-11-21/a.jpg") as file:
        assert file.read() == b"a picture"


@pytest.mark.parametrize(
    "path",
    [
        "",
        "images/2026-11-21/b.jpg",
        "images/2026-11-21/../../secret.jpg",
        "images/../secret.jpg",
        "images/./a.jpg",
        "images//a.jpg",
        "/images/2026-11-21/a.jpg",
        "logs/2026-11-21/a.jpg",
        "images/elsewhere/secret.jpg",
        "images/2026-11-21/link.jpg",
        "images/2026-11-21/folder.jpg",
        "images/2026-11-21/pipe.jpg",
        "images/2026-11-21/a.jpg\0",
    ],
)
def test_whatever_else_is_refused(root: Path, path: str) -> None:
    """Neither dots nor links lead out, and nothing waits for a pipe."""
    with pytest.raises(NoSuchImageError):
        open_image(root, path)
