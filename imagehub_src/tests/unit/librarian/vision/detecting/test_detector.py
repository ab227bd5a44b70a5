"""Detectors of a site's own, and what is said where they are not right."""

from pathlib import Path

import pytest

np = pytest.importorskip("numpy")
onnx = pytest.importorskip("onnx")
pytest.importorskip("onnxruntime")
pytest.importorskip("cv2")

from imagehub.errors import ImagehubError, MissingExtraError  # noqa: E402
from imagehub.librarian import settings  # noqa: E402
from imagehub.librarian.settings import Settings  # noqa: E402
from imagehub.librarian.vision.detecting import runtime  # noqa: E402
from imagehub.librarian.vision.detecting.detector import load  # noqa: E402
from imagehub.librarian.vision.models import manifest  # noqa: E402
from networks import averaging_model, constant_model  # noqa: E402

UINT8 = onnx.TensorProto.UINT8
BLACK = np.zeros((10, 10, 3), np.uint8)
SSD = {"boxes": [[[0, 0, 0.5, 1]]], "scores": [[[0.1, 0.6]]]}


def chosen(folder: Path, form: str = "ssd", engine: str = "onnxruntime", labels: str = "labels") -> Settings:
    """Return settings for `own.onnx` in a folder, with two labels."""
    (folder / "labels").write_text("cat\ndog\n")
    lines = [
        "vision:", "  model: own.onnx", f"  model_form: {form}", f"  labels_file: {labels}", f"  runtime: {engine}"
    ]  # fmt: skip
    return settings.parse("\n".join(lines), folder)


@pytest.mark.parametrize("engine", ["onnxruntime", "openvino", "auto"])
@pytest.mark.parametrize(
    ("shape", "kind"),
    [
        ([1, 3, 30, 40], 1),
        ([1, 30, 40, 3], UINT8),
        (["n", 3, "h", "w"], 1),
        (["n", "h", "w", 3], UINT8),
        ([1, 3, 8, 8], 10),
    ],
)
def test_an_ssd_of_ones_own(tmp_path: Path, engine: str, shape: list[int | str], kind: int) -> None:
    """It may take its pictures with channels first or last, of any size, as bytes or as numbers."""
    if engine == "openvino":
        pytest.importorskip("openvino")
    constant_model(tmp_path / "own.onnx", shape, SSD, kind)
    detector = load(chosen(tmp_path, engine=engine))
    assert detector.model == ("own", "", manifest.digest_of(tmp_path / "own.onnx"))
    told = detector.detect([BLACK, BLACK])
    assert len(told) == 2
    ((thing,),) = told[:1]
    assert thing.label == "dog"
    assert thing.score == pytest.approx(0.6)
    assert thing.box == pytest.approx((0, 0, 1, 0.5))
    assert detector.detect([]) == []


@pytest.mark.parametrize("engine", ["onnxruntime", "openvino"])
def test_a_yolo_of_ones_own(tmp_path: Path, engine: str) -> None:
    """Pixels go from 0 to 1, and boxes are in the picture, without the borders that it was shown with."""
    pytest.importorskip(engine)
    averaging_model(tmp_path / "own.onnx", [32, 16, 16, 40])
    chosen_settings = chosen(tmp_path, "yolo", engine)
    (tmp_path / "labels").write_text("cat\n")
    ((thing,),) = load(chosen_settings).detect([np.full((320, 320, 3), 255, np.uint8)])
    assert thing.label == "cat"
    assert thing.score == pytest.approx((1 + 114 / 255) / 2, abs=0.01)
    assert thing.box == pytest.approx((0.25, 0, 0.5, 1), abs=0.001)


def test_classes_without_a_label_are_not_told(tmp_path: Path) -> None:
    """Their line is empty."""
    constant_model(tmp_path / "own.onnx", [1, 3, 8, 8], SSD)
    chosen_settings = chosen(tmp_path)
    (tmp_path / "labels").write_text("cat\n\nbird\n")
    with pytest.raises(ImagehubError, match="it tells 2 classes, and there are 3 labels"):
        load(chosen_settings)
    constant_model(
        tmp_path / "own.onnx", [1, 3, 8, 8], {"boxes": [[[0, 0, 1, 1]]], "scores": [[0.9]], "classes": [[1]]}
    )
    assert load(chosen_settings).detect([BLACK]) == [[]]


def test_a_class_beyond_the_labels_is_told(tmp_path: Path) -> None:
    """The error names the model's file and the setting."""
    outputs = {"boxes": [[[0, 0, 1, 1]]], "scores": [[0.9]], "classes": [[2]]}
    constant_model(tmp_path / "own.onnx", [1, 3, 8, 8], outputs)
    with pytest.raises(ImagehubError, match=r"own\.onnx: it told class 2, and there are 2 labels; vision\.labels_file"):
        load(chosen(tmp_path))


@pytest.mark.parametrize("shape", [[1, 4, 8, 8], [1, 3, 8], [2, 3, 8, 8]])
def test_a_model_that_takes_no_picture_is_told(tmp_path: Path, shape: list[int | str]) -> None:
    """The error says what it takes."""
    constant_model(tmp_path / "own.onnx", shape, SSD)
    with pytest.raises(ImagehubError, match=r"own\.onnx: it takes pixels .*one picture at a time"):
        load(chosen(tmp_path))


def test_a_model_of_another_form_is_told_when_it_is_loaded(tmp_path: Path) -> None:
    """Not at the first image of the night."""
    constant_model(tmp_path / "own.onnx", [1, 3, 8, 8], {"output0": np.zeros((1, 84, 20))})
    with pytest.raises(ImagehubError, match=r"own\.onnx: its outputs are output0 1x84x20; .*vision.model_form"):
        load(chosen(tmp_path))


@pytest.mark.parametrize("engine", ["onnxruntime", "openvino"])
@pytest.mark.parametrize("content", [b"", b"<html>no model</html>", b"\x00" * 100])
def test_what_is_no_onnx_file_is_told(tmp_path: Path, engine: str, content: bytes) -> None:
    """By the path, in one line."""
    pytest.importorskip(engine)
    (tmp_path / "own.onnx").write_bytes(content)
    with pytest.raises(ImagehubError, match=rf"own\.onnx: {engine} can't load it as an ONNX model: ") as caught:
        load(chosen(tmp_path, engine=engine))
    assert "\n" not in str(caught.value)


def test_a_model_that_does_not_run_is_told(tmp_path: Path) -> None:
    """It leaves its size open, and can do with one only."""
    averaging_model(tmp_path / "own.onnx", [32, 16, 16, 40], ["n", 3, "h", "w"])
    with pytest.raises(ImagehubError, match=r"own\.onnx: onnxruntime can't run it: "):
        load(chosen(tmp_path, "yolo"))


def test_a_fault_of_openvino_is_told(tmp_path: Path) -> None:
    """In the same words."""
    pytest.importorskip("openvino")

    class Broken:
        def infer(self, *_: object, **__: object) -> None:
            raise RuntimeError("\nout of luck\nat 0x1")

    constant_model(tmp_path / "own.onnx", [1, 3, 8, 8], SSD)
    network = runtime.opened(tmp_path / "own.onnx", "openvino", 1)
    network._request = Broken()  # type: ignore[attr-defined]
    with pytest.raises(ImagehubError, match=r"own\.onnx: openvino can't run it: out of luck$"):
        network.run({})


def test_missing_files_are_told(tmp_path: Path) -> None:
    """The model's, its labels', and that labels must be given."""
    with pytest.raises(ImagehubError, match=r"own\.onnx: no such file"):
        load(chosen(tmp_path))
    constant_model(tmp_path / "own.onnx", [1, 3, 8, 8], SSD)
    with pytest.raises(ImagehubError, match="none: No such file"):
        load(chosen(tmp_path, labels="none"))
    with pytest.raises(ImagehubError, match=r"vision\.labels_file: .*own\.onnx needs a file with its labels"):
        load(chosen(tmp_path, labels="null"))


def test_what_is_not_installed_is_told(tmp_path: Path) -> None:
    """With the command that installs it."""
    with pytest.raises(ImagehubError, match="models install coco-ssd"):
        load(settings.parse("librarian:", tmp_path))


def test_a_runtime_that_is_missing_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """By its extra; `auto` takes what is there."""
    monkeypatch.setattr(runtime, "find_spec", lambda name: name if name == "onnxruntime" else None)
    assert runtime.chosen("auto") == "onnxruntime"
    with pytest.raises(MissingExtraError, match=r"vision\.runtime: openvino.*imagehub\[openvino\]"):
        runtime.chosen("openvino")
