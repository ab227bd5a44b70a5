"""Only the wanted files of a package are read, and nothing is written."""

import io
import tarfile
import zipfile
from pathlib import Path

import pytest

from imagehub.errors import ImagehubError
from imagehub.librarian.vision.models import unpacking


def _tar(path: Path, *members: tarfile.TarInfo) -> Path:
    with tarfile.open(path, "w:gz") as archive:
        for member in members:
            archive.addfile(member, io.BytesIO(b"x" * member.size))
    return path


def _member(name: str, size: int = 1, kind: bytes = tarfile.REGTYPE, target: str = "") -> tarfile.TarInfo:
    member = tarfile.TarInfo(name)
    member.size, member.type, member.linkname = size, kind, target
    return member


def test_names_that_climb_write_nothing(tmp_path: Path) -> None:
    """A package with such names gives what is wanted of it, and nothing appears on disk."""
    archive = _tar(tmp_path / "a.tgz", _member("../../evil"), _member("/tmp/evil"), _member("package/a", 3))
    assert unpacking.read(archive, ["package/a"]) == {"package/a": b"xxx"}
    assert sorted(tmp_path.rglob("*")) == [archive]


def test_a_link_is_no_file(tmp_path: Path) -> None:
    """It could name a file of this machine."""
    archive = _tar(tmp_path / "a.tgz", _member("package/a", 0, tarfile.SYMTYPE, "/etc/passwd"))
    with pytest.raises(ImagehubError, match="package/a is not a plain file"):
        unpacking.read(archive, ["package/a"])


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    """By its name, for both kinds of packages."""
    with zipfile.ZipFile(tmp_path / "a.whl", "w") as wheel:
        wheel.writestr("b", "b")
    for archive in (_tar(tmp_path / "a.tgz", _member("b")), tmp_path / "a.whl"):
        assert unpacking.read(archive, ["b"])
        with pytest.raises(ImagehubError, match="package/model"):
            unpacking.read(archive, ["package/model"])


@pytest.mark.parametrize("name", ["a.tgz", "a.whl"])
def test_what_is_no_archive_is_told(tmp_path: Path, name: str) -> None:
    """A page of a proxy that asks for a password, say."""
    (tmp_path / name).write_bytes(b"<html>")
    with pytest.raises(ImagehubError, match="can't read it"):
        unpacking.read(tmp_path / name, ["b"])


@pytest.mark.parametrize("name", ["a.tgz", "a.whl"])
def test_a_bomb_is_not_read(tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """What claims to be huge is refused before it is read."""
    monkeypatch.setattr(unpacking, "LARGEST_BYTES", 1000)
    _tar(tmp_path / "a.tgz", _member("b", 1001))
    with zipfile.ZipFile(tmp_path / "a.whl", "w", zipfile.ZIP_DEFLATED) as wheel:
        wheel.writestr("b", bytes(1001))
    with pytest.raises(ImagehubError, match="claim to have 1001 bytes"):
        unpacking.read(tmp_path / name, ["b"])
