"""Settings under picamera's names as the controls of libcamera.

`TRANSLATED` has those that libcamera has a counterpart for, in picamera's ranges (https://picamera.readthedocs.io,
"API - The PiCamera Class"); `WITHOUT_COUNTERPART` the others, with the reason. The values on the other side are those
of libcamera's controls (https://libcamera.org, "Controls"); enumerations are given as their numbers.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from imagehub.node.cameras.camera import CameraError

Controls = dict[str, Any]
Rectangle = tuple[int, int, int, int]

# AeExposureMode: 0 normal, 1 short, 2 long. AeConstraintMode: 0 normal, 1 highlight, 2 shadows.
EXPOSURE_MODES: Mapping[str, Controls] = {
    "off": {"AeEnable": False},
    "auto": {"AeExposureMode": 0},
    "night": {"AeExposureMode": 2},
    "nightpreview": {"AeExposureMode": 2},
    "backlight": {"AeConstraintMode": 2},
    "spotlight": {"AeConstraintMode": 1},
    "sports": {"AeExposureMode": 1},
    "snow": {"AeConstraintMode": 1},
    "beach": {"AeConstraintMode": 1},
    "verylong": {"AeExposureMode": 2},
    "fixedfps": {"AeExposureMode": 0},
    "antishake": {"AeExposureMode": 1},
    "fireworks": {"AeExposureMode": 2},
}
# AwbMode: 0 auto, 1 incandescent, 2 tungsten, 3 fluorescent, 4 indoor, 5 daylight, 6 cloudy.
AWB_MODES: Mapping[str, Controls] = {
    "off": {"AwbEnable": False},
    "auto": {"AwbMode": 0},
    "sunlight": {"AwbMode": 5},
    "cloudy": {"AwbMode": 6},
    "shade": {"AwbMode": 6},
    "tungsten": {"AwbMode": 2},
    "fluorescent": {"AwbMode": 3},
    "incandescent": {"AwbMode": 1},
    "flash": {"AwbMode": 5},
    "horizon": {"AwbMode": 2},
    "greyworld": {"AwbMode": 0},
}
# AeMeteringMode: 0 centre weighted, 1 spot, 2 matrix.
METER_MODES: Mapping[str, Controls] = {
    "average": {"AeMeteringMode": 0},
    "spot": {"AeMeteringMode": 1},
    "backlit": {"AeMeteringMode": 0},
    "matrix": {"AeMeteringMode": 2},
}
NOISE_OFF, NOISE_FAST = 0, 1


@dataclass(frozen=True, slots=True)
class Translation:
    """What became of a mode's controls: those for libcamera, the names that were left out and why, and the turn."""

    controls: Controls
    left_out: Mapping[str, str]
    upside_down: bool = False


def translated(controls: Mapping[str, Any], whole_sensor: Rectangle | None) -> Translation:
    """Return the controls for libcamera; `whole_sensor` is the largest ScalerCrop, None where that is not known.

    Names that begin with a capital letter are libcamera's own (`AfMode`) and go through as they are.

    Raises:
        CameraError: a value is none that picamera would take; the text names the control.
    """
    found: Controls = {}
    left_out: dict[str, str] = {}
    for name in sorted(controls, key=_turn):
        value = controls[name]
        if name[:1].isupper():
            found[name] = value
        elif name in TRANSLATED:
            found |= _one(name, value, whole_sensor)
        elif name != "rotation":
            left_out[name] = WITHOUT_COUNTERPART.get(name, "is not known")
    return Translation(found, left_out, _upside_down(controls.get("rotation", 0)))


def _turn(name: str) -> tuple[bool, int, str]:
    """Return what controls are sorted by: of two that set the same, the later one in the table wins."""
    order = list(TRANSLATED)
    return name not in order, order.index(name) if name in order else 0, name


def _one(name: str, value: Any, whole_sensor: Rectangle | None) -> Controls:
    try:
        return _zoomed(value, whole_sensor) if name == "zoom" else TRANSLATED[name](value)
    except (TypeError, ValueError, KeyError) as error:
        raise CameraError(f"the camera's {name} can't be {value!r}: {_reason(error)}") from None


def _reason(error: Exception) -> str:
    return f"{error.args[0]!r} is not known" if isinstance(error, KeyError) else str(error)


def _number(value: Any, low: float, high: float) -> float:
    if isinstance(value, bool) or not low <= float(value) <= high:
        raise ValueError(f"a number from {low:g} to {high:g} is expected")
    return float(value)


def _around_one(name: str) -> Callable[[Any], Controls]:
    """Return a translation of -100 ... 0 ... 100 to libcamera's factor 0 ... 1 ... 2."""
    return lambda value: {name: 1 + _number(value, -100, 100) / 100}


def _choice(choices: Mapping[str, Controls]) -> Callable[[Any], Controls]:
    def chosen(value: Any) -> Controls:
        if str(value) not in choices:
            raise ValueError(f"one of {', '.join(choices)} is expected")
        return dict(choices[str(value)])

    return chosen


def _gain(value: Any) -> Controls:
    """Return the gain of an ISO number: 100 is a gain of one, and 0 leaves it to the camera."""
    iso = _number(value, 0, 1600)
    return {"AnalogueGain": max(1.0, iso / 100)} if iso else {}


def _exposure_time(value: Any) -> Controls:
    """Return an exposure of so many microseconds; 0 leaves it to the camera."""
    microseconds = round(_number(value, 0, 300_000_000))
    return {"ExposureTime": microseconds} if microseconds else {}


def _colour_gains(value: Any) -> Controls:
    red, blue = value if isinstance(value, tuple | list) else (value, value)
    return {"AwbEnable": False, "ColourGains": (_number(red, 0, 8), _number(blue, 0, 8))}


def _colour_effects(value: Any) -> Controls:
    """Return black and white for (128, 128); libcamera can't shift colours otherwise."""
    if value is None or value == "None":
        return {}
    if tuple(value) != (128, 128):
        raise ValueError("only (128, 128), black and white, or None can be had")
    return {"Saturation": 0.0}


def _noise(value: Any) -> Controls:
    if not isinstance(value, bool | int):
        raise ValueError("true or false is expected")
    return {"NoiseReductionMode": NOISE_FAST if value else NOISE_OFF}


def _zoomed(value: Any, whole_sensor: Rectangle | None) -> Controls:
    x, y, width, height = (_number(each, 0, 1) for each in value)
    if (x, y, width, height) == (0, 0, 1, 1) or whole_sensor is None:
        return {}
    if not (width > 0 and height > 0 and x + width <= 1.000001 and y + height <= 1.000001):
        raise ValueError("(x, y, width, height) within (0, 0, 1, 1) is expected")
    left, top, across, down = whole_sensor
    return {
        "ScalerCrop": (left + round(x * across), top + round(y * down), round(width * across), round(height * down))
    }


def _upside_down(rotation: Any) -> bool:
    if rotation not in (0, 180):
        raise CameraError(f"the camera's rotation can't be {rotation!r}: 0 or 180 is expected, libcamera has no other")
    return bool(rotation == 180)


TRANSLATED: Mapping[str, Callable[[Any], Controls]] = {
    "brightness": lambda value: {"Brightness": (_number(value, 0, 100) - 50) / 50},
    "contrast": _around_one("Contrast"),
    "saturation": _around_one("Saturation"),
    "sharpness": _around_one("Sharpness"),
    "exposure_mode": _choice(EXPOSURE_MODES),
    "exposure_compensation": lambda value: {"ExposureValue": _number(value, -25, 25) / 6},
    "meter_mode": _choice(METER_MODES),
    "iso": _gain,
    "shutter_speed": _exposure_time,
    "awb_mode": _choice(AWB_MODES),
    "awb_gains": _colour_gains,
    "image_denoise": _noise,
    "video_denoise": _noise,
    "color_effects": _colour_effects,
    "zoom": lambda value: _zoomed(value, None),
}

WITHOUT_COUNTERPART: Mapping[str, str] = {
    "drc_strength": "libcamera has no compression of the dynamic range",
    "exposure_speed": "is read only: give shutter_speed",
    "flash_mode": "libcamera drives no flash",
    "framerate_delta": "give framerate",
    "framerate_range": "give framerate",
    "image_effect": "libcamera has no effects",
    "image_effect_params": "libcamera has no effects",
    "led": "the lamp of a camera module is set in /boot/firmware/config.txt: disable_camera_led=1",
    "preview_alpha": "there is no preview on a screen",
    "sensor_mode": "libcamera takes the sensor's mode that fits resolution and framerate",
    "still_stats": "libcamera has no such thing",
    "video_stabilization": "libcamera has no stabilization",
}
