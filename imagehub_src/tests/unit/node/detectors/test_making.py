"""The detector that settings ask for."""

import sys

import pytest

from imagehub.errors import MissingExtraError
from imagehub.node.detectors import making
from imagehub.node.settings.settings import LightSettings, Look, MotionSettings


def test_settings_make_their_detector() -> None:
    """Light for settings of light, motion for those of motion."""
    look = Look(roi_name="Door")
    light = making.detector(LightSettings(look), (64, 48))
    motion = making.detector(MotionSettings(look), (64, 48))
    assert (light.type, light.look, light.state) == ("light", look, "unknown")
    assert (motion.type, motion.look, motion.state) == ("motion", look, "unknown")


def test_without_opencv_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """The base installation says in one line what to install."""
    monkeypatch.setitem(sys.modules, "imagehub.node.detectors.light", None)
    with pytest.raises(MissingExtraError, match=r"detecting light and motion needs .*imagehub\[node\]"):
        making.detector(LightSettings(), (64, 48))
