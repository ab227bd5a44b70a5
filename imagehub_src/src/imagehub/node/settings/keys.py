"""Every key of an imagenode.yaml: what it may be, what it is by default, and what it means."""

from collections.abc import Callable
from typing import Any, NamedTuple

from imagehub.kinds import (
    ADDRESS,
    PATH,
    PORT,
    TRUTH,
    WORDS,
    Kind,
    above_zero,
    one_of,
    or_null,
    whole,
)
from imagehub.node.settings import forms, tuples

YEAR_MINUTES = 365 * 24 * 60


def _same(value: Any) -> Any:
    return value


class Key(NamedTuple):
    """All there is to say about a key: `default` is as in a file, `made` turns what was typed into the value."""

    kind: Kind
    default: Any
    meaning: str
    unit: str = ""
    made: Callable[[Any], Any] = _same


Keys = dict[str, Key]

REQUIRED = object()
"""The default of a key that must be there."""

_JPG = one_of("jpg", "image")

NODE: Keys = {
    "name": Key(forms.NAME, REQUIRED, "Name of the node, which each of its messages begins with.", made=str.strip),
    "queuemax": Key(
        whole(1, 10_000), 50,
        "Images that are kept for an event, as far as `send_count` asks for them; messages in memory.",
        "images",
    ),
    "patience": Key(above_zero(3600), 10, "How long to wait for a hub's reply, or for a loop that stalls.", "seconds"),
    "stall_watcher": Key(
        TRUTH, False, "End the program when a camera's loop or the sender stalls, so that systemd starts it again."
    ),
    "heartbeat": Key(
        or_null(forms.number(0, YEAR_MINUTES)), None, "How often to tell the hub that the node is alive; null or 0: "
        "never.", "minutes", lambda value: value or None,
    ),
    "send_type": Key(_JPG, "jpg", "How images are sent: as JPEG, or as they are, which takes ten times the network."),
    "print_settings": Key(TRUTH, False, "Print all settings at the start, and what each camera gives."),
    "REP_watcher": Key(
        TRUTH, True, "Accepted, without effect: no request waits longer than `patience` for its reply."
    ),
    "send_threading": Key(TRUTH, False, "Accepted, without effect: sending always has a thread of its own."),
    "spool_directory": Key(
        or_null(PATH), "imagenode_spool", "Where messages wait on disk while no hub takes them; null: in memory only."
    ),
    "spool_max_bytes": Key(whole(1 << 20, 1 << 44), 1 << 30, "Room for messages that wait.", "bytes"),
    "spool_drop": Key(one_of("oldest", "newest"), "oldest", "Which messages go when there is no room."),
    "publish_port": Key(or_null(PORT), None, "TCP port where viewers can watch the cameras live; null: none."),
    "bandwidth_bytes": Key(
        or_null(whole(1024, 10**10)), None, "What sending may take; JPEG quality and size follow it. null: no limit.",
        "bytes a second",
    ),
    "hub_key": Key(or_null(PATH), None, "The hub's public key, where CURVE guards it; needs `key`."),
    "key": Key(or_null(PATH), None, "This node's own secret key, as `imagehub keys new NAME` makes it."),
    "log_level": Key(one_of("debug", "info", "warning", "error"), "info", "Least weight of what the node logs."),
    "runtime_directory": Key(PATH, "imagenode_run", "Where the socket is that `imagenode status` asks."),
}  # fmt: skip

CONTROLS: Keys = {
    "exposure_mode": Key(
        forms.words("off", "auto", "night", "nightpreview", "backlight", "spotlight", "sports", "snow", "beach",
                    "verylong", "fixedfps", "antishake", "fireworks"),
        None, "How the exposure is chosen.", made=forms.word,
    ),
    "iso": Key(
        forms.one_number_of(0, 100, 200, 320, 400, 500, 640, 800, 1600), None, "Sensitivity; 0: automatic.", "ISO"
    ),
    "shutter_speed": Key(whole(0, 200_000_000), None, "Exposure time; 0: automatic.", "microseconds"),
    "sharpness": Key(whole(-100, 100), None, "Sharpness; 0 is the usual one."),
    "contrast": Key(whole(-100, 100), None, "Contrast; 0 is the usual one."),
    "brightness": Key(whole(0, 100), None, "Brightness; 50 is the usual one."),
    "exposure_compensation": Key(whole(-25, 25), None, "Brighter or darker than automatic.", "sixths of a stop"),
    "awb_mode": Key(
        forms.words("off", "auto", "sunlight", "cloudy", "shade", "tungsten", "fluorescent", "incandescent", "flash",
                    "horizon"),
        None, "How the white balance is chosen.", made=forms.word,
    ),
    "awb_gains": Key(forms.GAINS, None, "Gains of red and blue, where `awb_mode` is off.", made=tuples.read),
    "meter_mode": Key(
        forms.words("average", "spot", "backlit", "matrix"), None, "Part of the image that the exposure is measured in."
    ),
    "saturation": Key(whole(-100, 100), None, "Saturation; 0 is the usual one."),
}  # fmt: skip
"""picamera's settings under picamera's names and ranges; what is not set is left to the camera."""

CAMERA: Keys = {
    "viewname": Key(
        forms.VIEW, "", "Name of what the camera sees; several cameras must have different ones.", made=str.strip
    ),
    "src": Key(
        forms.SOURCE, None,
        "Which camera: a number (of a Pi's camera where the label begins with P, else of a webcam), "
        "`/dev/video2`, an RTSP or HTTP URL, a video file, a folder of images, `picamera2` or `synthetic`.",
    ),
    "resolution": Key(forms.SIZE, "(320, 240)", "Width and height of the images.", "pixels", tuples.read),
    "framerate": Key(above_zero(1000), 32, "Images a second.", "images a second"),
    "vflip": Key(
        TRUTH, False,
        "Turn the image by 180 degrees, as the imagenode that this replaces does; with `hflip` beside it, "
        "swap top and bottom only.",
    ),
    "hflip": Key(or_null(TRUTH), None, "Swap left and right; null: as `vflip`."),
    "resize_width": Key(
        or_null(whole(0, 100)), None, "Width after making the image smaller; null or 0: as it is.", "percent",
        lambda value: value or None,
    ),
    "send_type": Key(or_null(_JPG), None, "How this camera's images are sent; null: as `node.send_type` says."),
    "jpeg_quality": Key(whole(1, 100), 95, "Quality of the JPEGs."),
    "send_frames": Key(
        forms.SEND_FRAMES, "continuous", "Which images are sent where no detector says it.", made=forms.send_frames
    ),
    "print_settings": Key(TRUTH, False, "Print this camera's settings at the start, and what it gives."),
    "threaded_read": Key(TRUTH, True, "Accepted, without effect: each camera is always read by a thread of its own."),
}  # fmt: skip

LOOK: Keys = {
    "ROI": Key(
        forms.RECTANGLE, "(0,0),(100,100)", "The region that is watched.", "percent of width and height", tuples.read
    ),
    "roi_name": Key(forms.MARK, "", "Name of the region."),
    "log_roi_name": Key(TRUTH, False, "Put the region's name behind its events."),
    "draw_roi": Key(or_null(forms.LINE), None, "Draw the region on images that are sent: colour (blue, green, red) and "
                    "width of the line.", "pixels", tuples.read),
    "draw_time": Key(or_null(forms.LINE), None, "Draw the time on images that are sent: colour (blue, green, red) and "
                     "width of the line.", "pixels", tuples.read),
    "draw_time_org": Key(forms.PLACE, "(0,0)", "Where the time stands: its bottom left.", "percent of width and height",
                         tuples.read),
    "draw_time_fontScale": Key(above_zero(50), 1, "Size of the time, as OpenCV scales it."),
    "send_frames": Key(
        forms.SEND_FRAMES, None,
        "Which images are sent: all, the last `send_count` of a change, or none; not given: as the "
        "camera's `send_frames`, which is continuous by default.", made=forms.send_frames,
    ),
    "send_count": Key(whole(0, 10_000), 5, "Images that are sent at a change, the newest being the last.", "images"),
    "send_test_images": Key(TRUTH, False, "Send also what the detector sees and finds, for tuning it."),
}  # fmt: skip

LIGHT: Keys = {
    "threshold": Key(whole(0, 255), 100, "Grey above which the region, or a pixel of it, counts as lighted."),
    "min_frames": Key(whole(1, 10_000), 5, "Images in a row that must agree before the state changes.", "images"),
    "percent": Key(
        or_null(whole(1, 100)), None, "Share of pixels that must be lighted; null: their mean decides.", "percent"
    ),
}  # fmt: skip

MOTION: Keys = {
    "delta_threshold": Key(whole(0, 255), 5, "Difference of greys from which a pixel counts as moving."),
    "min_area": Key(forms.number(0, 100), 3, "Share of the region that must move.", "percent of the region"),
    "min_motion_frames": Key(whole(1, 10_000), 3, "Images with motion before the state is moving.", "images"),
    "min_still_frames": Key(whole(1, 10_000), 3, "Images without motion before the state is still.", "images"),
    "blur_kernel_size": Key(forms.odd(1, 999), 15, "How much noise is smoothed away before images are compared.",
                            "pixels"),
    "print_still_frames": Key(TRUTH, True, "Send images also when the motion ends."),
}  # fmt: skip

SENSOR: Keys = {
    "name": Key(or_null(WORDS), None, "What the sensor is called; null: its label."),
    "type": Key(forms.any_case("DS18B20", "DHT11", "DHT22"), REQUIRED, "Which sensor it is.", made=str.upper),
    "gpio": Key(whole(0, 27), 4, "The pin that it is at, by its BCM number; a DS18B20 is at 4."),
    "unit": Key(forms.any_case("F", "C"), "F", "Unit of temperatures.", made=str.upper),
    "read_interval_minutes": Key(above_zero(YEAR_MINUTES), 10, "How often it is read.", "minutes"),
    "min_difference": Key(
        forms.number(0, 1000), 1, "Least change since the reading sent last for one to be sent; 0: each is.",
        "degrees, percent of humidity",
    ),
}  # fmt: skip

LAMP: Keys = {
    "name": Key(or_null(WORDS), None, "What the lamp is called; null: its label."),
    "gpio": Key(whole(0, 27), 18, "The pin that switches it, by its BCM number."),
    "on": Key(forms.ON, "continuous", "When it is on: always, or from one time of the day to another."),
}

RECORDING: Keys = {
    "name": Key(or_null(forms.INSTANCE), None, "What the conductor calls it; null: its label."),
    "camera": Key(WORDS, REQUIRED, "Label of the camera that records."),
    "port": Key(PORT, 54545, "TCP port where the conductor reaches it."),
    "bind_address": Key(ADDRESS, "*", "Where on this machine the conductor can connect; `*` is everywhere."),
    "data_directory": Key(PATH, "data", "Where recordings are kept."),
    "keys_directory": Key(
        or_null(PATH), None, "Keys of this machine and of the conductors that it admits; null: no CURVE."
    ),
}

SECTIONS: dict[str, Keys] = {
    "node": NODE,
    "cameras.P1": CAMERA | CONTROLS,
    "cameras.P1.detectors.light": LOOK | LIGHT,
    "cameras.P1.detectors.motion": LOOK | MOTION,
    "sensors.T1": SENSOR,
    "lights.L1": LAMP,
    "recordings.R1": RECORDING,
}
"""The keys of each section, by a path such as people find it in."""


def paths() -> dict[str, str]:
    """Return where each key may stand, by its name also in small letters, for what to suggest instead of a typo."""
    found = {"hub_address": "hub_address", "H1": "hub_address.H1", "detectors": "cameras.P1.detectors"}
    for section, keys in SECTIONS.items():
        head = section.partition(".")[0]
        found |= {head: head} | {name: f"{section}.{name}" for name in keys}
    return {name.lower(): path for name, path in found.items()} | found
