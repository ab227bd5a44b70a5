"""A model is tried on drawn pictures."""

import json
from pathlib import Path
from typing import Any

import pytest

np = pytest.importorskip("numpy")

from imagehub.librarian.vision.models import checking, drawn  # noqa: E402
from imagehub.librarian.vision.models.checking import CheckError, check  # noqa: E402

EXPECTED = json.loads(checking.REFERENCES.read_text())["coco-ssd"]


def _original() -> tuple[Any, Any]:
    boxes, scores = np.zeros((1, 1917, 4), np.float32), np.zeros((1, 1917, 90), np.float32)
    for each in EXPECTED:
        boxes[0, each["row"]], scores[0, each["row"], each["class"]] = each["box"], each["score"]
    return boxes, scores


def test_what_tells_the_same_passes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A little noise is no fault."""
    boxes, scores = _original()
    monkeypatch.setattr(checking, "_outputs", lambda *_: [boxes + 0.001, scores * 1.001])
    check("coco-ssd", tmp_path)


@pytest.mark.parametrize("noise", [0.01, -1, float("nan")])
def test_what_tells_another_score_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, noise: float) -> None:
    """The error says where, what, and what was expected."""
    boxes, scores = _original()
    scores[0, EXPECTED[-1]["row"]] += noise
    monkeypatch.setattr(checking, "_outputs", lambda *_: [boxes, scores])
    with pytest.raises(CheckError, match=f"row {EXPECTED[-1]['row']} is .* and should be"):
        check("coco-ssd", tmp_path)


def test_a_reader_that_misreads_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One letter is enough, and so is text at another place."""
    monkeypatch.setattr(checking, "read_line", lambda *_: "HUB724")
    found = np.zeros((1, 1, 96, 320), np.float32)
    found[0, 0, 37:61, 62:256] = 1
    monkeypatch.setattr(checking, "_outputs", lambda *_: [found])
    check("pp-ocr", tmp_path)
    monkeypatch.setattr(checking, "_outputs", lambda *_: [found * 0])
    with pytest.raises(CheckError, match="place of the text"):
        check("pp-ocr", tmp_path)
    monkeypatch.setattr(checking, "read_line", lambda *_: "HUB7Z4")
    with pytest.raises(CheckError, match="of a picture of 'HUB724' it read 'HUB7Z4'"):
        check("pp-ocr", tmp_path)


def test_drawings_are_always_the_same() -> None:
    """They have no fonts and no curves of a library in them."""
    assert int(drawn.stop_sign().astype(np.int64).sum()) == 37_736_473
    assert drawn.lettering("T", 1).astype(int).tolist() == [[1] * 5, *[[0, 0, 1, 0, 0]] * 6]
