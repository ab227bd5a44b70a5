"""An imagenode.yaml as people have them is read to the letter; a fault is named with path and line, all at once."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from imagehub.errors import SettingsError
from imagehub.node.cameras.camera import Mode
from imagehub.node.settings import keys, reading
from imagehub.node.settings.settings import (
    CameraSettings,
    DrawnTime,
    LightSettings,
    LightSwitch,
    Look,
    MotionSettings,
    NodeSettings,
    RecordingSettings,
    SensorSettings,
    SpoolSettings,
)

EXAMPLES = Path(__file__).parents[3] / "data" / "imagenode"
FOLDER = Path("/home/pi")
LEAST = "node: {name: Barn}\nhub_address: {H1: 'tcp://hub:5555'}\n"


def example(name: str) -> NodeSettings:
    """Read one of the examples as if it lay in a home directory."""
    return reading.parse((EXAMPLES / f"{name}.yaml").read_text(), FOLDER)


def faults(text: str) -> list[str]:
    """Return the faults of a text."""
    with pytest.raises(SettingsError) as caught:
        reading.parse(text, FOLDER)
    return caught.value.faults


def mapped(path: str, value: Any) -> str:
    """Return a sound file in which the key at this path has this value."""
    document = yaml.safe_load(LEAST)
    document |= {
        "cameras": {"P1": {"detectors": {"light": {}, "motion": {}}}},
        "sensors": {"T1": {"type": "DHT11"}},
        "lights": {"L1": {}},
        "recordings": {"R1": {"camera": "P1"}},
    }
    at = document
    *sections, last = path.split(".")
    for section in sections:
        at = at[section]
    at[last] = value
    return str(yaml.safe_dump(document))


def test_two_cameras_lamps_and_a_sensor() -> None:
    """The largest of the examples gives each value where it belongs."""
    look = Look(roi=((65, 2), (100, 25)), draw_roi=((255, 0, 0), 5), send_frames="detected event", send_count=7)
    moving = Look(roi=((70, 2), (100, 25)), draw_roi=((255, 0, 0), 5), send_test_images=True)
    assert example("two-cameras") == NodeSettings(
        name="JeffOffice",
        hubs=("tcp://jeff-macbook:5555", "tcp://192.168.1.155:5555"),
        cameras=(
            CameraSettings(
                "P1",
                "picamera2",
                "PiCameraView",
                Mode((640, 480), 10, vflip=True, hflip=True, controls={"exposure_mode": "night"}),
                resize_width=95,
                detectors=(LightSettings(look, threshold=50, min_frames=5),),
            ),
            CameraSettings(
                "W1",
                "0",
                "USBCamView",
                Mode((640, 480), 16),
                resize_width=90,
                detectors=(
                    MotionSettings(moving, min_area=3, min_motion_frames=4, min_still_frames=4, blur_kernel_size=21),
                ),
            ),
        ),
        sensors=(SensorSettings("T1", "Temperature", "DS18B20", read_interval_minutes=1),),
        lights=(LightSwitch("L1", "floodlight"), LightSwitch("L2", "spotlight", 23, (23 * 60, 5 * 60))),
        spool=SpoolSettings(FOLDER / "imagenode_spool"),
        heartbeat=10,
        stall_watcher=True,
        runtime_directory=FOLDER / "imagenode_run",
    )


def test_every_key_of_a_pi_camera() -> None:
    """Words that YAML takes for a truth value are read as words; settings that stand nowhere are left to the camera."""
    settings = example("every-camera-key")
    (camera,) = settings.cameras
    assert (settings.rep_watcher, settings.send_threading, settings.print_settings) == (False, True, True)
    assert camera.mode.controls == {
        "exposure_mode": "off",
        "iso": 800,
        "shutter_speed": 1500,
        "sharpness": 10,
        "contrast": -10,
        "brightness": 60,
        "exposure_compensation": 6,
        "awb_mode": "off",
        "awb_gains": (1.5, 1.2),
        "meter_mode": "backlit",
        "saturation": -100,
    }
    assert (camera.source, camera.send_type, camera.send_frames) == ("picamera2", "image", "none")
    assert camera.print_settings
    motion, light = camera.detectors
    assert isinstance(motion, MotionSettings)
    assert motion.min_area == 0.006
    assert isinstance(light, LightSettings)
    assert (light.look.roi, light.percent, light.look.send_count) == (((10, 35), (40, 85)), 70, 7)


def test_detectors_as_a_list() -> None:
    """Several detectors of one kind, each with its own region and what it draws."""
    (camera,) = example("two-regions").cameras
    street, door = camera.detectors
    assert isinstance(street, MotionSettings)
    assert street.look.draw_time == DrawnTime((0, 200, 0), 1, (5, 5), 0.5)
    assert (street.look.roi_name, street.look.log_roi_name, street.print_still_frames) == ("Street", False, False)
    assert (door.look.roi_name, door.look.log_roi_name, door.look.draw_time) == ("FrontDoor", True, None)


def test_a_node_without_cameras() -> None:
    """The section may be empty; sensors' names are for people, and units may be small letters."""
    settings = example("sensors-only")
    assert settings.cameras == ()
    assert [(one.type, one.unit, one.gpio, one.min_difference) for one in settings.sensors] == [
        ("DS18B20", "F", 4, 0),
        ("DHT22", "C", 18, 1),
    ]


def test_hubs_are_tried_in_the_order_of_their_numbers() -> None:
    """Not in that of the file, and H10 comes after H2."""
    assert example("webcam-test").hubs == (
        "tcp://127.0.0.1:5555",
        "tcp://192.168.1.155:5555",
        "tcp://jeff-mac-air11:5555",
    )
    assert example("of-our-own").hubs == ("tcp://a:5555", "tcp://b:5555", "tcp://[fe80::1]:5555")


def test_a_large_camera() -> None:
    """Blanks and comments around values make no difference."""
    (camera,) = example("large-camera").cameras
    (motion,) = camera.detectors
    assert isinstance(motion, MotionSettings)
    assert (camera.mode.resolution, camera.mode.framerate) == ((1920, 1456), 32)
    assert (motion.look.send_frames, motion.blur_kernel_size) == ("detected event", 25)


def test_what_is_new_here() -> None:
    """Spool, publishing, bandwidth, keys, sources of all kinds, recordings; paths are seen from the file's folder."""
    settings = example("of-our-own")
    assert settings.spool == SpoolSettings(FOLDER / "spool", 2_000_000_000, "newest")
    assert (settings.publish_port, settings.bandwidth, settings.log_level) == (5566, 100_000, "debug")
    assert (settings.hub_key, settings.key) == (FOLDER / "keys/hub.key", Path("/etc/imagenode/feld.key_secret"))
    assert [one.source for one in settings.cameras] == [
        "picamera2",
        "picamera2:0",
        "rtsp://user:secret@192.168.1.9/stream1",
        "/home/pi/films/dawn.mp4",
        "synthetic:seed=3",
        "/dev/video2",
    ]
    assert [one.label for one in settings.lights if one.minutes == (1380, 300)] == ["L1"]
    assert settings.recordings == (
        RecordingSettings("camera_1", "P1", 54546, "127.0.0.1", FOLDER / "films", FOLDER / "keys"),
        RecordingSettings("R2", "P2", data_directory=FOLDER / "data"),
    )


def test_vflip_alone_turns_the_image() -> None:
    """That is what it has always done, and regions were drawn on it; with `hflip` beside it, each does one thing."""
    cameras = example("of-our-own").cameras
    assert [(one.mode.vflip, one.mode.hflip) for one in cameras[:3]] == [(False, True), (True, False), (False, False)]
    turned = reading.parse(f"{LEAST}cameras: {{P1: {{vflip: True}}}}", FOLDER).cameras[0].mode
    assert (turned.vflip, turned.hflip) == (True, True)


@pytest.mark.parametrize(
    ("label", "src", "source"),
    [
        ("P1", "", "picamera2"),
        ("P2", "", "picamera2:1"),
        ("p", "", "picamera2"),
        ("P1", "src: 1", "picamera2:1"),
        ("P1", "src: synthetic", "synthetic"),
        ("W1", "", "0"),
        ("W2", "src: 1", "1"),
        ("cam", "src: ~/films", f"{Path.home()}/films"),
        ("W1", "src: 'http://cam/mjpeg'", "http://cam/mjpeg"),
    ],
)
def test_the_label_and_src_say_which_camera(label: str, src: str, source: str) -> None:
    """Labels with P are the Pi's own cameras, others webcams, unless `src` says otherwise."""
    settings = reading.parse(f"{LEAST}cameras:\n  {label}:\n    {src or 'framerate: 5'}\n", FOLDER)
    assert settings.cameras[0].source == source


@pytest.mark.parametrize(
    ("typed", "meant"),
    [("detected event", "detected event"), ("event", "detected event"), ("Detected Event", "detected event"),
     ("continuous", "continuous"), ("none", "none"), ("None", "none"), (None, "none")],
)  # fmt: skip
def test_send_frames_is_understood_as_it_has_been_typed(typed: object, meant: str) -> None:
    """The documentation has `event` too, and some write None."""
    settings = reading.parse(mapped("cameras.P1.detectors.motion.send_frames", typed), FOLDER)
    assert settings.cameras[0].detectors[1].look.send_frames == meant


def test_a_detector_sends_what_its_camera_says_unless_it_says_otherwise() -> None:
    """`send_frames: none` at the camera keeps events and sends no images."""
    text = f"{LEAST}cameras: {{P1: {{send_frames: none, detectors: {{light: , motion: {{send_frames: continuous}}}}}}}}"
    (camera,) = reading.parse(text, FOLDER).cameras
    assert [one.look.send_frames for one in camera.detectors] == ["none", "continuous"]


def test_nothing_but_name_and_hub_is_needed() -> None:
    """All else has a default."""
    settings = reading.parse(LEAST, FOLDER)
    assert settings == NodeSettings(
        "Barn",
        ("tcp://hub:5555",),
        spool=SpoolSettings(FOLDER / "imagenode_spool"),
        runtime_directory=FOLDER / "imagenode_run",
    )


def test_the_documentation_s_tabs_are_named() -> None:
    """A file that is indented with tabs, as one example of imagenode's documentation is, is told so line by line."""
    text = (EXAMPLES / "two-regions.yaml").read_text().replace("        viewname", "\tviewname")
    (fault,) = faults(text)
    assert fault == "imagenode.yaml:14: indented with a tab, which YAML does not allow; use blanks"


def test_all_faults_come_at_once_from_top_to_bottom() -> None:
    """Nobody mends one only to meet the next."""
    text = (
        "node:\n  name: a/b\n  patience: -1\nhub_address:\n  H1: localhost\n"
        "cameras:\n  P1:\n    frame_rate: 5\n    detectors:\n      - motion:\n          ROI: (5,5)\n"
    )
    found = faults(text)
    assert [fault.partition(": ")[0] for fault in found] == [f"imagenode.yaml:{line}" for line in (2, 3, 5, 8, 11)]
    assert "cameras.P1.frame_rate: unknown setting; did you mean cameras.P1.framerate?" in found[3]
    assert "cameras.P1.detectors[0].motion.ROI: expected top left and bottom right" in found[4]


WRONG = [
    ("node.name", "Barn/Gate"), ("node.name", 12), ("node.queuemax", 0), ("node.patience", 0),
    ("node.patience", "10 s"),
    ("node.stall_watcher", "often"), ("node.heartbeat", -1), ("node.send_type", "png"), ("node.print_settings", 3),
    ("node.REP_watcher", "x"), ("node.send_threading", "x"), ("node.spool_directory", 5), ("node.spool_max_bytes", 10),
    ("node.spool_drop", "all"), ("node.publish_port", 0), ("node.bandwidth_bytes", "1 MB"), ("node.hub_key", 5),
    ("node.key", 5), ("node.log_level", "loud"), ("node.runtime_directory", 5),
    ("hub_address.H1", "hub:5555"), ("hub_address.H2", "tcp://hub"), ("hub_address.X1", "tcp://hub:5555"),
    ("cameras.P1.viewname", "a/b"), ("cameras.P1.viewname", "x" * 99), ("cameras.P1.src", -1),
    ("cameras.P1.resolution", "640x480"), ("cameras.P1.resolution", "(640)"), ("cameras.P1.resolution", "(9, 9, 3)"),
    ("cameras.P1.framerate", 0), ("cameras.P1.vflip", "yes please"), ("cameras.P1.hflip", 1),
    ("cameras.P1.resize_width", 101), ("cameras.P1.send_type", "gif"), ("cameras.P1.jpeg_quality", 0),
    ("cameras.P1.send_frames", "sometimes"), ("cameras.P1.print_settings", "x"), ("cameras.P1.threaded_read", "x"),
    ("cameras.P1.exposure_mode", "nigth"), ("cameras.P1.iso", 123), ("cameras.P1.shutter_speed", -1),
    ("cameras.P1.sharpness", 101), ("cameras.P1.contrast", -101), ("cameras.P1.brightness", 101),
    ("cameras.P1.exposure_compensation", 26), ("cameras.P1.awb_mode", "sun"), ("cameras.P1.awb_gains", "1.5"),
    ("cameras.P1.meter_mode", "all"), ("cameras.P1.saturation", 101), ("cameras.P1.detectors", 5),
    *[(f"cameras.P1.detectors.{kind}.{name}", value) for kind in ("light", "motion") for name, value in [
        ("ROI", "(70,2)"), ("ROI", "(70,2),(60,25)"), ("ROI", "(0,0),(100,101)"), ("roi_name", "a|b"),
        ("log_roi_name", "x"), ("draw_roi", "(255,0,0)"), ("draw_roi", "((255,0,256),5)"), ("draw_time", "blue"),
        ("draw_time_org", "(1)"), ("draw_time_fontScale", 0), ("send_frames", "often"), ("send_count", -1),
        ("send_test_images", "x"),
    ]],
    ("cameras.P1.detectors.light.threshold", 256), ("cameras.P1.detectors.light.percent", 0),
    ("cameras.P1.detectors.light.min_frames", 0), ("cameras.P1.detectors.motion.delta_threshold", 256),
    ("cameras.P1.detectors.motion.min_area", 101), ("cameras.P1.detectors.motion.min_motion_frames", 0),
    ("cameras.P1.detectors.motion.min_still_frames", 0), ("cameras.P1.detectors.motion.blur_kernel_size", 20),
    ("cameras.P1.detectors.motion.print_still_frames", "x"), ("cameras.P1.detectors.motion.threshold", 5),
    ("cameras.P1.detectors.colour", {}),
    ("sensors.T1.name", 5), ("sensors.T1.type", "DS18B21"), ("sensors.T1.gpio", 28), ("sensors.T1.unit", "K"),
    ("sensors.T1.read_interval_minutes", 0), ("sensors.T1.min_difference", -1),
    ("lights.L1.name", 5), ("lights.L1.gpio", "18"), ("lights.L1.on", "at night"), ("lights.L1.on", "(11-5)"),
    ("recordings.R1.name", "a.b"), ("recordings.R1.name", "../x"), ("recordings.R1.camera", "P9"),
    ("recordings.R1.port", 0), ("recordings.R1.bind_address", ""), ("recordings.R1.data_directory", 5),
    ("recordings.R1.keys_directory", 5),
]  # fmt: skip


@pytest.mark.parametrize(("path", "value"), WRONG, ids=[f"{path}={value}"[:60] for path, value in WRONG])
def test_a_wrong_value_is_named_with_path_and_line(path: str, value: object) -> None:
    """The line is that of the value in the file, and the path is how the key is found in it."""
    text = mapped(path, value)
    name = path.rpartition(".")[2]
    found = [fault for fault in faults(text) if f": {path}: " in fault]
    assert found, faults(text)
    bare = [line.replace("'", "").strip() for line in text.splitlines()]
    lines = [at for at, line in enumerate(bare, 1) if line.startswith(f"{name}:")]
    assert int(found[0].split(":")[1]) in {*lines, *(line + 1 for line in lines)}


def test_no_key_goes_without_a_wrong_value() -> None:
    """The list above has each key."""
    tried = {path for path, _ in WRONG}
    every = {f"{section}.{name}" for section, known in keys.SECTIONS.items() for name in known}
    assert every - tried == set()


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("", ":1: node: missing; the file needs a section 'node:'"),
        ("node: {name: a}", ":1: hub_address: missing; the file needs a section 'hub_address:'"),
        ("node:\nhub_address: {H1: 'tcp://a:1'}", ":1: node.name: missing; expected name of letters"),
        ("node: {name: a}\nhub_address: {H2: 'tcp://a:1'}", ":2: hub_address.H1: missing; expected `tcp://HOST:PORT`"),
        (LEAST + "cameras: [P1]", ":3: cameras: expected a line 'P1:', got a list"),
        (LEAST + "camera: {}", ":3: camera: unknown setting; did you mean"),
        (LEAST + "cameras: {'P 1': {}}", ":3: cameras.P 1: not a label; expected one as P1"),
        (LEAST + "heartbeat: 5", ":3: heartbeat: unknown setting; did you mean node.heartbeat?"),
        (LEAST + "cameras: {P1: {detectors: {light: {roi: 5}}}}", "did you mean cameras.P1.detectors.light.ROI?"),
        (LEAST + "cameras: {W1: , W2: }", "cameras.W2.viewname: '' is W1's already; give each camera a view"),
        (LEAST + "cameras: {W1: , W2: {viewname: b}}", "cameras.W2.src: '0' is W1's already; choose another camera"),
        (LEAST + "cameras: {P1: {send_frames: event}}", "cameras.P1.send_frames: no detector is there"),
        (LEAST + "sensors: {T1: }", ":3: sensors.T1.type: missing; expected DS18B20, DHT11 or DHT22"),
        (LEAST + "lights: {L1: , L2: }", ":3: lights.L2.gpio: 18 is the pin of lights.L1 already; choose another"),
        ("node: {name: a, key: k}\nhub_address: {H1: 'tcp://a:1'}", "node.key: needs node.hub_key beside it"),
        (LEAST + "cameras: {P1: }\nrecordings: {a: {camera: P1}, b: {camera: P1}}", "recordings.b.port: 54545 is"),
        (LEAST + "recordings: {R1: {}}", "recordings.R1.camera: missing"),
    ],
)  # fmt: skip
def test_what_is_missing_or_does_not_fit_together_is_named(text: str, fault: str) -> None:
    """Each of these would work in another way than its author thinks, or not at all."""
    assert any(fault in one for one in faults(text)), faults(text)


def test_a_file_is_found_in_its_folder_or_by_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`--path` names either; without it the home directory is looked into."""
    path = tmp_path / "imagenode.yaml"
    with pytest.raises(SettingsError, match=r"imagenode\.yaml: no such file"):
        reading.find(tmp_path)
    path.write_text(LEAST)
    monkeypatch.setenv("HOME", str(tmp_path))
    assert reading.find(tmp_path) == reading.find(path) == reading.find(None) == path
    assert reading.load(path).spool.directory == tmp_path / "imagenode_spool"


def test_a_file_that_is_not_utf_8_is_named(tmp_path: Path) -> None:
    """With the place of the first byte that is not."""
    path = tmp_path / "imagenode.yaml"
    path.write_bytes(b"node: {name: K\xfcche}")
    with pytest.raises(SettingsError, match="byte 15 is not UTF-8"):
        reading.load(path)


def test_settings_are_shown_as_text() -> None:
    """For print_settings: all values, defaults too, but no password."""
    shown = yaml.safe_load(reading.describe(example("two-cameras")))
    assert "192.168.1.9/stream1" in (ours := reading.describe(example("of-our-own")))
    assert "secret" not in ours.replace("key_secret", "")
    assert (shown["name"], shown["queuemax"], shown["cameras"][0]["mode"]["framerate"]) == ("JeffOffice", 50, 10)
