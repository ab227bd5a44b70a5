"""How sure a detector has to be."""

from dataclasses import replace
from pathlib import Path

import pytest

from imagehub.librarian.queries.faults import ValueFault
from imagehub.librarian.settings import Vision, parse
from imagehub.librarian.vision.looking.thresholds import Thresholds, read


@pytest.fixture
def settings(tmp_path: Path) -> Vision:
    """Give settings with thresholds of their own."""
    text = "librarian:\n  hub_directory: hub\nvision:\n  min_score: 0.4\n  thresholds: [person=0.6, teddy bear=.7]\n"
    return parse(text, tmp_path).vision


def test_the_closest_word_counts(settings: Vision) -> None:
    """That of the camera before that of the settings, and the least score of all for the rest."""
    given = Thresholds(settings, '{"person": 0.8, "dog": 1}')
    assert [given.least(label) for label in ("person", "dog", "teddy bear", "cat")] == [0.8, 1, 0.7, 0.4]
    assert Thresholds(settings, "").least("person") == 0.6
    assert Thresholds(replace(settings, thresholds=()), " {} ").least("person") == 0.4


@pytest.mark.parametrize(
    "text", ["[]", "{", "1", "null", '{"dog": 2}', '{"dog": -0.1}', '{"dog": "0.5"}', '{"dog": true}', '{"dog": NaN}']
)
def test_what_is_no_threshold_is_refused(text: str) -> None:
    """The fault names the field."""
    with pytest.raises(ValueFault) as caught:
        read(text)
    assert caught.value.field == "thresholds"
