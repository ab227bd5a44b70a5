"""Files of labels."""

from pathlib import Path

import pytest

from imagehub.errors import ImagehubError
from imagehub.librarian.vision.models import labels


def test_cocos_labels_stand_at_their_numbers() -> None:
    """COCO counts from 1 and left some numbers out."""
    told = labels.read(Path(labels.__file__).with_name("coco.txt"))
    assert len(told) == 90
    assert len([label for label in told if label]) == 80
    assert [told[number - 1] for number in (1, 3, 12, 13, 17, 18, 90)] == [
        "person", "car", "", "stop sign", "cat", "dog", "toothbrush",
    ]  # fmt: skip


def test_empty_lines_count_but_at_the_end(tmp_path: Path) -> None:
    """Each line is a class; Windows' ends of lines do no harm."""
    (tmp_path / "labels").write_bytes(b"\r\ncat\r\n\r\n dog \r\n\r\n")
    assert labels.read(tmp_path / "labels") == ("", "cat", "", "dog")


@pytest.mark.parametrize(
    ("content", "fault"), [(None, "must hold the model's labels"), (b"\n\n", "no label in it"), (b"\xff", "not UTF-8")]
)
def test_faults_name_the_file(tmp_path: Path, content: bytes | None, fault: str) -> None:
    """And say how to mend it."""
    if content is not None:
        (tmp_path / "labels").write_bytes(content)
    with pytest.raises(ImagehubError, match=f"labels: .*{fault}"):
        labels.read(tmp_path / "labels")
