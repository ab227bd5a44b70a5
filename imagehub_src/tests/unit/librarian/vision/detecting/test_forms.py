"""What the outputs of detectors mean."""

import pytest

np = pytest.importorskip("numpy")
pytest.importorskip("cv2")

from imagehub.librarian.vision.detecting.forms import MOST, FormError, Found, Ssd, Yolo, distinct  # noqa: E402


def test_ssd_with_scores_by_class_tells_the_best_class_of_each_box() -> None:
    """Boxes are turned from top, left to left, top; what is less sure than LEAST is left out."""
    boxes = np.array([[[0.1, 0.2, 0.3, 0.4], [0, 0, 1, 1]]], np.float32)
    scores = np.array([[[0.3, 0.9, 0], [0.1, 0.19, 0]]], np.float32)
    found = Ssd(3).candidates({"boxes": boxes, "scores": scores}, 300, 300)
    assert np.allclose(found.boxes, [[0.2, 0.1, 0.4, 0.3]])
    assert np.allclose(found.scores, [0.9])
    assert found.classes.tolist() == [1]


def test_ssd_with_classes() -> None:
    """Names tell which output is which, whatever their order, and further outputs do no harm."""
    outputs = {
        "detection_classes:0": np.array([[3.0, 1.0]], np.float32),
        "detection_scores:0": np.array([[0.8, 0.1]], np.float32),
        "num_detections:0": np.array([2.0], np.float32),
        "detection_boxes:0": np.array([[[0, 0, 0.5, 1], [0, 0, 1, 1]]], np.float32),
    }
    found = Ssd(90).candidates(outputs, 300, 300)
    assert found.boxes.tolist() == [[0, 0, 1, 0.5]]
    assert found.classes.tolist() == [3]
    nameless = {
        "b": outputs["detection_boxes:0"],
        "a": outputs["detection_scores:0"],
        "c": outputs["detection_classes:0"],
    }
    assert Ssd(90).candidates(nameless, 300, 300).classes.tolist() == [3]


@pytest.mark.parametrize(
    ("shapes", "fault"),
    [
        ([(1, 84, 8400)], "set vision.model_form to `yolo`"),
        ([(1, 10, 4), (1, 9)], r"its outputs are out0 1x10x4, out1 1x9; the form `ssd` has boxes 1xNx4"),
        ([(1, 10, 4), (1, 10)], "and classes 1xN"),
        ([(1, 10, 4), (1, 10, 5)], "it tells 5 classes, and there are 3 labels: vision.labels_file"),
    ],
)
def test_what_is_no_ssd_is_told(shapes: list[tuple[int, ...]], fault: str) -> None:
    """With what the outputs are, and what to change."""
    outputs = {f"out{index}": np.zeros(shape, np.float32) for index, shape in enumerate(shapes)}
    with pytest.raises(FormError, match=fault):
        Ssd(3).candidates(outputs, 300, 300)


def test_yolo_of_version_8() -> None:
    """Boxes are by centre and size in pixels of what the model was shown."""
    output = np.zeros((1, 6, 20), np.float32)
    output[0, :, 7] = [320, 160, 64, 32, 0.1, 0.7]
    found = Yolo(2).candidates({"output0": output}, 640, 320)
    assert np.allclose(found.boxes, [[0.45, 0.45, 0.55, 0.55]])
    assert (found.classes.tolist(), found.scores.tolist()) == ([1], [pytest.approx(0.7)])


def test_yolo_of_version_5() -> None:
    """A score is that of the class, given that there is an object, by that of an object."""
    output = np.zeros((1, 20, 7), np.float32)
    output[0, 7] = [320, 160, 64, 32, 0.5, 0.9, 0.2]
    output[0, 8] = [320, 160, 64, 32, 0.2, 0.9, 0.2]
    found = Yolo(2).candidates({"output": output}, 640, 320)
    assert np.allclose(found.boxes, [[0.45, 0.45, 0.55, 0.55]])
    assert (found.classes.tolist(), found.scores.tolist()) == ([0], [pytest.approx(0.45)])


@pytest.mark.parametrize("shape", [(1, 84, 8400), (1, 25200, 85), (1, 6), (1, 300, 6)])
def test_what_is_no_yolo_with_these_labels_is_told(shape: tuple[int, ...]) -> None:
    """The error says what was expected of two labels."""
    with pytest.raises(FormError, match=f"output0 {'x'.join(map(str, shape))}; with 2 labels .* 1x6xN or 1xNx7"):
        Yolo(2).candidates({"output0": np.zeros(shape, np.float32)}, 640, 640)


@pytest.mark.parametrize(("high", "wide"), [(100, 400), (400, 100), (640, 640), (1, 3000)])
def test_yolo_shows_pictures_in_their_proportions(high: int, wide: int) -> None:
    """Between borders of grey, and with red first."""
    picture = np.full((high, wide, 3), (255, 0, 9), np.uint8)
    shown, place = Yolo(2).show(picture, 640, 320)
    assert shown.shape == (320, 640, 3)
    inside = shown[
        round(place.top * 320) : round((place.top + place.height) * 320),
        round(place.left * 640) : round((place.left + place.width) * 640),
    ]
    assert (inside == (9, 0, 255)).all()
    assert (shown == 114).all(2).sum() == 320 * 640 - inside.shape[0] * inside.shape[1]
    assert min(place.left, place.top) == 0
    assert place.width * 640 / wide == pytest.approx(place.height * 320 / high, rel=0.02) or high == 1


def test_ssd_shows_the_whole_picture_with_red_first() -> None:
    """It is stretched."""
    shown, place = Ssd(1).show(np.full((10, 900, 3), (255, 0, 9), np.uint8), 300, 200)
    assert shown.shape == (200, 300, 3)
    assert (shown == (9, 0, 255)).all()
    assert place == (0, 0, 1, 1)


def test_one_object_is_told_once() -> None:
    """By its surest box; others of its class stay where they overlap little, and those of other classes anyhow."""
    boxes = np.array([[0, 0, 0.5, 0.5], [0.02, 0, 0.5, 0.5], [0.3, 0.3, 0.8, 0.8], [0, 0, 0.5, 0.5]])
    found = distinct(Found(boxes, np.array([0.5, 0.9, 0.3, 0.4]), np.array([1, 1, 1, 2])))
    assert found.scores.tolist() == [0.9, 0.4, 0.3]
    assert found.classes.tolist() == [1, 2, 1]


def test_no_candidates_are_no_objects() -> None:
    """And a broken model that finds thousands takes no time for it."""
    assert len(distinct(Found(np.zeros((0, 4)), np.zeros(0), np.zeros(0, np.int64))).scores) == 0
    corners = np.random.default_rng(3).uniform(size=(9000, 2))
    many = Found(np.concatenate([corners, corners + 0.001], 1), np.ones(9000), np.zeros(9000, np.int64))
    assert 0 < len(distinct(many).scores) <= MOST
