"""Files of images are opened, and no other."""

from pathlib import Path

import pytest

from imagehub.librarian.files import open_image

PATH = "images/2026-11-21/Barn-P1.jpg"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Give a data directory with an image, beside a file that nobody shall see."""
    (tmp_path / "hub" / PATH).parent.mkdir(parents=True)
    (tmp_path / "hub" / PATH).write_bytes(b"picture")
    (tmp_path / "secret").write_bytes(b"secret")
    return tmp_path / "hub"


def test_opens_an_image(root: Path) -> None:
    """By its path relative to the data directory."""
    with open_image(root, PATH) as file:
        assert file.read() == b"picture"


def test_images_may_lie_on_another_disk(root: Path) -> None:
    """A symbolic link for `images` is an administrator's."""
    (root / "images").rename(root.parent / "disk")
    (root / "images").symlink_to(root.parent / "disk")
    with open_image(root, PATH) as file:
        assert file.read() == b"picture"


@pytest.mark.parametrize(
    "path",
    [
        "../secret",
        "/etc/passwd",
        "images/../../secret",
        "images/2026-11-21/../../../secret",
        "images/2026-11-21/link",
        "images/linked/secret",
        "images/2026-11-21",
        "images/2026-11-21/missing.jpg",
        "images/2026-11-21/Barn\0.jpg",
        "journal/2026-11-21/Barn-P1.jpg",
        "",
    ],
)
def test_refuses_what_is_no_image(root: Path, path: str) -> None:
    """Neither dots nor absolute paths nor symbolic links lead out."""
    (root / "images/2026-11-21/link").symlink_to(root.parent / "secret")
    (root / "images/linked").symlink_to(root.parent)
    with pytest.raises(OSError, match=r"."):
        open_image(root, path)
