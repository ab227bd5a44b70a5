"""Settings under picamera's names become libcamera's controls, or are named as left out."""

from typing import Any

import pytest

from imagehub.node.cameras.camera import CameraError
from imagehub.node.cameras.controls import TRANSLATED, WITHOUT_COUNTERPART, translated

SENSOR = (16, 8, 4000, 3000)


@pytest.mark.parametrize(
    ("name", "value", "controls"),
    [
        ("brightness", 50, {"Brightness": 0.0}),
        ("brightness", 0, {"Brightness": -1.0}),
        ("brightness", 75, {"Brightness": 0.5}),
        ("contrast", 0, {"Contrast": 1.0}),
        ("contrast", -100, {"Contrast": 0.0}),
        ("saturation", 50, {"Saturation": 1.5}),
        ("sharpness", -50, {"Sharpness": 0.5}),
        ("iso", 0, {}),
        ("iso", 800, {"AnalogueGain": 8.0}),
        ("iso", 60, {"AnalogueGain": 1.0}),
        ("shutter_speed", 0, {}),
        ("shutter_speed", 1500, {"ExposureTime": 1500}),
        ("exposure_mode", "off", {"AeEnable": False}),
        ("exposure_mode", "night", {"AeExposureMode": 2}),
        ("exposure_mode", "sports", {"AeExposureMode": 1}),
        ("exposure_mode", "backlight", {"AeConstraintMode": 2}),
        ("exposure_compensation", -12, {"ExposureValue": -2.0}),
        ("awb_mode", "auto", {"AwbMode": 0}),
        ("awb_mode", "off", {"AwbEnable": False}),
        ("awb_mode", "cloudy", {"AwbMode": 6}),
        ("awb_gains", (1.5, 1.2), {"AwbEnable": False, "ColourGains": (1.5, 1.2)}),
        ("awb_gains", 1.5, {"AwbEnable": False, "ColourGains": (1.5, 1.5)}),
        ("meter_mode", "spot", {"AeMeteringMode": 1}),
        ("color_effects", (128, 128), {"Saturation": 0.0}),
        ("color_effects", None, {}),
        ("video_denoise", True, {"NoiseReductionMode": 1}),
        ("image_denoise", False, {"NoiseReductionMode": 0}),
        ("zoom", (0.0, 0.0, 1.0, 1.0), {}),
        ("zoom", (0.25, 0.5, 0.5, 0.5), {"ScalerCrop": (1016, 1508, 2000, 1500)}),
        ("AfMode", 2, {"AfMode": 2}),
    ],
)
def test_a_setting_becomes_a_control(name: str, value: Any, controls: dict[str, Any]) -> None:
    """In libcamera's range; what is left to the camera sets nothing."""
    assert translated({name: value}, SENSOR).controls == controls


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("brightness", 101, "0 to 100"),
        ("brightness", "much", "much"),
        ("contrast", True, "-100 to 100"),
        ("iso", 3200, "0 to 1600"),
        ("exposure_mode", "dusk", "one of off, auto, night"),
        ("color_effects", (128, 200), "black and white"),
        ("zoom", (0.5, 0.5, 0.6, 0.5), "within"),
        ("zoom", (0.5, 0.5), "values"),
        ("video_denoise", "no", "true or false"),
        ("rotation", 90, "0 or 180"),
    ],
)
def test_a_value_that_picamera_would_not_take_is_refused(name: str, value: Any, says: str) -> None:
    """The error names the setting and what is expected."""
    with pytest.raises(CameraError, match=name) as refused:
        translated({name: value}, SENSOR)
    assert says in str(refused.value)


def test_black_and_white_wins_over_saturation() -> None:
    """Whichever of the two comes first in the settings."""
    for controls in ({"saturation": 40, "color_effects": (128, 128)}, {"color_effects": (128, 128), "saturation": 40}):
        assert translated(controls, SENSOR).controls == {"Saturation": 0.0}


def test_what_libcamera_has_no_counterpart_for_is_named_with_the_reason() -> None:
    """As are names that nobody knows."""
    done = translated({"led": False, "still_stats": False, "colour": 3, "brightness": 50}, SENSOR)
    assert done.controls == {"Brightness": 0.0}
    assert set(done.left_out) == {"led", "still_stats", "colour"}
    assert done.left_out["colour"] == "is not known"


def test_a_rotation_by_180_turns_the_picture() -> None:
    """It is two flips."""
    assert translated({"rotation": 180}, SENSOR).upside_down
    assert not translated({}, SENSOR).upside_down


def test_no_name_has_a_counterpart_and_none() -> None:
    """The two tables don't overlap."""
    assert not set(TRANSLATED) & set(WITHOUT_COUNTERPART)
