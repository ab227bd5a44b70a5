"""A manifest says what is installed, and whether it still is as it was."""

from pathlib import Path

import pytest

from imagehub.errors import ImagehubError
from imagehub.librarian.vision.models import manifest
from imagehub.librarian.vision.models.manifest import Installed

DIGEST = "f7e0b4ca4aa5dfc1bcfe92f7a2e0ae1b1e1d4d2b05b31b0ae0e4e8a5e5d5a5a5"


@pytest.fixture
def model(tmp_path: Path) -> Installed:
    """Return a model that is installed in the folder of the test."""
    (tmp_path / "cats").mkdir()
    (tmp_path / "cats" / "model.onnx").write_bytes(b"weights")
    digest = manifest.digest_of(tmp_path / "cats" / "model.onnx")
    files = {"model.onnx": digest}
    described = Installed(
        "cats", "1.2", "detector", digest, "cats 1.2 (npm)", DIGEST, files, "MIT", ("LICENSE",), "here", "2026-11-21"
    )
    manifest.write(tmp_path / "cats", described)
    return described


def test_what_is_written_is_read(tmp_path: Path, model: Installed) -> None:
    """Nothing is lost, and folders without a manifest are no models."""
    (tmp_path / "else").mkdir()
    assert manifest.installed(tmp_path) == [model]
    assert manifest.one(tmp_path, "cats") == model


def test_nothing_is_installed_where_there_is_no_folder(tmp_path: Path) -> None:
    """There need not be one."""
    assert manifest.installed(tmp_path / "none") == []


def test_a_changed_file_is_noticed(tmp_path: Path, model: Installed) -> None:
    """So is one that is gone."""
    assert manifest.intact(tmp_path, model)
    path = manifest.path_of(tmp_path, "cats", "model.onnx")
    path.write_bytes(b"other weights")
    assert not manifest.intact(tmp_path, model)
    path.unlink()
    assert not manifest.intact(tmp_path, model)


@pytest.mark.parametrize(("name", "file"), [("dogs", "model.onnx"), ("cats", "rec.onnx")])
@pytest.mark.usefixtures("model")
def test_what_is_missing_is_told_with_its_remedy(tmp_path: Path, name: str, file: str) -> None:
    """The error names the command that installs it."""
    with pytest.raises(ImagehubError, match=f"imagehub-librarian models install {name}"):
        manifest.path_of(tmp_path, name, file)


@pytest.mark.parametrize("text", ["", "[]", '{"name": "cats"}', '{"licence_files": [], "more": 1}'])
@pytest.mark.usefixtures("model")
def test_a_broken_manifest_is_told(tmp_path: Path, text: str) -> None:
    """The error names the file."""
    (tmp_path / "cats" / "manifest.json").write_text(text)
    with pytest.raises(ImagehubError, match=r"cats/manifest\.json: no manifest"):
        manifest.installed(tmp_path)
