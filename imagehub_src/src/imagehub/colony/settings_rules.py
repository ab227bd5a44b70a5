"""Every key of the settings file of a colony: its default, what it may be, and what it means."""

from typing import Any, NamedTuple

from imagehub.colony.settings_values import (
    HOST,
    PATH,
    PIN,
    PORT,
    RESOLUTION,
    TEXT,
    TRUTH,
    WORDS,
    Value,
    items,
    level,
    number,
    one_of,
    or_none,
    whole,
)

UNUSED = "Read for the sake of older files, and not used: "
PATCHED = ("save_data", "acquisition_time", "acquisition_group")
DUMMY_TIME = "dummy_time"


class Rule(NamedTuple):
    """All there is to say about a key."""

    default: Any
    value: Value
    meaning: str


GENERAL = {
    "acquisition_name": Rule(
        "_test_rcc_name_config", TEXT, "Base name of the recording: of its folder, and of its files."
    ),
    "acquisition_time": Rule(
        DUMMY_TIME, TEXT, "Time in the names of files, as `20260131_120000`; `dummy_time` is that of the start."
    ),
    "acquisition_group": Rule(
        "",
        TEXT,
        "Folder above the recording's; where it is empty, what stands in `acquisition_name` before the first `__`.",
    ),
    "remote_data_path": Rule(
        "/home/pi/data/", PATH, "Where agents keep recordings that were not started with a `--data-path` of their own."
    ),
    "rpi_username": Rule("pi", TEXT, f"{UNUSED}agents are services, nobody logs in to start them."),
    "remote_python_interpreter": Rule(
        "/home/pi/miniconda3/envs/py36/bin/python",
        TEXT,
        f"{UNUSED}agents are services with an interpreter of their own.",
    ),
    "remote_python_entrypoint": Rule(
        "rpi_camera_colony.acquisition", TEXT, f"{UNUSED}agents are services, started by systemd."
    ),
    "max_acquisition_time": Rule(7200, whole(0, 7200), "Seconds after which a recording ends by itself."),
    "save_data": Rule(True, TRUTH, "Whether anything is written; with False cameras run and nothing is kept."),
    "general_setting_has_priority": Rule(
        True, TRUTH, "Whether the keys listed below replace those of each camera by those of this section."
    ),
    "general_settings_to_patch_into_controller": Rule(
        PATCHED,
        WORDS,
        "Keys of this section that replace each camera's; any key of a camera may be put here and listed.",
    ),
    "on_camera_failure": Rule(
        "continue",
        one_of("continue", "stop"),
        "What the other cameras do when one fails: go on, or stop with their recordings finished.",
    ),
    "max_clock_offset_seconds": Rule(
        0.005, number(0.000_001, 3600), "Largest difference between a camera's clock and the conductor's to start with."
    ),
    "max_clock_drift_ppm": Rule(
        50.0,
        number(0.001, 100_000),
        "Largest drift of a camera's clock that the audit lets pass, in parts per million.",
    ),
    "start_lead_seconds": Rule(
        1.0, number(0.1, 60), "How far ahead the instant lies at which all cameras are told to start."
    ),
    "max_start_skew_seconds": Rule(
        0.1, number(0.000_1, 60), "Largest difference between the first frames of two cameras that the audit lets pass."
    ),
    "session_path": Rule("colony_data", PATH, "Where the conductor gathers recordings, logs and reports."),
    "collect": Rule(True, TRUTH, "Whether the files of all cameras are fetched when a recording has ended."),
    "quality": Rule(23, whole(1, 51), "Quality of the H.264 video: a smaller number is better, and takes more bytes."),
}

LOG = {
    "address": Rule("192.168.100.10", HOST, f"{UNUSED}the conductor fetches the logs of its cameras."),
    "port": Rule(55555, PORT, f"{UNUSED}logs come over the connection that controls a camera."),
    "level": Rule("DEBUG", level(), "Least weight of what is shown and gathered of the cameras' logs."),
    "log_to_console": Rule(True, TRUTH, "Whether the cameras' logs are shown while recording."),
    "log_to_file": Rule(True, TRUTH, "Whether the cameras' logs are written to `log_file` too, beside the session's."),
    "log_file": Rule(
        "/tmp/rpi_camera_colony__logging",  # noqa: S108 - the default that former users have
        PATH,
        "Where: a dot, date and time, and `.log` are added.",
    ),
}

CONTROL = {
    "address": Rule("192.168.100.10", HOST, f"{UNUSED}the conductor connects to its cameras, not they to it."),
    "port": Rule(54545, PORT, "TCP port of the agents, unless a camera has a `control_port` of its own."),
    "keys_directory": Rule(
        None,
        or_none(PATH),
        "CURVE keys of the conductor: `conductor.key_secret`, and for each camera NAME.key, or agent.key for all.",
    ),
    "lost_conductor_seconds": Rule(
        10.0, number(1, 3600), "Silence of the conductor after which an agent that records says so in its log."
    ),
}

CONTROLLER = {
    "description": Rule("", TEXT, "What the camera sees; goes into the metadata."),
    "address": Rule("", HOST, "Where the agent of this camera listens."),
    "control_port": Rule(None, or_none(PORT), "TCP port of the agent; None is `port` of [control]."),
    "source": Rule("picamera2", TEXT, "Camera of an agent that was started without a `--source` of its own."),
    "save_data": Rule(True, TRUTH, "As in [general], which has priority unless told otherwise."),
    "stream_video": Rule(False, TRUTH, "Whether the pictures can be watched, as MJPEG, while recording."),
    "stream_address": Rule("", HOST, f"{UNUSED}the pictures can be watched at `address`. `stream_ip` is the same."),
    "stream_port": Rule(8001, PORT, "TCP port of the MJPEG stream."),
    "ttl_channel_external": Rule(
        -1, whole(-1, 10_000), "Channel of another acquisition system that records the pulses; goes into the metadata."
    ),
    "ttl_in_pin": Rule(16, PIN, "Pin whose edges are recorded, numbered as on the board; -1 is none."),
    "ttl_out_pin": Rule(8, PIN, "Pin that gives a pulse with each frame, numbered as on the board; -1 is none."),
    "ttl_out_duration": Rule(0.001, number(0, 10), "How long such a pulse is, in seconds."),
    "framerate": Rule(90, whole(1, 90), "Frames a second."),
    "resolution": Rule((640, 480), RESOLUTION, "Size of the pictures."),
    "vflip": Rule(False, TRUTH, "Whether pictures are turned upside down."),
    "hflip": Rule(False, TRUTH, "Whether left and right are exchanged."),
    "brightness": Rule(50, whole(0, 100), "Brightness."),
    "color_effects": Rule(
        (128, 128),
        or_none(items(2, whole(0, 255), "two whole numbers from 0 to 255")),
        "Colour (U, V) for all pixels: (128, 128) is black and white, None is as the camera sees.",
    ),
    "contrast": Rule(0, whole(-100, 100), "Contrast."),
    "image_denoise": Rule(True, TRUTH, "Whether noise is taken out of still pictures."),
    "iso": Rule(0, whole(0, 1600), "Sensitivity; 0 is as the camera finds best."),
    "led": Rule(False, TRUTH, "Whether the camera's lamp is lit."),
    "preview_alpha": Rule(255, whole(0, 255), f"{UNUSED}there is no preview on a screen of the camera."),
    "saturation": Rule(0, whole(-100, 100), "Saturation of colours."),
    "sharpness": Rule(0, whole(-100, 100), "Sharpness."),
    "still_stats": Rule(False, TRUTH, "Whether statistics are taken from still pictures."),
    "video_denoise": Rule(True, TRUTH, "Whether noise is taken out of the video."),
    "video_stabilization": Rule(False, TRUTH, "Whether the video is made steady."),
    "zoom": Rule(
        (0.0, 0.0, 1.0, 1.0),
        items(4, number(0, 1), "four numbers from 0 to 1"),
        "Part of the sensor that is shown: x, y, width and height.",
    ),
}

FLASH = one_of("off", "auto", "on", "redeye", "fillin", "torch")
AWB = one_of(
    "off", "auto", "sunlight", "cloudy", "shade", "tungsten", "fluorescent", "incandescent", "flash", "horizon",
    "greyworld",
)  # fmt: skip
EXPOSURE = one_of(
    "off", "auto", "night", "nightpreview", "backlight", "spotlight", "sports", "snow", "beach", "verylong", "fixedfps",
    "antishake", "fireworks",
)  # fmt: skip
PAIR = items(2, number(0, 1000), "two numbers from 0 to 1000")

FURTHER = {
    "awb_gains": Rule(
        None, items(2, number(0, 8), "two numbers from 0 to 8"), "Gains of red and blue, for `awb_mode` off."
    ),
    "awb_mode": Rule(None, AWB, "How white is balanced."),
    "drc_strength": Rule(
        None, one_of("off", "low", "medium", "high"), "How much dark and bright parts are evened out."
    ),
    "exposure_compensation": Rule(None, whole(-25, 25), "Brighter or darker than metered, in sixths of a stop."),
    "exposure_mode": Rule(None, EXPOSURE, "How the exposure is chosen."),
    "exposure_speed": Rule(None, whole(0, 200_000_000), "Microseconds that a frame was exposed; cameras only tell it."),
    "flash_mode": Rule(None, FLASH, "What a flash does."),
    "framerate_delta": Rule(None, number(-10, 10), "Added to the framerate."),
    "framerate_range": Rule(None, PAIR, "Lowest and highest framerate, for the camera to choose."),
    "image_effect": Rule(None, TEXT, "Effect, by picamera's name."),
    "image_effect_params": Rule(None, TEXT, "Parameters of that effect."),
    "meter_mode": Rule(None, one_of("average", "spot", "backlit", "matrix"), "Where light is metered."),
    "rotation": Rule(None, one_of(0, 90, 180, 270), "Degrees by which pictures are turned."),
    "sensor_mode": Rule(None, whole(0, 7), "Mode of the sensor; 0 is chosen by resolution and framerate."),
    "shutter_speed": Rule(None, whole(0, 200_000_000), "Microseconds of exposure; 0 is as the camera finds best."),
}
"""Further attributes of picamera: where one is not given, the camera does as it does."""

ALIASES = {"stream_ip": "stream_address"}
SECTIONS = {"general": GENERAL, "log": LOG, "control": CONTROL}
CAMERA = CONTROLLER | FURTHER
IN_MODE = ("framerate", "resolution", "vflip", "hflip")
_PICTURE = list(CONTROLLER)[list(CONTROLLER).index("framerate") :]
CONTROLS = frozenset({*_PICTURE, *FURTHER} - {*IN_MODE, "preview_alpha"})
"""Keys of a camera that are settings of its picture, beside those that a mode has under names of its own."""
